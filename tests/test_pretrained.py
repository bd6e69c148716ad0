"""The weights that come along: their size, their card, and that commands take them."""

import importlib
import json

import numpy as np
import pytest

from common import generators
from tests.commands import ROOT

SHIPPED = sorted(path.parent.parent.name for path in ROOT.glob("*/pretrained/generator.npz"))


def test_some_come_along():
    assert {"binarized_gan", "distribution_gan", "fashion_gan", "mnist_wgan"} <= set(SHIPPED)


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
    drawn = drawn if out.suffix == ".npy" else drawn["images"]
    assert len(drawn) == 100 and np.isfinite(drawn).all() and drawn.std() > 0.1
