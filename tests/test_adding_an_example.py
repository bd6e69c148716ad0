"""docs/adding-an-example.md: its blocks, in the files that it names, are an example that works."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from common.runs import folders
from tests import test_engines, test_lectures
from tests.commands import ROOT, assert_same_run, command, play, refused

PAGE = (ROOT / "docs" / "adding-an-example.md").read_text()
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SMOKE = ["--preset", "smoke"]
COMMANDS = re.findall(r"^    python -m (lsgan\.\w+) (.*)$", PAGE, re.M)  # behind "Try them all"


def blocks():
    """The page's files by path: blocks of one file follow one another."""
    found = {}
    for path, code in re.findall(r"^`(lsgan/\w+\.py)`\n\n```python\n(.*?)^```$", PAGE, re.M | re.S):
        found.setdefault(path, []).append(code)
    files = {path: "\n\n".join(parts) for path, parts in found.items()}
    _, rest = files["lsgan/sample.py"].split("\n", 1)
    for name, docstring in re.findall(r"^\| `lsgan/(\w+)\.py` \| (.+) \|$", PAGE, re.M):
        files[f"lsgan/{name}.py"] = f'"""{docstring}"""\n{rest.replace("sample", name)}'
    return files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder outside the repository with the page's files, from which they can be imported."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "lsgan").mkdir()
    for path, code in blocks().items():
        (folder / path).write_text(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setitem(test_engines.EXAMPLES, "lsgan", {"batch_size": 8})
        yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "lsgan"]:
        del sys.modules[name]


@pytest.fixture
def module(folder):
    """A function from a module's name to the module."""
    return lambda name: importlib.import_module(f"lsgan.{name}")


@pytest.fixture(scope="module")
def finished(folder):
    """The run of the first of the page's commands, and what that printed."""
    return folder / "RUN", printed(folder, *COMMANDS[0])


def printed(folder, name, words):
    """What a command prints in a process of its own, in a folder that is not the repository's."""
    done = command(name, *words.split(), cwd=folder, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_every_block_stands_below_its_files_path():
    assert set(blocks()) == {
        f"lsgan/{name}.py"
        for name in ("__init__", "lecture", "train", "sample", "evaluate", "report")
    }
    assert PAGE.count("```python") == len(re.findall(r"^`lsgan/\w+\.py`\n\n```python$", PAGE, re.M))


def test_the_code_is_as_ruff_wants_it(folder):
    for argv in (["format", "--check"], ["check", "--config", f'src=["{ROOT}", "{folder}"]']):
        line = [sys.executable, "-m", "ruff", *argv, "--config", str(ROOT / "pyproject.toml")]
        done = subprocess.run([*line, "lsgan"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_losses_are_equation_2(module):
    """By hand, of answers 0.5 and 3 to fakes, 2 and 0 to reals: each off its target by so much."""
    lecture, game = module("lecture"), module("train").Game
    fakes, reals = np.array([[0.5], [3.0]]), np.array([[2.0], [0.0]])
    assert lecture.half_square(np.ones((2, 1)), fakes).numpy().tolist() == [0.125, 2.0]
    config = replace(module("train").SLIDES, engine="reference", batch_size=2)
    game = game(config, np.zeros((2, 28, 28, 1), "float32"))
    targets = np.array([[0.0], [0.0], [1.0], [1.0]])
    loss = game.discriminator.compute_loss(None, targets, np.concatenate([fakes, reals]))
    assert float(loss) == pytest.approx((0.25 + 9) / 2 / 2 + (1 + 1) / 2 / 2)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_game_is_the_lectures(folder, engine):
    test_lectures.compare("lsgan", engine)


def test_the_lecture_plays_by_itself(module, capsys):
    networks = module("lecture").main(epochs=2, batch_size=4, iterations=2)
    assert [network.name for network in networks] == ["generator", "discriminator"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": [D loss: ")[0] for line in lines] == ["epoch 0", "epoch 1"]


def test_a_run_leaves_what_every_examples_leaves(finished):
    folder, out = finished
    assert {
        "checkpoints", "config.json", "final.png", "first.png", "generator.keras", "log.txt",
        "losses.csv", "losses.png", "progress.gif", "progress.png", "report.html", "samples",
    } <= set(os.listdir(folder))  # fmt: skip
    assert [row["iteration"] for row in folders.read_losses(folder)] == [0, 1, 2]
    assert "squared distance" in (folder / "report.html").read_text()
    assert "python -m lsgan.sample RUN" in out


def test_pictures_have_the_greys_of_images_between_minus_1_and_1(module, finished):
    """The untrained generator's greys are about the middle one, of -1 and 1, not of 0 and 1."""
    with np.load(finished[0] / "final.npz") as kept:
        images = kept["images"]
    assert images.shape == (100, 28, 28) and 100 < images.mean() < 155


@pytest.mark.slow
def test_a_resumed_run_is_what_an_uninterrupted_one_is(module, finished, tmp_path):
    main, grows = module("train").main, shutil.copytree(finished[0], tmp_path / "grows")
    longer = ["--epochs", 2, "--iterations", "None"]
    play(main, "--resume", grows, *longer)
    play(main, *SMOKE, *longer, "--run-dir", tmp_path / "whole")
    assert_same_run(grows, tmp_path / "whole")


def test_mistakes_are_one_line(module, finished, capsys):
    run = str(finished[0])
    assert "--learning-rat" in refused(capsys, module("train").main, "--learning-rat", "1")
    assert "--digit" in refused(capsys, module("sample").main, run, "--digit", "1")
    for name in ("sample", "evaluate"):
        message = refused(capsys, module(name).main, "--pretrained")
        assert message.startswith("error: no weights come along for lsgan: ")


@pytest.mark.slow
def test_the_pages_commands_run(folder, finished, tmp_path):
    assert [name for name, _ in COMMANDS] == [
        "lsgan.train", "lsgan.train", "lsgan.sample", "lsgan.evaluate", "lsgan.report",
    ]  # fmt: skip
    page = shutil.copytree(folder, tmp_path / "page")
    for name, words in COMMANDS[1:]:
        printed(page, name, words)
    assert [row["iteration"] for row in folders.read_losses(page / "RUN")] == list(range(6))
    assert (page / "digits.png").is_file() and (page / "RUN" / "evaluation.json").is_file()
