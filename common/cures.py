"""The two-phase game of fashion_gan for any networks and data, with the cures that the lectures and
their papers propose for GANs that fail, each an option that is off by default.

With all of them off it is fashion_gan.train.Game, bit for bit, so that a difference is the cure's.
"""

from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from keras import layers, ops
from keras.losses import binary_crossentropy

from common import engines
from common.epochs import EpochGame
from common.errors import UserError
from common.optimizers import RMSpropKeras2
from common.randomness import streams
from common.runs.checkpoints import named_variables
from common.scores.metrics import accuracy_fake, accuracy_real
from common.settings import EpochSettings, require

REAL, FAKE = 1.0, 0.0  # the targets


@dataclass(frozen=True)
class Settings(EpochSettings):
    """Settings of the game; the defaults are fashion_gan's slides, without any cure."""

    batch_size: int = 32
    """Real samples in a batch; the discriminator sees as many fakes with them."""

    learning_rate: float = 1e-3
    """Learning rate of the discriminator's and of the generator's optimizer."""

    log_every: int = 375
    """Iterations between two logged rows and sample grids."""

    generator_cost: Literal["flipped", "zero-sum", "maximum-likelihood"] = "flipped"
    """What the generator minimizes: seed 000's slide of three costs; flipped and zero-sum are of
    Goodfellow et al. 2014, arXiv:1406.2661, all three of Goodfellow 2016, arXiv:1701.00160."""

    label_smoothing: float = 0.0
    """What the target of reals lies below 1, that of fakes staying 0: one-sided label smoothing,
    Salimans et al. 2016, arXiv:1606.03498, who have 0.1."""

    replay: int = 0
    """Newest fakes that are kept to train the discriminator on, 0 or at least a batch: seed 002's
    slide "Experience Replay"; Shrivastava et al. 2016, arXiv:1612.07828, section 2.3."""

    replay_share: float = 1.0
    """With replay, which share of the discriminator's fakes is drawn from those kept, the newest
    batch among them: 1, all, as on the slide; 0.5 in the paper."""

    spectral_normalization: bool = False
    """Divide the kernels of the discriminator by their largest singular value: Miyato et al. 2018,
    arXiv:1802.05957; seed 003's slide "Regularisation"."""

    gradient_penalty: float = 0.0
    """Weight of the discriminator's gradient penalty, 0 for none: Gulrajani et al. 2017,
    arXiv:1704.00028, who have 10; seed 003's slide "Regularisation"."""

    discriminator_updates: int = 1
    """Updates of the discriminator before each of the generator, each on a batch of its own: k in
    Algorithm 1 of Goodfellow et al. 2014, arXiv:1406.2661; seed 003's "Regularisation Tricks"."""

    def __post_init__(self):
        super().__post_init__()
        smoothing, share = self.label_smoothing, self.replay_share
        require(0 <= smoothing < 0.5, "label-smoothing", smoothing, "at least 0 and below 0.5")
        enough = self.replay == 0 or self.replay >= self.batch_size
        require(enough, "replay", self.replay, f"0 or at least {self.batch_size}, a batch")
        require(0 < share <= 1, "replay-share", share, "above 0 and at most 1")
        require(self.gradient_penalty >= 0, "gradient-penalty", self.gradient_penalty, "0 or more")
        updates = self.discriminator_updates
        require(updates >= 1, "discriminator-updates", updates, "at least 1")


def logit(answers):
    """sigma^-1(D): what the probabilities (batch, 1) were made of, (batch,).

    It is the difference of two cross-entropies, -log(1 - D) + log(D), for which Keras on TensorFlow
    looks behind the sigmoid: exact however sure D is. On other backends Keras clips the
    probabilities to [1e-7, 1 - 1e-7], so that nothing passes +-16.1.
    """
    fake, real = ops.zeros_like(answers), ops.ones_like(answers)
    return binary_crossentropy(fake, answers) - binary_crossentropy(real, answers)


