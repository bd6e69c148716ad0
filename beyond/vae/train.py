"""Train the variational autoencoder of Burda et al. on binarized MNIST."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay, PiecewiseConstantDecay

from beyond.vae import lecture
from beyond.vae.bounds import create_iwae
from beyond.vae.lecture import BLACK, LATENT, STAGES
from common.commands import train
from common.commands.example import ImageExample
from common.game import EpochGame, named_variables
from common.randomness import streams
from common.runs import folders
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require

PARTS = ("reconstruction", "kl")  # of the loss


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a vae run; the defaults are those of Burda et al. (preset slides)."""

    preset: Literal["slides", "quick", "long", "smoke"] = "slides"  # type: ignore[assignment]
    """slides: the paper's, the lecture has none; quick: good pictures soon on two CPU cores; long:
    the paper's likelihood in several times quick's time; smoke: ends in seconds, for tests. A flag
    beside it wins."""

    epochs: int = 3280
    """Passes over the training images; what is left of them over whole batches is dropped."""

    batch_size: int = 20
    """Images in a batch."""

    learning_rate: float = 1e-3
    """Adam's learning rate at the start."""

    learning_rate_schedule: Literal["stages", "cosine"] = "stages"
    """stages: the paper's, 10^(-i/7) times as high for 3^i epochs, i = 0 to 7; cosine: down to 0 in
    half a cosine over the run."""

    log_every: int = 3000
    """Iterations between two logged rows and sample grids; an epoch of the paper has 3,000."""

    latent: int = LATENT
    """Length of z; with 2, sample --show map draws all of it."""

    binarisation: Literal["dynamic", "threshold"] = "dynamic"
    """dynamic: in each batch anew each pixel is 1 with its grey as the probability, as in the
    paper; threshold: 1 above 0.5, the digits of binarized_gan. Nats of the two are of different
    digits and cannot be compared."""

    importance_samples: int = 1
    """k: 1 is the VAE; more train on the tighter bound of the paper's equation 8, the IWAE."""

    def __post_init__(self):
        super().__post_init__()
        require(self.latent >= 1, "latent", self.latent, "at least 1")
        k = self.importance_samples
        require(k >= 1, "importance-samples", k, "at least 1")


SLIDES = Config()
FASTER = replace(
    SLIDES, batch_size=250, learning_rate=3e-3, learning_rate_schedule="cosine", log_every=240
)
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(FASTER, preset="quick", epochs=20, learning_rate=4e-3),
    "long": replace(FASTER, preset="long", epochs=1000, log_every=2400),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


class Game(EpochGame):
    """Encoder and generator, their optimizer, and the one step for both.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1), grey, in [0, 1].
    """

    discriminator_updates = 0  # there is none

    def __init__(self, config, images):
        if config.binarisation == "threshold":  # which leaves nothing to chance
            images = np.asarray(lecture.binarize(images, 0.5))
        super().__init__(config, images, config.latent, buffer=len(images))
        self.streams |= {"pixels": streams(config.seed, (*self.streams, "pixels"))["pixels"]}
        self.encoder = lecture.create_encoder(config.latent)
        self.generator = lecture.create_generator(config.latent)
        lecture.start_at_mean(self.generator, images)
        self.vae = lecture.create_vae(self.encoder, self.generator, config.batch_size)
        if config.importance_samples > 1:
            self.vae = create_iwae(self.encoder, self.generator, config.importance_samples)
        optimizer = lecture.adam(self.rate(), config.batch_size)
        self.vae.compile(optimizer, dict.fromkeys(PARTS, lecture.itself))
        self.vae.optimizer.build(self.vae.trainable_variables)

    def rate(self):
        """The learning rate as the config has it over the run's iterations."""
        config = self.config
        if config.learning_rate_schedule == "cosine":
            return CosineDecay(config.learning_rate, self.iterations)
        # Keras has the next value one step after a boundary.
        ends = np.cumsum(3 ** np.arange(STAGES))[:-1] * self.per_epoch - 1
        firsts = [0, *(ends + 1) // self.per_epoch]
        # numpy's numbers, for Keras would make float32 of Python's also among float64.
        rates = [np.float64(lecture.rate(epoch, config.learning_rate)) for epoch in firsts]
        return PiecewiseConstantDecay(ends.tolist(), rates)

    def draw_generator(self):
        """What the step needs at random: images (batch, 28, 28, 1), pixels 0 or 1, and noise
        (batch, latent), or (batch, k, latent) of k importance samples."""
        config = self.config
        images = self.batches.next()
        pixels = self.streams["pixels"]
        chances = keras.random.uniform(images.shape, dtype=images.dtype, seed=pixels)
        samples = (config.importance_samples,) if config.importance_samples > 1 else ()
        shape = (config.batch_size, *samples, config.latent)
        noise = keras.random.normal(shape, seed=self.streams["noise"])
        return lecture.binarize(images, chances), noise

    def update_generator(self, images, noise):
        """One step of both networks.

        Args:
            images, noise: see draw_generator().

        Returns:
            A dict of scalars in nats, means over the batch before the update: loss, minus the ELBO
            or the importance-weighted bound; kl, from q(z|x) to p(z); reconstruction, the rest.
        """
        nothing = ops.zeros((self.config.batch_size,))
        losses = self.engine.train(self.vae, [images, noise], dict.fromkeys(PARTS, nothing))
        parts = {name: losses[f"{name}_loss"] for name in PARTS}
        return {"loss": losses["loss"], **parts}

    def variables(self):
        return named_variables(
            encoder=self.encoder,
            generator=self.generator,
            optimizer=self.vae.optimizer,
            batches=self.batches,
            **self.streams,
        )


class ElboRecorder(Recorder):
    """Records the loss and its two parts, and writes encoder.keras beside generator.keras."""

    columns = ("iteration", "epoch", "loss", *PARTS, "seconds")
    shown = ("loss", *PARTS)
    panels = {
        ("Minus the bound of log p(x)", "nats"): ("loss", "reconstruction"),
        ("KL divergence from q(z|x) to p(z)", "nats"): ("kl",),
    }

    def line(self, row):
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] [loss: {row['loss']:.2f}] "
            f"[reconstruction: {row['reconstruction']:.2f}] [KL: {row['kl']:.2f}]"
        )

    def draw_history(self, folder):
        folders.save_model(folder, self.game.encoder, "encoder")
        super().draw_history(folder)


EXAMPLE = ImageExample(
    "beyond.vae", PRESETS, Game, lecture.create_generator, what="digits", dataset="mnist",
    black=BLACK, recorder_class=ElboRecorder,
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
