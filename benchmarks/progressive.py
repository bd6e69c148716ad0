"""What growing brings: beyond/progressive_gan's preset quick, from 4 to 32 pixels, beside the same
networks with 32 pixels at once, and beside dcgan's networks and game on the same digits. Each is
played for the same processor time, compilation included, and scored by 10,000 samples.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.shared import earlier, main, require_names
from beyond.progressive_gan import train
from common.data import datasets
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.scores import evaluation
from common.settings import require
from dcgan import train as dcgan

WAYS = ("growing", "at once", "dcgan")
SAMPLES = 10_000
KEPT = ("frechet_distance", "precision", "coverage", "modes")  # of the scores


@dataclass(frozen=True)
class Config:
    """Which ways, and for how long."""

    ways: tuple[str, ...] = WAYS
    """Names of ways."""

    seconds: float | None = None
    """Processor time of each, of all cores together; growing always plays all of preset quick.
    None: as long as that took, in the file of the results or just before."""

    out: Path = Path("benchmarks/results/progressive.json")
    """File of the results; those of other ways in it stay."""

    def __post_init__(self):
        require_names("ways", self.ways, WAYS)
        seconds = self.seconds
        require(seconds is None or seconds > 0, "seconds", seconds, "above 0")


def create(way, images):
    """A way's game on images, float32 (N, 28, 28, 1) in [-1, 1]."""
    if way == "dcgan":
        return dcgan.Game(replace(dcgan.PRESETS["slides"], log_every=1), images)
    return train.Game(replace(train.PRESETS["quick"], growing=way == "growing"), images)


def play(game, seconds, most):
    """Play until a game has taken some processor time, or so many iterations: iterations, at least
    20 of them, and the processor time taken."""
    began, iterations, taken = time.process_time(), 0, 0.0
    while iterations < most and taken < seconds:
        stretch = min(20, game.left_in_epoch(), most - iterations)
        game.engine.play(game, stretch, game.discriminator_updates)
        iterations += stretch
        taken = time.process_time() - began
    return iterations, taken


def work(config):
    """Play the ways; the file is written anew after each."""
    results = earlier(config.out)
    reference = evaluation.load_reference("mnist")
    mnist = datasets.load("mnist")
    images = datasets.scale(mnist.x_train)
    real = evaluation.score(datasets.scale(mnist.x_test[:SAMPLES]), reference)
    session = folders.describe_session(devices.prepare("cpu", "float32"))
    for way in config.ways:
        game, seconds, most = create(way, images), config.seconds, float("inf")
        if way == "growing":
            seconds, most = float("inf"), game.iterations
        elif seconds is None:
            require("growing" in results, "seconds", None, "given: growing was not played yet")
            seconds = results["growing"]["seconds"]
        iterations, taken = play(game, seconds, most)
        drawn, _ = (dcgan if way == "dcgan" else train).EXAMPLE.samples(
            game.result(), 0, SAMPLES, {}
        )
        scores = evaluation.score(drawn, reference)
        results[way] = {
            "iterations": iterations,
            "images": iterations * game.config.batch_size,
            "seconds": round(taken, 1),
            "scores": {name: scores[name] for name in KEPT},
            "real": {name: real[name] for name in KEPT},
            **session,
        }
        write_json(config.out, results)
        told = ", ".join(f"{name} {scores[name]:.3f}" for name in KEPT)
        print(f"{way}: {iterations} iterations in {taken:.0f} s, {told}", flush=True)


if __name__ == "__main__":
    main("progressive", Config, work, __doc__)
