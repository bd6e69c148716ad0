"""Pictures of images in rows and columns, as PNG files."""

import numpy as np
from PIL import Image

from common.data import unscale
from common.files import whole

ENLARGE = 2  # screen pixels for a pixel of the data, so that digits can be seen


def grid(images, columns):
    """Lay images out row by row.

    Args:
        images: (N, height, width, 1) in [-1, 1]; values outside are cut off, as the screen does.
        columns: images in a row; a last row that is not full is filled with black.

    Returns:
        uint8 (rows * height * ENLARGE, columns * width * ENLARGE).
    """
    images = unscale(np.asarray(images, dtype="float32"))[..., 0]
    missing = -len(images) % columns
    images = np.pad(images, ((0, missing), (0, 0), (0, 0)))
    count, height, width = images.shape
    rows = images.reshape(count // columns, columns, height, width)
    picture = rows.transpose(0, 2, 1, 3).reshape(-1, columns * width)
    return picture.repeat(ENLARGE, axis=0).repeat(ENLARGE, axis=1)


def write_png(path, picture):
    """Write a uint8 picture (height, width) as PNG, whole or not at all."""
    with whole(path) as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG")
