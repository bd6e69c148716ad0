"""The two networks of the slide "Designing a simple GAN for Fashion MNIST" (SYS 6016)."""

from keras import Sequential, layers

LATENT = 30  # the slide's codings_size
BLACK = 0.0  # a black pixel's value in the images of both networks


def create_generator():
    """Slide "Designing a simple GAN for Fashion MNIST", above: 136,634 parameters.

    Returns:
        A Model from noise (batch, 30), standard normal, to images (batch, 28, 28, 1) in [0, 1].
    """
    return Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(100, activation="selu"),
            layers.Dense(150, activation="selu"),
            layers.Dense(28 * 28, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        name="generator",
    )


def create_discriminator():
    """The same slide, below: 132,951 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1) in [0, 1] to the probability (batch, 1) that they
        are real; float32 under any dtype policy.
    """
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(150, activation="selu"),
            layers.Dense(100, activation="selu"),
            layers.Dense(1, activation="sigmoid", dtype="float32"),
        ],
        name="discriminator",
    )
