import numpy as np
import pytest

from common.latent import great_circle


def test_quarter_circle_by_hand():
    start, end = np.array([1.0, 0.0], "float32"), np.array([0.0, 1.0], "float32")
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        great_circle(start, end, 3), [[1, 0], [half, half], [0, 1]], atol=1e-6
    )


def test_ends_are_exact_and_lengths_stay_between():
    start, end = np.random.default_rng(0).normal(size=(2, 100)).astype("float32")
    path = great_circle(start, end, 9)
    np.testing.assert_allclose(path[[0, -1]], [start, end], rtol=1e-5)
    lengths = np.linalg.norm(path, axis=1)
    shorter, longer = sorted(np.linalg.norm([start, end], axis=1))
    assert lengths.min() > 0.95 * shorter and lengths.max() < 1.05 * longer
    assert path.dtype == np.float32


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_same_direction_is_a_line(factor):
    start = np.array([3.0, 4.0])
    np.testing.assert_allclose(
        great_circle(start, factor * start, 3)[1], (1 + factor) / 2 * start, rtol=1e-6
    )
