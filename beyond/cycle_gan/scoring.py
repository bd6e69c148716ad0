"""What a translation keeps, what it changes, and what it should not."""

from typing import NamedTuple

import numpy as np

from beyond.cycle_gan import domains
from beyond.cycle_gan.train import apart, translate
from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.scores import classifier
from common.scores.evaluation import classify

LEARNED = 10_000  # images of each domain that a reader learns from
PHASES, SLANTS = 16, 5  # of the stripes among which the nearest are looked for


class Domains(NamedTuple):
    """What a generator is judged by, images float32 (N, 28, 28, 1) in [-1, 1]."""

    x: np.ndarray
    y: np.ndarray  # where they are paired the same digits, else as many others
    digits: np.ndarray | None  # ints (N,), what both show; None where there are no pairs
    names: tuple[str, str]
    pair: str  # one of domains.PAIRS, or "" of a user's own images
    learned: np.ndarray  # uint8, images of both that a reader learns from
    labels: np.ndarray  # ints, what it is to say of them: see reader()


def test_domains(source, example, count=None):
    """The first so many test digits in both domains, or a user's own images.

    Raises:
        UserError: the user's images that a run learned are gone or changed.
    """
    chosen = generators.settings(source, example)
    if names := generators.classes(source, example):
        parts = apart(commands.learned(source, example, chosen))
        labels = np.repeat([0, 1], [len(part) for part in parts])
        size = max(map(len, parts))
        x, y = (datasets.scale(np.resize(part, (size, *part.shape[1:]))) for part in parts)
        return Domains(x, y, None, names, "", np.concatenate(parts), labels)
    pair, data = chosen.get("pair", "stripes"), datasets.load("mnist")
    x, y = map(datasets.scale, domains.both(data.x_test[:count], pair))
    picked, half = slice(LEARNED), len(data.x_train) // 2
    learned = [part[picked] for part in domains.unpaired(data.x_train, pair)]
    digits = [part[picked].astype(int) for part in (data.y_train[:half], data.y_train[half:])]
    labels = np.concatenate([digits[0], datasets.CLASSES + digits[1]])
    return Domains(x, y, data.y_test[:count], domains.PAIRS[pair], pair,
                   np.concatenate(learned), labels)  # fmt: skip


def reader(test, epochs, seed):
    """A fresh classifier that tells of an image its domain, and of digits also which it is.

    It is common.scores.classifier's network, without what would make it overlook stripes, and
    learns from training images of both domains as they are, none of them translated. Its classes
    are the digits of x and behind them those of y, or of own images x and y.
    """
    count = int(test.labels.max()) + 1
    return classifier.fit(
        "mnist", test.learned, test.labels, epochs, seed, count, verbose=0, augmented=False
    )


def read(judge, images):
    """What a reader() says of images in [-1, 1]: of which domain each is, 0 or 1, and which digit
    it shows, ints (N,) each."""
    answers = classify(judge, images)["classes"]
    return np.divmod(answers.argmax(axis=1), answers.shape[1] // 2)


def there_and_back(generator, test):
    """x as y and y as x, and from those back to x and y: four arrays like them, as on a screen."""
    fake_y, fake_x = map(datasets.as_on_a_screen, translate(generator, test.x, test.y))
    again_y, again_x = map(datasets.as_on_a_screen, translate(generator, fake_x, fake_y))
    return fake_y, fake_x, again_x, again_y


def error(images, others):
    """The mean absolute difference of pixels from 0, black, to 1, white."""
    return float(np.abs(images - others).mean() / 2)


def error_there(test, images):
    """How far images are from what x is in domain y; among stripes, whose phase and slant nobody
    told the generator, from the nearest."""
    if test.pair != "stripes":
        return error(images, test.y)
    digits, least = datasets.pixels(test.x), np.full(len(images), np.inf)
    for slant in np.radians(np.linspace(*domains.SLANTS, SLANTS)):
        for phase in np.linspace(0, 2 * np.pi, PHASES, endpoint=False):
            ones = np.ones(len(digits))
            stripes = datasets.scale(domains.striped(digits, phase * ones, slant * ones))
            least = np.minimum(least, np.abs(images - stripes).mean(axis=(1, 2, 3)) / 2)
    return float(least.mean())


def ground(test, images):
    """How bright images are where both domains are black, from 0 to 1: the zebra's grass."""
    black = (test.x == -1) & (test.y == -1)
    return float((images[black] + 1).mean() / 2)


def ink(images, others):
    """How much brighter images are in all than they should be: 1 is as bright."""
    return float((images + 1).mean() / (others + 1).mean())


def scores(test, judge, fake_y, fake_x, again_x, again_y):
    """What is found of a translation, floats by name; see evaluate.SCORES. Without pairs only which
    domain is found and what is lost there and back.

    Args:
        test: Domains.
        judge: see reader().
        fake_y, fake_x, again_x, again_y: see there_and_back(), or what is put in their place.
    """
    kind_y, digit_y = read(judge, fake_y)
    found = {
        "found_there": float(np.mean(kind_y == 1)),
        "found_back": float(np.mean(read(judge, fake_x)[0] == 0)),
        "cycle_x": error(again_x, test.x),
        "cycle_y": error(again_y, test.y),
    }
    if not test.pair:
        return found
    known = classifier.load("mnist")  # of x, which are MNIST's digits as they are

    def digits(images):
        return float(np.mean(classify(known, images)["classes"].argmax(axis=1) == test.digits))

    return found | {
        "digits_there": float(np.mean(digit_y == test.digits)),
        "digits_back": digits(fake_x),
        "digits_cycle": digits(again_x),
        "error_there": error_there(test, fake_y),
        "error_back": error(fake_x, test.x),
        "ground_there": ground(test, fake_y),
        "ground_back": ground(test, fake_x),
        "ink_there": ink(fake_y, test.y),
        "ink_back": ink(fake_x, test.x),
    }
