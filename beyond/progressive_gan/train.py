"""Train a GAN of digits that grows from 4 to 8, 16 and 32 pixels."""

import sys
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from beyond.progressive_gan import lecture
from beyond.progressive_gan.lecture import BLACK, LATENT, SIDES, STAGE_IMAGES
from common.commands import train
from common.commands.example import ImageExample
from common.errors import UserError
from common.figures import pictures
from common.game import EpochGame, named_variables
from common.randomness import streams
from common.runs import history
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a progressive_gan run; the slides have none, so the defaults are the paper's or
    chosen."""

    epochs: int = 40
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 16
    """Real images in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """Adam's learning rate, of both networks."""

    log_every: int = 3750
    """Iterations between two logged rows and sample grids; an epoch has 3,750."""

    growing: bool = True
    """Begin with images of 4 x 4 pixels and grow; otherwise train at 32 x 32 pixels at once."""

    stage_images: int = STAGE_IMAGES
    """Real images that are shown at 4, at 8 and at 16 pixels each, at 8 and 16 in the first half
    while the new layers fade in. At 32 pixels they fade in as long; then that stage goes on to the
    end of the run."""

    averaging: float = 0.999
    """Momentum of a running mean of the generator's weights, which begins anew in each stage; it
    draws the samples and is saved as the result. 0: the weights themselves."""

    def __post_init__(self):
        super().__post_init__()
        images, batch = self.stage_images, self.batch_size
        require(images >= batch, "stage-images", images, f"at least {batch}, a batch")
        require(0 <= self.averaging < 1, "averaging", self.averaging, "at least 0 and below 1")
        if self.minutes is not None and self.growing:
            raise UserError(
                "--minutes needs --no-growing: a stage's iterations take other times than the next "
                "one's; choose --stage-images and --epochs"
            )


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(
        SLIDES, preset="quick", epochs=2, iterations=4_800, stage_images=12_800,
        learning_rate=3e-3, averaging=0.995, log_every=200,
    ),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32, stage_images=160),
}  # fmt: skip


