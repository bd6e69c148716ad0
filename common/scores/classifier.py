"""Trains the classifier of MNIST or Fashion-MNIST that scores of generated images rest on.

    python -m common.scores.classifier mnist --out common/scores/weights/classifier_mnist.npz

It learns from the training images alone, and no setting here was chosen by the test images: for
choosing there is --images, which leaves them unseen. Two processes on two CPU cores gave the same
weights, bit for bit, from the same seed; another processor or a GPU rounds otherwise.
"""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import keras
import numpy as np
import tyro
from keras import layers

from common import status
from common.data import datasets
from common.engines import devices
from common.errors import UserError
from common.files import write_json, writing
from common.runs import folders, weights
from common.settings import command_line, require

Name = Literal["mnist", "fashion_mnist"]
NAMES = get_args(Name)
FOLDER = Path(__file__).parent / "weights"  # of the shipped files
FEATURES = 64
TRAINING = 60_000  # images in each training set
HELD_OUT = 10_000  # images that settings are chosen by
BATCH = 128
MOMENTUM = 0.95  # of BatchNorm: 0.99 would leave a run of a hundred updates at chance
LEARNING_RATE = 3e-3  # at the start; half a cosine takes it to 0


@dataclass(frozen=True)
class Config:
    """What to train on, and for how long."""

    dataset: Annotated[tyro.conf.Positional[Name], tyro.conf.arg(metavar="DATASET")]
    """mnist or fashion_mnist."""

    epochs: int = 14
    """Passes over the training images."""

    seed: int = 0
    """Seed of weights, order, augmentation and dropout, 0 to 4294967295."""

    images: int = TRAINING
    """Train on the first so many images. With fewer than all, the accuracy is measured on up to
    10,000 of the next ones, and the test images stay unseen."""

    out: Path | None = None
    """The .npz for the weights, with a .json about them beside it; None:
    runs/classifier_<dataset>.npz."""

    device: Literal["cpu", "gpu"] | None = None
    """Where to compute; None takes a GPU if there is one."""

    def __post_init__(self):
        require(self.epochs >= 1, "epochs", self.epochs, "at least 1")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require(1 <= self.images <= TRAINING, "images", self.images, f"from 1 to {TRAINING}")
        fits = self.out is None or self.out.suffix == ".npz"
        require(fits, "out", self.out, "an .npz file")


def create_classifier(count=datasets.CLASSES, size=datasets.SIZE, channels=1):
    """Return a classifier of small images, untrained.

    It computes in float32 whatever policy the networks around it have.

    Args:
        count: of the classes.
        size: height and width of the images.
        channels: 1 for grey images, 3 for colour.

    Returns:
        A keras Model from images (batch, size, size, channels) in [-1, 1] to a dict, all float32:
        "features" (batch, 64), real numbers of either sign, of variance about 1 over the training
        images; "classes" (batch, count), probabilities.

    Features are made for distances between sets of images. They are taken before their ReLU, after
    which a unit that never fires would be 0 for all images and see no difference; and BatchNorm
    gives all the same variance, so that none outweighs the others and a distance has the same unit
    for both data sets.
    """
    images = keras.Input((size, size, channels))

    def convolve(x, filters, padding, pool):
        x = layers.Conv2D(filters, 3, padding=padding, use_bias=False, dtype="float32")(x)
        if pool:
            x = layers.MaxPooling2D(dtype="float32")(x)
        x = layers.BatchNormalization(momentum=MOMENTUM, dtype="float32")(x)
        return layers.ReLU(dtype="float32")(x)

    x = convolve(images, 32, "same", pool=True)  # (14, 14, 32)
    x = convolve(x, 64, "same", pool=True)  # (7, 7, 64)
    x = convolve(x, 96, "same", pool=False)  # (7, 7, 96)
    x = convolve(x, 96, "valid", pool=False)  # (5, 5, 96)
    x = layers.Flatten(dtype="float32")(x)
    x = layers.Dropout(0.3, dtype="float32")(x)
    x = layers.Dense(FEATURES, use_bias=False, dtype="float32")(x)
    features = layers.BatchNormalization(momentum=MOMENTUM, scale=False, dtype="float32")(x)
    x = layers.ReLU(dtype="float32")(features)
    x = layers.Dropout(0.3, dtype="float32")(x)
    classes = layers.Dense(count, activation="softmax", dtype="float32")(x)
    return keras.Model(images, {"features": features, "classes": classes})


