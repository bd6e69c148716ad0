"""Rows of samples, accuracies and the sheet of binarized_gan; else: test_examples.py."""

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from binarized_gan import sample, train
from common.runs import folders
from tests.commands import EPOCHS, TINY, arrays, load_generator, own_images, play, refused
from tests.games import spoil


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of three epochs."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    play(train.main, *EPOCHS, "--run-dir", folder)
    return folder


def pixels(path):
    return np.asarray(Image.open(path))


def test_a_row_of_samples_an_epoch_makes_the_training_picture(finished):
    names = [f"{n:06d}.{kind}" for n in (0, 3, 6) for kind in ("npz", "png")]
    assert sorted(os.listdir(finished / "samples")) == names
    picture = pixels(finished / "progress.png")
    assert picture.shape == (3 * 56, 60 + 15 * 56)
    rows = [pixels(finished / "samples" / name) for name in names[1::2]]
    np.testing.assert_array_equal(picture[:, 60:], np.concatenate(rows))


def test_accuracy_has_a_row_for_each_batch(finished):
    with open(finished / "accuracy.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["batch", "accuracy", "real", "fake"] and len(rows) == 3
    for row in rows:
        assert 0 <= float(row["fake"]) <= 1 and (32 * float(row["real"])).is_integer()
    assert pixels(finished / "accuracy.png").shape[:2] == (600, 800)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_no_row_before_a_loss_that_is_no_number_is_lost(engine, tmp_path, capsys, monkeypatch):
    """It is iteration 77's, within a call of the compiled engine."""
    spoil(
        monkeypatch, train.Game, "update_generator", "g_loss",
        lambda game: game.gan.optimizer.iterations.value == 78,  # updates so far
    )  # fmt: skip
    argv = [*TINY, "--training-images", "3200", "--iterations", "None", "--engine", engine]
    message = refused(capsys, train.main, *argv, "--run-dir", tmp_path / "run")
    assert "iteration 77: loss g_loss is NaN" in message
    rows = folders.read_losses(tmp_path / "run")
    assert [row["iteration"] for row in rows] == list(range(77))


def test_own_images_are_binarized(tmp_path):
    images = own_images(tmp_path / "own.npz", 40)
    argv = ["--batch-size", 16, "--epochs", 2, "--data-dir", tmp_path / "own.npz"]
    play(train.main, *argv, "--run-dir", tmp_path / "run")
    rows = folders.read_losses(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1]  # 40 images: 2 batches, 8 left over
    sheet = arrays(sample, tmp_path / "run", tmp_path / "a.npz", "--show", "spot")
    own = {image.tobytes() for image in images >= 128}
    reals = sheet["images"][~sheet["fake"], ..., 0] == 1
    assert {image.tobytes() for image in reals} <= own


def test_a_sheet_is_written_with_its_answers(finished, tmp_path, capfd):
    sheet, answers = tmp_path / "sheet.png", tmp_path / "sheet.answers.png"
    play(sample.main, finished, "--show", "spot", "--out", sheet)
    assert capfd.readouterr() == (f"36 images: {sheet}\n36 images: {answers}\n", "")
    assert sorted(os.listdir(tmp_path)) == ["sheet.answers.png", "sheet.png"]


def test_a_third_of_the_sheet_is_fake_and_the_answers_are_black_on_white(finished, tmp_path):
    places = []
    for seed in range(3):
        drawn = arrays(sample, finished, tmp_path / "a.npz", "--show", "spot", "--seed", seed)
        images, fake = drawn["images"], drawn["fake"]
        assert images.shape == (36, 28, 28, 1) and np.unique(images).tolist() == [0, 1]
        assert fake.shape == (36,) and fake.dtype == bool and fake.sum() == 12
        places.append(fake.tobytes())
        out = tmp_path / "sheet.png"
        play(sample.main, finished, "--show", "spot", "--seed", seed, "--out", out)
        sheet, answers = pixels(out), pixels(tmp_path / "sheet.answers.png")
        assert sheet.shape == (6 * 56, 6 * 56)
        for n, image in enumerate(images):
            y, x = n // 6 * 56, n % 6 * 56
            cell = sheet[y : y + 56 : 2, x : x + 56 : 2]
            np.testing.assert_array_equal(cell, 255 * image[..., 0])
            answer = answers[y : y + 56 : 2, x : x + 56 : 2]
            np.testing.assert_array_equal(answer, 255 - cell if fake[n] else cell)
    assert len(set(places)) == 3


def test_the_sheets_fakes_are_the_generators_and_its_reals_the_training_images(finished, tmp_path):
    drawn = arrays(sample, finished, tmp_path / "a.npz", "--show", "spot")
    generator = load_generator(finished, "binarized_gan")
    fakes = generator.predict(drawn["noise"], verbose=0)
    fake, sure = drawn["images"][drawn["fake"]], np.abs(fakes - 0.5) > 1e-5
    np.testing.assert_array_equal(fake[sure], (fakes > 0.5)[sure])
    (training,), *_ = train.EXAMPLE.load(train.PRESETS["smoke"])
    known = {image.tobytes() for image in training}
    assert {image.tobytes() for image in drawn["images"][~drawn["fake"]]} <= known
    assert len({image.tobytes() for image in drawn["images"]}) > 25  # not one again and again


def test_a_sheet_of_another_count_run_or_data_is_refused_in_one_line(finished, tmp_path, capsys):
    spot = ["--show", "spot", "--out", tmp_path / "x.png"]
    assert "--count" in refused(capsys, sample.main, finished, *spot, "--count", 36)
    assert "is not a run" in refused(capsys, sample.main, tmp_path, *spot)
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    text = (copy / "config.json").read_text()
    gone = text.replace('"data_dir": null', f'"data_dir": "{tmp_path}/gone.npz"')
    (copy / "config.json").write_text(gone)
    assert "gone.npz" in refused(capsys, sample.main, copy, *spot)
    assert not (tmp_path / "x.png").exists()
