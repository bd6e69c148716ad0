"""How good samples are, and how often a discriminator is right.

All but the last two are plain functions of arrays. Their "features" are a classifier's
(classifier.py), so that distances here cannot be compared with those in Inception's features.
"""

from typing import NamedTuple

import numpy as np
from keras import ops
from scipy import linalg

ROWS = 1000  # of a table of distances at a time


def classifier_score(probabilities):
    """The inception score's formula (Salimans et al. 2016, arXiv:1606.03498) on any classifier.

        exp(mean over x of KL(p(y|x) || p(y)))

    Args:
        probabilities: (N, classes), each row with the sum 1.

    Returns:
        From 1 (all images look alike to the classifier) to the number of classes (each image is
        surely of one, and all are equally frequent).
    """
    p = np.asarray(probabilities, "float64")
    marginal = p.mean(axis=0)
    log_ratio = np.log(np.maximum(p, 1e-300)) - np.log(np.maximum(marginal, 1e-300))
    return float(np.exp((p * log_ratio).sum(axis=1).mean()))


def class_entropy(classes, count):
    """Entropy in nats of how often each class occurs: at most ln(count), 0 for one class alone.

    Args:
        classes: ints (N,) from 0 to count - 1.
        count: number of classes.
    """
    shares = np.bincount(classes, minlength=count) / len(classes)
    return float(sum(-share * np.log(share) for share in shares if share > 0))


def modes_found(classes, count):
    """How many classes occur at least a tenth as often as they would if all were equally frequent.

    Args: see class_entropy().
    """
    return int(np.sum(np.bincount(classes, minlength=count) >= len(classes) / count / 10))


class Normal(NamedTuple):
    """Mean and covariance of features: what Fréchet's distance knows of them."""

    mean: np.ndarray  # float64 (F,)
    covariance: np.ndarray  # float64 (F, F)


def fit_normal(features):
    """The Normal of features (N, F), N at least 2."""
    features = np.asarray(features, "float64")
    return Normal(
        features.mean(axis=0), np.cov(features, rowvar=False).reshape(-1, len(features[0]))
    )


def frechet_distance(a, b):
    """Fréchet distance, squared, of two Normals (Heusel et al. 2017, arXiv:1706.08500).

        |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))

    The trace of the root is the sum of the square roots of the eigenvalues of S C_b S, where S is
    the symmetric root of C_a: no complex numbers, also where a covariance is singular.
    """
    values, vectors = linalg.eigh(a.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    product = linalg.eigvalsh(root @ b.covariance @ root)
    trace = np.trace(a.covariance) + np.trace(b.covariance)
    distance = np.sum((a.mean - b.mean) ** 2) + trace - 2 * np.sum(np.sqrt(np.maximum(product, 0)))
    return float(max(distance, 0))


def distances(a, b):
    """Euclidean distances of a's points from b's, ROWS of a at a time.

    Args:
        a, b: (N, F) and (M, F).

    Yields:
        float64 (ROWS or fewer, M), in a's order.
    """
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    squares = np.sum(b**2, axis=1)
    for start in range(0, len(a), ROWS):
        part = a[start : start + ROWS]
        squared = np.sum(part**2, axis=1)[:, None] + squares - 2 * part @ b.T
        yield np.sqrt(np.maximum(squared, 0))


def radii(points, k=5):
    """Distance of each point (N, F) from its k-th nearest other one: float64 (N,), N above k."""
    # The nearest one, of distance 0, is the point itself.
    return np.concatenate([np.partition(d, k, axis=1)[:, k] for d in distances(points, points)])


class Overlap(NamedTuple):
    """How two sets of points lie in each other; see overlap()."""

    precision: float
    recall: float
    density: float
    coverage: float


def overlap(real, fake, k=5, real_radii=None):
    """Precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991), density and coverage
    (Naeem et al. 2020, arXiv:2002.09797).

    A point's ball reaches to its k-th nearest neighbour in its own set.
    precision: share of the fakes that lie in a real ball. recall: share of the reals that lie in a
    fake ball. density: in how many real balls a fake lies, over k; about 1 where both sets are of
    one distribution, above it where fakes crowd where reals are many. coverage: share of the real
    balls that hold a fake.

    Args:
        real, fake: features (N, F) and (M, F), N and M above k.
        k: neighbours.
        real_radii: radii(real, k), if they are known.
    """
    real_radii = radii(real, k) if real_radii is None else real_radii
    fake_radii = radii(fake, k)
    recalled, covered, balls = [], [], np.zeros(len(fake))
    for row, radius in zip(
        distances(real, fake), np.split(real_radii, range(ROWS, len(real), ROWS)), strict=True
    ):
        recalled.append((row < fake_radii).any(axis=1))
        inside = row < radius[:, None]
        covered.append(inside.any(axis=1))
        balls += inside.sum(axis=0)
    return Overlap(
        precision=float(np.mean(balls > 0)),
        recall=float(np.mean(np.concatenate(recalled))),
        density=float(np.mean(balls) / k),
        coverage=float(np.mean(np.concatenate(covered))),
    )


def nearest(images, others):
    """The nearest other image of each, pixel by pixel.

    Args:
        images, others: (N, ...) and (M, ...), of one shape.

    Returns:
        Its number, ints (N,), and its distance: the root of the mean squared difference of a pixel,
        float64 (N,).
    """
    images, others = (x.reshape(len(x), -1) for x in (images, others))
    halves = np.einsum("ij,ij->i", others, others) / 2  # of the squared lengths
    numbers = [
        # The squared distance is twice this, and the image's own squared length.
        (halves - images[start : start + ROWS] @ others.T).argmin(axis=1)
        for start in range(0, len(images), ROWS)
    ]
    numbers = np.concatenate(numbers)
    differences = np.subtract(images, others[numbers], dtype="float64")
    return numbers, np.sqrt(np.mean(differences**2, axis=1))


def accuracy_real(y_true, y_pred, threshold=0.5):
    """Share of the real images that are called real; a scalar, NaN without reals.

    Args:
        y_true: (batch, 1), 0 for fakes and 1 for real images, or smoothed, up to 0.5.
        y_pred: (batch, 1), the discriminator's probability that an image is real, or its logit.
        threshold: above it an image is called real; 0.5 for probabilities, 0 for logits.
    """
    real = ops.cast(y_true > 0.5, "float32")
    return ops.sum(real * ops.cast(y_pred > threshold, "float32")) / ops.sum(real)


def accuracy_fake(y_true, y_pred, threshold=0.5):
    """Share of the fakes that are not called real; see accuracy_real()."""
    fake = ops.cast(y_true <= 0.5, "float32")
    return ops.sum(fake * ops.cast(y_pred <= threshold, "float32")) / ops.sum(fake)