def create_augmentation(name):
    """Return layers that change training images (batch, 28, 28, 1) in [-1, 1] by chance.

    Where they lie, as for any classifier; and how bright and noisy they are, since a generator's
    black is hardly ever quite black. Without the last two layers a ground of -0.8 instead of -1
    took the share of held-out digits that were read rightly from 99.3 % to 22 %.
    """
    exact = {"dtype": "float32"}
    black = {"fill_mode": "constant", "fill_value": -1.0, **exact}
    brightness = layers.RandomBrightness(0.1, value_range=(-1, 1), **exact)  # up to 0.2
    if name == "mnist":
        return [
            layers.RandomRotation(0.03, **black),  # of a full turn
            layers.RandomTranslation(0.08, 0.08, **black),
            layers.RandomZoom(0.1, 0.1, **black),
            brightness,
            layers.GaussianNoise(0.1, **exact),
        ]
    return [
        layers.RandomFlip("horizontal", **exact),
        layers.RandomTranslation(0.05, 0.05, interpolation="nearest", **black),
        brightness,
        # Clothes are told apart by texture; other levels were not tried.
        layers.GaussianNoise(0.05, **exact),
    ]


def fit(name, images, labels, epochs, seed, count=datasets.CLASSES, verbose=2, augmented=True):
    """Return a classifier trained on images of a data set.

    Args:
        name: "mnist" or "fashion_mnist"; it decides how images are augmented.
        images: uint8 (N, height, width), in colour (N, height, width, 3).
        labels: (N,), 0 to count - 1.
        epochs: passes over them.
        seed: of every random number.
        count: of the classes.
        verbose: Keras's, 0 for silence.
        augmented: whether it sees them changed by chance, see create_augmentation().
    """
    keras.utils.set_random_seed(seed)
    scaled = datasets.scale(images)
    classifier = create_classifier(count, *scaled.shape[2:])
    x = inputs = keras.Input(scaled.shape[1:])
    for layer in create_augmentation(name) if augmented else ():
        x = layer(x)
    learner = keras.Model(inputs, classifier(x)["classes"])
    steps = epochs * math.ceil(len(images) / BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    learner.compile(
        keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    learner.fit(scaled, labels, batch_size=BATCH, epochs=epochs, verbose=verbose)
    return classifier


def accuracy(classifier, images, labels):
    """Return the share of uint8 images (N, 28, 28) whose likeliest class is their label."""
    answers = classifier.predict(datasets.scale(images), batch_size=500, verbose=0)["classes"]
    return float(np.mean(answers.argmax(axis=1) == labels))


def load(name):
    """Return the shipped classifier of "mnist" or "fashion_mnist"; see create_classifier().

    Raises:
        UserError: the name is unknown, or the file is missing, damaged or another model's.
    """
    if name not in NAMES:
        raise UserError(f"there is no classifier of {name!r}; choose from: {', '.join(NAMES)}")
    return weights.load(FOLDER / f"classifier_{name}.npz", create_classifier())


def train(config):
    """Train a classifier, write its weights and their card, and return the card, a dict.

    The accuracy is that of the written file.

    Raises:
        UserError: a file cannot be read or written.
    """
    out = config.out or Path("runs") / f"classifier_{config.dataset}.npz"
    with writing(out):  # before the work, not after it
        out.parent.mkdir(parents=True, exist_ok=True)
    session = folders.describe_session(devices.prepare(config.device, "float32"))
    images, labels, test_images, test_labels = datasets.load(config.dataset)
    judged = "test_accuracy"
    if config.images < len(images):
        judged = "held_out_accuracy"
        held_out = slice(config.images, config.images + HELD_OUT)
        test_images, test_labels = images[held_out], labels[held_out]
        images, labels = images[: config.images], labels[: config.images]
    start = time.monotonic()
    classifier = fit(config.dataset, images, labels, config.epochs, config.seed)
    seconds = time.monotonic() - start
    weights.save(out, classifier)
    written = weights.load(out, create_classifier())
    card = {
        "dataset": config.dataset,
        "training_images": len(images),
        "epochs": config.epochs,
        "seed": config.seed,
        judged: accuracy(written, test_images, test_labels),
        "seconds": round(seconds, 1),
        "parameters": classifier.count_params(),
        "bytes": out.stat().st_size,
        **session,
    }
    write_json(out.with_suffix(".json"), card)
    print(f"{judged.replace('_', ' ')} {card[judged]:.4f} after {seconds:.0f} s: {out}")
    return card


def main(argv=None):
    """The command line; returns its exit status."""
    prog = "python -m common.scores.classifier"
    return status.run(lambda: train(command_line(prog, Config, __doc__, argv)))


if __name__ == "__main__":
    sys.exit(main())
