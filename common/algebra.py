"""The same convolutions with fewer multiplications: exact algebra, for the compiled engine.

Nothing here is an approximation; sums are only taken in another order, so that results differ by
float32's rounding. The layers and their weights stay what they are: for as long as a step is
traced, some layers' call is replaced (faster()).

Upsampling. On an image that nearest upsampling has doubled, a 5x5 convolution multiplies each
source pixel by up to nine of its taps. Their sums are the taps of one transposed convolution of 6x6
with stride 2 on the source: 9 multiplications for each pixel of the result instead of 25.

Small images. A 5x5 convolution on a 4x4 image multiplies by 400 taps, of which 204 touch nothing
but padding. Along an axis it is a product of polynomials, input times taps, of which the middle
coefficients are wanted. By the Chinese remainder theorem it is known from its remainders modulo
small polynomials, which take few multiplications (Winograd, "Arithmetic Complexity of
Computations", 1980). For 4x4 they are the factors of x^6 - 1, which leaves the middle four
coefficients whole: 8 multiplications an axis, 64 instead of 400. With stride 2, even and odd pixels
are two products: 7 + 4 multiplications an axis for 7x7 images, 121 instead of 400.
"""

import contextlib
import itertools
from typing import NamedTuple

import numpy as np
from keras import layers, ops


@contextlib.contextmanager
def faster(networks):
    """Inside the block let layers of the networks compute the same in less time.

    Args:
        networks: keras Models.
    """
    changed = []
    try:
        for layer, call in itertools.chain.from_iterable(map(replacements, networks)):
            layer.call = call
            changed.append(layer)
        yield
    finally:
        for layer in changed:
            del layer.call


def replacements(network):
    """The layers of a network that can be faster, each with what to call instead: pairs."""
    found = []
    for before, layer in itertools.pairwise(network.layers):
        doubles = isinstance(before, layers.UpSampling2D) and before.size == (2, 2)
        if doubles and before.interpolation == "nearest" and is_plain(layer, (5, 5), (1, 1)):
            found += [(before, lambda x: x), (layer, after_upsampling(layer))]
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D) and not isinstance(layer, layers.Conv2DTranspose):
            for (size, strides), axis in AXES.items():
                small = layer.input.shape[1:3] == (size, size)
                if small and is_plain(layer, (5, 5), (strides, strides)):
                    found.append((layer, on_small_images(layer, axis)))
    return found


def is_plain(layer, kernel_size, strides):
    """Whether a layer is a 2D convolution, transposed or not, of some size with nothing special."""
    return (
        isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose))
        and (layer.kernel_size, layer.strides) == (kernel_size, strides)
        and (layer.padding, layer.dilation_rate) == ("same", (1, 1))
        and getattr(layer, "groups", 1) == 1
        and layer.data_format == "channels_last"
    )


def finish(layer, x):
    """What follows the convolution in a layer: bias and activation."""
    return layer.activation(x + layer.bias if layer.use_bias else x)


def sum_taps(sums, kernel):
    """Weighted sums of a kernel's taps.

    Args:
        sums: (sums, rows * columns).
        kernel: (rows, columns, a, b).

    Returns:
        (sums, a, b).
    """
    *_, a, b = kernel.shape
    taps = ops.reshape(kernel, (-1, a * b))
    return ops.reshape(ops.matmul(ops.cast(sums, kernel.dtype), taps), (-1, a, b))


def after_upsampling(layer):
    """The call of a 5x5 convolution, transposed or not, on the image before it was doubled."""
    doubled = np.eye(6, 5) + np.eye(6, 5, -1)  # along an axis
    sums = np.kron(doubled, doubled).astype("float32")

    def call(x):
        kernel = ops.convert_to_tensor(layer.kernel)
        if not isinstance(layer, layers.Conv2DTranspose):  # the same upside down
            kernel = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))
        kernel = ops.reshape(sum_taps(sums, kernel), (6, 6, *kernel.shape[2:]))
        return finish(layer, ops.conv_transpose(x, kernel, strides=2, padding="same"))

    return call


