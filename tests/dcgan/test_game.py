"""BatchNorm in the two phases, which are in tests/test_games.py."""

import numpy as np
import pytest

from tests.games import next_noise, update_generator


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
