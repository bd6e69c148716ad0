"""How GANs fail, by rules with numbers; docs/experiments/failures.md has what each rule gave on
runs that failed and on runs that did not."""

from dataclasses import fields, replace

import numpy as np

from common.errors import UserError
from common.settings import flag

BLACK = "all samples are black"
FLAT = "every sample is of one grey"
ALIKE = "the samples look alike (mode collapse)"
FEW = "the samples show few classes (mode collapse)"
SURE = "the discriminator is always right"
RUNAWAY = "the losses run away"
NAMES = (RUNAWAY, BLACK, FLAT, ALIKE, FEW, SURE)  # where several hold, the first one is told

LOOKS, ITERATIONS = 5, 200  # in a row, and from the first to the last, before a change is told
CONTRAST = 0.5  # grey levels of 255: an image's standard deviation, below which it is flat
DARK = 8.0  # grey levels: the mean of a flat image, below which it is black
VARIETY = 0.1  # see variety()
CLASSES = 3  # of the ten that evaluations look for
RIGHT = 0.999  # of the reals and of the fakes
NATS, CRITIC = 20.0, 1e6  # of a cross-entropy, of a critic's loss, which is bounded by nothing


def variety(images):
    """How unlike samples are, uint8 (N, 28, 28): the median of their distances to the sample next
    to each, as root mean squares, in units of the median standard deviation within a sample."""
    flat = images.reshape(len(images), -1).astype("float32")
    squares = np.sum(flat**2, axis=1)
    between = squares[:, np.newaxis] + squares - 2 * flat @ flat.T
    np.fill_diagonal(between, np.inf)
    nearest = np.sqrt(np.maximum(between.min(axis=1), 0) / flat.shape[1])
    return float(np.median(nearest) / max(np.median(flat.std(axis=1)), 1e-6))


def of_images(images):
    """The failure of samples, uint8 (N, 28, 28), by its name, or None."""
    flat = images.reshape(len(images), -1)
    if np.median(flat.std(axis=1)) < CONTRAST:
        return BLACK if np.median(flat.mean(axis=1)) < DARK else FLAT
    return ALIKE if len(images) > 1 and variety(images) < VARIETY else None


def of_values(values, reals):
    """The failure of generated numbers (N,) beside the real ones (M,), or None."""
    return ALIKE if np.std(values) < VARIETY * np.std(reals) else None


def of_losses(rows, shown):
    """The failures in the rows of losses.csv since the last look, a set.

    Args:
        rows: dicts from column name to number.
        shown: the columns that are losses.
    """
    if not rows:
        return set()
    found = set()
    answers = [c for c in ("d_accuracy_real", "d_accuracy_fake") if c in rows[0]]
    if answers and all(np.mean([row[column] for row in rows]) >= RIGHT for column in answers):
        found.add(SURE)
    sizes = [max(abs(row[column]) for column in shown) for row in rows]
    if np.median(sizes) > (NATS if answers else CRITIC):
        found.add(RUNAWAY)
    return found


def of_scores(rows):
    """The failure in the last two rows of metrics.csv, but for iteration 0, or None."""
    last = [row["modes"] for row in rows if row["iteration"] > 0 and "modes" in row][-2:]
    return FEW if len(last) == 2 and max(last) <= CLASSES else None


class Watch:
    """Tells of a failure when it has lasted, and once when it is over.

    Args:
        told: the failure that was told last and is not over, of a run that goes on; or None.
    """

    def __init__(self, told=None):
        self.told = told
        self.since = {}  # the first iteration of those that held at each look since; None: of none
        self.looks = {}

    def look(self, iteration, found):
        """Take a look at an iteration, at which a set of failures holds; returns the failure that
        is to be told and since which iteration, (None, iteration) if the one told is over, or None
        if there is nothing new."""
        now = {name for name in NAMES if name in found} or {None}
        self.since = {name: self.since.get(name, iteration) for name in now}
        self.looks = {name: self.looks.get(name, 0) + 1 for name in now}
        for name in (*NAMES, None):
            lasted = name in now and self.looks[name] >= LOOKS
            if lasted and iteration - self.since[name] >= ITERATIONS:
                if name == self.told:
                    return None
                self.told = name
                return name, self.since[name]
        return None


def line(name, since, before, config, usual):
    """What is told of a failure, or with the name None of the end of the one before.

    Args:
        name, since: as Watch.look() returns them.
        before: the failure told before.
        config: the run's settings, for the flags that help.
        usual: what the example says of a failure under this preset, by its name.
    """
    if name is None:
        return f"no longer since iteration {since:,}: {before}"
    cure = (
        usual.get(name)
        or f"a new run may do better with {' or '.join(helps(name, config) or ['another --seed'])}"
    )
    return f"{name} since iteration {since:,}; {cure}; see docs/runs.md#when-it-fails"


def read(folder):
    """The lines of a run's failures.txt, [] if there is none."""
    path = folder / "failures.txt"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return text.splitlines()


def last_told(folder):
    """The failure that a run's failures.txt ends with, or None."""
    told = "".join(read(folder)[-1:]).partition(": ")[2]
    return next((name for name in NAMES if told.startswith(name)), None)


def helps(name, config):
    """The flags that may help against a failure: those that the example has, that its settings
    allow and that are not set already."""
    slower = {"learning_rate": config.learning_rate / 2}
    smooth = [
        {"spectral_normalization": True},
        # With longer steps, as in distribution_gan, it did harm.
        *([{"gradient_penalty": 10.0}] if config.learning_rate < 0.1 else []),
        {"train_mode": True},
        {"lipschitz": "gradient-penalty"},
    ]
    learns = [{"generator_cost": "flipped"}]
    behind = [{"discriminator_learning_rate": config.learning_rate / 10}, {"label_smoothing": 0.1}]
    tried = {
        RUNAWAY: [slower, *smooth],
        BLACK: [*learns, *smooth, slower],
        FLAT: [*learns, *smooth, slower],
        ALIKE: [*smooth, slower, {"norm_penalty": 0.01}],
        FEW: [*smooth, slower, {"norm_penalty": 0.01}],
        SURE: [*learns, *smooth, *behind, slower],
    }[name]
    return [flags(change) for change in tried if allowed(change, config)][:2]


def allowed(change, config):
    """Whether settings can be changed so, and are not so already."""
    if not set(change) <= {field.name for field in fields(config)}:
        return False
    try:
        return replace(config, **change) != config
    except UserError:
        return False


def flags(change):
    """Settings as flags of the command line."""
    return " ".join(
        flag(name) if value is True else f"{flag(name)} {value}" for name, value in change.items()
    )
