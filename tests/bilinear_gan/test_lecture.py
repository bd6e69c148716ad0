"""TensorFlow 1's defaults and bilinear upsampling; see tests/test_networks.py, too."""

import keras
import numpy as np
import pytest

from bilinear_gan.lecture import bilinear_upsampling, create_generator


def test_defaults_are_those_of_tf_keras_1():
    norms = [x for x in create_generator().layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) == 4
    for layer in norms:
        assert (layer.momentum, layer.epsilon, layer.axis) == (0.99, 1e-3, -1)
        gamma, beta, mean, variance = layer.get_weights()
        assert (gamma == 1).all() and not beta.any() and not mean.any() and (variance == 1).all()
    leaky = keras.layers.LeakyReLU()(np.array([-2.0, 3.0], "float32"))
    np.testing.assert_allclose(leaky, [-0.6, 3.0], rtol=1e-6)


def upsample(images):
    for layer in bilinear_upsampling():
        images = layer(images)
    return np.asarray(images)


def test_bilinear_upsampling_is_that_of_a_hand_calculation():
    """Pixel j of the result is the source at j / 2, the last pixel where there is none."""
    row = np.array([1.0, 5.0, -3.0], "float32").reshape(1, 1, 3, 1)
    assert upsample(row)[0, 0, :, 0].tolist() == [1, 3, 5, 1, -3, -3]
    column = row.reshape(1, 3, 1, 1)
    assert upsample(column)[0, :, 0, 0].tolist() == [1, 3, 5, 1, -3, -3]
    square = np.array([[0.0, 1.0], [2.0, 3.0]], "float32").reshape(1, 2, 2, 1)
    assert upsample(square)[0, ..., 0].tolist() == [
        [0, 0.5, 1, 1],
        [1, 1.5, 2, 2],
        [2, 2.5, 3, 3],
        [2, 2.5, 3, 3],
    ]


def test_bilinear_upsampling_is_tensorflow_1_14s_and_not_keras_3s():
    tf = pytest.importorskip("tensorflow")
    images = np.random.default_rng(0).normal(size=(2, 10, 9, 3)).astype("float32")
    then = tf.compat.v1.image.resize_bilinear(images, (20, 18))  # its defaults: neither aligned
    np.testing.assert_allclose(upsample(images), then, atol=1e-6)  # corners nor half pixels
    today = keras.layers.UpSampling2D(interpolation="bilinear")(images)
    assert np.abs(upsample(images) - np.asarray(today)).max() > 0.5
