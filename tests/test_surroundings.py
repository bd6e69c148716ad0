"""Commands do the same whatever is around them: settings of other programs, folders, streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, TINY, without_seconds
from tests.games import EXAMPLES

COMMANDS = ["train", "sample", "evaluate", "report"]
HELP = """
import contextlib, io, runpy, sys

for module in sys.argv[1:]:
    sys.argv = ["-m", "--help"]  # as `python -m` has it while it looks for the module
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    print(module, "RUN" in out.getvalue() or "--preset" in out.getvalue())
print(sorted({"tensorflow", "jax", "keras.src"} & set(sys.modules)))
"""


def test_help_needs_no_keras():
    modules = [f"{example}.{name}" for example in EXAMPLES for name in COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", HELP, *modules], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [*(f"{module} True" for module in modules), "[]"], (
        done.stderr
    )


def test_help_ends_quietly_when_its_reader_goes_away():
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_wgan.train", "--help"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 0)
    process.stderr.close()


def test_a_run_is_the_same_whatever_is_around_it(tmp_path):
    """A folder with modules called as ours and as Python's, a home with a user's own settings of
    Keras and matplotlib, narrow streams, one of them closed: all at once."""
    plain, among = tmp_path / "plain", tmp_path / "among"
    home = among / "home"
    (home / ".keras").mkdir(parents=True)
    settings = {"floatx": "float16", "epsilon": 0.5, "image_data_format": "channels_first"}
    (home / ".keras" / "keras.json").write_text(json.dumps({**settings, "backend": "tf"}))
    (among / "matplotlibrc").write_text("text.usetex: True\nfigure.facecolor: red\n")
    for name in ("common", "random", "numpy"):
        (among / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    clean = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    clean["PYTHONPATH"] = str(ROOT)
    hostile = {"HOME": str(home), "MPLBACKEND": "none", "PYTHONIOENCODING": "ascii"}
    line = f"{sys.executable} -m fashion_gan.train {' '.join(TINY)} --run-dir Ü 2>&-"
    plain.mkdir()
    runs = [
        subprocess.Popen(line, shell=True, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True)
        for cwd, env in ((plain, clean), (among, {**clean, **hostile}))
    ]
    printed = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert "Run folder: \\xdc\n" in printed[1] and "oneDNN" not in printed[1]
    one, other = plain / "Ü", among / "Ü"
    assert without_seconds(one) == without_seconds(other)
    for name in ("losses.png", "final.png"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tensorfow", "KERAS_BACKEND is tensorfow, but must be tensorflow or jax"),
        ("pytorch", "KERAS_BACKEND is pytorch, but must be tensorflow or jax"),
    ],
)
def test_a_backend_that_there_is_not_is_one_line(name, line):
    done = subprocess.run(
        [sys.executable, "-m", "fashion_gan.train"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": name},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {line}\n")


def test_no_module_of_the_examples_hides_one_of_pythons():
    """Their folder comes first in sys.path."""
    names = {path.stem for path in Path(ROOT).iterdir()}
    assert not names & sys.stdlib_module_names
