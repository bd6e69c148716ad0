"""The two networks of the slide "DCGANs: Implementation" (SYS 6016)."""

from keras import Sequential, layers

LATENT = 100  # the slide's codings_size
BLACK = -1.0  # a black pixel's value in the images of both networks


def create_generator():
    """Slide "DCGANs: Implementation", above: 840,705 parameters, of which 384 are statistics.

    Returns:
        A Model from noise (batch, 100), standard normal, to images (batch, 28, 28, 1) in [-1, 1],
        float32 under any dtype policy: bfloat16 would round what is nearly black to -1, where tanh
        passes no gradient on.
    """
    return Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(7 * 7 * 128),
            layers.Reshape((7, 7, 128)),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(
                64, kernel_size=5, strides=2, padding="same", activation="selu"
            ),  # (14, 14, 64)
            layers.BatchNormalization(),
            layers.Conv2DTranspose(
                1, kernel_size=5, strides=2, padding="same", activation="tanh", dtype="float32"
            ),  # (28, 28, 1)
        ],
        name="generator",
    )


def create_discriminator():
    """The same slide, below: 212,865 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1) in [-1, 1] to the probability (batch, 1) that they
        are real; float32 under any dtype policy.
    """
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(
                64,
                kernel_size=5,
                strides=2,
                padding="same",
                activation=layers.LeakyReLU(negative_slope=0.2),
            ),  # (14, 14, 64)
            layers.Dropout(0.4),
            layers.Conv2D(
                128,
                kernel_size=5,
                strides=2,
                padding="same",
                activation=layers.LeakyReLU(negative_slope=0.2),
            ),  # (7, 7, 128)
            layers.Dropout(0.4),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid", dtype="float32"),
        ],
        name="discriminator",
    )
