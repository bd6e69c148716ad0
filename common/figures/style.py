"""What the figures share: sizes, colours, names, panels side by side, grids of numbers."""

import math

import matplotlib
import numpy as np
from matplotlib.figure import Figure  # not pyplot, which keeps every figure

WIDTH = 8  # inches, of a notebook's column and of a printed page
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart also by the colour-blind
matplotlib.rcdefaults()  # not the user's own style, whose letters may need LaTeX
MINUS = "\u2212"  # as long as figures want it


def new_figure(height, width=WIDTH):
    """Return an empty Figure of so many inches, whose panels make room for their letters."""
    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def moment_name(moment):
    """Return a moment's text as it is, and its number with commas between the thousands."""
    return moment if isinstance(moment, str) else f"{moment:,}"


def small_multiples(count, height, xlabel, ylabel):
    """Return a Figure and the axes of so many panels that share their axes, up to 4 in a row.

    Args:
        count: of panels.
        height: of one, in inches.
        xlabel, ylabel: at the lowest and at the leftmost panels.
    """
    columns = min(4, count)
    rows = math.ceil(count / columns)
    figure = new_figure(height * rows + 0.5, WIDTH if columns > 2 else 3 * columns + 1)
    axes = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axis in axes[count:]:
        axis.remove()
    for axis in axes[max(0, count - columns) : count]:  # the lowest of their columns
        axis.tick_params(labelbottom=True)
        axis.set_xlabel(xlabel)
    for axis in axes[:count:columns]:
        axis.set_ylabel(ylabel)
    return figure, axes[:count]


def draw_numbers(axis, values, title, most=None, fixed=False, size=8):
    """Draw a grid of numbers, blue above 0 and red below; nothing where they are NaN.

    Args:
        axis: axes to draw on.
        values: (rows, columns).
        title: above them.
        most: the size of number that has the strongest colour; None for the largest one.
        fixed: write two digits after the point always, rather than where they are needed.
        size: of the letters, in points.
    """
    most = 1.8 * (most or np.nanmax(np.abs(values)) or 1)  # pale enough for black letters
    axis.imshow(np.ma.masked_invalid(values), cmap="RdBu", vmin=-most, vmax=most)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            value = round(float(value), 2) + 0.0  # no -0
            text = (f"{value:.2f}" if fixed else f"{value:g}").replace("-", MINUS)
            axis.text(column, row, text, ha="center", va="center_baseline", fontsize=size)
    rows, columns = values.shape
    axis.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axis.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axis.grid(which="minor", color="0.8", linewidth=0.6)
    axis.tick_params(which="both", length=0)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize="medium")
