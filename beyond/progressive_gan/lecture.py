"""Progressive growing of GANs, which Nguyen's slides name, in today's Keras.

`python -m beyond.progressive_gan.lecture` plays it: both networks begin with images of 4 x 4
pixels, and whenever they have learned them, a layer block for twice as many fades in. The slides
have a title and pictures. Equations are those of Karras et al. 2018, arXiv:1710.10196, the networks
smaller ones of their kind. README.md tells what was chosen.
"""

import itertools
import math

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.optimizers import Adam

from common.cures import gradient_penalty
from common.data import datasets

SIDES = 4, 8, 16, 32  # pixels along a side of an image, stage by stage
CHANNELS = {4: 64, 8: 64, 16: 32, 32: 16}  # of the features at a side
LATENT = 64
HE = math.sqrt(2)  # gain of a layer before a rectifier
BLACK = -1.0  # a black pixel's value in the images of both networks
BORDER = 2  # black pixels around a digit of 28
PENALTY = 10.0  # lambda of the gradient penalty
DRIFT = 0.001  # epsilon of appendix A.1
STAGE_IMAGES = 240_000  # real images in each stage before the last


def equalised(layer, x, gain=HE):
    """A layer's answers to x with He's scale at run time: section 4.1.

    Weights start with deviation 1 and are multiplied by gain / sqrt(inputs) in every call; so is x
    here, which is the same. Adam's steps, of one length, then change all layers equally fast.
    """
    inputs = x.shape[-1] * math.prod(getattr(layer, "kernel_size", ()))
    return layer(x * (gain / math.sqrt(inputs)))


def dense(x, units, gain=HE, **settings):
    """An equalised dense layer's answers to x (batch, inputs)."""
    return equalised(layers.Dense(units, kernel_initializer=start(), **settings), x, gain)


def convolve(x, filters, size=3, gain=HE, padding="same", **settings):
    """An equalised convolution of features x (batch, rows, columns, channels)."""
    settings |= {"padding": padding, "kernel_initializer": start()}
    return equalised(layers.Conv2D(filters, size, **settings), x, gain)


def start():
    """How the weights of an equalised layer begin."""
    return keras.initializers.RandomNormal(stddev=1.0)


def pixel_norm(x):
    """Features of each pixel with a mean square of 1, section 4.2; of each noise, too."""
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


def minibatch_deviation(x):
    """Features x with one more, the same everywhere, section 3: how far they differ within the
    batch, the mean of their deviations. Of images that are all alike it is 0."""
    deviations = ops.sqrt(ops.var(x, axis=0) + 1e-8)  # whose slope at 0 would be infinite
    return ops.concatenate([x, ops.zeros_like(x[..., :1]) + ops.mean(deviations)], axis=-1)


@keras.saving.register_keras_serializable(package="gan_lectures")
class Fade(layers.Layer):
    """Of [old, new] the mixture (1 - alpha) old + alpha new, figure 2. Nobody trains alpha, a
    weight that fade_in() sets."""

    def build(self, shapes):
        self.alpha = self.add_weight((), "zeros", trainable=False, name="alpha")

    def call(self, pair):
        old, new = pair
        return (1 - self.alpha) * old + self.alpha * new


def enlarged(images):
    """Images or features with twice as many pixels along a side, the nearest ones."""
    return ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)


def shrunk(images):
    """Images or features with half as many pixels along a side, means of four."""
    return ops.average_pool(images, (2, 2))


def create_generator():
    """From noise (batch, 64), standard normal, to digits (batch, 28, 28, 1) in [-1, 1].

    It has all layers from the start; those that have not faded in yet do nothing to its images.
    """
    noise = layers.Input((LATENT,), name="noise")
    x = dense(pixel_norm(noise), 4 * 4 * CHANNELS[4], HE / 4)
    x = layers.Reshape((4, 4, CHANNELS[4]))(x)
    x = pixel_norm(ops.leaky_relu(x, 0.2))
    x = pixel_norm(ops.leaky_relu(convolve(x, CHANNELS[4]), 0.2))
    images = convolve(x, 1, 1, gain=1.0, dtype=floatx(), name="images_4")
    for side in SIDES[1:]:
        x = enlarged(x)
        for _ in range(2):
            x = pixel_norm(ops.leaky_relu(convolve(x, CHANNELS[side]), 0.2))
        new = convolve(x, 1, 1, gain=1.0, dtype=floatx(), name=f"images_{side}")
        images = Fade(dtype=floatx(), name=f"fade_{side}")([enlarged(images), new])
    digits = layers.Cropping2D(BORDER, dtype=floatx())(ops.clip(images, -1, 1))
    return keras.Model(noise, digits, name="generator")


