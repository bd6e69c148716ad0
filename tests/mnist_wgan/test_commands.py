"""mnist_wgan's commands as a user types them, and every mistake a user can make; what holds for
every example: tests/test_examples.py."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from common.data import datasets
from common.runs import folders, weights
from common.runs.signals import held_signals
from mnist_wgan import sample, train
from mnist_wgan.train import COLUMNS, Game
from tests.commands import (
    ROOT,
    TINY,
    arrays,
    assert_same_run,
    command,
    interrupted,
    play,
    refused,
    train_whole,
)
from tests.games import spoil


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return train_whole("mnist_wgan", tmp_path_factory)


@pytest.fixture
def copied(finished, tmp_path):
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


def test_training_shows_what_it_does(finished):
    folder, out = finished
    lines = out.splitlines()
    assert lines[0].startswith("Device: CPU, ") and str(folder) in lines[0]
    number = r"-?\d+\.\d{3,4}"
    row = rf"\[D true loss: {number}\] \[D fake loss: {number}\] \[DG loss: {number}\] "
    row += rf"\[Total loss: {number}\]"
    for iteration, line in enumerate(lines[1:4]):
        assert re.fullmatch(f"{iteration}: {row}", line)
    assert str(folder / "final.png") in lines[4]
    assert lines[5] == f"More of them: python -m mnist_wgan.sample {folder}"
    assert lines[6:] == [f"Report: {folder / 'report.html'}"]


def test_run_folder_has_rows_lines_pictures_and_settings(finished):
    folder, out = finished
    assert sorted(os.listdir(folder)) == [
        "checkpoints", "config.json", "final.npz", "final.png", "generator.keras", "log.txt",
        "losses.csv", "losses.png", "progress.gif", "progress.png", "report.html", "samples",
    ]  # fmt: skip
    assert Image.open(folder / "progress.png").size == (60 + 560, 3 * 56)
    with Image.open(folder / "progress.gif") as film:
        assert film.size == (560, 560)
    header = "iteration,d_true,d_fake,dg,total,d_true_wasserstein,d_true_class,"
    header += "d_fake_wasserstein,d_fake_class,dg_wasserstein,dg_class,seconds"
    assert (folder / "losses.csv").read_text().splitlines()[0] == header
    rows = folders.read_losses(folder)
    assert [row["iteration"] for row in rows] == [0, 1, 2] and tuple(rows[0]) == COLUMNS
    for row in rows:
        assert row["total"] == row["d_true"] + row["d_fake"]
        for name in ("d_true", "d_fake", "dg"):
            parts = row[f"{name}_wasserstein"] + row[f"{name}_class"]
            assert row[name] == pytest.approx(parts, rel=1e-5)
    assert (folder / "log.txt").read_text().splitlines() == out.splitlines()[1:4]
    names = [f"{n:06d}.{kind}" for n in range(3) for kind in ("npz", "png")]
    assert sorted(os.listdir(folder / "samples")) == names
    assert Image.open(folder / "samples" / "000001.png").size == (560, 560)
    config = json.loads((folder / "config.json").read_text())
    assert config["example"] == "mnist_wgan" and config["settings"]["critic_updates"] == 2
    assert set(config["settings"]) == set(train.Config.__dataclass_fields__) - {"run_dir", "resume"}
    assert {"tensorflow", "keras", "numpy"} <= set(config["packages"])
    assert config["device"].startswith("CPU") and "commit" in config


@pytest.mark.parametrize(
    ("updates", "iterations"), [(1, 2), (7, 1), pytest.param(100, 1, marks=pytest.mark.slow)]
)
def test_critic_updates_come_before_each_generator_update(tmp_path, updates, iterations):
    argv = [*TINY, "--critic-updates", updates, "--iterations", iterations, "--batch-size", 1]
    play(train.main, *argv, "--run-dir", tmp_path / "run")
    with np.load(tmp_path / "run" / "checkpoints" / f"{iterations:06d}-0000.npz") as archive:
        assert archive["critic_optimizer/000"] == 2 * updates * iterations
        assert archive["generator_optimizer/000"] == iterations


LONG = [*TINY, "--critic-updates", 6, "--iterations", 8, "--checkpoint-seconds", 0.2]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    play(train.main, *LONG, "--run-dir", folder)
    return folder


@pytest.mark.parametrize(
    ("how", "status"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGKILL, -9, marks=pytest.mark.slow),
    ],
)
def test_stopped_run_resumes_to_what_an_uninterrupted_one_gives(
    uninterrupted, tmp_path, how, status
):
    """Also from the middle of an iteration: 8 iterations of 6 critic updates. By real commands."""
    folder = tmp_path / "stopped"
    line = ["-m", "mnist_wgan.train", *LONG, "--run-dir", folder]
    at = "1: " if how == signal.SIGKILL else "0: "
    returned, lines, err = interrupted(line, at, how)
    assert (returned, err) == (status, "") and len(folders.read_losses(folder)) < 8
    again = ["mnist_wgan.train", "--resume", str(folder)]
    if how == signal.SIGKILL:
        with open(folder / "losses.csv", "a") as file:
            file.write("7,0.5,0.")  # what a kill in the middle of a line leaves
        play(train.main, *again[1:])
    else:
        assert lines[-1].endswith(f"Continue with: python -m {' '.join(again)}")
        assert {"generator.keras", "progress.gif", "report.html"} < set(os.listdir(folder))
        resumed = command(*again)
        assert resumed.returncode == 0, resumed.stderr
        sessions = json.loads((folder / "config.json").read_text())["resumed"]
        assert len(sessions) == 1 and "--resume" in sessions[0]["command"]
    assert_same_run(folder, uninterrupted)
    assert not list(folder.glob("**/*.tmp"))


MIXED = [*TINY, "--dtype", "bfloat16", "--class-weight", 10, "--checkpoint-seconds", 0]


def assert_resumes(whole, tmp_path, names):
    """A checkpoint after every update; each one leads to the same end."""
    assert sorted(os.listdir(whole / "checkpoints")) == names
    for name in names[:2]:
        folder = Path(shutil.copytree(whole, tmp_path / name[:-4]))
        play(train.main, "--resume", folder / "checkpoints" / name)
        assert_same_run(folder, whole)


def test_a_resume_from_the_middle_of_an_iteration_gives_the_same_run(finished, tmp_path):
    assert_resumes(finished[0], tmp_path, ["000002-0000.npz", "000002-0001.npz", "000003-0000.npz"])


@pytest.mark.slow
def test_so_it_does_in_bfloat16_with_a_class_weight(tmp_path):
    play(train.main, *MIXED, "--critic-updates", 3, "--run-dir", tmp_path / "whole")
    names = ["000002-0001.npz", "000002-0002.npz", "000003-0000.npz"]
    assert_resumes(tmp_path / "whole", tmp_path, names)


def test_more_iterations_go_on_where_the_run_ended(finished, copied, tmp_path, capsys):
    (copied / "generator.keras").unlink()  # as a kill after the last checkpoint would have it
    (copied / "final.png").unlink()
    play(train.main, "--resume", copied)
    assert "to train longer: --iterations" in capsys.readouterr().out
    assert_same_run(copied, finished[0])
    assert len(arrays(sample, copied, tmp_path / "x.npz", "--count", 2)["images"]) == 2
    play(train.main, "--resume", copied, "--iterations", 4)
    play(train.main, *TINY, "--iterations", 4, "--run-dir", tmp_path / "whole")
    assert_same_run(copied, tmp_path / "whole")


def test_damaged_checkpoint_is_named_and_the_one_before_it_works(finished, copied, capsys):
    before, newest = sorted((copied / "checkpoints").glob("*.npz"))[-2:]
    with open(newest, "r+b") as file:
        file.seek(newest.stat().st_size // 2)
        file.write(b"damage")
    message = refused(capsys, train.main, "--resume", copied)
    assert str(newest) in message
    offered = message.split("with --resume ")[1].strip()
    assert offered == str(before)
    play(train.main, "--resume", offered)
    assert_same_run(copied, finished[0])


def test_changed_settings_other_runs_and_no_runs_are_refused_and_nothing_changes(
    finished, copied, tmp_path, capsys
):
    for flag, value in [("--seed", 9), ("--clip", 0.02), ("--dtype", "bfloat16")]:
        assert flag in refused(capsys, train.main, "--resume", copied, flag, value)
    for folder in (tmp_path / "nothing", tmp_path):
        assert "is not a run" in refused(capsys, train.main, "--resume", folder)
        assert "is not a run" in refused(capsys, sample.main, folder)
    assert "too long" in refused(capsys, sample.main, tmp_path / ("x" * 300))
    assert_same_run(copied, finished[0])

    document = json.loads((copied / "config.json").read_text())
    for change, word in [
        ({"example": "dcgan"}, "dcgan"),
        ({"settings": {**document["settings"], "d_iters": 5}}, "d_iters"),
        ({"settings": {**document["settings"], "iterations": 2.5}}, "iterations"),
        ({"settings": None}, "config.json"),
        ({"data_sha256": "0" * 64}, "the data is not"),
    ]:
        (copied / "config.json").write_text(json.dumps({**document, **change}))
        assert word in refused(capsys, train.main, "--resume", copied, "--iterations", 4)
    (copied / "config.json").write_text("{")
    assert "config.json" in refused(capsys, train.main, "--resume", copied)


def test_folder_that_is_not_empty_or_cannot_be_made_is_refused(finished, tmp_path, capsys):
    folder = finished[0]
    before = {path: path.stat().st_mtime_ns for path in folder.glob("**/*")}
    assert "not empty" in refused(capsys, train.main, *TINY, "--run-dir", folder)
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("**/*")}
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "run"
    assert str(inside) in refused(capsys, train.main, *TINY, "--run-dir", inside)


@pytest.mark.slow
def test_full_disk_is_one_line_and_keeps_what_was_saved(tmp_path):
    """The system refuses to write more than 6 MB to a file; a checkpoint has 54 MB."""

    def limited(megabytes, *argv):
        code = (
            f"import resource, sys; size = {megabytes} * 10**6\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
            "from mnist_wgan import train; sys.exit(train.main(sys.argv[1:]))"
        )
        line = [sys.executable, "-c", code, *map(str, argv)]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stderr

    folder = tmp_path / "run"
    status, err = limited(6, *TINY, "--run-dir", tmp_path / "run0")
    assert status == 2 and err.startswith("error: cannot write ") and "make room" in err
    assert limited(60, *TINY, "--run-dir", folder)[0] == 0
    kept = os.listdir(folder / "checkpoints")
    status, err = limited(6, "--resume", folder, "--iterations", 5)
    assert status == 2 and err.startswith("error: cannot write ") and err.count("\n") == 1
    assert set(kept) <= set(os.listdir(folder / "checkpoints"))
    assert not list(folder.glob("**/*.tmp"))
    play(train.main, "--resume", folder, "--iterations", 5)


# The compiled engine calls a step only once, to trace it.
EACH = ["--preset", "smoke", "--engine", "reference", "--checkpoint-seconds", 0]


def stopped(capsys, folder, *argv):
    """What a run says that must stop with a checkpoint, and its checkpoints."""
    message = refused(capsys, train.main, *EACH, *argv, "--run-dir", folder)
    kept = sorted((folder / "checkpoints").glob("*.npz"))
    assert str(kept[-1]) in message
    return message, kept


@pytest.mark.parametrize(
    ("step", "loss", "bad", "late"),
    [
        (
            "update_discriminator", "d_true", float("nan"),
            lambda game: game.critic.optimizer.iterations > 4,  # two each in iteration 0
        ),
        pytest.param(
            "update_generator", "dg", float("-inf"),
            lambda game: game.combined.optimizer.iterations > 1, marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_loss_that_is_no_number_stops_the_run(tmp_path, capsys, monkeypatch, step, loss, bad, late):
    """In iteration 1."""
    spoil(monkeypatch, Game, step, loss, late, bad)
    message, _ = stopped(capsys, tmp_path / "run", "--log-every", 1)
    assert "iteration 1" in message and f"loss {loss}" in message
    monkeypatch.undo()
    play(train.main, "--resume", tmp_path / "run")


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
    message, kept = stopped(capsys, tmp_path / "run", "--log-every", 3)
    assert "iteration 2: weight generator/" in message
    for path in kept:
        with np.load(path) as archive:
            assert all(np.isfinite(archive[name]).all() for name in archive.files), path
    monkeypatch.undo()
    play(train.main, "--resume", tmp_path / "run")


def test_second_signal_is_not_held_back():
    with pytest.raises(KeyboardInterrupt), held_signals() as came:
        signal.raise_signal(signal.SIGINT)
        assert came == [signal.SIGINT]
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_lectures_training_set_is_the_first_50_000(finished, tmp_path, capsys):
    images, labels, _, _ = datasets.load("mnist")
    sha256 = json.loads((finished[0] / "config.json").read_text())["data_sha256"]
    assert sha256 == datasets.fingerprint(images[:50_000], labels[:50_000])
    argv = [*TINY, "--run-dir", tmp_path / "run", "--training-images"]
    assert "at most 70000" in refused(capsys, train.main, *argv, 70_001)
    assert "at least 1" in refused(capsys, train.main, *argv, 0)


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


def test_a_run_is_sampled_with_the_generator_that_it_trained(tmp_path, capsys):
    """The slides' and the script's have the same weights, so that one's would fit the other."""
    run = tmp_path / "run"
    play(train.main, *TINY, "--generator", "script", "--iterations", 1, "--run-dir", run)
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


