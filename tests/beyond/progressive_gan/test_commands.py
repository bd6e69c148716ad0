"""The commands' own: columns, flags, the picture of the stages."""

import numpy as np
import pytest
from PIL import Image

from beyond.progressive_gan import train
from common.runs import folders
from tests.commands import TINY, load_generator, play, refused

NAME = "beyond.progressive_gan"
GROWS = [*TINY, "--batch-size", 16, "--stage-images", 32, "--iterations", 8, "--epochs", 2]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of two iterations at each size."""
    folder = tmp_path_factory.mktemp("progressive") / "run"
    play(train.main, *GROWS, "--run-dir", folder)
    return folder


def test_rows_tell_the_stage(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == (
        "iteration", "epoch", "side", "alpha", "d_loss", "g_loss", "distance", "seconds",
    )  # fmt: skip
    assert [row["side"] for row in rows] == [4, 4, 8, 8, 16, 16, 32, 32]
    assert [row["alpha"] for row in rows] == [1, 1, 0, 1, 0, 1, 0, 1]


def test_stages_stand_on_one_picture_each_with_its_last_samples(run):
    picture = np.asarray(Image.open(run / "stages.png"))
    assert picture.shape == (4 * 56, 60 + 560)
    for row, iteration in enumerate((1, 3, 5, 7)):
        with np.load(run / "samples" / f"{iteration:06d}.npz") as kept:
            first = kept["images"][0]
        np.testing.assert_array_equal(picture[row * 56 : (row + 1) * 56 : 2, 60:116:2], first)
    blocks = picture[12:28:2, 72:88:2]  # of the first image, in the first stage
    assert len(np.unique(blocks)) == 1


def test_own_flags_are_checked(tmp_path, capsys):
    for flags, word in [
        (["--stage-images", 31], "--stage-images is 31"),
        (["--averaging", 1], "--averaging is 1"),
        (["--minutes", 1], "--minutes needs --no-growing"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)


def test_the_stages_of_a_run_stay_when_it_is_resumed(run, capsys):
    for flags, named in [
        (["--stage-images", 64], "--stage-images was 32"),
        (["--no-growing"], "--growing was True"),
        (["--averaging", 0.5], "--averaging was 0.999"),
    ]:
        assert named in refused(capsys, train.main, "--resume", run, *flags)


def test_all_at_once_takes_part_in_everything(tmp_path):
    folder = tmp_path / "run"
    play(train.main, *TINY, "--no-growing", "--iterations", 2, "--run-dir", folder)
    assert [row["side"] for row in folders.read_losses(folder)] == [32, 32]
    assert Image.open(folder / "stages.png").size == (60 + 560, 56)
    images = load_generator(folder, NAME).predict(np.ones((2, 64)), verbose=0)
    assert images.shape == (2, 28, 28, 1)
