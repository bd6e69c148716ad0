"""Values, distances and data of distribution_gan; all else: tests/test_examples.py."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from common.commands import generators
from common.runs import folders, tables
from distribution_gan import evaluate, sample, train, values
from tests.commands import TINY, assert_same_run, load_generator, play, refused

WHOLE = ["--batch-size", 32, "--log-every", 1, "--epochs"]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A file of 70 values from 100 to 169."""
    path = tmp_path_factory.mktemp("data") / "own.csv"
    path.write_text("\n".join(["height", *map(str, range(100, 170))]))
    return path


@pytest.fixture(scope="module")
def finished(own, tmp_path_factory):
    """A run of two epochs of two batches, 6 of the 70 values left over."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    play(train.main, *WHOLE, 2, "--data", own, "--run-dir", folder)
    return folder


def test_a_run_has_distances_in_the_datas_units(finished, own):
    rows = folders.read_losses(finished)
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1]
    for row in rows:  # the units are the file's: scaled ones would give less than 1
        assert 1 < row["wasserstein_1"] < 70 and 0 < row["kolmogorov_smirnov"] <= 1
    document = folders.read_json(finished / "config.json")
    assert document["data_range"] == [100, 169]
    assert document["settings"]["data"] == str(own)


def test_an_evaluation_scores_as_many_values_as_asked_for(tmp_path):
    argv = [*TINY, "--evaluate-every", 1, "--evaluate-count", 150, "--run-dir", tmp_path]
    play(train.main, *argv)
    settings = folders.read_config(tmp_path, "distribution_gan", train.Config)
    source = generators.Source(tmp_path)
    drawn = train.draw(
        load_generator(tmp_path, "distribution_gan"), 0, 150, sample.read_range(source)
    )
    last = tables.read_table(tmp_path / "metrics.csv")[-1]
    expected = values.distances(drawn, values.load(settings))
    assert last == pytest.approx({"iteration": 2.0, **expected}, rel=1e-6)


def test_data_may_move_but_not_change(finished, own, tmp_path, capsys):
    folder = shutil.copytree(finished, tmp_path / "copied")
    moved = Path(shutil.copy(own, tmp_path / "moved.csv"))
    play(train.main, "--resume", folder, "--epochs", 3, "--data", moved)
    assert [row["iteration"] for row in folders.read_losses(folder)] == [0, 1, 2, 3, 4, 5]
    play(train.main, *WHOLE, 3, "--data", own, "--run-dir", tmp_path / "whole")
    assert_same_run(folder, tmp_path / "whole")
    moved.write_text(moved.read_text().replace("150", "150.5"))
    again = ["--resume", folder, "--epochs", 4, "--data", moved]
    assert "the data is not what" in refused(capsys, train.main, *again)
    assert "moved.csv is not what" in refused(capsys, evaluate.main, folder)
    for flag, value in [("--distribution", "normal"), ("--training-values", 64)]:
        assert flag in refused(capsys, train.main, "--resume", folder, flag, value)


def test_mistakes_with_values_are_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--distribution", "cauchy"], "cauchy"),
        (["--training-values", 1], "--training-values is 1, but must be from 2 to 10000000"),
        (["--training-values", 10**12], "from 2 to 10000000"),
        (["--data", tmp_path / "nothing.csv"], "nothing.csv cannot be read"),
        (["--data", tmp_path / "x.csv", "--distribution", "apart"], "left out beside --data"),
        (["--data-dir", tmp_path], "--data-dir"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()
    # A learning rate that blows the weights up is found by the loop, not by the plots.
    assert "lower --learning-rate" in refused(capsys, train.main, *argv, "--learning-rate", 1e30)


def test_a_trained_runs_values_are_data_again(finished, tmp_path, capfd):
    path = tmp_path / "values.csv"
    play(sample.main, finished, "--count", 150, "--out", path)
    assert capfd.readouterr() == (f"150 values: {path}\n", "")
    header, *lines = path.read_text().splitlines()
    assert header == "value" and len(lines) == 150
    argv = [*TINY, "--data", path, "--training-values", 150]
    play(train.main, *argv, "--run-dir", tmp_path / "again")


def test_samples_are_the_generators_in_the_datas_units(finished, tmp_path):
    def drawn(name, *argv):
        path = tmp_path / name
        play(sample.main, finished, "--out", path, *argv)
        return np.load(path) if path.suffix == ".npy" else np.loadtxt(path, skiprows=1)

    values = drawn("a.npy", "--count", "3000")
    assert values.shape == (3000,) and values.dtype == np.float64
    assert values.min() >= 100 - 69 / 8 and values.max() <= 169 + 69 / 8
    np.testing.assert_array_equal(values, drawn("a.csv", "--count", "3000"))
    other = drawn("b.npy", "--count", "3000", "--seed", "1")
    assert not np.intersect1d(values, other).size > 30
    noise = np.random.default_rng(0).uniform(size=(3000, 10)).astype("float32")
    numbers = load_generator(finished, "distribution_gan").predict_on_batch(noise)
    expected = 134.5 + 69 / 0.8 * numbers.astype("float64")  # the middle of 100 to 169, the scale
    assert values.mean() == pytest.approx(expected.mean(), abs=5 * expected.std() / 3000**0.5)
    assert values.std() == pytest.approx(expected.std(), rel=0.1)


@pytest.mark.parametrize("wrong", [None, [3, 1], ["a", "b"], [1.0]])
def test_damaged_range_is_one_line(finished, tmp_path, capsys, wrong):
    folder = tmp_path / "copied"
    folder.mkdir()
    shutil.copy(finished / "generator.keras", folder)
    document = json.loads((finished / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**document, "data_range": wrong}))
    assert "no data_range" in refused(capsys, sample.main, folder)
