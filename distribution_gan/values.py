"""The numbers to learn, drawn from a distribution or read from the user's file, and their scale."""

import csv

import numpy as np
from scipy import stats

from common.data import arrays
from common.errors import UserError, one_line
from distribution_gan import tables

# What draws so many values with a numpy.random.Generator. The slide "A simple example" only says
# "a non-trivial probability distribution", so the first is a choice.
DISTRIBUTIONS = {
    "mixture": lambda random, count: np.where(
        random.random(count) < 0.4, random.normal(-2, 0.5, count), random.normal(1.5, 1, count)
    ),
    "apart": lambda random, count: random.choice([-4, 4], count) + random.normal(0, 0.5, count),
    "normal": lambda random, count: random.normal(0, 1, count),
    "uniform": lambda random, count: random.uniform(0, 1, count),
    "exponential": lambda random, count: random.exponential(1, count),
}
COUNT = 10_000  # drawn unless the config says otherwise
MOST = 10_000_000  # drawn or generated at most, lest a slip of the finger fill the memory
LEAST = 1e-100  # between the values: with less a plot's densities have no number
TEXT = (".csv", ".txt", ".tsv", ".dat")
SPAN = 0.8  # of the scaled values: tanh reaches the ends, -0.5 and 0.5, at infinity only


def load(config):
    """The values that a run trains on, float64 (N,); see learned()."""
    return learned(config)[0]


def learned(config):
    """Load the values that a run trains on.

    Args:
        config: has distribution, data, column, training_values, batch_size and seed; see
            train.Config.

    Returns:
        float64 (N,), in the data's own units; and lines that say what was read, () where it was
        drawn.

    Raises:
        UserError: see read(); or there is nothing to learn in them.
    """
    count, found = config.training_values, ()
    if config.data is None:
        # Two numbers, unlike the key of an epoch's order in common.data.batches, which has one.
        seed = np.random.SeedSequence(config.seed, spawn_key=(0, 0))
        draw = DISTRIBUTIONS[config.distribution]
        values = draw(np.random.default_rng(seed), count or COUNT)
    else:
        values, words = read(config.data, config.column)
        values = values[:count]
        told = f"{len(values):,} values from {values.min():g} to {values.max():g}"
        found = (f"{config.data}: {told}" + f" ({words})" * bool(words),)
    low, high = float(values.min()), float(values.max())
    # Closer together, rounding would show; farther apart, the generator's reach has no number.
    if not max(1e-9 * max(-low, high), LEAST) < high - low < 1e307:
        raise UserError(
            f"the {len(values)} values lie between {low:g} and {high:g}: there is no distribution "
            f"to learn; give values that differ, by more than {LEAST:g} and less than 1e307"
        )
    return values, found


def read(path, column=None):
    """Read the user's values. Nothing is unpickled.

    Args:
        path: a .npy or .npz with an array (N,) or (N, 1) of numbers, or a text file, see tables.
        column: of a text file, or the array's name in an .npz.

    Returns:
        float64 (N,), finite; and words on what was done. Values that are missing are left out.

    Raises:
        UserError: the file cannot be read or holds something else.
    """
    kind = path.suffix.lower()
    if kind not in (".npy", ".npz", *TEXT):
        raise UserError(
            f"{path} is neither an .npy, an .npz, a .csv nor a .txt file; save the values as one"
        )
    try:
        values, words = (tables.read if kind in TEXT else read_array)(path, column)
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from error
    missing = np.isnan(values)
    if missing.any():
        values, words = values[~missing], f"{missing.sum():,} missing left out"
    if values.size == 0:
        raise UserError(f"{path} holds no values; give at least as many as a batch has")
    wrong = np.flatnonzero(np.isinf(values))
    if wrong.size:
        raise UserError(
            f"{path}: value {wrong[0] + 1} of {len(values)} is {values[wrong[0]]}; "
            "leave out what is not finite"
        )
    return values, words


def read_array(path, column):
    """The values of an .npy or .npz file; see read()."""
    found = arrays.read(path)
    if column is None and len(found) > 1:
        raise UserError(f"{path} holds the arrays {', '.join(found)}; choose one with --column")
    if column is not None and column not in found:
        raise UserError(f"{path} has no array {column!r}; it has {', '.join(found) or 'no name'}")
    array = found[column] if column is not None else next(iter(found.values()), np.zeros(0))
    if array.dtype.kind not in "iuf":
        raise UserError(f"{path} holds {array.dtype}; save integers or floating-point numbers")
    if array.shape not in ((array.size,), (array.size, 1)):
        raise UserError(f"{path} has the shape {array.shape}; give one value an entry, (N,)")
    return array.reshape(-1).astype("float64"), ""


def scale(values, low, high):
    """Scale values linearly so that low becomes -0.4 and high 0.4, float32: what D looks at."""
    return (((np.asarray(values) - low) / (high - low) - 0.5) * SPAN).astype("float32")


def unscale(numbers, low, high):
    """Return the generator's numbers in the data's own units, float64; scale()'s inverse."""
    return (np.asarray(numbers, "float64") / SPAN + 0.5) * (high - low) + low


def distances(some, others):
    """How far two samples of values, (N,) and (M,), are from each other: a dict of floats.

    wasserstein_1 is in the values' own units; kolmogorov_smirnov is from 0 to 1.
    """
    return {
        "wasserstein_1": float(stats.wasserstein_distance(some, others)),
        "kolmogorov_smirnov": float(stats.ks_2samp(some, others, method="asymp").statistic),
    }
