"""This project's engines, and the training data as every port sees it."""

import importlib
from dataclasses import replace

from common.engines import devices
from common.runs import loop
from distribution_gan import values


def configure(example, batch_size, seed, **settings):
    """Return an example's preset slides with other settings."""
    slides = importlib.import_module(f"{example}.train").PRESETS["slides"]
    return replace(slides, batch_size=batch_size, seed=seed, **settings)


def load(example, config):
    """Return the arrays that an example's Game takes: images, mnist_wgan's labels, or values."""
    return importlib.import_module(f"{example}.train").EXAMPLE.load(config).arrays


def for_ports(example, arrays):
    """Return what load() gave as a discriminator sees it: digits (N, 1), values scaled (N, 1)."""
    if example == "mnist_wgan":
        return arrays[0], arrays[1][:, None].astype("int32")
    if example == "distribution_gan":
        low, high = arrays[0].min(), arrays[0].max()
        return (values.scale(arrays[0], low, high)[:, None].astype("float32"),)
    return arrays


def create_game(example, engine, dtype, batch_size, seed):
    """Return an example's Game on the CPU, with its engine."""
    config = configure(example, batch_size, seed, engine=engine, dtype=dtype)
    if example == "mnist_wgan":
        config = replace(config, critic_updates=1)
    devices.prepare("cpu", config.dtype)
    game = importlib.import_module(f"{example}.train").Game(config, *load(example, config))
    if example == "bilinear_gan":
        game.networks.often_flat = False  # a step that is left out is no fast one
    return game


def play(example, game, steps):
    """Play some steps of an example's game: iterations; of mnist_wgan, an iteration of which must
    have one critic update, that alone."""
    loop.play(game, steps, generator=example != "mnist_wgan")
