"""Train a generator that makes several experimenters' digits look like one's."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay

from beyond.batch_equalisation import experimenters, lecture
from beyond.batch_equalisation.lecture import BLACK, KEEP, REFERENCE
from common.commands import train
from common.commands.example import ImageExample
from common.data import datasets
from common.data.batches import Batches
from common.errors import UserError
from common.figures import pictures
from common.game import Game as AnyGame
from common.game import named_variables
from common.randomness import streams
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require

OWN = "of_own_batches"  # a generator's name that tells that it does not know the experimenters
COLUMNS = 10  # of a sample grid: recordings of an experimenter, and below them equalised


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a batch_equalisation run; the slides have none, so the defaults are chosen."""

    preset: Literal["slides", "quick", "long", "smoke"] = "slides"  # type: ignore[assignment]
    """slides: chosen, the slides have no numbers; quick: batches alike soon on two CPU cores; long:
    twice as many epochs; smoke: ends in seconds, for tests. A flag beside it wins."""

    epochs: int = 20
    """Passes over the recordings; what is left of them over whole batches is dropped."""

    batch_size: int = 64
    """Recordings in a batch, of all experimenters, the reference among them."""

    learning_rate: float = 2e-4
    """Adam's learning rate, of generator and decoder."""

    discriminator_learning_rate: float = 4e-4
    """Adam's learning rate, of the discriminator."""

    learning_rate_schedule: Literal["constant", "cosine"] = "constant"
    """constant, or cosine: both rates down to 0 in half a cosine over the run."""

    log_every: int = 937
    """Iterations between two logged rows and sample grids; an epoch has 937."""

    keep: float = KEEP
    """Weight of the reconstruction beside the discriminator's answer."""

    reference: str | None = None
    """Of your own images, the subfolder whose batch the others are to look like; None: the first
    by name."""

    def __post_init__(self):
        super().__post_init__()
        rate = self.discriminator_learning_rate
        require(rate > 0, "discriminator-learning-rate", rate, "above 0")
        require(self.keep >= 0, "keep", self.keep, "0 or more")
        own = self.data_dir is not None or self.reference is None
        require(own, "reference", self.reference, "left out without --data-dir")


SLIDES = Config()
QUICK = replace(
    SLIDES, preset="quick", epochs=4, learning_rate=5e-4, discriminator_learning_rate=1e-3,
    learning_rate_schedule="cosine", log_every=234, dtype=None,
)  # fmt: skip
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": QUICK,
    "long": replace(QUICK, preset="long", epochs=8, log_every=468),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=32),
}


