"""The bounds of log p(x) beside the truth: a network with one latent number, whose p(x) is an
integral that a sum over a fine grid gives, and densities from SciPy."""

import keras
import numpy as np
import pytest
from scipy import stats
from scipy.special import log_expit, logsumexp

from beyond.vae import bounds, lecture


@pytest.fixture(scope="module")
def networks():
    """An encoder and a generator of one latent number, far from trained and far from alike."""
    keras.utils.set_random_seed(0)
    encoder, generator = lecture.create_encoder(1), lecture.create_generator(1)
    random = np.random.default_rng(0)
    *hidden, kernel, bias = generator.get_weights()
    generator.set_weights([4 * hidden[0], *hidden[1:], 0.5 * kernel, bias])
    for layer, value in (("mean", 0.3), ("log_variance", -0.5)):
        kernel, bias = encoder.get_layer(layer).get_weights()
        encoder.get_layer(layer).set_weights([kernel, bias + value])
    images = (random.random((3, 28, 28, 1)) < 0.4).astype("float32")
    return encoder, generator, images


@pytest.fixture(scope="module")
def integrals(networks):
    """log p(x) and the ELBO of each image, (3,) each, by sums over 20,001 places of z."""
    encoder, generator, images = networks
    z, step = np.linspace(-10, 10, 20_001, retstep=True)
    logits = np.asarray(lecture.logits(generator, z[:, None].astype("float32")), "float64")
    x = images.reshape(3, 1, 784)
    log_x = (x * log_expit(logits) + (1 - x) * log_expit(-logits)).sum(axis=-1)
    log_prior = stats.norm.logpdf(z)
    truth = logsumexp(log_x + log_prior, axis=1) + np.log(step)
    mean, log_variance = (np.asarray(h, "float64") for h in encoder(images))
    q = stats.norm(mean, np.exp(log_variance / 2))
    elbo = (q.pdf(z) * (log_x + log_prior - q.logpdf(z))).sum(axis=1) * step
    return truth, elbo


def test_bounds_approach_log_p_from_below(networks, integrals):
    truth, elbo = integrals
    found = bounds.bounds(*networks, k=5000)
    np.testing.assert_allclose(found["elbo"], elbo, atol=0.1)
    assert np.all(found["elbo"] < found["bound_50"] - 0.1)
    assert np.all(found["bound_50"] <= found["bound_k"])
    assert np.all(truth - elbo > 0.2)  # a poor encoder: the bounds have a way to go
    assert np.all(found["bound_k"] < truth + 0.02)
    np.testing.assert_allclose(found["bound_k"], truth, atol=0.08)
    small = bounds.bounds(*networks, k=50)
    np.testing.assert_allclose(small["bound_50"], small["bound_k"], rtol=1e-12)


def test_bounds_are_the_same_in_any_batches_and_of_the_same_seed(networks, integrals, monkeypatch):
    """Of two images of three in a batch the last is alone, filled up."""
    first, again, other = (bounds.bounds(*networks, k=100, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["bound_k"], again["bound_k"])
    assert np.all(first["bound_k"] != other["bound_k"])
    monkeypatch.setattr(bounds, "BATCH", 2)
    pieces = bounds.bounds(*networks, k=1000)
    np.testing.assert_allclose(pieces["bound_k"], integrals[0], atol=0.15)


def test_log_weights_are_the_densities(networks):
    encoder, generator, images = networks
    noise = np.random.default_rng(1).normal(size=(3, 4, 1)).astype("float32")
    mean, log_variance = (np.asarray(h, "float64")[:, None] for h in encoder(images))
    z = mean + np.exp(log_variance / 2) * noise
    p = generator.predict_on_batch(z.reshape(12, 1)).reshape(3, 4, 784).astype("float64")
    log_x = stats.bernoulli.logpmf(images.reshape(3, 1, 784).astype(int), p).sum(axis=-1)
    log_z = stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, np.exp(log_variance / 2))
    found = np.asarray(bounds.log_weights(encoder, generator, images, noise))
    np.testing.assert_allclose(found, log_x + log_z[..., 0], rtol=1e-4)


def test_log_mean_exp_by_hand_and_of_large_numbers():
    values = np.log([[1.0, 2.0, 6.0]])
    assert np.asarray(bounds.log_mean_exp(values)) == pytest.approx([np.log(3)])
    for far in (-1e4, 1e4):  # exp() of which is 0 or infinite
        found = np.asarray(bounds.log_mean_exp(values + far))
        assert found == pytest.approx([far + np.log(3)])


def test_the_iwaes_loss_is_minus_its_bound(networks):
    encoder, generator, images = networks
    noise = np.random.default_rng(2).normal(size=(3, 5, 1)).astype("float32")
    parts = bounds.create_iwae(encoder, generator, 5)([images, noise])
    weights = np.asarray(bounds.log_weights(encoder, generator, images, noise), "float64")
    expected = -(logsumexp(weights, axis=1) - np.log(5))
    np.testing.assert_allclose(sum(map(np.asarray, parts.values())), expected, rtol=1e-5)


def test_with_one_sample_it_is_on_average_the_vaes(networks):
    """The mean over noise of minus a log weight is the VAE's loss, KL divergence in closed form."""
    encoder, generator, images = networks
    noise = np.random.default_rng(3).normal(size=(3, 4000, 1)).astype("float32")
    weights = np.asarray(bounds.log_weights(encoder, generator, images, noise))
    vae = lecture.create_vae(encoder, generator, batch_size=3)
    parts = vae.predict([np.repeat(images, 4000, 0), noise.reshape(-1, 1)], 2000, verbose=0)
    elbo = -(parts["reconstruction"] + parts["kl"]).reshape(3, 4000).mean(axis=1)
    np.testing.assert_allclose(weights.mean(axis=1), elbo, atol=0.05)


def test_active_units_are_those_whose_mean_varies(networks):
    encoder, _, images = networks
    assert bounds.active_units(encoder, images) == int(encoder.predict(images)[0].var() > 0.01)
    assert bounds.active_units(encoder, images[:1].repeat(3, axis=0)) == 0
