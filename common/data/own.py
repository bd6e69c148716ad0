"""A user's own images, in the forms in which people have them."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.data import arrays, fitting, labels
from common.errors import UserError

IDX = re.compile(r"(.*?)(train|test|t10k)[-._](images|labels)[-._]idx\d[-._]ubyte(\.gz)?", re.I)
# What people call the arrays; the first that a name fits counts, the earlier the more it is meant.
IMAGES = tuple(map(re.compile, (r"(^|[^a-z])x($|[^a-z])|image|img", r"pixel|data|feature|arr_0")))
LABELS = re.compile(r"(^|[^a-z])y($|[^a-z])|label|target|class|arr_1")
LATER = re.compile(r"(^|[^a-z])val|valid|test|t10k")  # parts that come after the training images
# The folders that such parts have, as in train/cat/1.png.
PARTS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 1, "testing": 1}
KINDS = "PNG, JPEG, BMP or WebP pictures, one subfolder a class or none, .npz, .npy or IDX files"


class Raw(NamedTuple):
    """What was found, as it is."""

    pictures: object  # a list of paths, or an array (N, height, width, 1, 3 or 4)
    labels: object  # (N,) of any kind, or None
    training: int  # so many of them, the first, are training images, the others test images
    where: str
    by_name: bool = False  # whether they come sorted by the names of files or classes
    note: str = ""


class Own(NamedTuple):
    """A user's images as they are trained on; see common.data.datasets.Loaded."""

    images: np.ndarray
    labels: np.ndarray
    training: int
    classes: tuple[str, ...]
    found: tuple[str, ...]
    lack: str


def load(path, size=28, channels=1, stretch=False, invert="auto"):
    """Load a user's images and, where they have them, their labels.

    Args:
        path: a folder of pictures, or of arrays or IDX files; or an .npz, .npy or IDX file.
        size, channels, stretch, invert: see common.data.fitting.fit().

    Returns:
        Own. What comes sorted by class or by name is shuffled, always in the same way: a run may
        ask for the first so many, and its shuffling may reach only so far.

    Raises:
        UserError: there is nothing of that kind, or what is there cannot be meant as images.
    """
    raw = find(Path(path))
    if len(raw.pictures) == 0:
        raise UserError(f"{raw.where} has no images; give at least one to train on")
    if raw.labels is not None and len(raw.labels) != len(raw.pictures):
        raise UserError(
            f"{raw.where} has {len(raw.pictures):,} images but {len(raw.labels):,} labels; "
            "give every image one label"
        )
    try:
        images, kept, found = fitting.fit(raw.pictures, size, channels, stretch, invert)
    except UserError as error:
        raise UserError(f"{raw.where}: {error}") from error
    numbers, classes, lack = encoded(raw, kept)
    training = int((kept < raw.training).sum()) or len(kept)
    if raw.by_name or (len(classes) > 1 and (np.diff(numbers[:training].astype(int)) >= 0).all()):
        random = np.random.default_rng(0)
        order = [random.permutation(training), training + random.permutation(len(kept) - training)]
        images, numbers = images[np.concatenate(order)], numbers[np.concatenate(order)]
    size_and_values, treated, *rest = found
    found = (
        f"{raw.where}: {len(images):,} images, {size_and_values}; "
        f"{told_classes(classes, lack if raw.labels is not None else '')}.",
        f"They are {treated}{raw.note}.",
        *rest,
    )
    return Own(images, numbers, training, classes, found, lack)


def encoded(raw, kept):
    """The labels of the pictures that were kept, (M,), the classes' names, and why there are none;
    see common.data.labels.encode()."""
    numbers, classes, lack = None, (), f"{raw.where} has none"
    if raw.labels is not None:
        numbers, classes, lack = labels.encode(np.asarray(raw.labels)[kept])
    return np.zeros(len(kept), np.uint8) if numbers is None else numbers, classes, lack


def told_classes(classes, lack):
    """The classes in words."""
    if not classes:
        return f"labels that are no classes: {lack}" if lack else "no labels"
    names = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
    return f"{len(classes)} classes: {names}" if len(classes) > 1 else f"one class: {names}"


def find(path):
    """Find out what a path holds, and return it as Raw."""
    if path.is_dir():
        return find_in(path)
    if not path.is_file():
        raise UserError(f"{path} does not exist; name a folder with images, or a file of arrays")
    if path.suffix.lower() in (".npz", ".npy"):
        return of_arrays(arrays.read(path), path)
    if match := IDX.fullmatch(path.name):
        return of_idx(path.parent, match[1])
    if path.suffix.lower() in fitting.FORMATS:
        raise UserError(f"{path} is one picture; name a folder with many")
    raise UserError(f"{path} is no file of arrays; name a folder of {KINDS}")


