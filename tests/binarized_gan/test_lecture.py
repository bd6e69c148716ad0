"""The networks, layer by layer, against pages 3 and 4 of the tutorial."""

import keras
import numpy as np
import pytest

from binarized_gan.lecture import binarize, create_discriminator, create_generator
from common.data import datasets


def described(model):
    """Layers as (class name, units and activation, output shape)."""
    return [
        (type(layer).__name__, said(layer.get_config()), tuple(layer.output.shape[1:]))
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def said(config):
    return (config["units"], config["activation"]) if "units" in config else None


def test_generator_is_the_tutorials():
    generator = create_generator()
    assert generator.input_shape == (None, 28)
    assert described(generator) == [
        ("Dense", (500, "tanh"), (500,)),
        ("Dense", (784, "sigmoid"), (784,)),
        ("Reshape", None, (28, 28, 1)),
    ]
    assert generator.count_params() == (28 * 500 + 500) + (500 * 784 + 784) == 407_284


def test_discriminator_is_the_tutorials():
    discriminator = create_discriminator()
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert discriminator.output_shape == (None, 1)
    described_layers = [layer for layer in described(discriminator) if layer[0] != "GetItem"]
    assert described_layers == [
        ("Flatten", None, (784,)),
        ("Dense", (500, "tanh"), (500,)),
        ("Dense", (2, "tanh"), (2,)),
        ("Softmax", None, (2,)),
    ]
    assert discriminator.count_params() == (784 * 500 + 500) + (500 * 2 + 2) == 393_502


@pytest.mark.parametrize("units", [(0.3, -0.4), (-0.4, 0.3), (50.0, -50.0), (-50.0, 50.0)])
def test_answer_is_the_first_of_two_tanh_units_after_softmax(units):
    discriminator = create_discriminator()
    weights = discriminator.get_weights()
    discriminator.set_weights([*weights[:2], np.zeros((500, 2)), np.array(units)])
    first, second = np.exp(np.tanh(units))
    answers = discriminator.predict_on_batch(np.zeros((3, 28, 28, 1), "float32"))
    np.testing.assert_allclose(answers, np.full((3, 1), first / (first + second)), rtol=1e-6)
    assert answers.min() > 0.1192 and answers.max() < 0.8808  # 1 / (1 + e^2), 1 / (1 + e^-2)


def test_initialisers_are_fluxs():
    """Flux's Dense: uniform within sqrt(6 / (inputs + outputs)), biases 0."""
    layers = [*create_generator().layers, *create_discriminator().layers]
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    assert len(dense) == 4
    for layer in dense:
        kernel, bias = layer.get_weights()
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.95 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not bias.any()


def test_generator_draws_from_0_to_1():
    noise = 1000 * np.random.default_rng(0).normal(size=(3, 28)).astype("float32")
    images = create_generator().predict_on_batch(noise)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert 0 <= images.min() < 0.1 and 0.9 < images.max() <= 1


def test_pixels_above_one_half_are_on():
    levels = datasets.scale(np.array([[[0, 127, 128, 255]]], "uint8"), 0.0)
    assert np.ravel(binarize(levels)).tolist() == [0, 0, 1, 1]
    assert np.asarray(binarize(np.array([0.5, 0.500001]))).tolist() == [0, 1]
    assert np.asarray(binarize(levels)).dtype == np.float32
