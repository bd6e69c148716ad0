"""Draw batches raw beside histogram matched and equalised, as in RUN --out batches.png."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beyond.batch_equalisation.evaluate import METHODS
from beyond.batch_equalisation.histograms import Matching
from beyond.batch_equalisation.lecture import BLACK, REFERENCE
from beyond.batch_equalisation.scoring import test_batches
from beyond.batch_equalisation.train import EXAMPLE, equalise
from common.commands import generators
from common.commands import sample as commands
from common.settings import require

KINDS = (*METHODS, "reference")


@dataclass(frozen=True)
class Config(generators.Source):
    """What to draw."""

    out: Path | None = None
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1) in [-1, 1], in the
    order of the picture, and what each is, its batch and kind; None: digits.png."""

    count: int = 10
    """Recordings of each batch: of digits the same for all batches."""

    seed: int = 0
    """Seed of the choice among the test digits or your own images, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.count <= 1000, "count", self.count, "from 1 to 1000")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        known = self.out is None or self.out.suffix in (".png", ".npz")
        require(known, "out", self.out, "a file that ends in .png or .npz")


def draw(config):
    """Draw a batch a stripe, each raw, histogram matched and equalised, and what the reference
    recorded of the same digits, where that is known.

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
            drawn.append(reference[np.resize(chosen, config.count)])
        rows += drawn
        names += [f"{name}, {kind}" for kind, _ in zip(KINDS, drawn, strict=False)]
    images, names = np.concatenate(rows), np.repeat(names, config.count)
    commands.write(config.out, images, config.count, BLACK, names, what=names)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, draw)


if __name__ == "__main__":
    sys.exit(main())