class Game(AnyGame):
    """The three networks, their optimizers, and the two steps.

    Args:
        config: Config.
        images: float32 (N, 28, 28, 1) in [-1, 1], each as one experimenter recorded it.
        numbers: (N,), the experimenters' numbers; 0 is the reference.
        classes: the experimenters' names.
    """

    def __init__(self, config, images, numbers, classes=experimenters.NAMES):
        super().__init__(config)
        self.classes = tuple(classes)
        numbers = np.asarray(numbers, "int32")[:, None]
        self.images = keras.Variable(images, trainable=False, name="images")
        self.numbers = keras.Variable(numbers, trainable=False, dtype="int32", name="numbers")
        # Their numbers: both steps of an iteration have the same recordings, as in the lecture.
        self.batches = Batches(np.arange(len(images), dtype="int32"), config.batch_size,
                               len(images), config.seed)  # fmt: skip
        self.constants = self.images, self.numbers, self.batches.images, self.batches.order
        self.per_epoch = self.batches.per_epoch
        self.iterations = config.total(self.per_epoch)
        self.picked = keras.Variable(  # of them
            np.zeros(config.batch_size, "int32"), trainable=False, dtype="int32", name="picked"
        )
        self.streams = streams(config.seed, ("others",))
        shown = [np.flatnonzero(numbers == n)[:COLUMNS] for n in range(len(self.classes))]
        self.shown = np.concatenate([np.resize(of_one, COLUMNS) for of_one in shown])

        count = len(self.classes)
        self.generator = lecture.create_generator(count)
        self.decoder = lecture.create_decoder(count)
        self.discriminator = lecture.create_discriminator(count)
        self.gan = lecture.create_gan(
            self.generator, self.decoder, self.discriminator,
            g_rate=self.rate(config.learning_rate), keep=config.keep,
        )  # fmt: skip
        self.discriminator.compile(
            lecture.adam(self.rate(config.discriminator_learning_rate)), lecture.cross_entropy(),
            metrics=["sparse_categorical_accuracy"],
        )  # fmt: skip
        self.gan.optimizer.build(self.gan.trainable_variables)
        self.discriminator.trainable = True
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

    def rate(self, first):
        """A learning rate from `first` on, as the config has it over the run's iterations."""
        if self.config.learning_rate_schedule == "cosine":
            return CosineDecay(first, self.iterations)
        return first

    def left_in_epoch(self):
        return self.per_epoch - int(self.batches.position) % self.per_epoch

    def prepare(self):
        self.batches.prepare()

    def pick(self):
        """The recordings of this iteration, (batch, 28, 28, 1), and their numbers, (batch, 1)."""
        parts = (self.images, self.numbers)
        return tuple(ops.take(part.value, self.picked.value, axis=0) for part in parts)

    def draw_discriminator(self):
        """The next recordings and their experimenters' numbers."""
        self.picked.assign(self.batches.next())
        return self.pick()

    def draw_generator(self):
        """Those that the discriminator saw, and numbers (batch, 1) of others than the reference."""
        shape, count = (self.config.batch_size, 1), len(self.classes)
        return *self.pick(), keras.random.randint(shape, 1, count, seed=self.streams["others"])

    def update_discriminator(self, images, numbers):
        """See lecture.train_discriminator(); a dict of scalars: d_loss, in nats, and d_accuracy,
        the share whose experimenter it tells."""
        self.discriminator.trainable = True
        equalised = self.engine.predict(self.generator, [images, numbers])
        d = self.engine.train(self.discriminator, equalised, numbers)
        return {"d_loss": d["loss"], "d_accuracy": d["sparse_categorical_accuracy"]}

    def update_generator(self, images, numbers, others):
        """See lecture.train_generator(); a dict of scalars: loss; g_loss, in nats, and
        reconstruction, its parts before their weights."""
        self.discriminator.trainable = False
        targets = {"answers": ops.full_like(numbers, REFERENCE), "again": images}
        g = self.engine.train(self.gan, [images, numbers, others], targets)
        return {
            "loss": g["loss"], "g_loss": g["answers_loss"], "reconstruction": g["again_loss"],
        }  # fmt: skip

    def samples(self):
        """For each experimenter but the reference ten recordings and then the same equalised, from
        the training images; before them ten of the reference's: (N, 28, 28, 1)."""
        images, numbers = np.asarray(self.images)[self.shown], np.asarray(self.numbers)[self.shown]
        equalised = equalise(self.generator, images, numbers[:, 0])
        pairs = zip(
            *(np.split(each, len(self.classes)) for each in (images, equalised)), strict=True
        )
        return np.concatenate([row for pair in pairs for row in pair][1:])

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            decoder=self.decoder,
            discriminator_optimizer=self.discriminator.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            **self.streams,
        ) | {"picked": self.picked}


def equalise(generator, images, numbers, batch=500):
    """What a generator makes of recordings.

    Args:
        generator: lecture.create_generator()'s.
        images: float32 (N, 28, 28, 1) in [-1, 1].
        numbers: ints (N,), the experimenters' numbers.

    Returns:
        float32 (N, 28, 28, 1) in [-1, 1].
    """
    numbers = np.asarray(numbers, "int32")[:, None]
    found = [
        np.asarray(generator.predict_on_batch([images[k : k + batch], numbers[k : k + batch]]))
        for k in range(0, len(images), batch)
    ]
    return np.concatenate(found).astype("float32")


