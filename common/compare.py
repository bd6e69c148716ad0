"""Compare runs: one table, and one HTML page with the curves and the samples of all.

Names of run folders, or of a sweep's folder for all that are in it. Runs that differ in their seed
alone make one line of the table.
"""

import csv
import importlib
import io
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro
from scipy import stats

from common import status
from common.commands import trials
from common.commands.report import embedded, newest_samples, table, template
from common.errors import UserError
from common.figures import curves
from common.files import whole, write_json
from common.runs import folders, tables
from common.scores import evaluation
from common.settings import command_line, flag

CONFIDENCE = 0.95  # of the intervals
DRAWN = 8  # settings whose curves and samples a page has: half of them the best, half the worst
SEEDS = 4  # samples of so many runs of each
POINTS = 200  # of a curve
# Settings in which runs of a group may differ: nothing in what they learn follows from the others.
IGNORED = ("seed engine checkpoint_seconds evaluate_every evaluate_count tensorboard").split()
NO_NUMBERS = ("iteration", "epoch", "seconds")  # columns that are neither losses nor scores


@dataclass(frozen=True)
class Config:
    """Which runs."""

    runs: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="RUN")]
    """Folders of runs, or of sweeps."""

    score: str | None = None
    """Score or loss by which the settings are put in order; None: what --early-stopping watches."""

    out: Path | None = None
    """The page, an .html; a .csv and a .json are written beside it. None: compare.html in the
    sweep's folder, or here."""


@dataclass
class Read:
    """A run as its folder tells it."""

    name: str
    folder: Path
    state: str  # a word, and where it did not finish the reason behind a colon
    example: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: list[tables.Row] = field(default_factory=list)  # of losses.csv
    numbers: Mapping[str, float] = field(default_factory=dict)  # last losses and scores by name

    @property
    def word(self) -> str:
        """The state without its reason."""
        return self.state.partition(":")[0]


class Spread(NamedTuple):
    """A number over the seeds."""

    mean: float
    half: float | None  # of the confidence interval; None of one seed
    runs: int

    def __str__(self):
        return f"{self.mean:.4g}" + (f" ± {self.half:.2g}" if self.half is not None else "")


class Group(NamedTuple):
    """Runs with the same settings but for the seed."""

    label: str
    settings: Mapping[str, Any]  # of those that differ between groups
    runs: list[Read]

    def finished(self) -> list[Read]:
        """Those that were played to their end."""
        return [run for run in self.runs if run.word == "finished"]

    def spread(self, name: str) -> Spread | None:
        """A number over the finished runs that have it."""
        values = [run.numbers[name] for run in self.finished() if name in run.numbers]
        return spread(values) if values else None

    def states(self) -> str:
        """How many runs finished, and what became of the others."""
        words = Counter(run.word for run in self.runs)
        others = [f"{count} {word}" for word, count in words.items() if word != "finished"]
        of = f"{words['finished']} of {len(self.runs)}" if others else str(len(self.runs))
        return "; ".join([of, *others])


def spread(values: Sequence[float]) -> Spread:
    """The mean of values and half the width of its confidence interval by Student's t."""
    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return Spread(mean, None, count)
    factor = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1))
    return Spread(mean, factor * float(np.std(values, ddof=1)) / math.sqrt(count), count)