class Game(EpochGame):
    """Both networks, a pair of optimizers for each stage, and the two steps.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1].
    """

    def __init__(self, config, images):
        super().__init__(config, lecture.padded(images), LATENT, buffer=len(images))
        self.streams |= {"shares": streams(config.seed, (*self.streams, "shares"))["shares"]}
        self.generator = lecture.create_generator()
        self.discriminator = lecture.create_discriminator()
        self.networks = self.generator, self.discriminator
        self.stage_iterations = config.stage_images // config.batch_size
        self.gans, self.learners = {}, {}
        for side in SIDES if config.growing else SIDES[-1:]:
            rates = config.learning_rate, config.averaging
            gan, learner = lecture.create_gan(*self.networks, side, *rates)
            gan.optimizer.build(gan.trainable_variables)
            learner.discriminator.trainable = True
            learner.optimizer.build(learner.trainable_variables)
            self.gans[side], self.learners[side] = gan, learner
        self.average = lecture.create_generator() if config.averaging else None
        lecture.fade_in(self.networks, *self.stage(0))

    def stage(self, iteration):
        """The side of an iteration's images, and how far its layers have faded in; see
        lecture.stage()."""
        if not self.config.growing:
            return SIDES[-1], 1.0
        return lecture.stage(iteration, self.stage_iterations)

    @property
    def part(self):
        """The side of the next iteration's images."""
        return self.stage(int(self.batches.position))[0]

    def left_in_epoch(self):
        left, last = super().left_in_epoch(), self.part == SIDES[-1]
        in_stage = self.stage_iterations - int(self.batches.position) % self.stage_iterations
        return left if last else min(left, in_stage)

    def prepare(self):
        super().prepare()
        self.side = self.part

    def alpha(self):
        """How far the next iteration's layers have faded in, as lecture.stage() has it: a tensor,
        since a compiled engine takes many iterations of a stage in a call."""
        if not self.config.growing or self.side == 4:
            return ops.ones((), keras.config.floatx())
        begun = self.batches.position - SIDES.index(self.side) * self.stage_iterations
        return ops.minimum(1.0, ops.cast(2 * begun, keras.config.floatx()) / self.stage_iterations)

    def draw_discriminator(self):
        """Noise (batch, 64), reals (batch, side, side, 1) as the stage has them, shares (batch,) of
        the reals in the penalty's points, and how far new layers have faded in, alpha."""
        alpha = self.alpha()
        shares = keras.random.uniform((self.config.batch_size,), seed=self.streams["shares"])
        reals = lecture.reals_at(self.batches.next(), self.side, alpha)
        return self.draw_noise(), reals, shares, alpha

    def update_discriminator(self, noise, reals, shares, alpha):
        """See lecture.train_discriminator(); a dict of scalars: d_loss, and distance, how much
        higher the mean answer to reals is than that to fakes."""
        lecture.fade_in(self.networks, self.side, alpha)
        # Of the whole network: on TensorFlow a flag that a stage's network has already is not
        # handed down to layers that another stage has frozen.
        self.discriminator.trainable = True
        generator, _ = self.gans[self.side].layers
        x = [self.engine.predict(generator, noise), reals, shares]
        d = self.engine.train(self.learners[self.side], x, None)
        return {"d_loss": d["loss"], "distance": d["distance"]}

    def update_generator(self, noise):
        """See lecture.train_generator(); a dict of a scalar: g_loss."""
        self.discriminator.trainable = False
        nothing = ops.zeros((self.config.batch_size, 1))
        return {"g_loss": self.engine.train(self.gans[self.side], noise, nothing)["loss"]}

    def samples(self):
        return np.asarray(self.result().predict_on_batch(self.grid_noise), "float32")

    def result(self):
        """The generator as it is shown and saved: with the weights of its last iteration's stage,
        or their running mean."""
        side, _ = self.stage(max(0, int(self.batches.position) - 1))
        optimizer = self.gans[side].optimizer
        if self.average is None or int(optimizer.iterations) == 0:
            return self.generator
        self.average.set_weights(self.generator.get_weights())
        mean, _ = lecture.at_side(self.average, self.discriminator, side)
        optimizer.finalize_variable_values(mean.trainable_variables)
        # Arrays of its own: on JAX predict_on_batch gives those away that it computes with.
        self.average.set_weights(self.average.get_weights())
        return self.average

    def variables(self):
        optimizers = {
            f"{name}_optimizer_{side}": model.optimizer
            for name, models in (("discriminator", self.learners), ("generator", self.gans))
            for side, model in models.items()
        }
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            **optimizers,
            batches=self.batches,
            **self.streams,
        )


class StagesRecorder(Recorder):
    """Records the losses, and draws the last samples of each stage on one picture, stages.png."""

    columns = ("iteration", "epoch", "side", "alpha", "d_loss", "g_loss", "distance", "seconds")
    shown = ("d_loss", "g_loss", "distance")
    panels = {
        ("Losses", "the discriminator's answer"): ("d_loss", "g_loss"),
        ("Mean answer to reals, less that to fakes", "the discriminator's answer"): ("distance",),
        ("Pixels along a side", "pixels"): ("side",),
    }

    def row(self, iteration, losses, seconds):
        side, alpha = self.game.stage(iteration)
        return super().row(iteration, {**losses, "side": side, "alpha": round(alpha, 4)}, seconds)

    def line(self, row):
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] [{row['side']} pixels, alpha "
            f"{row['alpha']:.2f}] [D loss: {row['d_loss']:.4f}] [G loss: {row['g_loss']:.4f}] "
            f"[distance: {row['distance']:.4f}]"
        )

    def draw_history(self, folder):
        super().draw_history(folder)
        last = {self.game.stage(found[0])[0]: found for found in history.find_samples(folder)}
        if last:  # none before the first row
            kept = [kept["images"] for _, kept in history.read_samples(last.values())]
            rows = [pictures.diagonal(images, self.width) for images in kept]
            picture = pictures.strip(rows, [f"{side} x {side}" for side in last])
            pictures.write_png(folder / "stages.png", picture)


EXAMPLE = ImageExample(
    "beyond.progressive_gan", PRESETS, Game, lecture.create_generator, what="digits",
    dataset="mnist", black=BLACK, recorder_class=StagesRecorder, versions={},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
