"""Write a run's settings, curves, pictures and scores on one HTML page, RUN/report.html."""

import sys

from common.commands import report
from dcgan.train import EXAMPLE


def main(argv=None):
    """The command line; returns its exit status."""
    return report.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
