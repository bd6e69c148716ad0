"""The training images: MNIST and Fashion-MNIST, which come along, or the user's own.

The examples call load_training, scale, unscale and fingerprint; the other functions serve them.
"""

import functools
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.data import arrays, own
from common.errors import UserError
from common.settings import require

SIZE = 28  # height and width of every image, in pixels
CLASSES = 10

EMBEDDED = Path(__file__).parent / "embedded"

# SHA-256 of the bytes of each embedded array.
SHA256 = {
    "mnist": {
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    "fashion_mnist": {
        "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    },
}

# The names of an embedded set's classes, in the order of their labels.
NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
        "boot",
    ),
}  # fmt: skip


class Loaded(NamedTuple):
    """What a run trains on, and what is to be said of it."""

    images: np.ndarray  # uint8 (N, size, size) grey, or (N, size, size, 3) colour
    labels: np.ndarray  # uint8 (N,), 0 to K - 1; zeros where there are no labels
    classes: tuple[str, ...]  # the K names, in the order of the labels; () where there are none
    found: tuple[str, ...] = ()  # lines for the user: what was read and done; () of embedded sets
    lack: str = ""  # where there are no labels, why: half a sentence for an error's line


class Dataset(NamedTuple):
    """The images of an embedded set with their labels."""

    x_train: np.ndarray  # uint8 (N, 28, 28)
    y_train: np.ndarray  # uint8 (N,), 0 to 9
    x_test: np.ndarray  # uint8 (M, 28, 28)
    y_test: np.ndarray  # uint8 (M,), 0 to 9


def load(name="mnist"):
    """Load an embedded data set.

    Args:
        name: "mnist" or "fashion_mnist"; both have 60,000 training and 10,000 test images.

    Returns:
        A Dataset, all of it uint8.

    Raises:
        UserError: the name is unknown, or the file is missing or damaged.
    """
    if name not in SHA256:
        raise UserError(f"there is no data set {name!r}; choose from: {', '.join(SHA256)}")
    return load_embedded(name, EMBEDDED / f"{name}.npz")


def load_training(name, config, first=None):
    """Load the images that a run trains on.

    Args:
        name: "mnist" or "fashion_mnist".
        config: common.settings.ImageSettings; its data_dir, if any, is taken instead, see
            common.data.own.load(), and of training_images as many as there are. Its
            image_size and channels, where it has them, are what the images shall have: the
            embedded ones get black around them, and the same grey in all channels.
        first: how many of the embedded images to take, in order, where the config leaves it open;
            None for all training images. Test images come only where it asks for more than those.

    Returns:
        Loaded.

    Raises:
        UserError: see load() and own.load(); or there are fewer embedded images than asked for or
            than a batch needs.
    """
    size, channels = getattr(config, "image_size", SIZE), getattr(config, "channels", 1)
    if config.data_dir is not None:
        data = own.load(config.data_dir, size, channels, config.resize, config.invert)
        first = slice(config.training_images or data.training)
        return Loaded(data.images[first], data.labels[first], data.classes, data.found, data.lack)
    data = load(name)
    images = np.concatenate([data.x_train, data.x_test])
    labels = np.concatenate([data.y_train, data.y_test])
    count = config.training_images or first or len(data.x_train)
    require(count <= len(images), "training-images", count, f"at most {len(images)}")
    if config.batch_size > count:
        raise UserError(f"--batch-size {config.batch_size} exceeds the {count} images")
    images = framed(images[:count], size, channels)
    return Loaded(images, labels[:count], NAMES[name])


def framed(images, size, channels):
    """Images uint8 (N, 28, 28) in the middle of black ones (N, size, size), or with three equal
    channels (N, size, size, 3)."""
    edge = (size - images.shape[1]) // 2
    if edge:
        images = np.pad(images, ((0, 0), (edge, edge), (edge, edge)))
    return images if channels == 1 else np.repeat(images[..., np.newaxis], channels, axis=3)


def scale(images, black=-1.0):
    """Turn uint8 images (N, height, width), or (N, height, width, 3) in colour, into float32
    (N, height, width, 1 or 3) in [black, 1].

    Args:
        black: value of a black pixel, -1 or 0.

    Raises:
        ValueError: the images are not uint8, so perhaps scaled already.
    """
    if images.dtype != np.uint8:
        raise ValueError(f"scale() takes uint8 images, not {images.dtype}")
    if images.ndim == 3:
        images = images[..., np.newaxis]
    return images.astype(np.float32) / (255 / (1 - black)) + black


def unscale(images, black=-1.0):
    """Turn images of any shape in [black, 1] into uint8, rounded; scale()'s inverse.

    Values outside the range are clipped. NaN, which a diverged generator may draw, becomes 0.
    """
    pixels = (np.asarray(images, dtype=np.float32) - black) * (255 / (1 - black))
    return np.clip(np.rint(np.nan_to_num(pixels, nan=0.0)), 0, 255).astype(np.uint8)


def pixels(images, black=-1.0):
    """scale()'s inverse, see unscale(): grey images (N, 28, 28, 1) become (N, 28, 28), those in
    colour keep their shape."""
    images = unscale(images, black)
    return images[..., 0] if images.shape[-1] == 1 else images


def as_on_a_screen(images):
    """Images in [-1, 1] in 256 grey values, so that no judge sees what no file would keep."""
    return scale(pixels(images))


def fingerprint(*arrays):
    """Return a SHA-256 (64 hex digits) of arrays: their types, shapes and values.

    A resumed run compares it with the first run's to be sure that it goes on with the same data.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


@functools.cache  # unpacking takes a second or more, and a run's report wants it, too
def load_embedded(name, path):
    """Load an embedded data set from its .npz file and compare it with the SHA-256s above; its
    arrays cannot be written to."""
    remedy = "restore it from this project's repository"
    found = arrays.read(path, remedy, SHA256[name])
    for key, sha256 in SHA256[name].items():
        if key not in found:
            raise UserError(f"{path} has no array {key}; {remedy}")
        if hashlib.sha256(np.ascontiguousarray(found[key])).hexdigest() != sha256:
            raise UserError(f"{key} in {path} is damaged (its SHA-256 is wrong); {remedy}")
    data = Dataset(**found)
    for array in data:
        array.flags.writeable = False  # every caller has the same
    return data
