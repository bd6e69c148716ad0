"""Runs the commands behind RESULTS.md that take less than an hour each, then writes the page.

All of them take four hours on two cores, in which nothing else should compute. README.md
has those that take longer.
"""

import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from benchmarks.shared import main
from common.errors import UserError

COMMANDS = tuple(
    "speed growth layers onednn row_zero quick_trials lipschitz distribution_trials cures claims"
    " posterior drawing plot_speed plot_rows results_page".split()
)
# What goes on with runs.
AGAIN = "row_zero quick_trials distribution_trials cures claims posterior".split()


@dataclass(frozen=True)
class Config:
    """What to run."""

    commands: tuple[Literal[COMMANDS], ...] = COMMANDS
    """Modules of benchmarks, in this order."""


def work(config):
    """Run the commands one after another; the first that fails ends it."""
    for name in config.commands:
        line = ["-m", f"benchmarks.{name}", *["--again"] * (name in AGAIN)]
        print("python", *line, flush=True)
        if status := subprocess.run([sys.executable, *line]).returncode:
            raise UserError(f"benchmarks.{name} ended with status {status}; the rest was not run")


if __name__ == "__main__":
    main("all", Config, work, __doc__)
