"""The two commands of dcgan; what holds for all examples is in test_epoch_examples.py."""

import numpy as np
import pytest
from PIL import Image

from dcgan import sample, train
from tests.commands import arrays, command, load_generator


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 3 iterations."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert train.main(["--preset", "smoke", "--run-dir", str(folder)]) == 0
    return folder


def test_sampling_command(finished, tmp_path):
    picture = tmp_path / "clothes.png"
    done = command("dcgan.sample", finished, "--count", 64, "--out", picture)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout == f"64 images: {picture}\n"
    assert Image.open(picture).size == (8 * 28 * 2, 8 * 28 * 2)


def test_samples_are_the_generators(finished, tmp_path):
    drawn = arrays(sample, finished, tmp_path / "a.npz", "--count", 110)
    assert drawn["images"].shape == (110, 28, 28, 1) and drawn["images"].dtype == np.float32
    assert -1 <= drawn["images"].min() < 0 < drawn["images"].max() <= 1
    assert len(np.unique(drawn["noise"], axis=0)) == 110 and drawn["noise"].shape == (110, 100)
    generator = load_generator(finished, "dcgan")
    np.testing.assert_allclose(
        drawn["images"], generator(drawn["noise"], training=False), atol=1e-5
    )
    assert sample.main([str(finished), "--count", "9", "--out", str(tmp_path / "a.png")]) == 0
    nine = arrays(sample, finished, tmp_path / "b.npz", "--count", 9)["images"]
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    for row, column, image in [(0, 1, nine[1]), (1, 0, nine[3])]:
        cell = picture[28 * row :, 28 * column :][:28, :28]
        np.testing.assert_allclose(cell, 127.5 * (image[..., 0] + 1), atol=0.51)


def test_walk(finished, tmp_path):
    walk = arrays(sample, finished, tmp_path / "w.npz", "--show", "walk", "--count", 5)
    steps = np.linalg.norm(np.diff(walk["noise"], axis=0), axis=1)
    assert len(walk["images"]) == 5 and 0 < steps.max() < 1.5 * steps.min()
    assert sample.main([str(finished), "--show", "walk", "--out", str(tmp_path / "w.png")]) == 0
    assert Image.open(tmp_path / "w.png").size == (560, 56)
