"""Histogram matching, what batches are equalised with where there is no network: for each batch a
curve from its grey values to those of the reference."""

import numpy as np

from beyond.batch_equalisation.lecture import REFERENCE
from common.data import datasets


def curve(counts, wanted):
    """Where each grey value goes, uint8 (256,): to the one below which the reference has as large a
    share of its pixels.

    Args:
        counts: (256,), how many pixels of the batch have each grey value.
        wanted: (256,), the same of the reference.
    """
    share, of_reference = (np.cumsum(each) / np.sum(each) for each in (counts, wanted))
    return np.searchsorted(of_reference, share - 1e-12).clip(0, 255).astype("uint8")


class Matching:
    """Curves for batches, learned from all of their images together.

    Args:
        images: float32 (N, 28, 28, 1) in [-1, 1].
        numbers: ints (N,), of their batches; 0 is the reference.
    """

    def __init__(self, images, numbers):
        counts = [
            np.bincount(datasets.unscale(images[numbers == number]).ravel(), minlength=256)
            for number in range(numbers.max() + 1)
        ]
        self.curves = np.stack([curve(each, counts[REFERENCE]) for each in counts])

    def __call__(self, images, numbers):
        """Images (N, 28, 28, 1) of these batches, (N,), matched; the reference's stay."""
        images = datasets.unscale(images)
        return datasets.scale(self.curves[np.asarray(numbers)[:, None, None, None], images])
