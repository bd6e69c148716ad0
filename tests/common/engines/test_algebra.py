"""Each faster layer against the plain one: answers, gradients, and what is left as it is."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from bilinear_gan.lecture import bilinear_upsampling
from common.cures import SpectralNormalization
from common.engines import algebra
from tests.commands import on_jax
from tests.games import in_float64

random = np.random.default_rng(0)


def with_gradients(network, x, direction):
    """A network's answers, and the gradient of their sum in a direction by weights and input."""
    if keras.backend.backend() == "jax":
        return with_gradients_on_jax(network, x, direction)
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        answers = network(x)
        total = tf.reduce_sum(answers * direction)
    weights = [variable.value for variable in network.trainable_variables]
    return [np.asarray(value) for value in (answers, *tape.gradient(total, [*weights, x]))]


def with_gradients_on_jax(network, x, direction):
    import jax

    others = [variable.value for variable in network.non_trainable_variables]

    def total(weights, x):
        answers, _ = network.stateless_call(weights, others, x)
        return ops.sum(answers * direction), answers

    weights = [variable.value for variable in network.trainable_variables]
    gradients, answers = jax.grad(total, (0, 1), has_aux=True)(weights, x)
    return [np.asarray(value) for value in (answers, *gradients[0], gradients[1])]


def assert_equal_to_rounding(network, replaced, tiles=False):
    """Plain and faster agree, and so many layers were replaced, for as long as the block lasts."""
    dtype = network.layers[-1].compute_dtype
    x = random.normal(size=(3, *network.input_shape[1:])).astype(dtype)
    direction = random.normal(size=(3, *network.output_shape[1:])).astype(dtype)
    plain = with_gradients(network, x, direction)
    assert len(algebra.replacements(network, tiles)) == replaced
    with algebra.faster([network], tiles):
        fast = with_gradients(network, x, direction)
    for ours, theirs in zip(fast, plain, strict=True):
        within = {"float32": 1e-5, "float64": 1e-12}[dtype] * np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, atol=within)
    # Really other arithmetic, and only inside the block.
    assert np.array_equal(fast[0], plain[0]) is (replaced == 0)
    np.testing.assert_array_equal(network(x), plain[0])


def sequential(shape, *stack):
    network = keras.Sequential([layers.Input(shape), *stack])
    for variable in network.trainable_variables:  # biases too
        variable.assign(random.normal(size=variable.shape))
    return network


def doubled(convolution):
    return [layers.UpSampling2D(), convolution(4, 5, padding="same", activation="tanh")]


UPSAMPLED = {  # a chain of as many layers as are replaced
    "nearest": lambda: doubled(layers.Conv2D),
    "nearest, transposed": lambda: doubled(layers.Conv2DTranspose),
    "bilinear": lambda: [*bilinear_upsampling(), layers.Conv2D(4, 5, activation="tanh")],
}


@pytest.mark.parametrize("size", [(7, 7), (4, 6)])
@pytest.mark.parametrize("kind", UPSAMPLED)
def test_upsampling_and_convolution_are_the_plain_ones(kind, size):
    stack = UPSAMPLED[kind]()
    assert_equal_to_rounding(sequential((*size, 3), *stack), len(stack))


@pytest.mark.parametrize("wrap", [lambda layer: layer, SpectralNormalization])
@pytest.mark.parametrize(("size", "strides"), [(4, 1), (7, 2)])
def test_convolution_of_a_small_image_is_the_plain_one(size, strides, wrap):
    """Also with its kernel divided by the largest singular value."""
    convolution = layers.Conv2D(6, 5, strides=strides, padding="same", activation="tanh")
    network = sequential((size, size, 3), wrap(convolution), layers.Flatten())
    assert_equal_to_rounding(network, 1)


def test_a_wrapper_that_takes_images_one_by_one_is_left_alone():
    """Of four images in a row of 4 x 4 pixels each."""
    network = sequential((4, 4, 4, 3), layers.TimeDistributed(layers.Conv2D(6, 5, padding="same")))
    assert algebra.replacements(network) == []


@pytest.fixture
def exactly(monkeypatch):
    """Tiles however few the channels are, in float64, in which the digits that they lose are none
    of those compared."""
    monkeypatch.setattr(algebra, "LEAST", 1)
    with in_float64():
        yield


