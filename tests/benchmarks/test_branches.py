from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from benchmarks import branches
from mnist_wgan import train


@pytest.fixture(scope="module")
def played():
    """A game of the script after one iteration."""
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (8, 28, 28, 1)).astype("float32")
    config = replace(train.PRESETS["smoke"], generator="script", engine="reference")
    game = train.Game(config, images, np.arange(8, dtype="uint8"))
    game.engine.play(game, 1, 1)
    return game


def test_exact_tanh_is_below_1_where_a_cpus_is_1(played):
    branches.exact_tanh(played)
    tanh, x = played.generator.layers[-1].activation, np.float32([0.5, 8.5, 9.5])
    y = ops.convert_to_numpy(tanh(ops.convert_to_tensor(x)))
    np.testing.assert_allclose(y, np.tanh(np.float64(x)), rtol=6e-8)
    assert y[1] < 1 and y[2] == 1
    played.generator.layers[-1].activation = ops.tanh


def test_a_second_call_clips_the_critic_and_never_trains_it(played):
    assert any(np.any(square.numpy()) for square in played.combined.optimizer.mean_squares)
    branches.second_call(played)
    assert not any(np.any(square.numpy()) for square in played.combined.optimizer.mean_squares)
    clipped = [np.clip(w, -0.01, 0.01) for w in played.critic.get_weights()]
    before = played.generator.get_weights()
    played.engine.play(played, 1, 2)
    for ours, theirs in zip(played.critic.get_weights(), clipped, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any(np.any(a != b) for a, b in zip(played.generator.get_weights(), before, strict=True))


def test_rows_are_means_of_stretches():
    losses = {"d_true": np.arange(120.0)}
    found = branches.means(losses, 7)
    assert found == {"iteration": [7, 57, 107], "d_true": [24.5, 74.5, 109.5]}
