"""Who trains in which step, on what; every guideline's game on both engines."""

from typing import get_args

import numpy as np
import pytest

from beyond.guideline_dcgan.guidelines import Guideline
from tests import test_engines
from tests.games import (
    changed,
    create_game,
    in_float64,
    next_noise,
    recorded,
    snapshot,
    update_discriminator,
    update_generator,
)

NAME = "beyond.guideline_dcgan"


def test_the_discriminator_learns_alone_and_then_the_generator():
    game = create_game(NAME)
    before = snapshot(game)
    losses = update_discriminator(game)
    assert losses.keys() == {"d_loss", "d_accuracy_real", "d_accuracy_fake"}
    learned = snapshot(game)
    taken = {"batches", "noise"}
    assert changed(before, learned) == {"discriminator", "discriminator_optimizer", *taken}
    assert update_generator(game).keys() == {"g_loss"}
    after = snapshot(game)
    assert changed(learned, after) == {"generator", "generator_optimizer", "noise"}
    moved = [
        not np.array_equal(learned[name], after[name])
        for name in after
        if name.startswith("generator/")
    ]
    # The bias before a BatchNorm goes away with the mean, so that it may stay where it is.
    assert sum(moved) >= len(moved) - 2
    update_discriminator(game)  # after it was frozen
    assert int(game.pair.optimizer.iterations) == 2


def test_the_discriminator_gets_fakes_as_pictures_are_made_and_the_next_reals(monkeypatch):
    game = create_game(NAME)
    batches = recorded(game.pair, monkeypatch)
    seen, train = [], game.engine.train

    def record(model, x, y):
        seen.append(([np.asarray(one) for one in x], np.asarray(y)))
        return train(model, x, y)

    monkeypatch.setattr(game.engine, "train", record)
    fakes = game.generator.predict_on_batch(next_noise(game))
    update_discriminator(game)
    ((both, targets),) = seen
    np.testing.assert_allclose(both[0], fakes, atol=1e-6)
    images = np.asarray(game.batches.images)
    np.testing.assert_array_equal(both[1], images[game.batches.order_of(0)[:4]])
    assert targets.tolist() == [[0.0]] * 4 + [[1.0]] * 4 and len(batches) == 1


@pytest.mark.parametrize("take_back", get_args(Guideline)[1:])
def test_both_engines_agree_without_a_guideline(take_back):
    with in_float64():
        games = [
            test_engines.create_game(NAME, engine, batch_size=4, take_back=take_back)
            for engine in test_engines.ENGINES
        ]
        test_engines.assert_equal_to_rounding(*games, 1e-6, 1e-6, iterations=3)
