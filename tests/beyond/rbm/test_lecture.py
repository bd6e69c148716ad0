"""lecture.py: energies by counting all states of a small machine, chains by their chances."""

import itertools

import keras
import numpy as np
import pytest

from beyond.rbm import lecture
from tests.games import create_game, in_float64


def states(units):
    """All states of so many units, (2^units, units)."""
    return np.array(list(itertools.product([0.0, 1.0], repeat=units)))


@pytest.fixture
def small(monkeypatch):
    """A machine of five visible and three hidden units, in float64, with the probabilities of all
    its states (32, 8) by its energy alone."""
    monkeypatch.setattr(lecture, "VISIBLE", 5)
    with in_float64():
        rbm = lecture.RBM(3)
        random = np.random.default_rng(0)
        W, b, c = (random.normal(size=weight.shape) for weight in (rbm.W, rbm.b, rbm.c))
        rbm.set_weights([W, b, c])
        v, h = states(5), states(3)
        energy = -(v @ b)[:, None] - h @ c - v @ W @ h.T
        yield rbm, np.exp(-energy) / np.exp(-energy).sum()


def test_the_machine_has_the_papers_units():
    generator = lecture.create_generator()
    assert generator.count_params() == 784 * 500 + 784 + 500
    assert generator.input_shape == (None, 784 + 500) and lecture.STEPS == 1000
    rbm = generator.layers[1].rbm
    assert [tuple(weight.shape) for weight in rbm.weights] == [(784, 500), (784,), (500,)]
    assert np.std(rbm.W) == pytest.approx(0.01, rel=0.01)
    assert not np.any(rbm.b) and not np.any(rbm.c)


def test_free_energy_by_hand():
    rbm = lecture.RBM(1)
    b, W = np.zeros(784), np.zeros((784, 1))
    b[:2], W[:2, 0], c = [0.5, -1.0], [2.0, 3.0], np.array([-4.0])
    rbm.set_weights([W, b, c])
    v = np.zeros((3, 784), "float32")
    v[1, 0] = v[2, :2] = 1.0
    expected = [
        -np.log(1 + np.exp(-4.0)),
        -0.5 - np.log(1 + np.exp(-2.0)),
        0.5 - np.log(1 + np.exp(1.0)),
    ]
    assert np.asarray(rbm(v)) == pytest.approx(expected, rel=1e-6)
    W[0] = 1000.0  # whose exp() float32 does not have
    rbm.set_weights([W, b, c])
    assert float(rbm(v)[1]) == pytest.approx(-0.5 - 996.0)


def test_free_energies_and_conditionals_are_those_of_the_energy(small):
    rbm, p = small
    free = np.asarray(rbm(states(5)))
    np.testing.assert_allclose(np.exp(-free) / np.exp(-free).sum(), p.sum(axis=1), rtol=1e-12)
    on = p @ states(3) / p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(rbm.hidden(states(5))), on, rtol=1e-12)
    on = p.T @ states(5) / p.sum(axis=0)[:, None]
    np.testing.assert_allclose(np.asarray(rbm.visible(states(3))), on, rtol=1e-12)


def test_a_gibbs_step_keeps_the_probabilities(small):
    """Of 200,000 states of the machine, as many of each of v are there before as after."""
    rbm, p = small
    random, of_v = np.random.default_rng(1), p.sum(axis=1)
    before = random.choice(32, 200_000, p=of_v)
    v = np.asarray(lecture.gibbs_step(rbm, states(5)[before], random.random((200_000, 8))))
    after = v @ 2 ** np.arange(4, -1, -1)
    shares = np.bincount(after.astype(int), minlength=32) / 200_000
    assert np.abs(shares - of_v).max() < 5 * np.sqrt(of_v.max() / 200_000)
    assert np.mean(after != before) > 0.5


