"""Draw digits with a trained generator, as in RUN --show map --out map.png."""

import math
import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from beyond.vae.lecture import BLACK
from beyond.vae.train import EXAMPLE
from common.commands import generators
from common.commands import sample as commands
from common.errors import UserError
from common.latent import generate
from common.settings import require

SIDE = 20  # images along a side of a map


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "arithmetic", "map"] = "samples"  # type: ignore[assignment]
    """samples: a new z for each image; walk: from one z to another in equal steps; arithmetic: sums
    of z, see --terms; map: all of a two-dimensional z, see --latent 2 of train, a square of 400
    images or --count at equal steps of the normal distribution's quantiles."""

    def __post_init__(self):
        super().__post_init__()
        count = self.count or SIDE**2
        square = self.show != "map" or math.isqrt(count) ** 2 == count
        require(square, "count", self.count, "a square number for a map")


def quantiles(side):
    """Where a standard normal number lies with the probabilities 1/2, 3/2, ... of `side` equal
    shares: float32 (side,)."""
    return ndtri((np.arange(side) + 0.5) / side).astype("float32")


def draw_map(config):
    """Write the images of a square of z: the first number grows to the right, the second upwards.

    Raises:
        UserError: there is no such generator, its z has not two numbers, or the file cannot be
            written.
    """
    generator = generators.load(config, EXAMPLE)
    length, side = generator.input_shape[-1], math.isqrt(config.count or SIDE**2)
    if length != 2:
        raise UserError(f"{config} has {length} latent numbers; a map is of a run with --latent 2")
    steps = quantiles(side)
    right, up = np.meshgrid(steps, steps[::-1])
    noise = np.stack([right.ravel(), up.ravel()], axis=1)
    commands.write(config.out, generate(generator, noise), side, BLACK, noise=noise)


def sample(config):
    """Draw what a config asks for and write its files; see common.commands.sample.sample()."""
    if config.show == "map":
        draw_map(config)
    else:
        commands.sample(EXAMPLE, config)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