def find_in(folder):
    """Find out what a folder holds, and return it as Raw."""
    files = walk(folder)
    idx = sorted({m[1] for f in files if f.parent == folder and (m := IDX.fullmatch(f.name))})
    files_of_arrays = [f for f in files if f.suffix.lower() in (".npz", ".npy")]
    pictures = [f for f in files if f.suffix.lower() in fitting.FORMATS]
    kinds = [kind for kind in (idx, files_of_arrays, pictures) if kind]
    if not kinds:
        raise UserError(f"{folder} holds no images; put {KINDS} there")
    if len(kinds) > 1:
        example = [str(kind[0]) for kind in (files_of_arrays, pictures) if kind]
        more = "IDX files and " if idx else ""
        raise UserError(f"{folder} holds {more}{' and '.join(example)}; name the one you mean")
    if len(idx) > 1:
        names = ", ".join(prefix or "MNIST's own" for prefix in idx)
        raise UserError(f"{folder} holds the IDX files {names}; name one of the files you mean")
    if idx:
        return of_idx(folder, idx[0])
    if pictures:
        return of_pictures(folder, pictures)
    if len(files_of_arrays) == 1:
        return of_arrays(arrays.read(files_of_arrays[0]), files_of_arrays[0])
    return of_arrays(
        {f"{file.stem}/{name}".rstrip("/"): array
         for file in files_of_arrays for name, array in arrays.read(file).items()},
        folder,
    )  # fmt: skip


