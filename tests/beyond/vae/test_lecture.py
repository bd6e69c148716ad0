"""lecture.py: the paper's networks, and its likelihoods by hand and by quadrature."""

import numpy as np
import pytest
from scipy import stats

from beyond.vae import lecture, train
from tests.games import create_game


def test_networks_are_the_papers():
    encoder, generator = lecture.create_encoder(), lecture.create_generator()
    assert (encoder.count_params(), generator.count_params()) == (217_300, 207_984)
    units = [[layer.units for layer in net.layers if hasattr(layer, "units")] for net in
             (encoder, generator)]  # fmt: skip
    assert units == [[200, 200, 50, 50], [200, 200, 784]]
    hidden = [layer.activation.__name__ for layer in (*encoder.layers[2:4], *generator.layers[:2])]
    assert hidden == ["tanh"] * 4
    z = np.random.default_rng(0).normal(size=(3, 50)).astype("float32")
    images = generator.predict_on_batch(z)
    assert images.shape == (3, 28, 28, 1)
    logits = np.asarray(lecture.logits(generator, z))
    np.testing.assert_allclose(images.reshape(3, 784), 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_the_generator_starts_at_the_mean_of_the_images():
    generator, images = lecture.create_generator(), np.zeros((4, 28, 28, 1), "float32")
    images[:3, 0, 0] = 1.0
    lecture.start_at_mean(generator, images)
    kernel, bias = generator.layers[2].get_weights()
    generator.layers[2].set_weights([0 * kernel, bias])
    drawn = generator.predict_on_batch(np.zeros((1, 50)))[0, ..., 0]
    assert drawn[0, 0] == pytest.approx(0.75) and drawn[1:].max() == pytest.approx(0.001)


def test_kl_divergence_by_hand_and_by_quadrature():
    """Of two latent numbers it is the sum of both."""
    means, deviations = np.array([0.7, -2.0]), np.array([0.3, 1.5])
    z = np.linspace(-15, 15, 200_001)
    q = stats.norm(means[:, None], deviations[:, None])
    integrand = q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z))
    expected = np.trapezoid(integrand, z).sum()
    log_variance = 2 * np.log(deviations)
    found = np.asarray(lecture.kl_divergence(means[None], log_variance[None]))
    assert found == pytest.approx([expected], rel=1e-6)
    zero = np.zeros((1, 2))
    assert np.asarray(lecture.kl_divergence(zero, zero)) == pytest.approx([0.0])
    assert np.asarray(lecture.kl_divergence(zero + 1, zero)) == pytest.approx([1.0])  # 1/2 each


def test_samples_have_the_encoders_mean_and_variance():
    noise = np.random.default_rng(0).normal(size=(100_000, 1))
    z = np.asarray(lecture.sample(np.array([[3.0]]), np.log([[4.0]]), noise))
    assert (z.mean(), z.std()) == (pytest.approx(3, abs=0.03), pytest.approx(2, abs=0.03))


def test_rates_are_the_papers_in_lecture_and_game():
    """10^(-i/7) for 3^i epochs: 1, 3, 9, ..., 2187, which are 3,280."""
    stages = np.repeat(np.arange(8), 3 ** np.arange(8))
    rates = [lecture.rate(epoch) for epoch in range(3280)]
    np.testing.assert_allclose(rates, 1e-3 * 10 ** (-stages / 7))
    assert rates[-1] == pytest.approx(1e-4) and lecture.rate(5000) == rates[-1]
    schedule = create_game("beyond.vae").rate()  # an epoch has 10 batches
    for epoch in (0, 1, 3, 4, 12, 13, 39, 40, 1092, 1093, 3279, 5000):
        for step in (10 * epoch, 10 * epoch + 9):
            assert float(schedule(step)) == pytest.approx(lecture.rate(epoch), rel=1e-6)


def test_cosine_falls_to_0_over_the_run():
    rate = create_game("beyond.vae", learning_rate_schedule="cosine", iterations=None).rate()
    assert [float(rate(step)) for step in (0, 5, 10)] == pytest.approx([1e-3, 5e-4, 0], abs=1e-9)
    assert train.PRESETS["slides"].learning_rate_schedule == "stages"
