"""The networks of every lecture.py, layer by layer, against its source; how they start and what
range they answer in. What a layer does, where it is one example's own, stands in its folder."""

import keras
import numpy as np
import pytest

from tests.games import module, under

NORM = "BatchNormalization"


def bilinear_block(taps, maps, size, before):
    shape, parameters = (size, size, maps), taps**2 * before * maps + maps
    return [
        (f"Conv2D {maps} {taps}x{taps} 1x1 valid linear", shape, parameters),
        (NORM, shape, 4 * maps),
        ("LeakyReLU 0.3", shape, 0),
    ]


def bilinear_upsampling(shape):
    """The post's UpSampling2D(interpolation="bilinear"); see bilinear_gan.lecture."""
    return [("UpSampling2D 2x2 nearest", shape, 0), ("AveragePooling2D 2x2 1x1 same", shape, 0)]


def critic_block(maps, stride, size, before):
    shape = (size, size, maps)
    return [
        (f"Conv2D {maps} 5x5 {stride}x{stride} same linear", shape, 25 * before * maps + maps),
        ("LeakyReLU 0.2", shape, 0),
        ("Dropout 0.4", shape, 0),
    ]


def generator_block(maps, size, before, upsampled=False):
    above, shape = ("UpSampling2D 2x2 nearest", (size, size, before), 0), (size, size, maps)
    return [
        *([above] if upsampled else []),
        (f"Conv2DTranspose {maps} 5x5 1x1 same linear", shape, 25 * before * maps + maps),
        ("LeakyReLU 0.3", shape, 0),
    ]


