"""The losses that the lecture prints, against this implementation's, over seeds.

Row 0 takes 100 critic updates at batch 64 for each of five seeds and three settings: a quarter of
an hour on two cores, so that it is marked slow.
"""

import numpy as np
import pytest

from benchmarks.row_zero import LECTURE, SETTINGS, band, measure
from common import data
from mnist_wgan.train import Config, Game
from tests.games import update_discriminator, update_generator

SEEDS = range(5)


@pytest.fixture(scope="module")
def lecture_data():
    images, labels, _, _ = data.load("mnist")
    return data.scale(images[:50_000]), labels[:50_000]


@pytest.fixture(scope="module")
def rows(lecture_data):
    """Row 0 of every setting and seed, each played once: {setting: [row, ...]}."""
    return {
        setting: [measure(setting, seed, *lecture_data) for seed in SEEDS] for setting in SETTINGS
    }


def test_before_training_the_class_losses_are_ln_10_and_the_critic_says_nothing(lecture_data):
    game = Game(Config(), *lecture_data)
    losses = update_discriminator(game) | update_generator(game)
    for name in ("d_true", "d_fake", "dg"):
        assert losses[f"{name}_class"] == pytest.approx(np.log(10), abs=0.01)
        assert abs(losses[f"{name}_wasserstein"]) < 0.05


@pytest.mark.slow
def test_total_is_true_plus_fake_in_every_row(rows):
    for setting in SETTINGS:
        for row in rows[setting]:
            assert row["total"] == row["d_true"] + row["d_fake"]
    assert LECTURE["total"] == pytest.approx(LECTURE["d_true"] + LECTURE["d_fake"], abs=0.002)


@pytest.mark.slow
def test_row_0_of_the_lecture_is_one_of_ours(rows):
    low, high = band([row["d_true"] for row in rows["lecture"]])
    assert low <= LECTURE["d_true"] <= high


@pytest.mark.slow
@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting != "lecture"])
def test_row_0_of_the_lecture_is_none_of_the_wrong_settings(rows, setting):
    low, high = band([row["d_true"] for row in rows[setting]])
    assert not low <= LECTURE["d_true"] <= high
