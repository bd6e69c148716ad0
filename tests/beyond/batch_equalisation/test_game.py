"""The game's own: who trains in which step, on which recordings."""

import numpy as np
import pytest

from beyond.batch_equalisation.lecture import create_generator
from beyond.batch_equalisation.train import equalise
from tests.games import (
    changed,
    create_game,
    random_data,
    snapshot,
    update_discriminator,
    update_generator,
)

NAME = "beyond.batch_equalisation"


def test_the_discriminator_learns_alone_and_then_generator_and_decoder_together():
    game = create_game(NAME)
    before = snapshot(game)
    losses = update_discriminator(game)
    assert losses.keys() == {"d_loss", "d_accuracy"}
    learned = snapshot(game)
    trained = {"discriminator", "discriminator_optimizer", "batches", "picked"}
    assert changed(before, learned) == trained
    losses = update_generator(game)
    assert losses["loss"] == pytest.approx(losses["g_loss"] + 10 * losses["reconstruction"], 1e-5)
    trained = {"generator", "decoder", "generator_optimizer", "others"}
    assert changed(learned, snapshot(game)) == trained
    update_discriminator(game)
    assert int(game.discriminator.optimizer.iterations) == 2


def test_both_steps_have_the_same_recordings_and_an_epoch_has_each_once():
    game = create_game(NAME)
    images, numbers = random_data(NAME, 42)
    seen = []
    for _ in range(10):
        game.prepare()
        first, (*second, others) = game.draw_discriminator(), game.draw_generator()
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)
        assert others.shape == (4, 1) and 1 <= np.min(others) <= np.max(others) <= 3
        for image, number in zip(*map(np.asarray, first), strict=True):
            (place,) = np.flatnonzero((images == image).all(axis=(1, 2, 3)))
            assert number == numbers[place]
            seen.append(place)
    assert len(set(seen)) == 40


def test_samples_are_ten_of_each_experimenter_and_below_them_equalised():
    game = create_game(NAME)
    images, numbers = random_data(NAME, 42)
    rows = game.samples().reshape(7, 10, 28, 28, 1)
    for number, row in enumerate([0, 1, 3, 5]):
        np.testing.assert_array_equal(rows[row], images[numbers == number][:10])
        if number:
            expected = equalise(game.generator, rows[row], np.full(10, number))
            np.testing.assert_allclose(rows[row + 1], expected, atol=1e-6)


def test_a_batch_with_few_images_is_shown_again_and_again():
    game = create_game(NAME)
    images, numbers = random_data(NAME, 42)
    numbers[:] = 0
    numbers[7] = 1
    game = type(game)(game.config, images, numbers, classes=("a", "b"))
    rows = game.samples().reshape(3, 10, 28, 28, 1)
    assert np.array_equal(rows[1], images[[7] * 10])


def test_equalise_goes_through_all_images():
    images = random_data(NAME, 7)[0]
    generator = create_generator()
    whole = equalise(generator, images, [1] * 7)
    np.testing.assert_allclose(equalise(generator, images, [1] * 7, batch=3), whole, atol=1e-5)


def test_it_learns_what_tells_two_batches():
    """Bright and dark squares: the generator makes dark ones bright, and keeps where they are.
    They are more than half of an image, or all black would be the best of first answers."""
    random = np.random.default_rng(0)
    images = np.full((64, 28, 28, 1), -1.0, "float32")
    for image, (row, column) in zip(images, random.integers(0, 7, (64, 2)), strict=True):
        image[row : row + 22, column : column + 22] = 0.8
    recordings = images.copy()
    recordings[1::2] = 0.5 * images[1::2] - 0.5  # half as bright
    game = create_game(NAME, batch_size=32, learning_rate=1e-3, engine="compiled")
    game = type(game)(game.config, recordings, np.arange(64) % 2, classes=("bright", "dark"))

    def error():
        return np.abs(equalise(game.generator, recordings, np.arange(64) % 2) - images).mean()

    for _ in range(100):
        game.engine.play(game, 2, 1)
    assert error() < np.abs(recordings - images).mean() / 2
