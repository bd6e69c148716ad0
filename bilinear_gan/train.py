"""Train the blog post's bilinear-upsampling GAN on MNIST."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
from keras import ops
from keras.losses import BinaryCrossentropy
from keras.metrics import MeanMetricWrapper

from bilinear_gan.lecture import BLACK, LATENT, create_discriminator, create_generator
from common.commands import train
from common.commands.example import ImageExample
from common.game import EpochGame, named_variables
from common.runs.recorder import Recorder
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import SMOKE, EpochSettings, ImageSettings

BUFFER = 60_000  # images that the shuffle holds, all of them; the post leaves it unsaid
NOISES, WIDTH = 16, 8  # the post's noises, and how many of them in a row
CLIP = 1.0  # bound of the discriminator's gradients
EPSILON = 1e-8  # of TensorFlow 1's Adam, as its beta_1 = 0.9 and beta_2 = 0.999
REAL, FAKE = 1.0, 0.0  # the cross-entropies' labels


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a bilinear_gan run; the defaults are the post's (preset slides)."""

    batch_size: int = 128
    """Real images in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """Adam's learning rate, of the discriminator and of the generator."""

    log_every: int = 117
    """Iterations between two logged rows and sample grids; an epoch of the post has 468."""

    optimizer: Literal["new-adam-each-step", "adam"] = "new-adam-each-step"
    """new-adam-each-step: as the post's code, which forgets all moments, so that each step is an
    Adam's first; adam: one Adam all along, as was surely meant."""

    train_mode: bool = False
    """Call both networks with training=True, as was surely meant: BatchNorm takes the batch's
    statistics and dropout drops. The post's code does neither."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(
        SLIDES,
        preset="quick",
        epochs=1,
        iterations=1_000,  # of the epoch's 1,875
        batch_size=32,
        train_mode=True,
        log_every=25,
        dtype=None,  # bfloat16 where that is faster
    ),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


class Networks(keras.Model):
    """The calls of both networks in the post's _train_step, one after the other.

    The post computes two losses from them and each network's gradient of its own. But "the
    generator loss must be the negative cross entropy between the generated images" and zeros, and
    that cross-entropy is the only part of the discriminator's loss in which the generator has a
    hand. So one gradient of the discriminator's loss serves both, if its sign is turned around on
    its way from the discriminator back to the generator.

    Args:
        generator, discriminator: the networks.
        train_mode: the `training` of both calls.
    """

    # With the post's settings the discriminator is soon so sure of most batches that every gradient
    # is 0 to the last bit: the compiled engine looks for that before it goes back through both.
    often_flat = True

    def __init__(self, generator, discriminator, train_mode):
        super().__init__(name="networks")
        self.generator, self.discriminator = generator, discriminator
        self.train_mode = train_mode

    def call(self, inputs):
        """Answer to a batch of reals and to one of fakes.

        Args:
            inputs: noise (batch, 100) and real images (batch, 28, 28, 1).

        Returns:
            A dict of logits, (batch, 1) each: those of the "real" images and of the "generated".
        """
        noise, images = inputs
        generated = self.generator(noise, training=self.train_mode)
        real_out = self.discriminator(images, training=self.train_mode)
        gen_out = self.discriminator(turn_gradient(generated), training=self.train_mode)
        return {"real": real_out, "generated": gen_out}


def turn_gradient(x):
    """x itself, exactly; the gradient that comes back through it is multiplied by -1."""
    return 2.0 * ops.stop_gradient(x) - x


class PostAdam(keras.optimizers.Adam):
    """TensorFlow 1's Adam of both networks; it clips the discriminator's gradients to [-1, 1].

    A new Adam's first step has the moments m = 0.1 g and v = 0.001 g^2, so that

        step = learning_rate * sqrt(0.001) / 0.1 * m / (sqrt(v) + 1e-8)
             = learning_rate * g / (|g| + 1e-8 / sqrt(0.001))

    Wherever a gradient g is far above 3e-7 that is the learning rate with the sign of g, however
    steep or flat the loss.

    Args:
        config: Config, for the learning rate and which Adam.
        networks: Networks.
    """

    def __init__(self, config, networks):
        super().__init__(config.learning_rate, beta_1=0.9, beta_2=0.999, epsilon=EPSILON)
        self.new_each_step = config.optimizer == "new-adam-each-step"
        self.build(networks.trainable_variables)
        self.clipped = tuple(
            self._get_variable_index(variable)
            for variable in networks.discriminator.trainable_variables
        )

    def update_step(self, gradient, variable, learning_rate):
        """Change one variable of a network; Keras calls this for each of them."""
        if self._get_variable_index(variable) in self.clipped:
            gradient = ops.clip(gradient, -CLIP, CLIP)
        if self.new_each_step:
            epsilon = self.epsilon / (1 - self.beta_2) ** 0.5
            step = learning_rate * gradient / (ops.abs(gradient) + epsilon)
            self.assign_sub(variable, step)
        else:
            super().update_step(gradient, variable, learning_rate)


class Game(EpochGame):
    """Discriminator and generator, their optimizer, and the post's one step for both of them.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1].
    """

    discriminator_updates = 0  # of its own: it learns in the generator's update
    joined = Networks  # a notebook puts its own in

    def __init__(self, config, images):
        super().__init__(config, images, LATENT, BUFFER, NOISES)
        self.generator, self.discriminator = create_generator(), create_discriminator()
        self.networks = self.joined(self.generator, self.discriminator, config.train_mode)
        self.networks.compile(
            PostAdam(config, self.networks),
            loss={name: BinaryCrossentropy(from_logits=True) for name in ("real", "generated")},
            metrics={
                "real": MeanMetricWrapper(accuracy_real, name="accuracy", threshold=0.0),
                "generated": MeanMetricWrapper(accuracy_fake, name="accuracy", threshold=0.0),
            },
        )

    def draw_generator(self):
        """What the step needs at random: noise and real images."""
        return self.draw_noise(), self.batches.next()

    def update_generator(self, noise, reals):
        """The post's _train_step: it updates both networks, from the same weights and images.

        Args:
            noise: (batch, LATENT).
            reals: (batch, 28, 28, 1).

        Returns:
            A dict of scalars, of the answers before the update: d_loss, the cross-entropy of the
            reals with 1 plus that of the fakes with 0; g_loss, minus the latter; d_accuracy_real
            and d_accuracy_fake, shares of this batch.
        """
        batch = self.config.batch_size
        labels = {
            "real": ops.full((batch, 1), REAL, "float32"),
            "generated": ops.full((batch, 1), FAKE, "float32"),
        }
        losses = self.engine.train(self.networks, (noise, reals), labels)
        return {
            "d_loss": losses["loss"],
            "g_loss": -losses["generated_loss"],
            "d_accuracy_real": losses["real_accuracy"],
            "d_accuracy_fake": losses["generated_accuracy"],
        }

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,  # with the state of its dropouts
            generator=self.generator,
            optimizer=self.networks.optimizer,
            batches=self.batches,
            **self.streams,
        )


class PostRecorder(Recorder):
    """Records the post's noises, eight in a row."""

    width = WIDTH


EXAMPLE = ImageExample(
    "bilinear_gan", PRESETS, Game, create_generator, what="digits", dataset="mnist", black=BLACK,
    recorder_class=PostRecorder,
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
