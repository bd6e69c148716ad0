"""How much of a batch is left in its images, and how much of the digit."""

import math
from typing import NamedTuple

import numpy as np

from beyond.batch_equalisation import experimenters
from beyond.batch_equalisation.lecture import REFERENCE
from beyond.batch_equalisation.train import with_reference_first
from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.scores import classifier
from common.scores.evaluation import classify

LEAST = 300  # updates: after 32 the classifier told only 36 % of raw batches


class Batches(NamedTuple):
    """What a generator is judged by, images float32 (N, 28, 28, 1) in [-1, 1]."""

    images: np.ndarray  # batch by batch; where they are paired each has the same digits in order
    numbers: np.ndarray  # ints (N,), of the batches
    places: np.ndarray  # ints (N,), where in its batch an image stands
    digits: np.ndarray | None  # ints (N,), what they show, where that is known
    names: tuple[str, ...]  # of the batches, the reference first
    paired: bool  # whether all batches are of the same digits
    learned: np.ndarray  # images that the generator learned from
    learned_numbers: np.ndarray  # ints, of their batches


def test_batches(source, example, count=None):
    """The test digits as all experimenters record them, or of a user's own batches all images.

    Args:
        source: generators.Source.
        count: of the test digits, the first so many; None: all.

    Raises:
        UserError: the user's images that a run learned are gone or changed.
    """
    if generators.classes(source, example):
        settings = generators.settings(source, example)
        data = commands.learned(source, example, settings)
        data = with_reference_first(data, settings["reference"])
        order = np.argsort(data.labels, kind="stable")
        images, numbers = datasets.scale(data.images[order]), data.labels[order].astype(int)
        places = np.concatenate([np.arange(n) for n in np.bincount(numbers)])
        return Batches(images, numbers, places, None, data.classes, False, images, numbers)
    data = datasets.load("mnist")
    recorded = [experimenters.record(data.x_test[:count], name) for name in experimenters.NAMES]
    numbers = np.repeat(np.arange(len(recorded)), len(recorded[0]))
    learned, learned_numbers = experimenters.record_each_once(data.x_train)
    places, digits = (
        np.tile(each, len(recorded)) for each in (np.arange(len(recorded[0])), data.y_test[:count])
    )
    return Batches(
        datasets.scale(np.concatenate(recorded)), numbers, places, digits, experimenters.NAMES,
        True, datasets.scale(learned), learned_numbers,
    )  # fmt: skip


def batch_accuracy(images, numbers, places, epochs, seed):
    """The share of images whose batch a fresh classifier tells, which learned it from others.

    It is common.scores.classifier's network, which reads digits, without anything that would
    make it overlook small differences: no noise, no brightness, no turning.

    Args:
        images: float32 (N, 28, 28, 1) in [-1, 1], see datasets.as_on_a_screen().
        numbers: ints (N,), their batches.
        places: ints (N,): from those of odd ones it learns, on even ones it is tested, so that no
            digit is on both sides.
        epochs: passes over what it learns from; more, where they are less than LEAST updates.
        seed: of every random number.
    """
    train, pixels = places % 2 == 1, datasets.pixels(images)
    per_epoch = math.ceil(train.sum() / classifier.BATCH)
    epochs = max(epochs, math.ceil(LEAST / per_epoch))
    learned, count = (pixels[train], numbers[train]), int(numbers.max()) + 1
    judge = classifier.fit("mnist", *learned, epochs, seed, count, verbose=0, augmented=False)
    return classifier.accuracy(judge, pixels[~train], numbers[~train])


def as_ink(images):
    """Images in [-1, 1] as black and white, whichever is nearer."""
    return np.where(images > 0, 1.0, -1.0).astype("float32")


def digit_accuracies(images, batches):
    """The share of digits that the classifier of MNIST reads, for each batch by its name."""
    answers = classify(classifier.load("mnist"), images)["classes"]
    return by_name(answers.argmax(axis=1) == batches.digits, batches)


def errors(images, batches):
    """How far images are from the reference's among them, which come first: the mean absolute
    difference of pixels from 0, black, to 1, white, for each batch by its name."""
    reference = images[batches.numbers == REFERENCE]
    far = np.abs(images - np.tile(reference, (len(batches.names), 1, 1, 1))) / 2
    return by_name(far.mean(axis=(1, 2, 3)), batches)


def by_name(values, batches):
    """Means of values (N,) over each batch, floats by its name."""
    return {
        name: float(np.mean(values[batches.numbers == number]))
        for number, name in enumerate(batches.names)
    }
