"""Score the clothes of a trained generator, as in RUN or --pretrained."""

import sys

from beyond.guideline_dcgan.train import EXAMPLE
from common.commands import evaluate


def main(argv=None):
    """The command line; returns its exit status."""
    return evaluate.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
