"""The generator's last layer; see tests/test_networks.py, too."""

import numpy as np
import pytest

from distribution_gan.lecture import create_generator
from tests.games import under


def test_generator_ends_with_half_a_tanh():
    """Ones times the 1000 outputs before: 0.5 * tanh of their sum."""
    generator = create_generator()
    generator.layers[1].set_weights([np.zeros((50, 1000)), np.full(1000, 1e-3)])
    generator.layers[2].set_weights([np.ones((1000, 1))])
    number = generator.predict_on_batch(np.full((1, 10), 0.3, "float32"))
    assert number == pytest.approx(0.5 * np.tanh(1.0), rel=1e-5)


def test_generator_stays_fine_under_bfloat16():
    with under("mixed_bfloat16"):
        generator = create_generator()
    noise = np.random.default_rng(0).uniform(size=(1000, 10)).astype("float32")
    numbers = generator.predict_on_batch(noise)
    assert numbers.dtype == np.float32
    assert len(np.unique(numbers)) > 900  # bfloat16 has 128 between 0.25 and 0.5
