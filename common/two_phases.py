"""The two-phase game, with the cures that the lectures and their papers propose as options.

All of them are off by default; then it is the loop of the slide "Implementing the training of GAN"
(SYS 6016), or of any other lecture that trains in two phases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay, PolynomialDecay

from common import cures
from common.errors import UserError
from common.game import EpochGame, Noise, named_variables
from common.optimizers import RMSpropKeras2
from common.randomness import streams
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import EpochSettings, require

REAL, FAKE = 1.0, 0.0  # the targets


@dataclass(frozen=True)
class CureSettings(EpochSettings):
    """The cures that every game with a discriminator's probability takes; off by default."""

    generator_cost: Literal["flipped", "zero-sum", "maximum-likelihood"] = "flipped"
    """What the generator minimizes: Spence's slide of three costs; flipped and zero-sum are of
    Goodfellow et al. 2014, arXiv:1406.2661, all three of Goodfellow 2016, arXiv:1701.00160."""

    label_smoothing: float = 0.0
    """What the target of reals lies below 1: one-sided label smoothing, Salimans et al. 2016,
    arXiv:1606.03498, who have 0.1; the tutorial of binarized_gan, "Label Smoothing"."""

    fake_smoothing: float = 0.0
    """What the target of fakes lies above 0: with --label-smoothing 0.1 beside it 0.1 makes the
    targets [0.1, 0.9] of the tutorial of binarized_gan, "Label Smoothing"."""

    dropout: float | None = None
    """Share of each hidden layer's answers that the discriminator drops in training, in
    binarized_gan the generator as well; None: the lecture's. Gale and Eglen, "Saturation Fixes";
    the tutorial of binarized_gan, "Dropout Layer"; Srivastava et al. 2014, JMLR 15."""

    latent: int | None = None
    """Length of the generator's noise; None: the lecture's. Gale and Eglen, "Mode Collapse Fixes";
    the tutorial of binarized_gan, "Higher Dimension Latent Input"."""

    noise: Literal["normal", "uniform"] | None = None
    """Distribution of the noise: standard normal, or uniform on (0, 1) as in Gale and Eglen,
    "Components"; None: the lecture's."""

    norm_penalty: float = 0.0
    """Weight of what Gale and Eglen's slide "Regularisation" adds to the discriminator's loss,
    sqrt(|W|_1 |W|_inf) of each of its kernels W; 0 for nothing."""

    def __post_init__(self):
        super().__post_init__()
        for name in ("label_smoothing", "fake_smoothing"):
            value, flag = getattr(self, name), name.replace("_", "-")
            require(0 <= value < 0.5, flag, value, "at least 0 and below 0.5")
        dropout, latent = self.dropout, self.latent
        require(dropout is None or 0 <= dropout < 1, "dropout", dropout, "at least 0 and below 1")
        require(latent is None or latent >= 1, "latent", latent, "at least 1")
        require(self.norm_penalty >= 0, "norm-penalty", self.norm_penalty, "0 or more")


@dataclass(frozen=True)
class TwoPhaseSettings(CureSettings):
    """Settings of the two-phase game; the defaults are the slides', without any cure."""

    batch_size: int = 32
    """Real samples in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """Learning rate of the discriminator and of the generator."""

    log_every: int = 375
    """Iterations between two logged rows and sample grids."""

    discriminator_learning_rate: float | None = None
    """Learning rate of the discriminator alone; None: the same. "Adjust learning rate down for the
    discriminator": Gale and Eglen, "Saturation Fixes"; Heusel et al. 2017, arXiv:1706.08500."""

    learning_rate_schedule: Literal["constant", "linear", "cosine"] = "constant"
    """How both learning rates go over the run: constant, or down to 0 in a line or half a cosine.
    Gale and Eglen, "Mode Collapse Fixes"; Loshchilov and Hutter 2017, arXiv:1608.03983."""

    discriminator_updates: int = 1
    """Updates of the discriminator before each of the generator, each on a batch of its own: k in
    Algorithm 1 of Goodfellow et al. 2014, arXiv:1406.2661; Gale and Eglen, "Regularisation
    Tricks"."""

    replay: int = 0
    """Newest fakes that are kept to train the discriminator on, 0 or at least a batch: Nguyen,
    "Experience Replay"; Shrivastava et al. 2016, arXiv:1612.07828, section 2.3."""

    replay_share: float = 1.0
    """With replay, which share of the discriminator's fakes is drawn from those kept, the newest
    batch among them: 1, all, as on the slide; 0.5 in the paper."""

    spectral_normalization: bool = False
    """Divide the kernels of the discriminator by their largest singular value: Miyato et al. 2018,
    arXiv:1802.05957; Gale and Eglen, "Regularisation"."""

    gradient_penalty: float = 0.0
    """Weight of the discriminator's gradient penalty, 0 for none: Gulrajani et al. 2017,
    arXiv:1704.00028, who have 10; Gale and Eglen, "Regularisation"."""

    def __post_init__(self):
        super().__post_init__()
        rate = self.discriminator_learning_rate
        require(rate is None or rate > 0, "discriminator-learning-rate", rate, "above 0")
        updates = self.discriminator_updates
        require(updates >= 1, "discriminator-updates", updates, "at least 1")
        enough = self.replay == 0 or self.replay >= self.batch_size
        require(enough, "replay", self.replay, f"0 or at least {self.batch_size}, a batch")
        share = self.replay_share
        require(0 < share <= 1, "replay-share", share, "above 0 and at most 1")
        used = share == 1 or self.replay > 0
        require(used, "replay-share", share, "left out without --replay")
        require(self.gradient_penalty >= 0, "gradient-penalty", self.gradient_penalty, "0 or more")
        # Divided by its norm, a kernel acts the same however large it is.
        penalty = self.norm_penalty
        alone = penalty == 0 or not self.spectral_normalization
        require(alone, "norm-penalty", penalty, "left out beside --spectral-normalization")


