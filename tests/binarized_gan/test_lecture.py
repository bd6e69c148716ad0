"""The answer of two units, and binarizing; see tests/test_networks.py, too."""

import numpy as np
import pytest

from binarized_gan.lecture import binarize, create_discriminator
from common.data import datasets


@pytest.mark.parametrize("units", [(0.3, -0.4), (-0.4, 0.3), (50.0, -50.0), (-50.0, 50.0)])
def test_answer_is_the_first_of_two_tanh_units_after_softmax(units):
    discriminator = create_discriminator()
    weights = discriminator.get_weights()
    discriminator.set_weights([*weights[:2], np.zeros((500, 2)), np.array(units)])
    first, second = np.exp(np.tanh(units))
    answers = discriminator.predict_on_batch(np.zeros((3, 28, 28, 1), "float32"))
    np.testing.assert_allclose(answers, np.full((3, 1), first / (first + second)), rtol=1e-6)
    assert answers.min() > 0.1192 and answers.max() < 0.8808  # 1 / (1 + e^2), 1 / (1 + e^-2)


def test_pixels_above_one_half_are_on():
    levels = datasets.scale(np.array([[[0, 127, 128, 255]]], "uint8"), 0.0)
    assert np.ravel(binarize(levels)).tolist() == [0, 0, 1, 1]
    assert np.asarray(binarize(np.array([0.5, 0.500001]))).tolist() == [0, 1]
    assert np.asarray(binarize(levels)).dtype == np.float32
