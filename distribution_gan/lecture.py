"""The program on the slide "Training Code" of "Generative Adverserial Networks", in today's Keras.

Nicholas Gale and Stephen Eglen. README.md tells where the slides are wrong or silent and what was
done. `python -m distribution_gan.lecture` plays it. The slides print nothing; here an epoch prints
a line. train.py plays the same game faster, draws the distributions, and can be stopped and
resumed.
"""

import keras
import numpy as np
import numpy.random as npr
from keras import Sequential, layers, ops
from keras.config import floatx

from distribution_gan.values import COUNT, DISTRIBUTIONS, scale

INPUT = 10  # length of the noise, the slide's `input`, which it leaves open
SAMPLES = 1  # numbers that D judges at a time, the slide's `samples`, which it leaves open


def create_discriminator():
    """Slide "Training Code", `D(samples)`: 5,301 parameters.

    Returns:
        A Model from numbers (batch, 1), scaled into [-0.5, 0.5], to the probability (batch, 1)
        that they are real; float32 under mixed_bfloat16, too.
    """
    return Sequential(
        [
            layers.Input((SAMPLES,)),
            layers.Dense(100, activation="relu"),
            layers.Dense(50, activation="relu"),
            layers.Dense(1, activation="sigmoid", dtype=floatx()),
        ],
        name="discriminator",
    )


def create_generator(latent=INPUT):
    """The same slide, `G(input, samples)`: 52,550 parameters.

    Returns:
        A Model from noise (batch, latent), uniform on (0, 1), to numbers (batch, 1) in [-0.5, 0.5];
        float32 under mixed_bfloat16, too, since bfloat16 would round them to steps.
    """
    return Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(50, activation="relu"),
            layers.Dense(1000, activation="relu"),
            layers.Dense(SAMPLES, activation="tanh", use_bias=False, dtype=floatx()),
            layers.Rescaling(0.5, dtype=floatx()),  # the slide's x -> 0.5 * tanh(x)
        ],
        name="generator",
    )


def create_gan(gen, dsc, learning_rate=0.5):
    """Give each network the slide's `opt`, which it leaves open, and return gen with dsc behind it.

    binary_crossentropy is lossD; with a y of 1 it is lossG.
    """
    dsc.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    dsc.trainable = False
    gan = Sequential([gen, dsc])
    gan.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    return gan


def train_discriminator(gan, z, real_data):
    """The slide's first `train!`: lossD, on hcat(gendata, real_data).

    Args:
        gan: see create_gan().
        z: (batch, 10), the noise that gendata is made of.
        real_data: (batch, 1), scaled.

    Returns:
        lossD, before the update.
    """
    gen, dsc = gan.layers
    x = ops.concatenate([gen(z), real_data])
    y = np.concatenate([np.zeros((len(z), 1)), np.ones((len(real_data), 1))])
    dsc.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return dsc.train_on_batch(x, y)


def train_generator(gan, z):
    """The slide's second `train!`: lossG, on new noise z (batch, 10); returns lossG."""
    gan.layers[1].trainable = False
    return gan.train_on_batch(z, np.ones((len(z), 1)))


def main(epochs=32, batch_size=128, learning_rate=0.5, iterations=None, seed=0):
    """Play the slides' game on the mixture of DISTRIBUTIONS, of each epoch at most so many
    iterations.

    Returns:
        The generator and the discriminator.
    """
    keras.utils.set_random_seed(seed)
    values = DISTRIBUTIONS["mixture"](npr.default_rng(seed), COUNT)
    numbers = scale(values, values.min(), values.max())[:, np.newaxis]
    gan = create_gan(create_generator(), create_discriminator(), learning_rate)

    for epoch in range(epochs):
        npr.shuffle(numbers)
        for start in range(0, COUNT - batch_size + 1, batch_size)[:iterations]:
            z = keras.random.uniform((batch_size, INPUT))  # slide "Components": U(0, 1)^k
            loss_D = train_discriminator(gan, z, numbers[start : start + batch_size])
            loss_G = train_generator(gan, keras.random.uniform((batch_size, INPUT)))
        print(f"epoch {epoch}: [lossD: {loss_D:.4f}] [lossG: {loss_G:.4f}]")
    return gan.layers


if __name__ == "__main__":
    main()
