"""Draw images of two domains, each in the other and back, as in RUN --out zebras.png."""

import sys
from dataclasses import dataclass

import numpy as np

from beyond.cycle_gan.lecture import BLACK
from beyond.cycle_gan.scoring import test_domains, there_and_back
from beyond.cycle_gan.train import EXAMPLE, ways
from common.commands import generators
from common.commands import sample as commands


@dataclass(frozen=True)
class Config(commands.Choice):
    """What to draw."""

    count: int = 10
    """Images of each domain, of digits others in both."""


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