def find(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The names and folders of the runs that paths name; of a sweep also those not yet begun.

    Raises:
        UserError: a path is neither a run nor a sweep.
    """
    for path in paths:
        if (path / "sweep.json").is_file():
            for name in trials.read_sweep(path)["trials"]:
                yield str(name), path / str(name)
        elif (path / "config.json").is_file():
            yield str(path), path
        else:
            raise UserError(f"{path} is neither a run nor a sweep; name a folder that train made")


def read(name: str, folder: Path) -> Read:
    """Read a run, whatever is missing or damaged in its folder."""
    if not (folder / "config.json").is_file():
        return Read(name, folder, "not begun")
    try:
        document = json.loads((folder / "config.json").read_bytes())
        example, settings = str(document["example"]), dict(document["settings"])
        ended = folders.sessions(document)[-1].get("ended")
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Read(name, folder, "unreadable: its config.json is damaged")
    rows, _ = tables.look(folder / "losses.csv", (), ("iteration",))
    scores, _ = tables.look(folder / "metrics.csv", (), ("iteration",))
    numbers = {**(rows[-1] if rows else {}), **(scores[-1] if scores else {}), **evaluated(folder)}
    for column in NO_NUMBERS:
        numbers.pop(column, None)
    state = str(ended) if ended else unended(folder)
    return Read(name, folder, state, example, settings, rows, numbers)


def evaluated(folder: Path) -> dict[str, float]:
    """The scores of evaluation.json, {} where there are none."""
    try:
        found = json.loads((folder / "evaluation.json").read_bytes())["scores"]
        means = {name: score["mean"] for name, score in found.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return {name: float(mean) for name, mean in means.items() if isinstance(mean, int | float)}


def unended(folder: Path) -> str:
    """The state of a run that has not noted how it ended."""
    try:
        with folders.alone(folder):
            # Before version 0.2 no run noted its end.
            return "finished" if (folder / "final.png").exists() else "died"
    except UserError:
        return "training"


def group(runs: Sequence[Read]) -> list[Group]:
    """Put runs together that differ in their seed alone."""
    known = [run for run in runs if run.settings]
    shared = set.intersection(*(set(run.settings) for run in known)) if known else set()
    shared -= {*IGNORED}

    def text(value):
        return json.dumps(value, sort_keys=True)

    names = [name for name in (known[0].settings if known else ()) if name in shared]
    differ = [n for n in names if len({text(run.settings[n]) for run in known}) > 1]
    found: dict[str, Group] = {}
    for run in known:
        settings = {name: run.settings[name] for name in differ}
        if len({run.example for run in known}) > 1:
            settings = {"example": run.example, **settings}
        words = [f"{flag(name)[2:]} {value}" for name, value in settings.items()]
        label = ", ".join(words) or "these settings"
        found.setdefault(label, Group(label, settings, [])).runs.append(run)
    return list(found.values())


def declared(run: Read) -> Any:
    """What the example of a run declares, or None where there is none here."""
    try:
        return importlib.import_module(f"{run.example}.train").EXAMPLE
    except (ImportError, AttributeError, ValueError):
        return None


def ordered(groups: list[Group], score: str | None) -> list[Group]:
    """The groups from the best to the worst; those without the score come last."""
    sign = -1 if score and evaluation.better(score) == "higher" else 1

    def place(one: Group) -> float:
        found = one.spread(score) if score else None
        return sign * found.mean if found else math.inf

    return sorted(groups, key=place)


def deciding(groups: list[Group], asked: str | None) -> str | None:
    """The score by which groups are put in order, or None.

    Raises:
        UserError: no run has the one that is asked for.
    """
    numbers = [name for one in groups for run in one.runs for name in run.numbers]
    if asked is not None and asked not in numbers:
        there = ", ".join(dict.fromkeys(numbers)) or "none"
        raise UserError(f"--score is {asked}, but the runs have {there}")
    usual = [getattr(declared(one.runs[0]), "decisive", None) for one in groups[:1]]
    return asked or next((name for name in usual if name in numbers), None)


def columns(groups: list[Group]) -> list[str]:
    """The names of all numbers, scores before losses."""
    names = dict.fromkeys(n for one in groups for run in one.runs for n in run.numbers)
    return sorted(names, key=lambda name: name not in evaluation.SCORES)


def lines(groups: list[Group], score: str | None) -> list[str]:
    """The table for a terminal."""
    names = list(dict.fromkeys(name for one in groups for name in one.settings))
    shown = [score] if score else columns(groups)[:3]
    heads = ["", *(flag(name)[2:] for name in names), "runs", *shown]
    cells = [
        [
            str(place), *(str(one.settings.get(name, "")) for name in names), one.states(),
            *(str(one.spread(name) or "none") for name in shown),
        ]
        for place, one in enumerate(groups, start=1)
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *cells)
    ]


def chosen(groups: list[Group]) -> list[tuple[int, Group]]:
    """The groups that are drawn, with their places from 1 on: all, or the best and the worst."""
    placed = list(enumerate(groups, start=1))
    half = DRAWN // 2
    return placed if len(placed) <= DRAWN else [*placed[:half], *placed[-half:]]


def band(runs: Sequence[Read], column: str) -> curves.Band | None:
    """A column of losses.csv over runs: their mean, lowest and highest value at each iteration."""
    having = [run.rows for run in runs if run.rows and column in run.rows[0]]
    if not having:
        return None
    places = sorted({row["iteration"] for rows in having for row in rows})
    places = places[:: max(1, math.ceil(len(places) / POINTS))]
    x = np.array(places)
    values = np.array([
        np.interp(
            x, [row["iteration"] for row in rows], [row[column] for row in rows],
            left=np.nan, right=np.nan,
        )
        for rows in having
    ])  # fmt: skip
    there = np.isfinite(values).any(axis=0)
    x, values = x[there], values[:, there]
    return curves.Band(
        x, np.nanmean(values, axis=0), np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    )


def draw_curves(groups: list[Group]) -> str:
    """An SVG for each loss, a band for each of the chosen groups."""
    runs = [run for one in groups for run in one.runs if run.rows]
    panels = dict.fromkeys(name for run in runs for name in run.rows[0] if name not in NO_NUMBERS)
    drawn = []
    for column in panels:
        bands = {str(n): band(one.runs, column) for n, one in chosen(groups)}
        figure = curves.draw_bands({n: found for n, found in bands.items() if found}, column)
        name = f"{column} against the iteration, a line for each of the settings"
        svg = curves.as_svg(figure)
        drawn.append(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(name)}" ', 1))
    if not drawn:
        return "<p>Nothing was logged yet.</p>"
    return side_by_side(drawn)


def show_samples(run: Read, caption: str) -> str:
    """The last samples of a run as a figure, or nothing."""
    path = run.folder / "final.png"
    if not path.exists():
        path, _ = newest_samples(run.folder)
    if not path.exists():
        return ""
    source, text = embedded(path.read_bytes(), "png"), escape(caption)
    return f'<figure><img src="{source}" alt="{text}"><figcaption>{text}</figcaption></figure>'


def show_extremes(groups: list[Group], score: str | None) -> str:
    """The best and the worst of the finished runs by the score."""
    runs = [run for one in groups for run in one.finished() if score in run.numbers]
    if score is None or len(runs) < 2:
        return ""
    runs.sort(key=lambda run: run.numbers[score], reverse=evaluation.better(score) == "higher")
    shown = [
        show_samples(run, f"{word}: {run.name}, {score} {run.numbers[score]:.4g}")
        for word, run in (("Best", runs[0]), ("Worst", runs[-1]))
    ]
    return f"<h2>Best and worst run</h2>\n{side_by_side(shown)}"


def side_by_side(parts: Iterable[str]) -> str:
    """Curves or figures in as many columns as there is room for."""
    return '<div class="curves">\n' + "\n".join(parts) + "\n</div>"


def write_page(path: Path, title: str, groups: list[Group], runs: list[Read], score: str | None):
    """Write the page; the same runs give the same bytes."""
    names = list(dict.fromkeys(name for one in groups for name in one.settings))
    numbers = columns(groups)
    heads = ("", *(flag(name) for name in names), "runs", *numbers)
    cells = [
        (n, *(one.settings.get(name, "") for name in names), one.states(),
         *(one.spread(name) or "" for name in numbers))
        for n, one in enumerate(groups, start=1)
    ]  # fmt: skip
    unfinished = [(run.name, run.state) for run in runs if run.word != "finished"]
    order = f"Best first, by {score}; better: {evaluation.better(score)}. " if score else ""
    more = len(groups) > DRAWN
    page = template("../compare.html").substitute(
        head=template("head.html").substitute(title=escape(title), reload=""),
        title=escape(title),
        summary=escape(f"{len(runs)} runs of {len(groups)} settings."),
        groups=table(heads, cells),
        meaning=escape(
            f"{order}A number is the mean over the runs that finished ± half of its "
            f"{CONFIDENCE:.0%} confidence interval (Student's t over the seeds)."
        ),
        unfinished=f"<h3>Not finished</h3>\n{table(('run', 'state'), unfinished)}"
        if unfinished else "",
        drawn=escape(
            "Lines are means over the runs, bands go from the lowest to the highest; numbers are "
            "those of the table's lines" + (f", the {DRAWN // 2} first and last." if more else ".")
        ),
        curves=draw_curves(groups),
        extremes=show_extremes(groups, score),
        samples="\n".join(
            f"<h3>{n}: {escape(one.label)}</h3>\n"
            + side_by_side(show_samples(run, run.name) for run in one.runs[:SEEDS])
            for n, one in chosen(groups)
        ),
        runs=table(
            ("run", "state", "seed", *numbers),
            [
                (run.name, run.word, run.settings.get("seed", ""),
                 *(f"{run.numbers[n]:.6g}" if n in run.numbers else "" for n in numbers))
                for run in runs
            ],
        ),
    )  # fmt: skip
    with whole(path) as file:
        file.write(page.encode())


def write_csv(path: Path, groups: list[Group], runs: list[Read]) -> None:
    """Write a line for each run."""
    names = list(dict.fromkeys(name for one in groups for name in one.settings))
    numbers, text = columns(groups), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "state", "seed", *names, *numbers])
    settings = {id(run): one.settings for one in groups for run in one.runs}
    for run in runs:
        of_run = settings.get(id(run), {})
        writer.writerow([
            run.name, run.state, run.settings.get("seed", ""),
            *(of_run.get(name, "") for name in names),
            *(repr(run.numbers[n]) if n in run.numbers else "" for n in numbers),
        ])  # fmt: skip
    with whole(path) as file:
        file.write(text.getvalue().encode())


def as_document(groups: list[Group], runs: list[Read], score: str | None) -> dict[str, Any]:
    """What the .json holds."""

    def numbers(one: Group) -> dict[str, Any]:
        found = {name: one.spread(name) for name in columns([one])}
        return {name: value._asdict() for name, value in found.items() if value}

    return {
        "score": score,
        "confidence": CONFIDENCE,
        "settings": [
            {**one.settings, "runs": [run.name for run in one.runs], "numbers": numbers(one)}
            for one in groups
        ],
        "runs": [
            {
                "run": run.name, "state": run.state, "seed": run.settings.get("seed"),
                "numbers": run.numbers,
            }
            for run in runs
        ],
    }  # fmt: skip


def compare(paths: Sequence[Path], score: str | None = None, out: Path | None = None) -> list[str]:
    """Write the page, the .csv and the .json of runs, and return the lines of the table.

    Args: see Config.

    Raises:
        UserError: a path is no run, no run can be read, none has the score, or a file cannot be
            written.
    """
    runs = [read(name, folder) for name, folder in find(paths)]
    groups = group(runs)
    if not groups:
        raise UserError(f"no run of {', '.join(map(str, paths))} has begun; train one first")
    score = deciding(groups, score)
    groups = ordered(groups, score)
    sweep = len(paths) == 1 and (paths[0] / "sweep.json").is_file()
    out = out or (paths[0] if sweep else Path()) / "compare.html"
    examples = dict.fromkeys(run.example for one in groups for run in one.runs)
    write_page(out, f"Runs of {', '.join(examples)}", groups, runs, score)
    write_csv(out.with_suffix(".csv"), groups, runs)
    write_json(out.with_suffix(".json"), as_document(groups, runs, score))
    others = [run for run in runs if run.word != "finished"]
    told = [f"{run.name}: {run.state}" for run in others[:10]]
    if len(others) > 10:
        told.append(f"{len(others) - 10} more have not finished; the page names them")
    return [*lines(groups, score), *told, f"Page: {out}"]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns its exit status."""

    def work() -> None:
        config = command_line("python -m common.compare", Config, __doc__, argv)
        if config.out is not None and config.out.suffix != ".html":
            raise UserError(f"--out is {config.out}, but must be an .html")
        if not config.runs:
            raise UserError("no runs; name folders of runs, or a sweep's")
        print("\n".join(compare(config.runs, config.score, config.out)))

    return status.run(work)


if __name__ == "__main__":
    sys.exit(main())
