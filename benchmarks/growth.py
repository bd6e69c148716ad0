"""How an iteration's time grows with the batch and with the critic updates, compiled, on a CPU.

Each size plays a few iterations after one that compiles, and the sizes take turns, round by round.
A straight line is laid through the medians, such that its relative errors are least; where a median
is more than a tenth off it, the time does not grow with the size alone.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import tensorflow as tf

from benchmarks.ports import ours
from benchmarks.shared import Timing, earlier, main
from common.engines import devices
from common.files import write_json
from common.runs import folders

BATCHES = (16, 32, 64, 128, 256, 512)
UPDATES = (1, 2, 5, 10, 20, 50, 100)
OFF = 0.1  # share by which a time may be off the line
CURVES = {
    # name: example, what grows, its sizes; beside mnist_wgan's batches one critic update and one
    # generator update, beside its critic updates batches of 64.
    "mnist_wgan-batch": ("mnist_wgan", "batch size", BATCHES),
    "mnist_wgan-updates": ("mnist_wgan", "critic updates", UPDATES),
    "fashion_gan-batch": ("fashion_gan", "batch size", BATCHES),
}


@dataclass(frozen=True)
class Config(Timing):
    """What to measure, and how often."""

    curves: tuple[Literal[tuple(CURVES)], ...] = tuple(CURVES)
    """Example and what grows."""

    rounds: int = 3
    """How often each size is measured."""

    seconds: float = 1.0
    """About how long it plays each time, if an iteration is not longer than that."""

    out: Path = Path("benchmarks/results/growth.json")
    """File of the results; those of other curves in it stay."""


def iteration(example, game, updates):
    """Play an iteration with so many critic updates, or as many at once as an epoch game can.

    Returns:
        How many iterations were played.
    """
    longest = game.engine.longest
    if example != "mnist_wgan":
        ours.play(example, game, longest)
        return longest
    while updates > longest:
        game.engine.play(game, 1, longest, generator=False)
        updates -= longest
    game.engine.play(game, 1, updates, generator=True)
    return 1


def measure(example, game, updates, seconds):
    """Play for at least so many seconds; returns the seconds of an iteration."""
    began, played = time.perf_counter(), 0
    while played == 0 or time.perf_counter() - began < seconds:
        played += iteration(example, game, updates)
    return (time.perf_counter() - began) / played


def straight_line(sizes, times):
    """Return (offset, slope) of the line through times whose relative errors are least squares."""
    slope, offset = np.polyfit(sizes, times, 1, w=1 / np.asarray(times))
    return float(offset), float(slope)


def leaves(sizes, times, line):
    """Return the sizes whose times are more than OFF off the line."""
    offset, slope = line
    return [
        size
        for size, seconds in zip(sizes, times, strict=True)
        if abs(seconds / (offset + slope * size) - 1) > OFF
    ]


def trace(name, config):
    """Measure a curve; returns what growth.json holds of it, without its origin."""
    example, what, sizes = CURVES[name]
    games, updates = {}, {}
    for size in sizes:
        batch_size = size if what == "batch size" else 64
        updates[size] = size if what == "critic updates" else 1
        if what == "batch size" or not games:
            game = ours.create_game(example, "compiled", "float32", batch_size, config.seed)
        games[size] = game
    for size in sizes:  # not before: a new game's set_random_seed() empties TensorFlow's caches
        for _ in range(2):  # compile and warm up
            iteration(example, games[size], updates[size])
    seconds = {size: [] for size in sizes}
    for _ in range(config.rounds):
        for size in sizes:
            seconds[size].append(measure(example, games[size], updates[size], config.seconds))
    times = [median(seconds[size]) for size in sizes]
    line = straight_line(sizes, times)
    return {
        "example": example,
        "what": what,
        "sizes": list(sizes),
        "seconds": [seconds[size] for size in sizes],
        "line": line,
        "off": leaves(sizes, times, line),
        "seed": config.seed,
    }


def work(config):
    """Measure the curves; the file is written anew after each."""
    device = devices.prepare("cpu", "float32")
    tf.get_logger().setLevel("ERROR")  # a game for each size: it suspects one that traces anew
    results = earlier(config.out)
    session = folders.describe_session(device)
    for name in config.curves:
        began = time.monotonic()
        curve = trace(name, config)
        results[name] = {**curve, "wall_seconds": round(time.monotonic() - began, 1), **session}
        write_json(config.out, results)
        offset, slope = curve["line"]
        print(f"{name}: {1000 * offset:.3g} ms + {1000 * slope:.4g} ms x {curve['what']}")
        for size, seconds in zip(curve["sizes"], curve["seconds"], strict=True):
            off = median(seconds) / (offset + slope * size) - 1
            middle, least, most = (1000 * f(seconds) for f in (median, min, max))
            spread = f"({least:,.2f} to {most:,.2f})"
            print(f"  {size:4} {middle:10,.2f} ms {spread:24} {off:+.0%} off the line")
        sys.stdout.flush()


if __name__ == "__main__":
    main("growth", Config, work, __doc__)
