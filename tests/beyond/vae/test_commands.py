"""The commands' own: columns and lines, the encoder's file, the map, the likelihood."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from beyond.vae import evaluate, report, sample, train
from common.runs import folders
from tests.commands import TINY, arrays, own_images, play, refused


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three iterations of a VAE with two latent numbers."""
    folder = tmp_path_factory.mktemp("vae") / "run"
    play(train.main, *TINY, "--latent", 2, "--run-dir", folder)
    return folder


def test_rows_have_the_loss_and_its_parts_in_nats(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == ("iteration", "epoch", "loss", "reconstruction", "kl", "seconds")
    for row in rows:
        assert row["loss"] == pytest.approx(row["reconstruction"] + row["kl"], rel=1e-5)
        assert 0 < row["kl"] < row["loss"] < 784
    line = (run / "log.txt").read_text().splitlines()[0]
    number = r"\d+\.\d\d"
    wanted = rf"0: \[epoch 0\] \[loss: {number}\] \[reconstruction: {number}\] \[KL: {number}\]"
    assert re.fullmatch(wanted, line)


def test_the_encoder_lies_beside_the_generator(run):
    encoder = evaluate.load_encoder(evaluate.Config(run))
    newest = max((run / "checkpoints").iterdir())
    with np.load(newest) as kept:
        for number, weight in enumerate(encoder.get_weights()):
            np.testing.assert_array_equal(weight, kept[f"encoder/{number:03d}"])


def test_own_flags_are_checked(run, tmp_path, capsys):
    for flags, word in [
        (["--latent", 0], "--latent is 0"),
        (["--importance-samples", 0], "--importance-samples is 0"),
        (["--binarisation", "fixed"], "--binarisation"),
        (["--learning-rate-schedule", "linear"], "--learning-rate-schedule"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)
    for flags, word in [
        (["--test-images", -1], "--test-images is -1"),
        (["--test-images", 10_001], "--test-images is 10001"),
        (["--importance-samples", 30], "--importance-samples is 30"),
    ]:
        assert word in refused(capsys, evaluate.main, run, *flags)
    assert "--count is 10" in refused(capsys, sample.main, run, "--show", "map", "--count", 10)


def test_a_run_with_stages_grows_and_one_with_cosine_does_not(run, tmp_path, capsys):
    play(train.main, "--resume", run, "--iterations", 4)
    argv = [*TINY, "--learning-rate-schedule", "cosine", "--run-dir", tmp_path / "cosine"]
    play(train.main, *argv)
    more = ["--resume", tmp_path / "cosine", "--iterations", 4]
    assert "cosine falls to 0" in refused(capsys, train.main, *more)


def test_a_map_goes_through_the_normal_distributions_quantiles(run, tmp_path, capsys):
    drawn = arrays(sample, run, tmp_path / "m.npz", "--show", "map", "--count", 25)
    right, up = drawn["noise"].reshape(5, 5, 2).transpose(2, 0, 1)
    np.testing.assert_allclose(stats.norm.cdf(right[0]), [0.1, 0.3, 0.5, 0.7, 0.9], atol=1e-6)
    np.testing.assert_allclose(up[:, 0], right[0, ::-1])
    assert np.all(right == right[0]) and drawn["images"].shape == (25, 28, 28, 1)
    play(sample.main, run, "--show", "map", "--out", tmp_path / "m.png")
    assert Image.open(tmp_path / "m.png").size == (20 * 56, 20 * 56)


def test_a_map_of_more_numbers_and_a_missing_encoder_are_one_line(tmp_path, capsys):
    play(train.main, *TINY, "--run-dir", tmp_path / "run")
    said = refused(capsys, sample.main, tmp_path / "run", "--show", "map")
    assert "has 50 latent numbers" in said and "--latent 2" in said
    (tmp_path / "run" / "encoder.keras").unlink()
    said = refused(capsys, evaluate.main, tmp_path / "run")
    assert "encoder.keras does not exist" in said and "--test-images 0" in said


def test_own_images_have_no_test_images(tmp_path, capsys):
    own_images(tmp_path / "own.npz", 40)
    argv = [*TINY, "--training-images", "None", "--data-dir", tmp_path / "own.npz"]
    play(train.main, *argv, "--run-dir", tmp_path / "run")
    assert "without test images" in refused(capsys, evaluate.main, tmp_path / "run")


def test_evaluate_bounds_the_likelihood(run, capsys, scored):
    play(evaluate.main, run, "--test-images", 30, "--importance-samples", 100)
    shown = capsys.readouterr().out
    found = json.loads((run / "evaluation.json").read_text())["likelihood"]
    assert found["binarisation"] == "dynamic" and found["test_images"] == 30
    assert -784 < found["elbo"] < found["bound_50"] < found["bound_100"] < 0
    assert f"{found['elbo']:.2f}" in shown and f"{found['bound_100']:.2f}" in shown
    assert "86.76" not in shown  # the paper's is of 50 latent numbers
    assert 0 <= found["active_units"] <= 2
    play(report.main, run)
    page = (run / "report.html").read_text()
    assert "Likelihood of the test images" in page and str(found["bound_100"]) in page


def test_the_papers_numbers_stand_beside_those_of_its_own_network():
    found = {"binarisation": "dynamic", "test_images": 10_000, "elbo": -90.0, "bound_5000": -87.0,
             "active_units": 20}  # fmt: skip
    columns = [list(column.cells) for column in evaluate.table(found, 50).columns]
    assert columns[1:] == [["-90.00", "-87.00", "20 of 50"], ["", "-86.76", "19 of 50"]]
    for other in ({**found, "binarisation": "threshold"}, found):
        latent = 2 if other is found else 50
        assert list(evaluate.table(other, latent).columns[2].cells) == ["", "", ""]
