import json
import re
from dataclasses import replace

import pytest

from benchmarks import claims, results_page
from benchmarks.pages import rows, sources, speeds
from common import status
from tests.commands import ROOT

SESSION = {
    "command": "python -m benchmarks.speed --rounds 3",
    "device": "CPU, made up, 2 cores",
    "python": "3.11.7",
    "packages": {"tensorflow": "2.21.0"},
    "commit": "0123456789abcdef-dirty",
}
SPEED = {
    "dcgan": {
        "example": "dcgan", "dtype": "float32", "batch_size": 32, "seed": 7, "wall_seconds": 61.4,
        "over_plain": 3.0, "over_torch": 1.5, "peak": [5000.0],
        "competitors": {
            "compiled": {"seconds": [1.0, 2.0, 1.0], "memory": 2e9},
            "plain": {"seconds": [2.0, 5.0, 4.0], "memory": 1e9},
        },
        "left_out": {"torch": "torch is missing"}, **SESSION,
    }
}  # fmt: skip
GROWTH = {
    "dcgan-batch": {
        "example": "dcgan", "what": "batch size", "sizes": [1, 2], "line": [0.0005, 0.001],
        "seconds": [[0.001], [0.002, 0.004, 0.003]], "off": [2], "seed": 7, "wall_seconds": 9.6,
        **SESSION,
    }
}  # fmt: skip


def play(batch_size, seed, *d_true):
    """A play of benchmarks.slide_rows; its other losses are small numbers."""
    losses = {"iteration": list(range(len(d_true))), "d_true": list(d_true)}
    losses |= {name: [1.0 + seed] * len(d_true) for name in ("d_fake", "dg")}
    session = {**SESSION, "command": f"python -m benchmarks.slide_rows --batch-size {batch_size}"}
    return {"batch_size": batch_size, "seed": seed, "seconds": 30.0, "losses": losses, **session}


SLIDE_ROWS = {
    "fingerprints": {},
    "plays": [
        play(32, 0, -2800.0, *range(-1, -61, -1)),
        play(32, 1, -2900.0, *range(-101, -161, -1)),
        play(32, 2, -2700.0),
        play(64, 5, -9000.0, *[1e5] * 60),
    ],
}


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(speeds.speed.arithmetic, "step", lambda example, batch_size: 500)
    folder = tmp_path / "benchmarks" / "results"
    folder.mkdir(parents=True)
    return results_page.Config(
        page=tmp_path / "RESULTS.md", bands=tmp_path / "bands.json", folder=folder
    )


def page_of(config, **files):
    """The page, when these result files are there too, beside those of speed and growth."""
    for name, document in {"speed": SPEED, "growth": GROWTH, **files}.items():
        (config.folder / f"{name}.json").write_text(json.dumps(document))
    results_page.work(config)
    return config.page.read_text()


def assert_has(page, *rows):
    for row in rows:
        assert f"| {row} |" in page, row


def test_peaks_are_medians_of_each_type():
    works = [("float32", [9e9, 1e9, 2e9]), ("bfloat16", [5e9]), ("float32", [3e9, 4e9])]
    works = {str(i): {"dtype": dtype, "peak": peak} for i, (dtype, peak) in enumerate(works)}
    assert speeds.peaks(works) == "3 GFLOP/s in float32 and 5 GFLOP/s in bfloat16"


def test_every_row_says_where_it_comes_from_and_the_first_page_where_a_goal_is_missed(config):
    page = page_of(config)
    where = (
        "`python -m benchmarks.speed --rounds 3`; seed 7; CPU, made up, 2 cores; python 3.11.7, "
        "tensorflow 2.21.0; 61 s; commit 0123456-dirty"
    )
    assert f"## Measured by\n\n1. {where}\n2. {where.replace('61 s', '10 s')}\n" in page
    assert_has(
        page,
        "dcgan | plain | 2.50 (2.00 to 4.00) | 3.0 | **missed** | 1",
        "dcgan | compiled | 1,000 (1,000 to 2,000) | 1.00 (1.00 to 1.00) | 20% | 2,000 | 1",
        "dcgan | torch | left out: torch is missing |  |  |  | 1",
        "1: 1 (one run)<br>2: 3 (2 to 4) | 0.5 + 1 x size | 2 | 2",
        "dcgan | **2.50** (3.0) | ",  # the first page
    )
    assert "Machine: CPU, made up, 2 cores." in page


