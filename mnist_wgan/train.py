"""Train the lecture's conditional Wasserstein GAN on MNIST."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.initializers import RandomUniform

from common import cures, game, latent
from common.commands import train
from common.commands.example import ImageExample
from common.data import datasets
from common.figures import pictures
from common.losses import sparse_categorical_crossentropy_2017
from common.optimizers import RMSpropKeras2
from common.randomness import streams
from common.runs.failures import BLACK as DRAWS_BLACK
from common.runs.recorder import Recorder
from common.settings import SizedSettings, require
from mnist_wgan import printed
from mnist_wgan.lecture import (
    CLASSES,
    LATENT,
    create_critic,
    create_generator,
    log_line,
    wasserstein,
)

BLACK = -1.0  # a black pixel's value in the images of both networks
REAL, FAKE = -1.0, +1.0  # the slides' targets of the Wasserstein loss
DIGITS = tuple(map(str, range(CLASSES)))  # the names of the lecture's classes
NOISES = 10  # in a sample grid, each with all classes
ROWS = 20  # classes up to which a sample grid has a row for each
PENALTY = 10.0  # weight of the gradient penalty, lambda in arXiv:1704.00028
# docs/experiments/mnist_wgan.md has these two runs, at the script's batch of 100.
USUAL = (
    "so are the lecturer's settings: black until iteration 2,000 in one run and 7,500 in another; "
    "shapes come sooner in a new run with --preset quick"
)
BURST = 100  # critic updates before the generator updates that --bursts singles out

COLUMNS = (
    "iteration",
    "d_true",
    "d_fake",
    "dg",
    "total",
    "d_true_wasserstein",
    "d_true_class",
    "d_fake_wasserstein",
    "d_fake_class",
    "dg_wasserstein",
    "dg_class",
    "seconds",
)


@dataclass(frozen=True)
class Config(SizedSettings):
    """Settings of a mnist_wgan run; the defaults are the lecture's (preset slides)."""

    preset: Literal["slides", "script", "quick", "long", "smoke"] = "slides"  # type: ignore[assignment]
    """slides: as the slides print it; script: as the lecturer's own MNIST_wgan.py has it, which the
    slides shorten; quick: the digits asked for within ten minutes on two CPU cores; long: sharper
    and more varied ones, in several times quick's time; smoke: ends in seconds, for tests. A flag
    beside it wins."""

    iterations: int = 25_000
    """Generator updates; critic_updates critic updates come before each."""

    batch_size: int = 64
    """Images in a batch, of real ones and of fakes; the slides leave it unsaid."""

    learning_rate: float = 5e-5
    """RMSprop's learning rate, of the critic and of the generator."""

    training_images: int | None = None
    """Train on the first so many images, the test images coming after the training images; None:
    the slides' 50,000 of MNIST, or all of your training images."""

    critic_updates: int = 100
    """Critic updates (each one on reals and one on fakes) before a generator update."""

    bursts: bool = False
    """A hundred critic updates instead of critic_updates in the first 25 of every 1,000 iterations
    and in every 500th."""

    generator: Literal["slides", "script"] = "slides"
    """slides: ends in LeakyReLU, as printed; script: ends in tanh, and its embedding starts almost
    five times as large."""

    lipschitz: Literal["clip", "gradient-penalty", "spectral"] = "clip"
    """What bounds the critic's slope: clip, as on the slides; without clipping, two of the "better
    WGAN techniques" of their last page: gradient-penalty (Gulrajani et al. 2017, arXiv:1704.00028)
    or spectral normalization of its kernels (Miyato et al. 2018, arXiv:1802.05957)."""

    clip: float = 0.01
    """Critic weights are clipped to [-clip, clip] before each critic update."""

    gradient_penalty: float | None = None
    """Weight of the penalty of --lipschitz gradient-penalty; None: 10, the paper's."""

    class_weight: float = 1.0
    """Weight of the class losses beside the Wasserstein losses, of both networks."""

    fake_class_weight: float | None = None
    """Weight of the class loss of fakes in the critic's update, with --together; None:
    class_weight. At 0 the critic learns from real images alone what a digit is."""

    together: bool = False
    """One update of the critic on reals and fakes, not one on each, as --lipschitz gradient-penalty
    has it."""

    noise: Literal["normal", "shifted"] = "normal"
    """normal: standard, the slides'; shifted: its mean is 0.6. Noise of mean 0 times an embedding
    has mean 0 whatever the digit, which then shows in variances alone."""

    embedding: float | None = None
    """The digits' embedding starts uniform in +-this; None: as --generator has it."""

    averaging: float = 0.0
    """Momentum of a running mean of the generator's weights, which then draws the samples and is
    saved as the result (Yazici et al. 2019, arXiv:1806.04498); 0: the weights themselves."""

    def __post_init__(self):
        super().__post_init__()
        require(self.iterations >= 1, "iterations", self.iterations, "at least 1")
        require(self.critic_updates >= 1, "critic-updates", self.critic_updates, "at least 1")
        require(self.clip > 0, "clip", self.clip, "above 0")
        self.require_use()
        require(self.class_weight >= 0, "class-weight", self.class_weight, "0 or more")
        weight, together = self.fake_class_weight, self.joint
        require(weight is None or weight >= 0, "fake-class-weight", weight, "0 or more")
        require(weight is None or together, "fake-class-weight", weight, "left out, or --together")
        start = self.embedding
        require(start is None or start > 0, "embedding", start, "above 0")
        averaging = self.averaging
        require(0 <= averaging < 1, "averaging", averaging, "at least 0 and below 1")

    @property
    def joint(self):
        """Whether the critic learns from reals and fakes in one update."""
        return self.together or self.lipschitz == "gradient-penalty"

    def require_use(self):
        """Refuse what --lipschitz leaves without a use: another clip than the preset's, a weight of
        no penalty."""
        way, clip, weight = self.lipschitz, self.clip, self.gradient_penalty
        unused = f"left out beside --lipschitz {way}"
        require(way == "clip" or clip == PRESETS[self.preset].clip, "clip", clip, unused)
        if way == "gradient-penalty":
            require(weight is None or weight > 0, "gradient-penalty", weight, "above 0")
        else:
            require(weight is None, "gradient-penalty", weight, unused)


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # MNIST_wgan.py, where it differs from the slides.
    "script": replace(
        SLIDES,
        preset="script",
        batch_size=100,
        training_images=70_000,  # the test images too
        critic_updates=5,
        bursts=True,
        generator="script",
    ),
    # Every departure from the slides; README.md tells what each of them brings.
    "quick": replace(
        SLIDES,
        preset="quick",
        iterations=1_250,
        critic_updates=1,
        learning_rate=5e-4,
        clip=0.02,
        class_weight=30.0,
        fake_class_weight=0.0,  # early fakes are no digits: the critic reads real ones alone
        together=True,
        batch_size=16,
        noise="shifted",  # so that an embedding changes an image's mean from the start
        embedding=1.0,
        generator="script",
        averaging=0.998,
        dtype=None,
    ),
    "long": replace(
        SLIDES,
        preset="long",
        iterations=4_000,
        critic_updates=1,  # a generator update after each critic update, not after a hundred
        learning_rate=5e-4,
        clip=0.02,
        class_weight=10.0,  # with 1 the digits are not yet those asked for
        batch_size=32,
        generator="script",  # its tanh makes black black
        averaging=0.998,  # the digits still change from one iteration to the next
        dtype=None,  # bfloat16 where that is faster
    ),
    "smoke": replace(SLIDES, preset="smoke", iterations=3, critic_updates=2, batch_size=4),
}


