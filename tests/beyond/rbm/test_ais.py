"""ais.py: log Z of machines small enough to count all their states."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp

from beyond.rbm import ais

STATES = np.array(list(itertools.product([0.0, 1.0], repeat=6)))  # of six visible units


@pytest.fixture
def machine():
    """Of six visible and four hidden units, with weights large enough for separate modes."""
    random = np.random.default_rng(0)
    return tuple(1.5 * random.normal(size=shape) for shape in ((6, 4), 6, 4))


@pytest.fixture
def b0():
    return np.random.default_rng(1).normal(size=6)


def log_z(machine):
    """By its energies of all 64 * 16 states."""
    W, b, c = machine
    hidden = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    return logsumexp((STATES @ b)[:, None] + hidden @ c + STATES @ W @ hidden.T)


def samples(machine, count, seed=2):
    p = np.exp(-ais.free_energy(machine, STATES) - log_z(machine))
    return STATES[np.random.default_rng(seed).choice(64, count, p=p)]


def test_free_energies_sum_to_z(machine):
    assert logsumexp(-ais.free_energy(machine, STATES)) == pytest.approx(log_z(machine), abs=1e-12)


def test_both_ends_of_the_annealing_are_the_two_machines(machine, b0):
    inputs = machine[2] + STATES @ machine[0]
    at_0, at_1 = (ais.log_p(machine, b0, STATES, inputs, beta) for beta in (0, 1))
    assert logsumexp(at_0) == pytest.approx(ais.log_z_at_0(machine, b0), abs=1e-12)
    np.testing.assert_allclose(at_1, -ais.free_energy(machine, STATES), rtol=1e-12)
    by_hand = 4 * np.log(2) + np.log(1 + np.exp(b0)).sum()
    assert ais.log_z_at_0(machine, b0) == pytest.approx(by_hand)


def test_one_step_of_weights_by_hand(machine, b0):
    """From beta = 0 to 1 at once: the ratio of both probabilities, before anything moves."""
    v = STATES[[5, 40]]
    found = ais.log_weights(machine, b0, v, [0.0, 1.0], np.random.default_rng(0))
    expected = -ais.free_energy(machine, v) - (v @ b0 + 4 * np.log(2))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_gibbs_step_keeps_the_probabilities_between_the_machines(machine, b0):
    log_p = ais.log_p(machine, b0, STATES, machine[2] + STATES @ machine[0], 0.6)
    p = np.exp(log_p - logsumexp(log_p))
    random = np.random.default_rng(0)
    before = STATES[random.choice(64, 200_000, p=p)]
    v, inputs = ais.gibbs_step(machine, b0, machine[2] + before @ machine[0], 0.6, random)
    shares = np.bincount((v @ 2 ** np.arange(5, -1, -1)).astype(int), minlength=64) / len(v)
    assert np.abs(shares - p).max() < 5 * np.sqrt(p.max() / len(v))
    np.testing.assert_allclose(inputs, machine[2] + v @ machine[0])


@pytest.mark.parametrize("temperatures", [29, 290])
def test_estimates_from_both_ends_enclose_log_z(machine, b0, temperatures):
    betas, exact = ais.schedule(temperatures), log_z(machine)
    for estimate in (
        ais.forwards(machine, b0, betas, 2000),
        ais.backwards(machine, b0, betas, samples(machine, 2000)),
    ):
        assert estimate.low < exact < estimate.high
        assert estimate.low < estimate.log_z < estimate.high
        assert estimate.log_z == pytest.approx(exact, abs=0.06)
        assert estimate.high - estimate.low < 0.3


def test_ten_temperatures_more_make_it_closer(machine, b0):
    few, many = (ais.forwards(machine, b0, ais.schedule(n), 500) for n in (29, 2900))
    assert many.high - many.low < 0.5 * (few.high - few.low)


def test_few_chains_are_below_log_z_forwards_and_above_it_backwards(machine, b0):
    """On average, of 300 estimates by two chains of one step each."""
    betas, exact = np.array([0.0, 1.0]), log_z(machine)
    forwards = [ais.forwards(machine, b0, betas, 2, seed).log_z for seed in range(300)]
    backwards = [
        ais.backwards(machine, b0, betas, samples(machine, 2, seed), seed).log_z
        for seed in range(300)
    ]
    assert np.mean(forwards) < exact - 0.2 and np.mean(backwards) > exact + 0.2


def test_chains_go_to_the_machines_probabilities(machine):
    start = np.zeros((20_000, 6))
    for steps, near in ((1, False), (30, True)):
        v = ais.run_chains(machine, start, steps)
        counts = np.bincount((v @ 2 ** np.arange(5, -1, -1)).astype(int), minlength=64)
        p = np.exp(-ais.free_energy(machine, STATES) - log_z(machine))
        assert (np.abs(counts / len(v) - p).max() < 0.015) == near


def test_schedule_is_the_papers():
    """500 steps to 0.5, 4,000 to 0.9, 10,000 to 1, each of equal length."""
    betas = ais.schedule()
    assert (len(betas), betas[0], betas[-1]) == (14_501, 0, 1)
    assert betas[500] == pytest.approx(0.5) and betas[4500] == pytest.approx(0.9)
    np.testing.assert_allclose(np.diff(betas)[[0, 499, 500, 4499, 4500, -1]],
                               [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5])  # fmt: skip
    assert np.all(np.diff(ais.schedule(29)) > 0) and len(ais.schedule(29)) == 30


def test_mean_of_weights_and_three_standard_errors_by_hand():
    w = np.array([1.0, 2.0, 3.0, 6.0])  # mean 3, standard deviation sqrt(14 / 3)
    error = 3 * np.sqrt(14 / 3 / 4)
    found = ais.log_mean(np.log(w) + 1000.0)  # beyond exp()'s range
    assert found[0] == pytest.approx(np.log(3) + 1000)
    assert found[1] == -np.inf  # 3 is less than the error
    assert found[2] == pytest.approx(np.log(3 + error) + 1000)
    assert ais.log_mean(np.zeros(5)).tolist() == [0, 0, 0]
