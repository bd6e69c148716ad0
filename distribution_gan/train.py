"""Train the slides' GAN on a one-dimensional distribution."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import ops
from scipy.stats import wasserstein_distance

from common.commands import command, report
from common.data import datasets
from common.engines import devices
from common.epochs import EpochGame
from common.figures import distributions, pictures
from common.runs import history, loops
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import EpochSettings, require
from distribution_gan.model import INPUT, create_discriminator, create_generator
from distribution_gan.sample import draw
from distribution_gan.values import DISTRIBUTIONS, MOST, distances, load, scale, unscale

EXAMPLE = "distribution_gan"
GENERATED = 10_000  # values, always of the same noises, to compare with the real ones
REAL, FAKE = 1.0, 0.0  # the slide's y


@dataclass(frozen=True)
class Config(EpochSettings):
    """Settings of a distribution_gan run; the defaults are the slides' (preset slides)."""

    distribution: Literal[tuple(DISTRIBUTIONS)] = "mixture"
    """What to learn: mixture, 40 % normal(-2, 0.5) and 60 % normal(1.5, 1); apart, two narrow peaks
    with nothing between them; normal(0, 1); uniform on (0, 1); exponential, a hard edge at 0."""

    data: Path | None = None
    """Your own values instead: a .npy array (N,), or a .csv with one number a line, with or without
    a header."""

    training_values: int | None = None
    """How many values to train on. None: 10,000 of the distribution, or all of --data; a number
    takes the first so many."""

    batch_size: int = 128
    """Real values in a batch; the discriminator sees as many generated ones with them."""

    learning_rate: float = 0.5
    """Learning rate of gradient descent, of the discriminator and of the generator."""

    epochs: int = 32
    """Passes over the training values; what is left of them over whole batches is dropped."""

    log_every: int = 78
    """Iterations between two logged rows and density plots; 78 are an epoch of 10,000 values."""

    def __post_init__(self):
        super().__post_init__()
        count = self.training_values
        known = count is None or 2 <= count <= MOST
        require(known, "training-values", count, f"from 2 to {MOST}")
        alone = self.data is None or self.distribution == Config.distribution
        require(alone, "distribution", self.distribution, "left out beside --data")


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    "quick": replace(SLIDES, preset="quick"),  # the slides' game takes less than a minute
    "smoke": replace(
        SLIDES,
        preset="smoke",
        training_values=100,
        batch_size=32,
        epochs=1,
        iterations=3,
        log_every=1,
    ),
}


