import json
import re
from pathlib import Path

import pytest

from benchmarks import results_page
from benchmarks.pages import sources, speeds
from common.commands import command
from common.errors import UserError

ROOT = Path(__file__).parents[2]
SESSION = {
    "command": "python -m benchmarks.speed --rounds 3",
    "device": "CPU, made up, 2 cores",
    "python": "3.11.7",
    "packages": {"tensorflow": "2.21.0"},
    "commit": "0123456789abcdef-dirty",
}
SPEED = {
    "dcgan": {
        "example": "dcgan",
        "dtype": "float32",
        "batch_size": 32,
        "over_plain": 3.0,
        "over_torch": 1.5,
        "seed": 7,
        "peak": [5000.0],
        "competitors": {
            "compiled": {"seconds": [1.0, 2.0, 1.0], "memory": 2e9},
            "plain": {"seconds": [2.0, 5.0, 4.0], "memory": 1e9},
        },
        "left_out": {"torch": "torch is missing"},
        "wall_seconds": 61.4,
        **SESSION,
    }
}
GROWTH = {
    "dcgan-batch": {
        "example": "dcgan",
        "what": "batch size",
        "sizes": [1, 2],
        "seconds": [[0.001], [0.002, 0.004, 0.003]],
        "line": [0.0005, 0.001],
        "off": [2],
        "seed": 7,
        "wall_seconds": 9.6,
        **SESSION,
    }
}


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
    (folder / "speed.json").write_text(json.dumps(SPEED))
    (folder / "growth.json").write_text(json.dumps(GROWTH))
    return results_page.Config(page=tmp_path / "RESULTS.md", folder=folder)


def test_peaks_are_medians_of_each_type():
    works = [("float32", [9e9, 1e9, 2e9]), ("bfloat16", [5e9]), ("float32", [3e9, 4e9])]
    works = {str(i): {"dtype": dtype, "peak": peak} for i, (dtype, peak) in enumerate(works)}
    assert speeds.peaks(works) == "3 GFLOP/s in float32 and 5 GFLOP/s in bfloat16"


def test_every_row_says_where_it_comes_from(config):
    results_page.work(config)
    page = config.page.read_text()
    where = (
        "`python -m benchmarks.speed --rounds 3`; seed 7; CPU, made up, 2 cores; python 3.11.7, "
        "tensorflow 2.21.0; 61 s; commit 0123456-dirty"
    )
    assert f"## Measured by\n\n1. {where}\n2. {where.replace('61 s', '10 s')}\n" in page
    assert "| dcgan | plain | 2.50 (2.00 to 4.00) | 3.0 | **missed** | 1 |" in page
    ours = "1,000 (1,000 to 2,000) | 1.00 (1.00 to 1.00) | 20% | 2,000"
    assert f"| dcgan | compiled | {ours} | 1 |" in page
    assert "| dcgan | torch | left out: torch is missing |  |  |  | 1 |" in page
    assert "| dcgan | **2.50** (3.0) |  |" in page  # the first page
    assert "Machine: CPU, made up, 2 cores." in page
    assert "| 1: 1 (one run)<br>2: 3 (2 to 4) | 0.5 + 1 x size | 2 | 2 |" in page


def test_each_printed_number_has_its_verdict(config, monkeypatch):
    """Row 50: of 40, 41, ... 60 and of 140, 141, ... 160 the printed -1849.921 is larger."""
    (config.folder / "slide_rows.json").write_text(json.dumps(SLIDE_ROWS))
    results_page.work(config)
    ours = "-2,800 (-2,900 to -2,700) | -3,100 to -2,500 |  | 0 of 3 | 3 seeds only"
    assert f"| 0 | d_true | -2,837.692 | 32 | {ours} | 3 |" in config.page.read_text()
    monkeypatch.setattr(results_page.slide_rows, "SEEDS", {0: 3})
    results_page.work(config)
    page = config.page.read_text()
    ours = "-2,800 (-2,900 to -2,700) | -3,100 to -2,500 |  | 0 of 3 | inside"
    assert f"| 0 | d_true | -2,837.692 | 32 | {ours} | 3 |" in page
    assert "| 0 | d_true | -2,837.692 | 64 | -9,000 (one run) |  |  |  |  | 4 |" in page
    assert (
        "| 0 | d_fake | 3.05 | 32 | 2.00 (1.00 to 3.00) | -1.00 to 5.00 |  | 0 of 3 | inside | 3 |"
        in page
    )
    ours = "-100 (-150 to -50) | size 41 to 159 | 100% |  | **outside**"
    assert f"| 50 | d_true | -1,849.921 | 32 | {ours} | 5 |" in page
    ours = "100,000 (one run) | size 100,000 to 100,000 | 0% |  | **outside**"
    assert f"| 50 | d_true | -1,849.921 | 64 | {ours} | 4 |" in page
    assert "| 24950 | total | 0.1185 |  |  |  |  |  | not played yet |  |" in page
    assert "| 150 | total | -1,018.92 |  |  |  |  |  | not played yet |  |" in page
    assert "| 50 | d_true | 32 | 100 (50 to 150) | 64 | 100,000 (one run) | 0.67 |" in page
    where = "`python -m benchmarks.slide_rows --batch-size 32`; seed 0, 1, 2; CPU, made up"
    assert f"\n3. {where}" in page and "; 90 s; commit" in page
    assert "lecture's printed rows, preset script" not in page
    (config.folder / "script_rows.json").write_text(json.dumps(SLIDE_ROWS))
    results_page.work(config)
    page = config.page.read_text()
    slides, script = (page.index(f"\n## mnist_wgan: the lecture's printed rows, preset {name}")
                      for name in ("slides", "script"))  # fmt: skip
    assert "| 50 | d_true | -1,849.921 | 32 |" in page[script:slides]