def flipped(y_true, y_pred):
    """-log(D(G(z))) of each fake, (batch,): seed 000, the generator's second cost.

    The source sums over the batch and halves; here, as in fashion_gan, the mean is taken. So the
    three costs have one factor, 2 / batch, to the source's.

    Args:
        y_true: (batch, 1), REAL, what the fakes are to be called.
        y_pred: (batch, 1), D(G(z)).
    """
    return binary_crossentropy(y_true, y_pred)


def zero_sum(y_true, y_pred):
    """log(1 - D(G(z))), (batch,): C_G = -C_D, seed 000's first cost, without D's share on reals,
    which the generator can't change. Its gradient at the logit is -D(G(z)): none where D is sure
    that a fake is fake. Args: see flipped()."""
    return -binary_crossentropy(1 - y_true, y_pred)


def maximum_likelihood(y_true, y_pred):
    """-exp(sigma^-1(D(G(z)))), (batch,): seed 000's third cost. It is its own gradient at the
    logit: none where D is sure of a fake, without bound where it is fooled. Args: see flipped()."""
    return -ops.exp(logit(y_pred))


COSTS = {"flipped": flipped, "zero-sum": zero_sum, "maximum-likelihood": maximum_likelihood}


class Replay:
    """The newest fakes, the oldest of which make room for new ones: state of the game.

    Args:
        count: how many are kept.
        shape: of one.
    """

    def __init__(self, count, shape):
        self.count = count
        self.kept = keras.Variable(ops.zeros((count, *shape)), trainable=False, name="kept")
        self.seen = keras.Variable(0, dtype="int32", trainable=False, name="seen")
        self.variables = [self.kept, self.seen]

    def keep(self, fakes):
        """Keep new fakes (batch, ...)."""
        places = (self.seen + ops.arange(fakes.shape[0], dtype="int32")) % self.count
        self.kept.assign(ops.scatter_update(self.kept.value, places[:, None], fakes))
        self.seen.assign(self.seen + fakes.shape[0])

    def pick(self, chances):
        """Fakes (n, ...) out of those kept, for chances (n,), uniform on [0, 1)."""
        filled = ops.minimum(self.seen, self.count)
        places = ops.cast(ops.floor(chances * ops.cast(filled, "float32")), "int32")
        return ops.take(self.kept.value, ops.minimum(places, filled - 1), axis=0)


class SpectralNormalization(layers.Wrapper):
    """A layer whose kernel W, as a matrix, acts as W / sigma(W) (arXiv:1802.05957, Algorithm 1).

    As in the paper W itself stays and is learnt through the quotient; keras.layers has a layer of
    this name that writes W / sigma(W) into W, also while the discriminator is frozen. A power
    iteration is made at each update of the layer, none where it is frozen or only answers.

    Args:
        layer: a layer with a kernel, (..., outputs).
    """

    def build(self, input_shape):
        super().build(input_shape)
        outputs = self.layer.kernel.shape[-1]
        self.u = self.add_weight((outputs,), "random_normal", trainable=False, name="u")

    def call(self, inputs, training=False):
        kernel = self.layer.kernel
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        fixed = ops.stop_gradient(matrix)
        v = unit(ops.matmul(fixed, self.u))
        u = unit(ops.matmul(v, fixed))
        if training and self.trainable:
            self.u.assign(u)
        sigma = ops.matmul(ops.matmul(v, matrix), u)
        # Inside the scope the layer's kernel is the quotient.
        variables = [(variable, variable.value) for variable in self.layer.variables]
        with keras.StatelessScope([*variables, (kernel, kernel / sigma)]):
            return self.layer(inputs)


def unit(vector):
    """A vector, divided by its length."""
    return vector / (ops.norm(vector) + 1e-12)


def spectrally_normalized(model):
    """A new model, with new weights, whose layers that have a kernel are spectrally normalized."""

    def wrapped(layer):
        copy = type(layer).from_config(layer.get_config())
        return SpectralNormalization(copy, name=layer.name) if hasattr(layer, "kernel") else copy

    return keras.models.clone_model(model, clone_function=wrapped)


