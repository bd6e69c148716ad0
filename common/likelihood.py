"""What the examples share that say how probable an image is: images of 0 and 1, and their log p."""

import numpy as np
from keras import ops
from keras.config import floatx

from common.data import datasets

SEED = 0  # of what is binarized once


def binarize(images, chances):
    """Make each pixel 1 with its grey as the probability, else 0: of the same shape.

    Args:
        images: grey, in [0, 1].
        chances: of the same shape, uniform on [0, 1).
    """
    return ops.cast(chances < images, floatx())


def log_odds(images):
    """Biases that alone draw the mean of images (N, ...) in [0, 1], kept within [0.001, 0.999] as
    the code of Burda et al. does: a vector, one a pixel."""
    mean = np.clip(np.mean(images, axis=0), 0.001, 0.999).ravel()
    return np.log(mean / (1 - mean))


def log_likelihood(x, logits):
    """log p(x) of pixels, independent given the logits, in nats, (...,), at most 0.

    Args:
        x: (..., 784), 0 or 1.
        logits: of each pixel's probability p to be 1, (..., 784). With them no logarithm meets a
            rounded 0: x log p + (1 - x) log(1 - p) = x logit - log(1 + exp(logit)).
    """
    return ops.sum(x * logits - ops.softplus(logits), axis=-1)


def binarized(images, binarisation):
    """uint8 images (N, 28, 28) as float32 (N, 28, 28, 1), pixels 0 or 1, always the same.

    Args:
        binarisation: "dynamic", each pixel drawn once with its grey as the probability, or
            "threshold", above 0.5.
    """
    grey = datasets.scale(images, 0.0)
    chances = 0.5
    if binarisation == "dynamic":
        random = np.random.default_rng(SEED)  # the same on every backend
        chances = random.random(grey.shape, dtype="float32")
    return np.asarray(binarize(grey, chances))


def binarized_test_images(binarisation, count=None):
    """The first so many MNIST test images, see binarized()."""
    return binarized(datasets.load("mnist").x_test, binarisation)[:count]