def clip_weights(critic, clip):
    """Clip the critic's trainable variables to [-clip, clip], biases too, as the slides do."""
    for variable in critic.trainable_variables:
        variable.assign(ops.clip(variable, -clip, clip))


class JointCritic(keras.Model):
    """The critic as it learns from reals and fakes in one update, with a gradient penalty or
    without:

        mean D(fake) - mean D(real) + both class losses + weight * gradient_penalty(D)

    This is Algorithm 1 of arXiv:1704.00028 beside the lecture's class losses. Its critic has no
    dropout. Here the penalty is on the slope of the critic as at inference, which is one function;
    with dropout it would be another one for each mask.

    Args:
        critic: the Model; this one trains its weights.
        weight: of the penalty; 0 for none.
    """

    def __init__(self, critic, weight=0.0):
        super().__init__(name="joint")
        self.critic, self.weight = critic, weight

    def call(self, x, training=False):
        """The critic's answers to the first two of [reals, fakes, both (batch, 28, 28, 1), and for
        the penalty shares (batch,)], by the names of their losses."""
        reals, fakes, *_ = x
        return {
            "d_true": self.critic(reals, training=training),
            "d_fake": self.critic(fakes, training=training),
        }

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not self.weight:
            return loss
        reals, fakes, shares = x

        def status(images):
            return self.critic(images, training=False)["status"]

        return loss + self.weight * cures.gradient_penalty(status, fakes, reals, shares)


