"""The two commands of fashion_gan; what holds for all examples is in test_epoch_examples.py."""

import os
import re

import numpy as np
import pytest
from PIL import Image

from common.data import datasets
from common.runs import folders
from fashion_gan import sample, train
from tests.commands import arrays, command, load_generator, refused

TINY = ["--preset", "smoke"]
# 100 images and batches of 32 make epochs of 3 iterations and 4 images left over.
EPOCHS = [*TINY, "--epochs", "5", "--iterations", "None"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 15 iterations."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert train.main([*EPOCHS, "--run-dir", str(folder)]) == 0
    return folder


def test_row_line_and_pictures(finished):
    header = "iteration,epoch,d_loss,g_loss,d_accuracy_real,d_accuracy_fake,seconds"
    assert (finished / "losses.csv").read_text().splitlines()[0] == header
    row = r"\[D loss: \d+\.\d{4}\] \[G loss: \d+\.\d{4}\] "
    row += r"\[D accuracy: \d+% of reals, \d+% of fakes\]"
    lines = (finished / "log.txt").read_text().splitlines()
    assert re.fullmatch(rf"4: \[epoch 1\] {row}", lines[4]) and len(lines) == 15
    assert len(os.listdir(finished / "samples")) == 15
    assert Image.open(finished / "samples" / "000001.png").size == (560, 560)
    assert Image.open(finished / "losses.png").size == (800, 600)
    assert Image.open(finished / "progress.png").size == (60 + 560, 12 * 56)
    with Image.open(finished / "progress.gif") as film:
        assert film.size == (560, 560) and film.n_frames == 15
    document = folders.read_json(finished / "config.json")
    images, labels, _, _ = datasets.load("fashion_mnist")
    assert document["data_sha256"] == datasets.fingerprint(images[:100], labels[:100])


def test_mistakes_with_images_are_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--training-images", 70_001], "at most 70000"),
        (["--training-images", 0], "--training-images"),
        (["--data-dir", tmp_path / "nothing"], "nothing"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()


def test_own_images(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (70, 28, 28), dtype="uint8")
    np.savez(tmp_path / "own.npz", x_train=images, y_train=np.zeros(70, "uint8"))
    argv = ["--log-every", "1", "--epochs", "2", "--data-dir", str(tmp_path / "own.npz")]
    assert train.main([*argv, "--run-dir", str(tmp_path / "run")]) == 0
    rows = folders.read_losses(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1]  # 70 images: 2 batches, 6 left over


def test_sampling_command(finished, tmp_path):
    picture = tmp_path / "clothes.png"
    done = command("fashion_gan.sample", finished, "--count", 64, "--out", picture)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout == f"64 images: {picture}\n"
    assert Image.open(picture).size == (8 * 28 * 2, 8 * 28 * 2)


def test_samples_are_the_generators(finished, tmp_path):
    folder = finished
    drawn = arrays(sample, folder, tmp_path / "a.npz", "--count", 130)
    assert drawn["images"].shape == (130, 28, 28, 1) and drawn["images"].dtype == np.float32
    assert drawn["images"].min() >= 0 and drawn["images"].max() <= 1
    assert len(np.unique(drawn["noise"], axis=0)) == 130 and drawn["noise"].shape == (130, 30)
    generator = load_generator(folder, "fashion_gan")
    np.testing.assert_allclose(
        drawn["images"], generator.predict(drawn["noise"], verbose=0), atol=1e-6
    )
    assert sample.main([str(folder), "--count", "9", "--out", str(tmp_path / "a.png")]) == 0
    nine = arrays(sample, folder, tmp_path / "b.npz", "--count", 9)["images"]
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    np.testing.assert_allclose(picture[:28, 28:56], 255 * nine[1, ..., 0], atol=0.51)
    np.testing.assert_allclose(picture[28:56, :28], 255 * nine[3, ..., 0], atol=0.51)


def test_walk(finished, tmp_path):
    walk = arrays(sample, finished, tmp_path / "w.npz", "--show", "walk", "--count", 5)
    steps = np.linalg.norm(np.diff(walk["noise"], axis=0), axis=1)
    assert len(walk["images"]) == 5 and 0 < steps.max() < 1.5 * steps.min()
    assert sample.main([str(finished), "--show", "walk", "--out", str(tmp_path / "w.png")]) == 0
    assert Image.open(tmp_path / "w.png").size == (560, 56)
