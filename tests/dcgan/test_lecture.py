"""What the layers do, against TensorFlow 2's; see tests/test_networks.py, too."""

import keras
import numpy as np
import pytest

from dcgan.lecture import create_discriminator, create_generator


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    return create_generator()


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(0)
    return create_discriminator()


def test_batch_normalisation_is_that_of_tf_keras_2(generator):
    """Momentum 0.99, epsilon 0.001, and the four arrays start at 1, 0, 0, 1."""
    x = np.random.default_rng(0).normal(3, 2, (8, 7, 7, 128)).astype("float32")
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    layer = keras.layers.BatchNormalization.from_config(generator.layers[2].get_config())
    layer.build((None, 7, 7, 128))
    assert [set(weight.ravel()) for weight in layer.get_weights()] == [{1}, {0}, {0}, {1}]

    np.testing.assert_allclose(layer(x), x / np.sqrt(1 + 1e-3), rtol=1e-5)  # as generator(noise)
    by_batch = layer(x, training=True)
    np.testing.assert_allclose(by_batch, (x - mean) / np.sqrt(variance + 1e-3), atol=1e-4)
    moving_mean, moving_variance = layer.get_weights()[2:]
    np.testing.assert_allclose(moving_mean, 0.01 * mean, rtol=1e-4)
    # tf.keras 2 multiplies the batch's variance by n / (n - 1), here 392 / 391; see README.md.
    np.testing.assert_allclose(moving_variance, 0.99 + 0.01 * variance, rtol=1e-5)


def test_leaky_relu_and_dropout_are_those_of_a_hand_calculation(discriminator):
    first, dropout, second = discriminator.layers[:3]
    x = np.array([[-2.0, -0.5, 0.0, 3.0]], "float32")
    for layer in (first, second):
        np.testing.assert_allclose(layer.activation(x), [[-0.4, -0.1, 0.0, 3.0]], rtol=1e-6)
    ones = np.ones((100, 100), "float32")
    np.testing.assert_array_equal(dropout(ones), ones)
    dropped = np.asarray(dropout(ones, training=True))
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1) / np.float32(0.6)}
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.02)


def test_transposed_convolution_is_that_of_a_hand_calculation(generator):
    """Input pixel i touches output pixels 2i - 1 to 2i + 3, as convolution's gradient does."""
    settings = {**generator.layers[3].get_config(), "activation": "linear"}
    layer = keras.layers.Conv2DTranspose.from_config({**settings, "filters": 2})
    layer.build((None, 7, 7, 3))
    kernel = np.random.default_rng(0).normal(size=(5, 5, 2, 3)).astype("float32")
    layer.set_weights([kernel, np.zeros(2)])
    x = np.zeros((1, 7, 7, 3), "float32")
    x[0, 3, 5, 1] = 2.0
    expected = np.zeros((1, 14, 14, 2), "float32")
    expected[0, 5:10, 9:14] = 2.0 * kernel[:, :, :, 1]
    np.testing.assert_allclose(layer(x), expected, atol=1e-6)
