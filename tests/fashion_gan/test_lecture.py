"""The networks, layer by layer, against the slide."""

import keras
import numpy as np
import pytest

from fashion_gan.lecture import create_discriminator, create_generator


def described(model):
    """Layers as (class name, units and activation, output shape)."""
    return [
        (type(layer).__name__, said(layer.get_config()), tuple(layer.output.shape[1:]))
        for layer in model.layers
    ]


def said(config):
    return (config["units"], config["activation"]) if "units" in config else None


def test_generator_is_the_slides():
    generator = create_generator()
    assert generator.input_shape == (None, 30)
    assert described(generator) == [
        ("Dense", (100, "selu"), (100,)),
        ("Dense", (150, "selu"), (150,)),
        ("Dense", (784, "sigmoid"), (784,)),
        ("Reshape", None, (28, 28, 1)),
    ]
    counts = [layer.count_params() for layer in generator.layers]
    assert counts == [30 * 100 + 100, 100 * 150 + 150, 150 * 784 + 784, 0]
    assert generator.count_params() == 136_634


def test_discriminator_is_the_slides():
    discriminator = create_discriminator()
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert described(discriminator) == [
        ("Flatten", None, (784,)),
        ("Dense", (150, "selu"), (150,)),
        ("Dense", (100, "selu"), (100,)),
        ("Dense", (1, "sigmoid"), (1,)),
    ]
    counts = [layer.count_params() for layer in discriminator.layers]
    assert counts == [0, 784 * 150 + 150, 150 * 100 + 100, 100 + 1]
    assert discriminator.count_params() == 132_951


def test_initialisers_are_those_of_tf_keras_2():
    """glorot_uniform and zeros: uniform within sqrt(6 / (inputs + outputs)); the same today."""
    layers = [*create_generator().layers, *create_discriminator().layers]
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    assert len(dense) == 6
    for layer in dense:
        assert type(layer.kernel_initializer) is keras.initializers.GlorotUniform
        assert type(layer.bias_initializer) is keras.initializers.Zeros
        kernel, bias = layer.get_weights()
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.95 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
        assert not bias.any()


def test_selu_is_that_of_its_paper():
    """Klambauer et al. 2017: scale 1.0507, alpha 1.67326."""
    x = np.array([-2.0, -0.5, 0.0, 3.0], "float32")
    expected = 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x))
    np.testing.assert_allclose(np.asarray(keras.activations.selu(x)), expected, rtol=1e-6)


def test_outputs():
    noise = 100 * np.random.default_rng(0).normal(size=(3, 30)).astype("float32")
    images = create_generator().predict_on_batch(noise)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert 0 <= images.min() < 0.01 and 0.99 < images.max() <= 1
    answers = create_discriminator().predict_on_batch(images)
    assert answers.shape == (3, 1) and ((answers >= 0) & (answers <= 1)).all()
