"""The weights that come along: their size, their card, and that commands take them."""

import json

import numpy as np
import pytest

from benchmarks import ship
from common.commands import generators
from common.scores import classifier, evaluation, metrics
from tests.commands import ROOT, play
from tests.games import module

SHIPPED = sorted(
    ".".join(path.relative_to(ROOT).parts[:-2])
    for pattern in ("*", "beyond/*")
    for path in ROOT.glob(f"{pattern}/pretrained/generator.npz")
)


def card_of(example):
    return json.loads((generators.pretrained(example) / "card.json").read_text())


def test_every_example_has_weights():
    assert sorted(ship.EXAMPLES) == SHIPPED


@pytest.mark.parametrize("example", SHIPPED)
def test_weights_are_small_and_draw_and_their_card_is_true(example, tmp_path):
    folder = generators.pretrained(example)
    card = card_of(example)
    size = (folder / "generator.npz").stat().st_size
    assert card["bytes"] == size <= 6_000_000 and card["example"] == example
    assert "dirty" not in card["run"]["commit"] and card["iterations"] > 0
    assert (folder / "README.md").read_text() == ship.page(card), "write it anew"
    out = tmp_path / ("a.npy" if example == "distribution_gan" else "a.npz")
    play(module(example, "sample").main, "--pretrained", "--count", 100, "--out", out)
    drawn = np.load(out)
    images = drawn if out.suffix == ".npy" else drawn["images"]
    versions = {"beyond.batch_equalisation": 15, "beyond.cycle_gan": 8}  # of a drawn one
    count = 100 * versions.get(example, 1)
    assert len(images) == count and np.isfinite(images).all() and images.std() > 0.1


def test_two_lines_of_python_load_them():
    generator = generators.load_pretrained("fashion_gan")
    images = generator.predict_on_batch(np.zeros((1, 30), "float32"))
    assert images.shape == (1, 28, 28, 1) and images.std() > 0.1


CLASSIFIERS = dict.fromkeys(("fashion_gan", "dcgan", "beyond.guideline_dcgan"), "fashion_mnist")


@pytest.mark.parametrize(
    "example",
    sorted({*SHIPPED} - {"distribution_gan", "beyond.batch_equalisation", "beyond.cycle_gan"}),
)
def test_images_are_as_good_as_the_card_says(example):
    """By 1,000 samples, whose classifier score is within a twentieth of that of 10,000."""
    card, declared = card_of(example), module(example).EXAMPLE
    generator = generators.load(generators.Source(pretrained=True), declared)
    images, asked = declared.samples(generator, 0, 1000, card["run"]["settings"])
    judging = classifier.load(CLASSIFIERS.get(example, "mnist"))
    answers = evaluation.classify(judging, np.clip(images, -1, 1))["classes"]
    told = {name: score["mean"] for name, score in card["evaluation"]["scores"].items()}
    assert metrics.classifier_score(answers) == pytest.approx(told["classifier_score"], rel=0.05)
    if asked is not None:
        right = np.mean(answers.argmax(axis=1) == asked)
        assert right == pytest.approx(told["asked_label_accuracy"], abs=0.02)


def test_values_are_as_good_as_the_card_says(tmp_path):
    evaluate = module("distribution_gan", "evaluate")
    play(evaluate.main, "--pretrained", "--out", tmp_path / "scores.json")
    ours = json.loads((tmp_path / "scores.json").read_text())["scores"]
    told = card_of("distribution_gan")["evaluation"]["scores"]
    for name, score in told.items():
        assert ours[name]["mean"] == pytest.approx(score["mean"], rel=0.01)
