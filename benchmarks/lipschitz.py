"""What bounds the critic's slope best: mnist_wgan's preset long with clipping and without.

Each way of --lipschitz is played for the same time from the same seed; compilation is part of it.
Those without clipping also play with a smaller learning rate. The scores are those of the evaluate
command, of fewer samples.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.shared import earlier, main, require_names
from common import engines
from common.data import datasets
from common.engines import devices
from common.figures.pictures import write_png
from common.files import write_json
from common.runs import folders
from common.scores import evaluation
from common.settings import require, require_least
from mnist_wgan import train

PENALTY, SPECTRAL = {"lipschitz": "gradient-penalty"}, {"lipschitz": "spectral"}
SLOWER = {"learning_rate": 1e-4}  # as in arXiv:1704.00028; long's 5e-4 was tried with clipping
TRIALS = {  # departures from preset long
    "clip": {},
    "gradient-penalty": PENALTY,
    "gradient-penalty, learning rate 1e-4": {**PENALTY, **SLOWER},
    "spectral": SPECTRAL,
    "spectral, learning rate 1e-4": {**SPECTRAL, **SLOWER},
}
SAMPLES = 2000
KEPT = ("asked_label_accuracy", "frechet_distance", "coverage")  # of the scores


@dataclass(frozen=True)
class Config:
    """Which trials, and for how long."""

    trials: tuple[str, ...] = tuple(TRIALS)
    """Names of trials."""

    minutes: float = 10.0
    """Training time of each."""

    seeds: int = 1
    """Seeds 0 to seeds - 1 of the runs; the samples are of noise from seed 0."""

    out: Path = Path("benchmarks/results/lipschitz.json")
    """File of the results; those of other trials in it stay."""

    pictures: Path = Path("runs/lipschitz")
    """Folder for a sample grid of each play."""

    def __post_init__(self):
        require_names("trials", self.trials, TRIALS)
        require(self.minutes > 0, "minutes", self.minutes, "above 0")
        require_least(self, seeds=1)


def kept(scores):
    """Those of an evaluation's scores that the results hold."""
    return {name: scores[name] for name in KEPT}


def play(config, images, labels, seconds):
    """Play a game for some seconds; return it, its iterations and its last losses."""
    game = train.Game(config, images, labels)
    iterations, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        losses = game.engine.play(game, 1, config.critic_updates)
        iterations += 1
    return game, iterations, engines.last(losses)


def measure(config, arrays, seconds, reference):
    """Play a game for some seconds; returns its recorder, and a dict of its iterations, last losses
    and scores beside an evaluation.Reference."""
    game, iterations, losses = play(config, *arrays, seconds)
    images, asked = train.EXAMPLE.samples(game.result(), 0, SAMPLES, {})
    scores = kept(evaluation.score(images, reference, asked))
    found = {"iterations": iterations, "losses": losses, "scores": scores}
    return train.EXAMPLE.recorder(game), found


def work(config):
    """Play the trials; the file is written anew after each play."""
    results = earlier(config.out)
    config.pictures.mkdir(parents=True, exist_ok=True)
    reference = evaluation.load_reference("mnist")
    mnist = datasets.load("mnist")
    real = evaluation.score(
        datasets.scale(mnist.x_test[:SAMPLES]), reference, mnist.y_test[:SAMPLES]
    )
    device = devices.prepare(None, train.PRESETS["long"].dtype)
    session = folders.describe_session(device)
    for name in config.trials:
        trial = replace(train.PRESETS["long"], dtype=device.dtype, **TRIALS[name])
        arrays = train.EXAMPLE.load(trial).arrays
        results[name] = {
            "departures": TRIALS[name],
            "minutes": config.minutes,
            "plays": [],  # by seed, from 0 on
            "real": kept(real),
            **session,
        }
        for seed in range(config.seeds):
            began, trial = time.monotonic(), replace(trial, seed=seed)
            recorder, found = measure(trial, arrays, 60 * config.minutes, reference)
            found["seconds"] = round(time.monotonic() - began, 1)
            results[name]["plays"].append(found)
            write_json(config.out, results)
            picture = recorder.picture(recorder.keep(), found["iterations"] - 1)
            place = name.replace(", ", "-").replace(" ", "_")
            write_png(config.pictures / f"{place}-seed{seed}.png", picture)
            scores = ", ".join(f"{key} {value:.3f}" for key, value in found["scores"].items())
            print(f"{name}, seed {seed}: {found['iterations']} iterations, {scores}", flush=True)


if __name__ == "__main__":
    main("lipschitz", Config, work, __doc__)
