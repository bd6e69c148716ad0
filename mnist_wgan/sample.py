"""Draw digits with a trained generator, as in RUN --digit 7 --count 64 --out sevens.png."""

import math
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Literal

import numpy as np
import tyro

from common.commands import arithmetic, generators
from common.commands import sample as commands
from common.errors import UserError
from common.latent import draw_noise, generate, walk
from common.settings import require
from mnist_wgan.lecture import LATENT
from mnist_wgan.train import EXAMPLE, ROWS, captions, count_classes


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "arithmetic", "digits"] = "samples"  # type: ignore[assignment]
    """samples: a new noise for each image; walk: from one noise to another in equal steps;
    arithmetic: sums of a digit's noises, see --terms; digits: all digits from one noise, a row for
    each noise."""

    digit: Annotated[str | None, tyro.conf.arg(aliases=["--class"])] = None
    """The digit to draw, 0 to 9, or of your own data the name of a class; None draws all, where one
    has not to be chosen for the arithmetic."""

    count: int | None = None
    """How many samples (None: 100), steps of the walk (10), noises averaged for a term (40), or
    noises for digits (1)."""

    terms: tuple[str, str, str] | None = None
    """Terms of the arithmetic with images of --digit: bold, thin, left, right by measure, or what
    they look like, a digit; None: bold thin left."""

    def __post_init__(self):
        super().__post_init__()
        every = self.digit is None or self.show != "digits"
        require(every, "digit", self.digit, "left out where all are shown")
        chosen = self.digit is not None or self.show != "arithmetic"
        require(chosen, "digit", self.digit, "a digit whose noises are added")


def find_class(classes, wanted):
    """Return the number of the class that --digit means, by its name or else by its number.

    Raises:
        UserError: there is no such class.
    """
    numbers = list(map(str, range(len(classes))))
    for names in (list(classes), numbers):
        if wanted in names:
            return names.index(wanted)
    known = f"0 to {len(classes) - 1}"
    if list(classes) != numbers:
        known = f"one of: {', '.join(classes)}; or {known}"
    raise UserError(f"--digit is {wanted}, but must be {known}")


def choose_inputs(config, classes, kind="normal"):
    """Return noise float32 (N, 100), digits int32 (N, 1), and a picture's number of columns;
    classes are the names of all digits, kind is the noise's."""
    every = np.arange(len(classes))
    digits = every if config.digit is None else np.array([find_class(classes, config.digit)])
    most = commands.MOST // (1 if config.show == "samples" else len(digits))
    require((config.count or 0) <= most, "count", config.count, f"at most {most}")
    # A column a class, or all of them several times; of many classes ten images in a row.
    columns = len(every) * max(1, 10 // len(every)) if len(every) <= ROWS else 10
    if config.show == "samples":
        count = config.count or 100
        noise = draw_noise(config.seed, count, LATENT, kind)
        asked = np.resize(digits, count)
        columns = columns if config.digit is None else math.ceil(math.sqrt(count))
    elif config.show == "walk":
        columns = config.count or 10
        ends = draw_noise(config.seed, 2, LATENT, kind)
        noise = np.tile(walk(*ends, columns, kind), (len(digits), 1))
        asked = np.repeat(digits, columns)
    else:
        count = config.count or 1
        noise = np.repeat(draw_noise(config.seed, count, LATENT, kind), len(digits), axis=0)
        asked = np.tile(digits, count)
        columns = min(columns, len(digits))
    return noise, asked[:, None].astype("int32"), columns


def draw_digit(generator, digit, noise):
    """What a generator draws from noise (N, 100) when asked for one digit, (N, 28, 28, 1)."""
    return generate(generator, noise, np.full((len(noise), 1), digit, "int32"))


def sample(config):
    """Draw what a config asks for and write its file.

    Raises:
        UserError: there is no such generator or class, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    own = generators.classes(config, EXAMPLE)
    classes = own or tuple(map(str, range(count_classes(generator))))
    settings = generators.settings(config, EXAMPLE)
    if config.show == "arithmetic":
        digit = find_class(classes, config.digit)
        sums = replace(config, terms=config.terms or ("bold", "thin", "left"))
        arithmetic.draw(EXAMPLE, sums, settings, LATENT, partial(draw_digit, generator, digit))
        return
    kind = settings.get("noise") or "normal"
    noise, digits, columns = choose_inputs(config, classes, kind)
    images, digits = generate(generator, noise, digits), digits[:, 0]
    names = {"classes": np.array(own)} if own else {}
    texts = captions(classes, digits)
    commands.write(config.out, images, columns, names=texts, digits=digits, noise=noise, **names)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
