"""Train the slides' GAN on a one-dimensional distribution."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from scipy import stats

from common.commands import train
from common.commands.example import Example, Training
from common.data import datasets
from common.figures import distributions, pictures
from common.latent import draw_noise, generate
from common.runs import failures
from common.runs.history import FRAMES
from common.runs.recorder import Recorder
from common.settings import SMOKE, require
from common.two_phases import TwoPhaseGame, TwoPhaseSettings
from distribution_gan.lecture import INPUT, create_discriminator, create_generator
from distribution_gan.values import MOST, distances, learned, scale, unscale

GENERATED = 10_000  # values, always of the same noises, to compare with the real ones
NOISE = "uniform"  # slide "Components", z ~ U(0, 1)^k


@dataclass(frozen=True)
class Config(TwoPhaseSettings):
    """Settings of a distribution_gan run; the defaults are the slides' (preset slides)."""

    distribution: Literal["mixture", "apart", "normal", "uniform", "exponential"] = "mixture"
    """What to learn: mixture, 40 % normal(-2, 0.5) and 60 % normal(1.5, 1); apart, two narrow peaks
    with nothing between them; normal(0, 1); uniform on (0, 1); exponential, a hard edge at 0."""

    data: Path | None = None
    """Your own values instead: a .csv or .txt with a number a line or with columns, or an .npy or
    .npz array (N,)."""

    column: str | None = None
    """Which column of --data, by its name or its number from 1 on, or which array of an .npz; None
    where there is one of numbers only."""

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

    generator_first: bool = False
    """Update the generator before the discriminator in each iteration, as the slide "Training" has
    it in words; the slide "Training Code" has the discriminator first."""

    def __post_init__(self):
        super().__post_init__()
        count = self.training_values
        known = count is None or 2 <= count <= MOST
        require(known, "training-values", count, f"from 2 to {MOST}")
        alone = self.data is None or self.distribution == Config.distribution
        require(alone, "distribution", self.distribution, "left out beside --data")
        used = self.data is not None or self.column is None
        require(used, "column", self.column, "left out without --data")


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    "quick": replace(SLIDES, preset="quick"),  # the slides' game takes less than a minute
    "smoke": replace(SLIDES, **SMOKE, training_values=100, batch_size=32),
}


class Game(TwoPhaseGame):
    """The slides' networks and the two calls of `train!` in "Training Code".

    The first trains with `lossD` on generated and real values, of which the order in the batch
    changes nothing in the mean; the second with `lossG` = -mean(log(D(G(z)))) on new noise.

    Args:
        config: Config.
        values: float64 (N,), the real values in the data's own units.
        optimizer: function from a learning rate to a new optimizer.
    """

    def __init__(self, config, values, optimizer=keras.optimizers.SGD):
        self.values, self.range = values, (float(values.min()), float(values.max()))
        numbers = scale(values, *self.range)[:, np.newaxis]
        super().__init__(
            config, numbers, create_generator, create_discriminator, INPUT, NOISE, optimizer,
            shown=GENERATED,
        )  # fmt: skip
        # With the generator first one step trains both: every loop has the discriminator first.
        self.following = config.discriminator_updates if config.generator_first else 0
        self.discriminator_updates -= self.following

    def left_in_epoch(self):
        return super().left_in_epoch() // max(1, self.following)

    def draw_generator(self):
        drawn = super().draw_generator()
        for _ in range(self.following):
            drawn += self.draw_discriminator()
        return drawn

    def update_generator(self, noise, *following):
        """Phase 2 and, with the generator first, the updates of phase 1 after it.

        Args:
            noise: (batch, latent).
            following: what draw_discriminator() drew for each of those updates, in a row.
        """
        losses = super().update_generator(noise)
        each = len(following) // max(1, self.following)
        for update in range(self.following):
            losses |= self.update_discriminator(*following[update * each : (update + 1) * each])
        return losses

    def generated(self):
        """GENERATED values in the data's own units, always of the same noises, float64 (N,)."""
        return unscale(self.samples()[:, 0], *self.range)


