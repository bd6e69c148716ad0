"""Score the values of a trained generator, as in RUN or --pretrained."""

import sys
import time

import numpy as np

from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.errors import UserError
from common.figures import distributions, pictures
from common.settings import from_json
from distribution_gan import values
from distribution_gan.sample import read_range
from distribution_gan.train import EXAMPLE, draw

SPLITS = 20  # of the real values in two halves
SCORES = {  # see common.scores.evaluation.SCORES
    "wasserstein_1": ("Wasserstein-1 distance, in the data's units", "{:.4f}", "lower"),
    "kolmogorov_smirnov": ("Kolmogorov-Smirnov distance (0 to 1)", "{:.4f}", "lower"),
}


def evaluate(settings):
    """Score what an Evaluation names against the values that it learned.

    Beside it stand the distances of one half of those values from the other; see floor().

    Raises:
        UserError: there is no such generator, its values are gone or changed, or the file cannot be
            written.
    """
    began = time.monotonic()
    generator = generators.load(settings, EXAMPLE)
    commands.place(settings)  # before the work
    facts, reach = generators.facts(settings, EXAMPLE), read_range(settings)
    learned = from_json(EXAMPLE.settings, facts["settings"], str(settings))
    real = values.load(learned)
    if learned.data is not None and datasets.fingerprint(real) != facts.get("data_sha256"):
        raise UserError(f"{learned.data} is not what {settings} learned; put the old values there")
    drawn = [
        draw(generator, seed, settings.count, reach, learned.noise)
        for seed in range(settings.seeds)
    ]
    scores = [values.distances(some, real) for some in drawn]
    picture = distributions.density(
        drawn[0], values.unscale([-0.5, 0.5], *reach), str(settings), real
    )
    return commands.report(
        settings, EXAMPLE.name, SCORES, scores, floor(real), began, pictures.as_picture(picture)
    )


def floor(real):
    """The mean distances of one half of real values (N,) from the other, over random splits, since
    those of a single split vary by half of their size: a dict like SCORES."""
    random = np.random.default_rng(0)
    halves = [np.array_split(random.permutation(real), 2) for _ in range(SPLITS)]
    found = [values.distances(*pair) for pair in halves]
    return {name: float(np.mean([distances[name] for distances in found])) for name in SCORES}


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, commands.Evaluation, evaluate)


if __name__ == "__main__":
    sys.exit(main())
