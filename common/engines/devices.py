"""Chooses where Keras computes, and says so."""

import os
import platform
import time
from typing import NamedTuple

import keras
from keras import ops

from common.errors import UserError
from common.quiet import stderr_held_back

HOPELESS = 1.5  # times float32's time that bfloat16 may take without a warning
WIDEST_FIRST = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")  # as /proc/cpuinfo has them


class Device(NamedTuple):
    """Where a run computes."""

    kind: str  # "cpu" or "gpu"
    description: str
    dtype: str  # "float32" or "bfloat16", in which layers compute
    warning: str | None = None  # a line where that is hopeless here


def prepare(device, dtype):
    """Set the device and the layers' dtype policy, before any network is made.

    Args:
        device: "cpu", "gpu", or None for a GPU if there is one.
        dtype: "float32", or "bfloat16" for Keras's mixed_bfloat16: bfloat16 arithmetic on float32
            weights; None for the faster of the two on a CPU, and float32 on a GPU.

    Returns:
        A Device.

    Raises:
        UserError: a GPU is asked for and there is none, or the backend is neither TensorFlow nor
            JAX.
    """
    backend = keras.backend.backend()
    gpus = {"tensorflow": tensorflow_gpu, "jax": jax_gpu}
    if backend not in gpus:
        raise UserError(f"KERAS_BACKEND is {backend}, but must be tensorflow or jax")
    with stderr_held_back():  # what CUDA has to say where there is no GPU
        name = gpus[backend](use=device != "cpu")
    if name is None and device == "gpu":
        raise UserError(
            f"--device gpu: {backend} sees no GPU; "
            'pip install -e ".[gpu]" brings CUDA, or leave --device out'
        )
    asked, dtype = dtype, dtype or ("float32" if name else faster_dtype())
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    if name is not None:
        return Device("gpu", f"GPU, {name}", dtype)
    warning = None
    if asked == "bfloat16" and (ratio := bfloat16_ratio()) >= HOPELESS:
        warning = (
            f"Warning: bfloat16 takes {ratio:.1f} times as long as float32 on this processor, "
            "measured on a convolution; a new run with --dtype float32 is quicker."
        )
    return Device("cpu", f"CPU, {cpu_name()}, {os.cpu_count()} cores", dtype, warning)


def faster_dtype():
    """Return "bfloat16" where it saves at least a fifth of a convolution's time, or "float32"."""
    return "bfloat16" if bfloat16_ratio() <= 0.8 else "float32"


def bfloat16_ratio():
    """How many times as long as in float32 a convolution takes in bfloat16.

    Trying it takes a second or two. Processors with instructions for bfloat16 gain by it; others
    can take ten times as long, which no list of processors would tell as surely.
    """
    times = {"float32": [], "bfloat16": []}
    for _ in range(6):  # in turn, so that a slow moment hits both
        for dtype, seconds in times.items():
            seconds.append(convolution_seconds(dtype))
    best = {dtype: min(seconds[1:]) for dtype, seconds in times.items()}  # the first one prepares
    return best["bfloat16"] / best["float32"]


def convolution_seconds(dtype):
    """Seconds of all cores that one of the generators' convolutions takes in a dtype. On a busy
    machine the clock on the wall says more of other programs."""
    images, kernel = ops.ones((8, 14, 14, 64), dtype), ops.ones((5, 5, 64, 64), dtype)
    began = time.process_time()
    result = ops.conv_transpose(images, kernel, padding="same", data_format="channels_last")
    float(result[0, 0, 0, 0])  # waits for it
    return time.process_time() - began


def tensorflow_gpu(use):
    """Return the first GPU's name or None; hide all of them unless they are to be used."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus and not use:
        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError as error:
            raise UserError("--device cpu: this process computes on a GPU already") from error
    return (
        tf.config.experimental.get_device_details(gpus[0])["device_name"] if gpus and use else None
    )


def jax_gpu(use):
    """Return the first GPU's name or None; let JAX compute on the CPU unless it is to be used."""
    import jax

    if not use:
        jax.config.update("jax_platforms", "cpu")
    device = jax.devices()[0]
    return device.device_kind if device.platform == "gpu" else None


def cpu_name(path="/proc/cpuinfo"):
    """Return the processor's name as the system tells it, and its widest instructions if they are
    told too: those of one name may differ several times in speed."""
    try:
        with open(path, encoding="utf-8") as file:
            pairs = (line.split(":", 1) for line in file if ":" in line)
            facts = {key.strip(): value.strip() for key, value in pairs}
        name = facts["model name"]
    except (OSError, KeyError):
        return platform.processor() or platform.machine()
    flags = facts.get("flags", "").split()
    widest = [flag.upper() for flag in WIDEST_FIRST if flag in flags][:1]
    return ", ".join([name, *widest])
