"""The restricted Boltzmann machine that Spence's lecture names, in today's Keras.

`python -m beyond.rbm.lecture` plays it. The lecture has two words on it, "Boltzmann Machines", on
its slide "There are several types of generative networks". The energy is Smolensky's of 1986; 500
hidden units and binarized MNIST are those of Salakhutdinov and Murray 2008, whose best machine of
that size has -86.34 nats; persistent contrastive divergence is Tieleman's of 2008. README.md tells
what was chosen where they are silent.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.optimizers import SGD

from common.data import datasets
from common.likelihood import binarize, log_odds

VISIBLE, HIDDEN = 28 * 28, 500  # units
LATENT = VISIBLE + HIDDEN  # numbers that decide a Gibbs step
STEPS = 1000  # of the chain that draws a sample
BLACK = 0.0  # a black pixel's value in the images


class RBM(layers.Layer):
    """v and h are 0 or 1 and have the energy E(v, h) = -b.v - c.h - v W h and the probability
    exp(-E(v, h)) / Z. The layer goes from v (batch, 784) to free energies F(v), (batch,), in nats:
    of them is log p(v) = -F(v) - log Z.

    Units of one layer do not touch each other, hence "restricted": given the other layer they are
    independent.
    """

    def __init__(self, hidden=HIDDEN):
        super().__init__(dtype=floatx(), name="rbm")  # under mixed_bfloat16, too
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.W = self.add_weight((VISIBLE, hidden), small, name="W")
        self.b = self.add_weight((VISIBLE,), "zeros", name="b")
        self.c = self.add_weight((hidden,), "zeros", name="c")
        self.built = True

    def call(self, v):
        """F(v) = -log sum over h of exp(-E(v, h)) = -b.v - sum of log(1 + exp(c + v W))."""
        inputs = self.c + ops.matmul(v, self.W)
        return -ops.matmul(v, self.b) - ops.sum(ops.softplus(inputs), axis=-1)

    def hidden(self, v):
        """p(h = 1 | v) of each hidden unit, (batch, hidden)."""
        return ops.sigmoid(self.c + ops.matmul(v, self.W))

    def visible(self, h):
        """p(v = 1 | h) of each visible unit, (batch, 784)."""
        return ops.sigmoid(self.b + ops.matmul(h, ops.transpose(self.W)))


def gibbs_step(rbm, v, chances):
    """Draw all hidden units given v (batch, 784), then all visible ones given those: the next v.

    Args:
        chances: (batch, 784 + hidden), uniform on [0, 1), of the visible and of the hidden units.
    """
    h = binarize(rbm.hidden(v), chances[:, VISIBLE:])
    return binarize(rbm.visible(h), chances[:, :VISIBLE])


def shifts(steps, units):
    """How far a Chain moves each number of its noise at each step: always the same, uniform on
    [0, 1), float32 (steps, units)."""
    return np.random.default_rng(0).random((steps, units), "float32")


class Chain(layers.Layer):
    """From noise (batch, 784 + hidden), standard normal, to where a Gibbs chain is after some
    steps: the last probabilities of its visible units, (batch, 784).

    The noise alone decides: a chain begins where it is below 0.5, and has the chances
    (noise + shift) modulo 1 at each step. Whatever the noise, these are uniform and independent
    from step to step as the shifts are; yet no two chains have the same.
    """

    def __init__(self, hidden=HIDDEN, steps=STEPS, **more):  # what Keras gives a copy besides
        super().__init__(**{"dtype": floatx(), "name": "chain", **more})
        self.rbm, self.steps = RBM(hidden), steps

    def call(self, noise):
        moved = ops.convert_to_tensor(shifts(self.steps, noise.shape[1]), noise.dtype)

        def step(i, v):
            return gibbs_step(self.rbm, v, (noise + moved[i]) % 1)

        v = ops.fori_loop(0, self.steps - 1, step, binarize(0.5, noise[:, :VISIBLE]))
        h = binarize(self.rbm.hidden(v), (noise + moved[-1])[:, VISIBLE:] % 1)
        return self.rbm.visible(h)


def create_generator(hidden=HIDDEN, steps=STEPS):
    """The machine with 784 * hidden + 784 + hidden parameters, and its Gibbs chain.

    Returns:
        A Model from noise (batch, 784 + hidden), standard normal, to images (batch, 28, 28, 1),
        the probabilities of the pixels after so many steps. The machine is its layers[1].rbm.
    """
    noise = layers.Input((VISIBLE + hidden,))
    images = layers.Reshape((28, 28, 1), dtype=floatx())(Chain(hidden, steps)(noise))
    return keras.Model(noise, images, name="generator")


def create_trainer(rbm, learning_rate=0.05):
    """A Model that learns, compiled.

    Returns:
        A Model from images v and chains, (batch, 784) each, to their free energies, (batch,) each,
        those of the chains negative. The sum of both means is the loss. Its gradient is that of
        -log p(v), if the chains are samples of the machine: Z itself need not be known.
    """
    images, chains = layers.Input((VISIBLE,)), layers.Input((VISIBLE,))
    energies = {"data": rbm(images), "chains": -rbm(chains)}
    trainer = keras.Model([images, chains], energies, name="trainer")
    trainer.compile(SGD(learning_rate), {name: itself for name in energies})
    return trainer


def itself(_, answers):
    """A loss that is the answers, whatever the targets."""
    return answers


def train_step(trainer, images, chains, chances):
    """Let the chains go on by a Gibbs step, then lower the free energies of the images and raise
    those of the chains.

    Args:
        images, chains: (batch, 784).
        chances: see gibbs_step().

    Returns:
        The losses before the update, floats by name, and the chains.
    """
    chains = gibbs_step(trainer.get_layer("rbm"), chains, chances)
    nothing = np.zeros(len(images))
    targets = {"data": nothing, "chains": nothing}
    return trainer.train_on_batch([images, chains], targets, return_dict=True), chains


def rate(progress, learning_rate=0.05):
    """The learning rate where so much of the training is done, 0 to 1: it falls to 0."""
    return learning_rate * (1 - progress)


def main(epochs=100, batch_size=100, learning_rate=0.05, iterations=None, seed=0):
    """Train, in each epoch at most so many iterations; returns the trainer and the generator."""
    keras.utils.set_random_seed(seed)
    grey = datasets.scale(datasets.load("mnist").x_train, BLACK).reshape(-1, VISIBLE)
    generator = create_generator()
    rbm = generator.layers[1].rbm
    rbm.b.assign(log_odds(grey))
    trainer = create_trainer(rbm, learning_rate)
    chains = binarize(0.5, keras.random.uniform((batch_size, VISIBLE)))  # and never begun anew
    starts = range(0, len(grey) - batch_size + 1, batch_size)[:iterations]
    for epoch in range(epochs):
        order = np.random.permutation(len(grey))
        for i, start in enumerate(starts):
            trainer.optimizer.learning_rate = rate(
                (epoch + i / len(starts)) / epochs, learning_rate
            )
            batch = grey[order[start : start + batch_size]]
            images = binarize(batch, keras.random.uniform(batch.shape))  # anew in each epoch
            chances = keras.random.uniform((batch_size, LATENT))
            losses, chains = train_step(trainer, images, chains, chances)
        print(
            f"epoch {epoch}: [free energy of data less that of chains: {losses['loss']:.2f} nats]"
        )
    return trainer, generator


if __name__ == "__main__":
    main()
