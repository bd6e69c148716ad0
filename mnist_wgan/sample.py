"""Draw digits with a trained generator, as in RUN --digit 7 --count 64 --out sevens.png."""

import math
import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np

from common.commands import generators
from common.commands import sample as commands
from common.latent import draw_noise, generate, great_circle
from common.settings import require
from mnist_wgan.lecture import CLASSES, LATENT
from mnist_wgan.train import EXAMPLE


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "digits"] = "samples"  # type: ignore[assignment]
    """samples: a new noise for each image; walk: from one noise to another in equal steps; digits:
    the ten digits from one noise, a row for each noise."""

    digit: int | None = None
    """The digit to draw, 0 to 9; None draws all ten."""

    count: int | None = None
    """How many samples (None: 100), steps of the walk (10), or noises for digits (1)."""

    def __post_init__(self):
        super().__post_init__()
        require(self.digit is None or 0 <= self.digit < CLASSES, "digit", self.digit, "0 to 9")
        every = self.digit is None or self.show != "digits"
        require(every, "digit", self.digit, "left out where all ten are shown")
        most = commands.MOST // CLASSES  # of what shows all ten digits with every noise
        fits = self.show == "samples" or self.digit is not None or (self.count or 1) <= most
        require(fits, "count", self.count, f"at most {most}, each with ten digits")


def choose_inputs(config):
    """Return noise float32 (N, 100), digits int32 (N, 1), and a picture's number of columns."""
    digits = np.arange(CLASSES) if config.digit is None else np.array([config.digit])
    if config.show == "samples":
        count = config.count or 100
        noise = draw_noise(config.seed, count, LATENT)
        asked = np.resize(digits, count)
        columns = CLASSES if config.digit is None else math.ceil(math.sqrt(count))
    elif config.show == "walk":
        columns = config.count or 10
        ends = draw_noise(config.seed, 2, LATENT)
        noise = np.tile(great_circle(*ends, columns), (len(digits), 1))
        asked = np.repeat(digits, columns)
    else:
        count = config.count or 1
        noise = np.repeat(draw_noise(config.seed, count, LATENT), CLASSES, axis=0)
        asked = np.tile(digits, count)
        columns = CLASSES
    return noise, asked[:, None].astype("int32"), columns


def sample(config):
    """Draw what a config asks for and write its file.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    noise, digits, columns = choose_inputs(config)
    images = generate(generator, noise, digits)
    commands.write(config.out, images, columns, digits=digits[:, 0], noise=noise)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
