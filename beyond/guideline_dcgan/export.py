"""Write a trained generator, as in RUN or --pretrained, as an ONNX file."""

import sys

from beyond.guideline_dcgan.train import EXAMPLE
from common.commands import export


def main(argv=None):
    """The command line; returns its exit status."""
    return export.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
