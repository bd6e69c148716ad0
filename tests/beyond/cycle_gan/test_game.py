"""The game's own: who trains in which step, on which images."""

from dataclasses import replace

import numpy as np
import pytest

from beyond.cycle_gan import train
from beyond.cycle_gan.lecture import create_generator
from tests.games import (
    changed,
    create_game,
    random_data,
    snapshot,
    update_discriminator,
    update_generator,
)

NAME = "beyond.cycle_gan"


def test_the_judges_learn_alone_and_then_both_translators():
    game = create_game(NAME)
    before = snapshot(game)
    assert update_discriminator(game).keys() == {"d_loss"}
    learned = snapshot(game)
    trained = {"discriminator", "discriminator_optimizer", "batches", "batches_y", "picked"}
    assert changed(before, learned) == trained
    losses = update_generator(game)
    parts = losses["g_loss"] + 10 * losses["cycle"] + 5 * losses["identity"]
    assert losses["loss"] == pytest.approx(parts, 1e-5)
    after = snapshot(game)
    assert changed(learned, after) == {"generator", "generator_optimizer"}
    moved = [
        not np.array_equal(learned[name], after[name])
        for name in after
        if name.startswith("generator/")
    ]
    assert all(moved)
    update_discriminator(game)
    assert int(game.discriminator.optimizer.iterations) == 2


def test_both_steps_have_the_same_images_and_an_epoch_has_each_once():
    game = create_game(NAME)
    data = random_data(NAME, 42)
    seen = [[], []]
    for _ in range(10):
        game.prepare()
        first, second = game.draw_discriminator(), game.draw_generator()
        for domain, (one, other) in enumerate(zip(first, second, strict=True)):
            np.testing.assert_array_equal(one, other)
            for image in np.asarray(one):
                (place,) = np.flatnonzero((data[domain] == image).all(axis=(1, 2, 3)))
                seen[domain].append(place)
    assert [len(set(places)) for places in seen] == [40, 40]
    assert seen[0] != seen[1]  # each domain has an order of its own


def test_domains_may_differ_in_size():
    """The smaller one begins again while the larger one's epoch lasts."""
    x, y = random_data(NAME, 42)
    game = train.Game(create_game(NAME).config, x[:9], y)
    assert (game.batches.per_epoch, game.batches_y.per_epoch, game.per_epoch) == (2, 10, 10)
    lefts = []
    for _ in range(4):
        game.prepare()
        lefts.append(game.left_in_epoch())
        game.draw_discriminator()
    assert lefts == [2, 1, 2, 1]


def test_identity_is_left_out_at_0():
    game = create_game(NAME, identity=0.0)
    update_discriminator(game)
    losses = update_generator(game)
    assert losses.keys() == {"loss", "g_loss", "cycle"} and len(game.gan.outputs) == 4


def test_samples_go_there_and_back_both_ways():
    game = create_game(NAME)
    x, y = (each[:10] for each in random_data(NAME, 42))
    rows = game.samples().reshape(6, 10, 28, 28, 1)
    np.testing.assert_array_equal(rows[[0, 3]], [x, y])
    there, back = game.generator.layers[-2:]
    assert (there.name, back.name) == ("x_to_y", "y_to_x")
    for row, (network, image) in {
        1: (there, x), 2: (back, rows[1]), 4: (back, y), 5: (there, rows[4])
    }.items():  # fmt: skip
        np.testing.assert_allclose(rows[row], network(image), atol=1e-5)
    assert train.ways(("horse", "zebra"))[:3] == ["horse", "as zebra", "and back"]


def test_translate_goes_through_all_images():
    x, y = random_data(NAME, 7)
    generator = create_generator()
    whole = train.translate(generator, x, y)
    for one, other in zip(train.translate(generator, x, y, batch=3), whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_it_learns_bright_and_dark_squares_without_pairs():
    """Within 60 iterations both ways are four times nearer to the truth than the images themselves,
    which is where the identity loss alone would end."""
    random = np.random.default_rng(0)
    bright = np.full((96, 28, 28, 1), -1.0, "float32")
    for image, (row, column) in zip(bright, random.integers(0, 14, (96, 2)), strict=True):
        image[row : row + 14, column : column + 14] = 0.8
    dark = np.minimum(bright, 0.0)
    game = create_game(NAME)
    config = replace(game.config, engine="compiled", batch_size=8, learning_rate=1e-3)
    game = train.Game(config, bright[:48], dark[48:])

    def errors():
        as_dark, as_bright = train.translate(game.generator, bright, dark)
        return np.abs(as_dark - dark).mean(), np.abs(as_bright - bright).mean()

    far = np.abs(bright - dark).mean()
    assert min(errors()) > far
    for _ in range(60):
        game.engine.play(game, 1, 1)
    assert max(errors()) < far / 4
