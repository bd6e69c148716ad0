"""Train the tutorial's dense GAN on binarized MNIST."""

import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace

import keras
import numpy as np
from keras import ops

from binarized_gan.evaluate import change, draw
from binarized_gan.model import BLACK, LATENT, binarize, create_discriminator, create_generator
from common.commands import command, evaluation, report
from common.data import datasets
from common.engines import devices
from common.epochs import EpochGame
from common.figures.curves import plot_losses
from common.figures.pictures import grid
from common.optimizers import AdamPaper
from common.runs import history, loops
from common.runs.checkpoints import named_variables
from common.runs.folders import write_table
from common.settings import EpochSettings, ImageSettings

EXAMPLE = "binarized_gan"
BUFFER = 1  # Flux's DataLoader does not shuffle
EPSILON = 1e-8  # of Flux's ADAM
SAMPLES = 15  # the tutorial's num_samples, drawn before each epoch
REAL, FAKE = 1.0, 0.0
ACCURACY_PANELS = {  # of accuracy.csv, see common.figures.curves.plot_losses
    ("Trained discriminator's accuracy", "share of the batch"): ("accuracy",),
    ("The same, reals and fakes apart", "share of the batch"): ("real", "fake"),
}


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
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
    "smoke": replace(
        SLIDES, preset="smoke", batch_size=32, training_images=100, epochs=1, iterations=3
    ),
}


def generator_loss(y_true, y_pred):
    """Page 5, generator_loss: -log p, the mean over the images to be called real; a scalar.

    Args:
        y_true: (batch, 1), 1 for images that are to be called real, 0 for the others.
        y_pred: (batch, 1), the discriminator's probability that an image is real.
    """
    return -ops.sum(y_true * ops.log(y_pred)) / ops.sum(y_true)


def discriminator_loss(y_true, y_pred):
    """Page 5, discriminator_loss: the mean of -log p over the reals plus that of -log(1 - p) over
    the fakes; see generator_loss()."""
    return generator_loss(y_true, y_pred) + generator_loss(1 - y_true, 1 - y_pred)


class Game(EpochGame):
    """Discriminator and generator, their optimizers, and the two updates of page 6.

    The tutorial's one ADAM keeps moments and powers of beta for each array of weights apart, as
    two optimizers do.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1), every pixel 0 or 1.
    """

    def __init__(self, config, images):
        super().__init__(config, images, LATENT, BUFFER, BLACK, grid_shape=(10, SAMPLES))
        self.sample_every = self.batches.per_epoch
        self.row = None  # drawn before an epoch, until it is written
        self.generator, self.discriminator = create_generator(), create_discriminator()
        self.discriminator.compile(
            AdamPaper(config.learning_rate, epsilon=EPSILON), discriminator_loss
        )
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        self.gan.compile(AdamPaper(config.learning_rate, epsilon=EPSILON), generator_loss)
        self.gan.optimizer.build(self.gan.trainable_variables)

        # Both updates of an iteration are on the same batch, so that it is a part of the state.
        batch = config.batch_size
        self.noise, self.reals = (
            keras.Variable(ops.zeros((batch, *shape)), trainable=False)
            for shape in ((LATENT,), images.shape[1:])
        )
        self.called_real = np.full((batch, 1), REAL, "float32")
        called_fake = np.full((batch, 1), FAKE, "float32")
        self.targets = np.concatenate([self.called_real, called_fake])  # of reals and fakes

    def prepare(self):
        """What comes before an epoch: the tutorial's row of samples."""
        super().prepare()
        if int(self.batches.position) % self.batches.per_epoch == 0:
            noise = self.draw_noise(SAMPLES, "grid")
            self.row = grid(ops.convert_to_numpy(self.draw_fakes(noise)), SAMPLES, BLACK)

    def draw_fakes(self, noise):
        """The generator's images of some noise (N, 28): float32 (N, 28, 28, 1), not binarized."""
        return ops.cast(self.engine.predict(self.generator, noise), "float32")

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
        reals_and_fakes = ops.concatenate([reals, self.draw_fakes(noise)])
        self.discriminator.trainable = True
        self.engine.train(self.discriminator, reals_and_fakes, self.targets)
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
            A dict of scalars: d_loss and g_loss, page 5, and d_accuracy_real and d_accuracy_fake,
            shares of the batch, the fakes binarized first: page 10.
        """
        fakes = self.draw_fakes(noise)
        images = ops.concatenate([reals, fakes, binarize(fakes)])
        real, fake, binarized = ops.split(self.engine.predict(self.discriminator, images), 3)
        return {
            "d_loss": discriminator_loss(self.targets, ops.concatenate([real, fake])),
            "g_loss": generator_loss(self.called_real, fake),
            "d_accuracy_real": ops.mean(ops.cast(real >= 0.5, "float32")),
            "d_accuracy_fake": ops.mean(ops.cast(binarized < 0.5, "float32")),
        }

    def sample_grid(self):
        """The row of 15 fresh samples from before the epoch; after the last one, 150 samples."""
        row, self.row = self.row, None
        return super().sample_grid() if row is None else row

    def draw_history(self, folder):
        """The pictures of the whole run, and accuracy.csv and accuracy.png of its end."""
        history.draw_rows(folder, self.panels, self.batches.per_epoch)
        rows = self.accuracies()
        write_table(folder / "accuracy.csv", rows)
        plot_losses(folder / "accuracy.png", rows, ACCURACY_PANELS, "batch")

    def variables(self):
        """Every variable that the rest of the run depends on, by name, for a checkpoint."""
        batch = SimpleNamespace(variables=[self.noise, self.reals])
        return super().variables() | named_variables(batch=batch)

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


def load_training(config):
    """Return the images that a run trains on, see Game, and the SHA-256 of what they are made of.

    Raises:
        UserError: see common.data.datasets.load_training.
    """
    images, labels = datasets.load_training("mnist", config)
    return np.asarray(binarize(datasets.scale(images, BLACK))), datasets.fingerprint(images, labels)


def write_report(folder):
    """Write report.html of a run and return its path; see common.commands.report.write."""
    quiz = report.Quiz("mnist", create_generator, draw, change=change)
    return report.write(folder, EXAMPLE, PRESETS, Game.panels, quiz)


def train(config):
    """Play the game that a config describes and record it in a run folder.

    Returns:
        The run folder's path.

    Raises:
        UserError, Interrupted: see common.runs.loops.record.
    """
    device = devices.prepare(config.device, config.dtype)
    score = evaluation.scorer(config, draw, "mnist", change)
    images, data_sha256 = load_training(config)
    return loops.record(
        EXAMPLE, Game(config, images), config, device, data_sha256, write_report, score
    )


def main(argv=None):
    """The command line; returns its exit status."""
    return command.train(EXAMPLE, PRESETS, train, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
