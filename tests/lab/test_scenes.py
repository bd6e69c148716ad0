"""Each scene of the page fails from its seed, as it says, and its cure cures it."""

import pytest

pytestmark = pytest.mark.slow
TAB = "lab.watch.current()"
# Iterations, and looks at what came of them in the second half.
PLAYED = """([iterations, looks]) => {
  const tab = lab.watch.current();
  const found = [];
  const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const beliefs = (points) => Array.from(tab.game().logits(points), (x) => 1 / (1 + Math.exp(-x)));
  for (let look = 1; look <= looks; look++) {
    while (tab.game().iteration < (iterations * look) / looks) tab.update(tab.next());
    const fakes = tab.view().look();
    if (look <= looks / 2) continue;
    found.push({
      distance: tab.view().distance(),
      modes: tab.view().modes(),
      mean: tab.view().data.unscale(mean(Array.from(fakes))),
      fake: mean(beliefs(fakes)),
      real: mean(beliefs(tab.game().samples.slice(0, 2000))),
    });
  }
  return found;
}"""


def looks(open_page, scene, cure=None, iterations=600):
    page = open_page()
    page.get_by_role("button", name=scene, exact=True).click()
    if cure:
        page.locator(".cures").get_by_role("button", name=cure, exact=True).click()
    return page.evaluate(PLAYED, [iterations, 12])


def median(found, name):
    return sorted(one[name] for one in found)[len(found) // 2]


def test_slides_game_learns(open_page):
    # Real numbers among themselves are 0.08 apart; before the game it is 1.6.
    assert median(looks(open_page, "The slides' game"), "distance") < 0.5


def test_ring_finds_modes(open_page):
    assert median(looks(open_page, "Ring of Gaussians"), "modes") >= 5


def test_saturation(open_page):
    failed = looks(open_page, "Saturation")
    cured = looks(open_page, "Saturation", "non-saturating cost")
    assert median(failed, "distance") > 2 and median(failed, "fake") < 0.05
    assert median(cured, "distance") < 0.5


@pytest.mark.parametrize("cure", ["gradient penalty", "spectral normalisation"])
def test_collapse(open_page, cure):
    assert median(looks(open_page, "Mode collapse"), "modes") <= 2
    assert median(looks(open_page, "Mode collapse", cure), "modes") >= 7


def test_overconfident(open_page):
    failed = looks(open_page, "Overconfident D")
    cured = looks(open_page, "Overconfident D", "spectral normalisation")
    assert median(failed, "real") > 0.85 and median(failed, "fake") < 0.15
    assert median(failed, "modes") <= 4
    assert 0.4 < median(cured, "fake") < median(cured, "real") < 0.6
    assert median(cured, "modes") >= 7


def test_oscillation(open_page):
    failed = looks(open_page, "Oscillation")
    cured = looks(open_page, "Oscillation", "five updates of D")
    assert median(failed, "distance") > 0.5
    assert min(one["mean"] for one in failed) < -0.3 and max(one["mean"] for one in failed) > 0.3
    assert median(cured, "distance") < 0.35
