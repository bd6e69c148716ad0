"""The variational autoencoder that Spence's lecture names, in today's Keras.

`python -m beyond.vae.lecture` plays it. The lecture has one sentence on it, on its slide "There are
several types of generative networks". The objective is that of Kingma and Welling 2014,
arXiv:1312.6114; networks, digits, Adam and its rates are those of Burda et al. 2016,
arXiv:1509.00519, whose one-layer VAE has -86.76 nats. README.md tells what was chosen where they
are silent. Their 3,280 epochs are ten million batches; train.py has shorter ways.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.optimizers import Adam

from common.data import datasets
from common.likelihood import binarize, log_likelihood, log_odds

LATENT = 50
HIDDEN = 200
BLACK = 0.0  # a black pixel's value in the images
STAGES = 8  # of 3^i epochs each


def create_encoder(latent=LATENT):
    """q(z|x): 217,300 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1), pixels 0 or 1, to the mean and the logarithm of the
        variance of z, (batch, latent) each; float32 under mixed_bfloat16, too.
    """
    images = layers.Input((28, 28, 1))
    x = layers.Flatten()(images)
    for _ in range(2):
        x = layers.Dense(HIDDEN, activation="tanh")(x)
    mean = layers.Dense(latent, dtype=floatx(), name="mean")(x)
    log_variance = layers.Dense(latent, dtype=floatx(), name="log_variance")(x)
    return keras.Model(images, [mean, log_variance], name="encoder")


def create_generator(latent=LATENT):
    """p(x|z), the decoder: 207,984 parameters.

    Returns:
        A Model from z (batch, latent), standard normal, to each pixel's probability to be 1,
        (batch, 28, 28, 1).
    """
    return keras.Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(HIDDEN, activation="tanh"),
            layers.Dense(HIDDEN, activation="tanh"),
            layers.Dense(28 * 28, dtype=floatx()),
            layers.Activation("sigmoid", dtype=floatx()),
            layers.Reshape((28, 28, 1), dtype=floatx()),
        ],
        name="generator",
    )


def logits(generator, z):
    """What the generator has before its sigmoid, of z (..., latent): (..., 784)."""
    for layer in generator.layers[:-2]:
        z = layer(z)
    return z


def kl_divergence(mean, log_variance):
    """From q(z|x) to the standard normal p(z) in nats, (batch,), 0 or more: Kingma and Welling,
    appendix B."""
    return ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=-1) / 2


def sample(mean, log_variance, noise):
    """The reparametrisation: z of standard normal noise, through which gradients pass."""
    return mean + ops.exp(log_variance / 2) * noise


def start_at_mean(generator, images):
    """Let the generator's last biases draw the mean of images (N, 28, 28, 1) in [0, 1]."""
    generator.layers[2].bias.assign(log_odds(images))


def create_vae(encoder, generator, batch_size, learning_rate=1e-3):
    """Join both networks and compile them.

    Returns:
        A Model from images (batch, 28, 28, 1) and noise (batch, latent) to the two parts of -ELBO
        in nats, (batch,) each: "reconstruction", -log p(x|z), and "kl".
    """
    images, noise = layers.Input((28, 28, 1)), layers.Input(generator.input_shape[1:])
    mean, log_variance = encoder(images)
    z = sample(mean, log_variance, noise)
    x = ops.reshape(images, (-1, 28 * 28))
    parts = {
        "reconstruction": -log_likelihood(x, logits(generator, z)),
        "kl": kl_divergence(mean, log_variance),
    }
    vae = keras.Model([images, noise], parts, name="vae")
    vae.compile(adam(learning_rate, batch_size), {name: itself for name in parts})
    return vae


def adam(learning_rate, batch_size):
    """The paper's Adam, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-4. The authors' code takes the
    gradient of a batch's sum, Keras that of its mean, beside which epsilon is as much smaller."""
    return Adam(learning_rate, epsilon=1e-4 / batch_size)


def itself(_, answers):
    """A loss that is the answers, whatever the targets."""
    return answers


def train_step(vae, images, noise):
    """Raise the ELBO of a batch; returns the losses before the update, floats by name."""
    nothing = np.zeros(len(images))
    targets = {"reconstruction": nothing, "kl": nothing}
    return vae.train_on_batch([images, noise], targets, return_dict=True)


def rate(epoch, learning_rate=1e-3):
    """The learning rate in an epoch: learning_rate * 10^(-i/7) for 3^i epochs, i = 0 to 7; the last
    one from then on."""
    ends = np.cumsum(3 ** np.arange(STAGES))
    stage = min(int(np.searchsorted(ends, epoch, side="right")), STAGES - 1)
    return learning_rate * 10 ** (-stage / 7)


def main(epochs=3280, batch_size=20, learning_rate=1e-3, iterations=None, seed=0):
    """Train, in each epoch at most so many iterations; returns the encoder and the generator."""
    keras.utils.set_random_seed(seed)
    grey = datasets.scale(datasets.load("mnist").x_train, BLACK)
    encoder, generator = create_encoder(), create_generator()
    start_at_mean(generator, grey)
    vae = create_vae(encoder, generator, batch_size, learning_rate)
    for epoch in range(epochs):
        vae.optimizer.learning_rate = rate(epoch, learning_rate)
        order = np.random.permutation(len(grey))
        elbos = []
        for start in range(0, len(grey) - batch_size + 1, batch_size)[:iterations]:
            batch = grey[order[start : start + batch_size]]
            images = binarize(batch, keras.random.uniform(batch.shape))  # anew in each epoch
            noise = keras.random.normal((batch_size, LATENT))
            elbos.append(-train_step(vae, images, noise)["loss"])
        print(f"epoch {epoch}: [ELBO: {np.mean(elbos):.2f} nats]")
    return encoder, generator


if __name__ == "__main__":
    main()
