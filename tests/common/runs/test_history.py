from types import SimpleNamespace

import numpy as np
from PIL import Image

from binarized_gan import train
from binarized_gan.train import EpochRowRecorder
from common.figures.pictures import CELL, MARGIN
from common.runs import folders, history, tables
from common.runs.recorder import Recorder

GAME = SimpleNamespace(config=SimpleNamespace(log_every=10), batches=SimpleNamespace(per_epoch=5))


def write(folder, iteration, greys):
    """Samples whose images are each of one grey, (rows, columns)."""
    images = np.broadcast_to(greys.reshape(-1, 1, 1), (greys.size, 28, 28))
    path, recorder = folders.sample_path(folder, iteration), Recorder(GAME)
    recorder.width = greys.shape[1]
    history.write_samples(path, {"images": images}, recorder.picture({"images": images}, iteration))


def draw(folder, recorder=None):
    recorder = recorder or Recorder(GAME)
    recorder.width, recorder.panels = 3, {("Loss", "nats"): ["loss"]}
    recorder.columns = ("iteration", "loss", "seconds")
    recorder.draw_history(folder)


def draw_rows(folder):
    recorder, accuracy = EpochRowRecorder(GAME), {"batch": 0, "accuracy": 1, "real": 1, "fake": 1}
    recorder.game.accuracies = lambda: [accuracy]
    draw(folder, recorder)


def make(folder, iterations):
    """A run of 2x3 grids whose cells are brighter from iteration to iteration, by 17."""
    (folder / "samples").mkdir()
    for n in range(iterations):
        write(folder, 10 * n, np.arange(6, dtype="uint8").reshape(2, 3) * 17 + 17 * n)
        log(folder, 10 * n)


def log(folder, iteration):
    row = {"iteration": iteration, "loss": 1.0, "seconds": 0.0}
    tables.log_rows(folder / "losses.csv", [row])


