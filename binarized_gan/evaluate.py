"""Score the digits of a trained generator, as in RUN or --pretrained.

They are scored as grey as the generator draws them, beside binarized real ones, as in training.
"""

import sys

import numpy as np

from binarized_gan.lecture import BLACK, LATENT, binarize, create_generator
from common.commands import command, evaluation

EXAMPLE = "binarized_gan"
draw = evaluation.drawing(LATENT, BLACK)


def change(images):
    """Binarize real images in [-1, 1], as training does: they are -1 or 1 then."""
    return 2 * np.asarray(binarize((images + 1) / 2)) - 1


def evaluate(config):
    """Score what a config names; see common.commands.evaluation.evaluate."""
    return evaluation.evaluate(config, EXAMPLE, create_generator, draw, "mnist", change)


def main(argv=None):
    """The command line; returns its exit status."""
    return command.evaluate(EXAMPLE, evaluation.Evaluation, evaluate, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
