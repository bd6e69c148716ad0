"""How commands end: exit status, one line, and what they do without a reader."""

import errno
import io
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from common import status
from common.commands import evaluate
from common.errors import UserError
from common.scores.evaluation import SCORES


@pytest.fixture
def unread(monkeypatch):
    """Standard output is a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield
        monkeypatch.undo()


@pytest.mark.parametrize("letters", [1, 10**5])  # fewer and more than the stream holds back
def test_a_reader_that_goes_away_is_no_error(unread, capfd, letters):
    assert status.run(lambda: print("x" * letters)) == 0
    print("nor is this")  # as Python's own end does
    sys.stdout.flush()
    assert capfd.readouterr().err == ""


def test_an_error_is_told_also_without_a_reader(unread, capfd):
    def work():
        print("something")
        raise UserError("--count is 0")

    assert status.run(work) == 2
    assert capfd.readouterr().err == "error: --count is 0\n"


def test_an_evaluation_without_a_reader_leaves_its_files(unread, tmp_path):
    config = evaluate.Evaluation(pretrained=True, seeds=1, out=tmp_path / "e.json")
    assert status.run(lambda: report(config)) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"e.json", "e.png"}


def report(config):
    scores = {"frechet_distance": 1.25}
    picture = np.zeros((2, 2), "uint8")
    return evaluate.report(config, "toy", SCORES, [scores], {"frechet_distance": 0.5}, 0, picture)


@pytest.mark.parametrize(("encoding", "between"), [("ascii", "+-"), ("utf-8", "±")])
def test_output_takes_any_letter(monkeypatch, tmp_path, encoding, between):
    stream = io.TextIOWrapper(raw := io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    folder = tmp_path / "Übung"
    config = evaluate.Evaluation(pretrained=True, seeds=1, out=folder / "e.json")

    def work():
        report(config)
        print("\udce9")  # a byte of a name that is no UTF-8

    assert status.run(work) == 0
    printed = raw.getvalue().decode(encoding)
    assert f"1.250 {between} 0.000" in printed and "bung" in printed and r"\udce9" in printed


def test_what_nobody_foresaw_is_a_line_and_a_file(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert status.run(lambda: {}["two\nlines"]) == 2
    err = capsys.readouterr().err
    path = re.fullmatch(
        r"error: nobody foresaw this KeyError: .*; please report it with (.+)\n", err
    )
    text = Path(path[1]).read_text()
    assert text.rstrip().endswith(r"KeyError: 'two\nlines'") and "test_status.py" in text


def test_a_full_disk_is_an_error(monkeypatch, capsys):
    class Full(io.StringIO):
        def flush(self):
            raise OSError(errno.ENOSPC, "No space left on device")

        def fileno(self):
            return os.open(os.devnull, os.O_WRONLY)

    monkeypatch.setattr(sys, "stdout", Full())
    assert status.run(lambda: None) == 2
    assert capsys.readouterr().err == "error: No space left on device\n"
