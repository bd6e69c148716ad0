"""A run's tables, CSV files of numbers, which a spreadsheet may have saved otherwise meanwhile."""

import csv
import math
import os
from pathlib import Path
from typing import NamedTuple

from common.files import append_lines, set_aside, whole, writing
from common.runs.progress import say

Row = dict[str, float]


class Table(NamedTuple):
    """What is whole of a file."""

    columns: tuple[str, ...]
    rows: list[list[str]]  # a number in each cell, as Python reads it
    flaw: str | None  # the first thing that is not whole, in words


def parse(content: bytes, columns: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> Table:
    """Parse a file. Semicolons or tabs for commas, and decimal commas with them, quotes, a
    byte-order mark, other line ends, another order of columns or rows, a missing header are no
    flaws, nor is a last line that a kill has cut off.

    Args:
        columns: which ones to return, in this order; () for all that the file has.
        required: columns without which no row is whole.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Table(columns, [], "it is no text")
    first, *lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines:
        return Table(columns, [], None)  # empty, or half of its header
    separator = max(",;\t", key=first.count)
    head = split(first, separator)
    if len(head) == len(columns) and all(map(number, head)):
        head, lines = list(columns), [first, *lines]
    missing = [name for name in (*columns, *required) if name not in head]
    if missing:
        return Table(columns, [], f"its first line does not name {missing[0]}")
    columns = columns or tuple(filter(None, head))
    places = [head.index(name) for name in columns]
    rows, flaw = [], None
    for place, line in enumerate(lines, start=1):
        cells = split(line, separator)
        row = [number(cells[place]) for place in places if len(cells) == len(head)]
        if row and all(row):
            rows.append(row)
        elif cells and place < len(lines):
            flaw = flaw or f"{line[:60]!r} is no row of numbers"
    if "iteration" in columns:
        rows.sort(key=lambda row: float(row[columns.index("iteration")]))
    return Table(columns, rows, flaw)


def split(line: str, separator: str) -> list[str]:
    """Return the cells of a line, with decimal points; none of an empty line."""
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell of more than 131,072 letters
        return [line]
    # Within quotes between commas a comma may be that of thousands, which would be misread.
    return [cell.strip() if separator == "," else cell.strip().replace(",", ".") for cell in cells]


def number(cell: str) -> str:
    """Return a cell that is a finite number; "" for any other."""
    try:
        return cell if math.isfinite(float(cell)) else ""
    except ValueError:
        return ""


def look(
    path: Path, columns: tuple[str, ...] = (), required: tuple[str, ...] = ()
) -> tuple[list[Row], str | None]:
    """Return the whole rows of a table, see parse(), as dicts from column name to float, and a
    sentence on what else is in it, or None; [] and None if there is no such file."""
    if not path.exists():
        return [], None
    table = parse(path.read_bytes(), columns, required)
    rows = [dict(zip(table.columns, map(float, row), strict=True)) for row in table.rows]
    return rows, table.flaw and f"{path} is not whole: {table.flaw}"


def read_table(
    path: Path, columns: tuple[str, ...] = (), required: tuple[str, ...] = ()
) -> list[Row]:
    """Return the whole rows of a table; see look()."""
    return look(path, columns, required)[0]


def mend(
    path: Path,
    columns: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    below: float = math.inf,
) -> None:
    """Drop a table's rows from iteration `below` on, and leave it as log_rows() would have written
    it. Where somebody has changed it, it is also kept as it was, and that is said.

    Args:
        columns, required: see parse().
    """
    if not path.exists():
        return
    content = path.read_bytes()
    table = parse(content, columns, required)
    kept = [list(table.columns)] if table.columns else []
    for row in table.rows:
        if float(row[table.columns.index("iteration")]) < below:
            kept.append(row)
    ours = "".join(",".join(row) + "\n" for row in kept).encode()
    if table.flaw or not (content.startswith(ours) or ours.startswith(content)):
        say(
            f"{path} was changed: {table.flaw or 'another program has saved it'}; rows used: "
            f"{max(0, len(kept) - 1)}; as it was it is kept as {set_aside(path, copy=True).name}"
        )
    with whole(path) as file:
        file.write(ours)


def log_rows(path: Path, rows: list[Row]) -> None:
    """Append rows, dicts from column name to number, to a CSV file, a header first if it is empty;
    floats are written so that they read back exactly."""
    head, *lines = csv_lines(rows)
    with writing(path):
        begun = path.exists() and path.stat().st_size > 0
        if begun and not is_ours(path, head):
            mend(path, tuple(rows[0]))
    append_lines(path, lines if begun else [head, *lines])


def is_ours(path: Path, head: str) -> bool:
    """Whether a file that is not empty has this header and ends with a whole line."""
    with open(path, "rb") as file:
        begins = file.readline() == f"{head}\n".encode()
        file.seek(-1, os.SEEK_END)
        return begins and file.read() == b"\n"


def csv_lines(rows: list[Row]) -> list[str]:
    """A header and a line for each row, a dict from column name to number."""
    return [",".join(rows[0]), *(",".join(map(repr, row.values())) for row in rows)]


def write_table(path: Path, rows: list[Row]) -> None:
    """Write a list of dicts from column name to number as CSV, whole or not at all."""
    with whole(path) as file:
        file.write(("\n".join(csv_lines(rows)) + "\n").encode())
