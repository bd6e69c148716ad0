"""The two networks of "Tutorial: Generative Adversarial Network", pages 3 and 4."""

import keras
from keras import Sequential, layers, ops

LATENT = 28  # the tutorial's Dz
HIDDEN = 500  # its Dh
BLACK = 0.0  # a black pixel's value in the images of both networks


def binarize(images):
    """Page 4, binarize: float32 of the same shape, 1 where a pixel is above 0.5 and 0 elsewhere."""
    return ops.cast(images > 0.5, "float32")


def create_generator():
    """Page 4, generator: 407,284 parameters.

    Returns:
        A Model from noise (batch, 28), standard normal, to images (batch, 28, 28, 1) in [0, 1].
    """
    return Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(HIDDEN, activation="tanh"),
            layers.Dense(28 * 28, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        name="generator",
    )


def create_discriminator():
    """Page 4, discriminator: 393,502 parameters.

    The two units have a tanh before the softmax, so that no answer leaves
    [1 / (1 + e^2), 1 / (1 + e^-2)], about [0.119, 0.881].

    Returns:
        A Model from images (batch, 28, 28, 1) in [0, 1] to the probability (batch, 1) that they
        are real; float32 under any dtype policy.
    """
    images = layers.Input((28, 28, 1))
    x = layers.Flatten()(images)
    x = layers.Dense(HIDDEN, activation="tanh")(x)
    x = layers.Dense(2, activation="tanh", dtype="float32")(x)
    probabilities = layers.Softmax(dtype="float32")(x)
    real = probabilities[:, :1]  # the second unit is dropped
    return keras.Model(images, real, name="discriminator")
