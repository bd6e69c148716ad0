"""Row 0 of the lecture's log, under its own settings and under today's.

The lecture prints "0: [D true loss: -2837.692] ..." after 100 critic updates and one generator
update, but neither how its pixels were scaled nor that its RMSprop is not today's. This plays
iteration 0 of mnist_wgan's preset slides over several seeds, as it is and with one thing changed.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from benchmarks import fingerprint
from benchmarks.shared import main
from common import engines
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.settings import require
from mnist_wgan import train
from mnist_wgan.printed import LOSSES, PRINTED

LECTURE = dict(zip(LOSSES, PRINTED[0], strict=True))
SETTINGS = ("lecture", "keras-3-rmsprop", "pixels-0-to-1")


@dataclass(frozen=True)
class Config:
    """What to measure."""

    settings: tuple[Literal[SETTINGS], ...] = SETTINGS
    """lecture: preset slides; the others change the optimizer or the range of the pixels."""

    seeds: int = 5
    """Seeds 0 to seeds - 1."""

    batch_size: int = 64
    """Images in a batch."""

    out: Path = Path("benchmarks/results/row_zero.json")
    """File of the results."""

    def __post_init__(self):
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")
        require(self.batch_size >= 1, "batch-size", self.batch_size, "at least 1")


def measure(setting, seed, images, labels, batch_size=64):
    """Play iteration 0 of the slides under one of SETTINGS and return its row of losses.csv,
    without seconds; images are float32 (N, 28, 28, 1) in [-1, 1], labels uint8 (N,)."""
    config = train.Config(seed=seed, batch_size=batch_size, engine="reference")
    today = setting == "keras-3-rmsprop"
    optimizer = keras.optimizers.RMSprop if today else train.RMSpropKeras2
    if setting == "pixels-0-to-1":
        images = (images + 1) / 2
    game = train.Game(config, images, labels, optimizer)
    losses = engines.last(game.engine.play(game, 1, config.critic_updates))
    row = train.EXAMPLE.recorder(game).row(0, losses, 0.0)
    return {name: loss for name, loss in row.items() if name not in ("iteration", "seconds")}


def band(values):
    """Return (low, high): the mean minus and plus three sample standard deviations."""
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    return mean - 3 * deviation, mean + 3 * deviation


def work(config):
    """Measure all settings and seeds; the file is written anew after each, so that none is lost."""
    device = devices.prepare(None, "float32")
    arrays = train.EXAMPLE.load(train.SLIDES).arrays
    config.out.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        **folders.describe_session(device),
        "fingerprints": {keras.backend.backend(): fingerprint.measure()},
        "batch_size": config.batch_size,
    }
    rows = []
    for setting in config.settings:
        for seed in range(config.seeds):
            began = time.monotonic()
            row = measure(setting, seed, *arrays, config.batch_size)
            seconds = round(time.monotonic() - began, 1)
            rows.append({"setting": setting, "seed": seed, **row, "seconds": seconds})
            losses = "  ".join(f"{name} {row[name]:.3f}" for name in LECTURE)
            print(f"{setting}, seed {seed}: {losses}  ({seconds} s)", flush=True)
            write_json(config.out, {**facts, "rows": rows})
        values = [row["d_true"] for row in rows if row["setting"] == setting]
        if len(values) > 1:
            low, high = band(values)
            verdict = "inside" if low <= LECTURE["d_true"] <= high else "outside"
            print(
                f"{setting}: the lecture's {LECTURE['d_true']} is {verdict} {low:.0f} to {high:.0f}"
            )


if __name__ == "__main__":
    main("row_zero", Config, work, __doc__)
