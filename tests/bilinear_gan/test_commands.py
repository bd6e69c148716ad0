"""The two options of bilinear_gan's train; all else: tests/test_examples.py."""

from bilinear_gan import train
from common.runs import folders
from tests.commands import TINY, assert_resumes_from_the_middle, play, refused


def test_a_resume_keeps_both_options(tmp_path, capsys):
    """Bit for bit from the second of four iterations: BatchNorm, dropout, Adam's moments."""
    whole, folder = tmp_path / "whole", tmp_path / "resumed"
    argv = [*TINY, "--batch-size", 16, "--epochs", 2, "--iterations", 4, "--checkpoint-seconds", 0]
    play(train.main, *argv, "--optimizer", "adam", "--train-mode", "--run-dir", whole)
    settings = folders.read_json(whole / "config.json")["settings"]
    assert settings["optimizer"] == "adam" and settings["train_mode"] is True
    assert_resumes_from_the_middle(train.main, whole, folder)
    for name, *flags in [
        ("optimizer", "--optimizer", "new-adam-each-step"), ("train-mode", "--no-train-mode"),
    ]:  # fmt: skip
        assert name in refused(capsys, train.main, "--resume", folder, *flags)


def test_impossible_options_are_refused_in_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [(["--optimizer", "sgd"], "optimizer"), (["--train-mode", "yes"], "yes")]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()
