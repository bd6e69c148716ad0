"""A run's weights become those of --pretrained, in a copy of the example's folder."""

import json
import re

import numpy as np
import pytest

from benchmarks import ship
from common.commands import generators
from distribution_gan import evaluate, sample, train
from tests.commands import play, refused


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The folder that ship made of a short run."""
    folder = tmp_path_factory.mktemp("ship")
    run = folder / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generators, "pretrained", lambda example: folder / example)
        play(train.main, "--preset", "smoke", "--run-dir", run)
        ship.ship(ship.Config("distribution_gan", run, count=300, seeds=2))
        yield folder / "distribution_gan"


def test_the_card_and_its_page_say_what_made_the_weights(shipped):
    names = {path.name for path in shipped.iterdir()}
    assert names == {"README.md", "card.json", "evaluation.png", "generator.npz"}
    card = json.loads((shipped / "card.json").read_text())
    assert card["iterations"] == 3 and card["bytes"] == (shipped / "generator.npz").stat().st_size
    assert card["dtype"] in ("float16", "float32")
    assert ship.changed(card["exact"], card["evaluation"]["scores"]) == []
    text = (shipped / "card.json").read_text() + (shipped / "README.md").read_text()
    assert str(shipped.parent) not in text  # where the run lay is nobody's business
    page = (shipped / "README.md").read_text()
    score = card["evaluation"]["scores"]["wasserstein_1"]["mean"]
    assert f"| {score:.4f} ± " in page and "iterations played: 3" in page
    assert "today's presets: `python -m distribution_gan.train --preset smoke`\n" in page
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert (shipped / target).exists() or target.startswith("../../"), target


def test_pretrained_is_the_run(shipped, tmp_path, capsys):
    for source, name in ((["--pretrained"], "a.npy"), ([shipped.parent / "run"], "b.npy")):
        play(sample.main, *source, "--count", 500, "--out", tmp_path / name)
    ours, theirs = (np.load(tmp_path / name) for name in ("a.npy", "b.npy"))
    assert np.abs(ours - theirs).max() < 0.01 * np.ptp(theirs)
    out = tmp_path / "e.json"
    play(evaluate.main, "--pretrained", "--count", 300, "--seeds", 2, "--out", out)
    card = json.loads((shipped / "card.json").read_text())
    assert json.loads(out.read_text())["scores"] == card["evaluation"]["scores"]


def test_a_score_has_changed_if_its_mean_moved_by_more_than_its_deviation():
    before = {
        "a": {"mean": 1.0, "deviation": 0.1},
        "b": {"mean": [1.0, 2.0], "deviation": [0.1, 0.0]},
        "c": {"mean": 3.0, "deviation": 0.0},
    }
    after = {"a": {"mean": 1.09}, "b": {"mean": [1.0, 2.01]}, "c": {"mean": 3.0}}
    assert ship.changed(before, after) == ["b"]
    assert ship.changed(before, {**after, "a": {"mean": 0.89}}) == ["a", "b"]


def test_what_was_never_shipped_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(generators, "pretrained", lambda example: tmp_path)
    said = refused(capsys, sample.main, "--pretrained")
    assert "no weights come along for distribution_gan" in said
