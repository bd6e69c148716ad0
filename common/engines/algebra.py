"""The same convolutions with fewer multiplications: exact algebra, for the compiled engine.

Nothing here is an approximation; sums are only taken in another order, so that results differ by
float32's rounding. The layers and their weights stay what they are: for as long as a step is
traced, some layers' call is replaced (faster()).

Upsampling. On an image that nearest upsampling has doubled, a 5x5 convolution multiplies each
source pixel by up to nine of its taps. Their sums are the taps of one transposed convolution of 6x6
with stride 2 on the source: 9 multiplications for each pixel of the result instead of 25. The same
as four images, of the even and the odd pixels along each axis, side by side: 3x3 taps on the source
for each of them. After bilinear upsampling (bilinear_gan's two layers) only this way exists, with
4x4 taps: 16 multiplications.

Small images. A 5x5 convolution on a 4x4 image multiplies by 400 taps, of which 204 touch nothing
but padding. Along an axis it is a product of polynomials, input times taps, of which the middle
coefficients are wanted. By the Chinese remainder theorem it is known from its remainders modulo
small polynomials, which take few multiplications (Winograd, "Arithmetic Complexity of
Computations", 1980). For 4x4 they are the factors of x^6 - 1, which leaves the middle four
coefficients whole: 8 multiplications an axis, 64 instead of 400. With stride 2, even and odd pixels
are two products: 7 + 4 multiplications an axis for 7x7 images, 121 instead of 400.

Tiles. Six neighbouring results of a 3x3 convolution, along an axis, take 8 multiplications instead
of 18: the same idea with polynomials of degree 1, whose remainders are values at points (the book's
"minimal filtering", in use since Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks", arXiv 1509.09308). A square of 6x6 then takes 64 instead of 324. So are taken
3x3 convolutions and the four images of an upsampling, where there are channels enough. Numbers grow
and shrink on the way, so that the last one or two of float32's seven digits are lost and all of
bfloat16's: for float32 on a CPU only, whose kernels do not do so themselves.
"""

import contextlib
import itertools
from typing import NamedTuple

import numpy as np
from keras import Sequential, backend, layers, ops, tree


@contextlib.contextmanager
def faster(networks, tiles=False):
    """Inside the block let layers of the networks compute the same in less time.

    Args:
        networks: keras Models.
        tiles: whether also by tiles, which loses some digits.
    """
    changed = []
    try:
        for layer, call in [pair for each in networks for pair in replacements(each, tiles)]:
            layer.call = call
            changed.append(layer)
        yield
    finally:
        for layer in changed:
            del layer.call


def replacements(network, tiles=False):
    """The layers of a network that can be faster, each with what to call instead: pairs."""
    found = []
    for place, layer in enumerate(network.layers):
        one, two = (network.layers[place - n : place] if place >= n else [] for n in (1, 2))
        nearest = one and doubles(*one) and is_chain(network, *one, layer)
        bilinear = two and doubles(*two) and is_chain(network, *two, layer)
        if nearest and is_plain(layer, (5, 5), (1, 1), "same"):
            found += [(*one, nothing), (layer, after_upsampling(layer, tiles))]
        if bilinear and not is_transposed(layer) and is_plain(layer, (5, 5), (1, 1), "valid"):
            found += [(before, nothing) for before in two]
            found.append((layer, after_bilinear(layer, tiles)))
        if tiles and not is_transposed(layer) and is_plain(layer, (3, 3), (1, 1), "valid"):
            found.append((layer, in_tiles(layer)))
        inner = getattr(layer, "layer", layer)  # of a wrapper, as spectral normalization is one
        for (size, strides), axis in AXES.items():
            plain = is_plain(inner, (5, 5), (strides, strides), "same")
            if plain and not is_transposed(inner) and layer.input.shape[1:-1] == (size, size):
                found.append((inner, on_small_images(inner, axis)))
    return found


