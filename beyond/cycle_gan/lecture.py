"""CycleGAN, which Nguyen's slides name, in today's Keras: plain digits become striped, and back.

`python -m beyond.cycle_gan.lecture` plays it. The slide "CycleGAN: domain transformation" has words
and pictures of horses and zebras. The losses are those of Zhu et al. 2017, arXiv:1703.10593, the
networks smaller ones of their kind. README.md tells what was chosen.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.optimizers import Adam

from beyond.cycle_gan import domains
from common.data import datasets

BLACK = -1.0  # a black pixel's value in the images of all networks
FILTERS = 32
BLOCKS = 3  # residual ones, of a translator
CYCLE = 10.0  # lambda of equation 3
IDENTITY = 5.0  # half of it, section 5.2


def convolve(x, filters, size=3, strides=1):
    """A convolution of features (batch, rows, columns, channels), each channel of an image then
    with mean 0 and variance 1: instance normalisation."""
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.GroupNormalization(groups=-1)(x)


def create_translator(name):
    """From images of one domain to images of the other: the paper's appendix 7.2, with one step
    down and up instead of two, and fewer filters and blocks.

    Returns:
        A Model from (batch, 28, 28, 1) in [-1, 1] to such images.
    """
    images = layers.Input((28, 28, 1))
    x = ops.relu(convolve(images, FILTERS // 2, 7))
    x = ops.relu(convolve(x, FILTERS, strides=2))
    for _ in range(BLOCKS):
        x = x + convolve(ops.relu(convolve(x, FILTERS)), FILTERS)
    x = ops.relu(convolve(layers.UpSampling2D()(x), FILTERS // 2))
    x = layers.Conv2D(1, 7, padding="same", dtype=floatx())(x)
    return keras.Model(images, ops.tanh(x), name=name)


def create_generator(name="generator"):
    """Both translators, G and F of the paper.

    Returns:
        A Model from [x, y], images of the two domains, to [G(x), F(y)]: the first looks like a y,
        the second like an x.
    """
    x, y = (layers.Input((28, 28, 1), name=name) for name in "xy")
    translated = create_translator("x_to_y")(x), create_translator("y_to_x")(y)
    return keras.Model([x, y], translated, name=name)


def create_judge(name):
    """A PatchGAN: is it a real image of the domain? An answer for each of 7 x 7 patches.

    Returns:
        A Model from (batch, 28, 28, 1) to (batch, 7, 7, 1), real ones near 1. An answer sees 18 x
        18 pixels.
    """
    images = layers.Input((28, 28, 1))
    x = layers.Conv2D(FILTERS, 4, strides=2, padding="same")(images)
    x = ops.leaky_relu(x, 0.2)
    x = ops.leaky_relu(convolve(x, 2 * FILTERS, 4, strides=2), 0.2)
    answers = layers.Conv2D(1, 3, padding="same", dtype=floatx())(x)
    return keras.Model(images, answers, name=name)


def create_discriminator():
    """Both judges: a Model from [x, y], images of the two domains, to their answers."""
    x, y = (layers.Input((28, 28, 1), name=name) for name in "xy")
    return keras.Model([x, y], [create_judge("judge_x")(x), create_judge("judge_y")(y)],
                       name="discriminator")  # fmt: skip


def adam(learning_rate):
    """Adam; beta_1 is that of the authors' code."""
    return Adam(learning_rate, beta_1=0.5)


def create_gan(generator, discriminator, learning_rate=2e-4, cycle=CYCLE, identity=IDENTITY):
    """Compile both networks; returns the generator with all that judges it: equation 3.

    Its answers by name: what the judges say of the fakes; each image when it went there and back;
    and with identity above 0 what becomes of an image that is of the wanted domain already.
    """
    discriminator.compile(adam(learning_rate), "mse")
    discriminator.trainable = False
    x, y = (layers.Input((28, 28, 1), name=name) for name in "xy")
    fake_y, fake_x = generator([x, y])
    answer_x, answer_y = discriminator([fake_x, fake_y])
    again_y, again_x = generator([fake_x, fake_y])
    answers = {"answer_x": answer_x, "answer_y": answer_y, "again_x": again_x, "again_y": again_y}
    weights = {"answer_x": 1.0, "answer_y": 1.0, "again_x": cycle, "again_y": cycle}
    if identity > 0:
        same_y, same_x = generator([y, x])
        answers |= {"same_x": same_x, "same_y": same_y}
        weights |= {"same_x": identity, "same_y": identity}
    gan = keras.Model([x, y], answers, name="gan")
    losses = {name: "mse" if name.startswith("answer") else "mae" for name in answers}
    gan.compile(adam(learning_rate), losses, weights)
    return gan


def judged(x, y, fake_x, fake_y):
    """What the judges learn from: for each domain fakes and behind them reals, (2 batch, 28, 28,
    1), and what to answer, 0 and 1."""
    images = [ops.concatenate([fake_x, x]), ops.concatenate([fake_y, y])]
    shape = x.shape[0], 7, 7, 1
    targets = ops.concatenate([ops.zeros(shape), ops.ones(shape)])
    return images, [targets, targets]


def wanted(gan, x, y):
    """What the gan's answers should be, by name: the judges' 1, all others the images."""
    ones = ops.ones((x.shape[0], 7, 7, 1))
    targets = {"answer_x": ones, "answer_y": ones, "again_x": x, "again_y": y}
    return targets | ({"same_x": x, "same_y": y} if len(gan.outputs) > 4 else {})


def train_discriminator(gan, x, y):
    """Teach both judges, equation 1 with squares; returns the sum of their losses before it.

    Each loss is the mean over fakes, which should get 0, and reals, 1: half of the paper's two
    terms, as its section 7.1 has it.

    Args:
        x, y: images (batch, 28, 28, 1) of the two domains, of which no two belong together.
    """
    generator, discriminator = gan.get_layer("generator"), gan.get_layer("discriminator")
    fake_y, fake_x = generator([x, y])
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return discriminator.train_on_batch(*judged(x, y, fake_x, fake_y), return_dict=True)["loss"]


def train_generator(gan, x, y):
    """Teach both translators; returns the loss before it and its parts, by name."""
    gan.get_layer("discriminator").trainable = False
    return gan.train_on_batch([x, y], wanted(gan, x, y), return_dict=True)


def main(epochs=20, batch_size=16, iterations=None, seed=0):
    """Play the game, of each epoch at most so many iterations; returns both networks."""
    keras.utils.set_random_seed(seed)
    x, y = map(datasets.scale, domains.unpaired(datasets.load("mnist").x_train, "stripes"))
    networks = create_generator(), create_discriminator()
    gan = create_gan(*networks)
    for epoch in range(epochs):
        x_order, y_order = np.random.permutation(len(x)), np.random.permutation(len(y))
        for start in range(0, len(x) - batch_size + 1, batch_size)[:iterations]:
            here = slice(start, start + batch_size)
            d_loss = train_discriminator(gan, x[x_order[here]], y[y_order[here]])
            g = train_generator(gan, x[x_order[here]], y[y_order[here]])
        cycle = g["again_x_loss"] + g["again_y_loss"]
        print(f"epoch {epoch}: [D loss: {d_loss:.4f}] [G loss: {g['loss']:.4f}] "
              f"[cycle: {cycle:.4f}]")  # fmt: skip
    return networks


if __name__ == "__main__":
    main()
