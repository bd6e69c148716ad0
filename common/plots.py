"""Plots: a run's losses, a distribution's density."""

import io
import re

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure  # not pyplot, which keeps every figure
from matplotlib.ticker import MaxNLocator

from common.files import whole

MARKED_ROWS = 500  # more markers than that would run into one another
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart also by the colour-blind


def plot_losses(path, rows, panels, x="iteration"):
    """Plot columns of losses.csv against the iteration and write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        rows: what common.runs.read_losses returned.
        panels: dict from a panel's label to the names of its columns, panels from top to bottom.
        x: the column to plot them against, in a table of another kind.
    """
    figure = draw_losses(rows, panels, x)
    with whole(path) as file:
        figure.savefig(file, format="png")


def draw_losses(rows, panels, x="iteration", size=(8, 3)):
    """Return a matplotlib Figure, see plot_losses(); size is that of a panel, in inches."""
    line = ".-" if len(rows) <= MARKED_ROWS else "-"
    width, height = size
    figure = Figure(figsize=(width, height * len(panels)), dpi=100, layout="constrained")
    axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    places = [row[x] for row in rows]
    for axis, (label, columns) in zip(axes, panels.items(), strict=True):
        axis.set_prop_cycle(color=COLOURS)
        for column in columns:
            values = [row[column] for row in rows]
            axis.plot(places, values, line, label=column, linewidth=0.8, markersize=3)
            if max(map(abs, values)) > 100:  # a critic's losses reach 10^4, with both signs
                axis.set_yscale("symlog")
        axis.set_ylabel(label)
        # Above the panel, where it hides no line.
        ncols = len(columns) if width >= 8 else 2
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=ncols, frameon=False)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel(x)
    axes[-1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
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
    # Places to a hundredth of a point, half of the file; the numbers between the tags stay.
    return re.sub(r"(\.\d\d)\d+(?=[^<>]*>)", r"\1", svg)


BINS = 80
REAL, GENERATED = "#56b4e9", "#d55e00"  # blue and vermilion, which colour-blind readers tell apart
BELIEF = (0.4, 0.6)  # probabilities on their axis: a trained pair's discriminator is never sure


def density(generated, reach, title, real=None, belief=None):
    """Plot the density of generated values, and of the real ones, as histograms.

    The axes depend on reach and real alone, so that the plots of a run can be compared: a peak of
    the generated values, or a discriminator that is sure, may leave the plot.

    Args:
        generated: (N,); what is not finite is left out.
        reach: (lowest, highest) value of the axis.
        title: above the plot.
        real: (M,) or None.
        belief: (values, probabilities) of a discriminator to be drawn with an axis of its own, or
            None.

    Returns:
        A matplotlib Figure, 640x400 pixels.
    """
    figure = Figure(figsize=(6.4, 4), dpi=100, layout="constrained")
    axis = figure.subplots()
    edges = np.linspace(*reach, BINS + 1)

    def heights(values):
        values = values[np.isfinite(values)]
        return np.histogram(values, edges)[0] / (max(1, len(values)) * (edges[1] - edges[0]))

    if real is not None:
        axis.stairs(heights(real), edges, fill=True, color=REAL, alpha=0.6, label="real")
        axis.set_ylim(0, 1.8 * heights(real).max())
    axis.stairs(heights(generated), edges, color=GENERATED, linewidth=1.8, label="generated")
    axis.set(xlabel="value", ylabel="density", xlim=reach)
    figure.suptitle(title)
    if belief is not None:
        right = axis.twinx()
        right.plot(*belief, "k--", linewidth=1)
        right.set(ylim=BELIEF, ylabel="D's probability of real")
        axis.plot([], [], "k--", linewidth=1, label="D (right axis)")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    return figure


def as_picture(figure):
    """Return a matplotlib Figure as uint8 (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
