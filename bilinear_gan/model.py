"""The two networks of Alex Olar's blog post "Generative adversarial networks"."""

from keras import Sequential, layers

LATENT = 100  # the post's noise_dim
BLACK = -1.0  # a black pixel's value in the images of both networks; the post leaves it unsaid


def create_generator():
    """The post's _generator: 1,754,049 parameters.

    Returns:
        A Model from noise (batch, 100), standard normal, to images (batch, 28, 28, 1). No
        activation bounds its pixels; those of the real images are in [-1, 1].
    """
    return Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(12 * 12 * 100),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((12, 12, 100)),
            layers.Conv2D(128, 3),  # 12 - 3 + 1 = 10 pixels along a side: "valid" is the default
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            *bilinear_upsampling(),  # 20
            layers.Conv2D(64, 3),  # 18
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            *bilinear_upsampling(),  # 36
            layers.Conv2D(32, 5),  # 32
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2D(1, 5),  # 28
        ],
        name="generator",
    )


def bilinear_upsampling():
    """UpSampling2D((2, 2), interpolation="bilinear") as in TensorFlow up to 1.14: two layers.

    Along each axis, pixel j of the result is the source at j / 2: the pixels x[0], x[1], ... become
    x[0], (x[0] + x[1]) / 2, x[1], (x[1] + x[2]) / 2, ..., with the last one twice. That is what
    doubled pixels give when each is averaged with the next one, where there is a next one. Keras 3
    takes the source at j / 2 - 1/4 instead ("half-pixel centres", as TensorFlow 1.15 and 2).

    Returns:
        A list of layers; together (batch, rows, columns, channels) to (batch, 2 rows, 2 columns,
        channels).
    """
    return [layers.UpSampling2D(), layers.AveragePooling2D(2, strides=1, padding="same")]


def create_discriminator():
    """The post's _discriminator: 211,841 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1) to logits (batch, 1), above 0 for "real"; float32
        under any dtype policy.
    """
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, strides=2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1, dtype="float32"),  # no sigmoid: the loss takes logits
        ],
        name="discriminator",
    )
