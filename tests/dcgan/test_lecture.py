"""The networks, layer by layer, against the slide."""

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


def described(model):
    """Layers as (class name, what the slide says of it, output shape)."""
    return [
        (type(layer).__name__, said(layer.get_config()), tuple(layer.output.shape[1:]))
        for layer in model.layers
    ]


def said(config):
    if "filters" in config:
        names = ("filters", "kernel_size", "strides", "padding", "activation")
        *numbers, activation = (config[name] for name in names)
        if isinstance(activation, dict):
            slope = activation["config"]["negative_slope"]
            activation = (activation["class_name"], pytest.approx(slope))
        return (*numbers, activation)
    if "units" in config:
        return config["units"], config["activation"]
    return config.get("rate")


def test_generator_is_the_slides(generator):
    assert generator.input_shape == (None, 100)
    twice = ((5, 5), (2, 2), "same")
    assert described(generator) == [
        ("Dense", (6272, "linear"), (6272,)),
        ("Reshape", None, (7, 7, 128)),
        ("BatchNormalization", None, (7, 7, 128)),
        ("Conv2DTranspose", (64, *twice, "selu"), (14, 14, 64)),
        ("BatchNormalization", None, (14, 14, 64)),
        ("Conv2DTranspose", (1, *twice, "tanh"), (28, 28, 1)),
    ]
    counts = [layer.count_params() for layer in generator.layers]
    convolutions = [25 * 128 * 64 + 64, 25 * 64 * 1 + 1]
    assert counts == [101 * 6272, 0, 4 * 128, convolutions[0], 4 * 64, convolutions[1]]
    assert generator.count_params() == 840_705
    trained = sum(int(np.prod(v.shape)) for v in generator.trainable_variables)
    assert trained == 840_705 - 2 * (128 + 64)  # without the moving means and variances


def test_discriminator_is_the_slides(discriminator):
    assert discriminator.input_shape == (None, 28, 28, 1)
    half = ((5, 5), (2, 2), "same", ("LeakyReLU", 0.2))
    assert described(discriminator) == [
        ("Conv2D", (64, *half), (14, 14, 64)),
        ("Dropout", 0.4, (14, 14, 64)),
        ("Conv2D", (128, *half), (7, 7, 128)),
        ("Dropout", 0.4, (7, 7, 128)),
        ("Flatten", None, (6272,)),
        ("Dense", (1, "sigmoid"), (1,)),
    ]
    counts = [layer.count_params() for layer in discriminator.layers]
    assert counts == [25 * 1 * 64 + 64, 0, 25 * 64 * 128 + 128, 0, 0, 6272 + 1]
    assert discriminator.count_params() == 212_865


def test_initialisers_are_those_of_tf_keras_2(generator, discriminator):
    """glorot_uniform and zeros: uniform within sqrt(6 / (inputs + outputs)); the same today."""
    checked = 0
    for layer in (*generator.layers, *discriminator.layers):
        if not hasattr(layer, "kernel"):
            continue
        kernel, bias = layer.get_weights()
        *field, one, other = kernel.shape  # a transposed kernel has them the other way round
        limit = np.sqrt(6 / (np.prod(field) * (one + other)))
        assert 0.95 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        assert not bias.any()
        checked += 1
    assert checked == 6


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


def test_leaky_relu_and_dropout_by_hand(discriminator):
    first, dropout, second = discriminator.layers[:3]
    x = np.array([[-2.0, -0.5, 0.0, 3.0]], "float32")
    for layer in (first, second):
        np.testing.assert_allclose(layer.activation(x), [[-0.4, -0.1, 0.0, 3.0]], rtol=1e-6)
    ones = np.ones((100, 100), "float32")
    np.testing.assert_array_equal(dropout(ones), ones)
    dropped = np.asarray(dropout(ones, training=True))
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1) / np.float32(0.6)}
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.02)


def test_transposed_convolution_by_hand(generator):
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


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def test_outputs(policy):
    noise = 100 * np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    generator, discriminator = create_generator(), create_discriminator()
    images = generator.predict_on_batch(noise)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert -1 <= images.min() < -0.99 and 0.99 < images.max() <= 1
    answers = discriminator.predict_on_batch(images)
    assert answers.shape == (3, 1) and answers.dtype == np.float32
    assert ((answers >= 0) & (answers <= 1)).all()
    # All the rest computes in the policy's type, on float32 weights.
    inner = [*generator.layers[:-1], *discriminator.layers[:-1]]
    assert {layer.compute_dtype for layer in inner} == {policy.removeprefix("mixed_")}
    assert {weight.dtype for weight in (*generator.weights, *discriminator.weights)} == {"float32"}