IMAGE = ((28, 28, 1),)
NETWORKS = {  # shapes of the inputs, parameters, and of each layer what it is, shape, parameters
    "mnist_wgan critic": (IMAGE, 4_393_483, [
        *critic_block(64, 2, 14, 1), *critic_block(128, 2, 7, 64),
        *critic_block(256, 2, 4, 128), *critic_block(512, 1, 4, 256),
        ("Flatten", (8192,), 0),
        ("Dense 10 softmax", (10,), 8192 * 10 + 10),
        ("Dense 1 linear", (1,), 8192 + 1),
    ]),
    "mnist_wgan generator": (((100,), (1,)), 2_344_169, [
        ("Embedding 10 100", (1, 100), 10 * 100),
        ("Flatten", (100,), 0),
        ("Multiply", (100,), 0),
        ("Dense 12544 linear", (12544,), 101 * 12544),
        ("LeakyReLU 0.3", (12544,), 0),
        ("Reshape", (7, 7, 256), 0),
        *generator_block(128, 14, 256, upsampled=True),
        *generator_block(64, 28, 128, upsampled=True),
        *generator_block(32, 28, 64),
        *generator_block(1, 28, 32),  # ends in LeakyReLU, not in tanh
    ]),
    "fashion_gan generator": (((30,),), 136_634, [
        ("Dense 100 selu", (100,), 30 * 100 + 100),
        ("Dense 150 selu", (150,), 100 * 150 + 150),
        ("Dense 784 sigmoid", (784,), 150 * 784 + 784),
        ("Reshape", (28, 28, 1), 0),
    ]),
    "fashion_gan discriminator": (IMAGE, 132_951, [
        ("Flatten", (784,), 0),
        ("Dense 150 selu", (150,), 784 * 150 + 150),
        ("Dense 100 selu", (100,), 150 * 100 + 100),
        ("Dense 1 sigmoid", (1,), 100 + 1),
    ]),
    "dcgan generator": (((100,),), 840_705, [
        ("Dense 6272 linear", (6272,), 101 * 6272),
        ("Reshape", (7, 7, 128), 0),
        (NORM, (7, 7, 128), 4 * 128),
        ("Conv2DTranspose 64 5x5 2x2 same selu", (14, 14, 64), 25 * 128 * 64 + 64),
        (NORM, (14, 14, 64), 4 * 64),
        ("Conv2DTranspose 1 5x5 2x2 same tanh", (28, 28, 1), 25 * 64 * 1 + 1),
    ]),
    "dcgan discriminator": (IMAGE, 212_865, [
        ("Conv2D 64 5x5 2x2 same LeakyReLU 0.2", (14, 14, 64), 25 * 1 * 64 + 64),
        ("Dropout 0.4", (14, 14, 64), 0),
        ("Conv2D 128 5x5 2x2 same LeakyReLU 0.2", (7, 7, 128), 25 * 64 * 128 + 128),
        ("Dropout 0.4", (7, 7, 128), 0),
        ("Flatten", (6272,), 0),
        ("Dense 1 sigmoid", (1,), 6272 + 1),
    ]),
    "binarized_gan generator": (((28,),), 407_284, [
        ("Dense 500 tanh", (500,), 28 * 500 + 500),
        ("Dense 784 sigmoid", (784,), 500 * 784 + 784),
        ("Reshape", (28, 28, 1), 0),
    ]),
    "binarized_gan discriminator": (IMAGE, 393_502, [
        ("Flatten", (784,), 0),
        ("Dense 500 tanh", (500,), 784 * 500 + 500),
        ("Dense 2 tanh", (2,), 500 * 2 + 2),
        ("Softmax", (2,), 0),
    ]),
    "bilinear_gan generator": (((100,),), 1_754_049, [
        ("Dense 14400 linear", (14_400,), 100 * 14_400 + 14_400),
        (NORM, (14_400,), 4 * 14_400),
        ("LeakyReLU 0.3", (14_400,), 0),
        ("Reshape", (12, 12, 100), 0),
        *bilinear_block(3, 128, 10, 100), *bilinear_upsampling((20, 20, 128)),
        *bilinear_block(3, 64, 18, 128), *bilinear_upsampling((36, 36, 64)),
        *bilinear_block(5, 32, 32, 64),
        ("Conv2D 1 5x5 1x1 valid linear", (28, 28, 1), 25 * 32 + 1),
    ]),
    "bilinear_gan discriminator": (IMAGE, 211_841, [
        ("Conv2D 64 3x3 2x2 same linear", (14, 14, 64), 9 * 64 + 64),
        ("LeakyReLU 0.3", (14, 14, 64), 0),
        ("Dropout 0.3", (14, 14, 64), 0),
        ("Conv2D 128 5x5 2x2 same linear", (7, 7, 128), 25 * 64 * 128 + 128),
        ("LeakyReLU 0.3", (7, 7, 128), 0),
        ("Dropout 0.3", (7, 7, 128), 0),
        ("Flatten", (6272,), 0),
        ("Dense 1 linear", (1,), 6272 + 1),  # no sigmoid
    ]),
    "distribution_gan generator": (((10,),), 52_550, [
        ("Dense 50 relu", (50,), 10 * 50 + 50),
        ("Dense 1000 relu", (1000,), 50 * 1000 + 1000),
        ("Dense 1 tanh", (1,), 1000),  # without a bias
        ("Rescaling", (1,), 0),
    ]),
    "distribution_gan discriminator": (((1,),), 5_301, [
        ("Dense 100 relu", (100,), 1 * 100 + 100),
        ("Dense 50 relu", (50,), 100 * 50 + 50),
        ("Dense 1 sigmoid", (1,), 50 + 1),
    ]),
}  # fmt: skip
SAID = (
    "units", "filters", "input_dim", "output_dim", "kernel_size", "size", "pool_size", "strides",
    "padding", "rate", "negative_slope", "interpolation", "activation",
)  # fmt: skip


def said(value):
    """A layer's setting as the tables above have it."""
    if isinstance(value, dict):  # an activation that is a layer
        return f"{value['class_name']} {value['config']['negative_slope']:g}"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def described(layer):
    """What a layer is, its output's shape and its parameters."""
    config = layer.get_config()
    words = [type(layer).__name__, *(said(config[name]) for name in SAID if name in config)]
    return " ".join(words), tuple(layer.output.shape[1:]), layer.count_params()


