"""What the tests of games and layers share: single steps, who trains in one, and float64."""

import contextlib

import keras
import numpy as np

from common import engines


def update_discriminator(game):
    """One update of the discriminator by the game's engine: a dict of floats."""
    return engines.last(game.engine.play(game, 1, 1, generator=False))


def update_generator(game):
    """One update of the generator; see update_discriminator()."""
    return engines.last(game.engine.play(game, 1, 0))


def picture(recorder, iteration=0):
    """A picture of a game's samples as they are now."""
    return recorder.picture(recorder.keep(), iteration)


def snapshot(game):
    """A copy of every variable of a game, by name."""
    return {
        name: keras.ops.convert_to_numpy(variable).copy()
        for name, variable in game.variables().items()
    }


def changed(before, after):
    """Names of the holders (discriminator, generator, ...) of which a variable changed."""
    names = (name for name in before if not np.array_equal(before[name], after[name]))
    return {name.split("/")[0] for name in names}


def moved(before, model):
    """For each weight of a model, whether it differs from the one before."""
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


def recorded(model, monkeypatch):
    """Let a model's train_on_batch record the batches it is given."""
    batches, real = [], model.train_on_batch

    def record(x, y, **kwargs):
        batches.append((np.asarray(x), np.asarray(y)))
        return real(x, y, **kwargs)

    monkeypatch.setattr(model, "train_on_batch", record)
    return batches


@contextlib.contextmanager
def in_float64():
    """What is made in the block, networks, optimizers and losses, computes in float64."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
