"""This project's engines, and the training data as every port sees it."""

import importlib
from dataclasses import replace

import numpy as np

from binarized_gan.train import binarize
from common.data import datasets
from common.engines import devices
from distribution_gan import values


def configure(example, batch_size, seed, **settings):
    """Return an example's preset slides with other settings."""
    slides = importlib.import_module(f"{example}.train").PRESETS["slides"]
    return replace(slides, batch_size=batch_size, seed=seed, **settings)


def load(example, config):
    """Return the arrays that an example's Game takes: images, mnist_wgan's labels, or values."""
    if example == "distribution_gan":
        return (values.load(config),)
    if example == "mnist_wgan":
        images, labels = datasets.load_training("mnist", config, first=50_000)
        return datasets.scale(images), labels
    digits = example in ("binarized_gan", "bilinear_gan")
    images, _ = datasets.load_training("mnist" if digits else "fashion_mnist", config)
    black = importlib.import_module(f"{example}.lecture").BLACK
    images = datasets.scale(images, black)
    return (np.asarray(binarize(images)) if example == "binarized_gan" else images,)


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
    devices.prepare("cpu", config.dtype)
    game = importlib.import_module(f"{example}.train").Game(config, *load(example, config))
    if example == "bilinear_gan":
        game.networks.often_flat = False  # a step that is left out is no fast one
    return game


def play(example, game, steps):
    """Play some steps of an example's game: iterations, or for mnist_wgan critic updates."""
    while steps > 0:
        count = min(steps, game.engine.longest)  # in one call
        if example == "mnist_wgan":
            game.engine.play(game, 1, count, generator=False)
        else:
            left = game.batches.per_epoch - int(game.batches.position) % game.batches.per_epoch
            count = min(count, left)  # a call ends where an epoch does
            game.engine.play(game, count, game.discriminator_updates)
        steps -= count
