"""Runs whose files somebody has changed, damaged or removed: nothing is lost, no training is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from common.commands import generators
from common.errors import UserError
from common.runs import checkpoints, folders, history, tables
from distribution_gan import report, sample, train
from tests.commands import assert_same_run, play, refused

GAME = ["--preset", "smoke", "--iterations", None, "--evaluate-every", 1, "--evaluate-count", 100]


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A run of one epoch, three iterations."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    play(train.main, *GAME, "--epochs", 1, "--run-dir", folder)
    return folder


@pytest.fixture
def copied(begun, tmp_path):
    return Path(shutil.copytree(begun, tmp_path / "exp.npz"))


def test_a_run_whose_tables_a_spreadsheet_saved_goes_on_bit_for_bit(copied, tmp_path, capsys):
    """In a folder with a file's name, too."""
    play(train.main, *GAME, "--epochs", 2, "--run-dir", tmp_path / "whole")
    losses, metrics, log = (copied / name for name in ("losses.csv", "metrics.csv", "log.txt"))
    losses.write_text(losses.read_text().replace(",", ";").replace(".", ","))
    metrics.write_bytes(b"\xef\xbb\xbf" + metrics.read_bytes().replace(b"\n", b"\r\n"))
    log.write_bytes(log.read_bytes().replace(b"\n", b"\r\n"))
    before = losses.read_bytes(), metrics.read_bytes()
    (copied / "samples" / "²²²²²².png").write_text("somebody's own")
    capsys.readouterr()
    play(train.main, "--resume", copied, "--epochs", 2)
    said = capsys.readouterr().out
    assert said.count("was changed") == 2 and said.startswith(f"{losses} was changed: another")
    kept = [Path(f"{path}.set-aside").read_bytes() for path in (losses, metrics)]
    assert kept == list(before)
    (copied / "samples" / "²²²²²².png").unlink()
    assert_same_run(copied, tmp_path / "whole")
    assert metrics.read_text() == (tmp_path / "whole" / "metrics.csv").read_text()
    play(report.main, copied)
    play(sample.main, copied, "--count", 10, "--out", tmp_path / "values.npy")


def test_no_damage_and_no_picture_costs_the_training(copied, capsys, monkeypatch):
    losses, metrics, log = (copied / name for name in ("losses.csv", "metrics.csv", "log.txt"))
    losses.write_text(losses.read_text().replace("d_loss", "D"))
    lines = metrics.read_text().splitlines()
    metrics.write_text("\n".join([*lines[:2], "1,much,0.5", lines[3]]))
    log.write_bytes(bytes(range(256)))
    before = {path: path.read_bytes() for path in (losses, metrics, log)}
    shutil.rmtree(copied / "samples")
    capsys.readouterr()
    play(train.main, "--resume", copied, "--epochs", 2)
    said = capsys.readouterr().out.splitlines()
    reasons = ("not name d_loss", "'1,much,0.5' is no row", "is no text")
    assert all(why in line for line, why in zip(said, reasons, strict=False))
    for path, content in before.items():
        assert Path(f"{path}.set-aside").read_bytes() == content
    assert [row["iteration"] for row in folders.read_losses(copied)] == [3, 4, 5]
    assert [row["iteration"] for row in tables.read_table(metrics)] == [0, 2, 3, 4, 5]
    assert [n for n, _ in history.find_samples(copied)] == [3, 4, 5]

    def fail(recorder, moments):
        raise ValueError("no ink\nleft")

    np.savez(copied / "samples" / "000001.npz", images=np.zeros((2, 2)))
    monkeypatch.setattr(train.DensityRecorder, "frames", fail)
    (copied / "generator.keras").unlink()
    play(train.main, "--resume", copied, "--epochs", 3)
    said = capsys.readouterr().out
    assert "000001.npz is no sample as this run's are; it is kept as 000001.npz.set-aside" in said
    assert "Not all pictures of the run are drawn: no ink left\n" in said and "Done in" in said
    assert (copied / "generator.keras").is_file() and "Report: " in said


def test_a_page_shows_the_whole_rows_and_says_what_is_left_out(copied):
    with open(copied / "losses.csv", "a") as file:
        file.write("3,much\n")
    metrics = copied / "metrics.csv"
    metrics.write_text(metrics.read_text().partition("\n")[2])
    play(report.main, copied)
    page = (copied / "report.html").read_text()
    assert "losses.csv is not whole: &#x27;3,much&#x27; is no row of numbers.</p>" in page
    assert "metrics.csv is not whole: its first line does not name iteration.</p>" in page
    assert "up to iteration 2" in page and "<svg" in page


