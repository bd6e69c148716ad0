"""What the commands of this folder share: how they start and end, their result files, the plots."""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from common import status
from common.errors import UserError
from common.files import whole
from common.runs import folders
from common.settings import command_line, require


@dataclass(frozen=True)
class Timing:
    """How often and how long a command times something."""

    rounds: int = 7
    """How often each is timed."""

    seconds: float = 1.5
    """About how long it plays each time."""

    seed: int = 0
    """Seed of weights, batches and noise."""

    def __post_init__(self):
        require(self.rounds >= 1, "rounds", self.rounds, "at least 1")
        require(0 < self.seconds < math.inf, "seconds", self.seconds, "above 0")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")


@dataclass(frozen=True)
class Folder:
    """Where the results are."""

    folder: Path = Path("benchmarks/results")
    """Folder of the result files, and of the plots of them."""


def main(name, config_class, work, description):
    """Run a command of this folder, work(config), and end the process with its exit status."""
    prog = f"python -m benchmarks.{name}"
    sys.exit(status.run(lambda: work(command_line(prog, config_class, description))))


def require_names(flag, names, known):
    """Refuse names that are not known with one line."""
    for name in names:
        require(name in known, flag, name, f"among: {', '.join(known)}")


def earlier(path):
    """Make a result file's folder; returns what the file holds already, a dict."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return folders.read_json(path) if path.exists() else {}


def add_play(path, document, play, key):
    """Write a result file, so far document, with a play in the place of one that has its key.

    There is a line for each fact and each list of losses, so that git's differences can be read.
    """
    others = [other for other in document["plays"] if key(other) != key(play)]
    text = json.dumps({**document, "plays": sorted([*others, play], key=key)}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as file:
        # A number's own line in a list is indented deeper than all else.
        file.write((text.replace("\n     ", " ") + "\n").encode())


def write_plots(plots, folder, commands):
    """Plot the result files that a folder has, each as a PNG beside it.

    Args:
        plots: by a file's name, without .json, a function from its document to a Figure.
        commands: which make such files, for the UserError where there is none.
    """
    there = [name for name in plots if (folder / f"{name}.json").exists()]
    if not there:
        raise UserError(f"{folder} has no results; run python -m {commands} first")
    for name in there:
        figure = plots[name](folders.read_json(folder / f"{name}.json"))
        path = folder / f"{name}.png"
        with whole(path) as file:
            figure.savefig(file, format="png")
        print(path)
