"""The two options of bilinear_gan's train; all else: tests/test_examples.py."""

import json
import shutil

import pytest
from PIL import Image

from bilinear_gan import train
from tests.commands import assert_same_run, play, refused

TINY = ["--preset", "smoke", "--batch-size", "16"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 3 iterations with both options."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    play(train.main, *TINY, "--optimizer", "adam", "--train-mode", "--run-dir", folder)
    return folder


def test_options_are_kept_and_pictures_have_16_noises(finished):
    assert Image.open(finished / "final.png").size == (8 * 56, 2 * 56)
    assert Image.open(finished / "progress.png").size == (60 + 8 * 56, 3 * 56)
    settings = json.loads((finished / "config.json").read_text())["settings"]
    assert settings["optimizer"] == "adam" and settings["train_mode"] is True


def test_a_resume_keeps_both_options(tmp_path, capsys):
    """Bit for bit from the second of four iterations: BatchNorm, dropout, Adam's moments."""
    whole, folder = tmp_path / "whole", tmp_path / "resumed"
    argv = [*TINY, "--epochs", "2", "--iterations", "4", "--optimizer", "adam", "--train-mode"]
    argv += ["--checkpoint-seconds", "0"]
    play(train.main, *argv, "--run-dir", whole)
    shutil.copytree(whole, folder)
    for name, *flags in [
        ("optimizer", "--optimizer", "new-adam-each-step"), ("train-mode", "--no-train-mode"),
    ]:  # fmt: skip
        assert name in refused(capsys, train.main, "--resume", folder, *flags)
    play(train.main, "--resume", folder / "checkpoints" / "000002-0000.npz")
    assert_same_run(folder, whole)


def test_impossible_options_are_refused_in_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--optimizer", "sgd"], "optimizer"),
        (["--train-mode", "yes"], "yes"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()
