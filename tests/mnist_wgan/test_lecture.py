"""The script's generator, how the networks start, the loss; see tests/test_networks.py, too."""

import keras
import numpy as np
import pytest

from mnist_wgan.lecture import create_critic, create_generator, wasserstein
from tests.games import under
from tests.test_networks import NETWORKS, described


def test_scripts_generator_ends_in_tanh_and_starts_from_a_larger_embedding():
    """MNIST_wgan.py: activation = 'tanh', embeddings_initializer = 'glorot_uniform'."""
    script, (*_, slides) = create_generator("script"), NETWORKS["mnist_wgan generator"]
    rows = [described(layer) for layer in script.layers if layer.name not in ("noise", "digit")]
    assert rows == [*slides[:-1], ("Activation tanh", (28, 28, 1), 0)]
    (embedding,) = [x for x in script.layers if isinstance(x, keras.layers.Embedding)]
    weights, limit = np.asarray(embedding.embeddings), np.sqrt(6 / (10 + 100))
    assert -limit <= weights.min() < -0.95 * limit and 0.95 * limit < weights.max() <= limit
    noise = np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    images = script.predict_on_batch([1e6 * noise, np.array([[0], [5], [9]])])
    assert 0.99 < np.abs(images).max() <= 1


def test_initialisers_are_the_slides_or_keras_2s():
    """The slides' RandomNormal(0.02) for convolutions; Keras 2.0's default for the embedding."""
    layers = [layer for model in (create_critic(), create_generator()) for layer in model.layers]
    kinds = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    convolutions = [x for x in layers if isinstance(x, kinds)]
    assert len(convolutions) == 8
    for layer in convolutions:
        assert isinstance(layer.kernel_initializer, keras.initializers.RandomNormal)
        config = layer.kernel_initializer.get_config()
        assert (config["mean"], config["stddev"]) == (0.0, 0.02)
        assert np.asarray(layer.kernel).std() == pytest.approx(0.02, rel=0.1)
        assert not np.asarray(layer.bias).any()
    (embedding,) = [x for x in layers if isinstance(x, keras.layers.Embedding)]
    weights = np.asarray(embedding.embeddings)
    assert -0.05 <= weights.min() < -0.045 and 0.045 < weights.max() <= 0.05


def test_tanh_passes_a_gradient_on_where_a_pixel_is_nearly_black():
    """By hand 1 - tanh(-5)^2 = 1.8e-4; of -1, to which bfloat16 rounds tanh(-5), it would be 0."""
    tf = pytest.importorskip("tensorflow")
    with under("mixed_bfloat16"):
        before, last = create_generator("script").layers[-2:]
    assert before.compute_dtype == "bfloat16"
    x = tf.constant([[-5.0]], "bfloat16")
    with tf.GradientTape() as tape:
        tape.watch(x)
        pixel = last(x)
    assert pixel.dtype == "float32"
    assert float(tape.gradient(pixel, x)[0, 0]) == pytest.approx(1.816e-4, rel=0.01)


def test_digit_multiplies_the_noise():
    """Slide: the embedding's row "is then multiplied by the noise input"."""
    generator = create_generator()
    (embedding,) = [x for x in generator.layers if isinstance(x, keras.layers.Embedding)]
    rows = np.asarray(embedding.embeddings).copy()
    rows[4] = 2 * rows[3]
    embedding.set_weights([rows])
    noise = np.random.default_rng(0).normal(size=(1, 100)).astype("float32")
    twice = generator.predict_on_batch([2 * noise, np.array([[3]])])
    np.testing.assert_allclose(
        generator.predict_on_batch([noise, np.array([[4]])]), twice, rtol=1e-4, atol=1e-7
    )


def test_wasserstein_is_that_of_a_hand_calculation():
    y_true = np.array([[-1.0], [-1.0], [1.0], [-1.0]], "float32")
    y_pred = np.array([[3.0], [0.5], [10.0], [-2.0]], "float32")
    # (-3 - 0.5 + 10 + 2) / 4
    assert np.asarray(wasserstein(y_true, y_pred)) == pytest.approx(2.125)


def test_the_wasserstein_loss_of_a_compiled_model_does_not_mix_images():
    # Were the targets broadcast to (batch, batch), the loss would be mean(true) * mean(pred).
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", wasserstein)
    x = np.array([[1.0], [5.0]], "float32")
    assert model.test_on_batch(x, np.array([[1.0], [-1.0]], "float32")) == pytest.approx(-2.0)
