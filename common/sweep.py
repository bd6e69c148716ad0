"""Train an example many times: with every combination of the values given, and every seed.

Behind any flag of the example's train may stand several values, as in
`python -m common.sweep distribution_gan --learning-rate 0.2 0.5 --seeds 0-4`; its flags are those
of `python -m EXAMPLE.train --help`.
"""

import math
import re
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from common import status
from common.commands import on_ray, trials
from common.commands.example import Example
from common.commands.trials import Trial
from common.errors import UserError
from common.runs import folders
from common.runs.progress import say
from common.settings import command_line, flag, require, require_least

PROG = "python -m common.sweep"


@dataclass(frozen=True)
class Config:
    """What to sweep, and where."""

    example: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="EXAMPLE")]
    """Folder of an example, as distribution_gan."""

    seeds: tuple[str, ...] = ("0",)
    """Seeds of every combination, numbers and ranges as 0-7."""

    folder: Path | None = None
    """Folder of the trials; None: runs/sweeps/EXAMPLE. The same command again goes on in it, and
    more values or seeds add trials."""

    search: int | None = None
    """Rather than play all combinations, let Optuna look for the best in so many trials, and stop
    those whose scores are worse than the others' median. A flag may have a range, 1e-5..1e-2."""

    score: str | None = None
    """What --search betters, a column of metrics.csv; None: what --early-stopping watches."""

    fleet: on_ray.Flags = on_ray.HERE

    def __post_init__(self):
        require_least(self, search=1)


OWN = (
    "--seeds", "--folder", "--search", "--score", "--help", "-h",
    *(flag(one.name) for one in fields(on_ray.Fleet)),
)  # fmt: skip


ALONE = {  # flags of train that a sweep has no use for
    "--seed": "--seeds",
    "--run-dir": "--folder",
    "--resume": "the same command again, which goes on",
    "--minutes": "--epochs or --iterations, which are the same on every machine",
}


def numbers(seeds: Sequence[str]) -> list[int]:
    """The seeds that texts as "3" and "0-7" name, each once."""
    found: list[int] = []
    for text in seeds:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        fits = first <= last < 2**32
        require(fits, "seeds", text, "a number from 0 to 4294967295 or a range as 0-7")
        require(last - first < 100_000, "seeds", text, "a range of at most 100000")
        found += range(first, last + 1)
    require(found, "seeds", "empty", "one or more numbers")
    return list(dict.fromkeys(found))


def split(argv: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Take apart a command line: the words that are this command's, and the values behind each
    flag of train.

    Raises:
        UserError: a flag stands there twice, or one that a sweep sets itself.
    """
    own: list[str] = []
    words: dict[str, list[str]] = {}
    values = own
    for word in argv:
        if re.match(r"--?[a-zA-Z]", word):
            name, _, value = word.partition("=")
            name = name.replace("_", "-")
            if name in OWN:
                own.append(name)
                values = own
            elif name in words:
                raise UserError(f"{name} stands there twice; put all its values behind one")
            else:
                values = words[name] = []
            values += [value] if "=" in word else []
        else:
            values.append(word)
    for name, instead in ALONE.items():
        if name in words:
            raise UserError(f"{name} is for a single run; take {instead}")
    return own, words


def search_for(
    config: Config, example: Example, words: dict[str, list[str]], seeds: list[int]
) -> on_ray.Search:
    """What Optuna is to look for: among the values behind a flag, or in a range as 1e-5..1e-2.

    Raises:
        UserError: a flag, a value or a range is wrong, or nothing can be searched or scored.
    """
    ranges = {name: ends for name, values in words.items() if (ends := range_of(values))}
    base, several = trials.choices(example, PROG, {**words, **ranges})
    space: dict[str, Any] = {field: [v for _, v in pairs] for field, pairs in several.items()}
    for name, (low, high) in ranges.items():
        ends = space[trials.field_of(name)]
        require(ends[0] < ends[1], name[2:], f"{low}..{high}", "a range that rises")
        space[trials.field_of(name)] = (ends[0], ends[1])
    require("preset" not in space, "preset", " ".join(words.get("--preset", ())), "one of them")
    require(space, "search", config.search, "beside a flag with several values or a range")
    require(len(seeds) == 1, "seeds", " ".join(config.seeds), "one seed beside --search")
    every = base.evaluate_every
    require(every is not None, "evaluate-every", every, "a number beside --search")
    score = config.score or example.decisive
    return on_ray.Search(config.search or 0, replace(base, seed=seeds[0]), space, score)


def range_of(values: Sequence[str]) -> list[str]:
    """The ends of a range of numbers as 1e-5..1e-2, or [] of anything else."""
    ends = values[0].split("..") if len(values) == 1 else []
    try:
        return ends if len(ends) == 2 and all(math.isfinite(float(end)) for end in ends) else []
    except ValueError:
        return []


def sweep(argv: Sequence[str]) -> None:
    """Play what a command line asks for.

    Raises:
        Interrupted: a signal came; what is played goes on with the same command.
        UserError: a flag or value is wrong, the folder is another's, or it cannot be written.
    """
    own, words = split(argv)
    config = command_line(PROG, Config, __doc__, own)
    example, seeds = trials.load(config.example), numbers(config.seeds)
    folder = config.folder or Path("runs/sweeps") / example.name
    search, wanted = None, []
    if config.search is not None:
        search = search_for(config, example, words, seeds)
        varied = [*search.space, "search"]
    else:
        wanted = list(trials.grid(example, PROG, words, seeds))
        varied = [trials.field_of(name) for name, values in words.items() if len(values) > 1]
    play(example, wanted, folder, varied, config.fleet, search)


def play(
    example: Example,
    wanted: list[Trial],
    folder: Path,
    varied: Sequence[str] = (),
    fleet: on_ray.Fleet = on_ray.HERE,
    search: on_ray.Search | None = None,
) -> None:
    """Play trials in a folder, those of them that are not over; the same call again goes on.

    Args:
        wanted: the trials; of a search those that it has begun are found in the folder.
        varied: the settings in which they differ, by which the folder is known again.
        fleet: what plays them.
        search: what Optuna is to look for.

    Raises:
        Interrupted: a signal came.
        UserError: see sweep(), or a trial died.
    """
    for name, times in Counter(trial.name for trial in wanted).items():
        if times > 1:
            raise UserError(f"{times} trials would be called {name}; leave out what is double")
    by_ray = search or fleet.by_ray
    if by_ray:
        on_ray.require_packages()
    with trials.opened(folder, example, varied, folders.called()) as document:
        if search is not None:
            wanted = trials.begun(example, document["trials"], folder)
        left = trials.left_to_play(example, wanted, folder)
        trials.add(folder, document, wanted)
        count = search.count if search else len(wanted)
        say(f"{count} trials, {len(wanted) - len(left)} of them over already. Folder: {folder}")
        try:
            if not by_ray:
                trials.play_in_turn(example, left, folder)
            elif left or search:
                on_ray.play(example, left, folder, fleet, document, search)
        finally:
            names = document["trials"] if search else [trial.name for trial in wanted]
            died = [name for name in names if not trials.is_over(folder / name)]
            more = f"python -m common.compare {shlex.quote(str(folder))}"
            if len(died) < len(names):
                say(f"{len(names) - len(died)} trials are over; to see them: {more}")
        if died:
            raise UserError(f"{len(died)} trials died; the same command goes on with them")


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns its exit status."""
    return status.run(lambda: sweep(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
