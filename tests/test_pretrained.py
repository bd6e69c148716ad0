"""The weights that come along: their size, their card, and that commands take them."""

import importlib
import json

import numpy as np
import pytest

from common import classifier, evaluation, generators
from tests.commands import ROOT

SHIPPED = sorted(path.parent.parent.name for path in ROOT.glob("*/pretrained/generator.npz"))


def test_some_come_along():
    there = {"binarized_gan", "dcgan", "distribution_gan", "fashion_gan", "mnist_wgan"}
    assert there <= set(SHIPPED)


@pytest.mark.parametrize("example", SHIPPED)
def test_weights_and_card(example, tmp_path):
    folder = generators.pretrained(example)
    card = json.loads((folder / "card.json").read_text())
    size = (folder / "generator.npz").stat().st_size
    assert card["bytes"] == size <= 6_000_000 and card["example"] == example
    assert "dirty" not in card["run"]["commit"] and card["iterations"] > 0
    sample = importlib.import_module(f"{example}.sample")
    out = tmp_path / ("a.npy" if example == "distribution_gan" else "a.npz")
    assert sample.main(["--pretrained", "--count", "100", "--out", str(out)]) == 0
    drawn = np.load(out)
    images = drawn if out.suffix == ".npy" else drawn["images"]
    assert len(images) == 100 and np.isfinite(images).all() and images.std() > 0.1
    if example == "mnist_wgan":  # its card says 98.8 %
        answers = evaluation.classify(classifier.load("mnist"), np.clip(images, -1, 1))["classes"]
        assert np.mean(answers.argmax(axis=1) == drawn["digits"]) >= 0.9
