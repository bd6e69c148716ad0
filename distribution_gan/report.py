"""Write a run's settings, curves, pictures and scores on one HTML page, RUN/report.html."""

import sys

from common.commands import command, report
from distribution_gan.train import EXAMPLE, write_report


def main(argv=None):
    """The command line; returns its exit status."""
    return command.report(EXAMPLE, report.Config, write_report, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
