import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.errors import UserError
from common.game import named_variables
from common.runs import checkpoints
from common.runs.checkpoints import KEEP, NotFinite, Position
from tests.commands import ROOT


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def make_variables(value):
    return {
        "a/000": keras.Variable(np.full((3, 2), value), dtype="float32"),
        "b/000": keras.Variable(np.array([int(value), 2**40]), dtype="int64"),
    }


def values(variables):
    return {name: np.array(variable) for name, variable in variables.items()}


def test_a_checkpoint_comes_back_exactly_and_finds_its_run_from_within(folder, monkeypatch):
    saved = make_variables(1 / 3)
    path = checkpoints.save(folder, saved, Position(12, 5), 3.25)
    assert path == folder / "checkpoints" / "000012-0005.npz"
    loaded = make_variables(0.0)
    assert checkpoints.load(path, loaded) == (Position(12, 5), 3.25)
    np.testing.assert_equal(values(loaded), values(saved))
    monkeypatch.chdir(folder / "checkpoints")
    assert checkpoints.folder_of("000012-0005.npz").samefile(folder)


def test_only_the_newest_checkpoints_stay(folder):
    positions = [Position(9, 99), Position(10, 0), Position(10, 100), Position(11, 0)]
    for position in positions:
        checkpoints.save(folder, make_variables(1.0), position, 0.0)
    names = [f"{p.iteration:06d}-{p.update:04d}.npz" for p in positions]
    assert sorted(os.listdir(folder / "checkpoints")) == names[-KEEP:]
    assert checkpoints.choose(folder).name == names[-1]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_saved(folder, bad):
    checkpoints.save(folder, make_variables(1.0), Position(1, 0), 0.0)
    broken = make_variables(1.0)
    broken["a/000"].assign(np.full((3, 2), bad))
    with pytest.raises(NotFinite, match="a/000"):
        checkpoints.save(folder, broken, Position(2, 0), 0.0)
    assert os.listdir(folder / "checkpoints") == ["000001-0000.npz"]


def test_every_damage_is_named_the_one_before_offered_and_nothing_loaded(folder):
    first = checkpoints.save(folder, make_variables(1.0), Position(1, 0), 0.0)
    second = checkpoints.save(folder, make_variables(2.0), Position(2, 0), 0.0)
    whole = second.read_bytes()
    damages = {"empty": b"", "truncated": whole[:-40], "text": b"not an archive"} | {
        f"byte {at}": whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        for at in range(0, len(whole), 23)
    }
    noticed = 0
    for damage, content in damages.items():
        second.write_bytes(content)
        loaded = make_variables(7.0)
        try:
            checkpoints.load(second, loaded)
        except UserError as error:
            noticed += 1
            message = str(error)
            assert str(second) in message and f"--resume {first}" in message, damage
            assert "\n" not in message
            assert (values(loaded)["a/000"] == 7.0).all(), damage
        else:  # a byte of the zip that means nothing, such as a date
            assert (values(loaded)["a/000"] == 2.0).all(), damage
    assert noticed > len(damages) / 2
    with pytest.raises(UserError, match="does not exist"):
        checkpoints.choose(folder / "checkpoints" / "000009-0000.npz")


