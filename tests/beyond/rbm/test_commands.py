"""The commands' own: columns and lines, filters, chains, the likelihood."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from beyond.rbm import ais, evaluate, report, sample, train
from common.commands import generators
from common.likelihood import binarized_test_images
from common.runs import folders
from tests.commands import TINY, arrays, own_images, play, refused


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three iterations of a machine with eight hidden units."""
    folder = tmp_path_factory.mktemp("rbm") / "run"
    play(train.main, *TINY, "--hidden", 8, "--run-dir", folder)
    return folder


def load(run):
    return generators.load(generators.Source(run), train.EXAMPLE)


def test_rows_have_both_free_energies_and_their_difference(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == ("iteration", "epoch", "loss", "data", "chains", "seconds")
    for row in rows:
        assert row["loss"] == pytest.approx(row["data"] - row["chains"], abs=1e-3)
    line = (run / "log.txt").read_text().splitlines()[0]
    number = r"-?\d+\.\d\d"
    wanted = rf"0: \[epoch 0\] \[loss: {number}\] \[data: {number}\] \[chains: {number}\]"
    assert re.fullmatch(wanted, line)


def test_own_flags_are_checked(run, tmp_path, capsys):
    for flags, word in [
        (["--hidden", 0], "--hidden is 0"),
        (["--gibbs-steps", 0], "--gibbs-steps is 0"),
        (["--chain-length", 0], "--chain-length is 0"),
        (["--binarisation", "fixed"], "--binarisation"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)
    for flags, word in [
        (["--test-images", 10_001], "--test-images is 10001"),
        (["--temperatures", 28], "--temperatures is 28"),
        (["--ais-chains", 1], "--ais-chains is 1"),
        (["--burn-in", -1], "--burn-in is -1"),
    ]:
        assert word in refused(capsys, evaluate.main, run, *flags)
    for flags, word in [
        (["--show", "chains", "--chain-length", 9], "--chain-length is 9"),
        (["--out", "digits.gif"], ".png or .npz"),
        (["--show", "chains", "--out", "chains.jpg"], ".png or .npz or .gif"),
    ]:
        assert word in refused(capsys, sample.main, run, *flags)


def test_a_run_with_a_linear_rate_does_not_grow(run, tmp_path, capsys):
    assert "linear falls to 0" in refused(capsys, train.main, "--resume", run, "--iterations", 4)
    argv = [*TINY, "--learning-rate-schedule", "constant", "--run-dir", tmp_path / "constant"]
    play(train.main, *argv)
    play(train.main, "--resume", tmp_path / "constant", "--iterations", 4)


def test_filters_are_the_weights(run, tmp_path):
    drawn = arrays(sample, run, tmp_path / "f.npz", "--show", "filters")["images"]
    weights = load(run).layers[1].rbm.get_weights()[0]
    expected = (weights / np.abs(weights).max(axis=0)).T.reshape(8, 28, 28, 1)
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)
    play(sample.main, run, "--show", "filters", "--count", 4, "--out", tmp_path / "f.png")
    assert Image.open(tmp_path / "f.png").size == (2 * 56, 2 * 56)


def test_chains_end_where_the_generators_samples_are(run, tmp_path):
    """Which take the run's five steps; on the way there are others."""
    flags = ["--show", "chains", "--count", 4]
    drawn = arrays(sample, run, tmp_path / "c.npz", *flags)
    assert drawn["moments"].tolist() == [1, 2, 3, 4, 5]
    images = drawn["images"].reshape(5, 4, 28, 28, 1)
    samples = arrays(sample, run, tmp_path / "s.npz", "--count", 4)
    np.testing.assert_array_equal(drawn["noise"], samples["noise"])
    np.testing.assert_allclose(images[-1], samples["images"], atol=1e-5)
    assert len(np.unique(images.reshape(5, -1), axis=0)) == 5
    play(sample.main, run, *flags, "--out", tmp_path / "c.png")
    assert Image.open(tmp_path / "c.png").size == (60 + 4 * 56, 5 * 56)
    play(sample.main, run, *flags, "--chain-length", 100, "--out", tmp_path / "c.gif")
    with Image.open(tmp_path / "c.gif") as film:
        assert film.size == (4 * 56, 56) and 50 < film.n_frames <= 60


def test_own_images_have_no_test_images(tmp_path, capsys):
    own_images(tmp_path / "own.npz", 40)
    argv = [*TINY, "--training-images", "None", "--data-dir", tmp_path / "own.npz"]
    play(train.main, *argv, "--run-dir", tmp_path / "run")
    assert "without test images" in refused(capsys, evaluate.main, tmp_path / "run")


def test_evaluate_estimates_the_likelihood_from_both_ends(run, capsys, scored):
    """Of eight hidden units, whose 256 states give log Z exactly."""
    play(evaluate.main, run, "--temperatures", 2900, "--ais-chains", 50, "--burn-in", 100)
    shown = capsys.readouterr().out
    found = json.loads((run / "evaluation.json").read_text())["likelihood"]
    W, b, c = evaluate.machine_of(load(run))
    hidden = (np.arange(256)[:, None] >> np.arange(8)) & 1
    of_hidden = hidden @ c + np.logaddexp(0, b + hidden @ W.T).sum(axis=1)
    exact = np.logaddexp.reduce(of_hidden)
    for end in ("", "_reverse"):
        assert found[f"log_z{end}_low"] < exact < found[f"log_z{end}_high"]
        assert found[f"log_z{end}"] == pytest.approx(exact, abs=0.1)
        assert f"{found[f'log_z{end}']:.2f}" in shown and f"{found[f'log_p{end}']:.2f}" in shown
    images = binarized_test_images("dynamic").reshape(-1, 784)
    log_p = -ais.free_energy((W, b, c), images) - exact
    assert found["log_p"] == pytest.approx(log_p.mean(), abs=0.1)
    assert found["gap"] == pytest.approx(found["log_p"] - found["log_p_reverse"], abs=1e-9)
    assert found["test_images"] == 10_000 and found["binarisation"] == "dynamic"
    assert "86.34" not in shown  # the paper's is of 500 hidden units
    play(report.main, run)
    page = (run / "report.html").read_text()
    assert "Likelihood of the test images" in page and "log p reverse" in page


def test_the_papers_number_stands_beside_that_of_its_own_size():
    found = {"binarisation": "dynamic", "test_images": 10_000, "gap": 0.25,
             "log_z": 450.0, "log_z_low": None, "log_z_high": 451.0, "log_p": -86.0,
             "log_z_reverse": 450.25, "log_z_reverse_low": 450.0, "log_z_reverse_high": 450.5,
             "log_p_reverse": -86.25}  # fmt: skip
    columns = [list(column.cells) for column in evaluate.table(found, 500).columns]
    assert columns[1:] == [
        ["450.00", "450.25", "0.25", ""],
        ["none to 451.00", "450.00 to 450.50", "", ""],
        ["-86.00", "-86.25", "-0.25", "-86.34"],
    ]
    for other, hidden in (({**found, "binarisation": "threshold"}, 500), (found, 499)):
        assert "-86.34" not in evaluate.table(other, hidden).columns[3].cells