class BatchRecorder(Recorder):
    """Records the losses, and how many batches the discriminator still tells."""

    columns = (
        "iteration", "epoch", "d_loss", "g_loss", "reconstruction", "d_accuracy", "seconds",
    )  # fmt: skip
    shown = ("d_accuracy", "g_loss", "reconstruction")
    panels = {
        ("Loss", "nats"): ("d_loss", "g_loss"),
        ("Reconstruction", "mean absolute error, images in [-1, 1]"): ("reconstruction",),
        ("Discriminator's accuracy", "share of the batch"): ("d_accuracy",),
    }
    width = COLUMNS

    def line(self, row):
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] [D loss: {row['d_loss']:.4f}] "
            f"[G loss: {row['g_loss']:.4f}] [reconstruction: {row['reconstruction']:.4f}] "
            f"[D accuracy: {row['d_accuracy']:.0%}]"
        )

    def picture(self, kept, iteration):
        first, *rest = self.game.classes
        names = [first, *(name for other in rest for name in (other, f"{other}, equalised"))]
        return pictures.tile(kept["images"], self.width, np.repeat(names, COLUMNS))


def create_generator(classes=None):
    """The generator; see lecture.create_generator().

    Args:
        classes: how many batches of a user's own images; None: those of the four experimenters.
    """
    if classes is None:
        return lecture.create_generator()
    return lecture.create_generator(classes, name=OWN)


def draw(generator, seed, count, noise="normal"):
    """Return equalised test digits (count, 28, 28, 1), each of another experimenter than the
    reference, and None.

    Raises:
        UserError: the generator learned a user's own batches.
    """
    if generator.name == OWN:
        raise UserError("samples are test digits, and the generator learned your own batches")
    names, digits = experimenters.NAMES, datasets.load("mnist").x_test
    chosen = digits[np.random.default_rng(seed).integers(len(digits), size=count)]
    numbers = 1 + np.arange(count) % (len(names) - 1)
    recordings = np.empty_like(chosen)
    for number, name in enumerate(names[1:], 1):
        recordings[numbers == number] = experimenters.record(chosen[numbers == number], name)
    return equalise(generator, datasets.scale(recordings), numbers), None


class BatchExample(ImageExample):
    """An example that learns batches: digits as experimenters record them, or a user's own images,
    each subfolder a batch."""

    def load(self, config):
        training = super().load(config)
        data = training.data
        if config.data_dir is None:
            recordings, numbers = experimenters.record_each_once(data.images)
            return training._replace(arrays=(datasets.scale(recordings), numbers))
        if config.evaluate_every is not None:
            raise UserError("--evaluate-every scores test digits; leave it out with own batches")
        data = with_reference_first(data, config.reference)
        named = {"classes": data.classes}
        return training._replace(
            arrays=(datasets.scale(data.images), data.labels),
            named=named, facts=training.facts | named,
        )  # fmt: skip


def with_reference_first(data, reference=None):
    """Number a user's batches anew, the reference first.

    Args:
        data: common.data.datasets.Loaded.
        reference: name of a batch, or None for the first.

    Raises:
        UserError: there are no two batches, or none of that name.
    """
    names = data.classes
    if len(names) < 2:
        found = data.lack or "the images are of one batch"
        raise UserError(f"{found}; give a folder with two subfolders or more, a batch each")
    reference = names[0] if reference is None else reference
    if reference not in names:
        raise UserError(f"--reference {reference} is none of the batches: {', '.join(names)}")
    order = [reference, *(name for name in names if name != reference)]
    numbers = np.array([order.index(name) for name in names], "uint8")[data.labels]
    return data._replace(labels=numbers, classes=tuple(order))


EXAMPLE = BatchExample(
    "beyond.batch_equalisation", PRESETS, Game, create_generator, what="digits", dataset="mnist",
    black=BLACK, recorder_class=BatchRecorder, draw=draw, versions={"classes": "classes"},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
