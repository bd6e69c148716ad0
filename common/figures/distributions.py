"""Distributions: densities of numbers, what a discriminator believes of them, points of a plane."""

import numpy as np

from common.figures.style import COLOURS, moment_name, new_figure, small_multiples

BINS = 80
REAL, GENERATED = "#56b4e9", "#d55e00"  # blue and vermilion, which colour-blind readers tell apart
BELIEF = (0.4, 0.6)  # probabilities on their axis: a trained pair's discriminator is never sure
LEGEND = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3, "frameon": False}


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
    figure = new_figure(4, width=6.4)
    axis = figure.subplots()
    draw_density(axis, generated, reach, real)
    figure.suptitle(title)
    if belief is not None:
        right = axis.twinx()
        right.plot(*belief, "k--", linewidth=1)
        right.set(ylim=BELIEF, ylabel="D's probability of real")
        axis.plot([], [], "k--", linewidth=1, label="D (right axis)")
    axis.legend(**LEGEND)
    return figure


def change_density(figure, generated, title, probabilities):
    """Let a figure of density() with a belief show others instead, in half the time of a new one:
    nothing else in it moves, and so it keeps the places that it was drawn with.

    Args: see density(); the probabilities are of the same values.
    """
    figure.set_layout_engine("none")
    axis, right = figure.axes
    drawn = axis.patches[-1]
    drawn.set_data(heights(generated, drawn.get_data().edges))
    right.lines[0].set_ydata(probabilities)
    figure.texts[0].set_text(title)


def draw_density(axis, generated, reach, real):
    """Draw the histograms of density(), see there, on axes."""
    edges = np.linspace(*reach, BINS + 1)
    if real is not None:
        of_real = heights(real, edges)
        axis.stairs(of_real, edges, fill=True, color=REAL, alpha=0.6, label="real")
        axis.set_ylim(0, 1.8 * of_real.max())
    generated = heights(generated, edges)
    axis.stairs(generated, edges, color=GENERATED, linewidth=1.8, label="generated")
    axis.set(xlabel="value", ylabel="density", xlim=reach)


def heights(values, edges):
    """The densities of values in bins of one width; what is not finite is left out."""
    values = values[np.isfinite(values)]
    return np.histogram(values, edges)[0] / (max(1, len(values)) * (edges[1] - edges[0]))


def belief(values, probabilities, title, optimum, real, generated):
    """Draw what a discriminator believes at every point, and below it the two densities.

    Args:
        values: (N,), the points, rising.
        probabilities: (N,) in [0, 1], the discriminator's answers there.
        title: above the panels.
        optimum: (N,) in [0, 1], the best answers D* = p / (p + q) there, or None.
        real, generated: (M,), values to draw densities of, as density() does.
    """
    figure = new_figure(5.6, width=6.4)
    axes = figure.subplots(2, sharex=True)
    axes[0].plot(values, probabilities, "k", linewidth=1.5, label="D")
    if optimum is not None:
        axes[0].plot(values, optimum, "--", color=COLOURS[2], label="D* = p / (p + q)")
    axes[0].axhline(0.5, color="0.6", linewidth=0.8, zorder=0)
    axes[0].set(ylim=(0, 1), xlim=(values[0], values[-1]), ylabel="probability of real")
    draw_density(axes[1], generated, (values[0], values[-1]), real)
    for axis in axes:
        axis.legend(**LEGEND)
        axis.grid(alpha=0.3)
    figure.suptitle(title)
    return figure


def points(real, samples, title, reach=None):
    """Draw generated points of the plane on the real ones, one panel for each set.

    Args:
        real: (N, 2).
        samples: dict from a panel's label, a text or a number, to its points (M, 2).
        title: above the panels.
        reach: the axes go from -reach to reach; None to take it from the real points.

    Returns:
        A matplotlib Figure. A label says how many points lie outside of the axes, if any do.
    """
    reach = reach or 1.25 * np.abs(real).max()
    height = 2.55 if len(samples) > 2 else 3.3
    figure, axes = small_multiples(len(samples), height, "first coordinate", "second coordinate")
    for axis, (label, generated) in zip(axes, samples.items(), strict=True):
        dots = {"markersize": 2, "markeredgewidth": 0}
        axis.plot(*np.transpose(real), "o", color=REAL, alpha=0.5, label="real", **dots)
        axis.plot(*np.transpose(generated), "o", color=GENERATED, label="generated", **dots)
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        outside = int((~(np.abs(generated) <= reach).all(axis=1)).sum())
        text = f" ({outside:,} outside)" if outside else ""
        axis.set_title(moment_name(label) + text, fontsize="medium")
    handles = axes[0].get_legend_handles_labels()
    legend = figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False)
    for handle in legend.legend_handles:
        handle.set_markersize(6)
    figure.suptitle(title)
    return figure
