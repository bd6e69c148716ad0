"""The game's own: one step for both networks, and what it draws."""

import keras
import numpy as np
import pytest

from beyond.vae import lecture
from tests.games import changed, create_game, snapshot, update_generator


def test_one_step_trains_both_networks():
    game = create_game("beyond.vae")
    before = snapshot(game)
    losses = update_generator(game)
    moved = {"encoder", "generator", "optimizer", "batches", "noise", "pixels"}
    assert changed(before, snapshot(game)) == moved
    assert losses["loss"] == pytest.approx(losses["reconstruction"] + losses["kl"], rel=1e-6)
    assert int(game.vae.optimizer.iterations) == 1
    optimizer = game.vae.optimizer.get_config()
    assert {name: optimizer[name] for name in ("beta_1", "beta_2", "epsilon")} == {
        "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-4 / 4,
    }  # fmt: skip


def test_images_are_drawn_anew_in_each_batch_and_thresholded_ones_never():
    grey = np.full((8, 28, 28, 1), 0.4, "float32")
    grey[:, :14] = 0.6
    for binarisation, share in (("dynamic", 0.6), ("threshold", 1.0)):
        game = create_game("beyond.vae", binarisation=binarisation, batch_size=8)
        game = type(game)(game.config, grey)
        game.prepare()
        (one, noise), (other, _) = (map(np.asarray, game.draw_generator()) for _ in range(2))
        assert set(np.unique(one)) == {0, 1} and noise.shape == (8, 50)
        assert one[:, :14].mean() == pytest.approx(share, abs=0.03)
        assert np.array_equal(one, other) == (binarisation == "threshold")


def test_it_learns_also_with_importance_samples():
    """Forty steps on dark images, of which the biases know nothing yet."""
    for settings in ({}, {"importance_samples": 3, "latent": 2}):
        game = create_game("beyond.vae", learning_rate=3e-3, engine="compiled", **settings)
        game.batches.images.assign(np.full((42, 28, 28, 1), 0.1))
        assert (game.vae.name == "iwae") == bool(settings)
        losses = game.engine.play(game, 40, 0)["loss"]
        assert losses[-5:].mean() < losses[:5].mean() - 20


def test_samples_are_the_generators_probabilities():
    game = create_game("beyond.vae")
    images = game.samples()
    assert images.shape == (100, 28, 28, 1) and 0 <= images.min() < images.max() <= 1
    expected = lecture.logits(game.generator, game.grid_noise)
    np.testing.assert_allclose(
        images.reshape(100, 784), np.asarray(keras.ops.sigmoid(expected)), atol=1e-6
    )
