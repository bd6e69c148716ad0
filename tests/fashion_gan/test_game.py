"""What the slides leave to TensorFlow; the two phases are in tests/test_games.py."""

import keras
import pytest

from tests.games import answer_always, create_game, update_discriminator, update_generator


def test_loss_looks_behind_the_sigmoid(game):
    """As tf.keras 2 did in a graph. From clipped probabilities no loss would pass 16.2."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras clips the probabilities on other backends")
    answer_always(game, 1000.0)
    assert update_discriminator(game)["d_loss"] == pytest.approx(500)  # reals 0, fakes 1000
    answer_always(game, -1000.0)
    assert update_generator(game)["g_loss"] == pytest.approx(1000)


@pytest.mark.parametrize(("iterations", "played"), [(None, 27), (5, 5), (1000, 27)])
def test_a_run_has_all_batches_of_its_epochs_or_its_first_iterations(iterations, played):
    """39 images: 9 batches of 4, 3 left over."""
    assert create_game("fashion_gan", 39, epochs=3, iterations=iterations).iterations == played
