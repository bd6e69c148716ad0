"""Images of 0 and 1 and their likelihood: by hand, at the ends of float32, and always the same."""

import numpy as np
import pytest

from binarized_gan import lecture
from common import likelihood
from common.data import datasets


def test_log_likelihood_by_hand_and_without_infinities():
    logits = np.log([3.0, 3.0, 1.0])  # probabilities 3/4, 3/4 and 1/2
    expected = np.log(3 / 4) + np.log(1 / 4) + np.log(1 / 2)
    x = np.array([1.0, 0.0, 1.0])
    assert float(likelihood.log_likelihood(x, logits)) == pytest.approx(expected)
    # A pixel that cannot be: minus its logit, where float32's 1 - p is 0.
    sure = np.array([[200.0, -200.0]], "float32")
    assert np.asarray(likelihood.log_likelihood(np.float32([[1, 0]]), sure)) == pytest.approx(0)
    assert np.asarray(likelihood.log_likelihood(np.float32([[0, 1]]), sure)) == pytest.approx(-400)


def test_a_pixel_is_on_with_its_grey_as_the_probability():
    grey = np.array([0.0, 0.2, 0.7, 1.0]) * np.ones((20_000, 1))
    chances = np.random.default_rng(0).random(grey.shape)
    on = np.asarray(likelihood.binarize(grey, chances))
    assert set(np.unique(on)) == {0, 1}
    assert on.mean(axis=0) == pytest.approx([0, 0.2, 0.7, 1], abs=0.02)


def test_test_images_are_always_the_same_and_thresholded_ones_are_binarized_gans():
    dynamic = likelihood.binarized_test_images("dynamic")
    np.testing.assert_array_equal(dynamic, likelihood.binarized_test_images("dynamic"))
    grey = datasets.scale(datasets.load("mnist").x_test, 0.0)
    assert dynamic.shape == grey.shape and set(np.unique(dynamic)) == {0, 1}
    assert dynamic.mean() == pytest.approx(grey.mean(), rel=0.002)
    threshold = likelihood.binarized_test_images("threshold", 100)
    np.testing.assert_array_equal(threshold, np.asarray(lecture.binarize(grey[:100])))
