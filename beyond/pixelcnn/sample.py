"""Draw digits with a trained generator, as in RUN --show growing --out growing.png."""

import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np

from beyond.pixelcnn.generator import PIXELS
from beyond.pixelcnn.lecture import BLACK
from beyond.pixelcnn.train import EXAMPLE
from common.commands import generators
from common.commands import sample as commands
from common.latent import draw_noise, generate
from common.likelihood import binarized_test_images

STAGES = 9  # of a growing digit, the last of them whole
COMPLETIONS = 8  # of a test digit's upper half
UNKNOWN = 0.3  # the grey of pixels that are not there yet


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "growing", "completions"] = "samples"  # type: ignore[assignment]
    """samples: a new noise for each image; walk: from one noise to another in equal steps; growing:
    how 10 digits, or --count, come to be, pixel by pixel; completions: the lower halves that 10
    test digits, or --count, might have."""


def grow(images, stages=STAGES):
    """Show images as they come to be, in equal numbers of pixels.

    Args:
        images: (N, 28, 28, 1), 0 or 1.
        stages: for each image.

    Returns:
        (N * stages, 28, 28, 1), an image's stages one after another; the grey UNKNOWN is where it
        has no pixel yet.
    """
    pixels = images.reshape(-1, 1, PIXELS)
    ends = np.linspace(PIXELS / stages, PIXELS, stages).astype(int)
    there = np.arange(PIXELS) < ends[:, None]
    return np.where(there, pixels, np.float32(UNKNOWN)).reshape(-1, 28, 28, 1)


def hold(noise, images, known):
    """Change noise so that the first pixels come out as those of images.

    Whatever its probability p, a pixel is drawn where the chance 0 of the noise -inf is below p,
    and is not where 1 is.

    Args:
        noise: (N, 784), standard normal.
        images: (N, 28, 28, 1), 0 or 1.
        known: how many pixels, in raster order.
    """
    held = np.where(images.reshape(-1, PIXELS) > 0, -np.inf, np.inf)
    return np.where(np.arange(PIXELS) < known, held, noise).astype(noise.dtype)


def sample(config):
    """Draw what a config asks for and write its files; see common.commands.sample.sample()."""
    if config.show in ("samples", "walk"):
        commands.sample(EXAMPLE, config)
        return
    generator, count = generators.load(config, EXAMPLE), config.count or 10
    if config.show == "growing":
        noise = draw_noise(config.seed, count, PIXELS)
        commands.write(config.out, grow(generate(generator, noise)), STAGES, BLACK, noise=noise)
        return
    settings = generators.settings(config, EXAMPLE)
    images = binarized_test_images(settings.get("binarisation", "dynamic"), count)
    noise = draw_noise(config.seed, COMPLETIONS * len(images), PIXELS)
    noise = hold(noise, images.repeat(COMPLETIONS, axis=0), PIXELS // 2)
    completed = generate(generator, noise).reshape(len(images), COMPLETIONS, 28, 28, 1)
    upper = images.copy()
    upper[:, 14:] = UNKNOWN
    rows = np.concatenate([images[:, None], upper[:, None], completed], axis=1)
    rows = rows.reshape(-1, 28, 28, 1)
    commands.write(config.out, rows, 2 + COMPLETIONS, BLACK, noise=noise)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