def test_each_printed_number_has_its_verdict(config, monkeypatch):
    """Row 50: of 40, 41, ... 60 and of 140, 141, ... 160 the printed -1849.921 is larger."""
    page, title = page_of(config, slide_rows=SLIDE_ROWS), "\n## mnist_wgan: the lecture's printed"
    assert f"{title} rows, preset script" not in page
    row = "-2,800 (-2,900 to -2,700) | -3,100 to -2,500 |  | 0 of 3"
    assert_has(page, f"0 | d_true | -2,837.692 | 32 | {row} | 3 seeds only | 3")
    monkeypatch.setattr(results_page.slide_rows, "SEEDS", {0: 3, 50: 1})
    page = page_of(config)
    assert_has(
        page,
        f"0 | d_true | -2,837.692 | 32 | {row} | inside | 3",
        "0 | d_true | -2,837.692 | 64 | -9,000 (one run) |  |  |  |  | 4",
        "0 | d_fake | 3.05 | 32 | 2.00 (1.00 to 3.00) | -1.00 to 5.00 |  | 0 of 3 | inside | 3",
        "50 | d_true | -1,849.921 | 32 | -100 (-150 to -50) | size 41 to 159 | 100% |  "
        "| **outside** | 5",
        "50 | d_true | -1,849.921 | 64 | 100,000 (one run) | size 100,000 to 100,000 | 0% |  "
        "| **outside** | 4",
        *(f"{row} |  |  |  |  |  | not played yet | "
          for row in ("24950 | total | 0.1185", "150 | total | -1,018.92")),
        "50 | d_true | 32 | 100 (50 to 150) | 64 | 100,000 (one run) | batch | 0.67",
    )  # fmt: skip
    where = "`python -m benchmarks.slide_rows --batch-size 32`; seed 0, 1, 2; CPU, made up"
    assert f"\n3. {where}" in page and "; 90 s; commit" in page
    assert_has(  # the first page
        page,
        "row | slides, batch 32 | slides, batch 64 | verdict",
        "0 | all (3) | 1 seeds only | **kept** |\n| 50 | none (2) | none (1) | **not kept**",
        "100 to 24950 | not played | not played | open",
    )
    assert "Seeds that a verdict needs: 3 at row 0, 1 at row 50." in page
    # Each preset has its own rows.
    _, script, _ = page_of(config, script_rows=SLIDE_ROWS).split(f"{title} rows, preset ")
    assert script.startswith("script") and "| 50 | d_true | -1,849.921 | 32 |" in script


def test_each_way_to_bound_the_slope_has_its_scores_and_real_images_have_theirs(config):
    """Of two seeds the medians, with the least and the most."""
    names = "asked_label_accuracy", "frechet_distance", "coverage"

    def trial(*values):
        plays = [
            {"iterations": 1000 * v, "seconds": 61.0, "scores": dict.fromkeys(names, v / 4)}
            for v in values
        ]
        real = dict.fromkeys(names, 0.75)
        return {"plays": plays, "minutes": 0.5, "real": real, **SESSION}

    page = page_of(config, lipschitz={"clip": trial(1, 3), "spectral": trial(2)})
    assert_has(
        page,
        "clip | 0.5 | 2,000 (1,000 to 3,000) | 50.0% (25.0% to 75.0%) | 0.50 (0.25 to 0.75) "
        "| 0.50 (0.25 to 0.75) | 3",
        "spectral | 0.5 | 2,000 (one run) | 50.0% (one run) | 0.50 (one run) | 0.50 (one run) | 4",
        "real images |  |  | 75.0% | 0.75 | 0.75 | 4",
    )
    assert "seed 0 to 1; " in page and "; 122 s; commit" in page


