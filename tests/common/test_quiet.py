"""What common.quiet sets before TensorFlow starts."""

import importlib.util
import os
import platform
import subprocess
import sys
import tempfile

import keras
import pytest

from common import quiet
from tests.commands import ROOT

SETTING = "TF_ENABLE_ONEDNN_OPTS"
CONVOLVE = """
import sys
sys.argv = ["-m"]  # as `python -m` has it while it imports a package
import common
import tensorflow as tf


@tf.function
def convolve(images, taps):
    return tf.nn.conv2d(images, taps, 2, "SAME")


convolve(tf.ones((32, 14, 14, 64)), tf.ones((5, 5, 64, 128)))
# What looks through all modules, as inspect does, wakes those that load late; TensorFlow's own do
# not bear it: has_strategy() fails if one of them was.
import inspect
inspect.getmodule(compile("1", "no file", "eval"))
assert not tf.distribute.has_strategy()
import os
for name in ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE"):
    print(name, os.environ[name])
print("not needed:", sorted({"jax", "matplotlib", "IPython", "pandas"} & set(sys.modules)))
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only set there")
def test_convolutions_are_those_of_onednn():
    """Also where TensorFlow leaves it off by itself: oneDNN tells what it was asked to compute."""

    def told(**setting):
        environment = {name: value for name, value in os.environ.items() if name != SETTING}
        done = subprocess.run(
            [sys.executable, "-c", CONVOLVE], cwd=ROOT,
            env={**environment, "ONEDNN_VERBOSE": "1", **setting},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    out = told()
    assert "exec,cpu,convolution" in out
    # A GPU's memory grows as needed, so that two runs find room on one.
    assert "TF_FORCE_GPU_ALLOW_GROWTH true\nXLA_PYTHON_CLIENT_PREALLOCATE false\n" in out
    assert "not needed: []\n" in out
    # A setting from outside stays.
    assert "exec,cpu,convolution" not in told(**{SETTING: "0"})


@pytest.mark.parametrize(
    ("variable", "file", "backend"),
    [
        ("", None, "tensorflow"),
        (" TensorFlow ", '{"backend": "jax"}', "tensorflow"),
        ("tf", None, "tensorflow"),
        ("", '{"backend": "tf"}', "tensorflow"),
        ("  ", '{"backend": "TensorFlow"}', "tensorflow"),
        ("", '["no", "object"]', "tensorflow"),
        ("", "{torn", "tensorflow"),
        ("", "{}", "tensorflow"),
        pytest.param(
            "JAX", None, "jax",
            marks=pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="no JAX"),
        ),
    ],
)  # fmt: skip
def test_the_backend_is_the_users(monkeypatch, tmp_path, variable, file, backend):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if file is not None:
        (tmp_path / "keras.json").write_text(file)
    assert quiet.chosen_backend() == backend


def test_a_backend_of_keras_json_that_there_is_not_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"backend": "theano"}')
    with pytest.raises(SystemExit) as stop:
        quiet.chosen_backend()
    assert stop.value.code == 2
    where = f"the backend in {tmp_path / 'keras.json'}"
    assert capsys.readouterr().err == (f"error: {where} is theano, but must be tensorflow or jax\n")


def test_kerass_numbers_are_the_programs_where_keras_was_loaded_before(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", keras.backend.backend())
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_epsilon(0.5)
    quiet.load_keras()
    assert keras.config.floatx() == "float32" and keras.config.epsilon() == 1e-7
    assert keras.config.image_data_format() == "channels_last"


def test_a_hidden_module_is_there_again_afterwards():
    with quiet.hidden(["wave", "sys"]):
        with pytest.raises(ImportError):
            __import__("wave")
        import sys as loaded
    import wave

    assert loaded is sys and wave.__name__ == "wave"


def test_standard_error_is_held_back_also_where_no_folder_can_be_written(monkeypatch, capfd):
    for folder in (tempfile.tempdir, "/proc/none"):
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", folder)
            with quiet.stderr_held_back():
                os.write(2, b"chatter")
            os.write(2, b"news ")
    assert capfd.readouterr().err == "news news "
