"""The network as a generator: from noise to images, pixel by pixel, without computing twice what
the pixels before have computed already."""

import math

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx

from beyond.pixelcnn.lecture import BLOCKS, FILTERS, MaskedConv2D, create_network
from common.likelihood import binarize

SIDE = 28
PIXELS = SIDE**2


def offsets(layer):
    """Where a masked convolution looks: for each tap that the mask leaves, how many pixels back in
    raster order, (taps,), and how many columns to the right, (taps,), both ints."""
    rows, columns = np.nonzero(layer.taps[:, :, 0, 0])
    right = columns - layer.half
    return (layer.half - rows) * SIDE - right, right


def convolve(layer, kept, column):
    """A masked convolution at one pixel.

    Args:
        kept: its input at the pixels before, the newest last, (batch, kept pixels, channels).
        column: of the pixel.

    Returns:
        (batch, filters).
    """
    back, right = offsets(layer)
    back += layer.mask == "B"  # features have their own pixel's already
    inside = (np.arange(SIDE)[:, None] + right >= 0) & (np.arange(SIDE)[:, None] + right < SIDE)
    seen = ops.take(kept, kept.shape[1] - back, axis=1)
    seen *= ops.expand_dims(ops.take(ops.array(inside, seen.dtype), column, axis=0), 1)
    taps = ops.reshape(layer.masked_kernel(), (-1, *layer.kernel.shape[2:]))
    taps = ops.take(taps, np.flatnonzero(layer.taps), axis=0)
    return ops.reshape(seen, (-1, taps.shape[0] * taps.shape[1])) @ ops.reshape(
        taps, (-1, layer.filters)
    ) + ops.convert_to_tensor(layer.bias)


@keras.saving.register_keras_serializable(package="gan_lectures")
class Raster(layers.Layer):
    """The network, asked for one pixel after another.

    Of each block only the 3x3 convolution sees other pixels. Of its input as many pixels are kept
    as it can look back, the newest last; all else is computed once for each pixel.

    Args: see lecture.create_network().
    """

    def __init__(self, filters, blocks, size, **kwargs):
        super().__init__(**{**kwargs, "dtype": floatx()})  # also where it trains in bfloat16
        self.settings = {"filters": filters, "blocks": blocks, "size": size}
        self.network = create_network(**self.settings)

    def call(self, noise):
        """From (batch, 784), standard normal, to (batch, 28, 28, 1), 0 or 1."""
        chances = (1 + ops.erf(noise / math.sqrt(2))) / 2
        masked = [layer for layer in self.network.layers if isinstance(layer, MaskedConv2D)]
        first, last, blocks = masked[0], masked[-3:], masked[1:-3]

        def step(pixel, carry):
            images, *kept = carry
            column = pixel % SIDE
            x = convolve(first, images, column)
            for place, (narrow, wide, out) in enumerate(zip(*[iter(blocks)] * 3, strict=True)):
                added = ops.relu(convolve(narrow, ops.relu(x)[:, None], column))
                kept[place] = ops.concatenate([kept[place][:, 1:], added[:, None]], axis=1)
                added = ops.relu(convolve(wide, kept[place], column))
                x = x + convolve(out, added[:, None], column)
            for layer in last:
                x = convolve(layer, ops.relu(x)[:, None], column)
            drawn = binarize(ops.sigmoid(x), ops.take(chances, pixel, axis=1)[:, None])
            return [ops.concatenate([images[:, 1:], drawn[:, None]], axis=1), *kept]

        batch, half = ops.shape(noise)[0], self.settings["size"] // 2
        features = (batch, half * SIDE + half + 1, self.settings["filters"])
        kept = [ops.zeros(features, floatx()) for _ in range(self.settings["blocks"])]
        images = ops.zeros((batch, PIXELS, 1), floatx())
        images, *_ = ops.fori_loop(0, PIXELS, step, [images, *kept])
        return ops.reshape(images, (-1, SIDE, SIDE, 1))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], SIDE, SIDE, 1)

    def get_config(self):
        return {**super().get_config(), **self.settings}


def create_generator(filters=FILTERS, blocks=BLOCKS, size=3):
    """The network that draws; it is network_of() the generator.

    Returns:
        A Model from noise (batch, 784), standard normal, to images (batch, 28, 28, 1): the pixel is
        1 where the normal distribution function of its noise is below its probability.
    """
    noise = layers.Input((PIXELS,))
    return keras.Model(noise, Raster(filters, blocks, size)(noise), name="generator")


def network_of(generator):
    """The network in a generator; see lecture.create_network()."""
    return generator.layers[-1].network