class Penalized(keras.Model):
    """A discriminator that learns with a gradient penalty (arXiv:1704.00028, Algorithm 1).

        loss + weight * mean((|gradient of D at x| - 1)^2),  x = share * real + (1 - share) * fake

    D there is the critic's output; of a discriminator it is the logit, which a sigmoid doesn't
    bound either. Its layers answer x as at inference.

    Args:
        discriminator: the Model; this one trains its weights and has the same answers.
        weight: of the penalty.
    """

    def __init__(self, discriminator, weight):
        super().__init__(name="penalized")
        self.discriminator, self.weight = discriminator, weight

    def call(self, x, training=False):
        """Answers to the first of [fakes and reals (2 * batch, ...), shares (batch,)]."""
        return self.discriminator(x[0], training=training)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        fakes, reals = ops.split(x[0], 2)
        share = ops.reshape(x[1], (-1, *[1] * (len(reals.shape) - 1)))
        between = share * reals + (1 - share) * fakes
        gradient = engines.input_gradient(lambda x: logit(self.discriminator(x)), between)
        squares = ops.sum(gradient**2, axis=tuple(range(1, len(gradient.shape))))
        length = ops.sqrt(squares + 1e-12)  # whose own gradient at 0 would be infinite
        return loss + self.weight * ops.mean((length - 1) ** 2)


def rmsprop(learning_rate):
    """A new optimizer of fashion_gan's slides."""
    return RMSpropKeras2(learning_rate, epsilon=1e-7)


