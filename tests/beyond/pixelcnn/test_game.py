"""The game's own: its one step, what it draws, its rates."""

import numpy as np
import pytest

from beyond.pixelcnn import train
from tests.games import changed, create_game, snapshot, update_generator

SMALL = {"filters": 4, "blocks": 1}


def test_one_step_trains_the_network():
    game = create_game("beyond.pixelcnn", **SMALL)
    before = snapshot(game)
    losses = update_generator(game)
    assert changed(before, snapshot(game)) == {"network", "optimizer", "batches", "pixels"}
    assert set(losses) == {"loss"} and 300 < losses["loss"] < 700
    assert int(game.network.optimizer.iterations) == 1


def test_images_are_drawn_anew_in_each_batch_and_thresholded_ones_never():
    grey = np.full((8, 28, 28, 1), 0.4, "float32")
    grey[:, :14] = 0.6
    for binarisation, share in (("dynamic", 0.6), ("threshold", 1.0)):
        game = create_game("beyond.pixelcnn", binarisation=binarisation, batch_size=8, **SMALL)
        game = type(game)(game.config, grey)
        game.prepare()
        (one,), (other,) = (map(np.asarray, game.draw_generator()) for _ in range(2))
        assert set(np.unique(one)) == {0, 1}
        assert one[:, :14].mean() == pytest.approx(share, abs=0.03)
        assert np.array_equal(one, other) == (binarisation == "threshold")


def test_it_learns_with_both_optimizers():
    """Forty steps on dark images."""
    for optimizer in ("rmsprop", "adam"):
        settings = {"optimizer": optimizer, "learning_rate": 3e-3, "engine": "compiled", **SMALL}
        game = create_game("beyond.pixelcnn", **settings)
        assert type(game.network.optimizer).__name__.lower() == optimizer
        game.batches.images.assign(np.full((42, 28, 28, 1), 0.1))
        losses = game.engine.play(game, 40, 0)["loss"]
        assert losses[-5:].mean() < losses[:5].mean() - 100


def test_cosine_falls_to_0_over_the_run():
    settings = {"learning_rate_schedule": "cosine", "iterations": None, **SMALL}
    rate = create_game("beyond.pixelcnn", **settings).network.optimizer._learning_rate
    assert [float(rate(step)) for step in (0, 5, 10)] == pytest.approx([1e-3, 5e-4, 0], abs=1e-9)
    assert train.PRESETS["slides"].learning_rate_schedule == "constant"


def test_samples_are_always_of_the_same_noise():
    game = create_game("beyond.pixelcnn", **SMALL)
    images = game.samples()
    assert images.shape == (100, 28, 28, 1) and set(np.unique(images)) == {0, 1}
    np.testing.assert_array_equal(images, game.samples())