def test_a_step_follows_the_gradient_of_log_p(small):
    """With chains that are 400,000 samples of the machine: W, b and c change by the slopes of the
    data's mean log p(v), which differences of its exact values tell."""
    rbm, p = small
    data, before = states(5)[[3, 3, 17, 30]], rbm.get_weights()

    def log_p(weights):
        rbm.set_weights(weights)
        energies = np.asarray(rbm(states(5)))
        return -np.asarray(rbm(data)).mean() - np.log(np.exp(-energies).sum())

    slopes = [np.zeros_like(weight) for weight in before]
    for number, weight in enumerate(before):
        for place in np.ndindex(weight.shape):
            for move in (1e-5, -1e-5):
                moved = [other.copy() for other in before]
                moved[number][place] += move
                slopes[number][place] += log_p(moved) / (2 * move)
    rbm.set_weights(before)
    chains = states(5)[np.random.default_rng(2).choice(32, 400_000, p=p.sum(axis=1))]
    trainer = lecture.create_trainer(rbm, learning_rate=1.0)
    nothing = np.zeros(len(chains))
    images = np.resize(data, chains.shape)
    losses = trainer.train_on_batch([images, chains], dict.fromkeys(("data", "chains"), nothing),
                                    return_dict=True)  # fmt: skip
    for new, old, slope in zip(rbm.get_weights(), before, slopes, strict=True):
        np.testing.assert_allclose(new - old, slope, atol=4e-3)
    assert losses["loss"] == pytest.approx(losses["data_loss"] + losses["chains_loss"])


def test_a_chain_takes_its_chances_from_its_noise():
    """They are uniform and independent from step to step, and another chain's are others."""
    noise = np.random.default_rng(0).normal(size=(2, 1000)).astype("float32")
    one, other = (noise[:, None] + lecture.shifts(400, 1000)) % 1
    assert one.mean() == pytest.approx(0.5, abs=0.003) and one.var() == pytest.approx(
        1 / 12, abs=0.001
    )
    assert abs(np.corrcoef(one[:-1].ravel(), one[1:].ravel())[0, 1]) < 0.01
    # Two chains keep their distance at each of 1,000 units: three deviations are 0.1.
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1
    np.testing.assert_array_equal(lecture.shifts(5, 1000), lecture.shifts(400, 1000)[:5])


def test_the_generator_ends_where_its_steps_lead():
    generator = lecture.create_generator(20, steps=3)
    rbm = generator.layers[1].rbm
    random = np.random.default_rng(0)
    rbm.set_weights([random.normal(size=weight.shape) for weight in rbm.weights])
    noise = random.normal(size=(4, 804)).astype("float32")
    v = (noise[:, :784] < 0.5).astype("float32")
    for shift in lecture.shifts(3, 804):
        chances = (noise + shift) % 1
        h = (chances[:, 784:] < np.asarray(rbm.hidden(v))).astype("float32")
        on = np.asarray(rbm.visible(h))
        v = (chances[:, :784] < on).astype("float32")
    images = generator.predict_on_batch(noise)
    assert images.shape == (4, 28, 28, 1)
    np.testing.assert_allclose(images.reshape(4, 784), on, atol=1e-5)


def test_a_chain_is_made_anew_of_its_config_as_saving_does():
    chain = lecture.create_generator(20, steps=3).layers[1]
    copy = type(chain).from_config({**chain.get_config(), "dtype": "float32"})
    assert (copy.name, copy.steps, tuple(copy.rbm.W.shape)) == ("chain", 3, (784, 20))


def test_biases_begin_at_the_mean_of_the_images():
    images = np.zeros((4, 28, 28, 1), "float32")
    images[:3, 0, 0] = 1.0
    on = np.asarray(keras.ops.sigmoid(lecture.log_odds(images)))
    assert on[0] == pytest.approx(0.75) and on[1:].max() == pytest.approx(0.001)


def test_rates_fall_to_0_over_the_run_in_lecture_and_game():
    rates = [lecture.rate(progress) for progress in (0, 0.25, 1)]
    assert rates == pytest.approx([0.05, 0.0375, 0])
    schedule = create_game("beyond.rbm", iterations=None).rate()  # an epoch of 10 batches
    assert [float(schedule(step)) for step in (0, 5, 10)] == pytest.approx([0.05, 0.025, 0])
    constant = create_game("beyond.rbm", learning_rate_schedule="constant").rate()
    assert constant == 0.05
