"""The blocks, the stages and the losses by hand."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from beyond.progressive_gan import lecture
from beyond.progressive_gan.lecture import SIDES
from tests.games import in_float64


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def networks():
    return lecture.create_generator(), lecture.create_discriminator()


def noise(count=3):
    return np.random.default_rng(0).normal(size=(count, 64)).astype("float32")


def images(side, count=3):
    return np.random.default_rng(1).uniform(-1, 1, (count, side, side, 1)).astype("float32")


def test_pixel_norm_by_hand():
    """(3, 4) has the mean square 12.5."""
    x = np.array([[[[3.0, 4.0], [0.0, -2.0]]]], "float32")
    expected = [[[[3 / 12.5**0.5, 4 / 12.5**0.5], [0, -(2**0.5)]]]]
    np.testing.assert_allclose(lecture.pixel_norm(x), expected, rtol=1e-6)


def test_minibatch_deviation_by_hand():
    """Features 1 and 3 deviate by 1, 0 and 4 by 2, from their means: the mean of both is 1.5."""
    x = np.zeros((2, 4, 4, 2), "float32")
    x[:, ..., 0] = np.reshape([1, 3], (2, 1, 1))
    x[:, ..., 1] = np.reshape([0, 4], (2, 1, 1))
    found = np.asarray(lecture.minibatch_deviation(x))
    np.testing.assert_array_equal(found[..., :2], x)
    np.testing.assert_allclose(found[..., 2], 1.5, rtol=1e-6)
    alike = np.asarray(lecture.minibatch_deviation(np.ones((2, 4, 4, 2), "float32")))
    np.testing.assert_allclose(alike[..., 2], 0, atol=2e-4)


@pytest.mark.parametrize(
    ("function", "shape", "inputs"),
    [(lecture.dense, (8,), 8), (lambda x, n: lecture.convolve(x, n, 3), (5, 5, 2), 18)],
)
def test_weights_start_with_deviation_1_and_are_scaled_by_hes(function, shape, inputs):
    x = layers.Input(shape)
    network = keras.Model(x, function(x, 400))
    kernel, bias = network.get_weights()
    assert kernel.std() == pytest.approx(1, abs=0.05) and not bias.any()
    network.set_weights([np.ones_like(kernel), bias + 7])
    answers = np.asarray(network(np.ones((1, *shape), "float32")))
    middle = answers[0, 2, 2] if len(shape) > 1 else answers[0]
    # The bias is not scaled.
    np.testing.assert_allclose(middle, inputs * np.sqrt(2 / inputs) + 7, rtol=1e-5)


def test_an_equalised_layer_keeps_the_size_of_what_goes_through_it():
    """Of numbers with variance 1 through a rectifier: that is what He's scale is for."""
    x = layers.Input((64,))
    network = keras.Model(x, lecture.dense(ops.relu(lecture.dense(x, 512)), 512, gain=1.0))
    answers = np.asarray(network(np.random.default_rng(0).normal(size=(500, 64))))
    assert answers.var() == pytest.approx(1, abs=0.1)


def test_a_fade_mixes_old_and_new():
    fade = lecture.Fade()
    old, new = np.full((1, 2, 2, 1), 1.0), np.full((1, 2, 2, 1), 5.0)
    for alpha, expected in ((0, 1), (0.25, 2), (1, 5)):
        fade.build(None) if not fade.built else None
        fade.alpha.assign(alpha)
        np.testing.assert_allclose(fade([old, new]), expected)
    assert not fade.trainable_weights


@pytest.mark.parametrize(
    ("iteration", "expected"),
    [
        (0, (4, 1.0)), (9, (4, 1.0)),
        (10, (8, 0.0)), (12, (8, 0.4)), (15, (8, 1.0)), (19, (8, 1.0)),
        (20, (16, 0.0)), (31, (32, 0.2)), (35, (32, 1.0)), (1000, (32, 1.0)),
    ],
)  # fmt: skip
def test_a_stage_of_ten_iterations_fades_in_for_five_and_the_last_one_lasts(iteration, expected):
    assert lecture.stage(iteration, 10) == pytest.approx(expected)


def test_reals_are_means_of_pixels_and_fade_in_too():
    whole = images(32)
    eight = whole.reshape(3, 8, 4, 8, 4, 1).mean(axis=(2, 4))
    four = whole.reshape(3, 4, 8, 4, 8, 1).mean(axis=(2, 4))
    blocks = four.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(lecture.reals_at(whole, 32, 1.0), whole)
    np.testing.assert_allclose(lecture.reals_at(whole, 4, 1.0), four, atol=1e-6)
    for alpha in (0.0, 0.3, 1.0):
        mixed = (1 - alpha) * blocks + alpha * eight
        np.testing.assert_allclose(lecture.reals_at(whole, 8, alpha), mixed, atol=1e-6)