def is_chain(network, *chain):
    """Whether each of some layers of a network is called once and feeds the next and no other."""
    if isinstance(network, Sequential):
        return True
    outputs = getattr(network, "outputs", None)
    if not outputs or any(len(layer._inbound_nodes) != 1 for layer in chain):
        return False  # a subclass of Model says nothing about its graph
    used = [x for layer in network.layers for x in tree.flatten(layer.input)] + outputs
    return all(
        after.input is before.output and sum(x is before.output for x in used) == 1
        for before, after in itertools.pairwise(chain)
    )


def nothing(x):
    """What to call instead of a layer that another one does along with its own work."""
    return x


def doubles(upsampling, average=None):
    """Whether layers double an image: nearest pixels, or those averaged with the next ones."""
    nearest = (
        isinstance(upsampling, layers.UpSampling2D)
        and upsampling.size == (2, 2)
        and upsampling.interpolation == "nearest"
    )
    if average is None:
        return nearest
    return (
        nearest
        and isinstance(average, layers.AveragePooling2D)
        and (average.pool_size, average.strides, average.padding) == ((2, 2), (1, 1), "same")
    )


def is_transposed(layer):
    return isinstance(layer, layers.Conv2DTranspose)


def is_plain(layer, kernel_size, strides, padding):
    """Whether a layer is a 2D convolution, transposed or not, of some size with nothing special."""
    return (
        isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose))
        and (layer.kernel_size, layer.strides) == (kernel_size, strides)
        and (layer.padding, layer.dilation_rate) == (padding, (1, 1))
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


def after_upsampling(layer, tiles=False):
    """The call of a 5x5 convolution, transposed or not, on the image before it was doubled."""
    doubled = np.eye(6, 5) + np.eye(6, 5, -1)  # along an axis
    sums = np.kron(doubled, doubled).astype("float32")
    even = [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]
    odd = [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]

    def call(x):
        tiled = tiles and is_tiled(x, 4 * layer.filters)
        kernel = ops.convert_to_tensor(layer.kernel)
        if is_transposed(layer) == tiled:  # what follows is the other kind: the same upside down
            kernel = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))
        if tiled:
            x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            return finish(layer, in_phases(x, kernel, even, odd, tiles))
        kernel = ops.reshape(sum_taps(sums, kernel), (6, 6, *kernel.shape[2:]))
        return finish(layer, ops.conv_transpose(x, kernel, strides=2, padding="same"))

    return call


def after_bilinear(layer, tiles=False):
    """The call of a 5x5 convolution, "valid", on the image before its bilinear doubling.

    Along an axis the doubled image is x0, (x0 + x1) / 2, x1, (x1 + x2) / 2, ... and its last pixel
    stands twice, as if the source's did. Even results then have three taps on the source and odd
    ones four.
    """
    even = [[1, 0.5, 0, 0, 0], [0, 0.5, 1, 0.5, 0], [0, 0, 0, 0.5, 1], [0, 0, 0, 0, 0]]
    odd = [[0.5, 0, 0, 0, 0], [0.5, 1, 0.5, 0, 0], [0, 0, 0.5, 1, 0.5], [0, 0, 0, 0, 0.5]]

    def call(x):
        x = ops.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), "symmetric")
        kernel = ops.convert_to_tensor(layer.kernel)
        return finish(layer, in_phases(x, kernel, even, odd, tiles))

    return call


def in_phases(x, kernel, even, odd, tiles):
    """A convolution of a doubled image as one of its source: the four pixels that come of one
    pixel as four filters.

    Args:
        x: source (batch, rows, columns, channels), with its padding.
        kernel: (5, 5, channels, filters), for the doubled image.
        even: along an axis, each tap on the source as a sum of the kernel's, for even results.
        odd: the same for odd ones.
        tiles: see convolve().
    """
    taps, (channels, filters) = len(even), kernel.shape[2:]
    sums = np.einsum("pit,qju->ijpqtu", [even, odd], [even, odd]).reshape(-1, 25)
    kernel = ops.reshape(sum_taps(sums, kernel), (taps, taps, 4, channels, filters))
    kernel = ops.reshape(ops.transpose(kernel, (0, 1, 3, 2, 4)), (taps, taps, channels, -1))
    four = convolve(x, kernel, tiles)
    return ops.depth_to_space(four, 2, data_format="channels_last")