class Game(game.Game):
    """Critic and generator, their optimizers, and the two steps of the slides.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1], or of the config's size and channels.
        labels: uint8 (N,), the digits.
        optimizer: class of both optimizers, taking a learning rate.
        classes: the names of the digits, or of what else the labels number.
    """

    def __init__(self, config, images, labels, optimizer=RMSpropKeras2, classes=DIGITS):
        super().__init__(config)
        self.classes = classes
        self.images = keras.Variable(images, trainable=False, name="images")
        self.labels = keras.Variable(labels[:, None], "int32", trainable=False, name="labels")
        self.constants = (self.images, self.labels)
        self.iterations, self.discriminator_updates = config.iterations, config.critic_updates
        shape = len(classes), config.image_size, config.channels
        self.critic = create_critic(*shape)
        self.generator = create_generator(config.generator, *shape)
        if config.embedding is not None:
            start = RandomUniform(-config.embedding, config.embedding, seed=config.seed)
            of_digits = find_embedding(self.generator)
            of_digits.assign(start(of_digits.shape))
        if config.lipschitz == "spectral":
            self.critic = cures.spectrally_normalized(self.critic)
        losses = {"status": wasserstein, "class": sparse_categorical_crossentropy_2017}
        weights = {"status": 1.0, "class": config.class_weight}
        if config.joint:
            penalized = config.lipschitz == "gradient-penalty"
            penalty = (config.gradient_penalty or PENALTY) if penalized else 0.0
            self.learner = JointCritic(self.critic, penalty)
            self.class_weights = {"d_true": config.class_weight, "d_fake": config.class_weight}
            if config.fake_class_weight is not None:
                self.class_weights["d_fake"] = config.fake_class_weight
            both = {name: {**weights, "class": w} for name, w in self.class_weights.items()}
            rate = optimizer(config.learning_rate)
            self.learner.compile(rate, {"d_true": losses, "d_fake": losses}, both)
        else:
            self.learner = self.critic
            self.learner.compile(optimizer(config.learning_rate), losses, weights)
        self.learner.optimizer.build(self.critic.trainable_variables)

        self.critic.trainable = False
        fakes = self.generator.outputs[0]
        self.combined = keras.Model(self.generator.inputs, self.critic(fakes), name="combined")
        average = {"use_ema": True, "ema_momentum": config.averaging} if config.averaging else {}
        self.combined.compile(optimizer(config.learning_rate, **average), losses, weights)
        self.combined.optimizer.build(self.combined.trainable_variables)
        self.average = create_generator(config.generator, *shape) if config.averaging else None

        shares = ("shares",) if config.lipschitz == "gradient-penalty" else ()
        self.streams = streams(config.seed, ("images", "noise", "digits", "grid", *shares))
        noises = NOISES if len(classes) <= ROWS else 1
        self.mean = latent.MEAN[config.noise]
        noise = keras.random.normal((noises, LATENT), mean=self.mean, seed=self.streams["grid"])
        self.grid_noise = ops.convert_to_numpy(noise)

    def pick_real(self):
        """Real images (batch, 28, 28, 1) and their digits (batch, 1), without replacement."""
        order = keras.random.shuffle(ops.arange(self.images.shape[0]), seed=self.streams["images"])
        picked = order[: self.config.batch_size]
        return ops.take(self.images, picked, axis=0), ops.take(self.labels, picked, axis=0)

    def draw_inputs(self):
        """Noise (batch, 100), normal with deviation 1, and digits (batch, 1), uniform over all."""
        batch = self.config.batch_size
        noise = keras.random.normal((batch, LATENT), mean=self.mean, seed=self.streams["noise"])
        digits = keras.random.randint((batch, 1), 0, len(self.classes), seed=self.streams["digits"])
        return noise, digits

    def updates_before(self, iteration):
        """Critic updates before an iteration's generator update."""
        burst = self.config.bursts and (iteration % 1000 < 25 or iteration % 500 == 0)
        return BURST if burst else self.discriminator_updates

    def draw_discriminator(self):
        """What a critic update needs at random: real images, their digits, noise and digits, and
        with a gradient penalty the shares (batch,) of the reals in its points, uniform on [0, 1).
        """
        if self.config.lipschitz != "gradient-penalty":
            return *self.pick_real(), *self.draw_inputs()
        shares = keras.random.uniform((self.config.batch_size,), seed=self.streams["shares"])
        return *self.pick_real(), *self.draw_inputs(), shares

    def draw_generator(self):
        """What a generator update needs at random: noise and digits."""
        return self.draw_inputs()

    def update_discriminator(self, images, labels, noise, digits, shares=None):
        """The body of the slides' "for d_it in range(100)": clip, train on reals, then on fakes.

        Args:
            images: (batch, 28, 28, 1), real ones.
            labels: int32 (batch, 1), their digits.
            noise: (batch, 100).
            digits: int32 (batch, 1), those to ask of the generator.
            shares: (batch,), for the gradient penalty; None without one.

        Returns:
            A dict of this update's losses: d_true, d_fake and their two parts, scalars.
        """
        # Before the clip as well: a frozen critic has no trainable variables to clip.
        self.critic.trainable = True
        if self.config.lipschitz == "clip":
            clip_weights(self.critic, self.config.clip)
        if self.config.joint:
            return self.update_jointly(images, labels, noise, digits, shares)

        d_true = self.engine.train(self.critic, images, targets(REAL, labels))

        fakes = self.engine.predict(self.generator, [noise, digits])
        d_fake = self.engine.train(self.critic, fakes, targets(FAKE, digits))
        return {**loss_columns("d_true", d_true), **loss_columns("d_fake", d_fake)}

    def update_jointly(self, images, labels, noise, digits, shares=None):
        """The same in one update on reals and fakes, which a gradient penalty needs, for it lies
        between them. The penalty is in none of the losses. See update_discriminator()."""
        fakes = self.engine.predict(self.generator, [noise, digits])
        # Those of the slides' generator may be bfloat16.
        images, fakes = (ops.cast(x, keras.config.floatx()) for x in (images, fakes))
        y = {"d_true": targets(REAL, labels), "d_fake": targets(FAKE, digits)}
        drawn = [images, fakes] if shares is None else [images, fakes, shares]
        return joint_columns(self.engine.train(self.learner, drawn, y), self.class_weights)

    def update_generator(self, noise, digits):
        """Slides "We are done training D. Now train G.": fakes that the critic should call real.

        Args:
            noise, digits: see update_discriminator().

        Returns:
            A dict of this update's losses: dg and its two parts, scalars.
        """
        self.critic.trainable = False
        dg = self.engine.train(self.combined, [noise, digits], targets(REAL, digits))
        return loss_columns("dg", dg)

    def samples(self):
        """A row for each digit, a column for each of ten noises, the same ones all along; of more
        than ROWS classes one image each, of one noise."""
        noise = np.tile(self.grid_noise, (len(self.classes), 1))
        return self.result().predict_on_batch([noise, self.asked()[:, None]])

    def asked(self):
        """The digits of samples(), int32 (N,)."""
        return np.repeat(np.arange(len(self.classes), dtype="int32"), len(self.grid_noise))

    def result(self):
        """The generator as it is shown and saved: its weights, or their running mean."""
        if self.average is None or int(self.combined.optimizer.iterations) == 0:
            return self.generator
        self.combined.optimizer.finalize_variable_values(self.average.trainable_variables)
        # Arrays of its own: on JAX predict_on_batch gives those away that it computes with.
        self.average.set_weights(self.average.get_weights())
        return self.average

    def variables(self):
        return game.named_variables(
            critic=self.critic,  # with the state of its dropouts
            generator=self.generator,
            critic_optimizer=self.learner.optimizer,
            generator_optimizer=self.combined.optimizer,
            **self.streams,
        )


class SlideRecorder(Recorder):
    """Records the losses as the slides print them, and their parts."""

    columns = COLUMNS
    shown = ("d_true", "d_fake", "dg")
    panels = {
        ("Wasserstein loss", "the critic's answer"): tuple(f"{n}_wasserstein" for n in shown),
        ("Class loss", "nats"): tuple(f"{n}_class" for n in shown),
    }
    width = NOISES

    def row(self, iteration, losses, seconds):
        """The row of losses.csv. The slides' total is the sum of the critic's two losses."""
        losses = {**losses, "total": losses["d_true"] + losses["d_fake"]}
        values = {"iteration": iteration, **losses, "seconds": round(seconds, 3)}
        return {column: values[column] for column in self.columns}

    def line(self, row):
        """The row as the slides print it."""
        return log_line(*(row[column] for column in ("iteration", *self.shown)))

    def picture(self, kept, iteration):
        names = captions(self.game.classes, self.game.asked())
        return pictures.tile(kept["images"], self.width, names)


def captions(classes, asked):
    """What a picture says above images of asked classes, ints (N,): their names, or nothing where
    all names are the numbers themselves."""
    if tuple(classes) == tuple(map(str, range(len(classes)))):
        return ()
    return [classes[k] for k in asked]


def targets(status, digits):
    """What the critic should answer to a batch: status (batch, 1), REAL or FAKE, and its digits."""
    return {"status": ops.full(digits.shape, status, "float32"), "class": digits}


