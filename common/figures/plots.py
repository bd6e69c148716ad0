"""Plots: a run's losses, a distribution's density, and the figures of the notebooks.

Every function returns a matplotlib Figure, but for those whose names begin with draw_, which draw
on axes that they are given (draw_losses apart). A notebook shows it as the last expression of a
cell after %matplotlib inline.
"""

import io
import math
import re
import textwrap
from typing import NamedTuple

import matplotlib
import numpy as np
from keras import layers
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure  # not pyplot, which keeps every figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from common.data.datasets import unscale
from common.figures import pictures
from common.files import whole

MARKED_ROWS = 500  # more markers than that would run into one another
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart also by the colour-blind
MINUS, TIMES = "\u2212", "\u00d7"  # as long, or high, as letters of the figures want them


def plot_losses(path, rows, panels, x="iteration"):
    """Plot columns of losses.csv against the iteration and write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        rows: what common.runs.folders.read_losses returned.
        panels: dict from a panel's title and its axis's unit, a pair, to the names of its columns,
            panels from top to bottom.
        x: the column to plot them against, in a table of another kind.
    """
    figure = draw_losses(rows, panels, x)
    with whole(path) as file:
        figure.savefig(file, format="png")


def draw_losses(rows, panels, x="iteration", size=(8, 3), levels=()):
    """Return a matplotlib Figure of columns of losses.csv.

    Args:
        rows, panels, x: see plot_losses().
        size: of a panel, in inches.
        levels: pairs of a text and a value, each a horizontal line through all panels.
    """
    marker = "." if len(rows) <= MARKED_ROWS else ""
    width, height = size
    figure = Figure(figsize=(width, height * len(panels)), dpi=100, layout="constrained")
    axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    places = [row[x] for row in rows]
    for axis, ((title, unit), columns) in zip(axes, panels.items(), strict=True):
        axis.set_prop_cycle(color=COLOURS, linestyle=("-", "--", ":", "-."))  # for greyscale
        for column in columns:
            values = [row[column] for row in rows]
            look = {"linewidth": 0.9, "marker": marker, "markersize": 3}
            axis.plot(places, values, label=column, **look)
            if max(map(abs, values)) > 100:  # a critic's losses reach 10^4, with both signs
                axis.set_yscale("symlog")
        for text, level in levels:
            axis.axhline(level, color="black", linewidth=0.8)
            axis.annotate(
                text, (1, level), (4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize="small",
            )  # fmt: skip
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
    draw_density(axis, generated, reach, real)
    figure.suptitle(title)
    if belief is not None:
        right = axis.twinx()
        right.plot(*belief, "k--", linewidth=1)
        right.set(ylim=BELIEF, ylabel="D's probability of real")
        axis.plot([], [], "k--", linewidth=1, label="D (right axis)")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    return figure


def draw_density(axis, generated, reach, real=None):
    """Draw the histograms of density(), see there, on axes."""
    edges = np.linspace(*reach, BINS + 1)

    def heights(values):
        values = values[np.isfinite(values)]
        return np.histogram(values, edges)[0] / (max(1, len(values)) * (edges[1] - edges[0]))

    if real is not None:
        axis.stairs(heights(real), edges, fill=True, color=REAL, alpha=0.6, label="real")
        axis.set_ylim(0, 1.8 * heights(real).max())
    axis.stairs(heights(generated), edges, color=GENERATED, linewidth=1.8, label="generated")
    axis.set(xlabel="value", ylabel="density", xlim=reach)


def as_picture(figure):
    """Return a matplotlib Figure as uint8 (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


# Figures of images. A cell is one image, and its centre is at whole numbers on both axes.

WIDTH = 8  # inches, of a notebook's column and of a printed page
CELL = 0.8  # inches along the side of an image, at most


def draw_cells(axis, cells, row_labels=(), column_labels=()):
    """Draw uint8 images (rows, columns, height, width) on axes, with white between them."""
    rows, columns, height, width = cells.shape
    cells = np.pad(cells, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=255)
    picture = cells.transpose(0, 2, 1, 3).reshape(rows * (height + 2), columns * (width + 2))
    extent = (-0.5, columns - 0.5, rows - 0.5, -0.5)
    axis.imshow(picture, "gray", vmin=0, vmax=255, extent=extent, interpolation="nearest")
    axis.set_xticks(range(len(column_labels)), column_labels)
    axis.set_yticks(range(len(row_labels)), row_labels)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def as_cells(images, columns, black):
    """Return images (N, height, width, 1) as cells for draw_cells(); white where there is none."""
    images = unscale(images, black)[..., 0]
    missing = -len(images) % columns
    images = np.pad(images, ((0, missing), (0, 0), (0, 0)), constant_values=255)
    return images.reshape(-1, columns, *images.shape[1:])


def cells_figure(cells, title, row_labels=(), column_labels=()):
    """Return a Figure that holds such cells alone, as wide as WIDTH or less."""
    rows, columns = cells.shape[:2]
    letters = 0.3 + 0.08 * max((len(str(label)) for label in row_labels), default=0)
    side = min(CELL, (WIDTH - letters) / columns)
    width = max(WIDTH / 2, letters + columns * side)  # room for the title
    height = rows * side + 0.4 + (0.45 if len(column_labels) else 0)
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    axis = figure.subplots()
    draw_cells(axis, cells, row_labels, column_labels)
    axis.set_title(title)
    return figure


def image_grid(images, columns, title, black=-1.0, row_labels=(), column_labels=()):
    """Draw images row by row.

    Args:
        images: (N, 28, 28, 1) in [black, 1]; values outside are cut off, as the screen does.
        columns: images in a row.
        title: above them.
        black: a black pixel's value.
        row_labels, column_labels: a text or number for each row, or column, or none at all.

    Returns:
        A matplotlib Figure.
    """
    return cells_figure(as_cells(images, columns, black), title, row_labels, column_labels)


def titled(picture, title):
    """Put a title above a picture.

    Args:
        picture: uint8 (height, width), black 0 and white 255.
        title: above it.

    Returns:
        A matplotlib Figure, pixel for pixel.
    """
    (height, width), above = picture.shape, 30
    figure = Figure(figsize=(width / 100, (height + above) / 100), dpi=100)
    figure.figimage(np.stack([picture] * 3, axis=-1), origin="upper")
    figure.suptitle(title, y=1 - above / 2 / (height + above), va="center")
    return figure


def over_time(samples, moments, title, black=-1.0, unit="iteration"):
    """Draw samples of a run's moments, one row a moment, the first on top.

    Args:
        samples: (moments, columns, 28, 28, 1) in [black, 1]; or a list of uint8 grids, as the
            run's samples/*.png hold them, of which pictures.strip() takes the diagonal.
        moments: a number or a text for each.
        title: above them.
        black: a black pixel's value, of images.
        unit: what the moments are.

    Returns:
        A matplotlib Figure.
    """
    if np.ndim(samples[0]) > 2:
        samples = [pictures.grid(images, len(images), black) for images in samples]
    strip = pictures.strip(samples, [""] * len(samples))[:, pictures.MARGIN :]
    cells = strip.reshape(len(samples), pictures.CELL, -1, pictures.CELL).transpose(0, 2, 1, 3)
    labels = [moment if isinstance(moment, str) else f"{moment:,}" for moment in moments]
    figure = cells_figure(cells, title, labels)
    figure.axes[0].set_ylabel(unit)
    return figure


def walk(images, title, labels=(), black=-1.0):
    """Draw walks through the space of the noise, one row a walk.

    Args:
        images: (walks, steps, 28, 28, 1) in [black, 1], or (steps, 28, 28, 1) of one walk.
        title: above them.
        labels: a text or number for each walk, or none.
        black: a black pixel's value.

    Returns:
        A matplotlib Figure.
    """
    steps, *shape = images.shape[-4:]
    figure = image_grid(
        images.reshape(-1, *shape), steps, title, black, labels, ["start", *range(1, steps)]
    )
    figure.axes[0].set_xlabel("step")
    return figure


def directions(
    images, offsets, title, labels=(), unit="standard deviations of the noise", black=-1.0
):
    """Draw images that move along a direction of the space of the noise.

    Args:
        images: (rows, len(offsets), 28, 28, 1) in [black, 1].
        offsets: how far each column has moved.
        title: above them, what the direction changes.
        labels: a text or number for each row, or none.
        unit: of the offsets.
        black: a black pixel's value.

    Returns:
        A matplotlib Figure.
    """
    texts = [f"{offset:+g}".replace("-", MINUS) if offset else "0" for offset in offsets]
    cells = as_cells(images.reshape(-1, *images.shape[2:]), len(offsets), black)
    figure = cells_figure(cells, title, labels, texts)
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
        title: above them.
        black: a black pixel's value.

    Returns:
        A matplotlib Figure.
    """
    terms = [*terms, result]
    below = any(term.examples is not None for term in terms)
    signs = [term.sign.replace("-", MINUS) for term in terms[:-1]] + ["="]
    if signs[0] == "+":
        signs[0] = ""
    widths = [share for sign in signs for share in (0.2 if sign else 0.01, 1)]
    side = WIDTH / sum(widths) - 0.2
    height = side + 0.75 + (0.35 * side if below else 0)
    figure = Figure(figsize=(WIDTH, height), dpi=100, layout="constrained")
    axes = figure.subplots(
        1 + below,
        2 * len(terms),
        width_ratios=widths,
        height_ratios=[1, 0.33][: 1 + below],
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for i, (sign, term) in enumerate(zip(signs, terms, strict=True)):
        axes[0, 2 * i].text(0.5, 0.5, sign, fontsize=20, ha="center", va="center")
        image = term.image[np.newaxis] if term.image.ndim == 3 else term.image
        draw_cells(axes[0, 2 * i + 1], as_cells(image.mean(0, keepdims=True), 1, black))
        axes[0, 2 * i + 1].set_title(term.label, fontsize="medium")
        if term.examples is not None:
            cells = as_cells(term.examples, min(3, len(term.examples)), black)
            draw_cells(axes[1, 2 * i + 1], cells)
            axes[1, 2 * i + 1].set_anchor("N")
    figure.suptitle(title)
    return figure


# Figures of networks.


def network(model):
    """Draw a Keras model's layers from top to bottom, with output shapes and parameter counts.

    Unlike keras.utils.plot_model it needs no graphviz. Coloured boxes have parameters.

    Args:
        model: built, Sequential or functional, with any number of inputs and outputs.

    Returns:
        A matplotlib Figure.
    """
    nodes = layer_nodes(model)
    levels = dict.fromkeys(nodes, 0)  # steps to the last row
    for key, (_, _, sources) in reversed(nodes.items()):
        for source in sources:
            levels[source] = max(levels[source], levels[key] + 1)
    last = max(levels.values())
    rows = [[key for key in nodes if levels[key] == last - row] for row in range(last + 1)]

    width, margin, pitch, tall, top = 6.8, 0.1, 0.47, 0.29, 0.75  # inches
    figure = Figure(figsize=(width, top + pitch * len(rows)), dpi=100)
    axis = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(top + pitch * len(rows), 0))
    axis.axis("off")
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    count = f"{model.count_params():,} parameters"
    if trained != model.count_params():
        count += f", {model.count_params() - trained:,} of them not trained"
    axis.text(margin, 0.2, f"{model.name}: {count}", fontsize=12, va="center")
    right = width - margin
    heads = (
        ("layer", margin + 0.08, "left"),
        ("output shape", right - 1.9, "center"),
        ("parameters", right - 0.08, "right"),
    )
    for name, x, align in heads:
        axis.text(x, top - 0.2, name, fontsize=9, color="0.35", ha=align, va="center")

    ends = {}  # node -> middle of its box's upper side, and of its lower one
    for row, keys in enumerate(rows):
        y = top + pitch * row
        wide = (width - 2 * margin - 0.3 * (len(keys) - 1)) / len(keys)
        for column, key in enumerate(keys):
            x = margin + column * (wide + 0.3)
            ends[key] = ((x + wide / 2, y), (x + wide / 2, y + tall))
            layer, tensors, sources = nodes[key]
            draw_layer(axis, layer, tensors, (x, y, wide, tall), 1.9 if len(keys) == 1 else 0.95)
            for source in sources:
                look = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0}
                axis.annotate("", ends[key][0], ends[source][1], arrowprops=look)
    return figure


