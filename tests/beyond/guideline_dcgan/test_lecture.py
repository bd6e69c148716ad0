"""The five guidelines in the networks; BatchNorm, the pair and the losses by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from beyond.guideline_dcgan import lecture
from tests.games import in_float64


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def hidden_answers(network):
    """The layers that answer, in order, each with the BatchNorm or activation that follows."""
    kernels = [i for i, layer in enumerate(network.layers) if hasattr(layer, "kernel")]
    ends = [*kernels[1:], len(network.layers)]
    return [network.layers[first:end] for first, end in zip(kernels, ends, strict=True)]


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_there_is_no_dense_layer_and_no_pooling():
    for network in (lecture.create_generator(), lecture.create_discriminator()):
        for kind in kinds(network):
            assert not any(word in kind for word in ("Dense", "Pooling", "UpSampling", "Flatten"))


def test_resolutions_change_by_strides_alone():
    shapes = [layer.output.shape[1:3] for layer in lecture.create_generator().layers]
    assert list(dict.fromkeys(shapes)) == [(1, 1), (7, 7), (14, 14), (28, 28)]
    discriminator = lecture.create_discriminator()
    convolutions = [each for each in discriminator.layers if isinstance(each, layers.Conv2D)]
    assert [each.output.shape[1:] for each in convolutions] == [(14, 14, 32), (7, 7, 64), (1, 1, 1)]
    assert [each.strides for each in convolutions] == [(2, 2), (2, 2), (1, 1)]
    transposed = hidden_answers(lecture.create_generator())
    assert all(isinstance(first, layers.Conv2DTranspose) for first, *_ in transposed)


def test_batchnorm_is_in_both_but_not_at_the_images():
    *hidden, last = hidden_answers(lecture.create_generator())
    assert [type(group[1]) for group in hidden] == [lecture.BatchNorm] * 2 and len(last) == 1
    first, middle, last = hidden_answers(lecture.create_discriminator())
    assert type(middle[1]) is lecture.BatchNorm
    assert lecture.BatchNorm not in map(type, [*first, *last])


def test_relu_in_the_generator_and_leaky_relu_in_the_discriminator():
    *hidden, (last,) = hidden_answers(lecture.create_generator())
    for group in hidden:
        assert type(group[-1]) is layers.ReLU and group[0].activation is keras.activations.linear
    assert last.activation is keras.activations.tanh
    *hidden, (last, _) = hidden_answers(lecture.create_discriminator())
    for group in hidden:
        assert type(group[-1]) is layers.LeakyReLU and group[-1].negative_slope == 0.2
        assert group[0].activation is keras.activations.linear
    assert last.activation is keras.activations.sigmoid


def test_parameters_are_as_many_as_the_docstrings_say():
    g, d = lecture.create_generator(), lecture.create_discriminator()
    assert g.count_params() == 49 * 100 * 64 + 64 + 25 * 64 * 32 + 32 + 25 * 32 + 1 + 4 * 96
    assert d.count_params() == 25 * 32 + 32 + 25 * 32 * 64 + 64 + 49 * 64 + 1 + 4 * 64
    for network, create in [(g, lecture.create_generator), (d, lecture.create_discriminator)]:
        assert f"{network.count_params():,} parameters" in create.__doc__
        statistics = sum(int(np.prod(w.shape)) for w in network.non_trainable_weights)
        assert f"which {statistics} are statistics" in create.__doc__


def test_kernels_start_as_in_the_paper():
    for network in (lecture.create_generator(), lecture.create_discriminator()):
        for layer, *_ in hidden_answers(network):
            kernel, bias = layer.get_weights()
            assert kernel.std() == pytest.approx(0.02, rel=0.05) and abs(kernel.mean()) < 0.002
            assert not bias.any()


@pytest.mark.parametrize("shape", [(4, 3, 3, 2), (6, 2)])
def test_batchnorm_goes_by_its_batch_in_training_frozen_or_not(shape):
    x = np.random.default_rng(0).normal(3, 2, shape).astype("float32")
    axes = tuple(range(len(shape) - 1))
    mean, variance = x.mean(axes), x.var(axes)
    norm = lecture.normalise()
    norm.build((None, *shape[1:]))
    gamma, beta = np.array([0.5, 1.5]), np.array([-1.0, 2.0])
    norm.set_weights([gamma, beta, np.array([0.5, 1.0]), np.array([2.0, 3.0])])
    by_batch = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    norm.trainable = False
    np.testing.assert_allclose(norm(x, training=True), by_batch, atol=1e-5)
    np.testing.assert_array_equal(norm.get_weights()[2:], [[0.5, 1.0], [2.0, 3.0]])
    still = gamma * (x - [0.5, 1.0]) / np.sqrt(np.array([2.0, 3.0]) + 1e-3) + beta
    np.testing.assert_allclose(norm(x), still, atol=1e-5)

    norm.trainable = True
    np.testing.assert_allclose(norm(x, training=True), by_batch, atol=1e-5)
    moved = [0.9 * np.array([0.5, 1.0]) + 0.1 * mean, 0.9 * np.array([2.0, 3.0]) + 0.1 * variance]
    np.testing.assert_allclose(norm.get_weights()[2:], moved, rtol=1e-5)


def test_each_kind_is_a_batch_of_its_own():
    """Fakes' answers do not depend on the reals beside them."""
    random = np.random.default_rng(0)
    fakes, reals, others = random.uniform(-1, 1, (3, 4, 28, 28, 1)).astype("float32")
    discriminator = lecture.create_discriminator()
    pair = lecture.create_pair(discriminator)
    answers = np.asarray(pair([fakes, reals], training=True))
    assert answers.shape == (8, 1)
    np.testing.assert_allclose(answers[:4], discriminator(fakes, training=True), rtol=1e-5)
    np.testing.assert_allclose(answers[4:], discriminator(reals, training=True), rtol=1e-5)
    np.testing.assert_array_equal(answers[:4], pair([fakes, others], training=True)[:4])
    mixed = np.asarray(discriminator(np.concatenate([fakes, 0 * reals]), training=True))
    assert np.abs(mixed[:4] - answers[:4]).max() > 1e-4


def test_losses_by_hand():
    with in_float64():
        random = np.random.default_rng(0)
        noise, reals = random.normal(size=(4, 100)), random.uniform(-1, 1, (4, 28, 28, 1))
        generator, discriminator = lecture.create_generator(), lecture.create_discriminator()
        models = lecture.create_gan(generator, discriminator)
        fakes = np.asarray(generator(noise))
        on_fakes, on_reals = (np.asarray(discriminator(x, training=True)) for x in (fakes, reals))
        told = (-np.log(1 - on_fakes).mean() - np.log(on_reals).mean()) / 2
        assert lecture.train_discriminator(models, noise, reals) == pytest.approx(told, rel=1e-6)
        # George learns against his batch's statistics, David's and his own.
        answers = np.asarray(discriminator(generator(noise, training=True), training=True))
        fooled = -np.log(answers).mean()
        assert lecture.train_generator(models, noise) == pytest.approx(fooled, rel=1e-6)
