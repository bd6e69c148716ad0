"""What the commands of this folder share: how they start and end, the runs that they play, their
result files, the plots."""

import json
import math
import shlex
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import tyro

from common import status, sweep
from common.commands import on_ray, trials
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
class Trials:
    """How often trials are played, and on what."""

    seeds: int = 5
    """Seeds 0 to seeds - 1."""

    again: bool = False
    """Play anew, from the beginning; without it what is played already in the runs' folder stays,
    and what was stopped goes on."""

    fleet: Annotated[on_ray.Fleet, tyro.conf.arg(name="")] = field(default_factory=on_ray.Fleet)

    def __post_init__(self):
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")


class Played(NamedTuple):
    """What a trial left."""

    session: dict  # facts of a run's, see folders.describe_session()
    rows: list  # of each seed its rows of losses.csv; None where a run left the numbers
    seconds: float  # of all


def play_trials(config, example, wanted, folder):
    """Play trials over seeds as common.sweep does, in run folders of their own.

    Args:
        config: Trials.
        example: what declares the game.
        wanted: the trials' settings by name.
        folder: of the runs.

    Yields:
        Each trial's name and what it left, Played, once all are over.
    """
    runs = {
        name: [
            trials.Trial(trials.name_of({"trial": name}, seed), replace(settings, seed=seed))
            for seed in range(config.seeds)
        ]
        for name, settings in wanted.items()
    }
    every = [trial for of_trial in runs.values() for trial in of_trial]
    if config.again:
        for trial in every:
            shutil.rmtree(folder / trial.name, ignore_errors=True)
    command = shlex.join(["python", *sys.orig_argv[1:]])
    sweep.play(example, every, folder, ["trial"], command, config.fleet)
    for name, of_trial in runs.items():
        there = [folder / trial.name for trial in of_trial]
        rows = [folders.read_losses(run) for run in there]
        seconds = round(sum(of[-1]["seconds"] for of in rows if of), 1)
        whole = [trials.ended(run) == "finished" for run in there]
        kept = [of if finished else None for of, finished in zip(rows, whole, strict=True)]
        yield name, Played(facts(there[0], example.name), kept, seconds)


FACTS = ("started", "command", "device", "backend", "python", "packages", "commit")


def facts(run, example):
    """The FACTS of a run's last session."""
    session = folders.sessions(folders.read_document(run, example))[-1]
    return {name: session[name] for name in FACTS}


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
