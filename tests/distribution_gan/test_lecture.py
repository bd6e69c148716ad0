"""The networks, layer by layer, against the slide."""

import keras
import numpy as np
import pytest

from distribution_gan.lecture import create_discriminator, create_generator


def described(model):
    """Dense layers as (units, activation, bias), the others by their class's name."""
    layers = []
    for layer in model.layers:
        config = layer.get_config()
        dense = isinstance(layer, keras.layers.Dense)
        said = (config["units"], config["activation"], config["use_bias"]) if dense else None
        layers.append(said or type(layer).__name__)
    return layers


def test_generator_is_the_slides():
    generator = create_generator()
    assert generator.input_shape == (None, 10) and generator.output_shape == (None, 1)
    assert described(generator) == [
        (50, "relu", True), (1000, "relu", True), (1, "tanh", False), "Rescaling",
    ]  # fmt: skip
    assert generator.count_params() == (10 * 50 + 50) + (50 * 1000 + 1000) + 1000 == 52_550


def test_discriminator_is_the_slides():
    discriminator = create_discriminator()
    assert discriminator.input_shape == (None, 1) and discriminator.output_shape == (None, 1)
    assert described(discriminator) == [
        (100, "relu", True), (50, "relu", True), (1, "sigmoid", True),
    ]  # fmt: skip
    assert discriminator.count_params() == (1 * 100 + 100) + (100 * 50 + 50) + (50 + 1) == 5_301


def test_generator_ends_with_half_a_tanh():
    """Ones times the 1000 outputs before: 0.5 * tanh of their sum."""
    generator = create_generator()
    generator.layers[1].set_weights([np.zeros((50, 1000)), np.full(1000, 1e-3)])
    generator.layers[2].set_weights([np.ones((1000, 1))])
    number = generator.predict_on_batch(np.full((1, 10), 0.3, "float32"))
    assert number == pytest.approx(0.5 * np.tanh(1.0), rel=1e-5)


def test_initialisers_are_fluxs():
    """glorot_uniform and zeros: uniform within sqrt(6 / (inputs + outputs))."""
    layers = [*create_generator().layers, *create_discriminator().layers]
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    assert len(dense) == 6
    for layer in dense:
        kernel, *biases = layer.get_weights()
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.8 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.25)
        assert not any(bias.any() for bias in biases)


def test_generator_stays_fine_under_bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = create_generator()
    finally:
        keras.config.set_dtype_policy("float32")
    noise = np.random.default_rng(0).uniform(size=(1000, 10)).astype("float32")
    numbers = generator.predict_on_batch(noise)
    assert numbers.dtype == np.float32
    assert len(np.unique(numbers)) > 900  # bfloat16 has 128 between 0.25 and 0.5
