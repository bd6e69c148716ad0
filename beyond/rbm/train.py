"""Train a restricted Boltzmann machine on binarized MNIST by persistent contrastive divergence."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import PolynomialDecay

from beyond.rbm import lecture
from beyond.rbm.lecture import BLACK, HIDDEN, STEPS, VISIBLE
from common.commands import train
from common.commands.example import ImageExample
from common.game import EpochGame, named_variables
from common.randomness import streams
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require

ENERGIES = ("data", "chains")


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of an rbm run; the defaults are Tieleman's ways (preset slides)."""

    preset: Literal["slides", "quick", "long", "smoke"] = "slides"  # type: ignore[assignment]
    """slides: the paper's ways, the lecture has none; quick: good pictures soon on two CPU cores;
    long: the likelihood of Salakhutdinov and Murray in several times quick's time; smoke: ends in
    seconds, for tests. A flag beside it wins."""

    epochs: int = 100
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 100
    """Images in a batch, and Gibbs chains."""

    learning_rate: float = 0.05
    """SGD's learning rate at the start."""

    learning_rate_schedule: Literal["linear", "constant"] = "linear"
    """linear: down to 0 over the run, as in the paper; constant: always the same."""

    log_every: int = 600
    """Iterations between two logged rows and sample grids; an epoch has 600."""

    hidden: int = HIDDEN
    """Hidden units of the machine; Salakhutdinov and Murray have 500."""

    gibbs_steps: int = 1
    """Gibbs steps of the chains before each update."""

    chain_length: int = STEPS
    """Gibbs steps from noise to a sample, also in the commands that draw with this run."""

    binarisation: Literal["dynamic", "threshold"] = "dynamic"
    """dynamic: in each batch anew each pixel is 1 with its grey as the probability; threshold: 1
    above 0.5, the digits of binarized_gan. Nats of the two are of different digits and cannot be
    compared."""

    def __post_init__(self):
        super().__post_init__()
        for name in ("hidden", "gibbs_steps", "chain_length"):
            value = getattr(self, name)
            require(value >= 1, name.replace("_", "-"), value, "at least 1")


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(SLIDES, preset="quick", epochs=20, learning_rate=0.1, log_every=2400),
    "long": replace(SLIDES, preset="long", epochs=250, learning_rate=0.1, log_every=6000),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32, chain_length=5),
}


class Game(EpochGame):
    """The machine, its optimizer, its chains, and the one step.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1), grey, in [0, 1].
    """

    discriminator_updates = 0  # there is none

    def __init__(self, config, images):
        if config.binarisation == "threshold":  # which leaves nothing to chance
            images = np.asarray(lecture.binarize(images, 0.5))
        super().__init__(config, images, VISIBLE + config.hidden, buffer=len(images))
        purposes = (*self.streams, "pixels", "chances", "start")
        self.streams = streams(config.seed, purposes)
        self.generator = lecture.create_generator(config.hidden, config.chain_length)
        self.rbm = self.generator.layers[1].rbm
        self.rbm.b.assign(lecture.log_odds(images))
        self.trainer = lecture.create_trainer(self.rbm, self.rate())
        self.trainer.optimizer.build(self.trainer.trainable_variables)
        start = keras.random.uniform((config.batch_size, VISIBLE), seed=self.streams["start"])
        self.chains = keras.Variable(lecture.binarize(0.5, start), trainable=False, name="chains")

    def rate(self):
        """The learning rate as the config has it over the run's iterations."""
        config = self.config
        if config.learning_rate_schedule == "constant":
            return config.learning_rate
        return PolynomialDecay(np.float64(config.learning_rate), self.iterations, 0.0)

    def draw_generator(self):
        """What the step needs at random: images (batch, 784), 0 or 1, and uniform chances
        (gibbs_steps, batch, 784 + hidden)."""
        config = self.config
        grey = ops.reshape(self.batches.next(), (-1, VISIBLE))
        pixels = keras.random.uniform(grey.shape, dtype=grey.dtype, seed=self.streams["pixels"])
        shape = (config.gibbs_steps, config.batch_size, self.latent)
        chances = keras.random.uniform(shape, seed=self.streams["chances"])
        return lecture.binarize(grey, pixels), chances

    def update_generator(self, images, chances):
        """One step of persistent contrastive divergence.

        Args:
            images, chances: see draw_generator().

        Returns:
            A dict of scalars in nats, means over the batch before the update: the free energies of
            data and chains, and the loss, their difference.
        """
        chains = self.chains.value
        for step in range(self.config.gibbs_steps):
            chains = lecture.gibbs_step(self.rbm, chains, chances[step])
        self.chains.assign(chains)
        nothing = ops.zeros((self.config.batch_size,))
        losses = self.engine.train(self.trainer, [images, chains], dict.fromkeys(ENERGIES, nothing))
        return {
            "loss": losses["loss"], "data": losses["data_loss"], "chains": -losses["chains_loss"],
        }  # fmt: skip

    def variables(self):
        return named_variables(
            generator=self.generator,
            optimizer=self.trainer.optimizer,
            batches=self.batches,
            **self.streams,
        ) | {"chains": self.chains}


class EnergyRecorder(Recorder):
    """Records the free energies of data and chains."""

    columns = ("iteration", "epoch", "loss", *ENERGIES, "seconds")
    shown = ("loss", *ENERGIES)
    panels = {
        ("Free energy", "nats"): ENERGIES,
        ("Free energy of data less that of chains", "nats"): ("loss",),
    }

    def line(self, row):
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] [loss: {row['loss']:.2f}] "
            f"[data: {row['data']:.2f}] [chains: {row['chains']:.2f}]"
        )


EXAMPLE = ImageExample(
    "beyond.rbm", PRESETS, Game, lecture.create_generator, what="digits", dataset="mnist",
    black=BLACK, versions={"hidden": "hidden", "chain_length": "steps"},
    recorder_class=EnergyRecorder,
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