@pytest.mark.parametrize("size", [3, 7, 8, 9])  # 1 result, then 5 to 7: tiles of 5, 6 and 4
def test_convolution_in_tiles_is_the_plain_one(size, exactly):
    network = sequential((size, size, 3), layers.Conv2D(4, 3, activation="tanh"))
    assert_equal_to_rounding(network, 1, tiles=True)


@pytest.mark.parametrize("kind", UPSAMPLED)
def test_upsampling_and_convolution_in_tiles_are_the_plain_ones(kind, exactly):
    stack, size = UPSAMPLED[kind](), 6 if kind == "bilinear" else 7
    network = sequential((size, size, 3), *stack)
    assert_equal_to_rounding(network, len(stack), tiles=True)
    assert_other_arithmetic(network)


def answers(network, x, tiles):
    with algebra.faster([network], tiles):
        return np.asarray(network(x))


def assert_other_arithmetic(network, other=True):
    """Whether tiles change a network's rounding."""
    x = random.normal(size=(3, *network.input_shape[1:]))
    assert np.array_equal(answers(network, x, True), answers(network, x, False)) is not other


@pytest.mark.parametrize(
    ("shape", "stack"),
    [
        ((6, 6, 63), [layers.Conv2D(64, 3)]),
        ((6, 6, 64), [layers.Conv2D(63, 3)]),
        ((6, 5, 64), [layers.Conv2D(64, 3)]),
        ((6, 6, 64), [layers.Conv2D(64, 3, padding="same")]),
        ((6, 6, 64), [layers.Conv2D(64, 3, strides=2)]),
        ((6, 6, 64), [layers.Conv2DTranspose(64, 3)]),
        ((6, 6, 64), [layers.Conv2D(64, 3, dtype="mixed_bfloat16")]),
        ((5, 5, 63), [layers.UpSampling2D(), layers.Conv2D(16, 5, padding="same")]),
        ((5, 5, 64), [layers.UpSampling2D(), layers.Conv2D(15, 5, padding="same")]),
        ((5, 5, 64), [*bilinear_upsampling(), layers.Conv2D(15, 5)]),
    ],
)
def test_few_channels_other_strides_and_bfloat16_are_not_taken_in_tiles(shape, stack):
    assert_other_arithmetic(sequential(shape, *stack), other=False)


@pytest.mark.parametrize(
    ("shape", "create"),
    [
        ((12, 12, 100), lambda: [layers.Conv2D(128, 3)]),  # of bilinear_gan
        ((10, 10, 128), lambda: [*bilinear_upsampling(), layers.Conv2D(64, 5)]),
        ((14, 14, 128), lambda: [layers.UpSampling2D(), layers.Conv2D(64, 5, padding="same")]),
    ],
)
def test_tiles_lose_at_most_two_of_float32s_seven_digits(shape, create):
    network = keras.Sequential([layers.Input(shape), *create()])
    with in_float64():
        double = keras.Sequential([layers.Input(shape), *create()])
    double.set_weights(network.get_weights())
    x = random.normal(size=(2, *shape)).astype("float32")
    exact = np.asarray(double(x))
    assert exact.dtype == "float64"
    plain, fast = (
        np.linalg.norm(answers(network, x, tiles) - exact) / np.linalg.norm(exact)
        for tiles in (False, True)
    )
    assert plain < fast < 1e-5


