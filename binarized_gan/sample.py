"""Draw digits with a trained generator, as in RUN --show spot --out sheet.png."""

import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np

from binarized_gan.lecture import BLACK, binarize
from binarized_gan.train import EXAMPLE, SLIDES
from common.commands import generators
from common.commands import sample as commands
from common.latent import draw_noise, generate
from common.runs import folders
from common.settings import require

SHEET_COLUMNS = 6
SHEET, SHEET_FAKES = 36, 12  # images on a sheet


@dataclass(frozen=True)
class Config(commands.Sampling):
    """What to draw."""

    show: Literal["samples", "walk", "arithmetic", "spot"] = "samples"  # type: ignore[assignment]
    """samples: a new noise for each image; walk: from one noise to another in equal steps;
    arithmetic: sums of noises, see --terms; spot: a sheet of 36 images to spot the 12 fakes on, and
    beside it OUT.answers.png, with the fakes black on white."""

    def __post_init__(self):
        super().__post_init__()
        free = self.count is None or self.show != "spot"
        require(free, "count", self.count, f"left out: a sheet has {SHEET} images")


def spot_the_fake(config):
    """Write a sheet of training images and fakes at random places, and its answers.

    Page 11; exactly a third is fake, and whatever has been drawn is binarized.

    Raises:
        UserError: there is no such generator, its training images are gone or others
            than it had, or a file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    training = SLIDES  # the embedded digits
    if config.folder is not None:
        training = folders.read_config(config.folder, EXAMPLE.name, EXAMPLE.settings)
    (reals,), data_sha256, *_ = EXAMPLE.load(training)
    if config.folder is not None:
        folders.check_data(config.folder, data_sha256)
    random = np.random.default_rng(config.seed)
    fake = random.permutation(SHEET) < SHEET_FAKES
    images = reals[random.integers(len(reals), size=SHEET)]
    kind = training.noise or "normal"
    noise = draw_noise(config.seed, SHEET_FAKES, generator.input_shape[-1], kind)
    images[fake] = binarize(generate(generator, noise))
    commands.write(config.out, images, SHEET_COLUMNS, BLACK, fake=fake, noise=noise)
    if config.out.suffix == ".png":
        images[fake] = 1 - images[fake]
        commands.write(config.out.with_suffix(".answers.png"), images, SHEET_COLUMNS, BLACK)


def sample(config):
    """Draw what a config asks for and write its files; see common.commands.sample.sample()."""
    if config.show == "spot":
        spot_the_fake(config)
    else:
        commands.sample(EXAMPLE, config)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
