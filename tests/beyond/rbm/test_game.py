"""The game's own: one step of the machine and its chains."""

import keras
import numpy as np
import pytest

from beyond.rbm import lecture
from tests.games import changed, create_game, snapshot, update_generator


def test_one_step_moves_the_machine_and_the_chains():
    game = create_game("beyond.rbm")
    before = snapshot(game)
    losses = update_generator(game)
    moved = {"generator", "optimizer", "batches", "pixels", "chances", "chains"}
    assert changed(before, snapshot(game)) == moved
    assert losses["loss"] == pytest.approx(losses["data"] - losses["chains"], rel=1e-5)
    assert int(game.trainer.optimizer.iterations) == 1
    assert game.trainer.optimizer.get_config()["momentum"] == 0


def test_the_trainer_and_the_generator_have_one_machine():
    game = create_game("beyond.rbm", hidden=7)
    assert game.trainer.get_layer("rbm") is game.generator.layers[1].rbm
    assert game.generator.input_shape == (None, 784 + 7)
    assert [tuple(weight.shape) for weight in game.trainer.weights] == [(784, 7), (784,), (7,)]


def test_chains_go_on_from_where_they_were_by_so_many_steps():
    for steps in (1, 3):
        game = create_game("beyond.rbm", gibbs_steps=steps)
        before = np.array(game.chains)
        assert set(np.unique(before)) == {0, 1} and before.mean() == pytest.approx(0.5, abs=0.03)
        game.prepare()
        images, chances = game.draw_generator()
        assert images.shape == (4, 784) and chances.shape == (steps, 4, 784 + 500)
        expected = before
        for chance in np.asarray(chances):
            expected = lecture.gibbs_step(game.rbm, expected, chance)
        game.update_generator(images, chances)
        np.testing.assert_array_equal(game.chains, expected)


def test_images_are_drawn_anew_in_each_batch_and_thresholded_ones_never():
    grey = np.full((8, 28, 28, 1), 0.4, "float32")
    grey[:, :14] = 0.6
    for binarisation, share in (("dynamic", 0.6), ("threshold", 1.0)):
        game = create_game("beyond.rbm", binarisation=binarisation, batch_size=8)
        game = type(game)(game.config, grey)
        game.prepare()
        (one, _), (other, _) = (map(np.asarray, game.draw_generator()) for _ in range(2))
        assert set(np.unique(one)) == {0, 1}
        assert one[:, :392].mean() == pytest.approx(share, abs=0.03)
        assert np.array_equal(one, other) == (binarisation == "threshold")


def test_it_learns():
    """Sixty steps on images of which the upper or the lower half is on: machine and chains find
    that the two go together, which biases alone cannot say."""
    game = create_game("beyond.rbm", hidden=20, learning_rate=0.2, batch_size=32, count=64,
                       engine="compiled", learning_rate_schedule="constant")  # fmt: skip
    images = np.zeros((64, 28, 28, 1), "float32")
    images[::2, :14], images[1::2, 14:] = 1.0, 1.0
    game = type(game)(game.config, images)
    for _ in range(30):
        game.engine.play(game, 2, 0)
    chains = np.array(game.chains).reshape(32, 2, 392).mean(axis=2)
    assert np.all(np.abs(chains.sum(axis=1) - 1) < 0.1)  # one half on, the other off
    assert 4 < np.sum(chains[:, 0] > 0.5) < 28  # and both kinds


def test_samples_are_the_generators_probabilities():
    game = create_game("beyond.rbm")
    images = game.samples()
    assert images.shape == (100, 28, 28, 1) and 0 <= images.min() < images.max() <= 1
    np.testing.assert_allclose(
        images, keras.ops.convert_to_numpy(game.generator(game.grid_noise)), atol=1e-5
    )
