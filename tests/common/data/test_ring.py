"""The ring of eight Gaussians and its scores, by hand."""

import numpy as np
import pytest

from common.data import ring


def test_points_lie_on_the_ring():
    points = ring.points(8000, seed=3)
    assert points.shape == (8000, 2) and points.dtype == np.float32
    far = np.linalg.norm(points[:, None] - ring.centres(), axis=2)
    assert np.abs(np.bincount(far.argmin(axis=1)) - 1000).max() < 150
    assert far.min(axis=1).max() < 6 * 0.02
    # Within a mode both coordinates have the deviation 0.02: distances are Rayleigh's.
    assert np.sqrt(np.mean(far.min(axis=1) ** 2) / 2) == pytest.approx(0.02, rel=0.03)
    np.testing.assert_array_equal(points, ring.points(8000, seed=3))
    assert not np.array_equal(points, ring.points(8000, seed=4))


def test_centres_stand_on_a_circle_in_equal_steps():
    half = np.sqrt(2)
    np.testing.assert_allclose(ring.centres()[:3], [[2, 0], [half, half], [0, 2]], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(ring.centres(), axis=1), 2)


def test_the_rings_scores_are_those_of_a_hand_calculation():
    """200 samples: 100 at (2, 0), two at 3 deviations from (0, 2) and just inside, one at (0, -2),
    whose share of 0.5 % is too few, the others between the modes."""
    samples = np.zeros((200, 2))
    samples[:100] = 2, 0
    samples[100] = 0, 2 + 0.0599
    samples[101] = 0.0599, 2
    samples[102] = 0, -2
    samples[103] = 0, 2 + 0.0601
    scores = ring.scores(samples, ring.points(1000, 0))
    np.testing.assert_allclose(ring.shares(samples), [0.5, 0, 0.01, 0, 0, 0, 0.005, 0])
    assert scores.modes == 2
    assert scores.good == pytest.approx(0.515)


def test_scores_tell_a_perfect_generator_from_one_that_lost_modes():
    real = ring.points(1000, 0)
    perfect = ring.scores(ring.points(1000, 1), real)
    assert perfect.modes == 8 and perfect.good == pytest.approx(0.989, abs=0.01)
    assert perfect.precision > 0.95 and perfect.recall > 0.95
    points = ring.points(4000, 2)
    upper = ring.scores(points[points[:, 1] > 0.5][:1000], real)
    assert upper.modes == 3 and upper.precision > 0.95
    assert upper.recall == pytest.approx(3 / 8, abs=0.05)


def test_the_rings_networks_have_their_shapes():
    generator, discriminator = ring.create_generator(5), ring.create_discriminator()
    assert (generator.input_shape, generator.output_shape) == ((None, 5), (None, 2))
    assert (discriminator.input_shape, discriminator.output_shape) == ((None, 2), (None, 1))
    assert generator.count_params() == 5 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2
    answers = discriminator.predict_on_batch(ring.points(50, 0))
    assert (answers > 0).all() and (answers < 1).all()