def test_a_border_is_black_and_is_cut_off_again(networks):
    padded = lecture.padded(images(28))
    np.testing.assert_array_equal(padded[:, 2:-2, 2:-2], images(28))
    assert padded.shape == (3, 32, 32, 1)
    assert (padded[:, [0, 1, 30, 31]] == -1).all() and (padded[:, :, [0, 1, 30, 31]] == -1).all()
    generator, discriminator = networks
    lecture.fade_in(networks, 32, 1.0)
    whole = lecture.at_side(generator, discriminator, 32)[0](noise())
    np.testing.assert_array_equal(generator(noise()), np.clip(whole, -1, 1)[:, 2:-2, 2:-2])


@pytest.mark.parametrize("side", SIDES)
def test_a_stage_has_images_of_its_side_and_the_whole_generator_enlarges_them(side, networks):
    lecture.fade_in(networks, side, 0.3)
    generator, discriminator = lecture.at_side(*networks, side)
    fakes = np.asarray(generator(noise()))
    assert fakes.shape == (3, side, side, 1) and discriminator(fakes).shape == (3, 1)
    larger = fakes.repeat(32 // side, axis=1).repeat(32 // side, axis=2)
    np.testing.assert_allclose(
        networks[0](noise()), np.clip(larger, -1, 1)[:, 2:-2, 2:-2], atol=1e-6
    )
    mine = {id(v) for network in (generator, discriminator) for v in network.variables}
    assert mine <= {id(v) for network in networks for v in network.variables}


@pytest.mark.parametrize("side", SIDES[1:])
def test_at_alpha_0_a_stage_is_the_one_before_and_at_1_it_is_not(side, networks):
    """So growing changes nothing at once: of shrunk images the answers, of noise the images."""
    before, after = (lecture.at_side(*networks, each) for each in (side // 2, side))
    lecture.fade_in(networks, side, 0.0)
    real = images(side)
    old = before[0](noise()), before[1](lecture.shrunk(real))
    np.testing.assert_allclose(after[0](noise()), lecture.enlarged(old[0]), atol=1e-6)
    np.testing.assert_allclose(after[1](real), old[1], atol=1e-6)
    lecture.fade_in(networks, side, 1.0)
    assert np.abs(after[0](noise()) - lecture.enlarged(old[0])).max() > 0.1
    assert np.abs(after[1](real) - old[1]).max() > 1e-3


def test_at_alpha_1_what_read_smaller_images_takes_no_part(networks):
    lecture.fade_in(networks, 8, 1.0)
    _, discriminator = lecture.at_side(*networks, 8)
    answers = np.asarray(discriminator(images(8)))
    for name, changes in (("read_4", False), ("read_8", True)):
        for weight in networks[1].get_layer(name).weights:
            weight.assign(weight + 1)
        assert np.allclose(discriminator(images(8)), answers) != changes


def linear(weight, bias=0.0):
    """A discriminator whose slope is as long as weight (16,) everywhere."""
    x = layers.Input((4, 4, 1))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(x)))
    model.set_weights([np.reshape(weight, (16, 1)), np.array([bias])])
    return model


def test_the_discriminators_loss_by_hand():
    """A slope of length 3: a penalty of 4. Fakes of 0 get 0.5, reals of 1 get 12 / 16 * 16."""
    with in_float64():
        weight = np.full(16, 0.75)
        learner = lecture.Learner(linear(weight, 0.5))
        learner.compile(lecture.adam(1e-3, 0.0))
        fakes, reals = np.zeros((2, 4, 4, 1)), np.ones((2, 4, 4, 1))
        found = learner.train_on_batch([fakes, reals, np.array([0.2, 0.9])], return_dict=True)
        assert found["distance"] == pytest.approx(12)
        assert found["loss"] == pytest.approx(-12 + 10 * 4 + 0.001 * 12.5**2)


def test_the_penalty_takes_a_flat_discriminator_without_nan():
    """Where the slope is 0 its length has none; the loss is the whole penalty."""
    learner = lecture.Learner(linear(np.zeros(16)))
    learner.compile(lecture.adam(1e-3, 0.0))
    x = [images(4), images(4)[::-1].copy(), np.full(3, 0.5, "float32")]
    assert learner.train_on_batch(x, return_dict=True)["loss"] == pytest.approx(10, rel=1e-4)
    assert all(np.isfinite(weight).all() for weight in learner.get_weights())


def test_the_generators_loss_is_minus_the_answers():
    answers = np.array([[1.0], [-3.0]])
    np.testing.assert_array_equal(lecture.minus(np.zeros((2, 1)), answers), [-1, 3])


def test_a_stages_optimizers_have_its_layers_alone(networks):
    counts = []
    for side in (4, 8):
        gan, learner = lecture.create_gan(*networks, side)
        gan.optimizer.build(gan.trainable_variables)
        learner.discriminator.trainable = True
        learner.optimizer.build(learner.trainable_variables)
        assert gan.optimizer.use_ema and not learner.optimizer.use_ema
        built = gan.optimizer, learner.optimizer
        counts.append(tuple(len(optimizer._trainable_variables) for optimizer in built))
    # G: dense, convolution, images; then two convolutions and images. D: read, two, dense; then
    # read and two. A kernel and a bias each.
    assert counts == [(6, 8), (12, 14)]
