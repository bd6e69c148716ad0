"""Which dtype a run computes in."""

import importlib.util
import json
import os

import keras
import pytest

from common.engines import devices
from common.errors import UserError
from distribution_gan import train
from tests.commands import command, play


@pytest.fixture
def seconds(monkeypatch):
    """How long a convolution takes in each dtype, to be set; and the policy as it was after it."""
    times = {}
    monkeypatch.setattr(devices, "convolution_seconds", times.get)
    yield times
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("bfloat16", "dtype", "policy"),
    [
        (10.0, "float32", "float32"),  # without instructions for bfloat16
        (0.95, "float32", "float32"),  # for a tie within the noise no rounding
        (0.6, "bfloat16", "mixed_bfloat16"),
    ],
)
def test_dtype_none_is_bfloat16_where_it_is_faster(seconds, bfloat16, dtype, policy):
    seconds.update(float32=1.0, bfloat16=bfloat16)
    assert devices.prepare("cpu", None).dtype == dtype
    assert keras.config.dtype_policy().name == policy
    for asked in ("float32", "bfloat16"):
        assert devices.prepare("cpu", asked).dtype == asked


def test_a_dtype_that_is_hopeless_here_is_told_with_how_slow_it_is(seconds):
    seconds.update(float32=0.01, bfloat16=0.17)
    assert "bfloat16 takes 17.0 times as long" in devices.prepare("cpu", "bfloat16").warning
    assert devices.prepare("cpu", "float32").warning is None
    assert devices.prepare("cpu", None).warning is None
    seconds.update(bfloat16=0.012)
    assert devices.prepare("cpu", "bfloat16").warning is None


def test_a_gpu_is_not_timed(seconds, monkeypatch):
    monkeypatch.setattr(devices, "tensorflow_gpu", lambda use: "a GPU")
    assert devices.prepare(None, None) == ("gpu", "GPU, a GPU", "float32", None)


def test_other_backends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match="KERAS_BACKEND is torch, but must be tensorflow or jax"):
        devices.prepare("cpu", "float32")


def test_a_backend_that_is_not_installed_is_one_line():
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("it is installed here")
    done = command("fashion_gan.train", env={**os.environ, "KERAS_BACKEND": "torch"})
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: KERAS_BACKEND is torch, which is not installed")
    assert done.stderr.count("\n") == 1


def test_a_convolution_is_timed_in_both_dtypes():
    for dtype in ("float32", "bfloat16"):
        assert 0 < devices.convolution_seconds(dtype) < 10


def test_a_run_goes_on_in_the_dtype_that_it_began_with(seconds, tmp_path, capsys):
    def settled():
        settings = json.loads((tmp_path / "config.json").read_text())["settings"]
        return settings["dtype"], keras.config.dtype_policy().name

    seconds.update(float32=1.0, bfloat16=0.5)
    play(train.main, "--preset", "smoke", "--dtype", None, "--run-dir", tmp_path)
    assert settled() == ("bfloat16", "mixed_bfloat16")

    seconds.update(bfloat16=10.0)  # another machine
    play(train.main, "--resume", tmp_path, "--iterations", train.PRESETS["smoke"].iterations + 1)
    assert settled() == ("bfloat16", "mixed_bfloat16")


def test_a_processor_is_told_with_its_widest_instructions(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("model name\t: Made Up 9\nflags\t\t: fpu avx2 avx512f sse2\n\nbogus\t:\n")
    assert devices.cpu_name(path) == "Made Up 9, AVX512F"
    path.write_text("model name\t: Made Up 1\nflags\t\t: fpu sse2\n")
    assert devices.cpu_name(path) == "Made Up 1"
    path.write_text("BogoMIPS\t: 100.00\n")  # as on ARM, where Python knows no more either
    assert devices.cpu_name(path) == devices.cpu_name(tmp_path / "none") != ""
