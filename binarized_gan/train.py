"""Train the tutorial's dense GAN on binarized MNIST."""

import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace

import keras
import numpy as np
from keras import ops
from keras.config import floatx

from binarized_gan.lecture import (
    BLACK,
    LATENT,
    binarize,
    create_discriminator,
    create_generator,
    discriminator_loss,
    generator_loss,
)
from common import cures
from common.commands import train
from common.commands.example import ImageExample
from common.data import datasets
from common.figures import curves, pictures
from common.game import EpochGame, named_variables
from common.optimizers import AdamPaper
from common.runs import history
from common.runs.recorder import Recorder
from common.runs.tables import write_table
from common.settings import SMOKE, ImageSettings
from common.two_phases import CureSettings

BUFFER = 1  # Flux's DataLoader does not shuffle
EPSILON = 1e-8  # of Flux's ADAM
SAMPLES = 15  # the tutorial's num_samples, drawn before each epoch
ROWS = 50  # epochs on the picture of the whole run
REAL, FAKE = 1.0, 0.0
ACCURACY_PANELS = {  # of accuracy.csv, see common.runs.recorder.Panels
    ("Trained discriminator's accuracy", "share of the batch"): ("accuracy",),
    ("The same, reals and fakes apart", "share of the batch"): ("real", "fake"),
}


@dataclass(frozen=True)
class Config(CureSettings, ImageSettings):
    """Settings of a binarized_gan run; the defaults are the tutorial's (preset slides)."""

    epochs: int = 20
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 200
    """Real images in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """Adam's learning rate, of the discriminator and of the generator."""

    log_every: int = 1
    """Iterations between two logged rows; a row of samples comes once an epoch."""


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=14),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


def smoothed_loss(y_true, y_pred):
    """discriminator_loss() for targets between 0 and 1, where there are as many fakes as reals: the
    mean cross-entropy over the reals plus that over the fakes; a scalar.

    Args:
        y_true: (2 * batch, 1), the targets.
        y_pred: (2 * batch, 1), the discriminator's probability that an image is real.
    """
    return -2 * ops.mean(y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred))


