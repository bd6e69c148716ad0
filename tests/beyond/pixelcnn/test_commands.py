"""The commands' own: columns and lines, growing digits, completions, the likelihood."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from beyond.pixelcnn import evaluate, lecture, report, sample, train
from beyond.pixelcnn.generator import network_of
from common.data import datasets
from common.likelihood import binarized_test_images
from common.runs import folders
from tests.commands import TINY, arrays, load_generator, own_images, play, refused

SMALL = ["--filters", 4, "--blocks", 2, "--size", 5, "--places"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three iterations of a small network."""
    folder = tmp_path_factory.mktemp("pixelcnn") / "run"
    play(train.main, *TINY, *SMALL, "--run-dir", folder)
    return folder


def test_rows_have_the_loss_in_nats(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == ("iteration", "epoch", "loss", "seconds")
    assert all(0 < row["loss"] < 784 for row in rows)
    line = (run / "log.txt").read_text().splitlines()[0]
    assert re.fullmatch(r"0: \[epoch 0\] \[loss: \d+\.\d\d\]", line)


def test_own_flags_are_checked(run, tmp_path, capsys):
    for flags, word in [
        (["--filters", 0], "--filters is 0"),
        (["--blocks", 0], "--blocks is 0"),
        (["--size", 4], "--size is 4"),
        (["--size", 1], "--size is 1"),
        (["--optimizer", "sgd"], "--optimizer"),
        (["--binarisation", "fixed"], "--binarisation"),
        (["--learning-rate-schedule", "stages"], "--learning-rate-schedule"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)
    for flags, word in [
        (["--test-images", -1], "--test-images is -1"),
        (["--test-images", 10_001], "--test-images is 10001"),
    ]:
        assert word in refused(capsys, evaluate.main, run, *flags)


def test_a_constant_rate_goes_on_and_a_cosine_does_not(run, tmp_path, capsys):
    play(train.main, "--resume", run, "--iterations", 4)
    argv = [*TINY, *SMALL, "--learning-rate-schedule", "cosine", "--run-dir", tmp_path / "cosine"]
    play(train.main, *argv)
    more = ["--resume", tmp_path / "cosine", "--iterations", 4]
    assert "cosine falls to 0" in refused(capsys, train.main, *more)


def test_digits_grow_pixel_by_pixel(run, tmp_path):
    whole = arrays(sample, run, tmp_path / "s.npz", "--count", 3)["images"]
    grown = arrays(sample, run, tmp_path / "g.npz", "--show", "growing", "--count", 3)["images"]
    stages = grown.reshape(3, sample.STAGES, 784)
    np.testing.assert_array_equal(stages[:, -1], whole.reshape(3, 784))
    there = stages != np.float32(sample.UNKNOWN)
    assert np.array_equal(np.sort(there, axis=2)[..., ::-1], there)  # in raster order
    assert np.all(np.diff(there.sum(axis=2), axis=1) > 80)
    for before, after in zip(stages[:, 0], stages[:, -1], strict=True):
        np.testing.assert_array_equal(before[:87], after[:87])
    play(sample.main, run, "--show", "growing", "--out", tmp_path / "g.png")
    assert Image.open(tmp_path / "g.png").size == (sample.STAGES * 56, 10 * 56)


def test_completions_keep_the_upper_halves_of_test_digits(run, tmp_path):
    drawn = arrays(sample, run, tmp_path / "c.npz", "--show", "completions", "--count", 2)
    rows, digits = drawn["images"].reshape(2, -1, 28, 28, 1), binarized_test_images("dynamic", 2)
    assert rows.shape[1] == 2 + sample.COMPLETIONS
    np.testing.assert_array_equal(rows[:, 0], digits)
    for row, digit in zip(rows, digits, strict=True):
        assert np.all(row[:, :14] == digit[:14]) and np.all(row[1, 14:] == np.float32(0.3))
        assert len(np.unique(row[2:, 14:], axis=0)) == sample.COMPLETIONS


def test_own_images_have_no_test_images(tmp_path, capsys):
    own_images(tmp_path / "own.npz", 40)
    argv = [*TINY, *SMALL, "--training-images", "None", "--data-dir", tmp_path / "own.npz"]
    play(train.main, *argv, "--run-dir", tmp_path / "run")
    assert "without test images" in refused(capsys, evaluate.main, tmp_path / "run")


def test_evaluate_computes_the_likelihood(run, capsys, scored):
    play(evaluate.main, run, "--test-images", 130)
    shown = capsys.readouterr().out
    found = json.loads((run / "evaluation.json").read_text())["likelihood"]
    assert found["binarisation"] == "dynamic" and found["test_images"] == 130
    images = binarized_test_images("dynamic", 130)
    network = network_of(load_generator(run, "beyond.pixelcnn"))
    each = -np.asarray(lecture.nats(images, network(images)))
    assert found["log_likelihood"] == pytest.approx(each.mean(), rel=1e-5)
    assert found["standard_error"] == pytest.approx(each.std() / np.sqrt(130), rel=1e-4)
    assert f"{found['log_likelihood']:.2f}" in shown and "-81.30" in shown
    play(report.main, run)
    page = (run / "report.html").read_text()
    assert "Likelihood of the test images" in page and str(found["log_likelihood"]) in page


def test_the_papers_number_is_not_of_thresholded_digits():
    found = {"binarisation": "threshold", "test_images": 10, "log_likelihood": -60.0,
             "standard_error": 1.0}  # fmt: skip
    assert list(evaluate.table(found).columns[2].cells) == ["", ""]
    found["binarisation"] = "dynamic"
    assert list(evaluate.table(found).columns[2].cells) == ["-81.30", ""]


def test_samples_stand_beside_real_digits_in_black_and_white():
    real = train.change(datasets.scale(datasets.load("mnist").x_test[:200]))
    np.testing.assert_array_equal((real + 1) / 2, binarized_test_images("dynamic", 200))
