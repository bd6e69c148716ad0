"""What the examples' sample commands share."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from common.commands import generators
from common.figures.pictures import grid, write_png
from common.files import whole
from common.latent import great_circle
from common.randomness import streams
from common.settings import require

MOST = 100_000  # images at a time, 300 MB
BATCH = 100  # images drawn at a time: the layers' outputs take a hundred times their memory


@dataclass(frozen=True)
class Sampling(generators.Source):
    """What every example's sample takes; an example with more to show adds to it."""

    out: Path = Path("samples.png")
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1) and their noise."""

    show: Literal["samples", "walk"] = "samples"
    """samples: a new noise for each image; walk: from one noise to another in equal steps."""

    count: int | None = None
    """How many samples (None: 100) or steps of the walk (10)."""

    seed: int = 0
    """Seed of the noise, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        least = 2 if self.show == "walk" else 1
        known = self.count is None or least <= self.count <= MOST
        require(known, "count", self.count, f"from {least} to {MOST}")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require(self.out.suffix in (".png", ".npz"), "out", self.out, "a .png or an .npz file")


def draw_noise(seed, count, latent):
    """Return standard normal noise, float32 (count, latent)."""
    stream = streams(seed, ("noise",))["noise"]
    return np.asarray(keras.random.normal((count, latent), seed=stream))


def generate(generator, *inputs):
    """Return float32 images (N, 28, 28, 1) of a generator's inputs, (N, ...) each."""
    parts = []
    for i in range(0, len(inputs[0]), BATCH):
        batch = [array[i : i + BATCH] for array in inputs]
        parts.append(generator.predict_on_batch(batch if len(batch) > 1 else batch[0]))
    return np.concatenate(parts).astype("float32")


def write(path, images, columns, black=-1.0, **arrays):
    """Write images as a picture or, with other arrays, as an .npz file, and say so.

    Args:
        path: ends in .png or .npz.
        images: (N, 28, 28, 1) in [black, 1].
        columns: images in a row of the picture.
        black: a black pixel's value.
        arrays: what else the .npz holds, by name.
    """
    if path.suffix == ".png":
        write_png(path, grid(images, columns, black))
    else:
        with whole(path) as file:
            np.savez_compressed(file, images=images, **arrays)
    print(f"{len(images)} images: {path}")


def sample(config, example, create_generator, latent, black):
    """Draw what a Sampling config asks for with a generator whose one input is normal noise.

    Args:
        config: Sampling.
        example: name of the example's folder.
        create_generator: the example's.
        latent: length of the noise.
        black: a black pixel's value in the generator's images.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, example, create_generator)
    if config.show == "samples":
        noise = draw_noise(config.seed, config.count or 100, latent)
        columns = math.ceil(math.sqrt(len(noise)))
    else:
        columns = config.count or 10
        noise = great_circle(*draw_noise(config.seed, 2, latent), columns)
    write(config.out, generate(generator, noise), columns, black, noise=noise)
