"""The program of the blog post "Generative adversarial networks", in today's Keras.

Alex Olar. README.md tells where the post is wrong or silent and what was done. `python -m
bilinear_gan.lecture` plays its 50 epochs, on TensorFlow, whose gradient tapes the post uses. The
post prints nothing; here an epoch prints a line. train.py plays the same game faster, draws the
post's 16 noises, and can be stopped and resumed.
"""

import keras
import numpy.random as npr
from keras import Sequential, layers, ops
from keras.config import floatx
from keras.optimizers import Adam

from common.data import datasets

LATENT = 100  # the post's noise_dim
BLACK = -1.0  # a black pixel's value in the images of both networks; the post leaves it unsaid


def create_discriminator():
    """The post's _discriminator: 211,841 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1) to logits (batch, 1), above 0 for "real"; float32
        under mixed_bfloat16, too.
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
            layers.Dense(1, dtype=floatx()),  # no sigmoid: the loss takes logits
        ],
        name="discriminator",
    )


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


def sigmoid_cross_entropy(labels, logits):
    """tf.losses.sigmoid_cross_entropy: the mean over the batch."""
    return ops.mean(keras.losses.binary_crossentropy(labels, logits, from_logits=True))


def generator_loss(generated):
    """The post's _generator_loss, of the discriminator's logits (batch, 1) of generated images."""
    return -sigmoid_cross_entropy(ops.zeros_like(generated), generated)


def discriminator_loss(real, generated):
    """The post's _discriminator_loss, of the logits of real and of generated images."""
    real_loss = sigmoid_cross_entropy(ops.ones_like(real), real)
    generated_loss = sigmoid_cross_entropy(ops.zeros_like(generated), generated)
    return real_loss + generated_loss


def train_step(generator, discriminator, noise_vec, images, learning_rate=1e-3):
    """The post's _train_step. Both networks are called as at inference, and each gets a new Adam in
    each step, whose moments begin at 0: see README.md for what follows from either.

    Args:
        noise_vec: (batch, 100).
        images: (batch, 28, 28, 1), real ones.

    Returns:
        gen_loss and disc_loss, before the update.
    """
    import tensorflow as tf  # here, since the networks above serve Keras on JAX as well

    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = generator(noise_vec)

        real_out = discriminator(images)
        gen_out = discriminator(generated)

        gen_loss = generator_loss(gen_out)
        disc_loss = discriminator_loss(real_out, gen_out)

    gen_weights, disc_weights = generator.trainable_variables, discriminator.trainable_variables
    grads_of_gen = gen_tape.gradient(gen_loss, gen_weights)
    grads_of_disc = disc_tape.gradient(disc_loss, disc_weights)

    # TensorFlow 1's Adam has this epsilon, in the same place.
    Adam(learning_rate, epsilon=1e-8).apply(grads_of_gen, gen_weights)

    capped_disc_grad = [ops.clip(grad, -1.0, 1.0) for grad in grads_of_disc]
    Adam(learning_rate, epsilon=1e-8).apply(capped_disc_grad, disc_weights)
    return float(gen_loss), float(disc_loss)


def main(epochs=50, batch_size=128, learning_rate=1e-3, iterations=None, seed=0):
    """Play the post's game, of each epoch at most so many iterations.

    Returns:
        The generator and the discriminator.
    """
    keras.utils.set_random_seed(seed)
    images = datasets.scale(datasets.load("mnist").x_train, BLACK)
    generator, discriminator = create_generator(), create_discriminator()

    for epoch in range(epochs):
        order = npr.permutation(len(images))
        for start in range(0, len(images) - batch_size + 1, batch_size)[:iterations]:
            noise_vec = keras.random.normal((batch_size, LATENT))
            batch = images[order[start : start + batch_size]]
            losses = train_step(generator, discriminator, noise_vec, batch, learning_rate)
        print("epoch {}: [G loss: {:.4f}] [D loss: {:.4f}]".format(epoch, *losses))
    return generator, discriminator


if __name__ == "__main__":
    main()
