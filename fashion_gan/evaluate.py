"""Score the clothes of a trained generator, as in RUN or --pretrained."""

import sys

from common.commands import command, evaluation
from fashion_gan.lecture import BLACK, LATENT, create_generator

EXAMPLE = "fashion_gan"
draw = evaluation.drawing(LATENT, BLACK)


def evaluate(config):
    """Score what a config names; see common.commands.evaluation.evaluate."""
    return evaluation.evaluate(config, EXAMPLE, create_generator, draw, "fashion_mnist")


def main(argv=None):
    """The command line; returns its exit status."""
    return command.evaluate(EXAMPLE, evaluation.Evaluation, evaluate, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
