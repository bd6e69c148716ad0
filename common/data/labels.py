"""A user's labels, however they are written, as 0 to K - 1 with the names of the K classes."""

import numpy as np

MOST = 256  # classes: what uint8 can tell apart


def encode(labels):
    """Number labels in the order of their names: numbers by size, words by the alphabet.

    Args:
        labels: array (N,) or (N, 1) of integers, whole floats, truth values or strings; or one-hot,
            (N, K).

    Returns:
        (labels uint8 (N,), the K names, ""); or (None, (), why they are no classes).
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "biuf" and is_one_hot(labels):
        labels = labels.argmax(axis=1)
    if labels.ndim != 1:
        return None, (), f"they have the shape {labels.shape}, not one label an image"
    if labels.dtype.kind == "f":
        if not (np.isfinite(labels) & (labels == np.rint(labels))).all():
            return None, (), "they are not whole numbers"
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "b":
        labels = labels.astype(np.uint8)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "iuU":
        return None, (), f"they are {labels.dtype}"
    values, places = np.unique(labels, return_inverse=True)
    if len(values) > MOST:
        return None, (), f"they have {len(values):,} different values"
    names = [str(value).strip() for value in values]
    order = sorted(range(len(names)), key=lambda k: natural(names[k]))
    ranks = np.argsort(order).astype(np.uint8)
    return ranks[places.reshape(-1)], tuple(names[k] for k in order), ""


def is_one_hot(labels):
    """Whether each row (K,) of labels has one 1 and else 0."""
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all())


def natural(name):
    """A key that sorts whole numbers by size and before words."""
    number = name.removeprefix("-")
    whole = number.isascii() and number.isdigit()
    return (0, int(name), name) if whole else (1, 0, name)
