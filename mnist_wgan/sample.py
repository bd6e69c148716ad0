"""Draw digits with the generator of a run, as in RUN --digit 7 --count 64 --out sevens.png."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import keras
import numpy as np
import tyro

from common import command, runs
from common.config import command_line, require
from common.files import whole
from common.latent import great_circle
from common.pictures import grid, write_png
from common.randomness import streams
from mnist_wgan.model import CLASSES, LATENT

EXAMPLE = "mnist_wgan"
PROG = "python -m mnist_wgan.sample"
BATCH = 100  # images drawn at a time: the layers' outputs take a hundred times their memory


@dataclass(frozen=True)
class Config:
    """What to draw."""

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """Folder of a run that train made."""

    out: Path = Path("digits.png")
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1), in which -1 is black
    and 1 white, with their digits and noise."""

    show: Literal["samples", "walk", "digits"] = "samples"
    """samples: a new noise for each image; walk: from one noise to another in equal steps; digits:
    the ten digits from one noise, a row for each noise."""

    digit: int | None = None
    """The digit to draw, 0 to 9; None draws all ten."""

    count: int | None = None
    """How many samples (None: 100), steps of the walk (10), or noises for digits (1)."""

    seed: int = 0
    """Seed of the noise, 0 to 4294967295."""

    def __post_init__(self):
        least = 2 if self.show == "walk" else 1
        require(self.count is None or self.count >= least, "count", self.count, f"{least} or more")
        require(self.digit is None or 0 <= self.digit < CLASSES, "digit", self.digit, "0 to 9")
        every = self.digit is None or self.show != "digits"
        require(every, "digit", self.digit, "left out where all ten are shown")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require(self.out.suffix in (".png", ".npz"), "out", self.out, "a .png or an .npz file")


def choose_inputs(config):
    """Return noise float32 (N, 100), digits int32 (N, 1), and a picture's number of columns."""
    stream = streams(config.seed, ("noise",))["noise"]

    def normal(count):
        return np.asarray(keras.random.normal((count, LATENT), seed=stream))

    digits = np.arange(CLASSES) if config.digit is None else np.array([config.digit])
    if config.show == "samples":
        count = config.count or 100
        noise = normal(count)
        asked = np.resize(digits, count)
        columns = CLASSES if config.digit is None else math.ceil(math.sqrt(count))
    elif config.show == "walk":
        columns = config.count or 10
        noise = np.tile(great_circle(*normal(2), columns), (len(digits), 1))
        asked = np.repeat(digits, columns)
    else:
        count = config.count or 1
        noise = np.repeat(normal(count), CLASSES, axis=0)
        asked = np.tile(digits, count)
        columns = CLASSES
    return noise, asked[:, None].astype("int32"), columns


def generate(generator, noise, digits):
    """Return float32 images (N, 28, 28, 1) of noise (N, 100) and digits (N, 1)."""
    parts = [
        generator.predict_on_batch([noise[i : i + BATCH], digits[i : i + BATCH]])
        for i in range(0, len(noise), BATCH)
    ]
    return np.concatenate(parts).astype("float32")


def sample(config):
    """Draw what a config asks for and write its file.

    Raises:
        UserError: the folder is no run of this example, or the file cannot be written.
    """
    generator = runs.load_generator(config.run, EXAMPLE)
    noise, digits, columns = choose_inputs(config)
    images = generate(generator, noise, digits)
    if config.out.suffix == ".png":
        write_png(config.out, grid(images, columns))
    else:
        with whole(config.out) as file:
            np.savez_compressed(file, images=images, digits=digits[:, 0], noise=noise)
    print(f"{len(images)} images: {config.out}")


def main(argv=None):
    """The command line; returns its exit status."""
    return command.run(lambda: sample(command_line(PROG, Config, __doc__, argv)))


if __name__ == "__main__":
    sys.exit(main())
