"""Draw batches raw beside histogram matched and equalised, as in RUN --out batches.png."""

import sys
from dataclasses import dataclass

import numpy as np

from beyond.batch_equalisation.evaluate import METHODS, best
from beyond.batch_equalisation.histograms import Matching
from beyond.batch_equalisation.lecture import BLACK, REFERENCE
from beyond.batch_equalisation.scoring import as_ink, test_batches
from beyond.batch_equalisation.train import EXAMPLE, equalise
from common.commands import generators
from common.commands import sample as commands

KINDS = (*METHODS, best(True), "reference")


@dataclass(frozen=True)
class Config(commands.Choice):
    """What to draw."""

    count: int = 10
    """Recordings of each batch: of digits the same for all batches."""


def draw(config):
    """Draw a batch a stripe, each raw, histogram matched and equalised, of digits as ink, too, and
    what the reference recorded of the same digits, where that is known.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    batches = test_batches(config, EXAMPLE)
    matching = Matching(batches.learned, batches.learned_numbers)
    rows, names = [], []
    for number, name in enumerate(batches.names):
        if number == REFERENCE:
            continue
        raw = batches.images[batches.numbers == number]
        # Of digits the n-th of each batch is the same one.
        chosen = np.random.default_rng(config.seed).permutation(len(raw))[: config.count]
        raw = raw[np.resize(chosen, config.count)]
        numbers = np.full(config.count, number)
        drawn = [raw, matching(raw, numbers), equalise(generator, raw, numbers)]
        reference = batches.images[batches.numbers == REFERENCE]
        if batches.paired:
            drawn += [as_ink(drawn[-1]), reference[np.resize(chosen, config.count)]]
        rows += drawn
        names += [f"{name}, {kind}" for kind, _ in zip(KINDS, drawn, strict=False)]
    images, names = np.concatenate(rows), np.repeat(names, config.count)
    commands.write(config.out, images, config.count, BLACK, names, what=names)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, draw)


if __name__ == "__main__":
    sys.exit(main())
