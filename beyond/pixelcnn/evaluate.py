"""Score a trained generator and compute the log-likelihood of the test images, as in RUN.

Samples are scored beside real digits in black and white, each pixel drawn once by its grey.
The likelihood is exact, of binarized test images: once each, by chance, or for a run with
--binarisation threshold those above 0.5.
"""

import sys

import numpy as np
from rich.table import Table

from beyond.pixelcnn.generator import network_of
from beyond.pixelcnn.lecture import nats
from beyond.pixelcnn.train import EXAMPLE
from common.commands import evaluate as commands
from common.commands import generators
from common.likelihood import binarized_test_images

PAPER = "-81.30"  # van den Oord et al., of other binarized digits: README.md
BATCH = 100


Config = commands.LikelihoodEvaluation


def log_likelihood(network, images):
    """log p(x) of each image in nats, float64 (N,), at most 0.

    Args:
        network: lecture.create_network()'s.
        images: x, float32 (N, 28, 28, 1), pixels 0 or 1.
    """
    found = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        found.append(-np.asarray(nats(batch, network.predict_on_batch(batch)), "float64"))
    return np.concatenate(found)


def evaluate(config):
    """Score a generator and compute the likelihood of the test images.

    Returns, raises: see common.commands.evaluate.evaluate_likelihood().
    """

    def measure(binarisation):
        images = binarized_test_images(binarisation, config.test_images)
        found = log_likelihood(network_of(generators.load(config, EXAMPLE)), images)
        return {
            "log_likelihood": float(np.mean(found)),
            "standard_error": float(np.std(found) / np.sqrt(len(found))),
        }

    return commands.evaluate_likelihood(EXAMPLE, config, measure, table)


def table(found):
    """A document's "likelihood" as a rich Table."""
    images, binarisation = found["test_images"], found["binarisation"]
    result = Table(title=f"log p(x) of {images:,} test images, binarisation {binarisation}")
    for head in ("", "nats", "van den Oord et al."):
        result.add_column(head)
    theirs = PAPER if binarisation == "dynamic" else ""
    result.add_row("log-likelihood", f"{found['log_likelihood']:.2f}", theirs)
    result.add_row("standard error", f"{found['standard_error']:.2f}", "")
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, evaluate)


if __name__ == "__main__":
    sys.exit(main())