def loss_columns(name, losses):
    """Name the losses of one training step as losses.csv does: the total and its two parts."""
    return {
        name: losses["loss"],
        f"{name}_wasserstein": losses["status_loss"],
        f"{name}_class": losses["class_loss"],
    }


def joint_columns(losses, class_weights):
    """Name the losses of one training step of a JointCritic as losses.csv does.

    Args:
        losses: its losses by name.
        class_weights: weight of the class loss of "d_true" and of "d_fake".
    """
    columns = {}
    for name, weight in class_weights.items():
        status, classes = losses[f"{name}/status_loss"], losses[f"{name}/class_loss"]
        parts = {"loss": status + weight * classes, "status_loss": status, "class_loss": classes}
        columns |= loss_columns(name, parts)
    return columns


def find_embedding(generator):
    """The weights of a generator's embedding, a keras.Variable (classes, 100)."""
    layer = next(each for each in generator.layers if isinstance(each, keras.layers.Embedding))
    return layer.embeddings


def draw(generator, seed, count, noise="normal"):
    """Return images (count, 28, 28, 1) and the digits that were asked for, ints (count,): all of
    them in turn, or where they are more than images, some from first to last."""
    numbers, classes = latent.draw_noise(seed, count, LATENT, noise), count_classes(generator)
    digits = np.arange(count, dtype="int32") * max(1, classes // count) % classes
    return latent.generate(generator, numbers, digits[:, None]), digits


def count_classes(generator):
    """How many classes a generator can draw."""
    return next(x for x in generator.layers if isinstance(x, keras.layers.Embedding)).input_dim


EXAMPLE = ImageExample(
    "mnist_wgan", PRESETS, Game, create_generator, what="digits", dataset="mnist", black=BLACK,
    first=50_000, arrays=lambda images, labels: (datasets.scale(images), labels),
    usual={"script": {DRAWS_BLACK: USUAL}}, recorder_class=SlideRecorder, draw=draw,
    beside=printed.compare, classes=100,
    versions={"generator": "version", "classes": "classes", "image_size": "size",
              "channels": "channels"},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