def test_samples_and_walks_keep_the_digit_and_ten_digits_share_a_noise(finished, tmp_path):
    def drawn(*flags):
        return arrays(sample, finished[0], tmp_path / "drawn.npz", *flags)

    assert list(drawn("--count", 25)["digits"]) == [n % 10 for n in range(25)]
    assert list(drawn("--count", 3, "--digit", 7)["digits"]) == [7, 7, 7]
    assert list(drawn("--show", "walk", "--digit", 3, "--count", 5)["digits"]) == [3] * 5
    rows = drawn("--show", "walk", "--count", 4)
    assert list(rows["digits"]) == [digit for digit in range(10) for _ in range(4)]
    ten = drawn("--show", "digits", "--count", 2)
    assert list(ten["digits"]) == [*range(10), *range(10)]
    assert len(np.unique(ten["noise"], axis=0)) == 2


def test_jax_draws_and_saves_the_averaged_generator(tmp_path):
    """On JAX a network gives its arrays away when it predicts; the average's are its own."""
    pytest.importorskip("jax")
    run = tmp_path / "run"
    settings = {"log-every": 1, "critic-updates": 1, "batch-size": 2, "averaging": 0.5}
    flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
    flags += ["--preset", "smoke", "--run-dir", run]
    done = command("mnist_wgan.train", *flags, env={**os.environ, "KERAS_BACKEND": "jax"})
    assert done.returncode == 0, done.stderr
    assert len(list((run / "samples").glob("*.png"))) == 3 and (run / "generator.keras").exists()
    assert json.loads((run / "config.json").read_text())["backend"] == "jax"
