"""The first rows of mnist_wgan's log as Keras 2.0.8 on TensorFlow 1.4.0 plays preset script.

That library lets a network's updates race: an optimizer may change a layer before the gradient of
the layers below it has passed through it. "raced" is the library as it was, on a CPU; "ordered"
makes every change wait for all gradients, as Keras does today and as this project does. The
environment is that of benchmarks.genuine. A play that is killed begins anew; others are kept.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks import genuine, slide_rows
from benchmarks.shared import add_play, main, plays_in, rounded
from common.data import datasets
from common.engines import devices
from common.runs import folders
from common.settings import require, require_least
from mnist_wgan import train

OUT = Path("benchmarks/results/genuine_rows.json")
LIBRARIES = {"python": "3.6", "packages": {"tensorflow": "1.4.0", "keras": "2.0.8"}}


@dataclass(frozen=True)
class Config:
    """What to play."""

    orders: tuple[Literal["raced", "ordered"], ...] = ("raced", "ordered")
    """Of the updates."""

    seeds: tuple[int, ...] = tuple(range(5))
    """Seeds to play, one after another; TensorFlow's other threads make a raced play another one
    each time."""

    iterations: int = 1
    """Iterations of each; a hundred critic updates come before each of the first 25."""

    batch_size: int = 100
    """Images in a batch; the lecturer's file has 100."""

    work: Path = Path("runs/genuine")
    """Folder of the environment."""

    out: Path = OUT
    """File of the results."""

    def __post_init__(self):
        require(self.seeds, "seeds", "empty", "one or more numbers")
        require_least(self, iterations=1, batch_size=1)


def play(order, seed, config):
    """Play preset script on the genuine libraries; returns its rows and its seconds."""
    images, labels, *_ = datasets.load_training("mnist", train.PRESETS["script"])
    config.work.mkdir(parents=True, exist_ok=True)
    given, result = config.work / "rows.npz", config.work / "rows.json"
    settings = {"seed": seed, "batch": config.batch_size, "iterations": config.iterations}
    labels = labels[:, np.newaxis].astype("int32")
    np.savez(given, images=datasets.scale(images), labels=labels, **settings)
    genuine.witness("tensorflow-1.4", config.work, "keras_2_0.py", "rows", given, result, order)
    return folders.read_json(result)


def key(play):
    """What tells two plays apart."""
    return play["order"], play["batch_size"], play["seed"]


def work(config):
    """Play all seeds; the result file is written anew after each."""
    device = devices.prepare(None, "float32")
    for seed in config.seeds:
        for order in config.orders:
            rows = {key(play): len(play["losses"]["iteration"]) for play in plays_in(config.out)}
            if rows.get((order, config.batch_size, seed), 0) >= config.iterations:
                print(f"{order}, seed {seed}, is in {config.out} already", flush=True)
                continue
            facts = folders.describe_session(device) | LIBRARIES
            played = play(order, seed, config)
            columns = np.array(played["rows"]).T  # sum, Wasserstein and class part of each loss
            losses = {
                name: [rounded(value) for value in column]
                for loss, place in zip(slide_rows.PLAYED, (0, 3, 6), strict=True)
                for name, column in ((loss, columns[place]), (f"{loss}_class", columns[place + 2]))
            }
            wanted = {
                "order": order, "batch_size": config.batch_size, "seed": seed, **facts,
                "seconds": played["seconds"],
                "losses": {"iteration": list(range(columns.shape[1])), **losses},
            }  # fmt: skip
            add_play(config.out, wanted, key)
            first = ", ".join(f"{name} {losses[name][0]:,}" for name in slide_rows.PLAYED)
            print(f"{order}, seed {seed}: row 0 {first} ({played['seconds']} s)", flush=True)


if __name__ == "__main__":
    main("genuine_rows", Config, work, __doc__)
