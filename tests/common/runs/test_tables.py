"""Tables that somebody has opened in a spreadsheet or an editor: what is used of them, what is
kept, what is said."""

import re

import pytest

from common.runs import tables

ROWS = [
    {"iteration": 0, "loss": 0.1 + 0.2, "seconds": 1.5},
    {"iteration": 50, "loss": -1e-30, "seconds": 2.5},
    {"iteration": 100, "loss": 1 / 3, "seconds": 3.5},
]
COLUMNS = tuple(ROWS[0])
OURS = "".join(line + "\n" for line in tables.csv_lines(ROWS))
HEAD, *LINES = OURS.splitlines(keepends=True)


def by_line(change):
    """The file with every line's list of cells changed."""
    lines = [change(number, line.split(",")) for number, line in enumerate(OURS.splitlines())]
    return "".join(",".join(line) + "\n" for line in lines)


SAVED_OTHERWISE = {
    "semicolons": OURS.replace(",", ";"),
    "tabs": OURS.replace(",", "\t"),
    "decimal commas": OURS.replace(",", ";").replace(".", ","),
    "quotes": by_line(lambda _, row: [f'"{x}"' for x in row]),
    "byte-order mark": "\ufeff" + OURS,
    "CRLF": OURS.replace("\n", "\r\n"),
    "CR": OURS.replace("\n", "\r"),
    "no header": "".join(LINES),
    "columns": by_line(lambda _, row: [row[2], row[0], row[1]]),
    "rows": HEAD + "".join(reversed(LINES)),
    "a column more": by_line(lambda n, row: [*row, "good" if n else "note"]),
    "empty columns and lines": by_line(lambda _, row: [*row, "", ""]).replace("\n", "\n\n"),
}
CHANGED = {  # the file, the numbers of the rows that are whole, why the others are not
    "a word": (OURS.replace("-1e-30", "much"), [0, 2], "'50,much,2.5' is no row of numbers"),
    "no number": (OURS.replace("-1e-30", "nan"), [0, 2], "'50,nan,2.5' is no row of numbers"),
    "a cell missing": (OURS.replace(",-1e-30", ""), [0, 2], "'50,2.5' is no row of numbers"),
    "decimal commas": (OURS.replace(".", ","), [], "'0,0,30000000000000004,1,5' is no row"),
    "thousands": (OURS.replace(",", ";").replace("2.5", "2.500,5"), [0, 2], "is no row"),
    "quoted thousands": (OURS.replace("2.5", '"2,500"'), [0, 2], "is no row of numbers"),
    "header": (OURS.replace("loss", "Verlust"), [], "its first line does not name loss"),
    "words": ("\n\nmy notes\n", [], "its first line does not name iteration"),
    "bytes": (bytes(range(256)), [], "it is no text"),
    "UTF-16": (OURS.encode("utf-16"), [], "it is no text"),
    "a long cell": (OURS + '"' + "1" * 200_000 + '"\n', [0, 1, 2], "is no row of numbers"),
    "a long number": (OURS + "9" * 5000 + ",1,1\n", [0, 1, 2], "is no row of numbers"),
}


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def mended(path, capsys, below=100):
    """What is said when a table is mended before a resume: one line or none."""
    tables.mend(path, COLUMNS, ("iteration",), below)
    said = capsys.readouterr().out
    assert said.count("\n") == bool(said)
    return said


@pytest.mark.parametrize("saved", SAVED_OTHERWISE.values(), ids=SAVED_OTHERWISE)
def test_what_another_program_saved_is_read_and_kept(saved, tmp_path, capsys):
    path = written(tmp_path / "losses.csv", saved)
    assert tables.look(path, COLUMNS)[1] is None and tables.read_table(path, COLUMNS) == ROWS
    said = mended(path, capsys)
    assert path.read_text() == HEAD + LINES[0] + LINES[1]
    assert f"{path} was changed: another program has saved it; rows used: 2; " in said
    assert said.endswith("it is kept as losses.csv.set-aside\n")
    assert (tmp_path / "losses.csv.set-aside").read_bytes() == saved.encode()


@pytest.mark.parametrize(("saved", "whole", "why"), CHANGED.values(), ids=CHANGED)
def test_whole_rows_are_used_and_the_others_are_kept(saved, whole, why, tmp_path, capsys):
    path, earlier = written(tmp_path / "losses.csv", saved), tmp_path / "losses.csv.set-aside"
    earlier.write_text("of an earlier time")
    content = path.read_bytes()
    assert why in tables.look(path, COLUMNS)[1]
    assert tables.read_table(path, COLUMNS) == [ROWS[n] for n in whole]
    assert why in mended(path, capsys)
    assert path.read_text() == HEAD + "".join(LINES[n] for n in whole if n < 2)
    assert (tmp_path / "losses.csv.set-aside-2").read_bytes() == content
    assert earlier.read_text() == "of an earlier time"
    assert mended(path, capsys) == ""  # once


@pytest.mark.parametrize("left", ["", "itera", HEAD, OURS, OURS + "150,0.", OURS + "150,0.1,0."])
def test_what_a_kill_leaves_is_mended_without_a_word(left, tmp_path, capsys):
    path = written(tmp_path / "losses.csv", left)
    assert mended(path, capsys) == ""
    assert path.read_text() == HEAD + "".join(LINES[:2] if OURS in left else [])
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_that_is_changed_while_it_is_written_loses_nothing(tmp_path, capsys):
    """Rows go below a header that names them, in its order, and never onto a half line."""
    path = tmp_path / "metrics.csv"
    for saved, whole in [
        (SAVED_OTHERWISE["semicolons"], 3), (SAVED_OTHERWISE["columns"], 3), (OURS[:-1], 3),
        (OURS.replace("loss", "Verlust"), 0), ("", 0),
    ]:  # fmt: skip
        written(path, saved)
        tables.log_rows(path, [{**ROWS[0], "iteration": 150}])
        tables.log_rows(path, [{**ROWS[0], "iteration": 200}])
        numbers = [row["iteration"] for row in tables.read_table(path, COLUMNS)]
        assert numbers == [*(row["iteration"] for row in ROWS[:whole]), 150, 200]
        assert path.read_text().startswith(HEAD)
    kept = {aside.read_bytes().decode() for aside in tmp_path.glob("*.set-aside*")}
    assert kept == {SAVED_OTHERWISE["semicolons"], SAVED_OTHERWISE["columns"],
                    OURS.replace("loss", "Verlust")}  # fmt: skip
    assert len(re.findall("was changed", capsys.readouterr().out)) == 3


def test_columns_that_a_table_must_have_and_no_table(tmp_path):
    path = written(tmp_path / "metrics.csv", OURS)
    tables.mend(path, required=("iteration", "distance"))
    assert path.read_text() == ""
    assert (tmp_path / "metrics.csv.set-aside").read_text() == OURS
    assert tables.read_table(tmp_path / "none.csv") == []
    assert tables.look(tmp_path / "none.csv")[1] is None
