"""What the page shows of a run, read from its folder. Nothing is written there and nothing locked,
so that a run that trains never notices."""

import importlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.runs import failures, folders, tables

ROWS = 600  # of losses.csv that the page is sent; a curve on a screen has no more places
PICTURES = ("first.png", "final.png", "progress.png", "real.png", "losses.png")
NAMES = re.compile(rf"samples/[0-9]{{6,18}}\.png|{'|'.join(map(re.escape, PICTURES))}")


class Followed:
    """A run that the page follows.

    Args:
        folder: of the run.

    Raises:
        UserError: there is no such folder, or it is no run of an example of this project.
    """

    def __init__(self, folder: Path):
        if not folder.is_dir():
            what = "is no folder" if folder.exists() else "does not exist"
            raise UserError(f"{folder} {what}; name the folder of a run that train made")
        self.folder = folder
        self.tables: dict[str, tuple[Any, Any]] = {}
        path = folder / "config.json"
        found = folders.read_json(path) if path.is_file() else {}
        name = found.get("example") if isinstance(found, dict) else None
        self.document = folders.read_document(folder, name)
        self.example = find_example(name, folder)

    def look(self, name: str) -> tuple[list[tables.Row], str | None]:
        """A table's rows and its flaw, see tables.look(); it is read when it has changed."""
        path = self.folder / name
        try:
            found = path.stat()
        except OSError:
            return [], None
        stamp = found.st_mtime_ns, found.st_size
        if self.tables.get(name, (None,))[0] != stamp:
            self.tables[name] = stamp, tables.look(path, (), ("iteration",))
        return self.tables[name][1]

    def picture(self, name: str) -> bytes | None:
        """The content of one of the run's pictures, or None: only these are served."""
        if not NAMES.fullmatch(name):
            return None
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def state(self) -> dict[str, Any]:
        """What the page shows, as JSON has it."""
        settings = self.document["settings"]
        rows, flaw = self.look("losses.csv")
        scores, other = self.look("metrics.csv")
        kept = thin(rows)
        columns = kept[0] if kept else {}
        panels = [
            {"title": title, "unit": unit, "columns": [c for c in names if c in columns]}
            for (title, unit), names in self.example.panels.items()
        ]
        last = rows[-1] if rows else {}
        changed = max(map(modified, (self.folder / "losses.csv", self.folder / "log.txt")))
        ended = modified(self.folder / "final.png")
        return {
            "title": f"{self.document['example']}, preset {settings.get('preset')}, "
            f"seed {settings.get('seed')}",
            "iteration": last.get("iteration"),
            "seconds": last.get("seconds"),
            **progress(settings, last),
            "ended": ended >= changed > 0,
            "age": max(0.0, time.time() - max(changed, ended)) if changed or ended else None,
            "panels": [panel for panel in panels if panel["columns"]],
            "losses": {name: [row[name] for row in kept] for name in columns},
            "scores": {name: [row.get(name) for row in scores] for name in (scores or [{}])[-1]},
            "failures": failures.read(self.folder),
            "flaws": [text for text in (flaw, other) if text],
            "newest": self.newest(),
        }

    def newest(self) -> dict[str, Any] | None:
        """The newest grid of samples: its name and its iteration; None before there is one."""
        drawn = [
            (number, path.name)
            for path in self.folder.glob("samples/*.png")
            if (number := folders.iteration_of(path)) is not None
        ]
        if drawn:
            iteration, name = max(drawn)
            return {"name": f"samples/{name}", "iteration": iteration}
        first = self.folder / "first.png"
        return {"name": first.name, "iteration": None} if first.is_file() else None


def find_example(name: Any, folder: Path) -> Any:
    """Return what an example declares of itself. Only this project's are imported.

    Raises:
        UserError: there is no such example.
    """
    here = Path(__file__).parents[1]
    known = isinstance(name, str) and name.isidentifier() and (here / name / "train.py").is_file()
    if not known:
        raise UserError(f"{folder} is a run of {name!r}, which is no example here")
    return importlib.import_module(f"{name}.train").EXAMPLE


def thin(rows: list[tables.Row]) -> list[tables.Row]:
    """At most ROWS of some rows, evenly, the last one among them; those that lack a column of the
    last one, as after an update of this project, are left out."""
    whole = [row for row in rows if row.keys() == rows[-1].keys()]
    every = -(-len(whole) // ROWS) or 1
    return whole[::-1][::every][::-1]


def progress(settings: Mapping[str, Any], last: tables.Row) -> dict[str, Any]:
    """Of how many iterations or epochs the run is, how far it is, from 0 to 1, and how many seconds
    are left at its pace so far; None for what cannot be told."""
    done, epoch = last.get("iteration", -1) + 1, last.get("epoch", 0)
    iterations, epochs = (number(settings.get(name)) for name in ("iterations", "epochs"))
    shares = [done / iterations] if iterations else []
    shares += [epoch / epochs] if epochs else []
    share = min(1.0, max(shares)) if shares else None
    seconds = last.get("seconds")
    left = seconds * (1 - share) / share if seconds and share else None
    return {"iterations": iterations, "epochs": epochs, "epoch": last.get("epoch"),
            "share": share, "left": left}  # fmt: skip


def number(value: Any) -> float | None:
    """A setting that is a number above 0, else None."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return value if fits else None


def modified(path: Path) -> float:
    """When a file was last written, in seconds; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