def claims_play(example, epochs, seed, scores, real, **kept):
    """A play of benchmarks.claims."""
    names = ("classifier_score", "frechet_distance", "precision", "recall", "coverage", "modes")
    facts = {"example": example, "epochs": epochs, "seed": seed, "seconds": 20.4, "count": 300}
    if example == "distribution_gan":
        names = ("wasserstein_1", "kolmogorov_smirnov")
    scores, real = ({**dict.fromkeys(names, value), **own} for value, own in (scores, real))
    session = {**SESSION, "command": f"python -m benchmarks.claims --works {example}"}
    return {**facts, **session, "scores": scores, "real": real, **kept}


CLAIMS = {
    "plays": [
        claims_play("distribution_gan", 32, seed, (0.1 * seed, {}), (0.1, {"wasserstein_1": real}))
        for seed, real in ((1, 0.1), (2, 0.05), (3, 0.05))
    ]
    + [
        claims_play("fashion_gan", 1, 0, (2.0, {"frechet_distance": 50.0}), (4.0, {})),
        claims_play(
            "fashion_gan", 50, 0, (3.25, {"frechet_distance": 16.2, "modes": 2.5}), (4.0, {})
        ),
    ]
}


def test_each_claim_has_its_verdict_and_what_was_not_run_its_command(config):
    """Distances 0.1, 0.2 and 0.3 over 0.1, 0.05 and 0.05: 1, 4 and 6; at most 2 holds for one."""
    (config.folder / "claims_fashion_gan_epochs.png").write_bytes(b"a picture")
    page = page_of(config, claims=CLAIMS)
    run = "not run yet: `python -m benchmarks.claims --works"
    assert_has(
        page,
        "4.0 (1.0 to 6.0) | at most 2.0 | holds for 1 of 3 seeds | 4",
        "2.0 (1.0 to 3.0) | at most 2.0 | holds for 2 of 3 seeds | 4",
        "62% (one run) | at most 50% | **does not hold** | 3",
        "73% (one run) | at most 50% | **does not hold** | 3",  # 33.8 of 46
        "fashion_gan | 50 | 3.250 (one run) | 16.200 (one run)",
        "fashion_gan | real images | 4.000 | 4.000 | 4.000 | 4.000 | 4.000 | 4 | ",
        "distribution_gan | halves of the data | 0.0500 (0.0500 to 0.1000) | 0.1000 | ",
        f"at least 0.50 | {run} dcgan` | ",
        f"fashion_gan | 20 | {run} fashion_gan` | ",
        f"bilinear_gan | 100 | {run} bilinear_gan` | ",
    )
    where = "`python -m benchmarks.claims --works distribution_gan`; seed 1, 2, 3; CPU, made up"
    assert f"\n4. {where}" in page and "; 61 s; commit" in page
    assert "Scores of 300 samples" in page
    assert "(benchmarks/results/claims_fashion_gan_epochs.png)" in page
    assert "claims_dcgan" not in page
    assert_has(  # the first page: the claims that hold, and the last scores
        page,
        f"distribution_gan | {claims.EQUILIBRIUM} | 0 of 2",
        f"fashion_gan | {claims.NOT_BETTER} | 1 of 5",
        "fashion_gan | slides, 50 epochs | 1 | 3.25 (4.00) | 16.20 (4.00) | 3.25 (4.00) "
        "| 3.25 (4.00)",
    )
    assert "| dcgan | slides" not in page  # was not run