def test_the_first_page_has_the_losses_inside_and_the_rows_without_plays_in_one(
    config, monkeypatch
):
    monkeypatch.setattr(results_page.slide_rows, "SEEDS", {0: 3, 50: 1})
    (config.folder / "slide_rows.json").write_text(json.dumps(SLIDE_ROWS))
    results_page.work(config)
    page = config.page.read_text()
    assert "| row | slides, batch 32 | slides, batch 64 |" in page
    assert "| 0 | all (3) | 1 seeds only |\n| 50 | none (2) | none (1) |" in page
    assert "| 100 to 24950 | not played | not played |" in page
    assert "Seeds that a verdict needs: 3 at row 0, 1 at row 50." in page


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
    (config.folder / "claims.json").write_text(json.dumps(CLAIMS))
    (config.folder / "claims_fashion_gan_epochs.png").write_bytes(b"a picture")
    results_page.work(config)
    page = config.page.read_text()
    assert "| 4.0 (1.0 to 6.0) | at most 2.0 | holds for 1 of 3 seeds | 4 |" in page
    assert "| 2.0 (1.0 to 3.0) | at most 2.0 | holds for 2 of 3 seeds | 4 |" in page
    where = "`python -m benchmarks.claims --works distribution_gan`; seed 1, 2, 3; CPU, made up"
    assert f"\n4. {where}" in page and "; 61 s; commit" in page
    assert "best later epoch closes | 62% (one run) | at most 50% | **does not hold** | 3 |" in page
    assert "| 73% (one run) | at most 50% | **does not hold** | 3 |" in page  # 33.8 of 46
    scores = "3.250 (one run) | 16.200 (one run) |"
    assert f"| fashion_gan | 50 | {scores}" in page
    assert "| fashion_gan | real images | 4.000 | 4.000 | 4.000 | 4.000 | 4.000 | 4 |  |" in page
    halves = "0.0500 (0.0500 to 0.1000) | 0.1000 |  |"
    assert f"| distribution_gan | halves of the data | {halves}" in page
    assert "Scores of 300 samples" in page
    run = "not run yet: `python -m benchmarks.claims --works"
    assert f"| at least 0.50 | {run} dcgan` |  |" in page
    assert f"| fashion_gan | 20 | {run} fashion_gan` |  |" in page
    assert f"| bilinear_gan | 100 | {run} bilinear_gan` |  |" in page
    assert "(benchmarks/results/claims_fashion_gan_epochs.png)" in page
    assert "claims_dcgan" not in page
    assert "where both distributions are equal | 0 of 2 |" in page
    assert '"the images never really get much better than this", after one epoch | 1 of 5 |' in page
    good = "3.25 (4.00) | 16.20 (4.00) | 3.25 (4.00) | 3.25 (4.00)"
    assert f"| fashion_gan | slides, 50 epochs | 1 | {good} |" in page
    assert "| dcgan | slides" not in page


def test_the_first_page_has_medians_and_what_mnist_wgans_card_says():
    names, scores = sources.FIRST_PAGE, []
    for value in (1, 9, 2):
        plain = {"scores": dict.fromkeys(names, value), "real": dict.fromkeys(names, 4)}
        scores.append({"example": "dcgan", "epochs": 50, **plain})
    card = {"example": "mnist_wgan", "iterations": 8000, "run": {"settings": {"preset": "quick"}}}
    means = {name: {"mean": 0.5} for name in names}
    card["evaluation"] = {"scores": means, "real": dict.fromkeys(names, 0.75)}
    _, _, quick, dcgan = sources.good(scores, card).splitlines()
    assert quick == f"| mnist_wgan | quick, 8,000 iterations | 1 {'| 0.50 (0.75) ' * 4}|"
    assert dcgan == f"| dcgan | slides, 50 epochs | 3 {'| 2.00 (4.00) ' * 4}|"


def test_check_fails_where_page_and_files_differ(config, capsys):
    check = results_page.Config(check=True, page=config.page, folder=config.folder)
    assert command.run(lambda: results_page.work(check)) == 2  # there is none yet
    results_page.work(config)
    assert command.run(lambda: results_page.work(check)) == 0
    other = {"dcgan": {**SPEED["dcgan"], "seed": 8}}
    (config.folder / "speed.json").write_text(json.dumps(other))
    with pytest.raises(UserError, match="is not what"):
        results_page.work(check)
    assert command.run(lambda: results_page.work(check)) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_page_of_this_checkout_is_what_its_files_give_and_its_links_exist():
    folder, page = ROOT / "benchmarks" / "results", ROOT / "RESULTS.md"
    text = results_page.write_page(folder, ROOT)
    if page.exists():
        assert page.read_text(encoding="utf-8") == text
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (ROOT / target).exists(), target
    for heading in re.findall(r"^## .+", results_page.TEMPLATE.read_text(), re.M):
        assert f"\n{heading}\n" in text  # none is left out for a value that nobody computes
