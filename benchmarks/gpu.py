"""Times a critic update of mnist_wgan's compiled engine on a GPU.

Presets and types of numbers take turns, round by round, and so does the matrix product whose speed
is called the GPU's peak. float32 products are computed as Keras's backend does by default: on
recent GPUs with TF32's ten bits after the point.
"""

import contextlib
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Literal

import keras
from keras import ops

from benchmarks import arithmetic
from benchmarks.ports import ours
from benchmarks.shared import main
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.settings import require_least
from mnist_wgan import train

PRODUCTS = 20  # in a row, so that a call's own time does not count


@dataclass(frozen=True)
class Config:
    """What to time, and how often."""

    presets: tuple[Literal["slides", "script"], ...] = ("slides", "script")
    """Presets of mnist_wgan.train, each at its own batch size."""

    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    """Types of numbers."""

    batch_size: int | None = None
    """Images in a batch; None: the preset's."""

    updates: int = 1_000
    """Critic updates in a round."""

    rounds: int = 5
    """How often each is timed."""

    size: int = 8192
    """Rows and columns of the matrices whose product is the peak."""

    device: Literal["cpu", "gpu"] = "gpu"
    """cpu: only to see whether the command works."""

    out: Path = Path("benchmarks/results/gpu.json")
    """File of the results."""

    def __post_init__(self):
        require_least(self, updates=1, rounds=1)


def create_game(preset, dtype, config):
    """Return mnist_wgan's Game of a preset and a type of numbers, an iteration of which has one
    critic update."""
    devices.prepare(config.device, dtype)
    settings = replace(train.PRESETS[preset], dtype=dtype, critic_updates=1, bursts=False)
    settings = replace(settings, batch_size=config.batch_size or settings.batch_size)
    return train.Game(settings, *train.EXAMPLE.load(settings).arrays)


def matrix_products(dtype, size):
    """Return a function that multiplies matrices PRODUCTS times."""
    matrix = ops.cast(keras.random.normal((size, size)) / size**0.5, dtype)

    def multiply():
        product = matrix
        for _ in range(PRODUCTS):
            product = ops.matmul(product, matrix)
        ops.convert_to_numpy(product[0, :1])

    multiply()
    return multiply


def seconds(function):
    """How long a function without arguments takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


@contextlib.contextmanager
def utilisation():
    """Inside the block ask nvidia-smi every second how busy the GPU is; yields a list that gets the
    answers, percentages, in the end. It stays empty without nvidia-smi."""
    percentages = []
    if shutil.which("nvidia-smi") is None:
        yield percentages
        return
    query = "nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits -l 1".split()
    with tempfile.TemporaryFile("w+") as answers:
        process = subprocess.Popen(query, stdout=answers, stderr=subprocess.DEVNULL)
        try:
            yield percentages
        finally:
            process.terminate()
            process.wait()
            answers.seek(0)
            percentages += [int(line) for line in answers if line.strip().isdigit()]


def work(config):
    """Time everything, print it and write it."""
    device = devices.prepare(config.device, "float32")
    began = time.monotonic()
    pairs = [(preset, dtype) for preset in config.presets for dtype in config.dtypes]
    games = {pair: create_game(*pair, config) for pair in pairs}
    plays = {pair: partial(ours.play, "mnist_wgan", games[pair], config.updates) for pair in pairs}
    for (_, dtype), play in plays.items():  # not before: a new game empties TensorFlow's caches
        devices.prepare(config.device, dtype)  # what compiles sees its own type of numbers
        play()
    products = {dtype: matrix_products(dtype, config.size) for dtype in config.dtypes}
    times, peaks = {pair: [] for pair in pairs}, {dtype: [] for dtype in config.dtypes}
    with utilisation() as percentages:
        for _ in range(config.rounds):
            for pair, play in plays.items():
                times[pair].append(seconds(play) / config.updates)
            for dtype, multiply in products.items():
                peaks[dtype].append(PRODUCTS * 2 * config.size**3 / seconds(multiply))
    document = {
        "critic_updates": [
            {
                "preset": preset,
                "dtype": dtype,
                "batch_size": game.config.batch_size,
                "multiply_adds": arithmetic.step("mnist_wgan", game.config.batch_size),
                "seconds": times[preset, dtype],
                "peak": peaks[dtype],  # floating-point operations a second
            }
            for (preset, dtype), game in games.items()
        ],
        "utilisation": mean(percentages) if percentages else None,  # %, over all rounds
        "wall_seconds": round(time.monotonic() - began, 1),
        **folders.describe_session(device),
    }
    for result in document["critic_updates"]:
        print(
            f"{result['preset']}, {result['dtype']}, batch {result['batch_size']}: "
            f"{1000 * median(result['seconds']):.3g} ms a critic update, "
            f"{share_of_peak(result):.0%} of the peak"
        )
    config.out.parent.mkdir(parents=True, exist_ok=True)
    write_json(config.out, document)


def share_of_peak(result):
    """The share of the matrix product's speed at which the useful arithmetic goes."""
    return 2 * result["multiply_adds"] / median(result["seconds"]) / median(result["peak"])


if __name__ == "__main__":
    main("gpu", Config, work, __doc__)
