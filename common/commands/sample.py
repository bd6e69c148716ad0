"""Every image example's sample command."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from common import status
from common.commands import arithmetic, generators
from common.commands.example import ImageExample
from common.figures import pictures
from common.files import whole
from common.latent import draw_noise, generate, walk
from common.settings import command_line, require

MOST = 100_000  # images at a time, 300 MB


@dataclass(frozen=True)
class Sampling(generators.Source):
    """What every example's sample takes; an example with more to show adds to it."""

    out: Path | None = None
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1), or of the run's size
    and channels, in which 1 is white and -1 black, or 0 where the example's images lie in [0, 1],
    and what they were made of; None: digits.png or clothes.png."""

    show: Literal["samples", "walk", "arithmetic"] = "samples"
    """samples: a new noise for each image; walk: from one noise to another in equal steps;
    arithmetic: mean noises of three terms, the first - the second + the third."""

    count: int | None = None
    """How many samples (None: 100), steps of the walk (10) or noises averaged for a term (40)."""

    terms: tuple[str, str, str] | None = None
    """Terms of the arithmetic: kinds of clothes or digits, by the classifier that comes along, or
    bold, thin, left, right by measure; None: pullover T-shirt dress, or left right 7."""

    seed: int = 0
    """Seed of the noise, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        least = 2 if self.show == "walk" else 1
        most = arithmetic.DRAWN if self.show == "arithmetic" else MOST
        known = self.count is None or least <= self.count <= most
        require(known, "count", self.count, f"from {least} to {most}")
        alone = self.terms is None or self.show == "arithmetic"
        require(alone, "terms", " ".join(self.terms or ()), "left out without --show arithmetic")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        known = self.out is None or self.out.suffix in self.kinds()
        require(known, "out", self.out, f"a file that ends in {' or '.join(self.kinds())}")

    def kinds(self):
        """What the name of its file may end in."""
        return (".png", ".npz")


@dataclass(frozen=True)
class Choice(generators.Source):
    """What sample takes where a generator changes images: which of them."""

    out: Path | None = None
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1) in [-1, 1], in the
    order of the picture, and what each is; None: digits.png."""

    count: int = 10
    """Images of each kind."""

    seed: int = 0
    """Seed of the choice among the test digits or your own images, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.count <= 1000, "count", self.count, "from 1 to 1000")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        known = self.out is None or self.out.suffix in (".png", ".npz")
        require(known, "out", self.out, "a file that ends in .png or .npz")


def write(path, images, columns, black=-1.0, names=(), **arrays):
    """Write images as a picture or, with other arrays, as an .npz file, and say so.

    Args:
        path: ends in .png or .npz.
        images: (N, height, width, 1 or 3) in [black, 1].
        columns: images in a row of the picture.
        black: a black pixel's value.
        names: of the images, see common.figures.pictures.grid().
        arrays: what else the .npz holds, by name.
    """
    if path.suffix == ".png":
        pictures.write_png(path, pictures.grid(images, columns, black, names))
    else:
        with whole(path) as file:
            np.savez_compressed(file, images=images, **arrays)
    print(f"{len(images)} images: {path}")


def command(
    example: Any,
    description: str,
    argv: list[str] | None = None,
    config_class: type = Sampling,
    work: Callable | None = None,
) -> int:
    """The command line; returns its exit status.

    Args:
        description, argv: see common.commands.train.command().
        config_class: Sampling, or what the example makes of it.
        work: function of the config that draws; None: sample().
    """
    prog = f"python -m {example.name}.sample"
    draw = work or (lambda config: sample(example, config))

    def ask_and_draw():
        config = command_line(prog, config_class, description, argv)
        if config.out is None:
            config = dataclasses.replace(config, out=Path(f"{example.what}.png"))
        draw(config)

    return status.run(ask_and_draw)


def sample(example: ImageExample, config: Sampling) -> None:
    """Draw what a Sampling asks for with a generator whose one input is noise.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, example)
    settings = generators.settings(config, example)
    kind, length = settings.get("noise") or "normal", generator.input_shape[-1]
    if config.show == "arithmetic":
        arithmetic.draw(example, config, settings, length, partial(generate, generator))
        return
    if config.show == "samples":
        noise = draw_noise(config.seed, config.count or 100, length, kind)
        columns = math.ceil(math.sqrt(len(noise)))
    else:
        columns = config.count or 10
        start, end = draw_noise(config.seed, 2, length, kind)
        noise = walk(start, end, columns, kind)
    write(config.out, generate(generator, noise), columns, example.black, noise=noise)
