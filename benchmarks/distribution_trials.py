"""What the slides of distribution_gan leave open, tried: optimizer, learning rate, batch, turns.

Each trial plays the default game with one thing changed, for as many iterations as preset slides.
What counts is the median, over the rows of the second half, of the Wasserstein-1 distance between
generated and real values: a GAN swings, and where it ends is chance.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from benchmarks.shared import Trials, earlier, main, play_trials, played, require_names
from common.files import write_json
from common.settings import require_least
from distribution_gan import train


@dataclass(frozen=True)
class Settings(train.Config):
    """Those of a trial."""

    optimizer: Literal["SGD", "Adam", "RMSprop"] = "SGD"
    """Of both networks."""

    turn: int = 1
    """Updates of the discriminator in a row, and of the generator after them."""


class Game(train.Game):
    """The example's game with the optimizer and the turns of a trial."""

    def __init__(self, config, values):
        super().__init__(config, values, getattr(keras.optimizers, config.optimizer))

    def updates_before(self, iteration):
        return self.config.turn if iteration % self.config.turn == 0 else 0


BASE = Settings()
TRIALS = {
    "SGD 0.5": BASE,
    "SGD 0.3": replace(BASE, learning_rate=0.3),
    "SGD 0.2": replace(BASE, learning_rate=0.2),
    "SGD 0.3, batch 32": replace(BASE, learning_rate=0.3, batch_size=32),
    "SGD 0.3, batch 256": replace(BASE, learning_rate=0.3, batch_size=256),
    # A row has the losses of both networks.
    "SGD 0.3, ten of D then ten of G": replace(BASE, learning_rate=0.3, turn=10, log_every=70),
    "Adam 1e-3": replace(BASE, optimizer="Adam", learning_rate=1e-3),
    "Adam 1e-4": replace(BASE, optimizer="Adam", learning_rate=1e-4),
    "RMSprop 1e-3": replace(BASE, optimizer="RMSprop", learning_rate=1e-3),
}
EXAMPLE = replace(train.EXAMPLE, presets={"slides": BASE}, game=Game)


@dataclass(frozen=True)
class Config(Trials):
    """Which trials, and how often."""

    trials: tuple[str, ...] = tuple(TRIALS)
    """Names of trials."""

    seeds: int = 3
    """Seeds 0 to seeds - 1."""

    iterations: int = 2_496
    """Updates of each network."""

    work: Path = Path("runs/distribution_trials")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/distribution_trials.json")
    """File of the results; those of other trials in it stay."""

    def __post_init__(self):
        super().__post_init__()
        require_names("trials", self.trials, TRIALS)
        require_least(self, iterations=2 * BASE.log_every)


def median(rows, iterations):
    """The median Wasserstein-1 distance of a run's second half."""
    late = [row["wasserstein_1"] for row in rows if row["iteration"] >= iterations // 2]
    return float(np.median(late))


def work(config):
    """Play the trials, and write the file."""
    count = config.iterations
    # As many epochs as it takes: those of large batches are short.
    wanted = {name: replace(TRIALS[name], iterations=count, epochs=10**6) for name in config.trials}
    results = earlier(config.out)
    for name, runs in play_trials(config, EXAMPLE, wanted, config.work):
        medians = [median(run.rows, count) for run in runs]  # by seed, from 0 on
        results[name] = {"iterations": count, "median_wasserstein_1": medians, **played(runs)}
        print(f"{name}: " + ", ".join(f"{median:.2f}" for median in medians), flush=True)
    write_json(config.out, results)


if __name__ == "__main__":
    main("distribution_trials", Config, work, __doc__)
