"""Pictures and data of fashion_gan's train; all else: tests/test_examples.py."""

from PIL import Image

from common.data import datasets
from common.runs import folders
from fashion_gan.train import main
from tests.commands import own_images, play


def test_a_long_run_has_twelve_rows_of_samples_on_its_picture_and_all_in_its_film(tmp_path):
    """15 iterations of 100 images: epochs of 3 batches of 32, and 4 images left over."""
    play(main, "--preset", "smoke", "--epochs", 5, "--iterations", "None", "--run-dir", tmp_path)
    samples = {path.name for path in (tmp_path / "samples").glob("*.png")}
    assert samples == {f"{n:06d}.png" for n in range(15)}
    assert Image.open(tmp_path / "samples" / "000001.png").size == (560, 560)
    assert Image.open(tmp_path / "losses.png").size == (800, 600)
    assert Image.open(tmp_path / "progress.png").size == (60 + 560, 12 * 56)
    with Image.open(tmp_path / "progress.gif") as film:
        assert film.size == (560, 560) and film.n_frames == 15
    images, labels, _, _ = datasets.load("fashion_mnist")
    first = datasets.fingerprint(images[:100], labels[:100])
    assert folders.read_json(tmp_path / "config.json")["data_sha256"] == first


def test_own_images_are_trained_on_in_whole_batches(tmp_path):
    own_images(tmp_path / "own.npz", 70)
    argv = ["--log-every", 1, "--epochs", 2, "--data-dir", tmp_path / "own.npz"]
    play(main, *argv, "--run-dir", tmp_path / "run")
    rows = folders.read_losses(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1]  # 70 images: 2 batches, 6 left over
