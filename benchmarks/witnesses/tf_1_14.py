"""bilinear_gan's post on TensorFlow 1.14, eager, the library of its time.

Runs by itself on Python 3.7; benchmarks/genuine.py makes the environment and calls this:

    python tf_1_14.py INPUTS.npz OUTPUT.npz new|lasting inference|train

that is with the post's new Adam optimizers in each step or one that lasts for each network, and
with its networks called as it calls them or with training=True.
"""

import os
import sys
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.filterwarnings("ignore")

import numpy as np
import tensorflow as tf
from arrays import save, set_weights
from tensorflow.keras import Sequential
from tensorflow.keras.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Lambda,
    LeakyReLU,
    Reshape,
)

tf.enable_eager_execution()
tf.logging.set_verbosity(tf.logging.ERROR)
tf.keras.backend.set_floatx("float64")


def upsample(images):
    """What UpSampling2D(interpolation="bilinear") computes there, but in float64, which its kernel
    does not know: along each axis pixel j is the source at j / 2, the last one where there is none.
    test_kernel() holds it to the kernel."""
    for axis in (1, 2):
        shape = images.shape.as_list()
        n = shape[axis]
        following = tf.gather(images, [*range(1, n), n - 1], axis=axis)
        images = tf.stack([images, (images + following) / 2], axis + 1)
        shape[axis] = 2 * n
        images = tf.reshape(images, [-1, *shape[1:]])
    return images


def test_kernel():
    images = np.random.RandomState(0).normal(size=(2, 5, 7, 3))
    layer = tf.keras.layers.UpSampling2D(size=(2, 2), interpolation="bilinear")
    theirs = layer(tf.constant(images.astype("float32"))).numpy()
    assert np.abs(upsample(tf.constant(images)).numpy() - theirs).max() < 1e-6


def create_discriminator():
    """The post's _discriminator, without dropout."""
    return Sequential(
        [
            Conv2D(64, (3, 3), strides=(2, 2), padding="same", input_shape=(28, 28, 1)),
            LeakyReLU(),
            Conv2D(128, (5, 5), strides=(2, 2), padding="same"),
            LeakyReLU(),
            Flatten(),
            Dense(1),
        ]
    )


def create_generator():
    """The post's _generator. BatchNorm's fused kernel knows no float64."""
    return Sequential(
        [
            Dense(12 * 12 * 100, input_shape=(100,)),
            BatchNormalization(),
            LeakyReLU(),
            Reshape((12, 12, 100)),
            Conv2D(128, (3, 3), strides=(1, 1), padding="valid"),
            BatchNormalization(fused=False),
            LeakyReLU(),
            Lambda(upsample),
            Conv2D(64, (3, 3), strides=(1, 1), padding="valid"),
            BatchNormalization(fused=False),
            LeakyReLU(),
            Lambda(upsample),
            Conv2D(32, (5, 5), strides=(1, 1), padding="valid"),
            BatchNormalization(fused=False),
            LeakyReLU(),
            Conv2D(1, (5, 5), strides=(1, 1), padding="valid"),
        ]
    )


cross_entropy = tf.losses.sigmoid_cross_entropy


def train_step(generator, discriminator, adams, images, noise_vec, training):
    """The post's _train_step; returns its discriminator's and its generator's loss."""
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = generator(noise_vec, **training)
        real_out = discriminator(images, **training)
        gen_out = discriminator(generated, **training)
        gen_loss = -cross_entropy(tf.zeros_like(gen_out), gen_out)
        disc_loss = cross_entropy(tf.ones_like(real_out), real_out) + cross_entropy(
            tf.zeros_like(gen_out), gen_out
        )
    grads_of_gen = gen_tape.gradient(gen_loss, generator.variables)
    grads_of_disc = disc_tape.gradient(disc_loss, discriminator.variables)
    gen_adam, disc_adam = adams or [tf.train.AdamOptimizer(1e-3) for _ in range(2)]
    # BatchNorm's statistics have no gradient: None, which Adam leaves out.
    gen_adam.apply_gradients(zip(grads_of_gen, generator.variables))
    capped_disc_grad = [tf.clip_by_value(grad, -1.0, 1.0) for grad in grads_of_disc]
    disc_adam.apply_gradients(zip(capped_disc_grad, discriminator.variables))
    return float(disc_loss), float(gen_loss)


def play(inputs, output, adam, mode):
    """Play the post's step on the given batches from the given weights; save losses, weights."""
    generator, discriminator = create_generator(), create_discriminator()
    adams = [tf.train.AdamOptimizer(1e-3) for _ in range(2)] if adam == "lasting" else None
    training = {"training": True} if mode == "train" else {}
    networks = {"D": discriminator, "G": generator}
    places = set_weights(networks, inputs)
    rows = []
    for x, zg in zip(inputs["x"], inputs["zg"]):
        images, noise_vec = (tf.constant(array.astype("float64")) for array in (x, zg))
        rows.append(train_step(generator, discriminator, adams, images, noise_vec, training))
    save(output, rows, networks, places)


if __name__ == "__main__":
    test_kernel()
    play(np.load(sys.argv[1]), *sys.argv[2:])
