"""The program on the slide "DCGANs: Implementation", in today's Keras.

N. Rich Nguyen, SYS 6016. The slide has the networks. The loop stands on an earlier slide,
"Implementing the training of GAN", once for both kinds of networks, and so it does here: phase 1 is
train_discriminator() and phase 2 train_generator() in fashion_gan/lecture.py. README.md tells what
is left open and what was done. `python -m dcgan.lecture` plays all 50 epochs. The slides print no
log; here an epoch prints a line. train.py plays the same game faster, draws pictures, and can be
stopped and resumed.
"""

import keras
from keras import Sequential, layers
from keras.config import floatx

from fashion_gan.lecture import create_dataset, create_gan, train_gan

LATENT = 100  # the slide's codings_size
BLACK = -1.0  # a black pixel's value in the images of both networks


def create_generator(latent=LATENT, size=28, channels=1):
    """Slide "DCGANs: Implementation", above: 840,705 parameters, of which 384 are statistics.

    Args:
        latent: length of the noise.
        size, channels: pixels along a side and colours of an image, where they are not the
            slide's. The size is a multiple of 4.

    Returns:
        A Model from noise (batch, latent), standard normal, to images (batch, 28, 28, 1) in
        [-1, 1]; float32 under mixed_bfloat16, too, since bfloat16 would round what is nearly black
        to -1, where tanh passes no gradient on.
    """
    side = size // 4  # 7, doubled twice
    return Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(side * side * 128),
            layers.Reshape((side, side, 128)),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(
                64, kernel_size=5, strides=2, padding="same", activation="selu"
            ),  # (14, 14, 64)
            layers.BatchNormalization(),
            layers.Conv2DTranspose(
                channels,
                kernel_size=5,
                strides=2,
                padding="same",
                activation="tanh",
                dtype=floatx(),
            ),  # (28, 28, 1)
        ],
        name="generator",
    )


def create_discriminator(size=28, channels=1):
    """The same slide, below: 212,865 parameters.

    Args:
        size, channels: see create_generator().

    Returns:
        A Model from images (batch, 28, 28, 1) in [-1, 1] to the probability (batch, 1) that they
        are real; float32 under mixed_bfloat16, too.
    """
    return Sequential(
        [
            layers.Input((size, size, channels)),
            layers.Conv2D(
                64, kernel_size=5, strides=2, padding="same", activation=layers.LeakyReLU(0.2)
            ),  # (14, 14, 64)
            layers.Dropout(0.4),
            layers.Conv2D(
                128, kernel_size=5, strides=2, padding="same", activation=layers.LeakyReLU(0.2)
            ),  # (7, 7, 128)
            layers.Dropout(0.4),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid", dtype=floatx()),
        ],
        name="discriminator",
    )


def main(n_epochs=50, batch_size=32, learning_rate=1e-3, iterations=None, seed=0):
    """Play the dense GAN's game with the networks above; see fashion_gan.lecture.main()."""
    keras.utils.set_random_seed(seed)
    generator, discriminator = create_generator(), create_discriminator()
    gan = create_gan(generator, discriminator, learning_rate)
    dataset = create_dataset(BLACK, batch_size, iterations)
    train_gan(gan, dataset, batch_size, LATENT, n_epochs)
    return generator, discriminator


if __name__ == "__main__":
    main()
