"""Sums of noises: which are averaged, and that what is drawn is their sum's image."""

import numpy as np
import pytest
from PIL import Image

from beyond.vae import sample as vae_sample
from beyond.vae import train as vae
from common.commands import arithmetic
from common.data import datasets
from common.data.datasets import scale
from mnist_wgan import sample, train
from tests.commands import TINY, arrays, load_generator, play, refused


def test_terms_are_means_of_the_noises_that_have_most_of_them():
    noise = np.float32([[1, 0], [3, 0], [0, 4], [0, 6], [5, 5], [7, 7]])
    measures = {
        "a": np.float32([9, 8, 0, 0, 1, 1]),
        "b": np.float32([0, 0, 8, 9, 1, 1]),
        "c": np.float32([0, 0, 0, 0, 9, 9]),
    }
    means, chosen = arithmetic.add(noise, measures, ("a", "b", "c"), 2)
    assert chosen.tolist() == [[0, 1], [3, 2], [4, 5]]  # the best first
    np.testing.assert_array_equal(means, [[2, 0], [0, 5], [6, 6], [8, 1]])
    means, _ = arithmetic.add(noise, measures, ("a", "b", "c"), 1)
    np.testing.assert_array_equal(means[3], [1 - 0 + 5, 0 - 6 + 5])


@pytest.mark.parametrize("black", [-1, 0])
def test_images_are_measured_by_what_they_are(black):
    """Real digits: the classifier reads their labels, and the most slanted ones are those that a
    shear has slanted."""
    data, declared = datasets.load("mnist"), {-1: train.EXAMPLE, 0: vae.EXAMPLE}[black]
    images = scale(data.x_test[:50], black)
    row = np.arange(28) - 14
    places = np.clip(np.arange(28) + row[:, None] // 2, 0, 27)  # a row further up, half a pixel on
    sheared = images[:, np.arange(28)[:, None], places]
    bold = np.maximum(images, np.roll(images, 1, axis=2))
    found = arithmetic.measure(declared, np.concatenate([images, sheared, bold]), own=False)
    assert [*found] == [*"0123456789", *arithmetic.MEASURED]
    read = np.argmax([found[digit][:50] for digit in "0123456789"], axis=0)
    assert np.mean(read == data.y_test[:50]) > 0.95
    assert (found["right"][50:100] > found["right"][:50] + 5).all()
    assert (found["bold"][100:] > found["bold"][:50]).all()
    for less, more in (("thin", "bold"), ("left", "right")):
        np.testing.assert_array_equal(found[less], -found[more])
    assert [*arithmetic.measure(declared, images, own=True)] == [*arithmetic.MEASURED]


def test_the_sum_is_drawn(tmp_path, capsys):
    run = tmp_path / "run"
    play(vae.main, *TINY, "--run-dir", run)
    flags = ["--show", "arithmetic", "--terms", "left", "right", "7", "--count", 3]
    drawn = arrays(vae_sample, run, tmp_path / "a.npz", *flags)
    assert drawn["averaged"].shape == (3, 3, 50) and drawn["images"].shape == (4, 28, 28, 1)
    first, second, third, total = drawn["noise"]
    np.testing.assert_allclose(drawn["averaged"].mean(axis=1), drawn["noise"][:3], atol=1e-6)
    np.testing.assert_allclose(first - second + third, total, atol=1e-6)
    generator = load_generator(run, "beyond.vae")
    np.testing.assert_allclose(
        drawn["images"], generator.predict(drawn["noise"], verbose=0), atol=1e-6
    )
    capsys.readouterr()
    play(vae_sample.main, run, *flags, "--out", tmp_path / "a.png")
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "left", "right", "7", "the sum", "left - right + 7"
    ]  # fmt: skip
    assert all("read as" in line and "degrees" in line for line in lines[:4])
    assert Image.open(tmp_path / "a.png").width == 800
    for argv, word in [
        (["--terms", "a", "b"], "--terms"),
        (["--terms", "bold", "thin", "10"], "--terms is 10, but must be among: 0, 1"),
        (["--count", 2001], "from 1 to 2000"),
    ]:
        assert word in refused(capsys, vae_sample.main, run, "--show", "arithmetic", *argv)
    assert "without --show arithmetic" in refused(capsys, vae_sample.main, run, *flags[2:])


def test_mnist_wgan_adds_noises_of_one_digit(tmp_path, capsys):
    run = tmp_path / "run"
    play(train.main, *TINY, "--iterations", 1, "--run-dir", run)
    drawn = arrays(sample, run, tmp_path / "a.npz", "--show", "arithmetic", "--digit", 3)
    digits = np.full((4, 1), 3)
    wanted = load_generator(run, "mnist_wgan").predict([drawn["noise"], digits], verbose=0)
    np.testing.assert_allclose(drawn["images"], wanted, atol=1e-6)
    assert "--digit is None" in refused(capsys, sample.main, run, "--show", "arithmetic")
