"""Write a run's settings, curves, pictures and scores on one HTML page, RUN/report.html."""

import sys

from beyond.guideline_dcgan.train import EXAMPLE
from common.commands import report


def main(argv=None):
    """The command line; returns its exit status."""
    return report.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
