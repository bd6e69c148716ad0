"""The page in a browser: the quiz counts right, the curves are to be seen, nothing goes wrong."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed here")

LISTEN = """<script>
const errors = [];
addEventListener("error", event => errors.push(event.message), true);
addEventListener("securitypolicyviolation", event => errors.push(event.violatedDirective));
addEventListener("unhandledrejection", event => errors.push(String(event.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...words) => errors.push(words.join(" "));
</script>"""

PLAY = """<script>addEventListener("load", () => {
  const all = [...document.querySelectorAll(".tiles button")];
  for (const tile of all) if ((tile.dataset.fake === "true") === MARK_FAKES) tile.click();
  all[0].click(); all[0].click();  // marked and unmarked again
  document.querySelector("#score").click();
  all[0].click();  // too late
  const curves = [...document.querySelectorAll(".curves svg")];
  parent.postMessage(JSON.stringify({
    errors, answer: document.querySelector("#answer").textContent,
    wide: document.documentElement.scrollWidth > innerWidth, width: innerWidth,
    curves: curves.map(svg => svg.getBoundingClientRect().height),
    lines: [...document.querySelectorAll(".curves svg path")].length,
    broken: [...document.images].filter(image => image.naturalWidth === 0).length,
    right: document.querySelectorAll(".tiles .right").length,
    told: all.filter(tile => tile.textContent.endsWith(" " +
      (tile.dataset.fake === "true" ? "fake" : "real"))).length,
  }), "*");
});</script>"""

# A window is never narrower than 500 pixels, a frame in it is.
FRAME = """<iframe src="page.html" style="border: 0; width: WIDTHpx; height: 900px"></iframe>
<script>
addEventListener("message", event => {
  const report = document.createElement("output");
  report.id = "result";
  report.textContent = event.data;
  document.body.append(report);
});</script>"""


def play(page, folder, mark_fakes, width):
    """Click all fakes, or all reals, of a copy of the page; what a script in it then sees."""
    script = PLAY.replace("MARK_FAKES", str(mark_fakes).lower())
    text = page.read_text(encoding="utf-8").replace("<title>", LISTEN + "<title>")
    (folder / "page.html").write_text(text.replace("</body>", script + "</body>"), encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)))
    line = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1300,1000",
            f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom",
            frame.as_uri()]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(unescape(re.search(r'<output id="result">(.*?)</output>', done.stdout)[1]))


@pytest.mark.parametrize(("mark_fakes", "right", "width"), [(True, 24, 390), (False, 0, 1200)])
def test_quiz_counts_and_curves_are_visible(reported, tmp_path, mark_fakes, right, width):
    seen = play(reported / "report.html", tmp_path, mark_fakes, width)
    assert seen["answer"] == f"{right} of 24 are right." and seen["right"] == right
    assert seen["told"] == 24 and seen["errors"] == [] and seen["broken"] == 0
    assert seen["width"] == width and not seen["wide"]
    assert len(seen["curves"]) == 2 and min(seen["curves"]) > 150 and seen["lines"] > 4