def cells(picture):
    """The pixel in the middle of each cell of a picture, in units of 17."""
    return np.asarray(picture)[CELL // 2 :: CELL, CELL // 2 :: CELL] // 17


def frames(folder):
    """The frames of a folder's animation, and how many milliseconds each is shown."""
    with Image.open(folder / "progress.gif") as film:
        assert film.info["loop"] == 0
        found = []
        for n in range(film.n_frames):
            film.seek(n)
            found.append((np.asarray(film.convert("L")), film.info["duration"]))
    return zip(*found, strict=True)


def test_a_strip_shows_each_moments_diagonal_and_an_animation_stays_on_the_last(tmp_path):
    make(tmp_path, 3)
    draw(tmp_path)
    strip = np.asarray(Image.open(tmp_path / "progress.png"))
    assert strip.shape == (3 * CELL, MARGIN + 3 * CELL)
    np.testing.assert_array_equal(cells(strip[:, MARGIN:]), [[0, 4, 2], [1, 5, 3], [2, 6, 4]])
    assert strip[CELL:, :MARGIN].max() > 100  # the iterations, written
    assert (tmp_path / "losses.png").is_file()
    film, times = frames(tmp_path)
    np.testing.assert_array_equal(cells(film[2]), [[2, 3, 4], [5, 6, 7]])
    assert times == (150, 150, 3000)


def test_long_runs_are_thinned_out_evenly_with_first_and_last():
    assert history.spread(list(range(100)), 4) == [0, 33, 66, 99]
    assert history.spread([1, 2], 4) == [1, 2]
    assert history.spread([1], 4) == [1]


def test_samples_that_the_user_removed_or_added_are_left_out(tmp_path):
    make(tmp_path, 3)
    folders.sample_path(tmp_path, 10).with_suffix(".npz").unlink()
    (tmp_path / "samples" / "mine.npz").write_text("no arrays")
    draw(tmp_path)
    assert Image.open(tmp_path / "progress.png").size[1] == 2 * CELL


def test_foreign_and_damaged_samples_are_set_aside_and_cost_no_picture(tmp_path, capsys):
    make(tmp_path, 4)
    draw(tmp_path)
    drawn = [(tmp_path / f"progress.{kind}").read_bytes() for kind in ("png", "gif")]
    samples, small = tmp_path / "samples", np.zeros((6, 14, 14), "uint8")
    foreign = {
        "000031.npz": {"images": small},  # another size
        "000032.npz": {"images": np.zeros((6, 28, 28))},  # another type
        "000033.npz": {"values": small},
        "000034.npz": {"images": np.array([{}], dtype=object)},  # pickled
    }
    for name, arrays in foreign.items():
        np.savez(samples / name, **arrays)
    (samples / "000035.npz").write_text("no arrays")
    Image.new("RGBA", (9, 9)).save(samples / "000036.png")
    for name in ("²²²²²².npz", "²²²²²².png", "٣٣٣٣٣٣.npz", "7.npz", "-00001.npz"):
        (samples / name).write_text("somebody's own")
    draw(tmp_path)
    names = [*foreign, "000035.npz"]
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [str(samples / name) for name in names]
    assert all((samples / f"{name}.set-aside").is_file() for name in names)
    assert [(tmp_path / f"progress.{kind}").read_bytes() for kind in ("png", "gif")] == drawn
    folders.cut_logs(tmp_path, 0)  # removes the run's own, and no other
    left = sorted(path.name for path in samples.iterdir() if "set-aside" not in path.name)
    assert left == ["-00001.npz", "7.npz", "²²²²²².npz", "²²²²²².png", "٣٣٣٣٣٣.npz"]


def test_samples_without_rows_and_rows_without_samples_are_drawn(tmp_path):
    make(tmp_path, 2)
    (tmp_path / "losses.csv").write_text("")
    draw(tmp_path)
    assert not (tmp_path / "losses.png").exists() and (tmp_path / "progress.gif").exists()
    (tmp_path / "losses.csv").unlink()
    log(tmp_path, 0)
    for name in ("progress.png", "progress.gif"):
        (tmp_path / name).unlink()
    for path in (tmp_path / "samples").iterdir():
        path.write_text("no arrays")
    draw(tmp_path)
    assert (tmp_path / "losses.png").exists() and not (tmp_path / "progress.gif").exists()


def make_rows(folder, epochs):
    """A run of one row of three cells an epoch, brighter from epoch to epoch, by 17."""
    (folder / "samples").mkdir()
    log(folder, 0)
    for n in range(epochs):
        write(folder, 5 * n, (np.arange(1, 4, dtype="uint8") + n % 12)[None] * 17)


def test_rows_of_all_epochs_stand_one_under_the_other_and_the_animation_grows_by_them(tmp_path):
    make_rows(tmp_path, 20)
    draw_rows(tmp_path)
    picture = np.asarray(Image.open(tmp_path / "progress.png"))
    assert picture.shape == (20 * CELL, MARGIN + 3 * CELL)
    rows = np.array([[n % 12 + 1 + c for c in range(3)] for n in range(20)])
    np.testing.assert_array_equal(cells(picture[:, MARGIN:]), rows)
    assert all(row[:, :MARGIN].max() > 100 for row in np.split(picture, 20))  # "epoch n", written
    assert (tmp_path / "losses.png").is_file()
    film, _ = frames(tmp_path)
    assert len(film) == 20
    for n, frame in enumerate(film):
        there = np.arange(20) <= n
        np.testing.assert_array_equal(cells(frame[:, MARGIN:]), rows * there[:, None])
        assert not frame[(n + 1) * CELL :, :MARGIN].any()


def test_very_long_runs_show_some_of_their_epochs(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "ROWS", 4)
    make_rows(tmp_path, 7)
    draw_rows(tmp_path)
    picture = np.asarray(Image.open(tmp_path / "progress.png"))
    assert cells(picture[:, MARGIN:])[:, 0].tolist() == [1, 3, 5, 7]
