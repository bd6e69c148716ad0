"""The order of the slide "Training": first the generator learns, then the discriminator."""

import functools

import numpy as np
import pytest

from common.runs import loop
from distribution_gan import train
from tests import games, test_engines
from tests.commands import TINY, assert_resumes_from_the_middle, play

SETTINGS = {"batch_size": 8, "generator_first": True, "epochs": 3, "iterations": None}
create_game = functools.partial(games.create_game, "distribution_gan", 75, **SETTINGS)


@pytest.mark.parametrize("updates", [1, 2])
def test_the_generator_moves_first(updates, monkeypatch):
    """So the discriminator gets fakes of the generator as it is after its update."""
    game = create_game(discriminator_updates=updates)
    taken, real = [], game.engine.train

    def spy(model, x, y):
        taken.append((model.name, np.asarray(x), game.generator.get_weights()))
        return real(model, x, y)

    monkeypatch.setattr(game.engine, "train", spy)
    start = game.generator.get_weights()
    game.engine.play(game, 1, 0)
    assert [name for name, _, _ in taken] == ["gan"] + ["discriminator"] * updates
    np.testing.assert_array_equal(taken[0][2][0], start[0])
    noises = other_draws(updates)
    np.testing.assert_array_equal(taken[0][1], noises[0])
    for noise, (_, x, weights) in zip(noises[1:], taken[1:], strict=True):
        assert not np.array_equal(weights[0], start[0])  # it has moved
        np.testing.assert_allclose(x[:8], game.generator.predict_on_batch(noise), atol=1e-6)
    reals = [x[8:] for _, x, _ in taken[1:]]
    order = game.batches.order_of(0)[: 8 * updates]
    np.testing.assert_array_equal(np.concatenate(reals), game.batches.images.numpy()[order])


def other_draws(updates):
    """The noises of the first iteration, in the order in which the stream gives them."""
    game = create_game(discriminator_updates=updates)
    return [np.asarray(game.draw_noise()) for _ in range(1 + updates)]


def test_losses_are_of_before_their_updates():
    """D answers 0.8 to all: -ln 0.8 for G; D itself has half its targets at 1 and half at 0."""
    game = create_game()
    game.discriminator.layers[-1].set_weights([np.zeros((50, 1)), np.array([np.log(4)])])
    losses = loop.play(game, 1)
    assert losses["g_loss"][0] == pytest.approx(-np.log(0.8), rel=1e-5)
    expected = -(np.log(0.8) + np.log(0.2)) / 2
    assert losses["d_loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_epochs_have_whole_iterations(engine):
    """75 values are 9 batches of 8: with 2 updates an epoch has 4 iterations, 11 values sit out."""
    game = create_game(engine=engine, discriminator_updates=2)
    assert (game.per_epoch, game.iterations, game.left_in_epoch()) == (4, 12, 4)
    loop.play(game, 3)
    assert game.left_in_epoch() == 1
    losses = loop.play(game, 9, first=3)
    assert int(game.batches.position) == 24 and game.batches.epoch == 2
    assert int(game.discriminator.optimizer.iterations) == 24
    assert int(game.gan.optimizer.iterations) == 12
    assert {len(column) for column in losses.values()} == {9}


def test_compiled_gives_the_references_losses_and_weights():
    create = functools.partial(
        test_engines.create_game, "distribution_gan", generator_first=True, replay=256,
        discriminator_updates=2, gradient_penalty=1.0, learning_rate=0.1,
    )  # fmt: skip
    test_engines.assert_equal_to_rounding(*map(create, test_engines.ENGINES), weights_within=1e-4)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_resumed_run_is_an_uninterrupted_one(tmp_path, engine):
    """Of 100 values and batches of 32 an epoch has one iteration of two updates, amid the last one
    of which it is resumed."""
    argv = [*TINY, "--discriminator-updates", 2, "--engine", engine, "--iterations", "None"]
    argv += ["--epochs", 4, "--checkpoint-seconds", 0]
    play(train.main, *argv, "--generator-first", "--run-dir", tmp_path / "whole")
    assert_resumes_from_the_middle(train.main, tmp_path / "whole", tmp_path / "resumed")
    play(train.main, *argv, "--run-dir", tmp_path / "other")
    ours, theirs = ((tmp_path / x / "losses.csv").read_text() for x in ("whole", "other"))
    assert ours.splitlines()[0] == theirs.splitlines()[0]  # the same columns
    assert ours.splitlines()[1].split(",")[2] != theirs.splitlines()[1].split(",")[2]
