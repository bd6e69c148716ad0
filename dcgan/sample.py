"""Draw clothes with a trained generator, as in RUN --count 64 --out clothes.png."""

import sys

from common.commands import sample
from dcgan.train import EXAMPLE


def main(argv=None):
    """The command line; returns its exit status."""
    return sample.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
