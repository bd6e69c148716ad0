"""Layers at work on small grids of numbers, all computed by the Keras layers themselves."""

import math
import textwrap

import numpy as np
from keras import layers
from matplotlib.patches import Rectangle

from common.figures.style import COLOURS, MINUS, draw_numbers, new_figure


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


def upsampling(grid, kernel, ways, mark=(2, 2)):
    """Draw upsampling and then a convolution, with one of its sums in full.

    Args:
        grid: (rows, columns), a small image such as 3x3.
        kernel: (height, width), odd, of the convolution, which pads with zeros.
        ways: dict from a text to the layers that upsample.
        mark: row and column of the output whose sum is shown.

    Returns:
        A matplotlib Figure with a row for each way; numbers are rounded to hundredths.
    """
    grid, kernel = np.asarray(grid, "float32"), np.asarray(kernel, "float32")
    figure = new_figure(3.1 * len(ways))
    parts = figure.subfigures(len(ways), 1, squeeze=False)[:, 0]
    for part, (name, steps) in zip(parts, ways.items(), strict=True):
        draw_upsampling(part, grid, steps, kernel, mark)
        part.suptitle(f"{name}, then Conv2D")
    return figure


def draw_upsampling(part, grid, steps, kernel, mark):
    """Draw one of the ways of upsampling(), see there, on a part of its figure."""
    large = apply(steps, grid)
    output = apply([convolution(layers.Conv2D, kernel, padding="same")], large)
    panels = {"input": grid, "upsampled": large, "kernel": kernel, "convolved": output}
    axes = part.subplots(1, 4, width_ratios=[values.shape[1] for values in panels.values()])
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        draw_numbers(axis, values, title)
    (row, column), (height, width) = mark, kernel.shape
    draw_window(axes[1], row - height // 2, column - width // 2, height, width)
    draw_window(axes[3], row, column, 1, 1)
    padded = np.pad(large, ((height // 2,) * 2, (width // 2,) * 2))
    window = padded[row : row + height, column : column + width]
    products = " + ".join(
        f"{short(a)}·{short(b)}" if b > 0 else f"{short(a)}·({short(b)})"
        for a, b in zip(window.flat, kernel.flat, strict=True)
        if b
    )
    text = f"framed: {products} = {short(output[mark])}"
    part.supxlabel(textwrap.fill(text, 110), fontsize=9)


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
    figure = new_figure(0.4 + 2.3 * (1 + rows))
    above, below = figure.subfigures(2, 1, height_ratios=[1, rows])
    axes = draw_whole(above, grid, kernel, output, columns, stride)
    panels = below.subplots(rows, columns, squeeze=False).flat
    for axis in panels[grid.size :]:
        axis.axis("off")
    for i, (place, value) in enumerate(np.ndenumerate(grid)):
        row, column = stride * np.array(place)
        inside = np.s_[row : row + kernel.shape[0], column : column + kernel.shape[1]]
        alone = np.zeros_like(grid)
        alone[place] = value
        stamp = np.full_like(output, np.nan)
        stamp[inside] = apply([layer], alone)[inside]
        title = f"stamp {i + 1}: {value:g} · kernel".replace("-", MINUS)
        draw_numbers(panels[i], stamp, title, most=np.abs(output).max())
        colour, inset = COLOURS[i % len(COLOURS)], 0.06 * (i % len(COLOURS))
        draw_window(axes[0], *place, 1, 1, colour, 0.08)
        draw_window(panels[i], row, column, *kernel.shape, colour)
        draw_window(axes[2], row, column, *kernel.shape, colour, inset)
    figure.suptitle(f"Transposed convolution, stride {stride}, as stamping")
    return figure


def draw_whole(part, grid, kernel, output, columns, stride):
    """Draw stamping()'s input, kernel and output on a part of its figure, with an explanation;
    returns their axes. Below it so many columns of stamps have the output's size."""
    numbers = {"input": grid, "kernel": kernel, "output": output}
    widths = [values.shape[1] for values in numbers.values()]
    rest = max(columns * output.shape[1] - sum(widths), 1)  # so that all cells have one size
    *axes, words = part.subplots(1, 4, width_ratios=[*widths, rest])
    for axis, (title, values) in zip(axes, numbers.items(), strict=True):
        draw_numbers(axis, values, title, most=np.abs(output).max())
    words.axis("off")
    text = (
        "Every number of the input stamps the kernel,\nmultiplied by it, on the output,\n"
        f"{stride} pixel{'s' * (stride > 1)} from the stamp beside it.\n"
        "Where stamps overlap, they are added up."
    )
    words.text(0.04, 0.5, text, va="center", fontsize=9)
    return axes


def checkerboard(kernel_size):
    """Draw where a transposed convolution's checkerboard comes from (Odena et al. 2016, distill).

    Where the stride, here 2, does not divide the kernel's size, some output pixels are touched by
    more stamps than others. Where it does, all are touched alike, but each by other weights of the
    kernel: until it has learned to balance them, a constant image gets a pattern all the same.
    Upsampling and then convolving makes a constant image of a constant one, but for its edge.

    Args:
        kernel_size: of both convolutions, which pad with "same", as the examples' do.

    Returns:
        A matplotlib Figure: above how often each output pixel is touched, with
        Conv2DTranspose and with UpSampling2D and Conv2D; below what both make of a constant image
        with one random kernel.
    """
    ones = np.ones((5, 5), "float32")
    random = np.random.default_rng(0).normal(size=(kernel_size, kernel_size))
    figure = new_figure(8.8)
    above, below = figure.subplots(2, 2)
    edge = kernel_size // 2
    touched = both_ways(ones, np.ones_like(random))
    for axis, (name, output) in zip(above, touched, strict=True):
        inside = np.unique(output[edge:-edge, edge:-edge].round(5))
        counts = ", ".join(f"{count:g}" for count in inside)
        draw_numbers(axis, output, f"{name}\ninside, touched {counts} times")
    outputs = [output for _, output in both_ways(ones, random)]
    most = 1.2 * np.abs(outputs).max()
    for axis, output in zip(below, outputs, strict=True):
        image = axis.imshow(output, cmap="gray", vmin=-most, vmax=most)
        axis.set_title("output of a constant image, random kernel", fontsize="medium")
        axis.set(xticks=[], yticks=[])
    look = {"location": "bottom", "shrink": 0.5, "aspect": 30}
    figure.colorbar(image, ax=below, label="output", **look)
    return figure


def both_ways(grid, kernel):
    """Return pairs of a text and what a grid becomes: by stamping, and by upsampling first."""
    size = len(kernel)
    stamps = convolution(layers.Conv2DTranspose, kernel, strides=2, padding="same")
    steps = [
        layers.UpSampling2D(dtype="float32"),
        convolution(layers.Conv2D, kernel, padding="same"),
    ]
    return [
        (f"Conv2DTranspose, kernel {size}, stride 2", apply([stamps], grid)),
        (f"UpSampling2D by 2, Conv2D, kernel {size}", apply(steps, grid)),
    ]
