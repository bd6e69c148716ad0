"""fashion_gan's and dcgan's slides on TensorFlow 2.1 to 2.10's tf.keras, the library of their time.

Runs by itself on the old Python; benchmarks/genuine.py makes the environment and calls this:

    python tf_keras.py fashion_gan|dcgan INPUTS.npz OUTPUT.npz
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from arrays import save, set_weights

keras = tf.keras
keras.backend.set_floatx("float64")


def dense_networks():
    """Slide "Designing a simple GAN for Fashion MNIST"."""
    generator = keras.models.Sequential(
        [
            keras.layers.Dense(100, activation="selu", input_shape=[30]),
            keras.layers.Dense(150, activation="selu"),
            keras.layers.Dense(28 * 28, activation="sigmoid"),
            keras.layers.Reshape([28, 28]),
        ]
    )
    discriminator = keras.models.Sequential(
        [
            keras.layers.Flatten(input_shape=[28, 28]),
            keras.layers.Dense(150, activation="selu"),
            keras.layers.Dense(100, activation="selu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    return generator, discriminator


def convolutional_networks():
    """The bonus page on the DCGAN, without dropout. BatchNorm's fused kernel knows no float64."""
    settings = {"kernel_size": 5, "strides": 2, "padding": "same"}
    generator = keras.models.Sequential(
        [
            keras.layers.Dense(7 * 7 * 128, input_shape=[100]),
            keras.layers.Reshape([7, 7, 128]),
            keras.layers.BatchNormalization(fused=False),
            keras.layers.Conv2DTranspose(64, activation="selu", **settings),
            keras.layers.BatchNormalization(fused=False),
            keras.layers.Conv2DTranspose(1, activation="tanh", **settings),
        ]
    )
    discriminator = keras.models.Sequential(
        [
            keras.layers.Conv2D(
                64, activation=keras.layers.LeakyReLU(0.2), input_shape=[28, 28, 1], **settings
            ),
            keras.layers.Conv2D(128, activation=keras.layers.LeakyReLU(0.2), **settings),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    return generator, discriminator


def play(example, inputs, output):
    """Play the slides' loop on the given batches from the given weights; save losses, weights."""
    dense = example == "fashion_gan"
    generator, discriminator = dense_networks() if dense else convolutional_networks()
    gan = keras.models.Sequential([generator, discriminator])
    discriminator.compile(loss="binary_crossentropy", optimizer="rmsprop")
    discriminator.trainable = False
    gan.compile(loss="binary_crossentropy", optimizer="rmsprop")

    networks = {"D": discriminator, "G": generator}
    places = set_weights(networks, inputs)
    rows = []
    for X_batch, zd, zg in zip(inputs["x"], inputs["zd"], inputs["zg"]):
        X_batch = X_batch[..., 0] if dense else X_batch
        batch_size = len(X_batch)
        # phase 1 - training the discriminator
        generated_images = generator(tf.constant(zd.astype("float64")))
        X_fake_and_real = tf.concat([generated_images, X_batch.astype("float64")], axis=0)
        y1 = tf.constant([[0.0]] * batch_size + [[1.0]] * batch_size)
        discriminator.trainable = True
        d_loss = discriminator.train_on_batch(X_fake_and_real, y1)
        # phase 2 - training the generator
        y2 = tf.constant([[1.0]] * batch_size)
        discriminator.trainable = False
        g_loss = gan.train_on_batch(tf.constant(zg.astype("float64")), y2)
        rows.append((float(d_loss), float(g_loss)))
    save(output, rows, networks, places)


if __name__ == "__main__":
    play(sys.argv[1], np.load(sys.argv[2]), sys.argv[3])
