"""What benchmarks.genuine does around the old libraries; see tests/test_genuine.py, too."""

import sys

import numpy as np
import pytest

from benchmarks import genuine, genuine_rows
from common.errors import UserError
from tests.commands import ROOT, command


def test_a_python_that_is_missing_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(genuine.RELEASES, "tensorflow-1.4", ("3.0", "tensorflow==1.4.0"))
    with pytest.raises(UserError, match=r"^tensorflow-1.4 needs python3.0; install it, with pyenv"):
        genuine.environment("tensorflow-1.4", tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_pip_cannot_install_is_named(tmp_path, monkeypatch):
    version = "{}.{}".format(*sys.version_info)
    monkeypatch.setitem(genuine.RELEASES, "tensorflow-1.4", (version, str(tmp_path)))
    monkeypatch.setattr(genuine, "find_python", lambda version: sys.executable)
    with pytest.raises(UserError, match=r"^tensorflow-1.4 cannot be installed: ERROR: Directory"):
        genuine.environment("tensorflow-1.4", tmp_path)
    assert not (tmp_path / "tensorflow-1.4" / "installed").exists()


def test_a_witness_that_fails_says_why_in_one_line(tmp_path, monkeypatch):
    """Today's Keras is not that of 2017."""
    monkeypatch.setattr(genuine, "environment", lambda release, work: tmp_path / "python")
    (tmp_path / "python").symlink_to(sys.executable)
    with pytest.raises(UserError, match=r"^keras_2_0.py failed on tensorflow-1.4: [A-Z]"):
        genuine.witness("tensorflow-1.4", tmp_path, "keras_2_0.py", "play", "a", "b", "raced")


def test_an_environment_is_made_once(tmp_path):
    (tmp_path / "tensorflow-2.1").mkdir()
    (tmp_path / "tensorflow-2.1" / "installed").touch()
    python = genuine.environment("tensorflow-2.1", tmp_path)
    assert python == tmp_path / "tensorflow-2.1" / "bin" / "python"


@pytest.mark.parametrize("name", genuine.CASES)
def test_a_golden_file_has_all_losses_and_weights_of_its_case(name):
    case = genuine.CASES[name]
    given = genuine.inputs(case)
    with np.load(ROOT / genuine.GOLDEN / f"{name}.npz") as golden:
        assert golden["release"] == case.release
        assert golden["rows"].shape == (len(given["zg"]), 9 if case.example == "mnist_wgan" else 2)
        weights = {key for key in given if key[0] in "DG" and key[1:].isdigit()}
        assert set(golden.files) == {"release", "rows", *weights}
        assert all(golden[key].shape == (1 + genuine.KEPT,) for key in weights)


def test_what_is_kept_of_weights_is_their_norm_and_some_of_them():
    kept = genuine.sample(np.array([[3.0, 4.0]]))
    assert kept[0] == 5 and set(kept[1:]) == {3.0, 4.0}
    other = {"rows": np.array([1.0, 2.0]), "D0": np.array([5.0])}
    assert genuine.furthest({**other, "D0": np.array([5.5])}, other) == pytest.approx(0.1)


def test_an_unknown_case_or_no_seed_is_one_line():
    done = command("benchmarks.genuine", "--cases", "lenet")
    assert done.returncode == 2 and done.stderr.startswith("error: --cases is lenet, but must be")
    with pytest.raises(UserError, match="seeds"):
        genuine_rows.Config(seeds=())