def draw_layer(axis, layer, tensors, box, shape_from_right):
    """Draw a layer as a box: its class, its settings, the shapes of its outputs, its parameters.

    Args:
        axis: axes in inches, y downwards.
        layer: a Keras layer or operation.
        tensors: its outputs.
        box: (x, y, width, height).
        shape_from_right: from the middle of the shapes to the box's right side, in inches.
    """
    x, y, width, height = box
    parameters = layer.count_params() if isinstance(layer, layers.Layer) else 0
    patch = FancyBboxPatch(
        (x, y),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor="#d6e9f5" if parameters else "white",
        edgecolor="0.3",
    )
    axis.add_patch(patch)
    middle, look = y + height / 2, {"va": "center_baseline", "fontsize": 9}
    name = axis.text(x + 0.08, middle, type(layer).__name__, fontweight="bold", **look)
    beside = {"xycoords": name, "textcoords": "offset points"}
    axis.annotate(describe(layer), (1, 0), (6, 0), va="bottom", fontsize=9, **beside)
    shapes = [f" {TIMES} ".join(f"{side:,}" for side in tensor.shape[1:]) for tensor in tensors]
    axis.text(x + width - shape_from_right, middle, ", ".join(shapes), ha="center", **look)
    if parameters:
        axis.text(x + width - 0.08, middle, f"{parameters:,}", ha="right", **look)


