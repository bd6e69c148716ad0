"""Train the PixelCNN of van den Oord et al. on binarized MNIST."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras.optimizers import Adam, RMSprop
from keras.optimizers.schedules import CosineDecay

from beyond.pixelcnn import lecture
from beyond.pixelcnn.generator import PIXELS, create_generator, network_of
from beyond.pixelcnn.lecture import BLACK, BLOCKS, FILTERS
from common.commands import train
from common.commands.example import ImageExample
from common.data.datasets import pixels
from common.game import EpochGame, named_variables
from common.likelihood import binarize, binarized
from common.randomness import streams
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require

OPTIMIZERS = {"rmsprop": RMSprop, "adam": Adam}


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a pixelcnn run; the defaults are the paper's where it says something (preset
    slides)."""

    preset: Literal["slides", "quick", "long", "smoke"] = "slides"  # type: ignore[assignment]
    """slides: the paper's, the lecture has none; quick: good pictures soon on two CPU cores; long:
    the paper's likelihood in several times quick's time; smoke: ends in seconds, for tests. A flag
    beside it wins."""

    epochs: int = 100
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 16
    """Images in a batch."""

    learning_rate: float = 1e-3
    """The optimizer's learning rate at the start."""

    learning_rate_schedule: Literal["constant", "cosine"] = "constant"
    """constant: as it starts; cosine: down to 0 in half a cosine over the run."""

    optimizer: Literal["rmsprop", "adam"] = "rmsprop"
    """rmsprop: the paper's; adam: fewer steps to the same nats."""

    log_every: int = 3750
    """Iterations between two logged rows and sample grids; an epoch of the paper has 3,750."""

    filters: int = FILTERS
    """h, of the convolutions within a block; between the blocks there are twice as many."""

    blocks: int = BLOCKS
    """Residual blocks, one behind another."""

    size: int = 3
    """Width of the convolutions within the blocks, odd; larger ones have a smaller blind spot."""

    places: bool = False
    """Give each pixel biases of its own behind the first convolution, which tell the network where
    it is; the paper has none."""

    binarisation: Literal["dynamic", "threshold"] = "dynamic"
    """dynamic: in each batch anew each pixel is 1 with its grey as the probability; threshold: 1
    above 0.5, the digits of binarized_gan. Nats of the two are of different digits and cannot be
    compared."""

    def __post_init__(self):
        super().__post_init__()
        require(self.filters >= 1, "filters", self.filters, "at least 1")
        require(self.blocks >= 1, "blocks", self.blocks, "at least 1")
        odd = self.size % 2 == 1 and 3 <= self.size <= 27
        require(odd, "size", self.size, "an odd number from 3 to 27")


SLIDES = Config()
FASTER = replace(
    SLIDES,
    learning_rate=2e-3,
    learning_rate_schedule="cosine",
    optimizer="adam",
    size=7,
    places=True,
)
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(FASTER, preset="quick", epochs=3, log_every=1250),
    "long": replace(FASTER, preset="long", epochs=8, filters=32),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


class Game(EpochGame):
    """The network, its optimizer, and the one step.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1), grey, in [0, 1].
    """

    discriminator_updates = 0  # there is none

    def __init__(self, config, images):
        if config.binarisation == "threshold":  # which leaves nothing to chance
            images = np.asarray(binarize(images, 0.5))
        super().__init__(config, images, PIXELS, buffer=len(images))
        self.streams |= {"pixels": streams(config.seed, (*self.streams, "pixels"))["pixels"]}
        self.generator = create_generator(config.filters, config.blocks, config.size, config.places)
        self.network = network_of(self.generator)
        rate = config.learning_rate
        if config.learning_rate_schedule == "cosine":
            rate = CosineDecay(rate, self.iterations)
        self.network.compile(OPTIMIZERS[config.optimizer](rate), lecture.nats)
        self.network.optimizer.build(self.network.trainable_variables)

    def draw_generator(self):
        """What the step needs at random: images (batch, 28, 28, 1), pixels 0 or 1."""
        images = self.batches.next()
        pixels = self.streams["pixels"]
        chances = keras.random.uniform(images.shape, dtype=images.dtype, seed=pixels)
        return (binarize(images, chances),)

    def update_generator(self, images):
        """One step, see draw_generator(); returns the loss before it, nats by name."""
        return {"loss": self.engine.train(self.network, images, images)["loss"]}

    def variables(self):
        return named_variables(
            network=self.network,
            optimizer=self.network.optimizer,
            batches=self.batches,
            **self.streams,
        )


class NatsRecorder(Recorder):
    """Records the loss, minus log p of a batch's images."""

    columns = ("iteration", "epoch", "loss", "seconds")
    shown = ("loss",)
    panels = {("Minus log p(x)", "nats"): ("loss",)}

    def line(self, row):
        return f"{row['iteration']}: [epoch {row['epoch']}] [loss: {row['loss']:.2f}]"


def change(images):
    """Real images (N, 28, 28, 1) in [-1, 1] as what samples are compared with: in black and white,
    each pixel drawn once with its grey as the probability."""
    return 2 * binarized(pixels(images), "dynamic") - 1


EXAMPLE = ImageExample(
    "beyond.pixelcnn", PRESETS, Game, create_generator, what="digits", dataset="mnist", black=BLACK,
    change=change, recorder_class=NatsRecorder,
    versions={name: name for name in ("filters", "blocks", "size", "places")},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
