"""Train the lecture's deep convolutional GAN on Fashion-MNIST."""

import sys
from dataclasses import dataclass, replace
from functools import partial

from common.commands import train
from common.commands.example import ImageExample
from common.settings import SMOKE, SizedSettings
from common.two_phases import TwoPhaseGame, TwoPhaseSettings
from dcgan.lecture import BLACK, LATENT, create_discriminator, create_generator
from fashion_gan.lecture import BUFFER


@dataclass(frozen=True)
class Config(TwoPhaseSettings, SizedSettings):
    """Settings of a dcgan run; the defaults are the slides' (preset slides)."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=1, log_every=125),
    "smoke": replace(SLIDES, **SMOKE, training_images=100),
}


class Game(TwoPhaseGame):
    """The slides' networks in the two phases of "Implementing the training of GAN".

    The discriminator's fakes are made as pictures are, with BatchNorm's moving statistics, as the
    slides' generator(noise) makes them. While the generator learns, BatchNorm normalises its fakes
    by their own batch and updates its moving statistics; see README.md.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1], or of the config's size and channels.
    """

    def __init__(self, config, images):
        shape = {"size": config.image_size, "channels": config.channels}
        networks = partial(create_generator, **shape), partial(create_discriminator, **shape)
        super().__init__(config, images, *networks, LATENT, buffer=BUFFER)


EXAMPLE = ImageExample(
    "dcgan", PRESETS, Game, create_generator, what="clothes", dataset="fashion_mnist", black=BLACK,
    versions={"latent": "latent", "image_size": "size", "channels": "channels"},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