def create(name):
    example, _, network = name.partition(" ")
    keras.utils.set_random_seed(0)
    return getattr(module(example, "lecture"), f"create_{network}")()


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_parameters_are_the_sources(name):
    network, (inputs, parameters, layers) = create(name), NETWORKS[name]
    assert tuple(x.shape[1:] for x in network.inputs) == inputs
    unsaid = ("InputLayer", "GetItem")  # the latter is binarized_gan's [:, :1]
    shown = [described(x) for x in network.layers if type(x).__name__ not in unsaid]
    assert shown == layers
    assert network.count_params() == sum(count for *_, count in layers) == parameters
    trained = sum(int(np.prod(x.shape)) for x in network.trainable_variables)
    moving = sum(count // 2 for kind, _, count in layers if kind == NORM)  # means and variances
    assert trained == parameters - moving


def test_selu_is_that_of_its_paper():
    """Klambauer et al. 2017: scale 1.0507, alpha 1.67326."""
    x = np.array([-2.0, -0.5, 0.0, 3.0], "float32")
    expected = 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x))
    np.testing.assert_allclose(np.asarray(keras.activations.selu(x)), expected, rtol=1e-6)


def networks(example):
    return [create(name) for name in NETWORKS if name.startswith(example)]


@pytest.mark.parametrize(
    ("example", "count", "least", "within"),
    [
        ("mnist_wgan", 3, 0.95, 0.05),  # the dense ones
        ("fashion_gan", 6, 0.95, 0.15),
        ("dcgan", 6, 0.95, 0.05),
        ("binarized_gan", 4, 0.95, 0.05),
        ("bilinear_gan", 8, 0.95, 0.05),
        ("distribution_gan", 6, 0.8, 0.25),  # in which there are small ones
    ],
)
def test_kernels_start_uniform_by_glorot_and_biases_at_0(example, count, least, within):
    """The default of Keras at any time and of Flux: within sqrt(6 / (inputs + outputs))."""
    checked = 0
    for layer in [layer for network in networks(example) for layer in network.layers]:
        if type(getattr(layer, "kernel_initializer", None)) is not keras.initializers.GlorotUniform:
            continue
        kernel, *biases = layer.get_weights()
        *field, one, other = kernel.shape  # a transposed kernel has them the other way round
        limit = np.float32(np.sqrt(6 / (np.prod(field) * (one + other))))
        assert least * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=within)
        assert type(layer.bias_initializer) is keras.initializers.Zeros
        assert not any(bias.any() for bias in biases)
        checked += 1
    assert checked == count


@pytest.mark.parametrize(
    ("example", "latent", "larger", "darkest", "brightest", "policy"),
    [
        ("fashion_gan", 30, 100, (0, 0.01), (0.99, 1), "float32"),
        ("dcgan", 100, 100, (-1, -0.99), (0.99, 1), "float32"),
        ("dcgan", 100, 100, (-1, -0.99), (0.99, 1), "mixed_bfloat16"),
        ("binarized_gan", 28, 1000, (0, 0.1), (0.9, 1), "float32"),
        ("bilinear_gan", 100, 100, (-np.inf, -1.5), (1.5, np.inf), "float32"),  # nothing bounds it
    ],
)
def test_pixels_and_answers_reach_over_the_range_of_the_source(
    example, latent, larger, darkest, brightest, policy
):
    with under(policy):
        generator, discriminator = networks(example)
    noise = larger * np.random.default_rng(0).normal(size=(3, latent)).astype("float32")
    images = generator.predict_on_batch(noise)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert darkest[0] <= images.min() < darkest[1] and brightest[0] < images.max() <= brightest[1]
    answers = discriminator.predict_on_batch(images)
    assert answers.shape == (3, 1) and answers.dtype == np.float32
    assert example == "bilinear_gan" or ((answers >= 0) & (answers <= 1)).all()
    # All but the last layers compute in the policy's type, on float32 weights.
    inner = [x for network in (generator, discriminator) for x in network.layers[:-1]]
    types = {x.compute_dtype for x in inner if isinstance(x, keras.layers.Layer)}
    assert types == {policy.removeprefix("mixed_")}
    assert {x.dtype for x in (*generator.weights, *discriminator.weights)} == {"float32"}
