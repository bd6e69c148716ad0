"""The networks, layer by layer, against the slides."""

import keras
import numpy as np
import pytest

from mnist_wgan.lecture import create_critic, create_generator, wasserstein


def described(model):
    """Layers as (class name, what the slide says of it, output shape)."""
    says = {
        "Conv2D": lambda c: (c["filters"], c["kernel_size"], c["strides"], c["padding"]),
        "Conv2DTranspose": lambda c: (c["filters"], c["kernel_size"], c["strides"], c["padding"]),
        "LeakyReLU": lambda c: c["negative_slope"],
        "Dropout": lambda c: c["rate"],
        "Dense": lambda c: (c["units"], c["activation"]),
        "UpSampling2D": lambda c: (c["size"], c["interpolation"]),
        "Embedding": lambda c: (c["input_dim"], c["output_dim"]),
    }
    rows = []
    for layer in model.layers:
        kind = type(layer).__name__
        said = says.get(kind, lambda c: None)(layer.get_config())
        rows.append((kind, said, tuple(layer.output.shape[1:])))
    return rows


def critic_block(maps, stride, size):
    return [
        ("Conv2D", (maps, (5, 5), (stride, stride), "same"), (size, size, maps)),
        ("LeakyReLU", 0.2, (size, size, maps)),
        ("Dropout", 0.4, (size, size, maps)),
    ]


def generator_block(maps, size, upsampled_from=None):
    rows = [
        ("Conv2DTranspose", (maps, (5, 5), (1, 1), "same"), (size, size, maps)),
        ("LeakyReLU", pytest.approx(0.3), (size, size, maps)),
    ]
    if upsampled_from:
        rows.insert(0, ("UpSampling2D", ((2, 2), "nearest"), (size, size, upsampled_from)))
    return rows


def test_critic_is_the_slides():
    critic = create_critic()
    assert described(critic) == [
        ("InputLayer", None, (28, 28, 1)),
        *critic_block(64, 2, 14),
        *critic_block(128, 2, 7),
        *critic_block(256, 2, 4),
        *critic_block(512, 1, 4),
        ("Flatten", None, (8192,)),
        ("Dense", (10, "softmax"), (10,)),
        ("Dense", (1, "linear"), (1,)),
    ]
    assert critic.count_params() == 4_393_483


def test_generator_is_the_slides():
    generator = create_generator()
    rows = described(generator)
    assert sorted(row[0] for row in rows[:5]) == [
        "Embedding", "Flatten", "InputLayer", "InputLayer", "Multiply",
    ]  # fmt: skip
    assert ("Embedding", (10, 100), (1, 100)) in rows
    assert rows[5:] == [
        ("Dense", (256 * 7 * 7, "linear"), (12544,)),
        ("LeakyReLU", pytest.approx(0.3), (12544,)),
        ("Reshape", None, (7, 7, 256)),
        *generator_block(128, 14, upsampled_from=256),
        *generator_block(64, 28, upsampled_from=128),
        *generator_block(32, 28),
        *generator_block(1, 28),  # ends in LeakyReLU, not in tanh
    ]
    assert generator.count_params() == 2_344_169


def test_scripts_generator_ends_in_tanh_and_starts_from_a_larger_embedding():
    """MNIST_wgan.py: activation = 'tanh', embeddings_initializer = 'glorot_uniform'."""
    slides, script = create_generator(), create_generator("script")
    assert described(script)[:-1] == described(slides)[:-1]
    assert described(script)[-1] == ("Activation", None, (28, 28, 1))
    assert script.layers[-1].activation is keras.activations.tanh
    (embedding,) = [x for x in script.layers if isinstance(x, keras.layers.Embedding)]
    weights, limit = np.asarray(embedding.embeddings), np.sqrt(6 / (10 + 100))
    assert -limit <= weights.min() < -0.95 * limit and 0.95 * limit < weights.max() <= limit
    noise = np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    images = script.predict_on_batch([1e6 * noise, np.array([[0], [5], [9]])])
    assert 0.99 < np.abs(images).max() <= 1


def test_initialisers_are_those_of_2017():
    """The slides' RandomNormal(0.02) for convolutions; Keras 2.0's defaults for all the rest."""
    layers = [layer for model in (create_critic(), create_generator()) for layer in model.layers]
    convolutions = [x for x in layers if isinstance(x, keras.layers.Conv2D)]
    convolutions += [x for x in layers if isinstance(x, keras.layers.Conv2DTranspose)]
    assert len(convolutions) == 8
    for layer in convolutions:
        assert isinstance(layer.kernel_initializer, keras.initializers.RandomNormal)
        config = layer.kernel_initializer.get_config()
        assert (config["mean"], config["stddev"]) == (0.0, 0.02)
        assert np.asarray(layer.kernel).std() == pytest.approx(0.02, rel=0.1)
        assert not np.asarray(layer.bias).any()
    dense = [x for x in layers if isinstance(x, keras.layers.Dense)]
    assert len(dense) == 3
    for layer in dense:
        assert isinstance(layer.kernel_initializer, keras.initializers.GlorotUniform)
        assert not np.asarray(layer.bias).any()
    (embedding,) = [x for x in layers if isinstance(x, keras.layers.Embedding)]
    weights = np.asarray(embedding.embeddings)
    assert -0.05 <= weights.min() < -0.045 and 0.045 < weights.max() <= 0.05


def test_tanh_passes_a_gradient_on_where_a_pixel_is_nearly_black():
    """By hand 1 - tanh(-5)^2 = 1.8e-4; of -1, to which bfloat16 rounds tanh(-5), it would be 0."""
    tf = pytest.importorskip("tensorflow")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        before, last = create_generator("script").layers[-2:]
    finally:
        keras.config.set_dtype_policy("float32")
    assert before.compute_dtype == "bfloat16"
    x = tf.constant([[-5.0]], "bfloat16")
    with tf.GradientTape() as tape:
        tape.watch(x)
        pixel = last(x)
    assert pixel.dtype == "float32"
    assert float(tape.gradient(pixel, x)[0, 0]) == pytest.approx(1.816e-4, rel=0.01)


def test_outputs():
    critic, generator = create_critic(), create_generator()
    noise = np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    images = generator.predict_on_batch([noise, np.array([[0], [5], [9]])])
    assert images.shape == (3, 28, 28, 1)
    answers = critic.predict_on_batch(images * 1e6)
    assert answers["status"].shape == (3, 1)
    assert answers["class"].shape == (3, 10)
    np.testing.assert_allclose(answers["class"].sum(axis=1), 1, rtol=1e-5)
    assert np.abs(answers["status"]).max() > 1  # unbounded: no sigmoid


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


def test_wasserstein_by_hand():
    y_true = np.array([[-1.0], [-1.0], [1.0], [-1.0]], "float32")
    y_pred = np.array([[3.0], [0.5], [10.0], [-2.0]], "float32")
    # (-3 - 0.5 + 10 + 2) / 4
    assert np.asarray(wasserstein(y_true, y_pred)) == pytest.approx(2.125)


def test_wasserstein_in_compile_does_not_mix_images():
    # Were the targets broadcast to (batch, batch), the loss would be mean(true) * mean(pred).
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", wasserstein)
    x = np.array([[1.0], [5.0]], "float32")
    assert model.test_on_batch(x, np.array([[1.0], [-1.0]], "float32")) == pytest.approx(-2.0)
