"""Curves: a run's losses, and the generator's costs of the lecture's slides."""

import io
import math
import re
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

from common.figures.pictures import as_picture, write_png
from common.figures.style import COLOURS, new_figure

MARKED_ROWS = 500  # more markers than that would run into one another


def plot_losses(path, rows, panels, x="iteration"):
    """Plot columns of losses.csv against the iteration and write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        rows: what common.runs.folders.read_losses returned.
        panels: dict from a panel's title and its axis's unit, a pair, to the names of its columns,
            panels from top to bottom.
        x: the column to plot them against, in a table of another kind.
    """
    write_png(path, as_picture(draw_losses(rows, panels, x)))  # matplotlib's would lay out twice


def draw_losses(rows, panels, x="iteration", size=(8, 3), levels=()):
    """Return a matplotlib Figure of columns of losses.csv.

    Args:
        rows, panels, x: see plot_losses().
        size: of a panel, in inches.
        levels: pairs of a text and a value, each a horizontal line through all panels.
    """
    width, height = size
    figure = new_figure(height * len(panels), width)
    axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for axis, ((title, unit), columns) in zip(axes, panels.items(), strict=True):
        draw_columns(axis, rows, columns, x)
        for text, level in levels:
            axis.axhline(level, color="black", linewidth=0.8)
            look = {"textcoords": "offset points", "va": "center", "fontsize": "small"}
            axis.annotate(text, (1, level), (4, 0), ("axes fraction", "data"), **look)
        axis.set_ylabel(unit)
        # The legend is above the panel, where it hides no line; the title is beside it or, where
        # that is too narrow, above.
        ncols = len(columns) if width >= 8 else 2
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=ncols, frameon=False)
        pad = 6 if width >= 8 else 10 + 15 * math.ceil(len(columns) / ncols)
        axis.set_title(title, loc="left", fontsize="medium", pad=pad)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel(x)
    axes[-1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return figure


def draw_columns(axis, rows, columns, x):
    """Draw columns of a table against its column x, on axes."""
    places = [row[x] for row in rows]
    marker = "." if len(rows) <= MARKED_ROWS else ""
    axis.set_prop_cycle(color=COLOURS, linestyle=("-", "--", ":", "-."))  # for greyscale
    for column in columns:
        values = [row[column] for row in rows]
        axis.plot(places, values, label=column, linewidth=0.9, marker=marker, markersize=3)
        if is_far_spread(values):
            axis.set_yscale("symlog")


def is_far_spread(values):
    """Whether numbers want a logarithmic axis: a critic's losses reach 10^4, with both signs."""
    sizes = np.abs(values)
    return np.max(sizes) > max(100, 10 * np.min(sizes))


class Band(NamedTuple):
    """A number over several runs: arrays (N,)."""

    x: np.ndarray  # iterations
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def draw_bands(bands, unit, size=(4.6, 3)):
    """Return a matplotlib Figure of lines over each other, each with its band.

    Args:
        bands: dict from a line's name to its Band.
        unit: of the vertical axis.
        size: in inches.
    """
    width, height = size
    figure = new_figure(height, width)
    axis = figure.subplots()
    looks = [(colour, line) for line in ("-", "--", ":", "-.") for colour in COLOURS]
    for (colour, line), (name, band) in zip(looks, bands.items(), strict=False):
        axis.plot(band.x, band.mean, line, color=colour, linewidth=1.2, label=name)
        axis.fill_between(band.x, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
        if is_far_spread([band.low, band.high]):
            axis.set_yscale("symlog")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=8, frameon=False, fontsize="small",
                handlelength=1.4, columnspacing=0.8)  # fmt: skip
    axis.set(xlabel="iteration", ylabel=unit)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.grid(alpha=0.3)
    return figure


def as_svg(figure):
    """Return a matplotlib Figure as an <svg> element for an HTML page.

    Letters stay text, nothing refers to a web address, and one figure always gives one text.
    """
    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gan-lectures"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)  # HTML knows the namespaces without an address
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # a page with several figures would have them twice
    # Places to a hundredth of a point, half of the file; the numbers between the tags stay. Tag by
    # tag, for a curve's own is long, and to look for its end from each number takes seconds.
    return re.sub(r"<[^<>]*>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), svg)


def generator_costs():
    """Draw the three generator costs of the lecture's slides, of one image, and their gradients.

    The zero-sum game's is C_G = -C_D without the real images' part, which has no gradient here.

    Returns:
        A matplotlib Figure: the costs against the discriminator's answer D(G(z)) in (0, 1), and
        the size of their derivatives with respect to its logit, D = 1 / (1 + e^-logit).
    """
    answers = np.linspace(0.001, 0.999, 999)  # D = 0.5 among them
    odds = answers / (1 - answers)  # e to the logit
    costs = {  # the cost, and the size of its derivative with respect to the logit
        r"zero-sum: $\dfrac{1}{2}\log(1 - D)$": (np.log(1 - answers) / 2, answers / 2),
        r"flipped target: $-\dfrac{1}{2}\log D$": (-np.log(answers) / 2, (1 - answers) / 2),
        r"maximum likelihood: $-\dfrac{1}{2}e^{\sigma^{-1}(D)}$": (-odds / 2, odds / 2),
    }
    figure = new_figure(4)
    left, right = figure.subplots(1, 2)
    looks = zip(COLOURS, ("-", "--", "-."), costs.items(), strict=False)
    for colour, line, (name, (cost, gradient)) in looks:
        left.plot(answers, cost, line, color=colour, label=name)
        right.plot(answers, gradient, line, color=colour)
    left.set(title="cost", ylabel="cost of one image (nats)", ylim=(-3, 3))
    right.set(title="its gradient", ylabel="size of the derivative by D's logit", ylim=(0, 1.5))
    for axis in (left, right):
        axis.set(xlabel="D(G(z)), D's probability of real", xlim=(0, 1))
        axis.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure
