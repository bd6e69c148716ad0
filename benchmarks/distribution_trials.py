"""What the slides of distribution_gan leave open, tried: optimizer, learning rate, batch, turns.

Each trial plays the default game with one thing changed, for as many iterations as preset slides.
What counts is the median, over the rows of the second half, of the Wasserstein-1 distance between
generated and real values: a GAN swings, and where it ends is chance.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from keras.optimizers import SGD, Adam, RMSprop

from benchmarks.shared import earlier, main, require_names
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.settings import require
from distribution_gan import train, values

# (optimizer, departures from preset slides, updates of D before as many of G)
TRIALS = {
    "SGD 0.5": (SGD, {}, 1),
    "SGD 0.3": (SGD, {"learning_rate": 0.3}, 1),
    "SGD 0.2": (SGD, {"learning_rate": 0.2}, 1),
    "SGD 0.3, batch 32": (SGD, {"learning_rate": 0.3, "batch_size": 32}, 1),
    "SGD 0.3, batch 256": (SGD, {"learning_rate": 0.3, "batch_size": 256}, 1),
    "SGD 0.3, ten of D then ten of G": (SGD, {"learning_rate": 0.3}, 10),
    "Adam 1e-3": (Adam, {"learning_rate": 1e-3}, 1),
    "Adam 1e-4": (Adam, {"learning_rate": 1e-4}, 1),
    "RMSprop 1e-3": (RMSprop, {"learning_rate": 1e-3}, 1),
}


@dataclass(frozen=True)
class Config:
    """Which trials, and how often."""

    trials: tuple[str, ...] = tuple(TRIALS)
    """Names of trials."""

    seeds: int = 3
    """Seeds 0 to seeds - 1."""

    iterations: int = 2_496
    """Updates of each network."""

    out: Path = Path("benchmarks/results/distribution_trials.json")
    """File of the results; those of other trials in it stay."""

    def __post_init__(self):
        require_names("trials", self.trials, TRIALS)
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")
        least = 2 * train.SLIDES.log_every
        require(self.iterations >= least, "iterations", self.iterations, f"at least {least}")


def measure(optimizer, config, turn):
    """Play a game and return the median Wasserstein-1 distance of its second half.

    Args:
        optimizer: function from a learning rate to a new optimizer.
        config: distribution_gan.train.Config; iterations and log_every count.
        turn: updates of D before as many of G.
    """
    game = train.Game(config, values.load(config), optimizer)
    distances = []
    for iteration in range(0, config.iterations, turn):
        for _ in range(turn):
            game.engine.play(game, 1, 1, generator=False)
        for _ in range(turn):
            game.engine.play(game, 1, 0)
        half_over = iteration >= config.iterations // 2
        if half_over and (iteration // turn) % max(1, config.log_every // turn) == 0:
            distances.append(values.distances(game.generated(), game.values)["wasserstein_1"])
    return float(np.median(distances))


def work(config):
    """Run the trials; the file is written anew after each."""
    session = folders.describe_session(devices.prepare(None, "float32"))
    results = earlier(config.out)
    for name in config.trials:
        optimizer, departures, turn = TRIALS[name]
        began, medians = time.monotonic(), []
        for seed in range(config.seeds):
            trial = replace(train.SLIDES, seed=seed, iterations=config.iterations, **departures)
            medians.append(measure(optimizer, trial, turn))
        results[name] = {
            "iterations": config.iterations,
            "median_wasserstein_1": medians,  # by seed, from 0 on
            "seconds": round(time.monotonic() - began, 1),
            **session,
        }
        print(f"{name}: " + ", ".join(f"{median:.2f}" for median in medians), flush=True)
        write_json(config.out, results)


if __name__ == "__main__":
    main("distribution_trials", Config, work, __doc__)