def test_a_folder_without_a_checkpoint_is_told_one_thing(copied, tmp_path, capsys):
    new = [*GAME, "--epochs", 1, "--run-dir", copied]
    message = f"{copied} is not empty; choose another --run-dir or --resume {copied}\n"
    assert refused(capsys, train.main, *new).endswith(message)
    shutil.rmtree(copied / "checkpoints")
    message = f"{copied} is not empty; choose another --run-dir\n"
    assert refused(capsys, train.main, *new).endswith(message)
    files = {path: path.read_bytes() for path in copied.glob("**/*") if path.is_file()}
    message = f"{copied} has no checkpoint; start a new run with another --run-dir\n"
    assert refused(capsys, train.main, "--resume", copied, "--epochs", 2).endswith(message)
    assert {path: path.read_bytes() for path in files} == files
    (copied / "generator.keras").unlink()
    assert "nor a checkpoint; start a new run" in refused(capsys, sample.main, copied)


def test_checkpoints_of_a_users_own_making_are_refused_in_one_line(copied, capsys):
    newest = checkpoints.newest(copied)
    with np.load(newest) as archive:
        arrays = dict(archive)
    best = copied / "checkpoints" / "best.npz"
    for change, why in [
        ({"position": np.array([-5, 0])}, "(-5, 0) cannot be"),
        ({"position": np.array([4, 0])}, "is of iteration 4, beyond the run's end"),
        ({"seconds": np.nan}, "nan s of training"),
        ({"generator/000": np.zeros((3, 4))}, "generator/000 has the shape"),
        ({"critic/000": np.zeros(3)}, "other variables"),  # another game's
    ]:
        np.savez(best, **{**arrays, **change})
        assert why in refused(capsys, train.main, "--resume", best)
    best.write_bytes(newest.read_bytes()[:1000])
    assert refused(capsys, train.main, "--resume", best).endswith(f"--resume {newest}\n")


WORDS = {  # what stands in config.json, and a word of the line that refuses it
    "brackets": ("[" * 100_000, "cannot be read"),
    "braces": ('{"a":' * 100_000, "cannot be read"),
    "null": ("null", "is damaged"),
    "list": ("[1, 2]", "is damaged"),
    "empty": ("", "cannot be read"),
    "long number": ("9" * 5000, "cannot be read"),
    "latin-1": ('{"example": "é"}'.encode("latin-1"), "cannot be read"),
}
VALUES = {
    "a list for an example": ({"example": ["distribution_gan"]}, "is a run of"),
    "a number for sessions": ({"resumed": 5}, "resumed is no list"),
    "numbers for sessions": ({"resumed": [5]}, "resumed is no list"),
    "no fingerprint": ({"data_sha256": None}, "the data is not what"),
    "a list for a backend": ({"backend": ["x"]}, "KERAS_BACKEND"),
}
SETTINGS = {
    "a list for a word": {"engine": ["compiled"]}, "a number for a word": {"engine": 3},
    "a list for a number": {"seed": [1]}, "null for a number": {"seed": None},
    "an object for a number": {"batch_size": {"a": 1}}, "a word for a number": {"epochs": "many"},
    "yes for a number": {"epochs": True}, "too much": {"learning_rate": 1e999},
    "a flag for a word": {"engine": "--help"}, "a flag for a number": {"seed": "--help"},
}  # fmt: skip


@pytest.mark.parametrize("damage", [*WORDS, *VALUES, *SETTINGS])
def test_a_config_that_is_none_is_one_line(damage, copied, capsys):
    path, word = copied / "config.json", "config.json is damaged"
    if damage in WORDS:
        content, word = WORDS[damage]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    else:
        document = json.loads(path.read_text())
        if damage in VALUES:
            change, word = VALUES[damage]
            document |= change
        else:
            document["settings"] |= SETTINGS[damage]
        path.write_text(json.dumps(document))
    assert word in refused(capsys, train.main, "--resume", copied)
    if "data" not in word and "BACKEND" not in word:
        assert word in refused(capsys, report.main, copied)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_config_in_another_encoding_is_read(encoding, copied):
    path = copied / "config.json"
    config = folders.read_config(copied, "distribution_gan", train.Config)
    path.write_bytes(path.read_text().encode(encoding))
    assert folders.read_config(copied, "distribution_gan", train.Config) == config


@pytest.mark.parametrize(
    "settings", [{"latent": [1]}, {"latent": "x"}, {"latent": -5}, {"noise": ["x"]}, {"noise": "x"}]
)
def test_a_generator_of_impossible_settings_is_one_line(settings, copied):
    document = json.loads((copied / "config.json").read_text())
    document["settings"] |= settings
    (copied / "config.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match="unknown to this version") as refusal:
        generators.load(generators.Source(copied), train.EXAMPLE)
    assert "\n" not in str(refusal.value)
