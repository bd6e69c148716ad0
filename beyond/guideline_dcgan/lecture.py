"""A network that keeps all five guidelines of the slide "Deep Convolutional GANs".

`python -m beyond.guideline_dcgan.lecture` plays it. N. Rich Nguyen's next slide, SYS 6016, prints a
network that keeps two of them; dcgan/ has that one. Optimizer, batch, slopes and first weights are
those of Radford et al. 2016, arXiv:1511.06434; images and so sizes are the lecture's. README.md
tells what both leave open. train.py plays the same game faster, takes guidelines back, and can be
stopped and resumed.
"""

import keras
import numpy as np
from keras import Sequential, layers, ops
from keras.config import floatx
from keras.initializers import RandomNormal
from keras.optimizers import Adam

from common.data import datasets

LATENT = 100
BLACK = -1.0  # a black pixel's value in the images of both networks
FILTERS = 32  # of 14x14 pixels; of 7x7 there are twice as many


class BatchNorm(layers.BatchNormalization):
    """BatchNorm that in training goes by its batch even while it is frozen.

    Keras's own would go by its moving statistics then. George would learn against a David who sees
    fakes otherwise than he learned to.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise (batch, ..., channels)."""
        if self.trainable or not training:
            return super().call(inputs, training=training, mask=mask)
        x = ops.cast(inputs, self.variable_dtype)  # as Keras's: bfloat16 is too coarse for means
        mean, variance = ops.moments(x, tuple(range(len(x.shape) - 1)))
        x = ops.batch_normalization(x, mean, variance, -1, self.beta, self.gamma, self.epsilon)
        return ops.cast(x, self.compute_dtype)


def normalise():
    """Its statistics are ten times as quick as Keras's, so that they hold after some 30 updates."""
    return BatchNorm(momentum=0.9)


def start():
    """Where kernels start, by the paper."""
    return RandomNormal(stddev=0.02)


def create_generator(latent=LATENT):
    """George: a Model from noise (batch, latent), standard normal, to images (batch, 28, 28, 1) in
    [-1, 1], float32 under mixed_bfloat16, too. 366,081 parameters, of which 192 are statistics."""
    return Sequential(
        [
            layers.Input((latent,)),
            layers.Reshape((1, 1, latent)),
            layers.Conv2DTranspose(2 * FILTERS, 7, kernel_initializer=start()),  # (7, 7, 64)
            normalise(),
            layers.ReLU(),
            layers.Conv2DTranspose(
                FILTERS, 5, strides=2, padding="same", kernel_initializer=start()
            ),  # (14, 14, 32)
            normalise(),
            layers.ReLU(),
            layers.Conv2DTranspose(
                1, 5, strides=2, padding="same", activation="tanh", kernel_initializer=start(),
                dtype=floatx(),
            ),  # (28, 28, 1)
        ],
        name="generator",
    )  # fmt: skip


def create_discriminator():
    """David: a Model from such images to the probability (batch, 1) that they are real; float32
    under mixed_bfloat16, too. 55,489 parameters, of which 128 are statistics."""
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(
                FILTERS, 5, strides=2, padding="same", kernel_initializer=start()
            ),  # (14, 14, 32)
            layers.LeakyReLU(0.2),
            layers.Conv2D(
                2 * FILTERS, 5, strides=2, padding="same", kernel_initializer=start()
            ),  # (7, 7, 64)
            normalise(),
            layers.LeakyReLU(0.2),
            layers.Conv2D(
                1, 7, activation="sigmoid", kernel_initializer=start(), dtype=floatx()
            ),  # (1, 1, 1)
            layers.Reshape((1,)),
        ],
        name="discriminator",
    )  # fmt: skip


def adam(learning_rate):
    """The paper's Adam."""
    return Adam(learning_rate, beta_1=0.5)


def create_pair(discriminator):
    """David before fakes and reals, a Model from both to his answers, fakes' first.

    He goes through each kind alone, as in the paper's code, so that BatchNorm has a batch of one
    kind. In a mixed one each answer would depend on the other kind, which George's batch lacks.
    """
    fakes, reals = (layers.Input((28, 28, 1)) for _ in range(2))
    answers = ops.concatenate([discriminator(fakes), discriminator(reals)], axis=0)
    return keras.Model([fakes, reals], answers)


def create_gan(generator, discriminator, learning_rate=2e-4):
    """Compile what is trained; returns David before both kinds, and George with David behind."""
    pair = create_pair(discriminator)
    pair.compile(adam(learning_rate), "binary_crossentropy")
    discriminator.trainable = False
    gan = Sequential([generator, discriminator])
    gan.compile(adam(learning_rate), "binary_crossentropy")
    return pair, gan


def train_discriminator(models, noise, reals):
    """The slides' phase 1.

    Args:
        models: see create_gan().
        noise: (batch, latent).
        reals: (batch, 28, 28, 1).

    Returns:
        The loss over fakes and reals, before the update.
    """
    pair, gan = models
    generator, discriminator = gan.layers
    fakes = generator(noise)  # as at inference, as on the slides
    targets = np.array([[0.0]] * len(noise) + [[1.0]] * len(reals))
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return pair.train_on_batch([fakes, reals], targets)


def train_generator(models, noise):
    """The slides' phase 2; see train_discriminator()."""
    _, gan = models
    gan.layers[1].trainable = False
    return gan.train_on_batch(noise, np.array([[1.0]] * len(noise)))


def main(epochs=20, batch_size=128, learning_rate=2e-4, iterations=None, seed=0):
    """Play the game, of each epoch at most so many iterations; returns both networks."""
    keras.utils.set_random_seed(seed)
    images = datasets.scale(datasets.load("fashion_mnist").x_train, BLACK)
    models = create_gan(create_generator(), create_discriminator(), learning_rate)
    for epoch in range(epochs):
        order = np.random.permutation(len(images))
        for first in range(0, len(images) - batch_size + 1, batch_size)[:iterations]:
            reals = images[order[first : first + batch_size]]
            d_loss = train_discriminator(models, keras.random.normal((batch_size, LATENT)), reals)
            g_loss = train_generator(models, keras.random.normal((batch_size, LATENT)))
        print(f"epoch {epoch}: [D loss: {d_loss:.4f}] [G loss: {g_loss:.4f}]")
    return models[1].layers


if __name__ == "__main__":
    main()
