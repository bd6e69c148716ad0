"""Draw digits with a trained generator, as in RUN --count 64 --out digits.png."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bilinear_gan.train import EXAMPLE
from common.commands import sample


@dataclass(frozen=True)
class Config(sample.Sampling):
    """What to draw."""

    out: Path = Path("digits.png")
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1), in which about -1 is
    black and 1 white (nothing keeps them within), with their noise."""


def main(argv=None):
    """The command line; returns its exit status."""
    return sample.command(EXAMPLE, Config, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
