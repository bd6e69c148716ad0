"""What decides mnist_wgan's losses, in a few numbers: has the game changed since a measurement?

A measurement of hours cannot be repeated in a test. Its result file therefore keeps what a tiny
game gave on that day, and whoever reads the file plays the same tiny game again: another
initialiser, layer, dropout, loss, optimizer, clip, setting or image gives other numbers. So does
another backend of Keras, whose random numbers are others: a file keeps a fingerprint of each one
that measured for it.
"""

import math
from dataclasses import replace

import keras
import numpy as np
from keras import ops

from common.errors import UserError
from common.optimizers import RMSpropKeras2
from mnist_wgan import train

UPDATES = 3  # of the critic; one of the generator follows
TOLERANCE = 1e-3  # relative: processors add up in different orders, which moves 1e-6 of a loss


def tiny(preset):
    """A preset of mnist_wgan.train with few images in a batch."""
    return replace(train.PRESETS[preset], batch_size=4, engine="reference")


TINY = tiny("slides")


def measure(config=TINY, optimizer=RMSpropKeras2):
    """Play a tiny game of mnist_wgan on the first images that its training takes.

    It is played on the CPU, also where the measurement runs on a GPU, whose products are coarser.

    Args:
        config: a train.Config of a few images in a batch.
        optimizer: class of both optimizers, see train.Game.

    Returns:
        A dict of floats: all losses of each update, each network's number of weights, how far the
        updates moved its weights on average, how far from 0 its farthest one lies afterwards, and
        the preset's numbers of critic updates.
    """
    with keras.device("cpu:0"):
        game = train.Game(config, *train.EXAMPLE.load(config).arrays, optimizer)
        networks = {"critic": game.critic, "generator": game.generator}
        before = {name: weights(network) for name, network in networks.items()}
        preset = train.PRESETS[config.preset]  # the real game
        numbers = {"critic updates": preset.critic_updates}
        if preset.bursts:
            edges = (24, 25, 499, 500, 999, 1024)
            numbers |= {f"critic updates, iteration {i}": game.updates_before(i) for i in edges}
        for update in range(UPDATES):
            losses = game.engine.play(game, 1, 1, generator=update == UPDATES - 1)
            numbers |= {f"{name}, update {update}": float(loss[0]) for name, loss in losses.items()}
        for name, network in networks.items():
            after = weights(network)
            numbers[f"weights, {name}"] = after.size
            numbers[f"mean step, {name}"] = float(np.abs(after - before[name]).mean())
            numbers[f"largest weight, {name}"] = float(np.abs(after).max())
    return numbers


def weights(network):
    """All weights of a network as one float32 array (N,)."""
    return np.concatenate([ops.convert_to_numpy(w).ravel() for w in network.weights])


def differences(then, now):
    """Name the numbers that differ between two fingerprints by more than rounding, each as a line
    of text."""
    return [
        f"{name}: {then.get(name)} then, {now.get(name)} now"
        for name in {**then, **now}
        if not math.isclose(
            then.get(name, math.nan), now.get(name, math.nan), rel_tol=TOLERANCE, abs_tol=1e-9
        )
    ]


def check(then, now, where, remedy):
    """Raise a UserError unless two fingerprints are the same: what `where` holds is stale."""
    if differ := differences(then, now):
        raise UserError(f"{where} is of another mnist_wgan ({differ[0]}); {remedy}")
