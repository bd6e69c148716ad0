"""Draw values with a trained generator, as in RUN --count 10000 --out values.csv."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.commands import generators
from common.commands import sample as commands
from common.errors import UserError
from common.figures import distributions, pictures
from common.files import whole
from common.settings import require
from distribution_gan.train import EXAMPLE, draw
from distribution_gan.values import MOST, unscale


@dataclass(frozen=True)
class Config(generators.Source):
    """What to draw."""

    out: Path = Path("values.csv")
    """A .csv with one value a line below the header "value", a .npy for an array (N,), float64, or
    a .png for their density. All in the units of the data that the run learned."""

    count: int = 10_000
    """How many values."""

    seed: int = 0
    """Seed of the noise, 0 to 4294967295."""

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.count <= MOST, "count", self.count, f"from 1 to {MOST}")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        known = self.out.suffix in (".csv", ".npy", ".png")
        require(known, "out", self.out, "a .csv, a .npy or a .png file")


def sample(config):
    """Draw what a config asks for and write its file.

    Raises:
        UserError: there is no such generator, or the file cannot be written.
    """
    generator = generators.load(config, EXAMPLE)
    low, high = read_range(config)
    kind = generators.settings(config, EXAMPLE).get("noise")
    values = draw(generator, config.seed, config.count, (low, high), kind)
    if config.out.suffix == ".png":
        title = f"{len(values):,} values of {config}"
        reach = unscale([-0.5, 0.5], low, high)
        pictures.write_png(
            config.out, pictures.as_picture(distributions.density(values, reach, title))
        )
    else:
        with whole(config.out) as file:
            if config.out.suffix == ".npy":
                np.save(file, values)
            else:
                file.write("\n".join(["value", *map(repr, values.tolist()), ""]).encode())
    print(f"{len(values)} values: {config.out}")


def read_range(source):
    """Return the lowest and the highest value that a generator learned from, as its run says."""
    match generators.facts(source, EXAMPLE).get("data_range"):
        case [float(low), float(high)] if low < high and math.isfinite(high - low):
            return low, high
    raise UserError(f"{source} is damaged: its config.json has no data_range; take another run")


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, sample)


if __name__ == "__main__":
    sys.exit(main())
