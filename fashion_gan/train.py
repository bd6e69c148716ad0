"""Train the lecture's dense GAN on Fashion-MNIST."""

import sys
from dataclasses import dataclass, replace

from common.commands import train
from common.commands.example import ImageExample
from common.settings import SMOKE, ImageSettings
from common.two_phases import TwoPhaseGame, TwoPhaseSettings
from fashion_gan.lecture import BLACK, BUFFER, LATENT, create_discriminator, create_generator


@dataclass(frozen=True)
class Config(TwoPhaseSettings, ImageSettings):
    """Settings of a fashion_gan run; the defaults are the slides' (preset slides)."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=4, learning_rate=2e-4, log_every=250),
    "smoke": replace(SLIDES, **SMOKE, training_images=100),
}


class Game(TwoPhaseGame):
    """The slides' networks in their two phases.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [0, 1].
    """

    def __init__(self, config, images):
        super().__init__(
            config, images, create_generator, create_discriminator, LATENT, buffer=BUFFER
        )


EXAMPLE = ImageExample(
    "fashion_gan", PRESETS, Game, create_generator, what="clothes",
    dataset="fashion_mnist", black=BLACK,
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