class Game(EpochGame):
    """Discriminator and generator, their optimizers, and the two phases with the cures.

    Args:
        config: Settings.
        samples: float32 array (N, ...), what the discriminator is to call real.
        latent: length of the generator's noise.
        create_generator: function that returns a Model from noise (batch, latent) to samples.
        create_discriminator: function that returns a Model from samples to probabilities
            (batch, 1), a sigmoid's.
        optimizer: function from a learning rate to a new optimizer.
        buffer: samples that the shuffle holds; None: all.
        black, grid_shape: see EpochGame.

    Raises:
        UserError: there are fewer samples than an iteration takes.
    """

    def __init__(
        self, config, samples, latent, create_generator, create_discriminator,
        optimizer=rmsprop, buffer=None, black=0.0, grid_shape=(10, 10),
    ):  # fmt: skip
        updates = config.discriminator_updates
        if len(samples) < updates * config.batch_size:
            raise UserError(
                f"{len(samples)} training samples are fewer than an iteration takes: {updates} "
                f"batches of {config.batch_size}; take a smaller --batch-size"
            )
        super().__init__(config, samples, latent, buffer or len(samples), black, grid_shape)
        self.discriminator_updates = updates
        # An epoch ends where the samples left are too few for a whole iteration.
        self.batches.per_epoch -= self.batches.per_epoch % updates
        self.per_epoch = self.batches.per_epoch // updates
        self.iterations = config.total(self.per_epoch)
        more = streams(config.seed, (*self.streams, "picks", "shares"))
        self.streams |= {name: more[name] for name in ("picks", "shares")}

        self.generator, self.discriminator = create_generator(), create_discriminator()
        if config.spectral_normalization:
            self.discriminator = spectrally_normalized(self.discriminator)
        self.replay = Replay(config.replay, samples.shape[1:]) if config.replay else None
        self.learner = self.discriminator
        if config.gradient_penalty:
            self.learner = Penalized(self.discriminator, config.gradient_penalty)
        self.learner.compile(
            optimizer(config.learning_rate),
            "binary_crossentropy",
            metrics=[accuracy_real, accuracy_fake],
        )
        self.learner.optimizer.build(self.discriminator.trainable_variables)

        self.discriminator.trainable = False
        self.gan = keras.Sequential([self.generator, self.discriminator], name="gan")
        self.gan.compile(optimizer(config.learning_rate), COSTS[config.generator_cost])
        self.gan.optimizer.build(self.gan.trainable_variables)

    def draw_discriminator(self):
        """Noise, reals, and what replay and penalty need: chances and shares, on [0, 1)."""
        shape = (self.config.batch_size,)
        picks, shares = (
            keras.random.uniform(shape, seed=self.streams[name]) for name in ("picks", "shares")
        )
        return self.draw_noise(), self.batches.next(), picks, shares

    def update_discriminator(self, noise, reals, picks, shares):
        """Phase 1: train the discriminator on fakes and reals in one batch.

        Args:
            noise: (batch, latent).
            reals: (batch, ...).
            picks: (batch,), which of the fakes kept to take, as Replay.pick() has it.
            shares: (batch,), of the reals in the points where the gradient is penalized.

        Returns:
            A dict of scalars: d_loss, the mean over fakes and reals, with the penalty, and of the
            same answers, those before the update, d_accuracy_real and d_accuracy_fake.
        """
        config, batch = self.config, self.config.batch_size
        fakes = ops.cast(self.engine.predict(self.generator, noise), "float32")
        if config.replay:
            fakes = self.replayed(fakes, picks)
        fakes_and_reals = ops.concatenate([fakes, reals])
        real = REAL - config.label_smoothing
        targets = ops.array([[FAKE]] * batch + [[real]] * batch, "float32")
        x = [fakes_and_reals, shares] if config.gradient_penalty else fakes_and_reals
        self.discriminator.trainable = True
        d = self.engine.train(self.learner, x, targets)
        return {
            "d_loss": d["loss"],
            "d_accuracy_real": d["accuracy_real"],
            "d_accuracy_fake": d["accuracy_fake"],
        }

    def update_generator(self, noise):
        """Phase 2: train the generator on new fakes, to be called real, with the cost it has.

        Args:
            noise: (batch, latent).

        Returns:
            A dict of a scalar: g_loss.
        """
        targets = ops.array([[REAL]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}

    def replayed(self, fakes, picks):
        """Keep the fakes, and put replay_share of them, rounded, in exchange for kept ones."""
        self.replay.keep(fakes)
        count = round(self.config.replay_share * fakes.shape[0])
        return ops.concatenate([self.replay.pick(picks[:count]), fakes[count:]])

    def variables(self):
        """Every variable that the rest of the run depends on, by name, for a checkpoint."""
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            discriminator_optimizer=self.learner.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            **({"replay": self.replay} if self.replay else {}),
            **self.streams,
        )


def play(game, iterations, snapshots=0, head_start=0):
    """Play a game, or play it on, without a run folder.

    Args:
        game: a Game, or another EpochGame with a discriminator that has updates of its own.
        iterations: how many.
        snapshots: how often samples of the game's grid noise are taken on the way, at equal
            distances, the last time at the end.
        head_start: iterations before, in which only the discriminator learns.

    Returns:
        The losses, a dict from name to float64 array (iterations,), and a dict from iterations
        played to samples, float32 (grid rows * columns, ...).
    """
    advance(game, head_start, generator=False)
    stops = {round((place + 1) * iterations / snapshots) for place in range(snapshots)}
    done, parts, samples = 0, [], {}
    for stop in sorted(stops | {iterations}):
        parts += advance(game, stop - done)
        done = stop
        if stop in stops:
            samples[stop] = np.asarray(game.generator.predict_on_batch(game.grid_noise))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, samples


def advance(game, iterations, generator=True):
    """Play iterations, in calls of the engine that end where an epoch does: a list of what they
    returned."""
    updates, parts = game.discriminator_updates, []
    while iterations:
        done = int(game.batches.position) // updates
        to_epoch = game.per_epoch - done % game.per_epoch
        count = min(iterations, to_epoch, max(1, engines.Compiled.longest // updates))
        parts.append(game.engine.play(game, count, updates, generator))
        iterations -= count
    return parts