def in_tiles(layer):
    """The call of a convolution, "valid" and of stride 1, tile by tile."""
    return lambda x: finish(layer, convolve(x, ops.convert_to_tensor(layer.kernel), tiles=True))


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
        7, [[(0, 1), (-1, 1), (1, 1), (1, 0, 1), INFINITY], [(0, 1), (-1, 1), (1, 1), INFINITY]]
    ),
}


def on_small_images(layer, axis):
    """The call of a convolution on images of the axis's size."""
    inputs, taps, results = (np.kron(matrix, matrix) for matrix in axis)
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


LEAST = 64  # channels and filters from which fewer multiplications outweigh more memory
# Moduli x - p, whose remainders are values at the points p: those that keep numbers near 1.
POINTS = [(-p, 1) for p in (0, 1, -1, 1 / 2, -2, -1 / 2, 2)]


def find_tiles(outputs, taps):
    """The Axis of a convolution, "valid" and of stride 1, whose results are made in equal tiles.

    Args:
        outputs: results along the axis; the last tile may reach beyond them.
        taps: of the kernel, at most 8.

    Returns:
        An Axis: inputs (points, tiles, input pixels), taps (points, taps), results (results of a
        tile, points).
    """
    sizes = range(1, len(POINTS) - taps + 3)
    size = min(sizes, key=lambda size: -(-outputs // size) * (size + taps - 1))
    points = (*POINTS[: size + taps - 2], INFINITY)
    # A tile's pixels times the product of the polynomials of results and taps, position by
    # position: what the product is at the points determines its coefficients.
    tile = np.linalg.inv(remainders(points, len(points))).T
    values = remainders(points, taps)
    scale = np.abs(values).sum(axis=1, keepdims=True)
    inputs = np.zeros((len(points), -(-outputs // size), outputs + taps - 1))
    for place in range(inputs.shape[1]):
        inside = inputs[:, place, place * size : place * size + len(points)]
        inside[:] = (scale * tile)[:, : inside.shape[1]]
    return Axis(inputs, values / scale, remainders(points, size).T)


def is_tiled(x, filters):
    """Whether tiles pay for a convolution of x, (batch, rows, columns, channels), and keep enough
    digits."""
    coarse = backend.standardize_dtype(x.dtype) in ("float16", "bfloat16")
    return not coarse and min(x.shape[3], filters) >= LEAST and x.shape[1] == x.shape[2]


def convolve(x, kernel, tiles):
    """A convolution, "valid" and of stride 1.

    Args:
        x: (batch, rows, columns, channels).
        kernel: (taps, taps, channels, filters).
        tiles: whether tile by tile, where that pays and keeps enough digits.
    """
    size, (taps, _, channels, filters) = x.shape[1], kernel.shape
    if not tiles or not is_tiled(x, filters):
        return ops.conv(x, kernel, padding="valid", data_format="channels_last")
    axis, batch, outputs = find_tiles(size - taps + 1, taps), ops.shape(x)[0], size - taps + 1
    (points, along, _), square = axis.inputs.shape, len(axis.results)
    inputs, results = (ops.cast(a, x.dtype) for a in (axis.inputs.reshape(-1, size), axis.results))
    x = ops.reshape(ops.transpose(x, (1, 2, 0, 3)), (size, -1))
    x = ops.matmul(inputs, ops.reshape(ops.matmul(inputs, x), (points * along, size, -1)))
    x = ops.transpose(ops.reshape(x, (points, along, points, along, -1)), (0, 2, 1, 3, 4))
    x = ops.reshape(x, (points**2, along**2 * batch, channels))
    x = ops.matmul(x, sum_taps(np.kron(axis.taps, axis.taps), kernel))
    x = ops.reshape(ops.matmul(results, ops.reshape(x, (points, -1))), (square, points, -1))
    x = ops.reshape(ops.matmul(results, x), (square, square, along, along, batch, filters))
    x = ops.reshape(
        ops.transpose(x, (4, 2, 0, 3, 1, 5)), (batch, along * square, along * square, filters)
    )
    return x[:, :outputs, :outputs]