def test_pickles_other_shapes_and_other_names_are_refused(folder):
    path = folder / "checkpoints" / "000001-0000.npz"
    good = {"position": np.array([1, 0]), "seconds": 0.0, "b/000": np.array([1, 2])}
    for wrong in (
        {"a/000": np.array([{}, {}], dtype=object)},
        {"a/000": np.ones((2, 3))},
        {"a/000": np.ones((3, 2)), "c/000": np.ones(1)},
        {},
    ):
        np.savez(path, **good, **wrong)
        loaded = make_variables(7.0)
        with pytest.raises(UserError, match="start a new run"):
            checkpoints.load(path, loaded)
        assert (values(loaded)["a/000"] == 7.0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": np.array([-5, 0])}, {"position": np.array([1, -1])},
        {"position": np.array([1.5, np.nan])}, {"position": np.array([1])},
        {"position": np.array(["a", "b"])}, {"seconds": np.nan}, {"seconds": np.inf},
        {"seconds": -1.0}, {"seconds": "long"}, {"a/000": np.full((3, 2), "x")},
        {"a/000": np.full((3, 2), 1j)},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_under_a_users_own_name_and_the_newest_offered(folder, wrong):
    newest = checkpoints.save(folder, make_variables(1.0), Position(3, 0), 0.0)
    with np.load(newest) as archive:
        arrays = dict(archive)
    best = folder / "checkpoints" / "best.npz"
    np.savez(best, **arrays)
    loaded = make_variables(7.0)
    assert checkpoints.load(best, loaded) == (Position(3, 0), 0.0)
    np.savez(best, **{**arrays, **wrong})
    with pytest.raises(UserError, match=f"best.npz cannot be .*--resume {newest}$") as refused:
        checkpoints.load(best, make_variables(7.0))
    assert "\n" not in str(refused.value)
    newest.unlink()
    with pytest.raises(UserError, match="there is no newest one, so start a new run"):
        checkpoints.load(best, make_variables(7.0))
    assert checkpoints.newest(folder) is None  # a user's own name is none of the run's


def test_a_removed_checkpoints_folder_is_made_anew_and_a_folder_may_be_called_as_a_file(tmp_path):
    folder = tmp_path / "exp.npz"
    folder.mkdir()
    with pytest.raises(UserError, match="has no checkpoint; start a new run with another"):
        checkpoints.choose(folder)
    path = checkpoints.save(folder, make_variables(1.0), Position(1, 0), 0.0)
    assert checkpoints.choose(folder) == path and checkpoints.folder_of(folder) == folder
    assert checkpoints.folder_of(path) == folder


def test_later_checkpoints_and_halves_step_aside(folder):
    for iteration in (1, 2, 3):
        checkpoints.save(folder, make_variables(1.0), Position(iteration, 0), 0.0)
    (folder / "checkpoints" / "000004-0000.npz.tmp").write_bytes(b"half")
    checkpoints.set_aside(folder, Position(2, 0))
    assert sorted(os.listdir(folder / "checkpoints")) == [
        "000001-0000.npz", "000002-0000.npz", "000003-0000.npz.set-aside",
    ]  # fmt: skip
    assert checkpoints.newest(folder).name == "000002-0000.npz"
    checkpoints.forget_set_aside(folder)
    assert sorted(os.listdir(folder / "checkpoints")) == ["000001-0000.npz", "000002-0000.npz"]


def test_names_are_in_a_fixed_order_and_cover_dropout():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    stream = keras.random.SeedGenerator(1)
    named = named_variables(model=model, stream=stream)
    assert list(named) == ["model/000", "model/001", "model/002", "stream/000"]
    assert named["model/002"] is model.layers[1].seed_generator.state
    with pytest.raises(AttributeError):
        named_variables(wrong=SimpleNamespace())


KILLED_IN_A_SAVE = """
import resource, signal, sys
from pathlib import Path
import keras, numpy as np
from common.runs import checkpoints
folder, size = Path(sys.argv[1]), int(sys.argv[2])
variables = {"a/000": keras.Variable(np.zeros(1_000_000), dtype="float32")}
checkpoints.save(folder, variables, checkpoints.Position(0, 0), 0.0)
variables["a/000"].assign(np.ones(1_000_000))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
checkpoints.save(folder, variables, checkpoints.Position(1, 0), 0.0)
"""


@pytest.mark.parametrize("size", [1, 2_000_000])
def test_a_process_killed_in_the_middle_of_a_save_leaves_a_whole_one(folder, size):
    """The kernel kills it, without a word to Python, where its file reaches a size in bytes."""
    script = [sys.executable, "-c", KILLED_IN_A_SAVE, str(folder), str(size)]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGXFSZ, done.stderr
    (half,) = folder.glob("checkpoints/*.tmp")
    assert half.stat().st_size == size
    variables = {"a/000": keras.Variable(np.full(1_000_000, 7.0), dtype="float32")}
    position, _ = checkpoints.load(checkpoints.choose(folder), variables)
    assert position == Position(0, 0) and not np.asarray(variables["a/000"]).any()
