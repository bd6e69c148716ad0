"""What the tests of the examples' commands share."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.commands import generators
from common.settings import parse

ROOT = Path(__file__).parents[1]


TINY = ["--preset", "smoke", "--log-every", "1"]
# 100 images and batches of 32 make epochs of 3 iterations and 4 images left over.
EPOCHS = [*TINY, "--epochs", "3", "--iterations", "None"]


def command(module, *argv, cwd=ROOT, **kwargs):
    """Run a module as a user does and return what it printed and its exit status."""
    line = [sys.executable, "-m", module, *map(str, argv)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=300, **kwargs)


def on_jax(code, *argv):
    """What a piece of Python prints in a process of its own where Keras computes with JAX; without
    JAX the test is skipped."""
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def interrupted(line, at, how=signal.SIGKILL):
    """Run Python with the words of a command line, and send it a signal when it prints a line that
    begins with `at`.

    Returns:
        Its exit status, the lines that it printed and what it wrote to stderr.
    """
    process = subprocess.Popen(
        [sys.executable, *map(str, line)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    printed = []
    for text in process.stdout:
        printed.append(text)
        if text.startswith(at):
            process.send_signal(how)
            break
    rest, err = process.communicate(timeout=60)
    return process.returncode, "".join([*printed, rest]).splitlines(), err


def killed(code, folder, at):
    """Run a piece of Python, to which a folder is known, in a process that dies of kill -9 when it
    has saved a checkpoint of a run that stands at an iteration."""
    dies = (
        "import os, pathlib, signal, sys; from common.runs import checkpoints\n"
        "folder, save = pathlib.Path(sys.argv[1]), checkpoints.save\n"
        "def save_and_die(run, variables, position, seconds):\n"
        "    save(run, variables, position, seconds)\n"
        f"    position.iteration == {at} and os.kill(os.getpid(), signal.SIGKILL)\n"
        "checkpoints.save = save_and_die\n"
    )
    done = subprocess.run([sys.executable, "-c", dies + code, folder], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL


def own_images(path, count, size=28):
    """Write a user's data, an .npz of random images with labels 0, 1, ... 9, 0, ...: the images."""
    images = np.random.default_rng(0).integers(0, 256, (count, size, size), dtype="uint8")
    np.savez(path, x_train=images, y_train=np.arange(count, dtype="uint8") % 10)
    return images


def refused(capsys, main, *argv):
    """What a command line that must fail says: one line, status 2."""
    assert main([str(word) for word in argv]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1, err
    return err


def resumed(before, *argv):
    """The settings with which a run of these settings goes on when it is told so with flags."""
    presets = {"slides": type(before)()}
    return parse("toy", presets, "A toy.", lambda path: before, ["--resume", "r", *argv])


def play(main, *argv):
    """A command line that must succeed, in this process."""
    assert main([str(word) for word in argv]) == 0


def arrays(sample, folder, path, *argv):
    """What an example's sample command writes to an .npz, by name."""
    play(sample.main, folder, "--out", path, *argv)
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def load_generator(folder, example):
    """The trained generator of a run."""
    declared = importlib.import_module(f"{example}.train").EXAMPLE
    return generators.load(generators.Source(folder), declared)


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
    pictures = {"final.png", "losses.png", "progress.png", "progress.gif"}
    files = {str(path.relative_to(one)) for path in one.glob("**/*.*") if path.is_file()}
    drawn = {name for name in files if name.endswith((".png", ".gif", "accuracy.csv"))}
    assert pictures < drawn
    for name in drawn:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def assert_resumes_from_the_middle(main, whole, folder):
    """A copy, `folder`, of a run that kept a checkpoint after every update goes on from the oldest
    one that is left to the same end, bit for bit."""
    shutil.copytree(whole, folder)
    play(main, "--resume", min((folder / "checkpoints").iterdir()))
    assert_same_run(folder, whole)
