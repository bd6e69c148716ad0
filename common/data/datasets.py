"""The training images: MNIST and Fashion-MNIST, which come along, or the user's own.

The examples call load_training, scale, unscale and fingerprint; the other functions serve them.
"""

import functools
import gzip
import hashlib
import math
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.errors import UserError, one_line
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

# The first part of the name of each array's IDX file, and its number of dimensions.
IDX_FILES = {
    "x_train": ("train-images", 3),
    "y_train": ("train-labels", 1),
    "x_test": ("t10k-images", 3),
    "y_test": ("t10k-labels", 1),
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
    """Images with their labels. The test arrays have length 0 where the user's data has none."""

    x_train: np.ndarray  # uint8 (N, 28, 28)
    y_train: np.ndarray  # uint8 (N,), 0 to 9
    x_test: np.ndarray  # uint8 (M, 28, 28)
    y_test: np.ndarray  # uint8 (M,), 0 to 9


def load(name="mnist", data_dir=None, resize=False):
    """Load an embedded data set, or the user's own.

    Args:
        name: "mnist" or "fashion_mnist"; both have 60,000 training and 10,000 test images.
        data_dir: where the user's own data is, taken instead of an embedded set:
            a folder with IDX files named as MNIST's (train-images-idx3-ubyte and so on, each plain
            or .gz, of which the plain one is read if both are there), or a folder with one .npz
            file, or an .npz file. An .npz has the keys x_train (uint8), y_train (any integers)
            and, or not, x_test and y_test.
        resize: resize the user's images to 28x28, rather than refuse other sizes. Images that are
            not square are stretched.

    Returns:
        A Dataset, all of it uint8.

    Raises:
        UserError: the name is unknown, a file is missing or damaged, or it holds something else
            than 28x28 uint8 images with one label from 0 to 9 each.
    """
    if data_dir is not None:
        return load_own(Path(data_dir), resize)
    if name not in SHA256:
        raise UserError(f"there is no data set {name!r}; choose from: {', '.join(SHA256)}")
    return load_embedded(name, EMBEDDED / f"{name}.npz")


def load_training(name, config, first=None):
    """Load the images that a run trains on.

    Args:
        name: "mnist" or "fashion_mnist".
        config: common.settings.ImageSettings; its data_dir, if any, is taken instead. Its
            image_size and channels, where it has them, are what the images shall have: the
            embedded ones get black around them, and the same grey in all channels.
        first: how many of the embedded images to take, in order, where the config leaves it open;
            None for all training images. Test images come only where it asks for more than those.

    Returns:
        Loaded.

    Raises:
        UserError: see load(); or there are fewer images than asked for or than a batch needs.
    """
    size, channels = getattr(config, "image_size", SIZE), getattr(config, "channels", 1)
    data = load(name, config.data_dir, config.resize)
    images = np.concatenate([data.x_train, data.x_test])
    labels = np.concatenate([data.y_train, data.y_test])
    count = config.training_images or (config.data_dir is None and first) or len(data.x_train)
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
    arrays = read_npz(path, remedy)
    for key, sha256 in SHA256[name].items():
        if key not in arrays:
            raise UserError(f"{path} has no array {key}; {remedy}")
        if hashlib.sha256(np.ascontiguousarray(arrays[key])).hexdigest() != sha256:
            raise UserError(f"{key} in {path} is damaged (its SHA-256 is wrong); {remedy}")
    data = checked(arrays, {key: f"{key} in {path}" for key in arrays}, resize=False)
    for array in data:
        array.flags.writeable = False  # every caller has the same
    return data


def load_own(path, resize):
    """Load the user's own data from a folder or an .npz file; see load()."""
    if path.is_file():
        if path.suffix != ".npz":
            raise UserError(f"{path} is not an .npz file; name a folder or an .npz file")
        return load_own_npz(path, resize)
    if not path.is_dir():
        raise UserError(f"{path} does not exist; name a folder with images or an .npz file")

    idx = {key: find_idx(path, key) for key in IDX_FILES}
    idx = {key: file for key, file in idx.items() if file is not None}
    npz = sorted(path.glob("*.npz"))
    if idx and npz:
        raise UserError(f"{path} holds IDX files and {npz[0].name}; keep one or name the .npz file")
    if len(npz) > 1:
        raise UserError(f"{path} holds {len(npz)} .npz files; name the one to load")
    if npz:
        return load_own_npz(npz[0], resize)
    if not idx:
        raise UserError(
            f"{path} holds no data; put MNIST-named IDX files (train-images-idx3-ubyte, "
            "train-labels-idx1-ubyte, plain or .gz) or one .npz file there"
        )
    check_complete(idx, path, {key: idx_names(key)[0] for key in IDX_FILES})
    return checked({key: read_idx(file, key) for key, file in idx.items()}, idx, resize)


def load_own_npz(path, resize):
    """Load the user's own data from an .npz file; see load()."""
    arrays = read_npz(path, "save it anew with numpy.savez_compressed from arrays of numbers")
    check_complete(arrays, path, {key: f"array {key}" for key in IDX_FILES})
    return checked(arrays, {key: f"{key} in {path}" for key in arrays}, resize)


def read_npz(path, remedy):
    """Read those of the four arrays that an .npz file holds, as a dict. Nothing is unpickled.

    Raises:
        UserError: the file cannot be read; the message ends with the remedy.
    """
    arrays = {}
    where = path
    # zipfile and numpy answer to damage with a dozen kinds of exception, from struct.error to
    # MemoryError. The block holds their calls only, so that none of our own mistakes hides in it.
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            for key in IDX_FILES:
                if f"{key}.npy" in members:
                    where = f"{key} in {path}"
                    with archive.open(f"{key}.npy") as member:
                        arrays[key] = np.lib.format.read_array(member, allow_pickle=False)
                        if member.read(1):
                            raise ValueError("it goes on after the end of its array")
    except Exception as error:
        raise UserError(f"{where} cannot be read: {one_line(error)}; {remedy}") from error
    return arrays


def idx_names(key):
    """Return the two names in use for an array's IDX file, without .gz."""
    stem, dimensions = IDX_FILES[key]
    return [f"{stem}{separator}idx{dimensions}-ubyte" for separator in "-."]


def find_idx(folder, key):
    """Return the path of an array's IDX file in a folder, or None."""
    found = []
    for name in idx_names(key):
        # Programs that download MNIST leave a file beside its .gz: no reason to stop.
        both = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        found.extend(both[:1])
    if len(found) > 1:
        raise UserError(f"{folder} holds both {found[0].name} and {found[1].name}; keep one")
    return found[0] if found else None


def read_idx(path, key):
    """Read one IDX file: a magic number, the lengths of the dimensions (all big-endian), the bytes.

    The header is believed only after the file turned out to be as long as it says, so that a wrong
    one cannot ask for more memory than there is data.

    Raises:
        UserError: the file cannot be read or is not such a file.
    """
    dimensions = IDX_FILES[key][1]
    magic = 0x0800 + dimensions  # 08 stands for unsigned bytes
    header_length = 4 + 4 * dimensions
    remedy = "download or save it anew"
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            length = file.seek(0, os.SEEK_END)  # unpacks a .gz to the end, keeping nothing
            file.seek(0)
            header = file.read(header_length)
            if length < header_length:
                problem = f"is truncated: it has {length} bytes, its header alone {header_length}"
                raise UserError(f"{path} {problem}; {remedy}")
            found, *shape = struct.unpack(f">{1 + dimensions}I", header)
            if found != magic:
                kind = "images" if dimensions == 3 else "labels"
                problem = f"has the magic number {found}, not {magic}: it holds no uint8 {kind}"
                raise UserError(f"{path} {problem}; {remedy}")
            missing = header_length + math.prod(shape) - length
            if missing > 0:
                raise UserError(f"{path} is truncated: {missing} bytes are missing; {remedy}")
            if missing < 0:
                raise UserError(f"{path} has {-missing} bytes too many; {remedy}")
            values = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}; {remedy}") from error
    return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def check_complete(present, place, names):
    """Refuse data without a training array, or with only one of the two test arrays."""
    for key in names:
        wanted = key.endswith("_train") or "x_test" in present or "y_test" in present
        if wanted and key not in present:
            pair = "the training arrays" if key.endswith("_train") else "x_test and y_test"
            raise UserError(f"{place} has no {names[key]}; {pair} must both be there")


