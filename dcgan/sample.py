"""Draw clothes with a trained generator, as in RUN --count 64 --out clothes.png."""

import sys
from dataclasses import dataclass
from pathlib import Path

from common.commands import sample
from dcgan.train import EXAMPLE


@dataclass(frozen=True)
class Config(sample.Sampling):
    """What to draw."""

    out: Path = Path("clothes.png")
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1), in which -1 is black
    and 1 white, with their noise."""


def main(argv=None):
    """The command line; returns its exit status."""
    return sample.command(EXAMPLE, Config, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
