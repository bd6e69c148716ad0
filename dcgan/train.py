"""Train the lecture's deep convolutional GAN on Fashion-MNIST."""

import sys
from dataclasses import dataclass, replace

import keras
from keras import ops

from common.commands import command, evaluation, report
from common.data import datasets
from common.engines import devices
from common.epochs import EpochGame
from common.optimizers import RMSpropKeras2
from common.runs import loops
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import EpochSettings, ImageSettings
from dcgan.evaluate import draw
from dcgan.lecture import BLACK, LATENT, create_discriminator, create_generator

EXAMPLE = "dcgan"
BUFFER = 1000  # images, the slide's shuffle(1000)
EPSILON = 1e-7  # of the slides' "rmsprop"
REAL, FAKE = 1.0, 0.0  # the slides' targets


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a dcgan run; the defaults are the slides' (preset slides)."""

    batch_size: int = 32
    """Real images in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """RMSprop's learning rate, of the discriminator and of the generator."""

    log_every: int = 375
    """Iterations between two logged rows and sample grids; an epoch of the slides has 1,875."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=1, log_every=125),
    "smoke": replace(
        SLIDES, preset="smoke", training_images=100, epochs=1, iterations=3, log_every=1
    ),
}


class Game(EpochGame):
    """Discriminator and generator, their optimizers, and the two phases of the slides.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1].
    """

    def __init__(self, config, images):
        super().__init__(config, images, LATENT, BUFFER, BLACK)
        self.generator, self.discriminator = create_generator(), create_discriminator()
        self.discriminator.compile(
            RMSpropKeras2(config.learning_rate, epsilon=EPSILON),
            "binary_crossentropy",
            metrics=[accuracy_real, accuracy_fake],
        )
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        self.gan.compile(
            RMSpropKeras2(config.learning_rate, epsilon=EPSILON), "binary_crossentropy"
        )
        self.gan.optimizer.build(self.gan.trainable_variables)

    def update_discriminator(self, noise, reals):
        """The slides' "phase 1 - training the discriminator": fakes and reals in one batch.

        The fakes are made as pictures are, with BatchNorm's moving statistics, as the slides'
        generator(noise) makes them; see README.md.

        Args:
            noise: (batch, LATENT).
            reals: (batch, 28, 28, 1).

        Returns:
            A dict of scalars: d_loss, the mean over fakes and reals, and of the same answers, those
            before the update, d_accuracy_real and d_accuracy_fake, shares of this batch.
        """
        fakes = ops.cast(self.engine.predict(self.generator, noise), keras.config.floatx())
        fakes_and_reals = ops.concatenate([fakes, reals])
        batch = self.config.batch_size
        targets = ops.array([[FAKE]] * batch + [[REAL]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, fakes_and_reals, targets)
        return {
            "d_loss": d["loss"],
            "d_accuracy_real": d["accuracy_real"],
            "d_accuracy_fake": d["accuracy_fake"],
        }

    def update_generator(self, noise):
        """The slides' "phase 2 - training the generator": new fakes, to be called real.

        BatchNorm normalises them by their own batch and updates its moving statistics.

        Args:
            noise: (batch, LATENT).

        Returns:
            A dict of a scalar: g_loss.
        """
        targets = ops.array([[REAL]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}


def write_report(folder):
    """Write report.html of a run and return its path; see common.commands.report.write."""
    quiz = report.Quiz("fashion_mnist", create_generator, draw)
    return report.write(folder, EXAMPLE, PRESETS, Game.panels, quiz)


def train(config):
    """Play the game that a config describes and record it in a run folder.

    Returns:
        The run folder's path.

    Raises:
        UserError, Interrupted: see common.runs.loops.record.
    """
    device = devices.prepare(config.device, config.dtype)
    score = evaluation.scorer(config, draw, "fashion_mnist")
    images, labels = datasets.load_training("fashion_mnist", config)
    game = Game(config, datasets.scale(images, BLACK))
    return loops.record(
        EXAMPLE, game, config, device, datasets.fingerprint(images, labels), write_report, score
    )


def main(argv=None):
    """The command line; returns its exit status."""
    return command.train(EXAMPLE, PRESETS, train, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
