"""One run of mnist_wgan from a checkpoint on, as it is and with one thing changed.

    python -m benchmarks.branches runs/script_rows/seeds/32-6 --iterations 500

Why the last rows of the lecture's log differ from ours is asked here: each branch starts from the
same weights, accumulators and random numbers.
"""

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro
from keras import ops

from benchmarks.lipschitz import kept
from benchmarks.shared import add_play, main, require_names, rounded
from common.engines import devices
from common.figures.pictures import write_png
from common.runs import checkpoints, folders, loop
from common.scores import evaluation
from common.settings import require_least
from mnist_wgan import train

EVERY = 50  # iterations that a kept row is the mean of
SAMPLES = 2000


def as_it_is(game):
    """Nothing is changed."""


def zero_accumulators(game):
    """The generator's RMSprop forgets its first, huge gradients, which hold it still."""
    for square in game.combined.optimizer.mean_squares:
        square.assign(ops.zeros_like(square))


def exact_tanh(game):
    """The generator's tanh is rounded correctly, as CUDA's nearly is: below 1 up to 9.01, where
    TensorFlow's on a CPU is 1, and its slope 0, from 8.0 on."""

    @ops.custom_gradient
    def tanh(x):
        y = ops.cast(ops.tanh(ops.cast(x, "float64")), "float32")

        def slope(*args, upstream=None):
            return (args[0] if upstream is None else upstream) * (1 - y * y)

        return y, slope

    game.generator.layers[-1].activation = tanh


def second_call(game):
    """The lecturer's file called again with saved networks: Keras 2.0.8 collects no weights of a
    critic that was saved frozen, so that it is clipped once more and never learns; the generator's
    optimizer begins anew."""
    game.learner.optimizer.learning_rate = 0.0
    zero_accumulators(game)


CHANGES = {
    "as it is": as_it_is,
    "class weight 2": as_it_is,
    "class weight 3": as_it_is,
    "class weight 10": as_it_is,
    "accumulators of 0": zero_accumulators,
    "exact tanh": exact_tanh,
    "frozen critic": second_call,
}


@dataclass(frozen=True)
class Config:
    """Which run, and which changes."""

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """Folder of a run of mnist_wgan, or one of its checkpoints."""

    changes: tuple[str, ...] = tuple(CHANGES)
    """Names of branches."""

    iterations: int = 500
    """Iterations of each branch."""

    out: Path = Path("benchmarks/results/branches.json")
    """File of the results; those of other branches in it stay."""

    pictures: Path = Path("runs/branches")
    """Folder for a sample grid of each branch."""

    def __post_init__(self):
        require_names("changes", self.changes, CHANGES)
        require_least(self, iterations=1)


def key(play):
    """What tells two branches apart."""
    return play["batch_size"], play["seed"], play["from"], play["change"], play["iterations"]


def means(losses, first):
    """Means of the losses over stretches of EVERY iterations, by name, in the order of the list
    "iteration", the first of each stretch."""
    starts = range(0, len(losses["d_true"]), EVERY)
    rows = {name: [rounded(np.mean(values[i : i + EVERY])) for i in starts]
            for name, values in losses.items()}  # fmt: skip
    return {"iteration": [first + i for i in starts], **rows}


def play(config, settings, checkpoint, change, reference):
    """Play a branch; returns what the result file keeps of it, and its sample grid.

    Args:
        settings: the run's train.Config.
        checkpoint: path of the checkpoint that it starts from.
        change: name of the change.
        reference: evaluation.Reference of MNIST.
    """
    weight = re.fullmatch(r"class weight (\d+)", change)
    if weight:
        settings = replace(settings, class_weight=float(weight[1]))
    began = time.monotonic()
    game = train.Game(settings, *train.EXAMPLE.load(settings).arrays)
    position, _ = checkpoints.load(checkpoint, game.variables())
    CHANGES[change](game)
    # A checkpoint may stand amid an iteration, whose rest is not played.
    first = position.iteration + (position.update > 0)
    losses = loop.play(game, config.iterations, first)
    images, asked = train.EXAMPLE.samples(game.result(), 0, SAMPLES, {})
    found = {
        "batch_size": settings.batch_size,
        "seed": settings.seed,
        "from": first,
        "change": change,
        "iterations": config.iterations,
        "losses": means(losses, first),
        "scores": kept(evaluation.score(images, reference, asked)),
        "seconds": round(time.monotonic() - began, 1),
    }
    recorder = train.EXAMPLE.recorder(game)
    return found, recorder.picture(recorder.keep(), first + config.iterations - 1)


def work(config):
    """Play the branches; the file is written anew after each."""
    settings = folders.read_config(config.run, train.EXAMPLE.name, train.Config)
    checkpoint = checkpoints.choose(config.run)
    session = folders.describe_session(devices.prepare(None, settings.dtype))
    config.pictures.mkdir(parents=True, exist_ok=True)
    reference = evaluation.load_reference("mnist")
    for change in config.changes:
        found, picture = play(config, settings, checkpoint, change, reference)
        add_play(config.out, {**found, **session}, key)
        name = f"{found['from']}-{change.replace(' ', '_')}.png"
        write_png(config.pictures / name, picture)
        classes = found["losses"]["d_fake_class"][-1], found["losses"]["d_true_class"][-1]
        accuracy = found["scores"]["asked_label_accuracy"]
        print(
            f"{change}: class loss on fakes {classes[0]:.3f}, on reals {classes[1]:.3f}; "
            f"asked digit {accuracy:.1%}",
            flush=True,
        )
        keras.backend.clear_session()


if __name__ == "__main__":
    main("branches", Config, work, __doc__)
