"""The program on the slides "Designing a simple GAN for Fashion MNIST" and "Implementing the
training of GAN", in today's Keras.

N. Rich Nguyen, SYS 6016. README.md tells what the slides leave open and what was done.
`python -m fashion_gan.lecture` plays all 50 epochs. The slides print no log; here an epoch prints
a line. train.py plays the same game faster, draws pictures, and can be stopped and resumed.
"""

import keras
import numpy as np
from keras import Sequential, layers, ops
from keras.config import floatx

from common.data import datasets
from common.optimizers import RMSpropKeras2

LATENT = 30  # the slide's codings_size
BLACK = 0.0  # a black pixel's value in the images of both networks
BUFFER = 1000  # images, of the slide's shuffle(1000)


def create_generator(latent=LATENT):
    """Slide "Designing a simple GAN for Fashion MNIST", above: 136,634 parameters.

    Returns:
        A Model from noise (batch, latent), standard normal, to images (batch, 28, 28, 1) in [0, 1].
    """
    return Sequential(
        [
            layers.Input((latent,)),
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
        are real; float32 under mixed_bfloat16, too.
    """
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(150, activation="selu"),
            layers.Dense(100, activation="selu"),
            layers.Dense(1, activation="sigmoid", dtype=floatx()),
        ],
        name="discriminator",
    )


def create_gan(generator, discriminator, learning_rate=1e-3):
    """Both compile() of "Implementing the training of GAN"; returns the slides' gan.

    "rmsprop" is that of TensorFlow 2.0 to 2.10: today's differs where gradients are small.
    """
    discriminator.compile(RMSpropKeras2(learning_rate, epsilon=1e-7), "binary_crossentropy")
    discriminator.trainable = False
    gan = Sequential([generator, discriminator])
    gan.compile(RMSpropKeras2(learning_rate, epsilon=1e-7), "binary_crossentropy")
    return gan


def train_discriminator(gan, noise, X_batch):
    """Phase 1 - training the discriminator.

    Args:
        gan: see create_gan().
        noise: (batch, codings_size).
        X_batch: (batch, 28, 28, 1), real images.

    Returns:
        The loss, before the update.
    """
    generator, discriminator = gan.layers
    generated_images = generator(noise)  # as at inference, which matters for dcgan's BatchNorm
    X_fake_and_real = ops.concatenate([generated_images, X_batch], axis=0)
    y1 = np.array([[0.0]] * len(noise) + [[1.0]] * len(X_batch))
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return discriminator.train_on_batch(X_fake_and_real, y1)


def train_generator(gan, noise):
    """Phase 2 - training the generator; see train_discriminator()."""
    y2 = np.array([[1.0]] * len(noise))
    gan.layers[1].trainable = False
    return gan.train_on_batch(noise, y2)


def train_gan(gan, dataset, batch_size, codings_size, n_epochs=50):
    """The slide's loop; dataset gives the batches of an epoch whenever it is gone through."""
    for epoch in range(n_epochs):
        for X_batch in dataset:
            # phase 1 - training the discriminator
            noise = keras.random.normal((batch_size, codings_size))
            d_loss = train_discriminator(gan, noise, X_batch)
            # phase 2 - training the generator
            noise = keras.random.normal((batch_size, codings_size))
            g_loss = train_generator(gan, noise)
        print(f"epoch {epoch}: [D loss: {d_loss:.4f}] [G loss: {g_loss:.4f}]")


def create_dataset(black, batch_size, iterations=None):
    """The slide's dataset, of Fashion-MNIST: batches (batch_size, 28, 28, 1) in [black, 1].

    An epoch goes through all images, but it has at most so many iterations if a number is given.
    """
    import tensorflow as tf  # here, since the networks above serve Keras on JAX as well

    X_train = datasets.scale(datasets.load("fashion_mnist").x_train, black)
    dataset = tf.data.Dataset.from_tensor_slices(X_train).shuffle(BUFFER)
    dataset = dataset.batch(batch_size, drop_remainder=True).prefetch(1)
    return dataset.take(iterations or -1)


def main(n_epochs=50, batch_size=32, learning_rate=1e-3, iterations=None, seed=0):
    """Play the slides' game, of each epoch at most so many iterations.

    Returns:
        The generator and the discriminator.
    """
    keras.utils.set_random_seed(seed)
    dataset = create_dataset(BLACK, batch_size, iterations)
    gan = create_gan(create_generator(), create_discriminator(), learning_rate)
    train_gan(gan, dataset, batch_size, LATENT, n_epochs)
    return gan.layers


if __name__ == "__main__":
    main()