def create_discriminator():
    """From four images of four sizes, (batch, side, side, 1) each, to an answer (batch, 1) to each:
    the larger, the more real. at_side() takes the one of a stage out."""
    images = [layers.Input((side, side, 1), name=f"images_{side}") for side in SIDES]
    read, half = {}, {}
    for side in SIDES:
        inputs = layers.Input((side, side, 1))
        features = ops.leaky_relu(convolve(inputs, CHANNELS[side], 1), 0.2)
        read[side] = keras.Model(inputs, features, name=f"read_{side}")
    for smaller, side in itertools.pairwise(SIDES):
        inputs = layers.Input((side, side, CHANNELS[side]))
        x = ops.leaky_relu(convolve(inputs, CHANNELS[side]), 0.2)
        x = ops.leaky_relu(convolve(x, CHANNELS[smaller]), 0.2)
        half[side] = keras.Model(inputs, shrunk(x), name=f"half_{side}")
    inputs = layers.Input((4, 4, CHANNELS[4]))
    x = ops.leaky_relu(convolve(minibatch_deviation(inputs), CHANNELS[4]), 0.2)
    x = ops.leaky_relu(convolve(x, CHANNELS[4], 4, padding="valid"), 0.2)
    x = dense(layers.Flatten()(x), 1, gain=1.0, dtype=floatx())
    answer = keras.Model(inputs, x, name="answer")

    answers = []
    for here, side in zip(images, SIDES, strict=True):
        x = read[side](here)
        if side > 4:
            old = read[side // 2](shrunk(here))
            x = Fade(name=f"fade_{side}")([old, half[side](x)])
        for smaller in reversed(SIDES[1 : SIDES.index(side)]):
            x = half[smaller](x)
        answers.append(answer(x))
    return keras.Model(images, answers, name="discriminator")


def at_side(generator, discriminator, side):
    """Both networks as a stage has them: Models from noise to images (batch, side, side, 1), and
    from these to answers (batch, 1). Their layers are those of the whole networks."""
    last = generator.get_layer(f"fade_{side}" if side > 4 else "images_4").output
    place = SIDES.index(side)
    return (
        keras.Model(generator.inputs[0], last, name=f"generator_{side}"),
        keras.Model(discriminator.inputs[place], discriminator.outputs[place],
                    name=f"discriminator_{side}"),
    )  # fmt: skip


def fade_in(networks, side, alpha):
    """Let a stage's new layers count alpha, those of earlier stages 1, those of later ones 0."""
    for network in networks:
        for each in SIDES[1:]:
            share = 1.0 if each < side else alpha if each == side else 0.0
            network.get_layer(f"fade_{each}").alpha.assign(share)


def stage(iteration, stage_iterations):
    """The side of an iteration's images and how far its layers have faded in, from 0 to 1, linearly
    in the first half of a stage. The last stage lasts."""
    number = min(iteration // stage_iterations, len(SIDES) - 1)
    begun = iteration - number * stage_iterations
    return SIDES[number], 1.0 if number == 0 else min(1.0, 2 * begun / stage_iterations)


class Learner(keras.Model):
    """The discriminator as it learns from [fakes, reals, shares], see train_discriminator()."""

    def __init__(self, discriminator):
        super().__init__(name="learner")
        self.discriminator = discriminator

    def call(self, x):
        """The answers to the fakes and to the reals, (batch, 1) each, by themselves: the deviation
        in a batch of both would tell nothing."""
        return {"fakes": self.discriminator(x[0]), "reals": self.discriminator(x[1])}

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        fakes, reals = y_pred["fakes"], y_pred["reals"]
        penalty = gradient_penalty(self.discriminator, *x)
        wasserstein = ops.mean(fakes) - ops.mean(reals)
        return wasserstein + PENALTY * penalty + DRIFT * ops.mean(ops.square(reals))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        distance = ops.mean(y_pred["reals"]) - ops.mean(y_pred["fakes"])
        return {**super().compute_metrics(x, y, y_pred, sample_weight), "distance": distance}


def minus(y_true, y_pred):
    """The generator's loss: minus the answer to each fake, (batch,); y_true does not matter."""
    return -y_pred[:, 0]


def adam(learning_rate, averaging=0.999):
    """Adam as in appendix A.1; its running mean of the generator's weights draws the pictures."""
    mean = {"use_ema": True, "ema_momentum": averaging} if averaging else {}
    return Adam(learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8, **mean)


def create_gan(generator, discriminator, side, learning_rate=1e-3, averaging=0.999):
    """Compile a stage's networks with optimizers of their own, which know nothing of the stages
    before: a Sequential of both, and the Learner."""
    generator, discriminator = at_side(generator, discriminator, side)
    learner = Learner(discriminator)
    learner.compile(adam(learning_rate, averaging=0.0))
    gan = keras.Sequential([generator, discriminator], name="gan")
    discriminator.trainable = False
    gan.compile(adam(learning_rate, averaging), minus)
    return gan, learner


def reals_at(images, side, alpha):
    """Real images (batch, 32, 32, 1) as a stage has them: shrunk to the side and, as far as its
    layers have not faded in, to half of that and enlarged again."""
    images = ops.cast(images, floatx())
    while images.shape[1] > side:
        images = shrunk(images)
    if side == 4:
        return images
    return (1 - alpha) * enlarged(shrunk(images)) + alpha * images


def train_discriminator(gan, learner, noise, reals, shares):
    """WGAN-GP, Gulrajani et al. 2017, with the drift of appendix A.1:

        mean D(fake) - mean D(real) + 10 gradient_penalty(D) + 0.001 mean D(real)^2

    Args:
        noise: (batch, 64).
        reals: (batch, side, side, 1), see reals_at().
        shares: (batch,), uniform in [0, 1): where between a fake and a real D's slope is to be 1.

    Returns:
        The loss before the update, and the distance of the mean answers, by name.
    """
    generator, discriminator = gan.layers
    fakes = generator(noise)
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return learner.train_on_batch([fakes, reals, shares], return_dict=True)


def train_generator(gan, noise):
    """-mean D(fake); returns the loss before the update."""
    gan.layers[1].trainable = False
    return gan.train_on_batch(noise, ops.zeros((len(noise), 1)))


def padded(digits):
    """Digits (N, 28, 28, 1) with a black border: (N, 32, 32, 1)."""
    return np.pad(digits, ((0, 0), (BORDER, BORDER), (BORDER, BORDER), (0, 0)),
                  constant_values=BLACK)  # fmt: skip


def main(epochs=40, batch_size=16, stage_images=STAGE_IMAGES, iterations=None, seed=0):
    """Play the game, of each epoch at most so many iterations; returns both networks, the generator
    with the running mean of the last stage's weights."""
    keras.utils.set_random_seed(seed)
    images = padded(datasets.scale(datasets.load("mnist").x_train))
    networks = create_generator(), create_discriminator()
    played, before = 0, None
    for epoch in range(epochs):
        order = np.random.permutation(len(images))
        for first in range(0, len(images) - batch_size + 1, batch_size)[:iterations]:
            side, alpha = stage(played, stage_images // batch_size)
            fade_in(networks, side, alpha)
            if side != before:
                gan, learner = create_gan(*networks, side)
                before = side
            reals = reals_at(images[order[first : first + batch_size]], side, alpha)
            noise = keras.random.normal((batch_size, LATENT))
            d = train_discriminator(gan, learner, noise, reals, np.random.uniform(size=batch_size))
            g_loss = train_generator(gan, keras.random.normal((batch_size, LATENT)))
            played += 1
        print(f"epoch {epoch}: [{side} pixels] [D loss: {d['loss']:.4f}] [G loss: {g_loss:.4f}] "
              f"[distance: {d['distance']:.4f}]")  # fmt: skip
    gan.optimizer.finalize_variable_values(gan.trainable_variables)
    return networks


if __name__ == "__main__":
    main()
