import keras
import numpy as np
import pytest

from common.optimizers import AdamPaper, RMSpropKeras2


def ten_steps(gradients, start, rate=0.01, rho=0.9, epsilon=1e-8):
    """The formula of Keras 2.0.8 in float64 numpy; epsilon outside the root."""
    weights, square = start.astype("float64"), np.zeros_like(start, dtype="float64")
    for gradient in gradients:
        square = rho * square + (1 - rho) * gradient**2
        weights = weights - rate * gradient / (np.sqrt(square) + epsilon)
    return weights


@pytest.fixture
def gradients():
    # From 1e-9 to 1e3, and one that is always 0: epsilon decides over the small ones.
    sizes = np.array([1e-9, 1e-7, 1e-4, 1.0, 1e3, 0.0])
    return np.random.default_rng(1).normal(size=(10, 6)) * sizes


def apply(optimizer, gradients, start):
    variable = keras.Variable(start, dtype="float32")
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype("float32"))], [variable])
    return np.asarray(variable)


def test_rmsprop_takes_ten_steps_of_the_formula_of_2017(gradients):
    start = np.linspace(-1, 1, 6)
    expected = ten_steps(gradients, start)
    np.testing.assert_allclose(
        apply(RMSpropKeras2(0.01), gradients, start), expected, rtol=1e-5, atol=1e-7
    )
    # Keras 3's own fails the same test where gradients are small.
    today = apply(keras.optimizers.RMSprop(0.01), gradients, start)
    assert np.abs(today - expected)[:2].min() > 0.001
    assert np.abs(today - expected)[3:].max() < 1e-4


def test_rmsprops_first_step_is_that_of_a_hand_calculation():
    # v = 0.1 * 0.5^2 = 0.025; step = 0.1 * 0.5 / (0.1581139 + 0.25) = 0.1225148
    moved = apply(RMSpropKeras2(0.1, epsilon=0.25), np.array([[0.5]]), np.array([2.0]))
    assert moved == pytest.approx(1.8774852, abs=1e-6)


@pytest.mark.parametrize("gradient", [1e-8, 1e-5, 1e-2])
def test_tf_keras_2_differs_from_keras_3_where_gradients_are_small(gradient):
    """The first step of rate 0.001 by hand, epsilon 1e-7 outside the root and inside."""
    start, gradients = np.zeros(1), np.array([[gradient]])
    then = -0.001 * gradient / (np.sqrt(0.1 * gradient**2) + 1e-7)
    today = -0.001 * gradient / np.sqrt(0.1 * gradient**2 + 1e-7)
    moved = apply(RMSpropKeras2(0.001, epsilon=1e-7), gradients, start)
    np.testing.assert_allclose(moved, [then], rtol=1e-5)
    np.testing.assert_allclose(
        apply(keras.optimizers.RMSprop(0.001), gradients, start), [today], rtol=1e-4
    )
    defaults = keras.optimizers.RMSprop().get_config()  # but for the formula the same as then
    names = ("learning_rate", "rho", "momentum", "epsilon", "centered")
    assert [defaults[name] for name in names] == [pytest.approx(0.001), 0.9, 0.0, 1e-7, False]


def embedding_steps(optimizer):
    """How far each row of an embedding moves when row 1 is looked up twice and row 2 once."""
    layer = keras.layers.Embedding(4, 3)
    model = keras.Sequential([keras.Input((1,), dtype="int32"), layer, keras.layers.Flatten()])
    model.compile(optimizer, "mse")
    before = layer.get_weights()[0]
    model.train_on_batch(np.array([[1], [1], [2]]), np.ones((3, 3), "float32"))
    return layer.get_weights()[0] - before


def test_an_embedding_row_looked_up_twice_takes_one_step_and_others_none():
    # A first step is rate * g / sqrt(0.1 g^2) for any g, also for the sum of row 1's two gradients.
    moved = embedding_steps(RMSpropKeras2(0.1))
    assert np.all(moved[[0, 3]] == 0)
    np.testing.assert_allclose(moved[[1, 2]], 0.1 / np.sqrt(0.1), rtol=1e-4)
    # Keras 3's own takes 2 g / sqrt(0.1 (g^2 + g^2)) for row 1.
    today = embedding_steps(keras.optimizers.RMSprop(0.1, epsilon=1e-16))
    np.testing.assert_allclose(today[1], np.sqrt(2) * 0.1 / np.sqrt(0.1), rtol=1e-3)


def test_adam_is_that_of_the_paper_and_of_flux(gradients):
    """Ten steps of Algorithm 1 in float64 numpy."""
    start = np.linspace(-1, 1, 6)
    weights, m, v = start.copy(), np.zeros(6), np.zeros(6)
    for t, gradient in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        weights -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    ours = apply(AdamPaper(0.01, epsilon=1e-8), gradients, start)
    np.testing.assert_allclose(ours, weights, atol=1e-5)
    assert np.abs(weights - start)[1:5].min() > 0.002
    # Keras 3's own fails the same test where gradients are small.
    today = apply(keras.optimizers.Adam(0.01, epsilon=1e-8), gradients, start)
    assert np.abs(today - weights)[1] > 0.002 and np.abs(today - weights)[3:].max() < 1e-5


def test_adams_first_step_is_that_of_a_hand_calculation():
    # m = 0.05 and v = 0.00025, corrected 0.5 and 0.25; step = 0.1 * 0.5 / (0.5 + 0.25) = 0.0666667
    moved = apply(AdamPaper(0.1, epsilon=0.25), np.array([[0.5]]), np.array([0.0]))
    # 1 - 0.999f, the difference of two float32 numbers, would make it 4e-6 too short.
    assert moved == pytest.approx(-0.2 / 3, rel=5e-7)


@pytest.mark.parametrize(
    "optimizer",
    [RMSpropKeras2(3e-4, rho=0.8, epsilon=1e-6), AdamPaper(3e-4, beta_1=0.5, epsilon=1e-6)],
)
def test_an_optimizer_serialises_with_its_settings(tmp_path, optimizer):
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    model.train_on_batch(np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").optimizer
    for old, new in zip(model.optimizer.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(old), np.asarray(new))
