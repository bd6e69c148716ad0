"""The numbers to learn, drawn from a distribution or read from the user's file, and their scale."""

import re

import numpy as np
from scipy import stats

from common.errors import UserError, one_line
from common.settings import require

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
SPAN = 0.8  # of the scaled values: tanh reaches the ends, -0.5 and 0.5, at infinity only


def load(config):
    """Load the values that a run trains on.

    Args:
        config: has distribution, data, training_values, batch_size and seed; see train.Config.

    Returns:
        float64 (N,), in the data's own units.

    Raises:
        UserError: see read(); or there are fewer values than asked for or than a batch needs.
    """
    count = config.training_values
    if config.data is None:
        # Two numbers, unlike the key of an epoch's order in common.data.batches, which has one.
        seed = np.random.SeedSequence(config.seed, spawn_key=(0, 0))
        draw = DISTRIBUTIONS[config.distribution]
        values = draw(np.random.default_rng(seed), count or COUNT)
    else:
        values = read(config.data)
        require(
            count is None or count <= len(values),
            "training-values",
            count,
            f"at most {len(values)}, as many as {config.data} has",
        )
        values = values[:count]
    if config.batch_size > len(values):
        raise UserError(f"--batch-size {config.batch_size} exceeds the {len(values)} values")
    low, high = float(values.min()), float(values.max())
    # Closer together, rounding would show; farther apart, the generator's reach has no number.
    if not 1e-9 * max(-low, high) < high - low < 1e307:
        raise UserError(
            f"the {len(values)} values lie between {low:g} and {high:g}: there is no distribution "
            "to learn; give values that differ, but by less than 1e307"
        )
    return values


def read(path):
    """Read the user's values from a .npy or a .csv file. Nothing is unpickled.

    Args:
        path: a .npy with an array (N,) or (N, 1) of numbers, or a .csv with a number a line, below
            a header or not.

    Returns:
        float64 (N,), finite.

    Raises:
        UserError: the file cannot be read or holds something else.
    """
    if path.suffix not in (".npy", ".csv"):
        raise UserError(f"{path} is neither a .npy nor a .csv file; save the values as one of them")
    try:
        values = read_npy(path) if path.suffix == ".npy" else read_csv(path)
    except (OSError, ValueError, EOFError) as error:  # numpy's and open()'s
        raise UserError(f"{path} cannot be read: {one_line(error)}") from error
    if values.size == 0:
        raise UserError(f"{path} holds no values; give at least as many as a batch has")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise UserError(
            f"{path}: value {wrong[0] + 1} of {len(values)} is {values[wrong[0]]}; "
            "leave out what is not finite"
        )
    return values


def read_npy(path):
    """Return the values of a .npy file; see read()."""
    array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray):  # an .npz under another name
        raise UserError(f"{path} holds several arrays; save one with numpy.save")
    if array.dtype.kind not in "iuf":
        raise UserError(f"{path} holds {array.dtype}; save integers or floating-point numbers")
    if array.shape not in ((array.size,), (array.size, 1)):
        raise UserError(f"{path} has the shape {array.shape}; give one value an entry, (N,)")
    return array.reshape(-1).astype("float64")


def read_csv(path):
    """Return the values of a .csv file; see read()."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    values = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values.append(float(line.strip().strip('"')))
        except ValueError:
            if number == 1 and re.fullmatch(r'"?[^\W\d][^,;\t]*', line):
                continue  # the header: one column, beginning with a letter as no number does
            raise UserError(
                f"{path}, line {number}: {line[:40]!r} is not a number; give one value a line"
            ) from None
    return np.array(values, "float64")


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
