"""Row 0 of the lecture's log, under its own settings and under today's.

The lecture prints "0: [D true loss: -2837.692] ..." after 100 critic updates and one generator
update, but neither how its pixels were scaled nor that its RMSprop is not today's. This plays
iteration 0 of mnist_wgan's preset slides over several seeds, as it is and with one thing changed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from benchmarks import fingerprint
from benchmarks.shared import Trials, facts, main, play_trials
from common.files import write_json
from common.settings import require_least
from mnist_wgan import train
from mnist_wgan.printed import LOSSES, PRINTED

LECTURE = dict(zip(LOSSES, PRINTED[0], strict=True))
SETTINGS = ("lecture", "keras-3-rmsprop", "pixels-0-to-1")


@dataclass(frozen=True)
class Settings(train.Config):
    """Those of preset slides, and what is changed."""

    changed: Literal[SETTINGS] = "lecture"
    """lecture: nothing; the others change the optimizer or the range of the pixels."""


def create_game(config, images, labels, **named):
    """The game of preset slides with one thing changed."""
    if config.changed == "pixels-0-to-1":
        images = (images + 1) / 2
    today = config.changed == "keras-3-rmsprop"
    optimizer = keras.optimizers.RMSprop if today else train.RMSpropKeras2
    return train.Game(config, images, labels, optimizer, **named)


ROW = Settings(iterations=1, log_every=1, engine="reference")
EXAMPLE = replace(train.EXAMPLE, presets={"slides": ROW}, game=create_game)


@dataclass(frozen=True)
class Config(Trials):
    """What to measure."""

    trials: tuple[Literal[SETTINGS], ...] = SETTINGS
    """lecture: preset slides; the others change the optimizer or the range of the pixels."""

    batch_size: int = 64
    """Images in a batch."""

    work: Path = Path("runs/row_zero")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/row_zero.json")
    """File of the results."""

    def __post_init__(self):
        super().__post_init__()
        require_least(self, batch_size=1)


def band(values):
    """Return (low, high): the mean minus and plus three sample standard deviations."""
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    return mean - 3 * deviation, mean + 3 * deviation


def work(config):
    """Measure all settings and seeds, and write the file."""
    base, lecture = replace(ROW, batch_size=config.batch_size), LECTURE["d_true"]
    wanted = {name: replace(base, changed=name) for name in config.trials}
    session, rows = {}, []
    for setting, runs in play_trials(config, EXAMPLE, wanted, config.work):
        session = session or facts(runs[0].folder)
        for seed, run in enumerate(runs):
            losses = {name: loss for name, loss in run.rows[0].items() if name != "iteration"}
            rows.append({"setting": setting, "seed": seed, **losses})
            told = "  ".join(f"{name} {losses[name]:.3f}" for name in LECTURE)
            print(f"{setting}, seed {seed}: {told}")
        values = [run.rows[0]["d_true"] for run in runs]
        if len(values) > 1:
            low, high = band(values)
            verdict = "inside" if low <= lecture <= high else "outside"
            print(f"{setting}: the lecture's {lecture} is {verdict} {low:.0f} to {high:.0f}")
    prints = {keras.backend.backend(): fingerprint.measure()}
    more = {"fingerprints": prints, "batch_size": config.batch_size}
    write_json(config.out, {**session, **more, "rows": rows})


if __name__ == "__main__":
    main("row_zero", Config, work, __doc__)
