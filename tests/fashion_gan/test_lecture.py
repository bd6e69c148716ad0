"""The slide's activation; the networks are in tests/test_networks.py."""

import keras
import numpy as np


def test_selu_is_that_of_its_paper():
    """Klambauer et al. 2017: scale 1.0507, alpha 1.67326."""
    x = np.array([-2.0, -0.5, 0.0, 3.0], "float32")
    expected = 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x))
    np.testing.assert_allclose(np.asarray(keras.activations.selu(x)), expected, rtol=1e-6)
