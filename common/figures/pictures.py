"""Pictures of images in rows and columns, as PNG files and animations."""

import itertools
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageDraw, ImageFont

from common.data.datasets import pixels
from common.files import whole

ENLARGE = 2  # screen pixels for a pixel of the data, so that digits can be seen
CELL = 28 * ENLARGE  # screen pixels along the side of an image of the lectures' in a grid
CAPTION = 16  # screen pixels for the names above images
MARGIN = 60  # screen pixels for the numbers beside a strip
FRAME_SECONDS, LAST_SECONDS = 0.15, 3.0  # how long an animation shows a frame, and the last one


def grid(images, columns, black=-1.0, names=()):
    """Lay images out row by row.

    Args:
        images: (N, height, width, 1 or 3) in [black, 1]; values outside are cut off, as the screen
            does.
        columns: images in a row; a last row that is not full is filled with black.
        black: a black pixel's value.
        names: a text for each image, such as its class, or none at all. It is written above the
            image, unless it is that of the image to the left or of the one above.

    Returns:
        uint8 (rows * height * ENLARGE, columns * width * ENLARGE), in colour (..., 3); where there
        are names, rows of them are CAPTION higher.
    """
    return tile(pixels(images, black), columns, names)


def tile(images, columns, names=()):
    """As grid(), of uint8 images (N, height, width) or (N, height, width, 3)."""
    images = np.pad(images, ((0, -len(images) % columns), *[(0, 0)] * (images.ndim - 1)))
    _, height, width, *colours = images.shape
    rows = images.reshape(-1, columns, height, width, *colours).swapaxes(1, 2)
    rows = rows.reshape(-1, height, columns * width, *colours)
    new = [
        "" if name in (i % columns and names[i - 1], i >= columns and names[i - columns]) else name
        for i, name in enumerate(names)
    ]
    parts = []
    for i, row in enumerate(rows.repeat(ENLARGE, axis=1).repeat(ENLARGE, axis=2)):
        here = new[i * columns : (i + 1) * columns]
        parts += [caption(here, columns, row), row] if any(here) else [row]
    return np.concatenate(parts)


def caption(names, columns, row):
    """Texts above the images of a row's picture, white on black; dots where one has no room."""
    strip, cell = Image.new("L", (row.shape[1], CAPTION)), row.shape[1] // columns
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 10)
    places = [place for place, name in enumerate(names) if name]
    for place, end in itertools.pairwise([*places, columns]):
        text = " ".join(names[place].split())
        while len(text) > 1 and font.getlength(text) > (end - place) * cell - 4:
            text = text[:-2] + "…"
        ImageDraw.Draw(strip).text((place * cell + 2, CAPTION / 2), text, 255, font, anchor="lm")
    strip = np.asarray(strip)
    return strip if row.ndim == 2 else np.stack([strip] * 3, axis=-1)


def diagonal(images, columns):
    """Return one image of each column of images (N, ...) that fill a grid of so many columns.

    It is the grid's diagonal, (columns, ...): where it has a row for each digit, every digit.
    """
    return np.stack([images[c::columns][c % (len(images) // columns)] for c in range(columns)])


def strip(rows, labels):
    """Lay rows of images one under the other, to see some images change.

    Args:
        rows: uint8 (columns, height, width), or (..., 3), each, such as the diagonal() of a grid.
        labels: a text for each, written to its left.

    Returns:
        uint8 (len(rows) * side, MARGIN + columns * side), or (..., 3); side is CELL for images of
        28 pixels.
    """
    picture, side = tile(np.concatenate(rows), len(rows[0])), rows[0].shape[1] * ENLARGE
    margin = (0, 0), (MARGIN, 0), (0, 0)
    drawing = Image.fromarray(np.pad(picture, margin[: picture.ndim]))
    for i, label in enumerate(labels):
        where = (MARGIN - 8, (i + 0.5) * side)
        ImageDraw.Draw(drawing).text(where, label, fill="white", anchor="rm")
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
