"""The two commands of bilinear_gan; what holds for all examples is in test_epoch_examples.py."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from bilinear_gan import sample, train
from tests.commands import arrays, assert_same_run, load_generator, refused

TINY = ["--preset", "smoke", "--batch-size", "16"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 3 iterations with both options."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    argv = [*TINY, "--optimizer", "adam", "--train-mode", "--run-dir", str(folder)]
    assert train.main(argv) == 0
    return folder


def test_pictures_and_options(finished):
    header = "iteration,epoch,d_loss,g_loss,d_accuracy_real,d_accuracy_fake,seconds"
    assert (finished / "losses.csv").read_text().splitlines()[0] == header
    assert Image.open(finished / "final.png").size == (8 * 56, 2 * 56)
    assert Image.open(finished / "progress.png").size == (60 + 8 * 56, 3 * 56)
    settings = json.loads((finished / "config.json").read_text())["settings"]
    assert settings["optimizer"] == "adam" and settings["train_mode"] is True


def test_a_resume_keeps_both_options(tmp_path, capsys):
    """Bit for bit from the second of four iterations: BatchNorm, dropout, Adam's moments."""
    whole, folder = tmp_path / "whole", tmp_path / "resumed"
    argv = [*TINY, "--epochs", "2", "--iterations", "4", "--optimizer", "adam", "--train-mode"]
    argv += ["--checkpoint-seconds", "0"]
    assert train.main([*argv, "--run-dir", str(whole)]) == 0
    shutil.copytree(whole, folder)
    for flag in (["--optimizer", "new-adam-each-step"], ["--no-train-mode"]):
        assert flag[0].removeprefix("--no-").removeprefix("--") in refused(
            capsys, train.main, "--resume", folder, *flag
        )
    assert train.main(["--resume", str(folder / "checkpoints" / "000002-0000.npz")]) == 0
    assert_same_run(folder, whole)


def test_mistakes_are_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--optimizer", "sgd"], "optimizer"),
        (["--train-mode", "yes"], "yes"),
        (["--training-images", 70_001], "at most 70000"),
        (["--batch-size", 101], "--batch-size 101 exceeds the 100"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()


def test_samples_are_the_generators(finished, tmp_path):
    drawn = arrays(sample, finished, tmp_path / "a.npz", "--count", 9)
    assert drawn["images"].shape == (9, 28, 28, 1) and drawn["images"].dtype == np.float32
    assert len(np.unique(drawn["noise"], axis=0)) == 9 and drawn["noise"].shape == (9, 100)
    generator = load_generator(finished, "bilinear_gan")
    fakes = generator.predict(drawn["noise"], verbose=0)
    np.testing.assert_allclose(drawn["images"], fakes, atol=1e-6)
    assert sample.main([str(finished), "--count", "9", "--out", str(tmp_path / "a.png")]) == 0
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    grey = 255 * (np.clip(drawn["images"][3, ..., 0], -1, 1) + 1) / 2  # -1 is black
    np.testing.assert_allclose(picture[28:56, :28], grey, atol=0.51)


def test_walk(finished, tmp_path):
    walk = arrays(sample, finished, tmp_path / "w.npz", "--show", "walk", "--count", 5)
    assert walk["images"].shape == (5, 28, 28, 1)
