"""The steps of the dense networks in JAX: one compiled scan over many steps, its buffers donated.

On a CPU, XLA's convolutions are about fifty times slower than TensorFlow's and PyTorch's, so the
other networks stay out. Parameters are a list of layers, (kernel, bias) or (kernel,) each; they
begin as those of the example's own networks.
"""

import importlib
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import nn

# The activations of the discriminator, which ends in logits, and of the generator.
ACTIVATIONS = {
    "fashion_gan": ((nn.selu, nn.selu, lambda x: x), (nn.selu, nn.selu, nn.sigmoid)),
    "binarized_gan": ((jnp.tanh, jnp.tanh), (jnp.tanh, nn.sigmoid)),
    "distribution_gan": (
        (nn.relu, nn.relu, lambda x: x),
        (nn.relu, nn.relu, lambda x: 0.5 * jnp.tanh(x)),
    ),
}


def parameters(keras_model):
    """The weights of a Keras model's dense layers."""
    return [tuple(map(jnp.asarray, x.get_weights())) for x in keras_model.layers if x.weights]


def dense(activations, layers, x):
    """Dense layers, one after the other."""
    for activation, (kernel, *bias) in zip(activations, layers, strict=True):
        x = x @ kernel
        x = activation(x + bias[0] if bias else x)
    return x


# An optimizer is a function (layers, gradients, state) -> (layers, state). Each state, a pair of
# trees and a number of steps, is enough for any of them.


def rmsprop(layers, gradients, state):
    """RMSprop of Keras 2, of fashion_gan."""
    squares, unused, steps = state
    squares = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g * g, squares, gradients)

    def change(w, g, v):
        return w - 1e-3 * g / (jnp.sqrt(v) + 1e-7)

    return jax.tree.map(change, layers, gradients, squares), (squares, unused, steps)


def adam(layers, gradients, state):
    """Adam, of binarized_gan."""
    means, squares, steps = state
    steps += 1
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
    squares = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, squares, gradients)

    def change(w, m, v):
        return w - 1e-3 * m / (1 - 0.9**steps) / (jnp.sqrt(v / (1 - 0.999**steps)) + 1e-8)

    return jax.tree.map(change, layers, means, squares), (means, squares, steps)


def gradient_descent(layers, gradients, state):
    """Gradient descent, of distribution_gan."""
    return jax.tree.map(lambda w, g: w - 0.5 * g, layers, gradients), state


def cross_entropies(logits):
    """-log of the probability of "real" and of "fake", (batch,) each."""
    return nn.softplus(-logits[:, 0]), nn.softplus(logits[:, 0])


def two_phases(example, optimizer, noise, latent, carry, real):
    """A step of fashion_gan or distribution_gan.

    Args:
        example: its name.
        optimizer: one of the above.
        noise, latent: "normal" or "uniform", and its length.
        carry: layers of both networks, states of their optimizers, key of the noise.
        real: (batch, features).

    Returns:
        The next carry, and the two losses.
    """
    discriminate, generate = (partial(dense, functions) for functions in ACTIVATIONS[example])
    (d_layers, g_layers), (d_state, g_state), key = carry
    key, *keys = jax.random.split(key, 3)
    d_noise, g_noise = (getattr(jax.random, noise)(key, (len(real), latent)) for key in keys)
    fakes = generate(g_layers, d_noise)

    def discriminator_loss(layers):
        called_real, _ = cross_entropies(discriminate(layers, real))
        _, called_fake = cross_entropies(discriminate(layers, fakes))
        return (called_real.mean() + called_fake.mean()) / 2

    d_loss, gradients = jax.value_and_grad(discriminator_loss)(d_layers)
    d_layers, d_state = optimizer(d_layers, gradients, d_state)

    def generator_loss(layers):
        images = generate(layers, g_noise)
        return cross_entropies(discriminate(d_layers, images))[0].mean()

    g_loss, gradients = jax.value_and_grad(generator_loss)(g_layers)
    g_layers, g_state = optimizer(g_layers, gradients, g_state)
    return ((d_layers, g_layers), (d_state, g_state), key), (d_loss, g_loss)


def binarized_step(carry, real):
    """A step of binarized_gan; see two_phases()."""
    discriminate, generate = (partial(dense, x) for x in ACTIVATIONS["binarized_gan"])
    (d_layers, g_layers), (d_state, g_state), key = carry
    key, noise_key = jax.random.split(key)
    noise = jax.random.normal(noise_key, (len(real), 28))

    def log_p(layers, images):
        return nn.log_softmax(discriminate(layers, images), axis=1)

    def discriminator_loss(layers, fakes):
        return -log_p(layers, real)[:, 0].mean() - log_p(layers, fakes)[:, 1].mean()

    def generator_loss(layers):
        return -log_p(d_layers, generate(layers, noise))[:, 0].mean()

    gradients = jax.grad(discriminator_loss)(d_layers, generate(g_layers, noise))
    d_layers, d_state = adam(d_layers, gradients, d_state)
    g_layers, g_state = adam(g_layers, jax.grad(generator_loss)(g_layers), g_state)
    losses = discriminator_loss(d_layers, generate(g_layers, noise)), generator_loss(g_layers)
    return ((d_layers, g_layers), (d_state, g_state), key), losses


STEPS = {
    "fashion_gan": partial(two_phases, "fashion_gan", rmsprop, "normal", 30),
    "binarized_gan": binarized_step,
    "distribution_gan": partial(two_phases, "distribution_gan", gradient_descent, "uniform", 10),
}


def begin(example, seed):
    """Return the first carry: weights, optimizers' states, key."""
    lecture = importlib.import_module(f"{example}.lecture")
    layers = parameters(lecture.create_discriminator()), parameters(lecture.create_generator())
    zeros = partial(jax.tree.map, jnp.zeros_like)
    states = tuple((zeros(x), zeros(x), jnp.zeros((), jnp.int32)) for x in layers)
    return layers, states, jax.random.key(seed)


def player(example, batch_size, seed, data):
    """Return a function that plays a number of steps of an example on data, float32 (N, ...), and
    returns their losses, (steps,) each."""
    data = jnp.asarray(data.reshape(len(data), -1))
    random = np.random.default_rng(seed)
    per_epoch = len(data) // batch_size

    @partial(jax.jit, donate_argnums=0)
    def scan(carry, data, order):
        return jax.lax.scan(lambda carry, picked: STEPS[example](carry, data[picked]), carry, order)

    carry = begin(example, seed)

    def play(steps):
        nonlocal carry
        epochs = -(-steps // per_epoch)
        order = [random.permutation(len(data))[: per_epoch * batch_size] for _ in range(epochs)]
        order = np.concatenate(order).reshape(-1, batch_size)[:steps]
        if example == "binarized_gan":  # Flux's DataLoader does not shuffle
            order = np.sort(order.ravel()).reshape(order.shape)
        carry, losses = scan(carry, data, order)
        return jax.block_until_ready(losses)

    return play
