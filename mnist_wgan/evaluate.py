"""Score the digits of a trained generator, as in RUN or --pretrained."""

import sys

import numpy as np

from common.commands import command, evaluation, sampling
from mnist_wgan.lecture import CLASSES, LATENT, create_generator

EXAMPLE = "mnist_wgan"


def draw(generator, seed, count):
    """Return images (count, 28, 28, 1) and the digits that were asked for, ints (count,)."""
    noise = sampling.draw_noise(seed, count, LATENT)
    digits = np.arange(count, dtype="int32") % CLASSES
    return sampling.generate(generator, noise, digits[:, None]), digits


def evaluate(config):
    """Score what a config names; see common.commands.evaluation.evaluate."""
    return evaluation.evaluate(config, EXAMPLE, create_generator, draw, "mnist")


def main(argv=None):
    """The command line; returns its exit status."""
    return command.evaluate(EXAMPLE, evaluation.Evaluation, evaluate, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