def layer_nodes(model):
    """Return what a model computes, in order: key -> (layer, output tensors, keys of its sources).

    A layer that is called twice is there twice. Operations such as slicing count as layers.
    """
    nodes = {}

    def visit(tensor):
        layer, index, _ = tensor._keras_history
        key = (layer.name, index)
        if key not in nodes:
            node = layer._inbound_nodes[index]
            sources = [visit(source) for source in node.input_tensors]
            nodes[key] = (layer, node.output_tensors, sources)
        return key

    for tensor in model.outputs:
        visit(tensor)
    return nodes


def describe(layer):
    """Return a layer's settings in a few words, and its name if it has one of its own.

    Units and feature maps are not among them: the shape of the output tells.
    """

    def has(*names):
        return all(getattr(layer, name, None) is not None for name in names)

    def sides(numbers):
        return TIMES.join(map(str, numbers))

    parts = []
    # A name that Keras made is the class's, perhaps with a number.
    if re.sub(r"(_\d+)?$", "", layer.name).replace("_", "") != type(layer).__name__.lower():
        parts.append(f'"{layer.name}"')
    if has("input_dim", "output_dim"):
        parts.append(f"{layer.input_dim} rows of {layer.output_dim}")
    for name in ("kernel_size", "pool_size"):
        if has(name):
            parts.append(sides(getattr(layer, name)))
    if has("strides", "padding"):
        stride = layer.strides[0] if len(set(layer.strides)) == 1 else sides(layer.strides)
        parts += [f"stride {stride}", layer.padding]
    if has("size", "interpolation"):
        parts += [f"by {sides(layer.size)}", layer.interpolation]
    if has("rate"):
        parts.append(f"{layer.rate:g}")
    if has("negative_slope"):
        parts.append(f"slope {layer.negative_slope:g}")
    if has("scale", "offset"):
        parts.append(f"times {layer.scale:g}")
    if has("activation"):
        if isinstance(layer.activation, layers.Layer):
            parts.append(f"{type(layer.activation).__name__} {describe(layer.activation)}")
        elif layer.activation.__name__ != "linear":
            parts.append(layer.activation.__name__)
    return ", ".join(parts)


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
        sizes = np.abs(values) / clip
        axis.stairs(
            np.histogram(values, edges)[0] / len(values) * 100, edges, fill=True, color=COLOURS[0]
        )
        for bound in (-clip, clip):
            axis.axvline(bound, color=COLOURS[1], linestyle="--", linewidth=1)
        # float32 rounds the bound itself
        at, beyond = np.isclose(sizes, 1, rtol=1e-6).mean(), (sizes > 1 + 1e-6).mean()
        text = f"{at:.0%} at ±{clip:g}" + (f"\n{beyond:.0%} beyond" if beyond else "")
        axis.text(0.5, 0.97, text, ha="center", va="top", transform=axis.transAxes)
        label = moment if isinstance(moment, str) else f"iteration {moment:,}"
        axis.set_title(label, fontsize="medium")
        axis.set_xticks([-clip, 0, clip])
    axes[0].set_ylim(0, 1.25 * axes[0].get_ylim()[1])  # room for the words
    figure.suptitle(title)
    return figure


