import numpy as np
import pytest

from common.latent import find_direction, great_circle, slant, stroke_weight


@pytest.mark.parametrize(
    ("start", "end", "middle"),
    [([1, 0], [0, 1], [np.sqrt(0.5)] * 2), ([3, 4], [3, 4], [3, 4]), ([3, 4], [6, 8], [4.5, 6])],
)
def test_a_walk_is_a_great_circle_and_in_one_direction_a_line(start, end, middle):
    path = great_circle(np.array(start, "float32"), np.array(end, "float32"), 3)
    np.testing.assert_allclose(path, [start, middle, end], rtol=1e-6, atol=1e-7)


def test_a_walks_ends_are_exact_and_its_lengths_stay_between():
    start, end = np.random.default_rng(0).normal(size=(2, 100)).astype("float32")
    path = great_circle(start, end, 9)
    np.testing.assert_allclose(path[[0, -1]], [start, end], rtol=1e-5)
    lengths = np.linalg.norm(path, axis=1)
    shorter, longer = sorted(np.linalg.norm([start, end], axis=1))
    assert lengths.min() > 0.95 * shorter and lengths.max() < 1.05 * longer
    assert path.dtype == np.float32


def test_the_direction_of_a_linear_attribute_is_found():
    random = np.random.default_rng(0)
    noise = (random.normal(size=(200, 5)) + 3).astype("float32")  # a mean, for the intercept
    true = np.array([0.6, 0, -0.8, 0, 0])
    direction, explained = find_direction(noise, 7 + 2 * noise @ true)
    np.testing.assert_allclose(direction, true, atol=1e-5)
    assert explained == pytest.approx(1) and direction.dtype == np.float32
    opposite, _ = find_direction(noise, 7 - 2 * noise @ true)
    np.testing.assert_allclose(opposite, -true, atol=1e-5)


def test_half_of_the_variance_is_explained_where_half_is_chance():
    random = np.random.default_rng(1)
    noise = random.normal(size=(4000, 20))
    direction, explained = find_direction(noise, noise[:, 3] + random.normal(size=4000))
    assert explained == pytest.approx(0.5, abs=0.03)
    assert direction[3] > 0.99 and np.linalg.norm(direction) == pytest.approx(1)


def test_unrelated_noise_explains_nothing():
    random = np.random.default_rng(2)
    found = [
        find_direction(random.normal(size=(150, 50)), random.normal(size=150))[1] for _ in range(8)
    ]
    assert abs(np.mean(found)) < 0.1  # R^2 itself would be a third


def test_find_direction_refuses_what_determines_nothing():
    noise = np.random.default_rng(0).normal(size=(7, 5))
    find_direction(noise, noise[:, 0])
    with pytest.raises(ValueError, match="at least 7"):
        find_direction(noise[:6], noise[:6, 0])
    with pytest.raises(ValueError, match="the same everywhere"):
        find_direction(noise, np.full(7, 0.1))


def bars(*pixels, black=-1.0):
    """An image (1, 28, 28, 1) with ink at (row, column, ink)."""
    image = np.full((1, 28, 28, 1), black, "float32")
    for row, column, ink in pixels:
        image[0, row, column] = black + ink * (1 - black)
    return image


@pytest.mark.parametrize("black", [-1.0, 0.0])
@pytest.mark.parametrize(
    ("pixels", "degrees"),
    [
        ([(row, column, 1) for row in range(5, 20) for column in (13, 14, 15)], 0),  # upright
        ([(row, 30 - row, 1) for row in range(8, 22)], 45),  # a column to the right each row up
        ([(row, row, 0.3) for row in range(8, 22)], -45),
        ([(10, 15, 1), (12, 14, 0.4)], np.degrees(np.arctan(0.5))),  # 1 column in 2 rows
        ([(10, 15, 1), (11, 12, 1)], np.degrees(np.arctan(3))),
        ([(10, column, 1) for column in range(5, 20)], 0),  # no height
        ([], 0),
    ],
)
def test_slant_is_that_of_drawn_bars(pixels, degrees, black):
    image = bars(*pixels, black=black)
    two = np.concatenate([image, image[:, :, ::-1]])  # and its mirror image
    np.testing.assert_allclose(slant(two, black), [degrees, -degrees], atol=1e-5)


def test_stroke_weight_is_the_mean_ink():
    blank = bars()
    quarter = bars(*[(row, column, 1) for row in range(7) for column in range(28)])
    grey = np.zeros((1, 28, 28, 1))
    far = 5 * quarter  # outside of [-1, 1]
    weights = stroke_weight(np.concatenate([blank, quarter, grey, far]))
    np.testing.assert_allclose(weights, [0, 0.25, 0.5, 0.25])
    np.testing.assert_allclose(stroke_weight(grey + 0.5, black=0.0), [0.5])
