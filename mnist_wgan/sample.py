"""Draw digits with a run's generator: python -m mnist_wgan.sample RUN --digit 7 --out sevens.png"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import keras
import numpy as np
import tyro

from common import command
from common.config import command_line, require
from common.files import whole, writing
from common.pictures import grid, write_png
from common.randomness import streams
from common.runs import load_generator
from mnist_wgan.model import CLASSES, LATENT

BATCH = 100  # images drawn at a time, so that memory stays small for any count


@dataclass(frozen=True)
class Sampling:
    """What to draw."""

    run: tyro.conf.Positional[Path]
    """Folder of a run that train made."""

    out: Path = Path("digits.png")
    """File to write: .png for a picture, .npz for arrays (images in [-1, 1], labels, noise)."""

    show: Literal["samples", "walk", "digits"] = "samples"
    """samples: one noise an image; walk: from one noise to another in equal steps; digits: the ten
    digits from one noise, a row for each noise."""

    digit: int | None = None
    """The digit to draw, 0 to 9; None draws all ten in turn (walk: a row for each)."""

    count: int | None = None
    """Images (samples: 100), steps (walk: 10) or noises (digits: 1); None takes the number here."""

    seed: int = 0
    """Seed of the noise, 0 to 4294967295."""

    def __post_init__(self):
        require(self.digit is None or 0 <= self.digit < CLASSES, "digit", self.digit, "0 to 9")
        require(self.count is None or self.count >= 1, "count", self.count, "at least 1")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require(self.out.suffix in (".png", ".npz"), "out", self.out, "a .png or .npz file")
        steps = self.show != "walk" or self.count is None or self.count >= 2
        require(steps, "count", self.count, "at least 2 for a walk")
        require(self.show != "digits" or self.digit is None, "digit", self.digit, "left out here")
