"""The two sources in Flux, of binarized_gan and distribution_gan, as NumPy programs in float64.

Written from their text alone, with gradients by hand. A column is a sample, as in Flux.
"""

import numpy as np

ACTIVATIONS = {  # a function, and its slope in terms of what it gives
    "tanh": (np.tanh, lambda y: 1 - y**2),
    "half tanh": (lambda x: 0.5 * np.tanh(x), lambda y: 0.5 - 2 * y**2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
    "relu": (lambda x: np.maximum(x, 0), lambda y: (y > 0) * 1.0),
}


class Dense:
    """Flux's Dense(W, b, activation), W (outputs, inputs) and b (outputs, 1) or left out."""

    def __init__(self, activation, W, *b):
        self.arrays = [W, *b]
        self.activation, self.slope = ACTIVATIONS[activation]

    def __call__(self, x):
        self.x, (W, *b) = x, self.arrays
        self.y = self.activation(W @ x + sum(b))
        return self.y

    def back(self, gradient):
        """Take the gradient at the answers; keep those of W and b, and return that at x."""
        gradient = gradient * self.slope(self.y)
        both = [gradient @ self.x.T, gradient.sum(axis=1, keepdims=True)]
        self.gradients = both[: len(self.arrays)]
        return self.arrays[0].T @ gradient


class Chain:
    """Flux's Chain of Dense layers."""

    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def back(self, gradient):
        for layer in reversed(self.layers):
            gradient = layer.back(gradient)
        return gradient

    def gradients(self):
        return [gradient for layer in self.layers for gradient in layer.gradients]

    def arrays(self):
        return [array for layer in self.layers for array in layer.arrays]


class ADAM:
    """Flux 0.11 to 0.13's ADAM(0.001): moments and powers of beta for each array of weights."""

    def __init__(self):
        self.states = {}

    def update(self, array, gradient):
        m, v, t = self.states.get(id(array), (0.0, 0.0, 1))
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        array -= 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        self.states[id(array)] = m, v, t + 1


class Descent:
    """Flux's Descent(0.5)."""

    def update(self, array, gradient):
        array -= 0.5 * gradient


def step(optimizer, chain, gradients):
    """Flux.update! of all arrays of a chain."""
    for array, gradient in zip(chain.arrays(), gradients, strict=True):
        optimizer.update(array, gradient)


def play_binarized(discriminator, generator, batches):
    """Pages 4 to 6 and 10 of the tutorial.

    Args:
        discriminator, generator: Chains, changed in place; the discriminator's end in two units.
        batches: noise (28, batch) and reals (784, batch), both updates of an iteration on one pair.

    Returns:
        For each pair, after both updates: d, g, the share of reals called real, of fakes called
        fake.
    """
    opt, rows = ADAM(), []

    def judge(x):  # softmax, and the second unit is dropped
        first, second = np.exp(discriminator(x))
        return first / (first + second)

    def back(p, gradient):  # of each answer p, to the two units and on
        through = p * (1 - p) * gradient
        return discriminator.back(np.stack([through, -through]))

    for noise, reals in batches:
        count = reals.shape[1]
        p = judge(reals)
        back(p, -1 / p / count)
        of_reals = discriminator.gradients()
        q = judge(generator(noise))
        back(q, 1 / (1 - q) / count)
        both = zip(of_reals, discriminator.gradients(), strict=True)
        step(opt, discriminator, [real + fake for real, fake in both])

        q = judge(generator(noise))
        generator.back(back(q, -1 / q / count))
        step(opt, generator, generator.gradients())

        fakes = generator(noise)
        p, q, binarized = judge(reals), judge(fakes), judge((fakes > 0.5) * 1.0)
        d = -np.log(p).mean() - np.log(1 - q).mean()
        rows.append((d, -np.log(q).mean(), (p >= 0.5).mean(), (binarized < 0.5).mean()))
    return rows


def play_distribution(D, G, batches):
    """Slide "Training Code".

    Args:
        D, G: Chains, changed in place.
        batches: noise (10, batch) of the generated numbers, real numbers (1, batch), and the noise
            of the generator's own update.

    Returns:
        For each, before the updates: lossD and lossG.
    """
    opt, rows = Descent(), []
    for z, real, noise in batches:
        x = np.hstack([G(z), real])
        y = np.hstack([np.zeros_like(real), np.ones_like(real)])
        p = D(x)
        loss_D = -np.mean(y * np.log(p)) - np.mean((1 - y) * np.log(1 - p))
        D.back((-y / p + (1 - y) / (1 - p)) / y.size)
        step(opt, D, D.gradients())

        q = D(G(noise))
        loss_G = -np.mean(np.log(q))
        G.back(D.back(-1 / q / q.size))
        step(opt, G, G.gradients())
        rows.append((loss_D, loss_G))
    return rows
