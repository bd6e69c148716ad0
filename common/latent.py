"""Moving through the space of the noise."""

import numpy as np


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
