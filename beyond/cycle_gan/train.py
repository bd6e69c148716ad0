"""Train two generators that turn images of one domain into those of another, and back."""

import sys
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay

from beyond.cycle_gan import domains, lecture
from beyond.cycle_gan.lecture import BLACK, CYCLE, IDENTITY
from common.commands import train
from common.commands.example import ImageExample
from common.data import datasets
from common.data.batches import Batches
from common.errors import UserError
from common.figures import pictures
from common.game import Game as AnyGame
from common.game import named_variables
from common.runs.recorder import Recorder
from common.settings import SMOKE, EpochSettings, ImageSettings, require

OWN = "of_own_images"  # the name of a generator that does not know digits
COLUMNS = 10  # of a sample grid
STAGES = ("{0}", "as {1}", "and back")  # of an image's way there and back


@dataclass(frozen=True)
class Config(EpochSettings, ImageSettings):
    """Settings of a cycle_gan run; the slides have none, so the defaults are the paper's or
    chosen."""

    epochs: int = 20
    """Passes over the images of each domain; what is left of them over whole batches is dropped."""

    batch_size: int = 16
    """Images in a batch, of each domain."""

    learning_rate: float = 2e-4
    """Adam's learning rate, of both networks."""

    learning_rate_schedule: Literal["constant", "cosine"] = "constant"
    """constant, or cosine: both rates down to 0 in half a cosine over the run."""

    log_every: int = 625
    """Iterations between two logged rows and sample grids; an epoch has 1,875."""

    pair: Literal["stripes", "thickness"] = "stripes"
    """stripes: plain digits and striped ones; thickness: thin digits and thick ones. Your own
    images have two subfolders, a domain each."""

    cycle: float = CYCLE
    """Weight of what is lost there and back, lambda of equation 3, beside the judges' answers."""

    identity: float = IDENTITY
    """Weight of what changes in an image that is of the wanted domain already; 0 leaves that part
    out, and takes two thirds of the time."""

    def __post_init__(self):
        super().__post_init__()
        require(self.cycle >= 0, "cycle", self.cycle, "0 or more")
        require(self.identity >= 0, "identity", self.identity, "0 or more")
        mixed = self.data_dir is None or self.pair == "stripes"
        require(mixed, "pair", self.pair, "left out beside --data-dir")


SLIDES = Config()
PRESETS = {
    "slides": SLIDES,
    # README.md tells what each departure brings.
    "quick": replace(
        SLIDES, preset="quick", epochs=1, learning_rate=5e-4, learning_rate_schedule="cosine",
        identity=0.0, log_every=125,
    ),
    "smoke": replace(SLIDES, **SMOKE, training_images=100, batch_size=16),
}  # fmt: skip


class Game(AnyGame):
    """Both networks, each of a pair, their optimizers, and the two steps.

    Args:
        config: Config.
        x, y: float32 (N, 28, 28, 1) and (M, 28, 28, 1) in [-1, 1], images of the two domains.
        classes: the domains' names; None: those of the config's pair.
    """

    def __init__(self, config, x, y, classes=None):
        super().__init__(config)
        self.classes = tuple(classes or domains.PAIRS[config.pair])
        size, seed = config.batch_size, config.seed
        # Their numbers: both steps of an iteration have the same images, as in the lecture.
        self.batches = Batches(np.arange(len(x), dtype="int32"), size, len(x), seed)
        self.batches_y = Batches(np.arange(len(y), dtype="int32"), size, len(y), [seed, 1])
        self.x, self.y = (
            keras.Variable(each, trainable=False, name=name)
            for name, each in zip("xy", (x, y), strict=True)
        )
        self.constants = (
            self.x, self.y, self.batches.images, self.batches.order,
            self.batches_y.images, self.batches_y.order,
        )  # fmt: skip
        self.picked = keras.Variable(
            np.zeros((2, size), "int32"), trainable=False, dtype="int32", name="picked"
        )
        self.per_epoch = max(self.batches.per_epoch, self.batches_y.per_epoch)
        self.iterations = config.total(self.per_epoch)
        self.shown = [np.resize(each[:COLUMNS], (COLUMNS, *each.shape[1:])) for each in (x, y)]

        own = None if config.data_dir is None else 2
        self.generator = create_generator(config.pair, own)
        self.discriminator = lecture.create_discriminator()
        self.gan = lecture.create_gan(
            self.generator, self.discriminator, self.rate(), config.cycle, config.identity
        )
        self.discriminator.compile(lecture.adam(self.rate()), "mse")
        self.gan.optimizer.build(self.gan.trainable_variables)
        self.discriminator.trainable = True
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)

    def rate(self):
        """The learning rate, as the config has it over the run's iterations."""
        if self.config.learning_rate_schedule == "cosine":
            return CosineDecay(self.config.learning_rate, self.iterations)
        return self.config.learning_rate

    def left_in_epoch(self):
        both = (self.batches, self.batches_y)
        return min(each.per_epoch - int(each.position) % each.per_epoch for each in both)

    def prepare(self):
        self.batches.prepare()
        self.batches_y.prepare()

    def pick(self):
        """The images of this iteration, x and y, each (batch, 28, 28, 1)."""
        here = self.picked.value
        return ops.take(self.x.value, here[0], axis=0), ops.take(self.y.value, here[1], axis=0)

    def draw_discriminator(self):
        """The next images of both domains."""
        self.picked.assign(ops.stack([self.batches.next(), self.batches_y.next()]))
        return self.pick()

    def draw_generator(self):
        """Those that the discriminator saw."""
        return self.pick()

    def update_discriminator(self, x, y):
        """See lecture.train_discriminator(); a dict of a scalar: d_loss."""
        self.discriminator.trainable = True
        fake_y, fake_x = self.engine.predict(self.generator, [x, y])
        images, targets = lecture.judged(x, y, fake_x, fake_y)
        return {"d_loss": self.engine.train(self.discriminator, images, targets)["loss"]}

    def update_generator(self, x, y):
        """See lecture.train_generator(); a dict of scalars: loss, and before their weights its
        parts, each a sum over both domains: g_loss, cycle and, unless it is left out, identity."""
        self.discriminator.trainable = False
        g = self.engine.train(self.gan, [x, y], lecture.wanted(self.gan, x, y))
        parts = {"g_loss": "answer", "cycle": "again", "identity": "same"}
        found = {
            name: g[f"{part}_x_loss"] + g[f"{part}_y_loss"]
            for name, part in parts.items() if f"{part}_x_loss" in g
        }  # fmt: skip
        return {"loss": g["loss"], **found}

    def samples(self):
        """Ten training images of x, the same as y and back as x; the same the other way round:
        (60, 28, 28, 1)."""
        x, y = self.shown
        fake_y, fake_x = translate(self.generator, x, y)
        again_y, again_x = translate(self.generator, fake_x, fake_y)
        return np.concatenate([x, fake_y, again_x, y, fake_x, again_y])

    def variables(self):
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            discriminator_optimizer=self.discriminator.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            batches_y=self.batches_y,
        ) | {"picked": self.picked}