class Axis(NamedTuple):
    """A convolution along one axis as few products: results @ ((inputs @ x) * (taps @ kernel))."""

    inputs: np.ndarray  # (products, input pixels)
    taps: np.ndarray  # (products, taps)
    results: np.ndarray  # (output pixels, products)


INFINITY = None  # in place of a modulus: of the product only the leading coefficient


def remainders(moduli, count):
    """Linear forms of a polynomial's coefficients that products of two polynomials need.

    Args:
        moduli: polynomials of degree 1 or 2, coefficients from the constant one on, or INFINITY.
        count: coefficients of the polynomial.

    Returns:
        (products, count): for degree 1 the remainder, for degree 2 its two coefficients and their
        sum (Karatsuba's three products instead of four).
    """
    rows = []
    for modulus in moduli:
        if modulus is INFINITY:
            rows.append(np.eye(count)[-1])
            continue
        table = np.zeros((len(modulus) - 1, count))
        for n, power in enumerate(np.eye(count)):
            remainder = np.polynomial.polynomial.polydiv(power, modulus)[1]
            table[: len(remainder), n] = remainder
        rows += [*table, table.sum(axis=0)] if len(table) == 2 else list(table)
    return np.array(rows)


def find_axis(size, phases):
    """The Axis of five taps with padding "same" on `size` pixels.

    Args:
        size: pixels along the axis.
        phases: moduli for stride 1, or those for the even and those for the odd pixels and taps
            for stride 2.

    Raises:
        ValueError: the moduli do not determine the result.
    """
    stride = len(phases)
    pixels = -(-size // stride)  # of the result
    before = (stride * (pixels - 1) + 5 - size) // 2  # pixels of padding
    inputs, taps = [], []
    for phase, moduli in enumerate(phases):
        for rows, count in ((inputs, size), (taps, 5)):
            every = np.eye(count)[phase::stride]  # the pixels or taps of this phase
            rows.append(remainders(moduli, len(every)) @ (every if rows is inputs else every[::-1]))
    inputs, taps = np.concatenate(inputs), np.concatenate(taps)
    wanted = [
        [[t == j - stride * i + before for t in range(5)] for j in range(size)]
        for i in range(pixels)
    ]
    wanted = np.array(wanted, "float64").reshape(pixels, -1)
    products = np.einsum("pj,pt->pjt", inputs, taps).reshape(len(inputs), -1)
    results = np.linalg.lstsq(products.T, wanted.T, rcond=None)[0].T
    if not np.allclose(results @ products, wanted):
        raise ValueError("the moduli are too few")
    return Axis(inputs, taps, results)


# By size and stride.
AXES = {
    # x^6 - 1 = (x - 1) (x + 1) (x^2 + x + 1) (x^2 - x + 1)
    (4, 1): find_axis(4, [[(-1, 1), (1, 1), (1, 1, 1), (1, -1, 1)]]),
    # x, x - 1, x + 1, x^2 + 1: the even pixels' product has six coefficients, the odd ones' four
    (7, 2): find_axis(
        7,
        [
            [(0, 1), (-1, 1), (1, 1), (1, 0, 1), INFINITY],
            [(0, 1), (-1, 1), (1, 1), INFINITY],
        ],
    ),
}


def on_small_images(layer, axis):
    """The call of a convolution on images of the axis's size."""
    inputs, taps, results = (np.kron(matrix, matrix).astype("float32") for matrix in axis)
    rows = columns = len(axis.results)

    def call(x):
        kernel = sum_taps(taps, ops.convert_to_tensor(layer.kernel))
        batch, (_, channels, filters) = ops.shape(x)[0], kernel.shape
        x = ops.reshape(ops.transpose(x, (1, 2, 0, 3)), (inputs.shape[1], batch * channels))
        x = ops.reshape(ops.matmul(ops.cast(inputs, x.dtype), x), (-1, batch, channels))
        x = ops.reshape(ops.matmul(x, kernel), (-1, batch * filters))
        x = ops.reshape(ops.matmul(ops.cast(results, x.dtype), x), (rows, columns, batch, filters))
        return finish(layer, ops.transpose(x, (2, 0, 1, 3)))

    return call
