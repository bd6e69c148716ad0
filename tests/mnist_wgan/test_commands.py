"""What mnist_wgan's commands have of their own; what holds for every example:
tests/test_examples.py."""

import re
import shutil
import signal

import keras
import numpy as np
import pytest

from common.runs import weights
from common.runs.signals import held_signals
from mnist_wgan import sample, train
from mnist_wgan.train import Game
from tests.commands import TINY, arrays, interrupted, play, refused


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one iteration with the script's generator."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    play(train.main, *TINY, "--generator", "script", "--iterations", 1, "--run-dir", folder)
    return folder


def test_weights_that_are_no_numbers_are_not_saved(tmp_path, capsys, monkeypatch):
    """The generator's steps are the real ones, and so are all losses; the second spoils a bias."""
    real = Game.update_generator

    def spoilt(game, *drawn):
        losses = real(game, *drawn)
        if int(game.combined.optimizer.iterations) == 2:
            bias = game.generator.weights[-1]
            bias.assign(keras.ops.full_like(bias, float("nan")))
        return losses

    monkeypatch.setattr(Game, "update_generator", spoilt)
    run, argv = tmp_path / "run", [*TINY, "--checkpoint-seconds", 0, "--log-every", 3]
    # The compiled engine would call a step only once, to trace it.
    message = refused(capsys, train.main, *argv, "--engine", "reference", "--run-dir", run)
    kept = sorted((run / "checkpoints").glob("*.npz"))
    assert "iteration 2: weight generator/" in message and str(kept[-1]) in message
    for path in kept:
        with np.load(path) as archive:
            assert all(np.isfinite(archive[name]).all() for name in archive.files), path
    monkeypatch.undo()
    play(train.main, "--resume", run)


def test_what_shows_all_digits_draws_no_more_images_than_samples_may(capsys):
    for show in ("digits", "walk"):
        argv = ["--pretrained", "--show", show, "--count", 10_001]
        assert "at most 10000" in refused(capsys, sample.main, *argv)
    sample.Config(pretrained=True, show="digits", count=10_000)
    sample.Config(pretrained=True, show="walk", digit=7, count=100_000)


def test_second_signal_is_not_held_back():
    with pytest.raises(KeyboardInterrupt), held_signals() as came:
        signal.raise_signal(signal.SIGINT)
        assert came == [signal.SIGINT]
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_slides_on_a_cpu_hint_at_quick(tmp_path):
    """The real command of the slides at the smallest size, interrupted once the estimate is out."""
    hint = "For pictures much sooner: python -m mnist_wgan.train --preset quick"
    line = ["-m", "mnist_wgan.train", "--batch-size", 1, "--run-dir", tmp_path / "run"]
    status, lines, _ = interrupted(line, hint, signal.SIGINT)
    assert status == 130
    assert re.fullmatch(r".* s/iteration: 25,000 iterations take .*", lines[lines.index(hint) - 1])


def test_no_gpu_is_one_line(capsys):
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    assert "GPU" in refused(capsys, train.main, *TINY, "--device", "gpu")


def test_a_run_is_sampled_with_the_generator_that_it_trained(run, tmp_path, capsys):
    """The slides' and the script's have the same weights, so that one's would fit the other."""
    drawn = arrays(sample, run, tmp_path / "a.npz", "--count", 7)
    trained = keras.models.load_model(run / "generator.keras")
    expected = trained.predict_on_batch([drawn["noise"], drawn["digits"][:, None]])
    np.testing.assert_allclose(drawn["images"], expected, atol=1e-6)
    assert abs(expected).max() > 1e-3  # so far from 0 that the two would differ
    same = arrays(sample, run / "generator.keras", tmp_path / "b.npz", "--count", 7)
    np.testing.assert_array_equal(same["images"], drawn["images"])
    alone = shutil.copy(run / "generator.keras", tmp_path)
    assert "name its run's folder" in refused(capsys, sample.main, alone)
    weights.save(tmp_path / "w.npz", trained)
    assert "other layers" in refused(capsys, sample.main, tmp_path / "w.npz")


def test_samples_and_walks_keep_the_digit_and_ten_digits_share_a_noise(run, tmp_path):
    def drawn(*flags):
        return arrays(sample, run, tmp_path / "drawn.npz", *flags)

    assert list(drawn("--count", 25)["digits"]) == [n % 10 for n in range(25)]
    assert list(drawn("--count", 3, "--digit", 7)["digits"]) == [7, 7, 7]
    assert list(drawn("--show", "walk", "--digit", 3, "--count", 5)["digits"]) == [3] * 5
    rows = drawn("--show", "walk", "--count", 4)
    assert list(rows["digits"]) == [digit for digit in range(10) for _ in range(4)]
    ten = drawn("--show", "digits", "--count", 2)
    assert list(ten["digits"]) == [*range(10), *range(10)]
    assert len(np.unique(ten["noise"], axis=0)) == 2