def small_multiples(count, height, xlabel, ylabel):
    """Return a Figure and the axes of so many panels that share their axes, up to 4 in a row.

    Args:
        count: of panels.
        height: of one, in inches.
        xlabel, ylabel: at the lowest and at the leftmost panels.
    """
    columns = min(4, count)
    rows = math.ceil(count / columns)
    width = WIDTH if columns > 2 else 3 * columns + 1
    figure = Figure(figsize=(width, height * rows + 0.5), dpi=100, layout="constrained")
    axes = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axis in axes[count:]:
        axis.remove()
    for axis in axes[max(0, count - columns) : count]:  # the lowest of their columns
        axis.tick_params(labelbottom=True)
        axis.set_xlabel(xlabel)
    for axis in axes[:count:columns]:
        axis.set_ylabel(ylabel)
    return figure, axes[:count]


def embedding(vectors, title, labels=range(10)):
    """Draw what an embedding layer has learned: which of its vectors are alike.

    Args:
        vectors: (N, length), the layer's weights.
        title: above the panels.
        labels: a number, or a letter or two, for each.

    Returns:
        A matplotlib Figure: cosines of the angles between the vectors, in [-1, 1], and beside
        them the vectors' first two principal components.
    """
    vectors = np.asarray(vectors, dtype="float64")
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = directions @ directions.T
    left, spread, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    components, shares = left[:, :2] * spread[:2], spread**2 / np.sum(spread**2)

    figure = Figure(figsize=(WIDTH, 4.1), dpi=100, layout="constrained")
    heat, plane = figure.subplots(1, 2)
    draw_numbers(heat, cosines, most=1, fixed=True, size=7)
    heat.set(title="cosine of the angle between two vectors")
    heat.set_xticks(range(len(labels)), labels)
    heat.set_yticks(range(len(labels)), labels)
    places = beside(components, 0.09 * np.ptp(components, axis=0).max())
    for point, place, label in zip(components, places, labels, strict=True):
        plane.plot(*zip(point, place, strict=True), color="0.6", linewidth=0.8)
        plane.plot(*point, "o", markersize=4, color=COLOURS[1])
        circle = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": COLOURS[0]}
        plane.text(*place, label, ha="center", va="center", color=COLOURS[0], bbox=circle)
    plane.set(
        title="principal components of the vectors",
        xlabel=f"first, {shares[0]:.0%} of the variance",
        ylabel=f"second, {shares[1]:.0%} of the variance",
        aspect="equal",
        adjustable="datalim",
    )
    plane.margins(0.15)
    plane.grid(alpha=0.3)
    figure.suptitle(title)
    return figure


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


