"""Draw images of two domains, each in the other and back, as in RUN --out zebras.png."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beyond.cycle_gan.lecture import BLACK
from beyond.cycle_gan.scoring import test_domains, there_and_back
from beyond.cycle_gan.train import EXAMPLE, ways
from common.commands import generators
from common.commands import sample as commands
from common.settings import require


@dataclass(frozen=True)
class Config(generators.Source):
    """What to draw."""

    out: Path | None = None
    """A .png for a picture, or an .npz for the arrays: images (N, 28, 28, 1) in [-1, 1], in the
    order of the picture, and what each is; None: digits.png."""

    count: int = 10
    """Images of each domain, of digits others in both."""

    seed: int = 0
    """Seed of the choice among the test digits or your own images, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.count <= 1000, "count", self.count, "from 1 to 1000")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        known = self.out is None or self.out.suffix in (".png", ".npz")
        require(known, "out", self.out, "a file that ends in .png or .npz")


def draw(config):
    """Draw images of x, the same as y and back, below them the true y, where that is known; then
    other images of y the other way round.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    test = test_domains(config, EXAMPLE)
    order = np.random.default_rng(config.seed).permutation(len(test.x))
    here, other = np.split(np.resize(order, 2 * config.count), 2)
    chosen = test._replace(x=test.x[here], y=test.y[other])
    fake_y, fake_x, again_x, again_y = there_and_back(generator, chosen)
    there, back = [chosen.x, fake_y, again_x], [chosen.y, fake_x, again_y]
    names = ways(test.names)
    if test.pair:
        there.append(test.y[here])
        back.append(test.x[other])
        x, y = test.names
        names = [*names[:3], f"truly {y}", *names[3:], f"truly {x}"]
    images, what = np.concatenate(there + back), np.repeat(names, config.count)
    commands.write(config.out, images, config.count, BLACK, what, what=what)


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, draw)


if __name__ == "__main__":
    sys.exit(main())