def checked(arrays, where, resize):
    """Turn a dict of arrays into a Dataset, refusing what is not images with labels.

    Args:
        arrays: x_train, y_train and, or not, x_test, y_test.
        where: for each key the words that name the array in a message.
        resize: see load().
    """
    clean = {}
    for part in ("train", "test"):
        x, y = f"x_{part}", f"y_{part}"
        if x not in arrays:
            clean[x] = np.zeros((0, SIZE, SIZE), np.uint8)
            clean[y] = np.zeros(0, np.uint8)
            continue
        clean[y] = checked_labels(arrays[y], where[y])
        check_images(arrays[x], where[x], resize)
        images, labels = len(arrays[x]), len(arrays[y])
        if images != labels:
            message = f"{where[x]} has {images} images but {where[y]} has {labels} labels"
            raise UserError(f"{message}; give every image one label")
        if part == "train" and images == 0:
            raise UserError(f"{where[x]} has no images; give at least one to train on")
    for x in ("x_train", "x_test"):  # last, when nothing can go wrong any more: resizing takes time
        if x not in clean:
            clean[x] = resized(arrays[x])
    return Dataset(**clean)


def check_images(images, where, resize):
    """Refuse what is not uint8 (N, 28, 28) or (N, 28, 28, 1); with resize, of any size."""
    if images.dtype != np.uint8:
        raise UserError(f"{where}: the pixels are {images.dtype}; save them as uint8, 0 to 255")
    shape = images.shape
    grey = len(shape) == 3 or (len(shape) == 4 and shape[3] == 1)
    if not grey or 0 in shape[1:]:
        raise UserError(f"{where} has the shape {shape}; give grey images, (N, {SIZE}, {SIZE})")
    if shape[1:3] != (SIZE, SIZE) and not resize:
        raise UserError(
            f"{where}: the images are {shape[1]}x{shape[2]} pixels; "
            f"make them {SIZE}x{SIZE} or give --resize"
        )


