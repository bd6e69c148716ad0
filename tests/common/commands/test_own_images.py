"""A user's pictures from training to scores and report."""

import numpy as np
from PIL import Image, ImageDraw

from common.runs import folders
from common.scores import evaluation
from fashion_gan import evaluate, train
from mnist_wgan import train as conditional
from tests.commands import TINY, play, refused


def signs(folder, count):
    """Write so many dark strokes on light paper, of several sizes, without classes."""
    folder.mkdir()
    for k in range(count):
        image = Image.new("L", (30 + k % 7, 40), 240)
        ImageDraw.Draw(image).line((9, 8 + k % 11, 20, 30 - k % 13), fill=20, width=3)
        image.save(folder / f"{k}.png")
    return folder


def test_twenty_pictures_train_whatever_the_preset_says(tmp_path, capsys):
    data, run = signs(tmp_path / "signs", 20), tmp_path / "run"
    play(train.main, *TINY, "--data-dir", data, "--run-dir", run)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{data}: 20 images, 30x40 to 36x40 pixels, values 20 to 240; no labels."
    assert lines[1] == (
        "They are dark on light, inverted; scaled and padded with their ground to 28x28."
    )
    assert lines[2] == "--batch-size is 20: there is no more data"
    document = folders.read_json(run / "config.json")
    assert document["settings"]["batch_size"] == 20 and document["data"] == lines[:2]
    picture = np.asarray(Image.open(run / "real.png"))
    assert picture.shape == (2 * 56, 10 * 56) and np.median(picture) < 30
    page = (run / "report.html").read_text()
    assert "Real images, as the networks see them" in page and "padded with their ground" in page
    play(train.main, "--resume", run, "--iterations", 4)
    few = refused(capsys, train.main, *TINY, "--data-dir", data, "--evaluate-every", 1)
    assert "20 images are too few to score by" in few
    learner = refused(capsys, conditional.main, "--data-dir", data)
    assert f"mnist_wgan learns from labels: {data} has none" in learner


def test_pictures_without_classes_are_scored_by_what_needs_none(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data, run = signs(tmp_path / "signs", 210), tmp_path / "run"
    argv = [*TINY, "--training-images", 300, "--evaluate-every", 2, "--evaluate-count", 100]
    play(train.main, *argv, "--data-dir", data, "--run-dir", run)
    told = "in features of the classifier of mnist, none of classes, for the images have no labels"
    assert told in capsys.readouterr().out
    (row, _) = folders.read_table(run / "metrics.csv")
    assert set(row) <= {"iteration", *evaluation.SCORES} and "modes" not in row
    play(evaluate.main, run, "--count", 100, "--seeds", 1)
    out = capsys.readouterr().out
    assert told in out and "Fréchet distance" in out and "classes found" not in out
    next(data.iterdir()).unlink()
    assert f"{data} is not what {run} learned" in refused(capsys, evaluate.main, run)