def rmsprop(learning_rate):
    """A new optimizer of Nguyen's slides, "rmsprop" of tf.keras 2."""
    return RMSpropKeras2(learning_rate, epsilon=1e-7)


class TwoPhaseGame(EpochGame):
    """Discriminator and generator, their optimizers, and the two phases of the slides.

    Args:
        config: TwoPhaseSettings.
        samples: float32 array (N, ...), what the discriminator is to call real.
        create_generator: function of the length of the noise that returns a Model from noise
            (batch, latent) to samples.
        create_discriminator: function that returns a Model from samples to probabilities
            (batch, 1), a sigmoid's.
        latent, noise: the lecture's, where the config leaves them open.
        optimizer: function from a learning rate to a new optimizer.
        buffer: samples that the shuffle holds; None: all.
        shown: see EpochGame.

    Raises:
        UserError: there are fewer samples than an iteration takes.
    """

    def __init__(
        self,
        config: TwoPhaseSettings,
        samples: np.ndarray,
        create_generator: Callable[[int], keras.Model],
        create_discriminator: Callable[[], keras.Model],
        latent: int,
        noise: Noise = "normal",
        optimizer: Callable[..., keras.optimizers.Optimizer] = rmsprop,
        buffer: int | None = None,
        shown: int = 100,
    ):
        updates = config.discriminator_updates
        if len(samples) < updates * config.batch_size:
            raise UserError(
                f"{len(samples)} training samples are fewer than an iteration takes: {updates} "
                f"batches of {config.batch_size}; take a smaller --batch-size"
            )
        latent, noise = config.latent or latent, config.noise or noise
        super().__init__(config, samples, latent, buffer or len(samples), shown, noise)
        self.discriminator_updates = updates
        # An epoch ends where the samples left are too few for a whole iteration.
        self.batches.per_epoch -= self.batches.per_epoch % updates
        per_epoch = self.batches.per_epoch // updates
        self.per_epoch, self.iterations = per_epoch, config.total(per_epoch)
        more = streams(config.seed, (*self.streams, "picks", "shares"))
        self.chances = {"picks": config.replay > 0, "shares": config.gradient_penalty > 0}
        self.streams |= {name: more[name] for name, used in self.chances.items() if used}

        self.generator, self.discriminator = create_generator(latent), create_discriminator()
        if config.spectral_normalization:
            self.discriminator = cures.spectrally_normalized(self.discriminator)
        if config.dropout is not None:
            self.discriminator = cures.with_dropout(self.discriminator, config.dropout)
        if config.norm_penalty:
            cures.penalize_norms(self.discriminator, config.norm_penalty)
        self.replay = cures.Replay(config.replay, samples.shape[1:]) if config.replay else None
        self.learner = self.discriminator
        if config.gradient_penalty:
            self.learner = cures.Penalized(self.discriminator, config.gradient_penalty)
        rate = config.discriminator_learning_rate or config.learning_rate
        self.learner.compile(
            optimizer(self.scheduled(rate, updates)),
            "binary_crossentropy",
            metrics=[accuracy_real, accuracy_fake],
        )
        self.learner.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        rate = self.scheduled(config.learning_rate, 1)
        self.gan.compile(optimizer(rate), cures.COSTS[config.generator_cost])
        self.gan.optimizer.build(self.gan.trainable_variables)

    def scheduled(self, rate, updates):
        """A learning rate as the config has it over the run's updates, so many an iteration."""
        steps = self.iterations * updates
        match self.config.learning_rate_schedule:
            case "linear":
                return PolynomialDecay(rate, steps, end_learning_rate=0.0)
            case "cosine":
                return CosineDecay(rate, steps)
        return rate

    def draw_discriminator(self):
        """Noise (batch, latent), reals (batch, ...), and what replay and gradient penalty need:
        chances (batch,), uniform on [0, 1)."""
        shape = (self.config.batch_size,)
        chances = [
            keras.random.uniform(shape, seed=self.streams[name])
            for name, used in self.chances.items()
            if used
        ]
        return self.draw_noise(), self.batches.next(), *chances

    def update_discriminator(self, noise, reals, *chances):
        """The slides' "phase 1 - training the discriminator": fakes and reals in one batch.

        Args:
            noise: (batch, latent).
            reals: (batch, ...).
            chances: with replay which of the fakes kept to take, with a gradient penalty the
                shares of the reals in its points: (batch,) each.

        Returns:
            A dict of scalars: d_loss, the mean over fakes and reals, with the penalties, and of the
            same answers, those before the update, d_accuracy_real and d_accuracy_fake, shares of
            this batch.
        """
        config, batch = self.config, self.config.batch_size
        fakes = self.fakes(noise)
        if self.replay:
            fakes = self.replay.exchange(fakes, chances[0], config.replay_share)
        fakes_and_reals = ops.concatenate([fakes, reals])
        fake, real = FAKE + config.fake_smoothing, REAL - config.label_smoothing
        targets = ops.array([[fake]] * batch + [[real]] * batch, "float32")
        x = [fakes_and_reals, chances[-1]] if config.gradient_penalty else fakes_and_reals
        self.discriminator.trainable = True
        d = self.engine.train(self.learner, x, targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}

    def update_generator(self, noise):
        """The slides' "phase 2 - training the generator": new fakes, to be called real.

        Args:
            noise: (batch, latent).

        Returns:
            A dict of a scalar: g_loss, the generator's cost.
        """
        targets = ops.array([[REAL]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            discriminator_optimizer=self.learner.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            **({"replay": self.replay} if self.replay else {}),
            **self.streams,
        )
