"""Whether common.engines.algebra's layers are faster than the plain ones, on a CPU at batch 64.

Each is timed forward and backward, with the gradients of weights and input, plain and faster in
turn, round by round. The last one is no layer but the generator drawing the fakes of eight critic
updates in eight calls and in one: what drawing those of a whole critic phase at once would bring.
"""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

from benchmarks.pages.tables import ratio, spread
from benchmarks.shared import main
from benchmarks.speed import by_round
from bilinear_gan.lecture import bilinear_upsampling
from common.engines import devices
from common.engines.algebra import faster
from common.files import write_json
from common.runs import folders
from common.settings import require_least
from mnist_wgan.lecture import LATENT, create_generator

BATCH = 64
CALLS = 5  # in a stretch
LAYERS = {  # mnist_wgan's and bilinear_gan's: the shape of the input, then the layers
    "critic, 3rd convolution": ((7, 7, 128), lambda: [layers.Conv2D(256, 5, 2, "same")]),
    "critic, 4th convolution": ((4, 4, 256), lambda: [layers.Conv2D(512, 5, 1, "same")]),
    "generator, 1st upsampling": (
        (7, 7, 256),
        lambda: [layers.UpSampling2D(), layers.Conv2DTranspose(128, 5, padding="same")],
    ),
    "generator, 2nd upsampling": (
        (14, 14, 128),
        lambda: [layers.UpSampling2D(), layers.Conv2DTranspose(64, 5, padding="same")],
    ),
    "bilinear_gan, 1st convolution": ((12, 12, 100), lambda: [layers.Conv2D(128, 3)]),
    "bilinear_gan, 2nd convolution": ((20, 20, 128), lambda: [layers.Conv2D(64, 3)]),
    "bilinear_gan, 2nd upsampling": (
        (18, 18, 64),
        lambda: [*bilinear_upsampling(), layers.Conv2D(32, 5)],
    ),
}
FLOAT32 = ("bilinear_gan, 1st convolution", "bilinear_gan, 2nd convolution")  # faster in this only
FAKES = "generator, fakes of 8 updates"


@dataclass(frozen=True)
class Config:
    """How often to measure."""

    rounds: int = 7
    """How often each way is measured."""

    out: Path = Path("benchmarks/results/layers.json")
    """File of the results."""

    def __post_init__(self):
        require_least(self, rounds=1)


def layer_step(network, shape, fast):
    """Return a function that computes a network's answers and all gradients once."""
    x = tf.random.normal((BATCH, *shape))
    direction = tf.random.normal((BATCH, *network.output_shape[1:]))

    @tf.function
    def step():
        with (
            tf.GradientTape() as tape,
            faster([network], tiles=True) if fast else contextlib.nullcontext(),
        ):
            tape.watch(x)
            answers = network(x)
            total = tf.reduce_sum(tf.cast(answers, tf.float32) * direction)
        weights = [variable.value for variable in network.trainable_variables]
        return total, tape.gradient(total, [*weights, x])

    return lambda: step()[0].numpy()


def fakes_step(generator, calls):
    """Return a function that draws the fakes of eight updates in so many calls."""
    count = 8 * BATCH // calls

    @tf.function
    def draw():
        with faster([generator], tiles=True):
            inputs = tf.random.normal((count, LATENT)), tf.zeros((count, 1), tf.int32)
            return tf.reduce_sum(generator(list(inputs), training=False))

    return lambda: [draw().numpy() for _ in range(calls)]


def race(first, second, rounds):
    """Time two functions in turn; returns the seconds of a call of each, round by round."""
    seconds = ([], [])
    for function in (first, second):
        function()  # compiles
    for _ in range(rounds):
        for function, taken in zip((first, second), seconds, strict=True):
            began = time.perf_counter()
            for _ in range(CALLS):
                function()
            taken.append((time.perf_counter() - began) / CALLS)
    return seconds


def work(config):
    """Measure all; the file is written anew at the end."""
    results = {}
    began = time.monotonic()
    for dtype in ("float32", "bfloat16"):
        session = folders.describe_session(devices.prepare("cpu", dtype))
        races = {}
        for name, (shape, create) in LAYERS.items():
            if name in FLOAT32 and dtype != "float32":
                continue
            network = keras.Sequential([layers.Input(shape), *create()])
            races[name] = [layer_step(network, shape, fast) for fast in (False, True)]
        generator = create_generator()
        races[FAKES] = [fakes_step(generator, calls) for calls in (8, 1)]
        for name, functions in races.items():
            plain, fast = race(*functions, config.rounds)
            results[f"{name}, {dtype}"] = {"plain": plain, "faster": fast}
            ratios = spread(by_round(fast, plain), ratio)
            print(f"{name}, {dtype}: {ratios} times as fast", flush=True)
    config.out.parent.mkdir(parents=True, exist_ok=True)
    document = {"works": results, "wall_seconds": round(time.monotonic() - began, 1), **session}
    write_json(config.out, document)


if __name__ == "__main__":
    main("layers", Config, work, __doc__)
