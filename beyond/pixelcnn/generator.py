"""The network as a generator: from noise to images, pixel by pixel, without computing twice what
the pixels before have computed already."""

import math

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx

from beyond.pixelcnn.lecture import BLOCKS, FILTERS, MaskedConv2D, PlaceBias, create_network
from common.likelihood import binarize

SIDE = 28
PIXELS = SIDE**2


def at_one_pixel(layer):
    """A masked convolution that computes one pixel.

    Returns:
        A function of the layer's input at the pixels before, the newest last, (batch, kept pixels,
        channels), and of the pixel's column, that returns (batch, filters). Features come with
        their own pixel, images without it.
    """
    rows, columns = np.nonzero(layer.taps[:, :, 0, 0])  # of the taps that the mask leaves
    right = columns - layer.half
    back = (layer.half - rows) * SIDE - right + (layer.mask == "B")  # pixels, in raster order
    places = np.arange(SIDE)[:, None] + right  # columns of the taps, for each column of the pixel
    inside = ops.array((places >= 0) & (places < SIDE), floatx())
    taps = ops.reshape(layer.masked_kernel(), (-1, *layer.kernel.shape[2:]))
    taps = ops.take(taps, np.flatnonzero(layer.taps), axis=0)
    size = taps.shape[0] * taps.shape[1]  # one product of matrices, twice as fast as einsum
    taps = ops.reshape(taps, (size, -1))

    def convolve(kept, column):
        seen = ops.take(kept, kept.shape[1] - back, axis=1)
        seen *= ops.expand_dims(ops.take(inside, column, axis=0), -1)  # 0 beyond the edges
        return ops.reshape(seen, (-1, size)) @ taps + layer.bias

    return convolve


@keras.saving.register_keras_serializable(package="gan_lectures")
class Raster(layers.Layer):
    """The network, asked for one pixel after another.

    In a block only the wide convolution sees other pixels. Of its input as many pixels are kept as
    it can look back, the newest last; all else is computed once for each pixel.

    Args: see lecture.create_network().
    """

    def __init__(self, filters, blocks, size, places, **kwargs):
        super().__init__(**{**kwargs, "dtype": floatx()})  # also where it trains in bfloat16
        self.settings = {"filters": filters, "blocks": blocks, "size": size, "places": places}
        self.network = create_network(**self.settings)

    def call(self, noise):
        """From (batch, 784), standard normal, to (batch, 28, 28, 1), 0 or 1."""
        chances = (1 + ops.erf(noise / math.sqrt(2))) / 2
        masked = [layer for layer in self.network.layers if isinstance(layer, MaskedConv2D)]
        first, *blocks, one, two, last = map(at_one_pixel, masked)
        places = [layer.bias for layer in self.network.layers if isinstance(layer, PlaceBias)]
        places = [ops.reshape(bias, (PIXELS, -1)) for bias in places]  # one, or none

        def step(pixel, carry):
            images, *kept = carry
            column = pixel % SIDE
            x = sum((ops.take(bias, pixel, axis=0) for bias in places), first(images, column))
            for place, (narrow, wide, out) in enumerate(zip(*[iter(blocks)] * 3, strict=True)):
                added = ops.relu(narrow(ops.relu(x)[:, None], column))
                kept[place] = ops.concatenate([kept[place][:, 1:], added[:, None]], axis=1)
                added = ops.relu(wide(kept[place], column))
                x = x + out(added[:, None], column)
            for layer in (one, two, last):
                x = layer(ops.relu(x)[:, None], column)
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


def create_generator(filters=FILTERS, blocks=BLOCKS, size=3, places=False):
    """The network that draws; it is network_of() the generator.

    Returns:
        A Model from noise (batch, 784), standard normal, to images (batch, 28, 28, 1): the pixel is
        1 where the normal distribution function of its noise is below its probability.
    """
    noise = layers.Input((PIXELS,))
    return keras.Model(noise, Raster(filters, blocks, size, places)(noise), name="generator")


def network_of(generator):
    """The network in a generator; see lecture.create_network()."""
    return generator.layers[-1].network
