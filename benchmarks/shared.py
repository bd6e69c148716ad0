"""What the commands of this folder share: how they start and end, the runs that they play, their
result files, the plots."""

import itertools
import json
import math
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from common import compare, status, sweep
from common.commands import on_ray, trials
from common.errors import UserError
from common.files import whole
from common.runs import folders
from common.settings import command_line, require, require_least


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
        require_least(self, rounds=1)
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

    fleet: on_ray.Flags = on_ray.HERE

    def __post_init__(self):
        require_least(self, seeds=1)


def play_trials(config, example, wanted, folder):
    """Play trials over seeds as common.sweep does, in run folders of their own.

    Args:
        config: Trials.
        example: what declares the game.
        wanted: the trials' settings by name.
        folder: of the runs.

    Yields:
        Each trial's name and its runs by seed, compare.Read, once all are over.
    """
    every = [
        trials.Trial(trials.name_of({"trial": name}, seed), replace(settings, seed=seed))
        for name, settings in wanted.items()
        for seed in range(config.seeds)
    ]
    if config.again:
        for trial in every:
            shutil.rmtree(folder / trial.name, ignore_errors=True)
    sweep.play(example, every, folder, ["trial"], config.fleet)
    runs = (compare.read(trial.name, folder / trial.name) for trial in every)
    for name in wanted:
        yield name, list(itertools.islice(runs, config.seeds))


def played(runs):
    """The seconds of a trial's runs, compare.Read, and the facts of the first one."""
    seconds = sum(run.rows[-1]["seconds"] for run in runs if run.rows)
    return {"seconds": round(seconds, 1), **facts(runs[0].folder)}


FACTS = ("started", "command", "device", "backend", "python", "packages", "commit")


def facts(run):
    """The FACTS of a run's last session; run is its folder."""
    session = folders.sessions(folders.read_json(run / "config.json"))[-1]
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


def rounded(number):
    """A number to six digits, or None for NaN, which JSON has not."""
    return None if math.isnan(number) else float(f"{number:.6g}")


def require_names(flag, names, known):
    """Refuse names that are not known with one line."""
    for name in names:
        require(name in known, flag, name, f"among: {', '.join(known)}")


def earlier(path):
    """Make a result file's folder; returns what the file holds already, a dict."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return folders.read_json(path) if path.exists() else {}


def plays_in(path):
    """The plays that a result file holds already, a list of dicts."""
    return earlier(path).get("plays", [])


def add_play(path, play, key, **more):
    """Put a play into a result file, in the place of one that has its key, and more beside them.

    There is a line for each fact and each list of losses, so that git's differences can be read.
    """
    others = [other for other in plays_in(path) if key(other) != key(play)]
    document = {**earlier(path), **more, "plays": sorted([*others, play], key=key)}
    text = json.dumps(document, indent=1)
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
