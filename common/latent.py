"""The space of the noise: drawing from it, moving through it, and what changes on the way."""

import keras
import numpy as np

from common.randomness import streams

MEAN = {"normal": 0.0, "shifted": 0.6}  # of these kinds of normal noise
BATCH = 100  # samples drawn at a time: the layers' outputs take a hundred times their memory


def draw_noise(seed, count, latent, kind="normal"):
    """Return noise, float32 (count, latent): standard "normal"; "shifted", normal with the mean
    0.6; or "uniform" on (0, 1)."""
    stream = streams(seed, ("noise",))["noise"]
    if kind == "uniform":
        return np.asarray(keras.random.uniform((count, latent), seed=stream))
    return np.asarray(keras.random.normal((count, latent), MEAN[kind], seed=stream))


def generate(generator, *inputs):
    """Return what a generator makes of its inputs, arrays (N, ...) each: float32 (N, ...)."""
    parts = []
    for i in range(0, len(inputs[0]), BATCH):
        batch = [array[i : i + BATCH] for array in inputs]
        parts.append(generator.predict_on_batch(batch if len(batch) > 1 else batch[0]))
    return np.concatenate(parts).astype("float32")


def walk(start, end, steps, kind="normal"):
    """Go from one noise to another, (latent,), in equal steps: along a great circle around normal
    noise's mean, or straight through the cube that uniform noise fills. Returns (steps, latent)."""
    if kind == "uniform":
        return np.linspace(start, end, steps)
    mean = np.float32(MEAN[kind])
    return great_circle(start - mean, end - mean, steps) + mean


def great_circle(start, end, steps):
    """Interpolate between two noises along a great circle (White 2016, arXiv:1609.04468).

    Normal noise in many dimensions lies near a sphere. A straight line between two of its points
    passes far inside, where the generator has never been; an arc does not.

    Args:
        start, end: (latent,), not 0 and not opposite to each other.
        steps: at least 2; the first is start, the last is end.

    Returns:
        (steps, latent), with the type of start.
    """
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    t = np.linspace(0, 1, steps)[:, None]
    if np.sin(angle) < 1e-6:  # the same direction: the arc is a line
        path = (1 - t) * start + t * end
    else:
        path = (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)
    return path.astype(start.dtype)


def find_direction(noise, measure):
    """Find the direction of the noise along which a measured attribute of the images grows.

    Least squares with an intercept: the attribute is taken for a linear function of the noise.

    Args:
        noise: (N, latent), at least latent + 2 of them.
        measure: (N,), the attribute of each noise's image, such as its stroke_weight().

    Returns:
        direction: (latent,), of length 1, with the type of noise.
        explained: share of the attribute's variance that this explains, at most 1. It is R^2
            adjusted for the latent numbers that were fitted, lest R^2 of unrelated noise be about
            latent / N; there it is about 0, of either sign.

    Raises:
        ValueError: there is too little noise, or the attribute is the same everywhere.
    """
    count, latent = noise.shape
    if count < latent + 2:
        raise ValueError(f"{count} noises of length {latent}; at least {latent + 2} are needed")
    if np.ptp(measure) == 0:
        raise ValueError("the measure is the same everywhere; nothing makes it grow")
    measure = np.asarray(measure, "float64") - np.mean(measure, dtype="float64")
    centred = noise.astype("float64") - noise.mean(axis=0, dtype="float64")  # the intercept
    slopes, *_ = np.linalg.lstsq(centred, measure)
    rest = measure - centred @ slopes
    explained = 1 - (rest @ rest / (count - latent - 1)) / (measure @ measure / (count - 1))
    return (slopes / np.linalg.norm(slopes)).astype(noise.dtype), float(explained)


def stroke_weight(images, black=-1.0):
    """Return how much ink each image has, its mean, (N,) in [0, 1].

    Args:
        images: (N, 28, 28, 1) in [black, 1]; values outside are cut off.
        black: a black pixel's value, where there is no ink.
    """
    return ink(images, black).mean(axis=(1, 2))


def slant(images, black=-1.0):
    """Return how far each image leans, in degrees from upright, (N,) in (-90, 90).

    Positive is to the right, as in italics. Of the ink's central moments, the tangent is
    -mu11 / mu02: how far columns move for each row up. It is 0 where the ink lies in one row, or
    there is none.

    Args:
        images, black: see stroke_weight().
    """
    weights = ink(images, black)
    rows, columns = np.indices(weights.shape[1:])  # rows count downwards, hence the sign
    total = np.maximum(weights.sum(axis=(1, 2)), 1e-12)

    def mean(values):
        return ((weights * values).sum(axis=(1, 2)) / total)[:, np.newaxis, np.newaxis]

    rows, columns = rows - mean(rows), columns - mean(columns)
    mu11, mu02 = mean(rows * columns)[:, 0, 0], mean(rows**2)[:, 0, 0]
    return np.degrees(np.arctan2(-mu11, np.where(mu02 > 1e-9, mu02, np.inf)))


def ink(images, black):
    """Return images (N, height, width, 1 or 3) as ink in [0, 1], float64 (N, height, width)."""
    images = np.asarray(images, "float64").mean(axis=-1)
    return np.clip((images - black) / (1 - black), 0, 1)
