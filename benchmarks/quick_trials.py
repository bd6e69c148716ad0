"""What makes digits soonest on a CPU: the first trials, behind mnist_wgan's preset long.

Each trial plays the game for the same time from the same seed. The project's classifier
then says how many of 2,000 samples show the digit that was asked for.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.shared import earlier, main, require_names
from common import engines
from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures.pictures import write_png
from common.files import write_json
from common.latent import MEAN, generate
from common.runs import folders
from common.scores import classifier
from common.settings import require
from mnist_wgan import train
from mnist_wgan.lecture import CLASSES, LATENT

# Departures from preset slides. The first has the lecture's ratios and a schedule for a CPU.
BASE = {"dtype": None, "batch_size": 32, "critic_updates": 1, "learning_rate": 5e-4}
TRIALS = {
    "base": {},
    "critic_updates 5": {"critic_updates": 5},
    "class_weight 10, clip 0.02": {"class_weight": 10.0, "clip": 0.02},
    "class_weight 20, clip 0.02": {"class_weight": 20.0, "clip": 0.02},
    "learning_rate 3e-4": {"class_weight": 10.0, "clip": 0.02, "learning_rate": 3e-4},
    "batch_size 64": {"class_weight": 10.0, "clip": 0.02, "batch_size": 64},
    "float32": {"class_weight": 10.0, "clip": 0.02, "dtype": "float32"},
}
SAMPLES = 2000


@dataclass(frozen=True)
class Config:
    """Which trials, and for how long."""

    trials: tuple[str, ...] = tuple(TRIALS)
    """Names of trials."""

    run: Path | None = None
    """Judge the generator of this run instead of playing trials."""

    seconds: float = 200.0
    """Training time of each, compilation included."""

    seed: int = 0
    """Seed of the runs and of the samples."""

    out: Path = Path("benchmarks/results/quick_trials.json")
    """File of the results; those of other trials in it stay."""

    pictures: Path = Path("runs/quick_trials")
    """Folder for a sample grid of each trial."""

    def __post_init__(self):
        require_names("trials", self.trials, TRIALS)
        require(self.seconds > 0, "seconds", self.seconds, "above 0")


def play(config, images, labels, seconds):
    """Play a game for some seconds; return it, its iterations and its last losses."""
    game = train.Game(config, images, labels)
    iterations, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        losses = game.engine.play(game, 1, config.critic_updates)
        iterations += 1
    return game, iterations, engines.last(losses)


def judge(generator, judging, images, labels, seed, kind="normal"):
    """Return the asked-label accuracy of samples, and their variety beside the real digits'.

    Variety is the standard deviation of pixels within a digit, averaged over pixels and digits, as
    a ratio to that of the real images: 0 where a digit always looks the same, about 1 at best.
    """
    noise = np.random.default_rng(seed).normal(MEAN[kind], size=(SAMPLES, LATENT))
    noise = noise.astype("float32")
    digits = np.arange(SAMPLES, dtype="int32")[:, None] % CLASSES
    samples = generate(generator, noise, digits)
    answers = judging.predict(samples, verbose=0)["classes"].argmax(axis=1)

    def variety(x, y):
        return np.mean([np.clip(x[y == k], -1, 1).std(axis=0).mean() for k in range(CLASSES)])

    return {
        "asked_label_accuracy": float(np.mean(answers == digits[:, 0])),
        "variety": float(variety(samples, digits[:, 0]) / variety(images, labels)),
    }


def work(config):
    """Run the trials; the file is written anew after each."""
    dataset = datasets.load("mnist")
    images, labels = train.EXAMPLE.load(train.SLIDES).arrays
    judging = classifier.load("mnist")
    accuracy = classifier.accuracy(judging, dataset.x_test, dataset.y_test)
    config.pictures.mkdir(parents=True, exist_ok=True)
    results = earlier(config.out)
    if config.run is not None:
        source = generators.Source(config.run)
        generator = generators.load(source, train.EXAMPLE)
        run = folders.read_document(config.run, train.EXAMPLE.name)
        kept = ("settings", "started", "device", "backend", "python", "packages", "commit")
        settings = run["settings"]
        kind = settings.get("noise", "normal")  # older runs had no other
        scores = judge(generator, judging, images, labels, config.seed, kind)
        name = "preset {preset}, {iterations:,} iterations, seed {seed}".format(**settings)
        results[name] = {
            **{name: run[name] for name in kept},
            "seconds": folders.read_losses(config.run)[-1]["seconds"],  # to the last logged row
            **scores,
            "classifier_accuracy": accuracy,
        }
        report(config.run, settings["iterations"], scores)
        write_json(config.out, results)
        return
    for name in config.trials:
        departures = {**BASE, **TRIALS[name]}
        device = devices.prepare(None, departures["dtype"])
        departures["dtype"] = device.dtype
        trial = replace(train.SLIDES, seed=config.seed, **departures)
        session = folders.describe_session(device)
        game, iterations, losses = play(trial, images, labels, config.seconds)
        scores = judge(game.result(), judging, images, labels, config.seed)
        recorder = train.EXAMPLE.recorder(game)
        picture = recorder.picture(recorder.keep(), iterations - 1)
        write_png(config.pictures / f"{name.replace(' ', '_')}.png", picture)
        results[name] = {
            "departures": departures,
            "seed": config.seed,
            "seconds": config.seconds,
            "iterations": iterations,
            "losses": losses,
            **scores,
            "classifier_accuracy": accuracy,
            **session,
        }
        report(name, iterations, scores)
        write_json(config.out, results)


def report(name, iterations, scores):
    """Print what judge() said of a game."""
    print(
        f"{name}: {iterations} iterations, "
        f"asked-label accuracy {scores['asked_label_accuracy']:.3f}, "
        f"variety {scores['variety']:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main("quick_trials", Config, work, __doc__)