class Game(EpochGame):
    """Discriminator and generator, their optimizers, and the two updates of page 6.

    The tutorial's one ADAM keeps moments and powers of beta for each array of weights apart, as
    two optimizers do.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1), every pixel 0 or 1.
    """

    def __init__(self, config, images):
        latent = config.latent or LATENT
        super().__init__(config, images, latent, BUFFER, 10 * SAMPLES, config.noise or "normal")
        self.row = None  # of samples, drawn before an epoch, until it is written
        self.generator, self.discriminator = create_generator(latent), create_discriminator()
        self.learner = self.generator  # as it learns
        if config.dropout is not None:
            self.learner = cures.with_dropout(self.generator, config.dropout)
            self.discriminator = cures.with_dropout(self.discriminator, config.dropout)
        if config.norm_penalty:
            cures.penalize_norms(self.discriminator, config.norm_penalty)
        smoothed = config.label_smoothing or config.fake_smoothing
        self.discriminator.compile(
            AdamPaper(config.learning_rate, epsilon=EPSILON),
            smoothed_loss if smoothed else discriminator_loss,
        )
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.learner, self.discriminator], name="gan")
        cost = {**cures.COSTS, "flipped": generator_loss}[config.generator_cost]
        self.gan.compile(AdamPaper(config.learning_rate, epsilon=EPSILON), cost)
        self.gan.optimizer.build(self.gan.trainable_variables)

        # Both updates of an iteration are on the same batch, so that it is a part of the state.
        batch = config.batch_size
        self.noise, self.reals = (
            keras.Variable(ops.zeros((batch, *shape)), trainable=False)
            for shape in ((latent,), images.shape[1:])
        )
        self.called_real = np.full((batch, 1), REAL, floatx())
        self.targets = np.array([[REAL]] * batch + [[FAKE]] * batch, floatx())
        real, fake = REAL - config.label_smoothing, FAKE + config.fake_smoothing
        self.smoothed = np.array([[real]] * batch + [[fake]] * batch, floatx())

    def prepare(self):
        """What comes before an epoch: the tutorial's row of samples."""
        super().prepare()
        if int(self.batches.position) % self.batches.per_epoch == 0:
            self.row = ops.convert_to_numpy(self.fakes(self.draw_noise(SAMPLES, "grid")))

    def draw_generator(self):
        """Nothing: the generator learns on the discriminator's batch."""
        return ()

    def update_discriminator(self, noise, reals):
        """Page 6, "update discriminator", on a batch of reals and one of fakes.

        Args:
            noise: (batch, 28).
            reals: (batch, 28, 28, 1).

        Returns:
            An empty dict: the tutorial looks at the losses after both updates.
        """
        self.noise.assign(noise)
        self.reals.assign(reals)
        reals_and_fakes = ops.concatenate([reals, self.fakes(noise)])
        self.discriminator.trainable = True
        self.engine.train(self.discriminator, reals_and_fakes, self.smoothed)
        return {}

    def update_generator(self):
        """Page 6, "update generator": fakes of the same noise, to be called real.

        Returns:
            A dict of scalars, all of them after both updates; see judge().
        """
        self.discriminator.trainable = False
        self.engine.train(self.gan, self.noise.value, self.called_real)
        return self.judge(self.reals.value, self.noise.value)

    def judge(self, reals, noise):
        """What the discriminator says of a batch of reals and of the fakes of some noise.

        Returns:
            A dict of scalars: d_loss and g_loss, page 5, also where a cure has the networks learn
            with others, and d_accuracy_real and d_accuracy_fake, shares of the batch, the fakes
            binarized first: page 10.
        """
        fakes = self.fakes(noise)
        images = ops.concatenate([reals, fakes, binarize(fakes)])
        real, fake, binarized = ops.split(self.engine.predict(self.discriminator, images), 3)
        return {
            "d_loss": discriminator_loss(self.targets, ops.concatenate([real, fake])),
            "g_loss": generator_loss(self.called_real, fake),
            "d_accuracy_real": ops.mean(ops.cast(real >= 0.5, "float32")),
            "d_accuracy_fake": ops.mean(ops.cast(binarized < 0.5, "float32")),
        }

    def samples(self):
        """15 fresh samples from before the epoch; after the last one, 150 of fixed noises."""
        row, self.row = self.row, None
        return super().samples() if row is None else row

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,
            generator=self.learner,  # with the states of its dropouts
            discriminator_optimizer=self.discriminator.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            batch=SimpleNamespace(variables=[self.noise, self.reals]),
            **self.streams,
        )

    def accuracies(self):
        """Page 10, discriminator_accuracy: of each batch of reals with as many new fakes.

        Returns:
            A list of dicts: batch, accuracy (the tutorial's), and of it real and fake apart.
        """
        rows = []
        for batch in range(self.batches.per_epoch):
            order = np.arange(self.config.batch_size) + batch * self.config.batch_size
            reals = ops.take(self.batches.images, order, axis=0)
            judged = self.judge(reals, self.draw_noise(stream="grid"))
            real, fake = (float(judged[f"d_accuracy_{which}"]) for which in ("real", "fake"))
            rows.append({"batch": batch, "accuracy": (real + fake) / 2, "real": real, "fake": fake})
        return rows


class EpochRowRecorder(Recorder):
    """Records a row of samples an epoch, all rows on one picture, and accuracy.csv at the end."""

    width = SAMPLES

    def __init__(self, game, black=BLACK):
        super().__init__(game, black)
        self.every = game.batches.per_epoch

    def draw_history(self, folder):
        history.draw(folder, self, moments=ROWS, frames=ROWS)
        rows = self.game.accuracies()
        write_table(folder / "accuracy.csv", rows)
        curves.plot_losses(folder / "accuracy.png", rows, ACCURACY_PANELS, "batch")

    def strip(self, moments):
        """The epochs' rows from top to bottom."""
        labels = [f"epoch {iteration // self.every}" for iteration, _ in moments]
        return pictures.strip([kept["images"] for _, kept in moments], labels)

    def frames(self, moments):
        """The same picture, growing."""
        whole = self.strip(moments)
        shown = np.arange(len(whole))[:, np.newaxis] // pictures.CELL  # the row of each line
        ends = history.spread(range(len(moments)), history.FRAMES)
        return [np.where(shown <= end, whole, 0) for end in ends]


def binarized(images, labels):
    """uint8 images (N, 28, 28) as a run learns them: float32 (N, 28, 28, 1), every pixel 0 or 1."""
    return (np.asarray(binarize(datasets.scale(images, BLACK))),)


def change(images):
    """Binarize images (N, 28, 28, 1) in [-1, 1], as training does: they are -1 or 1 then."""
    return 2 * np.asarray(binarize((images + 1) / 2)) - 1


EXAMPLE = ImageExample(
    "binarized_gan", PRESETS, Game, create_generator, what="digits", dataset="mnist", black=BLACK,
    arrays=binarized, change=change, recorder_class=EpochRowRecorder,
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
