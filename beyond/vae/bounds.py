"""Lower bounds of log p(x) from importance weights: Burda et al. 2016, arXiv:1509.00519."""

import math

import keras
import numpy as np
from keras import layers, ops

from beyond.vae.lecture import kl_divergence, log_likelihood, logits, sample
from common.randomness import streams

GROUP = 50  # weights of an image that are in memory at a time, and those of the smaller bound
BATCH = 20  # images


def log_weights(encoder, generator, images, noise):
    """log p(x, z) - log q(z|x) in nats, (batch, k); both networks are lecture.py's.

    The logarithms of the two normal densities differ by their exponents and the variance of q; in
    q's exponent stands the noise itself.

    Args:
        images: x, (batch, 28, 28, 1), pixels 0 or 1.
        noise: (batch, k, latent), standard normal; k samples of z are made of it.
    """
    mean, log_variance = (ops.expand_dims(parameter, 1) for parameter in encoder(images))
    z = sample(mean, log_variance, noise)
    x = ops.reshape(images, (-1, 1, 28 * 28))
    normals = ops.sum(ops.square(noise) + log_variance - ops.square(z), axis=-1) / 2
    return log_likelihood(x, logits(generator, z)) + normals


def log_mean_exp(values, axis=-1):
    """The logarithm of the mean of exp(values) along an axis, without exp() of a large number."""
    return ops.logsumexp(values, axis=axis) - math.log(values.shape[axis])


def create_iwae(encoder, generator, k):
    """Join both networks for the importance-weighted bound, equation 8.

    Returns:
        A Model like lecture.create_vae()'s, not compiled, whose noise is (batch, k, latent). The
        sum of its two answers is minus the bound, "kl" is the VAE's.
    """
    images = layers.Input((28, 28, 1))
    noise = layers.Input((k, *generator.input_shape[1:]))
    bound = log_mean_exp(log_weights(encoder, generator, images, noise))
    kl = kl_divergence(*encoder(images))
    return keras.Model([images, noise], {"reconstruction": -bound - kl, "kl": kl}, name="iwae")


def bounds(encoder, generator, images, k=5000, seed=0):
    """Estimate each image's ELBO and its importance-weighted bounds with 50 and with k samples.

    All come from the same k weights: the mean of their logarithms, the mean over groups of 50 of
    log_mean_exp() of a group, and that of all. So each is at most the next, for every image.

    Args:
        images: float32 (N, 28, 28, 1), pixels 0 or 1.
        k: a multiple of 50.
        seed: of the samples of z.

    Returns:
        A dict of float64 arrays (N,) in nats: "elbo", "bound_50", "bound_k".
    """
    pixels = layers.Input((28, 28, 1))
    noise = layers.Input((GROUP, *generator.input_shape[1:]))
    model = keras.Model([pixels, noise], log_weights(encoder, generator, pixels, noise))
    model.compile(jit_compile=True)
    random = streams(seed, ("weights",))["weights"]
    found = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        filled = np.resize(batch, (BATCH, *images.shape[1:]))  # one shape, one compilation
        elbo, small, large = 0.0, 0.0, -np.inf
        for _ in range(k // GROUP):
            drawn = keras.random.normal((BATCH, *noise.shape[1:]), seed=random)
            weights = model.predict_on_batch([filled, drawn])[: len(batch)].astype("float64")
            group = np.logaddexp.reduce(weights, axis=1)
            elbo, small = (
                elbo + weights.sum(axis=1) / k,
                small + (group - math.log(GROUP)) * GROUP / k,
            )
            large = np.logaddexp(large, group)
        found.append([elbo, small, large - math.log(k)])
    return dict(zip(("elbo", "bound_50", "bound_k"), np.concatenate(found, axis=1), strict=True))


def active_units(encoder, images):
    """How many of the latent numbers say something of the image: those whose mean has a variance
    over images (N, 28, 28, 1) above 0.01, as in the paper."""
    means, _ = encoder.predict(images, batch_size=1000, verbose=0)
    return int(np.sum(np.var(means, axis=0) > 0.01))
