"""The optimizer, the noise, the distances and densities; see tests/test_games.py, too."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from common.figures import distributions
from distribution_gan.train import PRESETS, SLIDES, Config, DensityRecorder, Game
from distribution_gan.values import load
from tests.games import picture, update_discriminator, update_generator

CONFIG = replace(PRESETS["smoke"], engine="reference", batch_size=4)


def test_noise_is_uniform_on_0_to_1(game):
    noise = np.asarray(game.draw_noise(10_000))
    assert noise.shape == (10_000, 10) and noise.min() >= 0 and noise.max() <= 1
    counts, _ = np.histogram(noise, 10, (0, 1))
    np.testing.assert_allclose(counts, 10_000, rtol=0.05)


def generate_always(game, numbers):
    """Let the generator give these scaled numbers, an equal share of each."""
    shares = len(game.grid_noise) // len(numbers)
    game.generator.predict_on_batch = lambda noise: np.repeat(numbers, shares)[:, np.newaxis]


def test_distances_are_those_of_a_hand_calculation():
    """Real 0 and 10, half each; generated 2 and 10: half the mass moves by 2, a step of half."""
    game = Game(replace(CONFIG, batch_size=2), np.array([0.0, 10.0] * 50))
    generate_always(game, np.array([-0.4 + 0.8 * 2 / 10, 0.4]))
    losses = {"d_loss": 0.5, "g_loss": 1.23456, "d_accuracy_real": 0.75, "d_accuracy_fake": 0.9}
    recorder = DensityRecorder(game)
    row = recorder.row(125, losses, 12.34567)
    assert tuple(row) == recorder.columns
    assert row["wasserstein_1"] == pytest.approx(1.0, rel=1e-6)
    assert row["kolmogorov_smirnov"] == pytest.approx(0.5)
    assert (row["epoch"], row["seconds"]) == (2, 12.346)  # 50 batches in an epoch
    assert recorder.line(row) == (
        "125: [epoch 2] [D loss: 0.5000] [G loss: 1.2346] [D accuracy: 75% of reals, 90% of fakes]"
        " [Wasserstein-1: 1] [Kolmogorov-Smirnov: 0.500]"
    )


def test_belief_is_drawn_in_the_units_of_the_data(game, monkeypatch):
    """At the data's least value D is asked about -0.4, at its greatest about 0.4."""
    drawn, real = [], distributions.density
    monkeypatch.setattr(distributions, "density", lambda *args: drawn.append(args) or real(*args))
    picture(DensityRecorder(game))
    generated, reach, _, values, (places, belief) = drawn[0]
    np.testing.assert_array_equal(values, game.values)
    answers = game.discriminator.predict_on_batch(np.array([[-0.4], [0.4]], "float32"))[:, 0]
    asked = np.interp([values.min(), values.max()], places, belief)
    np.testing.assert_allclose(asked, answers, atol=1e-3)
    assert reach[0] <= generated.min() and generated.max() <= reach[1]


def test_two_draws_of_the_mixture_are_not_0_apart():
    """README.md: 0.027 and 0.011, the mean of 20 pairs."""
    distances = []
    for seed in range(20):
        one, other = (load(replace(Config(), seed=2 * seed + i)) for i in (0, 1))
        statistic = ks_2samp(one, other, method="asymp").statistic
        distances.append((wasserstein_distance(one, other), statistic))
    np.testing.assert_allclose(np.mean(distances, axis=0), [0.027, 0.011], atol=0.0025)


def test_an_outlier_in_the_data_leaves_row_and_picture_finite():
    game = Game(CONFIG, np.append(np.random.default_rng(0).normal(0, 1, 99), 1e6))
    recorder = DensityRecorder(game)
    row = recorder.row(0, update_discriminator(game) | update_generator(game), 0.0)
    assert np.isfinite(list(row.values())).all()
    assert picture(recorder).shape == (400, 640, 3)


def test_preset_quick_is_the_slides():
    assert replace(PRESETS["quick"], preset="slides") == SLIDES