def translate(generator, x, y, batch=250):
    """What a generator makes of images: x as y and y as x.

    Args:
        generator: lecture.create_generator()'s.
        x, y: float32 (N, 28, 28, 1) in [-1, 1], as many of both domains.

    Returns:
        Two arrays of the same shape.
    """
    parts = [
        [np.asarray(each, "float32") for each in generator.predict_on_batch(
            [x[k : k + batch], y[k : k + batch]])]
        for k in range(0, len(x), batch)
    ]  # fmt: skip
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))


class CycleRecorder(Recorder):
    """Records the losses, and what is lost there and back."""

    columns = ("iteration", "epoch", "d_loss", "g_loss", "cycle", "seconds")
    shown = ("d_loss", "g_loss", "cycle")
    panels = {
        ("Losses of both domains", "mean square"): ("d_loss", "g_loss"),
        ("There and back, both domains", "mean absolute error"): ("cycle",),
    }
    width = COLUMNS

    def line(self, row):
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] [D loss: {row['d_loss']:.4f}] "
            f"[G loss: {row['g_loss']:.4f}] [cycle: {row['cycle']:.4f}]"
        )

    def picture(self, kept, iteration):
        return pictures.tile(
            kept["images"], self.width, np.repeat(ways(self.game.classes), COLUMNS)
        )


def ways(classes):
    """What the six rows of samples() are, given the names of both domains."""
    there, back = classes, classes[::-1]
    return [stage.format(*way) for way in (there, back) for stage in STAGES]


def create_generator(pair="stripes", classes=None):
    """The generator; see lecture.create_generator(). Its name is that of the pair, or OWN where it
    learns a user's own domains, so many classes."""
    return lecture.create_generator(pair if classes is None else OWN)


def draw(generator, seed, count, noise="normal"):
    """Return test digits of domain y made such of domain x, (count, 28, 28, 1), and None.

    Raises:
        UserError: the generator learned a user's own images.
    """
    if generator.name == OWN:
        raise UserError("samples are test digits, and the generator learned your own images")
    digits = datasets.load("mnist").x_test
    chosen = digits[np.random.default_rng(seed).integers(len(digits), size=count)]
    y = datasets.scale(domains.both(chosen, generator.name)[1])
    return translate(generator, y, y)[1], None


class DomainsExample(ImageExample):
    """An example that learns two domains: digits in two ways, or a user's own images, a subfolder
    each."""

    def load(self, config):
        training = super().load(config)
        data, changed = training.data, training.settings
        if config.data_dir is None:
            arrays = domains.unpaired(data.images, config.pair)
            named, facts = {}, training.facts
        else:
            arrays, named = apart(data), {"classes": data.classes}
            facts = training.facts | named
            if config.evaluate_every is not None:
                raise UserError("--evaluate-every scores test digits; leave it out with own images")
        least = min(map(len, arrays))
        return training._replace(
            arrays=tuple(map(datasets.scale, arrays)), named=named, facts=facts,
            settings=changed | self.yielding(config, least, "images of a domain"),
        )  # fmt: skip


def apart(data):
    """The images of a user's two domains, uint8 (N, 28, 28) and (M, 28, 28).

    Args:
        data: common.data.datasets.Loaded.

    Raises:
        UserError: there are not two.
    """
    parts = [data.images[data.labels == number] for number in range(len(data.classes))]
    if len(parts) != 2 or not all(map(len, parts)):
        found = data.lack or f"there are {sum(map(bool, map(len, parts)))} domains"
        raise UserError(f"{found}; give a folder with two subfolders, a domain each")
    return tuple(parts)


EXAMPLE = DomainsExample(
    "beyond.cycle_gan", PRESETS, Game, create_generator, what="digits", dataset="mnist",
    black=BLACK, recorder_class=CycleRecorder, draw=draw,
    versions={"pair": "pair", "classes": "classes"},
)  # fmt: skip


def main(argv=None):
    """The command line; returns its exit status."""
    return train.command(EXAMPLE, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