# Figures of layers at work on small grids of numbers, all computed by the Keras layers themselves.


def draw_numbers(axis, values, most=None, fixed=False, size=8):
    """Draw a grid of numbers, blue above 0 and red below; nothing where they are NaN.

    Args:
        axis: axes to draw on.
        values: (rows, columns).
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
    axis.set_xticks([])
    axis.set_yticks([])


def draw_window(axis, row, column, height, width, colour=COLOURS[1], inset=0.0):
    """Draw a frame around a part of draw_numbers()'s grid, a little inside of its edge or on it."""
    corner = (column - 0.5 + inset, row - 0.5 + inset)
    sides = (width - 2 * inset, height - 2 * inset)
    axis.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=colour, linewidth=2, zorder=3))


def short(number):
    """Return a number as a text with four digits after the point at most."""
    return f"{round(float(number), 4) + 0.0:g}".replace("-", MINUS)


def convolution(kind, kernel, **settings):
    """Return a Keras convolution of such a class, without bias, with a kernel (height, width)."""
    kernel = np.asarray(kernel, "float32")
    # Zeros first, which take nothing from the random numbers that a training has seeded.
    settings |= {"use_bias": False, "kernel_initializer": "zeros", "dtype": "float32"}
    layer = kind(1, kernel.shape, **settings)
    layer.build((None, None, None, 1))
    layer.set_weights([kernel[..., np.newaxis, np.newaxis]])
    return layer


