"""Draw clothes with a trained generator, as in RUN --count 64 --out clothes.png."""

import sys
from dataclasses import dataclass
from pathlib import Path

from common.commands import command, sampling
from fashion_gan.lecture import BLACK, LATENT, create_generator

EXAMPLE = "fashion_gan"


@dataclass(frozen=True)
class Config(sampling.Sampling):
    """What to draw."""

    out: Path = Path("clothes.png")
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1), in which 0 is black
    and 1 white, with their noise."""


def sample(config):
    """Draw what a config asks for and write its file; see common.commands.sampling.sample."""
    sampling.sample(config, EXAMPLE, create_generator, LATENT, BLACK)


def main(argv=None):
    """The command line; returns its exit status."""
    return command.sample(EXAMPLE, Config, sample, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