def walk(folder):
    """The files of a folder and its subfolders, sorted by name; hidden ones left out."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: [labels.natural(part) for part in path.parts])


def of_pictures(folder, files):
    """Pictures in a folder: those of training first, the subfolder of each as its label."""
    places = [file.parent.relative_to(folder).parts for file in files]
    while all(len(place) > 1 and place[0] == places[0][0] for place in places):
        places = [place[1:] for place in places]  # a folder in the folder, as archives have
    parts = [PARTS.get(place[0].lower()) if place else None for place in places]
    if None not in parts:  # train/cat/1.png
        places = [place[1:] for place in places]
    else:
        parts = [0] * len(files)
    if () in places and any(places):
        beside, within = files[places.index(())], files[[p == () for p in places].index(False)]
        raise UserError(
            f"{folder} holds pictures beside folders with pictures, {beside.name} and {within}; "
            "put each into a folder of its class, or move one kind out"
        )
    order = sorted(range(len(files)), key=lambda i: parts[i])
    names = ["/".join(places[i]) for i in order] if any(places) else None
    training = parts.count(0) or len(files)
    return Raw([files[i] for i in order], names, training, str(folder), by_name=True)


def of_idx(folder, prefix):
    """The IDX files of a folder whose names begin so."""
    found = {}
    for file in sorted(folder.iterdir()):
        match = IDX.fullmatch(file.name)
        if not match or match[1] != prefix:
            continue
        key = f"{match[3]} {'train' if match[2].lower() == 'train' else 'test'}".lower()
        if file.name.lower() == f"{found.get(key, Path()).name}.gz".lower():
            continue  # programs that download MNIST leave a file beside its .gz: no reason to stop
        if key in found:
            raise UserError(f"{folder} holds both {found[key].name} and {file.name}; keep one")
        found[key] = file
    read = {key: arrays.read_idx(file) for key, file in found.items()}
    for key, array in read.items():
        if (array.ndim == 1) != key.startswith("labels"):
            kind = key.split()[0]
            raise UserError(f"{found[key]} holds {array.ndim} dimensions: no {kind}; save it anew")
    raw = of_arrays(read, folder)
    if not re.match("emnist", prefix, re.I):
        return raw
    turned = raw._replace(pictures=raw.pictures.swapaxes(1, 2), note=", turned as EMNIST's are")
    if "letters" in prefix.lower() and turned.labels is not None:
        turned = turned._replace(labels=[chr(ord("a") - 1 + k) for k in turned.labels])
    return turned


def of_arrays(found, path):
    """Images and labels out of arrays by their names.

    Args:
        found: dict from name to array.
        path: of the file or folder that they are of.
    """
    found = {name: array for name, array in found.items() if array.ndim > 0}
    given = {n for n, array in found.items() if LABELS.search(n.lower()) and is_flat(array)}
    others = {name: array for name, array in found.items()
              if name not in given and array.ndim > 1 and array.dtype.kind in "biuf"}  # fmt: skip
    if not others:
        names = ", ".join(f"{name or 'an array'} {array.shape}" for name, array in found.items())
        raise UserError(f"{path} has no array of images, only {names or 'none'}; name one images")
    best = min(map(meant, others))
    images = {name: array for name, array in others.items() if meant(name) == best}
    if path.is_dir() and not given:  # a file may be called after its class, such as x-ray.npy
        images = others
    by_part = Counter(is_later(name) for name in images)
    if max(by_part.values()) > 1:
        if given:
            names = ", ".join(images)
            raise UserError(f"{path} has several arrays of images, {names}; keep one with labels")
        return a_class_each(others, path)
    given = given or {n for n, a in found.items() if n not in others and a.dtype.kind in "biufU"}
    return in_parts(images, {name: found[name] for name in given}, path)


def in_parts(images, given, path):
    """Put the images and labels of training, validation and test behind one another.

    Args:
        images, given: dicts from name to array, of each part one of images.
        path: see of_arrays().
    """
    order = sorted(images, key=is_later)
    parts = [shaped(images[name], f"{name} in {path}" if name else str(path)) for name in order]
    if len({part.shape[1:] for part in parts}) > 1:
        sizes = " and ".join("{1}x{0}".format(*part.shape[1:]) for part in parts)
        raise UserError(f"{path} has images of {sizes} pixels; give all of them one size")
    told = [part_labels(name, len(images[name]), given, path) for name in order]
    known = [labels for labels in told if labels is not None]
    if known and len(known) < len(parts):
        missing = order[[labels is None for labels in told].index(True)]
        raise UserError(f"{path} has no labels for {missing}; give every image one label, or none")
    pictures = parts[0] if len(parts) == 1 else np.concatenate(parts)
    training = len(pictures) if is_later(order[0]) else len(parts[0])
    return Raw(pictures, np.concatenate(known) if known else None, training, str(path))


def part_labels(images, count, given, path):
    """The labels among `given`, dict from name to array, of that part of the images."""
    fitting_part = [n for n in given if is_later(n) == is_later(images)]
    if len(fitting_part) > 1:  # by length, of which a file has one usually
        fitting_part = [n for n in fitting_part if len(given[n]) == count][:1]
    if not fitting_part:
        return None
    array = given[fitting_part[0]]
    if len(array) != count:
        told = f"{images or 'it'} has {count:,} images but {fitting_part[0]} {len(array):,} labels"
        raise UserError(f"{path}: {told}; give every image one label")
    return array


def a_class_each(found, path):
    """Arrays of images, each of which is a class."""
    parts = [shaped(array, f"{name} in {path}") for name, array in found.items()]
    if len({part.shape[1:] for part in parts}) > 1:
        sizes = ", ".join(f"{n} {p.shape[1:]}" for n, p in zip(found, parts, strict=True))
        raise UserError(f"{path} has a class in each array, of several sizes, {sizes}; make one")
    names = [name.removesuffix("/arr_0").removeprefix("full_numpy_bitmap_") for name in found]
    told = np.repeat(names, [len(part) for part in parts])
    together = np.concatenate(parts)
    return Raw(together, told, len(together), str(path), by_name=True)


def meant(name):
    """How surely an array's name says that it holds images, 0 the most."""
    places = [k for k, pattern in enumerate(IMAGES) if pattern.search(name.lower())]
    return min(places, default=len(IMAGES))


def is_later(name):
    """Whether an array's name says that it is used after training: 1 validation, 2 test, else 0."""
    match = LATER.search(name.lower())
    return 0 if match is None else 1 if "val" in match[0] else 2


def is_flat(array):
    """Whether an array can hold labels: (N,), (N, 1) or a column a class."""
    return array.ndim == 1 or (array.ndim == 2 and array.shape[1] < 256)


def shaped(array, where):
    """An array of images as (N, height, width, 1, 3 or 4)."""
    shape = array.shape
    side = int(len(shape) == 2 and shape[1] ** 0.5)
    if side >= 4 and side * side == shape[1]:
        array = array.reshape(-1, side, side, 1)
    elif array.ndim == 3:
        array = array[..., np.newaxis]
    elif array.ndim == 4 and shape[3] not in (1, 3, 4) and shape[1] in (1, 3, 4):
        array = np.moveaxis(array, 1, 3)
    height, width, channels = array.shape[1:] if array.ndim == 4 else (0, 0, 0)
    thin = max(height, width) > fitting.THINNEST * min(height, width)
    if min(height, width) < 4 or channels not in (1, 3, 4) or thin:
        raise UserError(
            f"{where} has the shape {shape}; give images as (N, height, width), or in colour as "
            "(N, height, width, 3)"
        )
    return array
