"""What networks have learned: weights between their bounds, and vectors of an embedding."""

import numpy as np

from common.figures.style import COLOURS, draw_numbers, moment_name, new_figure, small_multiples


def weight_histogram(weights, clip, title):
    """Draw how a critic's weights are distributed between the bounds they are clipped to.

    Args:
        weights: dict from a moment (a number or a text) to an array, or a list of arrays, of any
            shapes.
        clip: the bound; weights lie in [-clip, clip] once they have been clipped.
        title: above the panels.

    Returns:
        A matplotlib Figure with a panel for each moment, on the same axes.
    """
    figure, axes = small_multiples(len(weights), 2.6, "weight", "share of the weights (%)")
    edges = clip * np.arange(-24.5, 25) / 20  # each bound in the middle of a bin
    for axis, (moment, arrays) in zip(axes, weights.items(), strict=True):
        arrays = arrays if isinstance(arrays, (list, tuple)) else [arrays]
        values = np.concatenate([np.ravel(array) for array in arrays])
        shares = np.histogram(values, edges)[0] / len(values) * 100
        axis.stairs(shares, edges, fill=True, color=COLOURS[0])
        for bound in (-clip, clip):
            axis.axvline(bound, color=COLOURS[1], linestyle="--", linewidth=1)
        sizes = np.abs(values) / clip  # float32 rounds the bound itself
        at, beyond = np.isclose(sizes, 1, rtol=1e-6).mean(), (sizes > 1 + 1e-6).mean()
        text = f"{at:.0%} at ±{clip:g}" + (f"\n{beyond:.0%} beyond" if beyond else "")
        axis.text(0.5, 0.97, text, ha="center", va="top", transform=axis.transAxes)
        label = moment if isinstance(moment, str) else f"iteration {moment_name(moment)}"
        axis.set_title(label, fontsize="medium")
        axis.set_xticks([-clip, 0, clip])
    axes[0].set_ylim(0, 1.25 * axes[0].get_ylim()[1])  # room for the words
    figure.suptitle(title)
    return figure


def embedding(vectors, title):
    """Draw what an embedding layer has learned: which of its vectors are alike.

    Args:
        vectors: (N, length), the layer's weights.
        title: above the panels.

    Returns:
        A matplotlib Figure: cosines of the angles between the vectors, in [-1, 1], and beside
        them the vectors' first two principal components.
    """
    vectors = np.asarray(vectors, dtype="float64")
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    figure = new_figure(4.1)
    heat, plane = figure.subplots(1, 2)
    draw_numbers(heat, units @ units.T, "", most=1, fixed=True, size=7)
    numbers = range(len(vectors))
    heat.set(title="cosine of the angle between two vectors", xticks=numbers, yticks=numbers)
    draw_components(plane, vectors)
    figure.suptitle(title)
    return figure


def draw_components(axis, vectors):
    """Draw the first two principal components of embedding()'s vectors as numbered dots."""
    left, spread, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    components, shares = left[:, :2] * spread[:2], spread**2 / np.sum(spread**2)
    places = beside(components, 0.09 * np.ptp(components, axis=0).max())
    for number, (point, place) in enumerate(zip(components, places, strict=True)):
        axis.plot(*zip(point, place, strict=True), color="0.6", linewidth=0.8)
        axis.plot(*point, "o", markersize=4, color=COLOURS[1])
        circle = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": COLOURS[0]}
        axis.text(*place, number, ha="center", va="center", color=COLOURS[0], bbox=circle)
    axis.set(
        title="principal components of the vectors",
        xlabel=f"first, {shares[0]:.0%} of the variance",
        ylabel=f"second, {shares[1]:.0%} of the variance",
        aspect="equal",
        adjustable="datalim",
    )
    axis.margins(0.15)
    axis.grid(alpha=0.3)


def beside(points, distance):
    """Return places (N, 2) for a text beside each point (N, 2), such a distance from all others."""
    outwards = points - np.median(points, axis=0)
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-12)
    places = points + distance * outwards
    for _ in range(200):  # texts push one another away, and points do
        for i in range(len(places)):
            for others, reach in ((places, distance), (points, 0.7 * distance)):
                away = places[i] - others
                lengths = np.linalg.norm(away, axis=1, keepdims=True)
                near = (lengths > 0) & (lengths < reach)
                away = np.where(near, away / np.maximum(lengths, 1e-12), 0)
                places[i] += 0.05 * distance * away.sum(axis=0)
    return places
