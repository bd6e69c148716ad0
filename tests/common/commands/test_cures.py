"""What cures change in the commands: a noise that all of them know, and the end of a schedule."""

import shutil

import numpy as np
import pytest

from common.runs import folders, tables, weights
from distribution_gan import evaluate as distribution_evaluate
from distribution_gan import sample as distribution_sample
from distribution_gan import train as distribution_train
from fashion_gan import evaluate, sample, train
from tests.commands import arrays, assert_same_run, load_generator, play, refused

SMOKE = ["--preset", "smoke"]
EVALUATED = ["--evaluate-every", 2, "--evaluate-count", 100]
FLAGS = ["--latent", "7", "--noise", "uniform"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of fashion_gan, whose lecture has 30 normal numbers."""
    folder = tmp_path_factory.mktemp("noise") / "run"
    play(train.main, *SMOKE, *FLAGS, "--run-dir", folder)
    return folder


def test_sample_draws_that_noise(finished, tmp_path):
    drawn = arrays(sample, finished, tmp_path / "a.npz", "--count", 200)
    noise = drawn["noise"]
    assert noise.shape == (200, 7) and 0 <= noise.min() < 0.01 and 0.99 < noise.max() <= 1
    images = load_generator(finished, "fashion_gan").predict(noise, verbose=0)
    np.testing.assert_allclose(drawn["images"], images, atol=1e-6)
    walk = arrays(sample, finished, tmp_path / "w.npz", "--show", "walk", "--count", 5)
    assert walk["noise"].shape == (5, 7) and walk["noise"].min() >= 0


def test_a_resumed_run_keeps_it(finished, tmp_path, capsys):
    folder = shutil.copytree(finished, tmp_path / "run")
    more = ["--iterations", None, "--epochs", 2]
    play(train.main, "--resume", folder, *more)
    play(train.main, *SMOKE, *FLAGS, *more, "--run-dir", tmp_path / "whole")
    assert_same_run(folder, tmp_path / "whole")
    for flag, value in [("--latent", 8), ("--noise", "normal")]:
        message = refused(capsys, train.main, "--resume", folder, flag, value)
        assert f"{flag} was {FLAGS[FLAGS.index(flag) + 1]}" in message


def test_a_generator_of_another_length_of_noise_is_refused(finished, tmp_path, capsys):
    """A file alone doesn't tell of its run: it has to be of the lecture's network."""
    alone = shutil.copy(finished / "generator.keras", tmp_path / "alone.keras")
    message = refused(capsys, sample.main, alone, "--out", tmp_path / "a.png")
    assert "another network than this example's generator; name its run's folder" in message
    generator = load_generator(finished, "fashion_gan")
    weights.save(tmp_path / "alone.npz", generator, "float32")
    message = refused(capsys, sample.main, tmp_path / "alone.npz", "--out", tmp_path / "a.png")
    assert "000/kernel has the shape (7, 100), not (30, 100)" in message
    # config.json says otherwise than the file beside it.
    folder = shutil.copytree(finished, tmp_path / "run")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"latent": 7', '"latent": 8'))
    assert "another network" in refused(capsys, sample.main, folder, "--out", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.slow
def test_evaluate_scores_that_noise(tmp_path):
    play(train.main, *SMOKE, *FLAGS, *EVALUATED, "--run-dir", tmp_path)
    assert_scores_agree(evaluate, tmp_path)


def assert_scores_agree(evaluate, folder):
    """The last row of metrics.csv is what evaluate says of as many samples of seed 0."""
    play(evaluate.main, folder, "--count", 100, "--seeds", 1)
    last = tables.read_table(folder / "metrics.csv")[-1]
    del last["iteration"]
    scores = folders.read_json(folder / "evaluation.json")["scores"]
    assert last == pytest.approx({name: scores[name]["mean"] for name in last}, rel=1e-4)


def test_so_do_those_of_distribution_gan_whose_lecture_has_uniform_noise(tmp_path):
    drawn = {}
    for kind in ("normal", "uniform"):
        folder = tmp_path / kind
        argv = [*SMOKE, "--latent", 3, "--noise", kind, *EVALUATED, "--run-dir", folder]
        play(distribution_train.main, *argv)
        assert_scores_agree(distribution_evaluate, folder)
        assert load_generator(folder, "distribution_gan").input_shape == (None, 3)
        play(distribution_sample.main, folder, "--count", 1000, "--out", folder / "x.npy")
        drawn[kind] = np.load(folder / "x.npy")
    # Uniform numbers lie closer together, and so do what three iterations make of them.
    assert np.std(drawn["normal"]) > 2 * np.std(drawn["uniform"])


def test_a_run_whose_learning_rate_has_come_to_0_says_so_and_does_not_grow(tmp_path, capsys):
    main, folder = distribution_train.main, tmp_path / "run"
    play(main, *SMOKE, "--learning-rate-schedule", "cosine", "--run-dir", folder)
    capsys.readouterr()
    play(main, "--resume", folder)
    said = (
        "All 3 iterations are done; to train longer: a new run, for the learning rate has come to 0"
    )
    assert said in capsys.readouterr().out
    message = refused(capsys, main, "--resume", folder, "--iterations", None)
    assert (
        "--iterations was 3 in the run to resume, over which --learning-rate-schedule cosine falls "
        "to 0, and cannot become None; leave --iterations out, or start"
    ) in message
