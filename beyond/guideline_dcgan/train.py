"""Train a DCGAN that keeps all five guidelines of the slide, or takes one of them back."""

import sys
from dataclasses import dataclass, replace

import keras
from keras import ops

from beyond.guideline_dcgan import guidelines, lecture
from beyond.guideline_dcgan.guidelines import Guideline
from beyond.guideline_dcgan.lecture import BLACK, LATENT
from common.commands import train
from common.commands.example import ImageExample
from common.game import EpochGame, named_variables
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import SMOKE, EpochSettings, ImageSettings


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a guideline_dcgan run; the defaults are the paper's, the epochs chosen."""

    epochs: int = 20
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 128
    """Real images in a batch; the discriminator sees as many fakes in a batch of their own."""

    learning_rate: float = 2e-4
    """Adam's learning rate, of the discriminator and of the generator."""

    log_every: int = 468
    """Iterations between two logged rows and sample grids; an epoch has 468."""

    take_back: Guideline = "none"
    """The guideline that is not kept. pooling: max pooling and upsampling in place of strides;
    batchnorm: none; relu: tanh in the generator; leaky: ReLU in the discriminator; dense: dense
    layers, of which each network has a hidden one."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=2, batch_size=32, log_every=250),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


class Game(EpochGame):
    """Both networks, their optimizers, and the two steps; EpochGame draws noise and reals.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1].
    """

    def __init__(self, config, images):
        super().__init__(config, images, LATENT, buffer=len(images))
        self.generator = guidelines.create_generator(take_back=config.take_back)
        self.discriminator = guidelines.create_discriminator(config.take_back)
        self.pair = lecture.create_pair(self.discriminator)
        self.pair.compile(
            lecture.adam(config.learning_rate), "binary_crossentropy",
            metrics=[accuracy_real, accuracy_fake],
        )  # fmt: skip
        self.pair.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        self.gan.compile(lecture.adam(config.learning_rate), "binary_crossentropy")
        self.gan.optimizer.build(self.gan.trainable_variables)

    def update_discriminator(self, noise, reals):
        """Phase 1: noise (batch, 100) and reals (batch, 28, 28, 1) to scalars by name."""
        batch = self.config.batch_size
        targets = ops.array([[0.0]] * batch + [[1.0]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.pair, [self.fakes(noise), reals], targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}

    def update_generator(self, noise):
        """Phase 2: noise (batch, 100) to a scalar by name."""
        targets = ops.ones((self.config.batch_size, 1), "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            discriminator_optimizer=self.pair.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            **self.streams,
        )


EXAMPLE = ImageExample(
    "beyond.guideline_dcgan", PRESETS, Game, guidelines.create_generator, what="clothes",
    dataset="fashion_mnist", black=BLACK, versions={"take_back": "take_back"},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