def checked_labels(labels, where):
    """Return labels as uint8 (N,), refusing what is not one integer from 0 to 9 an image."""
    if labels.dtype.kind not in "iu":
        raise UserError(f"{where}: the labels are {labels.dtype}; save them as integers")
    if labels.ndim != 1:
        raise UserError(f"{where} has the shape {labels.shape}; give one label an image, (N,)")
    wrong = labels[(labels < 0) | (labels >= CLASSES)]
    if wrong.size:
        raise UserError(f"{where} has the label {wrong[0]}; labels must be 0 to {CLASSES - 1}")
    return labels.astype(np.uint8)


def resized(images):
    """Return uint8 images (N, height, width) or (N, height, width, 1) as uint8 (N, 28, 28)."""
    images = images.reshape(images.shape[:3])
    if images.shape[1:] == (SIZE, SIZE):
        return np.array(images, order="C")
    import keras  # here because it takes seconds and few users need it

    small = np.zeros((len(images), SIZE, SIZE), np.uint8)
    for start in range(0, len(images), 1000):  # in parts, because float32 takes four times as much
        part = images[start : start + 1000, :, :, np.newaxis].astype(np.float32)
        part = keras.ops.image.resize(
            part, (SIZE, SIZE), "bilinear", antialias=True, data_format="channels_last"
        )
        part = np.rint(keras.ops.convert_to_numpy(part)[..., 0])
        small[start : start + 1000] = np.clip(part, 0, 255).astype(np.uint8)
    return small