class Game(EpochGame):
    """Discriminator and generator, their optimizers, and the two steps of "Training Code".

    Args:
        config: Config.
        values: float64 (N,), the real values in the data's own units.
        optimizer: function from a learning rate to a new optimizer.
    """

    panels = {  # noqa: RUF012
        **EpochGame.panels,
        ("Wasserstein-1 distance", "the values' unit"): ("wasserstein_1",),
        ("Kolmogorov-Smirnov distance", "probability"): ("kolmogorov_smirnov",),
    }
    columns = (*EpochGame.columns[:-1], "wasserstein_1", "kolmogorov_smirnov", "seconds")

    def __init__(self, config, values, optimizer=keras.optimizers.SGD):
        self.values, self.range = values, (float(values.min()), float(values.max()))
        numbers = scale(values, *self.range)[:, np.newaxis]
        # DataLoader shuffles all of the data.
        super().__init__(config, numbers, INPUT, buffer=len(values), grid_shape=(1, GENERATED))
        self.generator, self.discriminator = create_generator(), create_discriminator()
        self.discriminator.compile(
            optimizer(config.learning_rate),
            "binary_crossentropy",
            metrics=[accuracy_real, accuracy_fake],
        )
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        self.gan.compile(optimizer(config.learning_rate), "binary_crossentropy")
        self.gan.optimizer.build(self.gan.trainable_variables)

    def draw_noise(self, count=None, stream="noise"):
        """Noise (count, latent), uniform on (0, 1): slide "Components", z ~ U(0, 1)^k."""
        shape = (count or self.config.batch_size, self.latent)
        return keras.random.uniform(shape, seed=self.streams[stream])

    def update_discriminator(self, noise, reals):
        """The first `train!` of "Training Code": `lossD` on generated and real values, mixed.

        Args:
            noise: (batch, INPUT).
            reals: (batch, 1), real values.

        Returns:
            A dict of scalars: d_loss, the mean over generated and real values, and of the same
            answers, those before the update, d_accuracy_real and d_accuracy_fake, shares of this
            batch.
        """
        generated = self.engine.predict(self.generator, noise)
        x = ops.concatenate([generated, reals])  # the slide's hcat; their order in the batch
        batch = self.config.batch_size  # changes nothing in the mean, so no shuffle
        y = ops.array([[FAKE]] * batch + [[REAL]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, x, y)
        return {
            "d_loss": d["loss"],
            "d_accuracy_real": d["accuracy_real"],
            "d_accuracy_fake": d["accuracy_fake"],
        }

    def update_generator(self, noise):
        """The second `train!`: `lossG` = -mean(log(D(G(z)))) on new noise.

        Args:
            noise: (batch, INPUT).

        Returns:
            A dict of a scalar: g_loss.
        """
        y = ops.array([[REAL]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, y)["loss"]}

    def generated(self):
        """GENERATED values in the data's own units, always of the same noises, float64 (N,)."""
        return unscale(self.generator.predict_on_batch(self.grid_noise)[:, 0], *self.range)

    def log_row(self, iteration, losses, seconds):
        """The row of losses.csv, with the distances of the generated from the real values."""
        far = distances(self.generated(), self.values)
        return super().log_row(iteration, losses | far, seconds)

    def log_line(self, row):
        """The row in words."""
        w1, ks = row["wasserstein_1"], row["kolmogorov_smirnov"]
        return f"{super().log_line(row)} [Wasserstein-1: {w1:.4g}] [Kolmogorov-Smirnov: {ks:.3f}]"

    def sample_grid(self):
        """A density plot of the real and the generated values, with D's belief: uint8 RGB."""
        numbers = np.linspace(-0.5, 0.5, 201, dtype="float32")  # all that the generator can reach
        belief = self.discriminator.predict_on_batch(numbers[:, np.newaxis])[:, 0]
        generated = self.generated()
        distance = wasserstein_distance(generated, self.values)
        iteration = int(self.batches.position) - 1  # the last one played
        return pictures.as_picture(
            distributions.density(
                generated,
                unscale([-0.5, 0.5], *self.range),
                f"iteration {iteration:,}: Wasserstein-1 {distance:.3g}",
                self.values,
                (unscale(numbers, *self.range), belief),
            )
        )

    def draw_history(self, folder):
        """The pictures of the whole run; the density plots as a sheet."""
        history.draw(folder, self.panels, lambda plots, labels: pictures.sheet(plots, columns=3))


def write_report(folder):
    """Write report.html of a run and return its path; see common.commands.report.write."""
    return report.write(folder, EXAMPLE, PRESETS, Game.panels)


def train(config):
    """Play the game that a config describes and record it in a run folder.

    Returns:
        The run folder's path.

    Raises:
        UserError, Interrupted: see common.runs.loops.record.
    """
    device = devices.prepare(config.device, config.dtype)
    values = load(config)
    game = Game(config, values)
    # With the range, sample finds the data's units again without the data.
    return loops.record(
        EXAMPLE,
        game,
        config,
        device,
        datasets.fingerprint(values),
        write_report,
        lambda generator: distances(draw(generator, 0, config.evaluate_count, game.range), values),
        data_range=game.range,
    )


def main(argv=None):
    """The command line; returns its exit status."""
    return command.train(EXAMPLE, PRESETS, train, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
