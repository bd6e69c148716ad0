"""BatchNorm and dropout in the two phases, which are in tests/test_games.py."""

import numpy as np
import pytest

from tests.games import (
    masks,
    next_noise,
    random_data,
    recorded,
    update_discriminator,
    update_generator,
)


def test_discriminators_fakes_are_made_by_the_moving_statistics(game, monkeypatch):
    """As the slides' generator(noise): not by those of the batch."""
    update_generator(game)  # so that the moving statistics are no longer those at the start
    batches, noise = recorded(game.discriminator, monkeypatch), next_noise(game)
    update_discriminator(game)
    ((x, _),) = batches
    np.testing.assert_allclose(x[:4], game.generator(noise, training=False), atol=1e-5)
    assert np.abs(x[:4] - game.generator(noise, training=True)).max() > 0.1


def moments(x):
    return x.mean((0, 1, 2)), x.var((0, 1, 2))


def test_generator_step_normalises_by_the_batch_and_updates_the_statistics(game):
    """Both BatchNorms by hand; the second one's input shows by what the first one normalised."""
    dense, _, first, convolution, second, _ = game.generator.layers
    random = np.random.default_rng(1)
    for layer in (first, second):
        size = layer.gamma.shape[0]
        settings = [(0.5, 1.5), (-1, 1), (-1, 1), (2, 3)]  # gamma, beta, moving mean and variance
        layer.set_weights([random.uniform(*limits, size) for limits in settings])
    gamma, beta, *moving_first = first.get_weights()
    moving_second = second.get_weights()[2:]

    x = np.asarray(dense(next_noise(game))).reshape(4, 7, 7, 128)
    batch_first = mean, variance = moments(x)
    x = np.asarray(convolution(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta))
    batch_second = moments(x)

    update_generator(game)
    for layer, befores, batches in [
        (first, moving_first, batch_first),
        (second, moving_second, batch_second),
    ]:
        for after, before, batch in zip(layer.get_weights()[2:], befores, batches, strict=True):
            # The step from before to after, a hundredth of the way.
            np.testing.assert_allclose(after - before, 0.01 * (batch - before), atol=1e-5)


def test_the_two_kinds_of_fakes_differ_at_the_start(game):
    """README.md: standard deviations of pixels of about 0.08 and 0.5."""
    noise = game.draw_noise(32)
    by_moving_statistics = game.generator.predict_on_batch(noise)
    by_the_batch = np.asarray(game.generator(noise, training=True))
    assert by_moving_statistics.std() == pytest.approx(0.08, abs=0.01)
    assert by_the_batch.std() == pytest.approx(0.5, abs=0.05)


def test_pictures_do_not_depend_on_one_another(game):
    """They are drawn by the moving statistics."""
    update_generator(game)
    noise = game.grid_noise
    ten = game.generator.predict_on_batch(noise[:10])
    np.testing.assert_allclose(ten[:1], game.generator.predict_on_batch(noise[:1]), atol=1e-5)


def test_dropout_is_active_in_both_steps(game):
    """With weights that stand still, another mask gives another loss and the same one the same."""
    noise, one, half = next_noise(game), np.ones((4, 1), "float32"), random_data("dcgan", 8)[0]
    for model, x, y in [
        (game.discriminator, half, np.repeat([[0.0], [1.0]], 4, axis=0)),
        (game.gan, noise, one),
    ]:
        game.discriminator.trainable = model is game.discriminator
        model.optimizer.learning_rate = 0.0
        before = [np.array(state) for state in masks(game.discriminator)]
        first, second = (model.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(2))
        for state, value in zip(masks(game.discriminator), before, strict=True):
            state.assign(value)
        again = model.train_on_batch(x, y, return_dict=True)["loss"]
        assert abs(second - first) > 1e-4
        assert again == pytest.approx(first, abs=1e-6)
