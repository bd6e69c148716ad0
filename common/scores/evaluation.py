"""Samples scored by a classifier of real images.

Every score is also that of the real test images in the samples' place: as good as it gets.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.data import datasets
from common.errors import UserError
from common.figures import pictures
from common.files import whole
from common.scores import classifier, metrics

NEIGHBOURS = 5  # k of precision, recall, density and coverage
COMPARED = 500  # samples whose nearest training image is looked for
SHOWN = 10  # of them in the picture
CACHE = 1  # a cache file's version: raise it when what is computed for one changes
SCORES = {  # in the table's order: name, its format, and which is better
    "asked_label_accuracy": ("asked label accuracy", "{:.2%}", "higher"),
    "classifier_score": ("classifier score (1 to 10)", "{:.3f}", "higher"),
    "frechet_distance": ("Fréchet distance", "{:.3f}", "lower"),
    "precision": ("precision", "{:.3f}", "higher"),
    "recall": ("recall", "{:.3f}", "higher"),
    "density": ("density", "{:.3f}", "higher"),
    "coverage": ("coverage", "{:.3f}", "higher"),
    "modes": ("classes found", "{:.0f}", "higher"),
    "class_entropy": ("entropy of classes (at most 2.303)", "{:.3f}", "higher"),
    "nearest_training_image": ("distance to the nearest training image", "{:.4f}", "as real"),
}


class Reference(NamedTuple):
    """What samples are compared with."""

    classifier: object  # keras Model, see common.scores.classifier.create_classifier
    images: np.ndarray  # float32 (60000, 28, 28, 1) in [-1, 1], the training images
    normal: metrics.Normal  # of all of their features
    features: np.ndarray  # float32 (10000, F), of the first of them
    radii: np.ndarray  # float64 (10000,), see common.scores.metrics.radii
    test: dict  # the scores of the real test images


def load_reference(name, change=None):
    """Return the Reference of an embedded data set.

    What takes a minute to compute is kept in a cache folder, by the hash of images and classifier.

    Args:
        name: "mnist" or "fashion_mnist".
        change: function of images in [-1, 1] that makes them what the example trains on, or None.
    """
    model = classifier.load(name)
    dataset = datasets.load(name)
    train, test = (datasets.scale(images) for images in (dataset.x_train, dataset.x_test))
    if change is not None:
        train, test = change(train), change(test)
    key = hashlib.sha256(f"{CACHE} {NEIGHBOURS} {COMPARED}".encode())
    for array in (train, test, *model.get_weights()):
        key.update(np.ascontiguousarray(array))
    path = cache_folder() / f"{name}-{key.hexdigest()[:32]}.npz"
    kept = read_cache(path)
    if kept is None:
        features = classify(model, train)["features"]
        normal, first = metrics.fit_normal(features), features[:10_000]
        kept = {"mean": normal.mean, "covariance": normal.covariance, "features": first,
                "radii": metrics.radii(first, NEIGHBOURS)}  # fmt: skip
    reference = Reference(
        model, train, metrics.Normal(kept["mean"], kept["covariance"]), kept["features"],
        kept["radii"], json.loads(str(kept.get("test", "{}"))),
    )  # fmt: skip
    if reference.test:
        return reference
    scores = score(test, reference, dataset.y_test)
    write_cache(path, {**kept, "test": np.array(json.dumps(scores))})
    return reference._replace(test=scores)


def cache_folder():
    """Where what can be computed again may be kept."""
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    known = os.path.isabs(folder)  # not where there is no home
    return Path(folder if known else tempfile.gettempdir()) / "gan-lectures"


def read_cache(path):
    """Return the arrays of a cache file, or None if it is not there or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception:  # whatever is wrong with it, it can be computed again
        return None


def write_cache(path, arrays):
    """Keep arrays for the next time, if the folder can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            np.savez(file, **arrays)
    except (OSError, UserError):
        pass  # then the next time takes a minute as well


def classify(model, images):
    """A classifier's answers to images (N, 28, 28, 1) in [-1, 1]: dict of arrays (N, ...)."""
    return model.predict(images, batch_size=500, verbose=0)


def score(images, reference, asked=None):
    """The scores of images.

    Args:
        images: float32 (N, 28, 28, 1) in [-1, 1]; values beyond are clipped, as a picture's are.
        reference: a Reference.
        asked: the class that each was to show, ints (N,), or None where nothing was asked.

    Returns:
        dict from the names of SCORES to floats.

    Raises:
        UserError: a pixel is NaN.
    """
    if np.isnan(images).any():
        raise UserError("the generator draws NaN: its training has diverged; take another run")
    images = np.clip(images, -1, 1)
    answers = classify(reference.classifier, images)
    classes = answers["classes"].argmax(axis=1)
    count = answers["classes"].shape[1]
    scores = {}
    if asked is not None:
        right = classes == asked
        scores["asked_label_accuracy"] = float(right.mean())
        scores["asked_label_accuracy_by_class"] = [
            float(right[asked == k].mean()) for k in range(count)
        ]
    normal = metrics.fit_normal(answers["features"])
    overlap = metrics.overlap(reference.features, answers["features"], NEIGHBOURS, reference.radii)
    _, distance = metrics.nearest(images[:COMPARED], reference.images)
    return {
        **scores,
        "classifier_score": metrics.classifier_score(answers["classes"]),
        "frechet_distance": metrics.frechet_distance(normal, reference.normal),
        **overlap._asdict(),
        "modes": metrics.modes_found(classes, count),
        "class_entropy": metrics.class_entropy(classes, count),
        "nearest_training_image": float(np.median(distance)),
    }


def summarize(scores):
    """Mean and standard deviation of each score over seeds: dict of dicts "mean" and "deviation".

    Args:
        scores: a list of what score() returns.
    """
    return {
        name: {
            "mean": np.mean([s[name] for s in scores], axis=0).tolist(),
            "deviation": np.std([s[name] for s in scores], axis=0).tolist(),
        }
        for name in scores[0]
    }


def copies(images, reference):
    """A picture of those of the first samples that are nearest to a training image, over it."""
    images = np.clip(images[:COMPARED], -1, 1)
    numbers, distance = metrics.nearest(images, reference.images)
    closest = distance.argsort()[:SHOWN]
    pairs = np.concatenate([images[closest], reference.images[numbers[closest]]])
    return pictures.grid(pairs, SHOWN)