def test_the_first_page_has_medians_and_what_mnist_wgans_card_says():
    names = sources.FIRST_PAGE
    play = {"example": "dcgan", "epochs": 50, "real": dict.fromkeys(names, 4)}
    plays = [{**play, "scores": dict.fromkeys(names, value)} for value in (1, 9, 2)]
    card = {"example": "mnist_wgan", "iterations": 8000, "run": {"settings": {"preset": "quick"}}}
    means = {name: {"mean": 0.5} for name in names}
    card["evaluation"] = {"scores": means, "real": dict.fromkeys(names, 0.75)}
    _, _, quick, dcgan = sources.good(plays, card).splitlines()
    assert quick == f"| mnist_wgan | quick, 8,000 iterations | 1 {'| 0.50 (0.75) ' * 4}|"
    assert dcgan == f"| dcgan | slides, 50 epochs | 3 {'| 2.00 (4.00) ' * 4}|"


def test_check_fails_where_page_and_files_differ(config, capsys):
    def check():
        return status.run(lambda: results_page.work(replace(config, check=True)))

    assert check() == 2  # there is none yet
    page_of(config)
    assert check() == 0
    other = {"dcgan": {**SPEED["dcgan"], "seed": 8}}
    (config.folder / "speed.json").write_text(json.dumps(other))
    assert check() == 2
    _, changed = capsys.readouterr().err.splitlines()
    assert "is not what" in changed


def test_the_page_of_this_checkout_is_what_its_files_give_and_its_links_exist():
    folder, page = ROOT / "benchmarks" / "results", ROOT / "RESULTS.md"
    text = results_page.write_page(folder, ROOT)
    if page.exists():
        assert page.read_text(encoding="utf-8") == text
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (ROOT / target).exists(), target
    missing = [name for name in results_page.TABLES if not (folder / f"{name}.json").exists()]
    for section in re.split(r"^(?=## )", results_page.TEMPLATE.read_text(), flags=re.M)[1:]:
        unmeasured = any(f"/{name}.json)" in section for name in missing)
        heading = section.splitlines()[0]
        # None is left out for a value that nobody computes.
        assert unmeasured or f"\n{heading}\n" in text, heading


def test_seeds_that_come_to_life_are_counted_with_an_interval():
    """-dg at iteration 21 is 121 and 100; of a batch of 64 only row 0 was played."""
    plays = [play(32, 0, *range(60)), play(32, 1, *range(60)), play(64, 2, 0.0)]
    for number, before in ((0, 100), (1, 79)):
        plays[number]["losses"]["dg"] = [-before - i for i in range(60)]
    text = rows.attempts({"plays": plays})
    assert "| 32 | 2 | 1 | 9% to 91% | 0 |" in text and "| 64 |" not in text  # Wilson's interval


def test_losses_that_fall_as_a_power_of_critic_updates_are_carried_on():
    """A thousand iterations of preset script have 26 * 100 + 974 * 5 = 7,470 critic updates."""
    thousands = range(12_000, 25_000, 1000)
    updates = {it: it // 1000 * 7470 + 100 for it in thousands}  # with the iteration's own 100
    losses = {name: [-1e6 / updates[it] for it in thousands] for name in ("d_true", "d_fake", "dg")}
    play = {"seed": 7, "batch_size": 100, "losses": {"iteration": list(thousands), **losses}}
    line = "| 7 | d_true | -1.00 | 5.6 | 0.4 | 0.11 |"  # 1e6 / 179,380 and 1e6 / 2.5e6
    assert line in rows.trend({"plays": [{**play, **SESSION, "seconds": 1.0}]})
    assert rows.trend({"plays": []}) == ""


def test_the_genuine_libraries_rows_stand_beside_the_lectures_raced_and_ordered():
    plays = [
        {**play(100, seed, loss), "order": order}
        for order, losses in (("raced", (-2900.0, -3100.0, -3000.0)), ("ordered", (-2000.0,)))
        for seed, loss in enumerate(losses)
    ]
    text = rows.of_genuine({"plays": plays})["losses"]
    raced = "raced, batch 100 | -3,000 (-3,100 to -2,900) | -3,300 to -2,700 | inside"
    assert f"| 0 | d_true | -2,837.692 | {raced} |" in text
    assert "| 0 | d_true | -2,837.692 | ordered, batch 100 | -2,000 (one run) |  |  |" in text
