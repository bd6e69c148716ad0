"""What the slides leave to TensorFlow; the two phases are in tests/test_games.py."""

import keras
import pytest

from tests.games import answer_always, update_discriminator, update_generator


def test_loss_looks_behind_the_sigmoid(game):
    """As tf.keras 2 did in a graph. From clipped probabilities no loss would pass 16.2."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras clips the probabilities on other backends")
    answer_always(game, 1000.0)
    assert update_discriminator(game)["d_loss"] == pytest.approx(500)  # reals 0, fakes 1000
    answer_always(game, -1000.0)
    assert update_generator(game)["g_loss"] == pytest.approx(1000)