def apply(steps, grid):
    """Return what Keras layers, one after the other, make of a grid (rows, columns)."""
    x = np.asarray(grid, "float32")[np.newaxis, ..., np.newaxis]
    for layer in steps:
        x = layer(x)
    return np.asarray(x)[0, ..., 0]


def upsampling(grid, kernel, ways=None, mark=(2, 2)):
    """Draw upsampling and then a convolution, with one of its sums in full.

    Args:
        grid: (rows, columns), a small image such as 3x3.
        kernel: (height, width), odd, of the convolution, which pads with zeros.
        ways: dict from a text to the layers that upsample; None for UpSampling2D's nearest and
            bilinear.
        mark: row and column of the output whose sum is shown.

    Returns:
        A matplotlib Figure with a row for each way; numbers are rounded to hundredths.
    """
    grid, kernel = np.asarray(grid, "float32"), np.asarray(kernel, "float32")
    ways = ways or {
        f"UpSampling2D, {kind}": [layers.UpSampling2D(interpolation=kind, dtype="float32")]
        for kind in ("nearest", "bilinear")
    }
    last = convolution(layers.Conv2D, kernel, padding="same")
    figure = Figure(figsize=(WIDTH, 3.1 * len(ways)), dpi=100, layout="constrained")
    parts = figure.subfigures(len(ways), 1, squeeze=False)[:, 0]
    for part, (name, steps) in zip(parts, ways.items(), strict=True):
        large = apply(steps, grid)
        output = apply([last], large)
        panels = {"input": grid, "upsampled": large, "kernel": kernel, "convolved": output}
        axes = part.subplots(1, 4, width_ratios=[a.shape[1] for a in panels.values()])
        for axis, (title, values) in zip(axes, panels.items(), strict=True):
            draw_numbers(axis, values)
            axis.set_title(title, fontsize="medium")
        height, width = kernel.shape
        row, column = mark[0] - height // 2, mark[1] - width // 2
        draw_window(axes[1], row, column, height, width)
        draw_window(axes[3], *mark, 1, 1)
        window = np.pad(large, ((height // 2,) * 2, (width // 2,) * 2))[
            mark[0] : mark[0] + height, mark[1] : mark[1] + width
        ]
        products = " + ".join(
            f"{short(a)}·{short(b)}" if b > 0 else f"{short(a)}·({short(b)})"
            for a, b in zip(window.flat, kernel.flat, strict=True)
            if b
        )
        part.suptitle(f"{name}, then Conv2D")
        text = f"framed: {products} = {short(output[mark])}"
        part.supxlabel(textwrap.fill(text, 110), fontsize=9)
    return figure


def stamping(grid, kernel, stride=2):
    """Draw a transposed convolution as stamping: every input number stamps its multiple of the
    kernel on the output, stride pixels from the stamp before, and what overlaps is added up.

    Args:
        grid: (rows, columns), a small image such as 2x2.
        kernel: (height, width).
        stride: pixels between two stamps.

    Returns:
        A matplotlib Figure: input, kernel and output, below them the stamps one by one.
    """
    grid, kernel = np.asarray(grid, "float32"), np.asarray(kernel, "float32")
    layer = convolution(layers.Conv2DTranspose, kernel, strides=stride)
    output = apply([layer], grid)
    columns = min(4, grid.size)
    rows = math.ceil(grid.size / columns)
    figure = Figure(figsize=(WIDTH, 0.4 + 2.3 * (1 + rows)), dpi=100, layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, rows])
    most = np.abs(output).max()
    numbers = {"input": grid, "kernel": kernel, "output": output}
    widths = [values.shape[1] for values in numbers.values()]
    rest = max(columns * output.shape[1] - sum(widths), 1)  # so that all cells have one size
    *axes, words = above.subplots(1, 4, width_ratios=[*widths, rest])
    words.axis("off")
    words.text(
        0.04,
        0.5,
        "Every number of the input stamps the kernel,\nmultiplied by it, on the output,\n"
        f"{stride} pixel{'s' * (stride > 1)} from the stamp beside it.\n"
        "Where stamps overlap, they are added up.",
        va="center",
        fontsize=9,
    )
    for axis, (title, values) in zip(axes, numbers.items(), strict=True):
        draw_numbers(axis, values, most=most)
        axis.set_title(title, fontsize="medium")
    panels = below.subplots(rows, columns, squeeze=False)
    for i, (place, value) in enumerate(np.ndenumerate(grid)):
        colour = COLOURS[i % len(COLOURS)]
        alone = np.zeros_like(grid)
        alone[place] = value
        row, column = stride * np.array(place)
        stamp = np.full_like(output, np.nan)
        inside = np.s_[row : row + kernel.shape[0], column : column + kernel.shape[1]]
        stamp[inside] = apply([layer], alone)[inside]
        draw_numbers(panels.flat[i], stamp, most=most)
        panels.flat[i].set_title(
            f"stamp {i + 1}: {value:g} · kernel".replace("-", MINUS), fontsize="medium"
        )
        draw_window(axes[0], *place, 1, 1, colour, 0.08)
        draw_window(panels.flat[i], row, column, *kernel.shape, colour)
        draw_window(axes[2], row, column, *kernel.shape, colour, 0.06 * (i % len(COLOURS)))
    for axis in panels.flat[grid.size :]:
        axis.axis("off")
    figure.suptitle(f"Transposed convolution, stride {stride}, as stamping")
    return figure


def checkerboard(kernel_size, stride=2, size=5, seed=0):
    """Draw where a transposed convolution's checkerboard comes from (Odena et al. 2016, distill).

    Where the stride does not divide the kernel's size, some output pixels are touched by more
    stamps than others. Where it does, all are touched alike, but each by other weights of the
    kernel: until it has learned to balance them, a constant image gets a pattern all the same.
    Upsampling and then convolving makes a constant image of a constant one, but for its edge.

    Args:
        kernel_size: of both convolutions, which pad with "same", as the examples' do.
        stride: of the transposed convolution, and the upsampling's factor.
        size: pixels along the input's side.
        seed: of the random kernel, standard normal.

    Returns:
        A matplotlib Figure: above how often each output pixel is touched, with
        Conv2DTranspose and with UpSampling2D and Conv2D; below what both make of a constant image
        with one random kernel.
    """
    ones = np.ones((size, size), "float32")
    random = np.random.default_rng(seed).normal(size=(kernel_size, kernel_size))
    figure = Figure(figsize=(WIDTH, 8.8), dpi=100, layout="constrained")
    axes = figure.subplots(2, 2)
    edge = kernel_size // 2
    for row, kernel in enumerate((np.ones_like(random), random)):
        ways = {
            f"Conv2DTranspose, kernel {kernel_size}, stride {stride}": [
                convolution(layers.Conv2DTranspose, kernel, strides=stride, padding="same")
            ],
            f"UpSampling2D by {stride}, Conv2D, kernel {kernel_size}": [
                layers.UpSampling2D(stride, dtype="float32"),
                convolution(layers.Conv2D, kernel, padding="same"),
            ],
        }
        outputs = {name: apply(steps, ones) for name, steps in ways.items()}
        most = 1.2 * max(np.abs(output).max() for output in outputs.values())
        for axis, (name, output) in zip(axes[row], outputs.items(), strict=True):
            inside = np.unique(output[edge:-edge, edge:-edge].round(5))
            if row == 0:
                draw_numbers(axis, output)
                counts = ", ".join(f"{count:g}" for count in inside)
                axis.set_title(f"{name}\ninside, touched {counts} times", fontsize="medium")
            else:
                image = axis.imshow(output, cmap="gray", vmin=-most, vmax=most)
                axis.set_title("output of a constant image, random kernel", fontsize="medium")
                axis.set_xticks([])
                axis.set_yticks([])
        if row == 1:
            figure.colorbar(
                image,
                ax=axes[row],
                label="output",
                location="bottom",
                shrink=0.5,
                aspect=30,
            )
    return figure


# Figures of costs and of what a discriminator believes.


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
    figure = Figure(figsize=(WIDTH, 4), dpi=100, layout="constrained")
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


def belief(values, probabilities, title, optimum=None, real=None, generated=None):
    """Draw what a discriminator believes at every point, and below it the two densities.

    Args:
        values: (N,), the points, rising.
        probabilities: (N,) in [0, 1], the discriminator's answers there.
        title: above the panels.
        optimum: (N,) in [0, 1], the best answers D* = p / (p + q) there, or None.
        real, generated: (M,), values to draw densities of, as density() does, or None for both.

    Returns:
        A matplotlib Figure.
    """
    panels = 1 if generated is None else 2
    figure = Figure(figsize=(6.4, 2.8 * panels), dpi=100, layout="constrained")
    axes = figure.subplots(panels, sharex=True, squeeze=False)[:, 0]
    axes[0].plot(values, probabilities, "k", linewidth=1.5, label="D")
    if optimum is not None:
        axes[0].plot(values, optimum, "--", color=COLOURS[2], label="D* = p / (p + q)")
    axes[0].axhline(0.5, color="0.6", linewidth=0.8, zorder=0)
    axes[0].set(ylim=(0, 1), xlim=(values[0], values[-1]), ylabel="probability of real")
    if generated is None:
        axes[0].set_xlabel("value")
    else:
        draw_density(axes[1], generated, (values[0], values[-1]), real)
    for axis in axes:
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
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
        text = label if isinstance(label, str) else f"{label:,}"
        axis.set_title(text + (f" ({outside:,} outside)" if outside else ""), fontsize="medium")
    handles = axes[0].get_legend_handles_labels()
    legend = figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False)
    for handle in legend.legend_handles:
        handle.set_markersize(6)
    figure.suptitle(title)
    return figure