def test_faster_layers_are_the_plain_ones_on_jax():
    chosen = "(upsampling_and_convolution or small_image) and not tiles and not Spectral"
    code = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    argv = ["-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    assert "8 passed" in on_jax(code, *argv, "-k", chosen, __file__)


def test_the_lectures_generator_and_critic_get_faster_layers():
    """Where it is used: two of the generator's convolutions and the critic's last two."""
    from mnist_wgan.lecture import create_critic, create_generator

    critic = create_critic()
    status = keras.Model(critic.inputs, critic.outputs[0])
    assert_equal_to_rounding(status, 2)
    names = [layer.name for layer, _ in algebra.replacements(create_generator())]
    assert len(names) == 4 and sum("up_sampling" in name for name in names) == 2


def test_the_faster_layers_of_32_pixels_in_colour_are_the_plain_ones():
    """The critic's last convolution, of 4x4 pixels as before; both of the generator's."""
    from mnist_wgan.lecture import create_critic, create_generator

    with in_float64():
        critic = create_critic(3, 32, 3)
        generator = create_generator("script", 3, 32, 3)
        status = keras.Model(critic.inputs, critic.outputs[0])
        assert status.input_shape == (None, 32, 32, 3) == generator.output_shape
        assert_equal_to_rounding(status, 1)
        inputs = [random.normal(size=(3, 100)), np.array([[0], [1], [2]])]
        plain = np.asarray(generator(inputs))
        assert len(algebra.replacements(generator)) == 4
        with algebra.faster([generator]):
            fast = np.asarray(generator(inputs))
    assert not np.array_equal(fast, plain)
    np.testing.assert_allclose(fast, plain, atol=1e-12 * np.abs(plain).max())


@pytest.mark.parametrize(
    ("shape", "stack"),
    [
        ((4, 4, 2), [layers.Conv2D(3, 3, padding="same")]),
        ((4, 4, 2), [layers.Conv2D(3, 5, padding="same", strides=2)]),
        ((7, 7, 2), [layers.Conv2D(3, 5, padding="same")]),
        ((5, 4, 2), [layers.Conv2D(3, 5, padding="same")]),
        ((4, 4, 2), [layers.Conv2D(4, 5, padding="same", groups=2)]),
        ((4, 4, 2), [layers.Conv2D(4, 5, padding="same", dilation_rate=2)]),
        ((4, 4, 2), [layers.UpSampling2D(3), layers.Conv2D(3, 5, padding="same")]),
        ((4, 4, 2), [layers.UpSampling2D(interpolation="bilinear"), layers.Conv2D(3, 5)]),
        ((4, 4, 2), [layers.UpSampling2D(), layers.LeakyReLU(), layers.Conv2D(3, 5)]),
        ((4, 4, 2), [*bilinear_upsampling(), layers.Conv2D(3, 3)]),
        ((4, 4, 2), [*bilinear_upsampling(), layers.Conv2D(3, 5, strides=2)]),
        ((4, 4, 2), [*bilinear_upsampling(), layers.Conv2DTranspose(3, 5)]),
        ((4, 4, 2), [layers.UpSampling2D(), layers.AveragePooling2D(2), layers.Conv2D(1, 2)]),
        ((4, 4, 2), [*bilinear_upsampling()[1:], layers.Conv2D(3, 2)]),
    ],
)
def test_other_layers_are_left_as_they_are(shape, stack):
    assert_equal_to_rounding(sequential(shape, *stack), 0)


def branches(x):
    """An upsampling of two convolutions, of which the second stands behind the first."""
    x = layers.UpSampling2D()(x)
    ends = [layers.Conv2D(2, 5, padding="same")(x) for _ in range(2)]
    return layers.Concatenate()(ends)


def residual(x):
    x = layers.UpSampling2D()(x)
    return layers.Add()([x, layers.Conv2D(3, 5, padding="same")(x)])


def shared(x):
    convolution = layers.Conv2D(3, 5, padding="same")
    return convolution(convolution(layers.UpSampling2D()(x)))


@pytest.mark.parametrize("graph", [branches, residual, shared])
def test_a_network_that_is_no_chain_is_left_as_it_is(graph):
    inputs = layers.Input((5, 5, 3))
    assert_equal_to_rounding(keras.Model(inputs, graph(inputs)), 0)


def test_a_chain_of_the_functional_api_is_faster():
    inputs = layers.Input((5, 5, 3))
    x = layers.Conv2D(2, 5, padding="same")(layers.UpSampling2D()(inputs))
    network = keras.Model(inputs, x)
    assert [layer for layer, _ in algebra.replacements(network)] == network.layers[1:]


def test_layers_are_themselves_again_after_an_error():
    network = sequential((4, 4, 3), layers.Conv2D(6, 5, padding="same"))
    x = random.normal(size=(2, 4, 4, 3)).astype("float32")
    plain = np.asarray(network(x))
    with pytest.raises(KeyError), algebra.faster([network]):
        raise KeyError
    np.testing.assert_array_equal(network(x), plain)


def test_a_network_saved_amid_faster_layers_has_plain_ones(tmp_path):
    network = sequential((4, 4, 3), layers.UpSampling2D(), layers.Conv2D(6, 5, padding="same"))
    with algebra.faster([network]):
        network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert [type(layer) for layer in loaded.layers] == [layers.UpSampling2D, layers.Conv2D]
    x = random.normal(size=(2, 4, 4, 3)).astype("float32")
    np.testing.assert_array_equal(loaded(x), network(x))


@pytest.mark.parametrize(
    ("axis", "x", "taps", "count", "results"),
    [  # y[i] = x[i - 2] + 2 x[i + 2], and y[i] = x[2i - 2] + 3 x[2i - 1] + 2 x[2i + 2]
        ((4, 1), [1, 2, 0, 3], [1, 0, 0, 0, 2], 8, [0, 6, 1, 2]),
        ((7, 2), [1, 2, 0, 3, 4, 0, 5], [1, 3, 0, 0, 2], 11, [0, 1 + 6 + 8, 9 + 10, 4]),
    ],
)
def test_an_axis_is_that_of_a_hand_calculation(axis, x, taps, count, results):
    axis = algebra.AXES[axis]
    products = (axis.inputs @ x) * (axis.taps @ taps)
    assert len(products) == count
    np.testing.assert_allclose(axis.results @ products, results, atol=1e-12)


def test_an_axis_with_too_few_products_is_not_found():
    with pytest.raises(ValueError, match="too few"):
        algebra.find_axis(4, [[(-1, 1), (1, 1), (1, 1, 1)]])


def test_tiles_are_those_of_a_hand_calculation():
    """Two results of three taps by four products: x = (1, 2, 0, 3), taps (1, 0, 2), y = (1, 8).

    The points are 0, 1, -1 and infinity: (x0 - x2) k0, (x1 + x2) (k0 + k1 + k2) / 2,
    (x2 - x1) (k0 - k1 + k2) / 2 and (x3 - x1) k2.
    """
    axis = algebra.find_tiles(2, 3)
    assert axis.inputs.shape == (4, 1, 4)
    products = (axis.inputs[:, 0] @ [1, 2, 0, 3]) * (axis.taps @ [1, 0, 2])
    np.testing.assert_allclose(products, [1, 3, -3, 2], atol=1e-12)
    np.testing.assert_allclose(axis.results @ products, [1, 8], atol=1e-12)


@pytest.mark.parametrize(
    ("outputs", "taps", "points", "tiles"),
    [(1, 3, 3, 1), (6, 3, 8, 1), (7, 3, 6, 2), (10, 3, 7, 2), (18, 3, 8, 3), (16, 4, 7, 4)],
)
def test_tiles_are_chosen_with_the_fewest_products(outputs, taps, points, tiles):
    axis = algebra.find_tiles(outputs, taps)
    assert axis.inputs.shape == (points, tiles, outputs + taps - 1)
    kernel, x = random.normal(size=taps), random.normal(size=outputs + taps - 1)
    made = axis.results @ ((axis.inputs @ x) * (axis.taps @ kernel)[:, None])
    expected = np.correlate(x, kernel, "valid")
    np.testing.assert_allclose(made.T.ravel()[:outputs], expected, atol=1e-12)


def test_remainders_are_those_of_the_polynomial():
    """2 + 3x + 5x^2 + 7x^3 modulo x - 1 is 17, modulo x^2 + x + 1 it is (2 - 5 + 7) + (3 - 5) x."""
    rows = algebra.remainders([(-1, 1), (1, 1, 1), algebra.INFINITY], 4) @ [2, 3, 5, 7]
    np.testing.assert_allclose(rows, [17, 4, -2, 2, 7])


def test_faster_layers_in_bfloat16_err_little_more_than_plain_ones():
    """Sums of taps are rounded like taps: the error is a few times that of the plain layer."""
    network = sequential((4, 4, 32), layers.Conv2D(16, 5, padding="same"))
    x = random.normal(size=(8, 4, 4, 32)).astype("float32")
    exact = np.asarray(network(x))
    rounded = keras.Sequential(
        [layers.Input((4, 4, 32)), layers.Conv2D(16, 5, padding="same", dtype="mixed_bfloat16")]
    )
    rounded.set_weights(network.get_weights())
    plain = np.asarray(ops.cast(rounded(x), "float32"))
    with algebra.faster([rounded]):
        fast = rounded(x)
    assert keras.backend.standardize_dtype(fast.dtype) == "bfloat16"
    errors = [np.abs(np.asarray(ops.cast(y, "float32")) - exact).mean() for y in (plain, fast)]
    assert errors[1] < 5 * errors[0]
