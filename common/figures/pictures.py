"""Pictures of images in rows and columns, as PNG files and animations."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageDraw

from common.data.datasets import SIZE, unscale
from common.files import whole

ENLARGE = 2  # screen pixels for a pixel of the data, so that digits can be seen
CELL = SIZE * ENLARGE  # screen pixels along the side of an image in a grid
MARGIN = 60  # screen pixels for the numbers beside a strip
FRAME_SECONDS, LAST_SECONDS = 0.15, 3.0  # how long an animation shows a frame, and the last one


def grid(images, columns, black=-1.0):
    """Lay images out row by row.

    Args:
        images: (N, height, width, 1) in [black, 1]; values outside are cut off, as the screen does.
        columns: images in a row; a last row that is not full is filled with black.
        black: a black pixel's value.

    Returns:
        uint8 (rows * height * ENLARGE, columns * width * ENLARGE).
    """
    return tile(unscale(images, black)[..., 0], columns)


def tile(images, columns):
    """As grid(), of uint8 images (N, height, width)."""
    images = np.pad(images, ((0, -len(images) % columns), (0, 0), (0, 0)))
    height, width = images.shape[1:]
    rows = images.reshape(-1, columns, height, width)
    picture = rows.transpose(0, 2, 1, 3).reshape(-1, columns * width)
    return picture.repeat(ENLARGE, axis=0).repeat(ENLARGE, axis=1)


def diagonal(images, columns):
    """Return one image of each column of images (N, ...) that fill a grid of so many columns.

    It is the grid's diagonal, (columns, ...): where it has a row for each digit, every digit.
    """
    return np.stack([images[c::columns][c % (len(images) // columns)] for c in range(columns)])


def strip(rows, labels):
    """Lay rows of images one under the other, to see some images change.

    Args:
        rows: uint8 (columns, 28, 28) each, such as the diagonal() of a grid.
        labels: a text for each, written to its left.

    Returns:
        uint8 (len(rows) * CELL, MARGIN + columns * CELL).
    """
    picture = tile(np.concatenate(rows), len(rows[0]))
    drawing = Image.fromarray(np.pad(picture, ((0, 0), (MARGIN, 0))))
    for i, label in enumerate(labels):
        ImageDraw.Draw(drawing).text((MARGIN - 8, (i + 0.5) * CELL), label, fill=255, anchor="rm")
    return np.asarray(drawing)


def sheet(pictures, columns):
    """Lay pictures out row by row on white.

    Args:
        pictures: uint8 (height, width, 3) each, of one size.
        columns: pictures in a row.

    Returns:
        uint8 (rows * height, columns * width, 3); fewer columns if there are fewer pictures.
    """
    columns = min(columns, len(pictures))
    missing = [np.full_like(pictures[0], 255)] * (-len(pictures) % columns)
    pictures = [*pictures, *missing]
    starts = range(0, len(pictures), columns)
    return np.vstack([np.hstack(pictures[start : start + columns]) for start in starts])


def as_picture(figure):
    """Return a matplotlib Figure as uint8 (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def write_png(path, picture):
    """Write a uint8 picture (height, width), or (height, width, 3) in colour, as PNG, whole or not
    at all."""
    with whole(path) as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG")


def write_gif(path, pictures):
    """Write uint8 pictures of one size, as write_png() takes, as an animation that starts over.

    Sixteen shades of grey, or 32 colours: they halve the file, and the eye hardly misses the
    others.
    """
    if pictures[0].ndim == 3:
        palette = Image.fromarray(pictures[-1]).quantize(32)  # one for all, lest colours flicker
        frames = [
            Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
            for picture in pictures
        ]
    else:
        frames = [
            Image.fromarray((np.rint(picture / 17) * 17).astype(np.uint8)) for picture in pictures
        ]
    times = [FRAME_SECONDS] * (len(frames) - 1) + [LAST_SECONDS]
    milliseconds = [round(1000 * time) for time in times]
    with whole(path) as file:
        frames[0].save(
            file, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
        )
