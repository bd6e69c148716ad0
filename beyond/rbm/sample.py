"""Draw digits with a trained machine, as in RUN --show chains --out chains.gif."""

import math
import sys
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

from beyond.rbm import lecture
from beyond.rbm.lecture import BLACK, VISIBLE
from beyond.rbm.train import EXAMPLE
from common.commands import generators
from common.commands import sample as commands
from common.data.datasets import pixels
from common.figures import pictures
from common.latent import draw_noise
from common.settings import require

COLUMNS = 10  # chains in a row of an animation
FRAMES = 60  # of an animation
MOMENTS = 10  # of a chain on a picture


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "filters", "chains"] = "samples"  # type: ignore[assignment]
    """samples: the end of a Gibbs chain for each noise; walk: from one noise to another in equal
    steps; filters: the weights W of the first --count hidden units, white where a unit wants a
    pixel on, black where off; chains: from their noise on to --chain-length steps, ten chains or
    --count, with --out chains.gif as an animation."""

    chain_length: int | None = None
    """Gibbs steps of --show chains, at least 10; None: the run's own."""

    def __post_init__(self):
        super().__post_init__()
        steps = self.chain_length
        require(steps is None or steps >= MOMENTS, "chain-length", steps, f"at least {MOMENTS}")

    def kinds(self):
        return (*super().kinds(), ".gif") if self.show == "chains" else super().kinds()


def filters(rbm):
    """What each hidden unit wants to see: its weights, over the largest of them by size, as images
    (hidden, 28, 28, 1) in [-1, 1]."""
    weights = rbm.get_weights()[0].T
    sizes = np.abs(weights).max(axis=1, keepdims=True)
    return (weights / np.maximum(sizes, 1e-12)).reshape(-1, 28, 28, 1)


def chain_moments(generator, noise, moments):
    """The images of the generator's chains after some numbers of steps, 1 or more: float32
    (moments, N, 28, 28, 1)."""
    chain = generator.layers[1]
    shifts = lecture.shifts(max(moments), noise.shape[1])
    v, found = lecture.binarize(0.5, noise[:, :VISIBLE]), {}
    for i, shift in enumerate(shifts, start=1):
        chances = (noise + shift) % 1
        h = lecture.binarize(chain.rbm.hidden(v), chances[:, VISIBLE:])
        on = chain.rbm.visible(h)
        v = lecture.binarize(on, chances[:, :VISIBLE])
        if i in moments:
            found[i] = keras.ops.convert_to_numpy(on).reshape(-1, 28, 28, 1)
    return np.stack([found[i] for i in moments])


def draw_chains(config):
    """Write chains as an animation, FRAMES at equal distances, or as a picture, a chain a column
    and below one another MOMENTS after ever more steps.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    steps = config.chain_length or generator.layers[1].steps
    noise = draw_noise(config.seed, config.count or COLUMNS, generator.input_shape[-1])
    if config.out.suffix == ".gif":
        moments = np.unique(np.linspace(1, steps, min(FRAMES, steps)).round().astype(int)).tolist()
        images = pixels(chain_moments(generator, noise, moments), BLACK)
        columns = min(COLUMNS, len(noise))
        pictures.write_gif(config.out, [pictures.tile(frame, columns) for frame in images])
        print(f"{len(noise)} chains of {steps} steps: {config.out}")
        return
    moments = np.unique(np.geomspace(1, steps, MOMENTS).round().astype(int)).tolist()
    images = chain_moments(generator, noise, moments)
    if config.out.suffix == ".npz":
        commands.write(config.out, images.reshape(-1, 28, 28, 1), len(noise), BLACK,
                       noise=noise, moments=moments)  # fmt: skip
        return
    rows = pixels(images, BLACK)
    pictures.write_png(config.out, pictures.strip(rows, [f"{n:,}" for n in moments]))
    print(f"{len(noise)} chains after {', '.join(map(str, moments))} steps: {config.out}")


def sample(config):
    """Draw what a config asks for and write its files; see common.commands.sample.sample()."""
    if config.show == "chains":
        draw_chains(config)
    elif config.show == "filters":
        images = filters(generators.load(config, EXAMPLE).layers[1].rbm)[: config.count or 100]
        commands.write(config.out, images, math.ceil(math.sqrt(len(images))))
    else:
        commands.sample(EXAMPLE, config)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
