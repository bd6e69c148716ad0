"""Draw clothes with a trained generator, as in RUN --count 64 --out clothes.png."""

import sys

from beyond.guideline_dcgan.train import EXAMPLE
from common.commands import sample


def main(argv=None):
    """The command line; returns its exit status."""
    return sample.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
