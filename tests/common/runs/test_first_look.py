"""What is seen of a run at once and while it trains: its first samples, its page."""

import shutil

import numpy as np
from PIL import Image

from common.commands import report
from common.runs import run
from fashion_gan import train
from tests.commands import TINY, play

RELOADS = '<meta http-equiv="refresh" content="60">'


def test_a_page_of_a_run_that_trains_reloads_itself_and_has_the_newest_samples(reported, tmp_path):
    folder = shutil.copytree(reported, tmp_path / "run")
    newest = max(path for path in (folder / "samples").glob("*.png"))
    page = report.write(folder, train.EXAMPLE, live=True).read_text()
    assert RELOADS in page and "is training" in page and "Spot the fake" not in page
    assert f"Samples of iteration {int(newest.stem)}" in page
    assert report.embedded(newest.read_bytes(), "png") in page
    shutil.rmtree(folder / "samples")
    (folder / "losses.csv").unlink()
    page = report.write(folder, train.EXAMPLE, live=True).read_text()
    assert report.embedded((folder / "first.png").read_bytes(), "png") in page
    page = report.write(folder, train.EXAMPLE).read_text()
    assert RELOADS not in page and "is training" not in page


def test_samples_before_training_are_drawn_and_the_page_is_said_at_once(tmp_path, capsys):
    folder = tmp_path / "run"
    play(train.main, *TINY, "--run-dir", folder)
    lines = capsys.readouterr().out.splitlines()
    page, first = folder / "report.html", folder / "first.png"
    assert lines[1] == f"Watch it train: {page}; samples before training: {first}"
    assert np.asarray(Image.open(first)).shape == (560, 560)
    assert first.read_bytes() != (folder / "samples" / "000000.png").read_bytes()
    drawn = first.read_bytes()
    play(train.main, "--resume", folder, "--epochs", 2, "--iterations", None)
    assert f"Watch it train: {page}" in capsys.readouterr().out.splitlines()
    assert first.read_bytes() == drawn and RELOADS not in page.read_text()


def test_a_page_that_cannot_be_written_never_costs_the_run(tmp_path, capsys, monkeypatch):
    """A folder stands in its place."""
    monkeypatch.setattr(run, "PAGE_SECONDS", 0)
    play(train.main, *TINY, "--run-dir", tmp_path / "first")
    capsys.readouterr()
    (tmp_path / "first" / "report.html").unlink()
    (tmp_path / "first" / "report.html").mkdir()
    play(train.main, "--resume", tmp_path / "first", "--epochs", 3, "--iterations", None)
    out = capsys.readouterr().out
    assert out.count("No page while it trains: ") == 1 and "No report: " in out and "Done in" in out


def test_a_run_that_ends_in_an_error_leaves_a_page_that_is_at_rest(tmp_path, capsys):
    folder = tmp_path / "run"
    assert train.main([*TINY, "--learning-rate", "1e38", "--run-dir", str(folder)]) == 2
    assert "is NaN or infinite" in capsys.readouterr().err
    page = (folder / "report.html").read_text()
    assert RELOADS not in page and "is training" not in page
