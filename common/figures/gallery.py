"""Images in rows and columns: a run's moments, walks, directions and sums in the noise's space.

Images lie in [black, 1], where `black` is a black pixel's value; what is outside is cut off, as the
screen does. `title` stands above them.
"""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from common.data.datasets import pixels
from common.figures.style import MINUS, WIDTH, moment_name, new_figure

SIDE = 0.8  # inches along the side of an image, at most


def draw_images(axis, images, columns, black, row_labels=(), column_labels=()):
    """Draw images (N, height, width, 1 or 3) row by row on axes, with white between them and where
    there is none."""
    images = pixels(images, black)
    edges = (0, -len(images) % columns), (1, 1), (1, 1), (0, 0)
    images = np.pad(images, edges[: images.ndim], constant_values=255)
    rows, (height, width, *colours) = len(images) // columns, images.shape[1:]
    cells = images.reshape(rows, columns, height, width, *colours).swapaxes(1, 2)
    axis.imshow(
        cells.reshape(rows * height, columns * width, *colours), "gray", vmin=0, vmax=255,
        extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), interpolation="nearest",
    )  # fmt: skip
    axis.set_xticks(range(len(column_labels)), column_labels)
    axis.set_yticks(range(len(row_labels)), row_labels)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def image_grid(images, columns, title, black=-1.0, row_labels=(), column_labels=()):
    """Draw images row by row.

    Args:
        images: (N, 28, 28, 1).
        columns: images in a row.
        row_labels, column_labels: a text or number for each row, or column, or none at all.
    """
    letters = 0.3 + 0.08 * max((len(str(label)) for label in row_labels), default=0)
    side = min(SIDE, (WIDTH - letters) / columns)
    height = -(-len(images) // columns) * side + 0.4 + (0.45 if len(column_labels) else 0)
    figure = new_figure(height, max(WIDTH / 2, letters + columns * side))  # room for the title
    axis = figure.subplots()
    draw_images(axis, images, columns, black, row_labels, column_labels)
    axis.set_title(title)
    return figure


def titled(picture, title):
    """Draw a uint8 picture (height, width), pixel for pixel."""
    (height, width), above = picture.shape, 30
    figure = Figure(figsize=(width / 100, (height + above) / 100), dpi=100)
    figure.figimage(np.stack([picture] * 3, axis=-1), origin="upper")
    figure.suptitle(title, y=1 - above / 2 / (height + above), va="center")
    return figure


def over_time(samples, moments, title, black=-1.0, unit="iteration"):
    """Draw samples of a run's moments, one row a moment, the first on top.

    Args:
        samples: (moments, columns, 28, 28, 1).
        moments: a number or a text for each.
        unit: what the moments are.
    """
    labels = [moment_name(moment) for moment in moments]
    figure = image_grid(np.concatenate(samples), len(samples[0]), title, black, labels)
    figure.axes[0].set_ylabel(unit)
    return figure


def walk(images, title, labels=(), black=-1.0):
    """Draw walks through the space of the noise, one row a walk.

    Args:
        images: (walks, steps, 28, 28, 1), or (steps, 28, 28, 1) of one walk.
        labels: a text or number for each walk, or none.
    """
    steps, *shape = images.shape[-4:]
    names = ["start", *range(1, steps)]
    figure = image_grid(images.reshape(-1, *shape), steps, title, black, labels, names)
    figure.axes[0].set_xlabel("step")
    return figure


def directions(
    images, offsets, title, labels=(), unit="standard deviations of the noise", black=-1.0
):
    """Draw images that move along a direction of the space of the noise.

    Args:
        images: (rows, len(offsets), 28, 28, 1).
        offsets: how far each column has moved.
        title: what the direction changes.
        labels: a text or number for each row, or none.
        unit: of the offsets.
    """
    texts = [f"{offset:+g}".replace("-", MINUS) if offset else "0" for offset in offsets]
    figure = image_grid(np.concatenate(images), len(offsets), title, black, labels, texts)
    figure.axes[0].set_xlabel(f"moved along the direction ({unit})")
    return figure


class Term(NamedTuple):
    """A term of arithmetic(), or its result."""

    label: str  # in words, such as "man with glasses"
    image: np.ndarray  # (28, 28, 1), or (N, 28, 28, 1) of which the mean is drawn
    examples: np.ndarray | None = None  # (N, 28, 28, 1), drawn small below: what was averaged
    sign: str = "+"  # or "-", before it


def arithmetic(terms, result, title, black=-1.0):
    """Draw sums in the space of the noise: "man with glasses" - "man" + "woman" = ...

    As the DCGAN paper (Radford et al. 2015, arXiv:1511.06434, figure 7) draws them: large the
    image of the mean noise, below the images whose noises were averaged.

    Args:
        terms: Terms, from left to right.
        result: the Term to the right of "=", its sign unused.
    """
    signs = [term.sign.replace("-", MINUS) for term in terms] + ["="]
    if signs[0] == "+":
        signs[0] = ""
    terms = [*terms, result]
    widths = [share for sign in signs for share in (0.2 if sign else 0.01, 1)]
    side = WIDTH / sum(widths) - 0.2
    figure = new_figure(1.35 * side + 0.75)
    axes = figure.subplots(2, len(widths), width_ratios=widths, height_ratios=[1, 0.33])
    for axis in axes.flat:
        axis.axis("off")
    for axis, sign in zip(axes[0, ::2], signs, strict=True):
        axis.text(0.5, 0.5, sign, fontsize=20, ha="center", va="center")
    for column, term in zip(axes[:, 1::2].T, terms, strict=True):
        draw_term(column, term, black)
    figure.suptitle(title)
    return figure


def draw_term(axes, term, black):
    """Draw a Term's image on the first of some axes, and its examples on the second."""
    images = term.image.reshape(-1, *term.image.shape[-3:])
    draw_images(axes[0], images.mean(0, keepdims=True), 1, black)
    axes[0].set_title(term.label, fontsize="medium")
    if term.examples is not None:
        draw_images(axes[1], term.examples, min(3, len(term.examples)), black)
        axes[1].set_anchor("N")
