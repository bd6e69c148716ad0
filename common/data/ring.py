"""A ring of eight Gaussians: data of which each mode can be seen and counted.

It is that of Metz et al. 2016, arXiv:1611.02163, and of Srivastava et al. 2017, arXiv:1705.07761:
eight equally frequent normals, here at radius 2 with standard deviation 0.02 as in the first. A
point is good within three standard deviations of a mode's centre, as in the second.
"""

from typing import NamedTuple

import numpy as np
from keras import Sequential, layers

from common.scores.metrics import overlap

MODES = 8
RADIUS = 2.0
DEVIATION = 0.02
LEAST = 0.01  # share of all samples that must be good and of a mode for it to be found


def centres():
    """The modes' centres, float64 (8, 2), from (2, 0) on against the clock."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def points(count, seed):
    """Draw points of the ring, float32 (count, 2)."""
    random = np.random.default_rng(seed)
    modes = random.integers(0, MODES, count)
    drawn = centres()[modes] + DEVIATION * random.normal(size=(count, 2))
    return drawn.astype("float32")


def create_generator(latent):
    """A dense network, much as Metz et al.'s: two hidden layers of 128.

    Returns:
        A Model from noise (batch, latent) to points (batch, 2), unbounded.
    """
    return Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(2, dtype="float32"),
        ],
        name="generator",
    )


def create_discriminator():
    """A dense network with two hidden layers of 128, where Metz et al. have one.

    Returns:
        A Model from points (batch, 2) to the probability (batch, 1) that they are real; float32
        under any dtype policy.
    """
    return Sequential(
        [
            layers.Input((2,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(1, activation="sigmoid", dtype="float32"),
        ],
        name="discriminator",
    )


class Scores(NamedTuple):
    """How good samples of the ring are; see scores()."""

    modes: int
    good: float
    precision: float
    recall: float


def far(samples):
    """Distance of each sample (N, 2) from each mode's centre, float64 (N, 8)."""
    return np.linalg.norm(np.asarray(samples, "float64")[:, None] - centres(), axis=2)


def nearest(samples):
    """The mode nearest to each sample (N, 2), ints (N,)."""
    return far(samples).argmin(axis=1)


def shares(samples):
    """Share of all samples (N, 2) that are good and of each mode, float64 (8,)."""
    return (far(samples) <= 3 * DEVIATION).mean(axis=0)


def scores(samples, real):
    """Judge samples of the ring.

    modes: how many of the eight have at least LEAST of all samples within three standard
    deviations; a perfect generator has 12.4 % there. good: share of the samples that are so near to
    any mode; of real points 98.9 % are. precision and recall: those of metrics.overlap(), k = 5, on
    the points themselves.

    Args:
        samples: (N, 2), N above 5.
        real: (M, 2), points of the ring, M above 5.
    """
    good = shares(samples)
    lying = overlap(real, samples)
    return Scores(int(np.sum(good >= LEAST)), float(good.sum()), lying.precision, lying.recall)
