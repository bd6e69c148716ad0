"""Two domains of digits, made by rule, so that what is the same image in the other is known."""

import numpy as np
from scipy import ndimage

SEED = 0  # of the stripes
PERIOD = 4.0  # pixels from stripe to stripe
DEPTH = 0.9  # the share of the light that a dark stripe takes
SLANTS = 30, 60  # degrees from level, falling to the right
PAIRS = {"stripes": ("plain", "striped"), "thickness": ("thin", "thick")}  # the names of x and y


def both(digits, pair):
    """The same digits in both domains: MNIST's as they are, and with stripes or a broad pen.

    Args:
        digits: uint8 (N, 28, 28).
        pair: one of PAIRS.

    Returns:
        x and y, uint8 (N, 28, 28). Phase and slant of the n-th stripes are always the same.
    """
    if pair == "thickness":
        return digits, ndimage.grey_dilation(digits, size=(1, 3, 3))
    chances = np.random.default_rng(SEED).uniform(size=(len(digits), 2))
    phases, shares = chances.T
    return digits, striped(
        digits, 2 * np.pi * phases, np.radians(np.interp(shares, (0, 1), SLANTS))
    )


def striped(digits, phases, slants):
    """Lay stripes over digits, dark where the ground is; the ground is black and stays so.

    Args:
        digits: uint8 (N, 28, 28).
        phases: of the stripes in the middle, (N,) in radians.
        slants: (N,), in radians, 0 for level stripes.
    """
    down, right = np.mgrid[:28, :28].astype("float32") - 13.5
    phases, slants = (np.asarray(each, "float32")[:, None, None] for each in (phases, slants))
    waves = np.sin(phases + 2 * np.pi / PERIOD * (down * np.cos(slants) - right * np.sin(slants)))
    return np.rint(digits * (1 - DEPTH * np.clip(0.5 + waves, 0, 1))).astype("uint8")


def unpaired(digits, pair):
    """x of the first half of digits and y of the others, so that no digit is in both domains."""
    half = len(digits) // 2
    return both(digits[:half], pair)[0], both(digits[half:], pair)[1]
