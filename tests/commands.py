"""What the tests of the examples' commands share."""

import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]


def command(module, *argv, cwd=ROOT, **kwargs):
    """Run a module as a user does and return what it printed and its exit status."""
    line = [sys.executable, "-m", module, *map(str, argv)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=300, **kwargs)


def refused(capsys, main, *argv):
    """What a command line that must fail says: one line, status 2."""
    assert main([str(word) for word in argv]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1, err
    return err


def without_seconds(folder):
    return [line.rsplit(",", 1)[0] for line in (folder / "losses.csv").read_text().splitlines()]


def state(folder):
    """The arrays of a run's newest checkpoint, by name."""
    newest = sorted((folder / "checkpoints").glob("*.npz"))[-1]
    with np.load(newest) as archive:
        return {name: archive[name] for name in archive.files if name != "seconds"}


def assert_same_run(one, other):
    assert without_seconds(one) == without_seconds(other)
    assert (one / "log.txt").read_text() == (other / "log.txt").read_text()
    states = state(one), state(other)
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        np.testing.assert_array_equal(states[0][name], states[1][name], err_msg=name)
    pictures = ["final.png", "losses.png", "progress.png", "progress.gif"]
    for picture in (*pictures, *(f"samples/{p.name}" for p in (one / "samples").iterdir())):
        assert (one / picture).read_bytes() == (other / picture).read_bytes(), picture
