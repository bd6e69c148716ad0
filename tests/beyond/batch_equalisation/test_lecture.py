"""The three networks as they were chosen, and the losses by hand."""

import keras
import numpy as np
import pytest

from beyond.batch_equalisation import lecture
from tests.games import in_float64


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def recordings(count=8):
    """Random images and experimenters' numbers in turn."""
    images = np.random.default_rng(0).uniform(-1, 1, (count, 28, 28, 1)).astype("float32")
    return images, np.arange(count, dtype="int32")[:, None] % 4


def test_what_the_reference_recorded_stays_as_it_is():
    images, numbers = recordings()
    equalised = np.asarray(lecture.create_generator()([images, numbers]))
    assert equalised.shape == images.shape and np.abs(equalised).max() <= 1
    same = [np.array_equal(*each) for each in zip(equalised, images, strict=True)]
    assert same == [number == 0 for number in numbers[:, 0]]


def test_the_discriminator_has_an_answer_for_each_experimenter_and_float32():
    images, _ = recordings()
    answers = lecture.create_discriminator(5)(images)
    assert answers.shape == (8, 5) and "float32" in str(answers.dtype)


def moved(images, across=(0, 0, 0), down=(0, 0, 0)):
    """Images after a Move with this map for experimenter 1."""
    layer = lecture.Move(2)
    numbers = np.ones((len(images), 1), "int32")
    layer.build([images.shape, numbers.shape])
    layer.maps.assign([np.zeros((2, 3)), [across, down]])
    return np.asarray(layer([images, numbers]))


def test_a_move_by_nothing_and_by_pixels():
    """In units of 16 pixels: 1/16 fetches each pixel from its right neighbour, 1/32 the mean."""
    images, _ = recordings(3)
    np.testing.assert_allclose(moved(images), images, atol=1e-6)
    left = moved(images, across=(1 / 16, 0, 0))
    np.testing.assert_allclose(left[:, :, :-1], images[:, :, 1:], atol=1e-5)
    np.testing.assert_allclose(left[:, :, -1], images[:, :, -1], atol=1e-5)  # the edge repeats
    half = moved(images, across=(1 / 32, 0, 0))
    mean = (images[:, :, :-1] + images[:, :, 1:]) / 2
    np.testing.assert_allclose(half[:, :, :-1], mean, atol=1e-5)
    up = moved(images, down=(1 / 16, 0, 0))
    np.testing.assert_allclose(up[:, :-1], images[:, 1:], atol=1e-5)


def test_a_move_sets_slanted_rows_upright():
    """At the lower edge a pixel comes from the next to the right, at the upper from the left."""
    image = np.full((1, 28, 28, 1), -1.0, "float32")
    for row in range(28):
        image[0, row, 14] = 1.0
    aslant = moved(image, across=(0, 1 / 16, 0))[0, :, :, 0]
    ink = aslant + 1
    centre = (ink @ np.arange(28)) / ink.sum(axis=1)
    np.testing.assert_allclose(centre, 14 - (np.arange(28) - 13.5) / 13.5, atol=1e-4)


def test_maps_do_not_start_where_they_have_no_slope():
    """Between whole pixels: on one the weights' slope is 0, and nothing would be learned."""
    maps = lecture.create_generator().layers
    (layer,) = (each for each in maps if isinstance(each, lecture.Move))
    start = np.asarray(layer.maps)
    assert 0 < np.abs(start).max() <= 0.02 and len(np.unique(start)) == start.size


def test_losses_by_hand():
    with in_float64():
        images, numbers = recordings()
        networks = (
            lecture.create_generator(), lecture.create_decoder(), lecture.create_discriminator()
        )  # fmt: skip
        generator, decoder, discriminator = networks
        gan = lecture.create_gan(*networks)
        equalised = generator([images, numbers])
        answers = np.asarray(discriminator(equalised))
        log_p = answers - np.log(np.exp(answers).sum(axis=1, keepdims=True))
        told = -log_p[np.arange(8), numbers[:, 0]].mean()
        fooled = -log_p[:, lecture.REFERENCE].mean()
        others = numbers[::-1].copy()
        others[others == 0] = 2
        again = np.array(decoder.predict_on_batch([np.asarray(equalised), numbers]))
        there = numbers[:, 0] == 0  # the reference's go the other way round
        imitated = decoder.predict_on_batch([images[there], others[there]])
        again[there] = generator.predict_on_batch([imitated, others[there]])
        far = np.abs(again - images).mean()
        assert np.abs(again - images)[there].mean() > 0.01
        losses = lecture.train_generator(gan, images, numbers, others)
        assert losses["answers_loss"] == pytest.approx(fooled, rel=1e-6)
        assert losses["again_loss"] == pytest.approx(far, rel=1e-6)
        assert losses["loss"] == pytest.approx(fooled + 10 * far, rel=1e-6)
        before = np.asarray(generator([images, numbers]))
        assert lecture.train_discriminator(gan, images, numbers) != pytest.approx(told, rel=1e-6)
        np.testing.assert_array_equal(before, generator([images, numbers]))


def test_a_discriminators_loss_is_what_it_knows_of_the_experimenters():
    images, numbers = recordings()
    networks = lecture.create_generator(), lecture.create_decoder(), lecture.create_discriminator()
    gan = lecture.create_gan(*networks)
    last = networks[2].layers[-1]
    last.set_weights([np.zeros((128, 4)), np.log([0.4, 0.3, 0.2, 0.1])])
    loss = lecture.train_discriminator(gan, images, numbers)
    assert loss == pytest.approx(-np.log([0.4, 0.3, 0.2, 0.1]).mean(), rel=1e-5)
