"""A column of numbers out of a user's text file, as spreadsheets and programs write them."""

import csv
import re

import numpy as np

from common.errors import UserError

MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?", "."}
COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.I)  # a number with a decimal comma


def read(path, column=None):
    """Read a column of numbers.

    Cells are separated by semicolons, tabs, commas or spaces, and a comma may stand for the decimal
    point. The first line may be a header; lines that begin with # or % are comments.

    Args:
        path: the file.
        column: its name, or its number from 1 on; None where there is one of numbers only.

    Returns:
        (float64 (N,), words on what was done)

    Raises:
        OSError, ValueError: it cannot be read or is no text.
        UserError: a cell is no number, or there is no such column or more than one.
    """
    lines = decode(path.read_bytes()).splitlines()
    lines = [(k, line) for k, line in enumerate(lines, 1) if line.strip()]
    lines = [(k, line) for k, line in lines if line.lstrip()[0] not in "#%"]
    separator = separator_of([line for _, line in lines], column)
    rows = [(k, cells_of(line, separator)) for k, line in lines]
    header = rows.pop(0)[1] if rows and is_header(rows[0][1]) else []
    place, name = choose(path, header, [cells for _, cells in rows], column)
    values, missing, commas = [], 0, 0
    for number, cells in rows:
        cell = cells[place] if place < len(cells) else ""
        if cell.lower() in MISSING:
            missing += 1
            continue
        if not is_number(cell):
            raise UserError(
                f"{path}, line {number}: {cell[:40]!r} is not a number; mend or leave it out"
            )
        commas += "," in cell
        values.append(float(point(cell)))
    words = f"column {name}" if len(header) > 1 or column else ""
    words += f", {missing:,} missing left out" * bool(missing)
    words += ", with decimal commas" * bool(commas)
    return np.array(values, "float64"), words.removeprefix(", ")


def decode(content):
    """Bytes as text: UTF-8, UTF-16 with its mark, or what Windows writes in the West."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    if b"\0" in content:
        raise ValueError("it is no text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def separator_of(lines, column):
    """What separates the cells of lines, or None for spaces; a comma in all of them may belong to
    numbers instead."""
    for separator in ";\t":
        if any(separator in line for line in lines):
            return separator
    if not any("," in line for line in lines):
        return None
    first, *rest = [line.strip().strip('"') for line in lines]
    decimal = all(COMMA.fullmatch(line) or is_number(line) for line in rest)
    named = "," not in first or COMMA.fullmatch(first)  # a header of one column, or none
    return ";" if decimal and named and column is None else ","


def cells_of(line, separator):
    """The cells of a line, stripped of spaces and quotes."""
    cells = line.split() if separator is None else next(csv.reader([line], delimiter=separator))
    return [cell.strip().strip('"').strip() for cell in cells]


def is_header(cells):
    """Whether the first cells of a file name columns: none is a number, and names have letters
    before digits."""
    words = [cell for cell in cells if re.match(r"[^\W\d]", cell)]
    return bool(words) and not any(map(is_number, cells))


def point(cell):
    """A number's text with a decimal point: 1.234,5 and 1,5 have a decimal comma."""
    if "," not in cell:
        return cell
    return cell.replace(".", "").replace(",", ".")


def is_number(cell):
    """Whether a cell is a number, with a decimal point or comma."""
    try:
        float(point(cell))
    except ValueError:
        return False
    return "_" not in cell


def choose(path, header, rows, column):
    """Return the place of the column that is meant, from 0 on, and its name."""
    width = max(map(len, [header, *rows]), default=0)
    names = [*header, *(str(k + 1) for k in range(len(header), width))]
    listed = ", ".join(names[:20])
    if column is not None:
        known = {name.lower(): k for k, name in reversed(list(enumerate(names)))}
        known = {str(k + 1): k for k in range(width)} | known
        if column.strip().lower() not in known:
            raise UserError(f"{path} has no column {column!r}; it has {listed or 'none'}")
        return known[column.strip().lower()], column.strip()
    if width <= 1:
        return 0, *(names or [""])
    # One without a name is the row's number, as pandas writes it.
    numeric = [
        k for k in range(width)
        if names[k] and any(is_number(cells[k]) for cells in rows if k < len(cells))
    ]  # fmt: skip
    if len(numeric) != 1:
        raise UserError(f"{path} has the columns {listed}; choose one with --column")
    return numeric[0], names[numeric[0]]
