"""Samples scored by a classifier of real images.

Every score is also that of the real test images in the samples' place: as good as it gets.
"""

import hashlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.data import datasets
from common.errors import UserError
from common.figures import pictures
from common.files import whole
from common.runs import weights
from common.scores import classifier, metrics

NEIGHBOURS = 5  # k of precision, recall, density and coverage
COMPARED = 500  # samples whose nearest training image is looked for
SHOWN = 10  # of them in a row of the picture
NEAREST = "their nearest training images"
CACHE = 1  # a cache file's version: raise it when what is computed for one changes
LEAST = 200  # of a user's images: with fewer the features' covariance has no meaning
LEARNED = 36_000  # samples that a classifier sees which learns from nothing else
SEEN = 150_000  # images that a classifier of a user's sees in training, about two minutes
ENOUGH = 0.5  # of the way from guessing to reading all rightly, for a classifier to be trusted
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

LONGER = {  # what takes longer and is asked for
    "train_on_fake_accuracy": ("accuracy on real ones, trained on these", "{:.2%}", "higher"),
}


def better(score: str) -> str:
    """Which way a number gets better, see SCORES: one that is not in it is a loss or a distance,
    and so better lower."""
    return SCORES[score][2] if score in SCORES else "lower"


class Reference(NamedTuple):
    """What samples are compared with."""

    classifier: object  # keras Model, see common.scores.classifier.create_classifier
    images: np.ndarray  # float32 (60000, 28, 28, 1) in [-1, 1], the training images
    normal: metrics.Normal  # of all of their features
    features: np.ndarray  # float32 (10000, F), of the first of them
    radii: np.ndarray  # float64 (10000,), see common.scores.metrics.radii
    test: dict  # the scores of the real test images
    classes: int = 10  # that the classifier tells apart in them; 0: it learned other images


def load_reference(name, change=None):
    """Return the Reference of an embedded data set.

    Args:
        name: "mnist" or "fashion_mnist".
        change: function of images in [-1, 1] that makes them what the example trains on, or None.
    """
    dataset = datasets.load(name)
    parts = [datasets.scale(images) for images in (dataset.x_train, dataset.x_test)]
    if change is not None:
        parts = [change(part) for part in parts]
    return compute_reference(name, classifier.load(name), *parts, dataset.y_test, datasets.CLASSES)


def own_reference(data, change=None):
    """Return the Reference of a user's images, and a line on what the scores rest on.

    Four fifths of them are what samples are compared with. The others, of each class the same
    share, are the real ones beside them.

    Args:
        data: common.data.datasets.Loaded.
        change: see load_reference().

    Raises:
        UserError: there are too few images.
    """
    if len(data.images) < LEAST:
        raise UserError(f"{len(data.images)} images are too few to score by; give {LEAST} or more")
    held_out = held_out_of(data.labels)
    model, count, line = own_classifier(data, held_out)
    parts = [datasets.scale(data.images[part]) for part in (~held_out, held_out)]
    if change is not None:
        parts = [change(part) for part in parts]
    return compute_reference("own", model, *parts, data.labels[held_out], count), line


def held_out_of(labels):
    """Bools (N,), a fifth of them true and of each label (N,) the same share."""
    held_out = np.zeros(len(labels), bool)
    held_out[np.argsort(labels, kind="stable")[4::5]] = True
    return held_out


def own_classifier(data, held_out):
    """Return a classifier of a user's images, the number of classes that it tells apart, and a
    line on it. Where there are no classes to learn, or too little is learned, it is the embedded
    classifier whose training images are nearest in the mean, and 0.

    Args:
        data: common.data.datasets.Loaded.
        held_out: bools (N,), which images it does not learn from.
    """
    why, count = "the images have no labels", len(data.classes)
    if count == 1:
        why = "the images are of one class"
    if count > 1:
        path = cache_folder() / f"classifier-{own_key(data)}.npz"
        model = load_kept(path, count, data) or train_own(path, data, ~held_out)
        right = classifier.accuracy(model, data.images[held_out], data.labels[held_out])
        told = f"{right:.1%} of {held_out.sum():,} images that it did not learn from"
        chance = np.bincount(data.labels).max() / len(data.labels)
        if right - chance >= ENOUGH * (1 - chance):
            return model, count, f"Scores: by a classifier of your images, which reads {told}."
        why = f"a classifier of the images reads only {told}"
    name = min(classifier.NAMES, key=lambda name: distance_of_means(data.images, name))
    line = f"Scores: in features of the classifier of {name}, none of classes, for {why}."
    return classifier.load(name), 0, line


def own_key(data):
    """Name what is kept of a user's images."""
    return datasets.fingerprint(data.images, data.labels, np.array([CACHE, SEEN]))[:32]


def load_kept(path, count, data):
    """A classifier that was kept, or None."""
    try:
        return weights.load(path, classifier.create_classifier(count, *shape_of(data.images)))
    except UserError:
        return None  # it can be trained again


