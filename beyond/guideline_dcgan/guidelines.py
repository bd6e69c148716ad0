"""Takes one of the slide's guidelines back: the same network with the layers in which it lies
replaced by what was usual before it, and all others as they were."""

from collections.abc import Callable
from typing import Literal

import keras
from keras import layers
from keras.config import floatx

from beyond.guideline_dcgan import lecture
from beyond.guideline_dcgan.lecture import LATENT, normalise, start

Guideline = Literal["none", "pooling", "batchnorm", "relu", "leaky", "dense"]
HIDDEN = 256  # units of the dense layer


def pooled(layer):
    """Max pooling in place of a stride, upsampling in place of a transposed convolution's."""
    if getattr(layer, "strides", None) != (2, 2):
        return [again(layer)]
    settings = {
        "filters": layer.filters, "kernel_size": layer.kernel_size, "padding": "same",
        "activation": layer.activation, "kernel_initializer": start(), "dtype": layer.dtype_policy,
    }  # fmt: skip
    convolution = layers.Conv2D(**settings)
    if isinstance(layer, layers.Conv2DTranspose):
        return [layers.UpSampling2D(), convolution]
    return [convolution, layers.MaxPooling2D()]


def unnormalised(layer):
    """No BatchNorm."""
    return [] if isinstance(layer, layers.BatchNormalization) else [again(layer)]


def with_tanh(layer):
    """tanh, usual before ReLU, in George."""
    return [layers.Activation("tanh") if isinstance(layer, layers.ReLU) else again(layer)]


def without_leak(layer):
    """ReLU in David."""
    return [layers.ReLU() if isinstance(layer, layers.LeakyReLU) else again(layer)]


def with_dense(layer):
    """Dense layers in place of the convolutions between 1x1 and 7x7, in each network one hidden:
    alone, a dense layer at the edge would compute what such a convolution does."""
    if getattr(layer, "kernel_size", None) != (7, 7):
        return [again(layer)]
    hidden = [layers.Flatten(), layers.Dense(HIDDEN, kernel_initializer=start()), normalise()]
    if isinstance(layer, layers.Conv2DTranspose):
        dense = layers.Dense(7 * 7 * layer.filters, kernel_initializer=start())
        return [*hidden, layers.ReLU(), dense, layers.Reshape((7, 7, layer.filters))]
    answer = layers.Dense(1, activation="sigmoid", kernel_initializer=start(), dtype=floatx())
    return [*hidden, layers.LeakyReLU(0.2), answer]


# What becomes of each layer without a guideline.
WITHOUT: dict[str, Callable] = {
    "pooling": pooled,
    "batchnorm": unnormalised,
    "relu": with_tanh,
    "leaky": without_leak,
    "dense": with_dense,
}


def again(layer):
    """A new layer like one."""
    return type(layer).from_config(layer.get_config())


def without(network, take_back):
    """A new network like a Sequential of lecture.py, but without a Guideline; for "none" itself."""
    if take_back == "none":
        return network
    changed = [new for layer in network.layers for new in WITHOUT[take_back](layer)]
    inputs = layers.Input(network.input_shape[1:])
    return keras.Sequential([inputs, *changed], name=network.name)


def create_generator(latent=LATENT, take_back="none"):
    """lecture.create_generator(), without a Guideline."""
    return without(lecture.create_generator(latent), take_back)


def create_discriminator(take_back="none"):
    """lecture.create_discriminator(), without a Guideline."""
    return without(lecture.create_discriminator(), take_back)
