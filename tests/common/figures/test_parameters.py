from itertools import combinations

import numpy as np
import pytest

from common.figures.parameters import embedding, weight_histogram
from tests.figures import numbers, texts


def test_weight_histogram_names_the_share_at_the_bounds():
    clip = 0.01
    weights = {
        0: np.array([[0.0, 0.001], [-0.004, 0.02]]),
        1500: [np.array([0.01, -0.01], "float32"), np.array([0.0, 0.005], "float32")],
    }
    first, second = weight_histogram(weights, clip, "Critic").axes
    assert first.get_title() == "iteration 0" and second.get_title() == "iteration 1,500"
    assert texts(first.texts) == ["0% at ±0.01\n25% beyond"]
    assert texts(second.texts) == ["50% at ±0.01"]
    values = second.patches[0].get_data().values
    assert values.sum() == pytest.approx(100) and values.max() == pytest.approx(25)
    assert first.patches[0].get_data().values.sum() == pytest.approx(75)
    assert [line.get_xdata()[0] for line in second.lines] == [-clip, clip]
    assert first.get_ylabel() == "share of the weights (%)" and first.get_xlabel() == "weight"


def test_embedding_shows_cosines_and_principal_components():
    vectors = np.array([[3.0, 0, 1], [0, 4, 1], [-3, 0, 1], [0, -4, 1]])
    heat, plane = embedding(vectors, "Four vectors").axes
    near = 1 / np.sqrt(170)
    expected = [[1, near, -0.8, near], [near, 1, near, -15 / 17]]
    np.testing.assert_allclose(numbers(heat)[:2], expected, atol=0.005)
    assert texts(heat.get_xticklabels()) == texts(heat.get_yticklabels()) == list("0123")
    assert plane.get_xlabel() == "first, 64% of the variance"  # 16 to 9
    assert plane.get_ylabel() == "second, 36% of the variance"
    np.testing.assert_allclose(np.abs(dots(plane)), [[0, 3], [4, 0], [0, 3], [4, 0]], atol=1e-9)
    assert texts(plane.texts) == list("0123")


def dots(axis):
    return np.array([line.get_xydata()[0] for line in axis.lines if line.get_marker() == "o"])


def test_letters_of_ten_embeddings_that_are_nearly_alike_stay_apart():
    vectors = np.random.default_rng(0).normal(1, 1e-3, (10, 100))
    vectors[3] += 5  # the others are one spot beside it
    plane = embedding(vectors, "Ten vectors").axes[1]
    places = np.array([text.get_position() for text in plane.texts])
    gaps = [np.linalg.norm(a - b) for a, b in combinations(places, 2)]
    assert min(gaps) > 0.07 * np.ptp(dots(plane), axis=0).max()
