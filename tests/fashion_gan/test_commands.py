"""The two commands as a user types them, resumed runs, and a user's mistakes.

What common/ answers to mistakes in any example is tested with mnist_wgan's commands.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common import data, runs
from fashion_gan import sample, train
from fashion_gan.train import COLUMNS, Game
from tests.commands import ROOT, assert_same_run, command, refused

TINY = ["--preset", "smoke"]
# 100 images and batches of 32 make epochs of 3 iterations and 4 images left over.
EPOCHS = [*TINY, "--epochs", "5", "--iterations", "None"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 5 epochs of 3 iterations, made by the real command."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    done = command("fashion_gan.train", *EPOCHS, "--run-dir", folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


@pytest.fixture
def copied(finished, tmp_path):
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


def test_training_shows_what_it_does(finished):
    folder, out = finished
    lines = out.splitlines()
    assert lines[0].startswith("Device: ") and str(folder) in lines[0]
    row = r"\[D loss: \d+\.\d{4}\] \[G loss: \d+\.\d{4}\] "
    row += r"\[D accuracy: \d+% of reals, \d+% of fakes\]"
    for iteration, line in enumerate(lines[1:16]):
        assert re.fullmatch(rf"{iteration}: \[epoch {iteration // 3}\] {row}", line)
    assert str(folder / "final.png") in lines[16]
    assert lines[17] == f"More of them: python -m fashion_gan.sample {folder}"


def test_run_folder(finished):
    folder, out = finished
    assert sorted(os.listdir(folder)) == [
        "checkpoints", "config.json", "final.png", "generator.keras", "log.txt", "losses.csv",
        "losses.png", "progress.gif", "progress.png", "samples",
    ]  # fmt: skip
    header = "iteration,epoch,d_loss,g_loss,d_accuracy_real,d_accuracy_fake,seconds"
    assert (folder / "losses.csv").read_text().splitlines()[0] == header == ",".join(COLUMNS)
    rows = runs.read_losses(folder)
    assert [row["iteration"] for row in rows] == list(range(15))
    assert [row["epoch"] for row in rows] == [n // 3 for n in range(15)]
    for row in rows:
        assert row["d_loss"] > 0 and row["g_loss"] > 0
        for name in ("d_accuracy_real", "d_accuracy_fake"):
            assert 0 <= row[name] <= 1 and (row[name] * 32).is_integer()
    assert (folder / "log.txt").read_text().splitlines() == out.splitlines()[1:16]
    assert len(os.listdir(folder / "samples")) == 15
    assert Image.open(folder / "samples" / "000001.png").size == (560, 560)
    assert Image.open(folder / "losses.png").size == (800, 600)
    assert Image.open(folder / "progress.png").size == (60 + 560, 12 * 56)
    with Image.open(folder / "progress.gif") as film:
        assert film.size == (560, 560) and film.n_frames == 15
    config = json.loads((folder / "config.json").read_text())
    assert config["example"] == "fashion_gan" and config["settings"]["iterations"] is None
    assert set(config["settings"]) == set(train.Config.__dataclass_fields__) - {"run_dir", "resume"}
    images, labels, _, _ = data.load("fashion_mnist")
    assert config["data_sha256"] == data.fingerprint(images[:100], labels[:100])


def test_same_seed_same_run_and_another_seed_another(finished, tmp_path):
    assert train.main([*EPOCHS, "--run-dir", str(tmp_path / "same")]) == 0
    assert_same_run(finished[0], tmp_path / "same")
    assert train.main([*TINY, "--seed", "1", "--run-dir", str(tmp_path / "other")]) == 0
    ours, others = runs.read_losses(finished[0]), runs.read_losses(tmp_path / "other")
    assert [row["iteration"] for row in others] == [0, 1, 2]  # smoke: 3 iterations
    assert ours[0]["d_loss"] != others[0]["d_loss"]


@pytest.mark.parametrize("flags", [[], ["--dtype", "bfloat16"]])
def test_resume_from_the_middle_of_an_epoch(tmp_path, flags):
    argv = [*EPOCHS, "--epochs", "2", "--checkpoint-seconds", "0", *flags]
    assert train.main([*argv, "--run-dir", str(tmp_path / "whole")]) == 0
    names = [f"{n:06d}-0000.npz" for n in (4, 5, 6)]
    assert sorted(os.listdir(tmp_path / "whole" / "checkpoints")) == names
    for name in names[:2]:
        folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / name[:-4]))
        assert train.main(["--resume", str(folder / "checkpoints" / name)]) == 0
        assert_same_run(folder, tmp_path / "whole")


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_run_stopped_in_the_middle_resumes_to_what_an_uninterrupted_one_gives(tmp_path, how):
    """By the real commands."""
    argv = [*EPOCHS, "--epochs", "12", "--checkpoint-seconds", "0.2"]
    folder = tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-m", "fashion_gan.train", *argv, "--run-dir", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("4: "):
            process.send_signal(how)
            break
    out, err = process.communicate(timeout=60)
    assert err == "" and len(runs.read_losses(folder)) < 36
    if how != signal.SIGKILL:
        assert process.returncode == 128 + how
        assert out.splitlines()[-1].endswith(f"python -m fashion_gan.train --resume {folder}")
        assert (folder / "generator.keras").is_file()
    resumed = command("fashion_gan.train", "--resume", folder)
    assert resumed.returncode == 0 and resumed.stderr == "", resumed.stderr
    assert train.main([*argv, "--run-dir", str(tmp_path / "whole")]) == 0
    assert_same_run(folder, tmp_path / "whole")


def test_more_epochs_and_more_iterations_go_on_where_the_run_ended(finished, tmp_path, capsys):
    folder = tmp_path / "grows"
    assert train.main([*TINY, "--run-dir", str(folder)]) == 0
    assert train.main(["--resume", str(folder)]) == 0
    assert "--epochs or --iterations trains longer" in capsys.readouterr().out
    for flags in (["--epochs", "5"], ["--iterations", "4"], ["--iterations", "None"]):
        assert train.main(["--resume", str(folder), *flags]) == 0
    assert_same_run(folder, finished[0])


def test_settings_that_would_change_the_run_are_refused(copied, finished, capsys):
    for flag, value in [
        ("--epochs", 4), ("--iterations", 14), ("--seed", 9), ("--batch-size", 16),
        ("--training-images", 99),
    ]:  # fmt: skip
        assert flag in refused(capsys, train.main, "--resume", copied, flag, value)
    assert_same_run(copied, finished[0])


def test_mistakes_are_one_line(tmp_path, capsys):
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--epochs", 0], "--epochs"),
        (["--iterations", 0], "--iterations"),
        (["--critic-updates", 5], "--critic-updates"),
        (["--batch-size", 101], "--batch-size 101 exceeds the 100 images"),
        (["--training-images", 60_001], "at most 60000"),
        (["--training-images", 0], "--training-images"),
        (["--data-dir", tmp_path / "nothing"], "nothing"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_loss_that_is_no_number_stops_the_run(tmp_path, capsys, monkeypatch, bad):
    real = Game.update_generator
    monkeypatch.setattr(Game, "update_generator", lambda game: {**real(game), "g_loss": bad})
    message = refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "run")
    assert "iteration 0" in message and "loss g_loss" in message


def test_own_images(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (70, 28, 28), dtype="uint8")
    np.savez(tmp_path / "own.npz", x_train=images, y_train=np.zeros(70, "uint8"))
    argv = ["--log-every", "1", "--epochs", "2", "--data-dir", str(tmp_path / "own.npz")]
    assert train.main([*argv, "--run-dir", str(tmp_path / "run")]) == 0
    rows = runs.read_losses(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1]  # 70 images: 2 batches, 6 left over


def test_help_explains_every_option():
    done = command("fashion_gan.train", "--help")
    assert done.returncode == 0
    for name in train.Config.__dataclass_fields__:
        assert "--" + name.replace("_", "-") in done.stdout
    assert "usage: python -m fashion_gan.train" in done.stdout
    assert "--count" in command("fashion_gan.sample", "--help").stdout


def arrays(folder, path, *argv):
    assert sample.main([str(folder), "--out", str(path), *map(str, argv)]) == 0
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def test_sampling_command(finished, tmp_path):
    picture = tmp_path / "clothes.png"
    done = command("fashion_gan.sample", finished[0], "--count", 64, "--out", picture)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout == f"64 images: {picture}\n"
    assert Image.open(picture).size == (8 * 28 * 2, 8 * 28 * 2)


def test_samples_are_the_generators(finished, tmp_path):
    folder = finished[0]
    drawn = arrays(folder, tmp_path / "a.npz", "--count", 130)
    assert drawn["images"].shape == (130, 28, 28, 1) and drawn["images"].dtype == np.float32
    assert drawn["images"].min() >= 0 and drawn["images"].max() <= 1
    assert len(np.unique(drawn["noise"], axis=0)) == 130 and drawn["noise"].shape == (130, 30)
    generator = runs.load_generator(folder, "fashion_gan")
    np.testing.assert_allclose(
        drawn["images"], generator.predict(drawn["noise"], verbose=0), atol=1e-6
    )
    assert sample.main([str(folder), "--count", "9", "--out", str(tmp_path / "a.png")]) == 0
    nine = arrays(folder, tmp_path / "b.npz", "--count", 9)["images"]
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    np.testing.assert_allclose(picture[:28, 28:56], 255 * nine[1, ..., 0], atol=0.51)
    np.testing.assert_allclose(picture[28:56, :28], 255 * nine[3, ..., 0], atol=0.51)


def test_walk(finished, tmp_path):
    walk = arrays(finished[0], tmp_path / "w.npz", "--show", "walk", "--count", 5)
    steps = np.linalg.norm(np.diff(walk["noise"], axis=0), axis=1)
    assert len(walk["images"]) == 5 and 0 < steps.max() < 1.5 * steps.min()
    assert sample.main([str(finished[0]), "--show", "walk", "--out", str(tmp_path / "w.png")]) == 0
    assert Image.open(tmp_path / "w.png").size == (560, 56)


def test_sampling_mistakes(finished, copied, tmp_path, capsys):
    folder = finished[0]
    for argv, word in [
        ([folder, "--digit", 1], "--digit"),
        ([folder, "--count", 0], "--count"),
        ([folder, "--show", "digits"], "digits"),
        ([folder, "--out", "x.jpg"], "x.jpg"),
        ([tmp_path], "is not a run"),
        ([], "RUN"),
    ]:
        assert word in refused(capsys, sample.main, *argv)
    document = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**document, "example": "mnist_wgan"}))
    assert "a run of mnist_wgan" in refused(capsys, sample.main, copied)
