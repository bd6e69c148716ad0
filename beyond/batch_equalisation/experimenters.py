"""Four experimenters record the same digits, each in a way of their own: batches that are known."""

import numpy as np
from scipy import ndimage

SEED = 0  # of the noise


def reference(digits, random):
    """The digits as they are."""
    return digits


def bold(digits, random):
    """A broad pen, out of focus: each pixel as bright as the brightest of 2x2, then blurred."""
    thick = ndimage.grey_dilation(digits, size=(1, 2, 2))
    return ndimage.gaussian_filter(thick, (0, 0.6, 0.6))


def pale(digits, random):
    """Half the contrast on a grey ground, with noise."""
    return 0.3 + 0.5 * digits + random.normal(0, 0.05, digits.shape)


def slanted(digits, random):
    """A thin pen, held aslant: each row lies 0.3 pixels to the right of the one below."""
    thin = (digits + ndimage.grey_erosion(digits, size=(1, 1, 2))) / 2
    from_there = [[1, 0, 0], [0, 1, 0], [0, 0.3, 1]]  # from a recording's pixel to the digit's
    return ndimage.affine_transform(thin, from_there, (0, 0, -0.3 * 13.5), order=1)


WAYS = {way.__name__: way for way in (reference, bold, pale, slanted)}
NAMES = tuple(WAYS)  # the first is the one whom the others are to look like


def record(digits, name):
    """Record digits as an experimenter does.

    Args:
        digits: uint8 (N, 28, 28).
        name: one of NAMES.

    Returns:
        uint8 (N, 28, 28), the same for the same digits.
    """
    random = np.random.default_rng([SEED, NAMES.index(name)])
    seen = WAYS[name](digits.astype("float32") / 255, random)
    return np.rint(255 * np.clip(seen, 0, 1)).astype("uint8")


def record_each_once(digits):
    """Record each digit once, by an experimenter drawn at random, all as often.

    Not in turn: of MNIST's training digits every other one leans by 0.2 columns a row more, and two
    of four experimenters would have all of these.

    Returns:
        The recordings, uint8 (N, 28, 28), and their experimenters' numbers, uint8 (N,).
    """
    numbers = (np.arange(len(digits)) % len(NAMES)).astype("uint8")
    np.random.default_rng(SEED).shuffle(numbers)
    recordings = np.empty_like(digits)
    for number, name in enumerate(NAMES):
        recordings[numbers == number] = record(digits[numbers == number], name)
    return recordings, numbers