def train_own(path, data, learned):
    """Train a classifier of a user's images on those of the bools `learned`, and keep it."""
    print("Training a classifier of your images, once ...", flush=True)
    images, labels = data.images[learned], data.labels[learned]
    epochs = min(300, max(2, SEEN // len(images)))
    model = classifier.fit("mnist", images, labels, epochs, 0, len(data.classes), verbose=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        weights.save(path, model, "float32")
    except (OSError, UserError):
        pass  # then the next time takes as long
    return model


def shape_of(images):
    """Height and number of channels of uint8 images."""
    return images.shape[1], images.shape[3] if images.ndim == 4 else 1


def distance_of_means(images, name):
    """How far the mean of uint8 images is from that of an embedded set's."""
    ours = as_embedded(datasets.scale(images)).mean(axis=0)[..., 0]
    theirs = datasets.load(name).x_train.mean(axis=0) / 127.5 - 1
    return float(np.mean((ours - theirs) ** 2))


def as_embedded(images):
    """Images (N, size, size, 1 or 3) in [-1, 1] as the embedded ones are, (N, 28, 28, 1): the
    middle, in grey."""
    edge = (images.shape[1] - datasets.SIZE) // 2
    middle = images[:, edge : edge + datasets.SIZE, edge : edge + datasets.SIZE]
    if images.shape[-1] == 1:
        return middle
    return (middle @ np.float32([0.299, 0.587, 0.114]))[..., np.newaxis]


def compute_reference(name, model, train, test, labels, count):
    """Return a Reference. What takes a minute to compute is kept in a cache folder, by the hash of
    images and classifier.

    Args:
        name: of the file in the cache.
        model: a classifier.
        train, test: images (N, size, size, 1 or 3) in [-1, 1].
        labels: of the test images.
        count: see Reference.classes.
    """
    key = hashlib.sha256(f"{CACHE} {NEIGHBOURS} {COMPARED}".encode())
    for array in (train, test, *model.get_weights()):
        key.update(np.ascontiguousarray(array))
    path = cache_folder() / f"{name}-{key.hexdigest()[:32]}.npz"
    kept = read_cache(path)
    if kept is None:
        features = classify(model, train if count else as_embedded(train))["features"]
        normal, first = metrics.fit_normal(features), features[:10_000]
        kept = {"mean": normal.mean, "covariance": normal.covariance, "features": first,
                "radii": metrics.radii(first, NEIGHBOURS)}  # fmt: skip
    reference = Reference(
        model, train, metrics.Normal(kept["mean"], kept["covariance"]), kept["features"],
        kept["radii"], json.loads(str(kept.get("test", "{}"))), count,
    )  # fmt: skip
    if reference.test:
        return reference
    scores = score(test, reference, labels)
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
        dict from the names of SCORES to floats; without those of classes where the classifier
        tells apart none of the reference's.

    Raises:
        UserError: a pixel is NaN.
    """
    if np.isnan(images).any():
        raise UserError("the generator draws NaN: its training has diverged; take another run")
    images = np.clip(images, -1, 1)
    count = reference.classes
    answers = classify(reference.classifier, images if count else as_embedded(images))
    classes = answers["classes"].argmax(axis=1)
    scores, of_classes = {}, {}
    if asked is not None and count:
        right = classes == asked
        scores["asked_label_accuracy"] = float(right.mean())
        if np.bincount(asked, minlength=count).all():
            scores["asked_label_accuracy_by_class"] = [
                float(right[asked == k].mean()) for k in range(count)
            ]
    if count:
        scores["classifier_score"] = metrics.classifier_score(answers["classes"])
        of_classes["modes"] = metrics.modes_found(classes, count)
        of_classes["class_entropy"] = metrics.class_entropy(classes, count)
    normal = metrics.fit_normal(answers["features"])
    overlap = metrics.overlap(reference.features, answers["features"], NEIGHBOURS, reference.radii)
    _, distance = metrics.nearest(images[:COMPARED], reference.images)
    return {
        **scores,
        "frechet_distance": metrics.frechet_distance(normal, reference.normal),
        **overlap._asdict(),
        **of_classes,
        "nearest_training_image": float(np.median(distance)),
    }


def train_on(learned, test, count, seed=0):
    """Train a classifier on images alone and return the share of others that it reads rightly.

    Of samples, labelled with what was asked for, this says whether they could stand in for real
    ones: an error of theirs is learned, and what they never show is not (Esteban et al. 2017,
    arXiv:1706.02633, "train on synthetic, test on real").

    Args:
        learned, test: images, uint8 (N, height, width), in colour (N, height, width, 3), and their
            labels (N,), 0 to count - 1.
        count: of the classes.
        seed: of the classifier.
    """
    epochs = max(1, round(LEARNED / len(learned[0])))
    model = classifier.fit("mnist", *learned, epochs, seed, count, verbose=0, augmented=False)
    return classifier.accuracy(model, *test)


def named(count):
    """SCORES, their titles for so many classes."""
    most = f"{math.log(count):.3f}" if count else ""
    return {
        name: (title.replace("to 10", f"to {count}").replace("2.303", most), *rest)
        for name, (title, *rest) in SCORES.items()
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
    """A picture of samples over their nearest training images: of the first ten, which nobody
    chose, and of the ten among COMPARED that come closest to one."""
    images = np.clip(images[:COMPARED], -1, 1)
    numbers, distance = metrics.nearest(images, reference.images)
    chosen = np.concatenate([np.arange(SHOWN), distance.argsort()[:SHOWN]]).reshape(2, SHOWN)
    rows = [part[which] for which in chosen for part in (images, reference.images[numbers])]
    names = ("samples", NEAREST, f"the closest of {len(images)}", NEAREST)
    return pictures.grid(np.concatenate(rows), SHOWN, names=np.repeat(names, SHOWN))
