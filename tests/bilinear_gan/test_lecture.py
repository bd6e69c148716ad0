"""The networks, layer by layer, against the post; and TensorFlow 1's bilinear upsampling."""

import keras
import numpy as np
import pytest

from bilinear_gan.lecture import bilinear_upsampling, create_discriminator, create_generator


def described(model):
    """Layers as (class name, what the post says of it, output shape)."""
    return [(type(a).__name__, said(a.get_config()), a.output.shape[1:]) for a in model.layers]


def said(config):
    names = ("units", "filters", "kernel_size", "strides", "padding", "rate")
    return tuple(config[name] for name in names if name in config)


def test_generator_is_the_posts():
    generator = create_generator()
    assert generator.input_shape == (None, 100)
    # The post's UpSampling2D(interpolation="bilinear"); see bilinear_upsampling().
    upsampled = [
        [("UpSampling2D", (), shape), ("AveragePooling2D", ((1, 1), "same"), shape)]
        for shape in ((20, 20, 128), (36, 36, 64))
    ]
    assert described(generator) == [
        ("Dense", (14_400,), (14_400,)),
        ("BatchNormalization", (), (14_400,)),
        ("LeakyReLU", (), (14_400,)),
        ("Reshape", (), (12, 12, 100)),
        ("Conv2D", (128, (3, 3), (1, 1), "valid"), (10, 10, 128)),
        ("BatchNormalization", (), (10, 10, 128)),
        ("LeakyReLU", (), (10, 10, 128)),
        *upsampled[0],
        ("Conv2D", (64, (3, 3), (1, 1), "valid"), (18, 18, 64)),
        ("BatchNormalization", (), (18, 18, 64)),
        ("LeakyReLU", (), (18, 18, 64)),
        *upsampled[1],
        ("Conv2D", (32, (5, 5), (1, 1), "valid"), (32, 32, 32)),
        ("BatchNormalization", (), (32, 32, 32)),
        ("LeakyReLU", (), (32, 32, 32)),
        ("Conv2D", (1, (5, 5), (1, 1), "valid"), (28, 28, 1)),
    ]
    counts = [layer.count_params() for layer in generator.layers if layer.count_params()]
    assert counts == [
        100 * 14_400 + 14_400, 4 * 14_400,
        9 * 100 * 128 + 128, 4 * 128,
        9 * 128 * 64 + 64, 4 * 64,
        25 * 64 * 32 + 32, 4 * 32,
        25 * 32 + 1,
    ]  # fmt: skip
    assert sum(counts) == 1_754_049


def test_discriminator_is_the_posts():
    discriminator = create_discriminator()
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert described(discriminator) == [
        ("Conv2D", (64, (3, 3), (2, 2), "same"), (14, 14, 64)),
        ("LeakyReLU", (), (14, 14, 64)),
        ("Dropout", (0.3,), (14, 14, 64)),
        ("Conv2D", (128, (5, 5), (2, 2), "same"), (7, 7, 128)),
        ("LeakyReLU", (), (7, 7, 128)),
        ("Dropout", (0.3,), (7, 7, 128)),
        ("Flatten", (), (6272,)),
        ("Dense", (1,), (1,)),
    ]
    counts = [layer.count_params() for layer in discriminator.layers if layer.count_params()]
    assert counts == [9 * 64 + 64, 25 * 64 * 128 + 128, 6272 + 1] and sum(counts) == 211_841


def test_defaults_are_those_of_tf_keras_1():
    layers = [*create_generator().layers, *create_discriminator().layers]
    kinds = [keras.layers.Dense, keras.layers.Conv2D, keras.layers.BatchNormalization]
    weighted = [[layer for layer in layers if isinstance(layer, kind)] for kind in kinds]
    assert list(map(len, weighted)) == [2, 6, 4]
    for layer in weighted[0] + weighted[1]:
        assert layer.activation is keras.activations.linear  # neither tanh nor sigmoid at an end
        kernel, bias = layer.get_weights()
        ends = kernel.shape[-2] + kernel.shape[-1]  # glorot_uniform
        limit = np.sqrt(6 / (ends * np.prod(kernel.shape[:-2], dtype=int)))
        assert 0.95 * limit < np.abs(kernel).max() <= limit and not bias.any()
    for layer in weighted[2]:
        assert (layer.momentum, layer.epsilon, layer.axis) == (0.99, 1e-3, -1)
        gamma, beta, mean, variance = layer.get_weights()
        assert (gamma == 1).all() and not beta.any() and not mean.any() and (variance == 1).all()
    leaky = keras.layers.LeakyReLU()(np.array([-2.0, 3.0], "float32"))
    np.testing.assert_allclose(leaky, [-0.6, 3.0], rtol=1e-6)


def upsample(images):
    for layer in bilinear_upsampling():
        images = layer(images)
    return np.asarray(images)


def test_bilinear_upsampling_by_hand():
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


def test_outputs():
    noise = 100 * np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    images = create_generator().predict_on_batch(noise)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert images.min() < -1.5 and images.max() > 1.5  # nothing bounds them
    answers = create_discriminator().predict_on_batch(images)
    assert answers.shape == (3, 1) and answers.dtype == np.float32
