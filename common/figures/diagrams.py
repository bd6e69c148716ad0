"""Diagrams of networks: their layers as boxes, with output shapes and parameter counts."""

import math
import re

from keras import layers
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

TIMES = "\u00d7"  # as high as figures want it
WIDE, MARGIN, TOP = 6.8, 0.1, 0.75  # inches: the figure, its sides, what is above the boxes
PITCH, TALL, GAP = 0.47, 0.29, 0.3  # from box to box, a box's height, between two side by side


def network(model):
    """Draw a Keras model's layers from top to bottom, with output shapes and parameter counts.

    Unlike keras.utils.plot_model it needs no graphviz. Coloured boxes have parameters.

    Args:
        model: built, Sequential or functional, with any number of inputs and outputs.
    """
    nodes = layer_nodes(model)
    rows = node_rows(nodes)
    height = TOP + PITCH * len(rows)
    figure = Figure(figsize=(WIDE, height), dpi=100)
    axis = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDE), ylim=(height, 0))
    axis.axis("off")
    draw_head(axis, model)
    places = {}  # node -> (x, y) of the middle of its box's upper side
    arrow = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0}
    for row, keys in enumerate(rows):
        y = TOP + PITCH * row
        width = (WIDE - 2 * MARGIN - GAP * (len(keys) - 1)) / len(keys)
        for column, key in enumerate(keys):
            x = MARGIN + column * (width + GAP)
            places[key] = (x + width / 2, y)
            layer, tensors, sources = nodes[key]
            draw_layer(axis, layer, tensors, x, y, width)
            for source in sources:
                middle, upper = places[source]
                axis.annotate("", places[key], (middle, upper + TALL), arrowprops=arrow)
    return figure


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


def node_rows(nodes):
    """Return lists of the keys of layer_nodes(), from top to bottom: each as low as it can be."""
    levels = dict.fromkeys(nodes, 0)  # steps to the last row
    for key, (_, _, sources) in reversed(nodes.items()):
        for source in sources:
            levels[source] = max(levels[source], levels[key] + 1)
    heights = range(max(levels.values()), -1, -1)
    return [[key for key in nodes if levels[key] == height] for height in heights]


def draw_head(axis, model):
    """Write a model's name, its count of parameters and the names of the columns of its boxes."""
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    count = f"{model.count_params():,} parameters"
    if trained != model.count_params():
        count += f", {model.count_params() - trained:,} of them not trained"
    axis.text(MARGIN, 0.2, f"{model.name}: {count}", fontsize=12, va="center")
    look = {"fontsize": 9, "color": "0.35", "va": "center"}
    right = WIDE - MARGIN
    axis.text(MARGIN + 0.08, TOP - 0.2, "layer", ha="left", **look)
    axis.text(right - 1.9, TOP - 0.2, "output shape", ha="center", **look)
    axis.text(right - 0.08, TOP - 0.2, "parameters", ha="right", **look)


def draw_layer(axis, layer, tensors, x, y, width):
    """Draw a layer or operation as a box, in inches from its upper left corner: its class, its
    settings, the shapes of its output tensors, its parameters."""
    parameters = layer.count_params() if isinstance(layer, layers.Layer) else 0
    look = {"facecolor": "#d6e9f5" if parameters else "white", "edgecolor": "0.3"}
    round_box = "round,pad=0,rounding_size=0.06"
    axis.add_patch(FancyBboxPatch((x, y), width, TALL, boxstyle=round_box, **look))
    middle, look = y + TALL / 2, {"va": "center_baseline", "fontsize": 9}
    name = axis.text(x + 0.08, middle, type(layer).__name__, fontweight="bold", **look)
    beside = {"xycoords": name, "textcoords": "offset points"}
    axis.annotate(describe(layer), (1, 0), (6, 0), va="bottom", fontsize=9, **beside)
    shapes = [f" {TIMES} ".join(f"{side:,}" for side in tensor.shape[1:]) for tensor in tensors]
    from_right = 1.9 if width == WIDE - 2 * MARGIN else 0.95  # less where boxes share a row
    axis.text(x + width - from_right, middle, ", ".join(shapes), ha="center", **look)
    if parameters:
        axis.text(x + width - 0.08, middle, f"{parameters:,}", ha="right", **look)


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
