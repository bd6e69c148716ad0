"""Stripes and widths by hand, and that no digit is in both domains."""

import numpy as np
import pytest

from beyond.cycle_gan import domains
from common.data import datasets


@pytest.mark.parametrize("pair", domains.PAIRS)
def test_x_is_mnists_digits_and_a_digits_y_is_always_the_same(pair):
    digits = datasets.load("mnist").x_test[:30]
    x, y = domains.both(digits, pair)
    np.testing.assert_array_equal(x, digits)
    assert y.shape == x.shape and y.dtype == np.uint8 and not np.array_equal(x, y)
    np.testing.assert_array_equal(domains.both(digits[:7], pair)[1], y[:7])


def test_stripes_take_light_and_leave_the_ground_black():
    digits = datasets.load("mnist").x_test[:300]
    _, y = domains.both(digits, "stripes")
    assert (y <= digits).all() and not y[digits == 0].any()
    left = y[digits > 200] / digits[digits > 200]
    assert left.min() == pytest.approx(1 - domains.DEPTH, abs=0.01) and left.max() == 1
    assert np.mean(left < 0.105) == pytest.approx(1 / 3, abs=0.03)  # sin above 1/2
    assert np.mean(left == 1) == pytest.approx(1 / 3, abs=0.03)


def test_stripes_have_their_period_phase_and_slant():
    white = np.full((3, 28, 28), 255, "uint8")
    level, half, upright = domains.striped(white, [0, np.pi, 0], np.radians([0, 0, 90]))
    assert (level == level[:, :1]).all()  # level ones are the same all along a row
    np.testing.assert_array_equal(level[:-4], level[4:])
    np.testing.assert_array_equal(level[:-2], half[2:])
    np.testing.assert_array_equal(upright, level.T[:, ::-1])
    assert sorted({*level[:4, 0]}) == [26, 255]


def test_slanted_stripes_fall_to_the_right():
    """A stripe's way is down * cos - right * sin: at 45 degrees it is the same one down, one
    right."""
    white = np.full((1, 28, 28), 255, "uint8")
    (image,) = domains.striped(white, [1.0], np.radians([45]))
    np.testing.assert_array_equal(image[:-1, :-1], image[1:, 1:])
    assert not np.array_equal(image[:-1, 1:], image[1:, :-1])


def test_thick_is_the_brightest_of_nine():
    dot = np.zeros((1, 28, 28), "uint8")
    dot[0, 14, 14] = 200
    _, (thick,) = domains.both(dot, "thickness")
    expected = np.zeros((28, 28), "uint8")
    expected[13:16, 13:16] = 200
    np.testing.assert_array_equal(thick, expected)


@pytest.mark.parametrize("pair", domains.PAIRS)
def test_no_digit_is_in_both_domains(pair):
    digits = datasets.load("mnist").x_train[:11]
    x, y = domains.unpaired(digits, pair)
    np.testing.assert_array_equal(x, digits[:5])
    np.testing.assert_array_equal(y, domains.both(digits[5:], pair)[1])