class DensityRecorder(Recorder):
    """Records distances of the generated from the real values, and their densities as pictures."""

    columns = (*Recorder.columns[:-1], "wasserstein_1", "kolmogorov_smirnov", "seconds")
    panels = {
        **Recorder.panels,
        ("Wasserstein-1 distance", "the values' unit"): ("wasserstein_1",),
        ("Kolmogorov-Smirnov distance", "probability"): ("kolmogorov_smirnov",),
    }

    def __init__(self, *args):
        super().__init__(*args)
        self.drawn = {}  # the last pictures: a run's end draws its moments again
        self.figure = None

    def row(self, iteration, losses, seconds):
        far = distances(self.game.generated(), self.game.values)
        return super().row(iteration, losses | far, seconds)

    def line(self, row):
        w1, ks = row["wasserstein_1"], row["kolmogorov_smirnov"]
        return f"{super().line(row)} [Wasserstein-1: {w1:.4g}] [Kolmogorov-Smirnov: {ks:.3f}]"

    def keep(self):
        """The generated values (N,) in the data's own units, and the discriminator's belief (201,)
        at numbers over all that the generator can reach."""
        numbers = np.linspace(-0.5, 0.5, 201, dtype="float32")
        belief = self.game.discriminator.predict_on_batch(numbers[:, np.newaxis])[:, 0]
        places = unscale(numbers, *self.game.range)
        return {"values": self.game.generated(), "places": places, "belief": belief}

    def failure(self, kept):
        return failures.of_values(kept["values"], self.game.values)

    def picture(self, kept, iteration):
        """A density plot of the real and the generated values, with D's belief: uint8 RGB."""
        key = iteration, kept["values"].tobytes(), kept["belief"].tobytes()
        if key not in self.drawn:
            values, places, belief = kept["values"], kept["places"], kept["belief"]
            distance = stats.wasserstein_distance(values, self.game.values)
            title = f"iteration {iteration:,}: Wasserstein-1 {distance:.3g}"
            if self.figure is None:
                reach, real = places[[0, -1]], self.game.values
                self.figure = distributions.density(values, reach, title, real, (places, belief))
            else:
                distributions.change_density(self.figure, values, title, belief)
            if len(self.drawn) == 2 * FRAMES:
                self.drawn.clear()
            self.drawn[key] = pictures.as_picture(self.figure)
        return self.drawn[key]

    def strip(self, moments):
        """The density plots of several moments on a sheet."""
        return pictures.sheet(self.frames(moments), columns=3)


def draw(generator, seed, count, reach, noise=None):
    """Return generated values (count,), float64, in the data's own units.

    Args:
        generator: the generator.
        seed: of the noise.
        count: how many.
        reach: the lowest and the highest value that it learned from.
        noise: "normal" or "uniform"; None: the slides'.
    """
    numbers = draw_noise(seed, count, generator.input_shape[-1], noise or NOISE)
    return unscale(generate(generator, numbers)[:, 0], *reach)


class DistributionExample(Example):
    """An example that learns values; with their range sample finds the data's units again."""

    def load(self, config):
        values, found = learned(config)
        reach = float(values.min()), float(values.max())
        facts = {"data_range": reach} | ({"data": found} if found else {})
        changed = self.yielding(config, len(values), "values")
        sha256 = datasets.fingerprint(values)
        return Training((values,), sha256, facts, settings=changed, found=found)

    def scorer(self, config, training):
        (values,), reach = training.arrays, training.facts["data_range"]
        return lambda generator: distances(
            draw(generator, 0, config.evaluate_count, reach, config.noise), values
        )


EXAMPLE = DistributionExample(
    "distribution_gan", PRESETS, Game, create_generator, what="values",
    recorder_class=DensityRecorder, decisive="wasserstein_1",
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
