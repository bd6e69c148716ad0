"""log Z of a restricted Boltzmann machine by annealed importance sampling, in NumPy: Salakhutdinov
and Murray 2008, "On the Quantitative Analysis of Deep Belief Networks".

Between a machine whose Z is known and the one asked for lie others in small steps of beta, whose
probabilities of v are, but for their own Z,

    p(v) = exp((1 - beta) b0.v + beta b.v) * product of (1 + exp(beta (c + v W)))

At beta = 0 its pixels are independent with biases b0, and its hidden units do nothing. At beta = 1
it is the machine asked for. A machine is W (visible, hidden), b (visible,), c (hidden,); all units
are 0 or 1.
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy.special import expit


class Estimate(NamedTuple):
    """log Z in nats, and what it is with the mean weight three standard errors lower and higher."""

    log_z: float
    low: float
    high: float


def schedule(temperatures=14_500):
    """The paper's betas from 0 to 1, the closer the nearer to 1: of so many steps 1/29 go to 0.5,
    8/29 to 0.9 and 20/29 to 1. Returns float64 (temperatures + 1,)."""
    first, second = temperatures / 29, temperatures * 9 / 29
    return np.interp(
        np.arange(temperatures + 1), [0, first, second, temperatures], [0, 0.5, 0.9, 1]
    )


def softplus(x):
    """log(1 + exp(x)), without exp() of a large number."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def free_energy(machine, v):
    """F(v) of lecture.py in nats, float64 (N,), of v (N, visible)."""
    W, b, c = machine
    return -(v @ b.astype("float64")) - np.sum(softplus(c + v @ W), axis=1, dtype="float64")


def draw(probabilities, random):
    """0 or 1, each 1 with its probability, of the same type."""
    chances = random.random(probabilities.shape, probabilities.dtype)
    return (chances < probabilities).astype(probabilities.dtype)


def log_p(machine, b0, v, inputs, beta):
    """The logarithm of p(v) above, float64 (chains,); inputs are c + v W."""
    _, b, _ = machine
    biases = v @ ((1 - beta) * b0 + beta * b).astype("float64")
    return biases + np.sum(softplus(inputs.dtype.type(beta) * inputs), axis=1, dtype="float64")


def gibbs_step(machine, b0, inputs, beta, random):
    """A Gibbs step that does not change the probabilities of beta's machine: from c + v W
    (chains, hidden) to the next v (chains, visible) and its c + v W."""
    W, b, c = machine
    beta = inputs.dtype.type(beta)
    h = draw(expit(beta * inputs), random)
    v = draw(expit((1 - beta) * b0 + beta * (b + h @ W.T)), random)
    return v, c + v @ W


def log_weights(machine, b0, v, betas, random):
    """Let chains v, samples of the machine of the first of the betas, go through all of them.

    At each step a weight is multiplied by p(v) of the next beta over that of this one; then v moves
    by a Gibbs step of the next. The mean of the weights is Z of the last beta over that of the
    first. Returns their logarithms, float64 (chains,).
    """
    result, inputs = np.zeros(len(v)), machine[2] + v @ machine[0]
    for this, following in itertools.pairwise(betas):
        result += log_p(machine, b0, v, inputs, following) - log_p(machine, b0, v, inputs, this)
        v, inputs = gibbs_step(machine, b0, inputs, following, random)
    return result


def log_mean(log_w):
    """The logarithm of the mean of exp(log_w), and those of the mean three standard errors lower,
    -inf if that is below 0, and higher."""
    largest = np.max(log_w)
    w = np.exp(log_w - largest)
    error = 3 * np.std(w, ddof=1) / np.sqrt(len(w))
    mean = np.array([np.mean(w), np.mean(w) - error, np.mean(w) + error])
    with np.errstate(divide="ignore"):
        return largest + np.log(np.maximum(mean, 0))


def log_z_at_0(machine, b0):
    """log Z at beta = 0: each hidden unit is 0 or 1, whatever v."""
    return len(machine[2]) * np.log(2) + np.sum(softplus(b0), dtype="float64")


def forwards(machine, b0, betas, chains=100, seed=0):
    """Estimate log Z from beta = 0 on. The estimate of Z itself is right on average; that of log Z
    is below it more often than not, and so is Z's where chains miss what has most of it."""
    random = np.random.default_rng(seed)
    v = draw(np.tile(expit(b0), (chains, 1)), random)
    middle, low, high = log_mean(log_weights(machine, b0, v, betas, random))
    return Estimate(*(float(log_z_at_0(machine, b0) + x) for x in (middle, low, high)))


def backwards(machine, b0, betas, v, seed=0):
    """Estimate log Z from beta = 1 down to 0, with samples v (chains, visible) of the machine. Here
    1 / Z is right on average, so that log Z is above more often than not."""
    random = np.random.default_rng(seed)
    middle, low, high = log_mean(log_weights(machine, b0, v, betas[::-1], random))
    return Estimate(*(float(log_z_at_0(machine, b0) - x) for x in (middle, high, low)))


def run_chains(machine, v, steps, seed=0):
    """Where chains v (chains, visible) are after so many Gibbs steps of the machine."""
    W, b, c = machine
    random = np.random.default_rng(seed)
    inputs = c + v @ W
    for _ in range(steps):
        v, inputs = gibbs_step(machine, b, inputs, 1, random)
    return v
