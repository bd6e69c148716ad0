"""What the experimenters do, by hand, and that each digit has one of them."""

import numpy as np
import pytest

from beyond.batch_equalisation import experimenters
from beyond.batch_equalisation.experimenters import NAMES, record, record_each_once
from common.data import datasets


def dot(row, column):
    """A digit that is one white pixel."""
    image = np.zeros((1, 28, 28), "uint8")
    image[0, row, column] = 255
    return image


def test_the_reference_records_digits_as_they_are():
    digits = datasets.load("mnist").x_test[:20]
    assert NAMES[0] == "reference"
    np.testing.assert_array_equal(record(digits, "reference"), digits)


def test_bold_makes_a_pixel_four_and_blurs_them():
    seen = record(dot(14, 14), "bold")[0].astype(float)
    assert (seen > 100).sum() == 4
    assert seen.sum() == pytest.approx(4 * 255, rel=0.02)


def test_pale_has_a_grey_ground_half_the_contrast_and_noise():
    seen = record(np.repeat(dot(14, 14), 500, axis=0), "pale") / 255
    assert seen[:, 0].mean() == pytest.approx(0.3, abs=0.002)
    assert seen[:, 0].std() == pytest.approx(0.05, abs=0.002)
    assert seen[:, 14, 14].mean() == pytest.approx(0.8, abs=0.01)


def test_slanted_moves_rows_to_the_right_the_more_the_higher_they_are():
    """By 0.3 pixels a row from the middle on; a pixel alone is a pen of half the strength."""
    for row in (4, 14, 23):
        line = np.zeros((1, 28, 28), "uint8")
        line[0, row, 13:15] = 255
        seen = record(line, "slanted")[0].astype(float)
        assert np.flatnonzero(seen.sum(axis=1)).tolist() == [row]
        centre = seen[row] @ np.arange(28) / seen[row].sum()
        ink = np.array([0.5, 1.0]) if seen[row].sum() > 0 else None
        expected = (13 * ink[0] + 14 * ink[1]) / ink.sum() + 0.3 * (13.5 - row)
        assert centre == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_always_the_same_and_uint8(name):
    digits = datasets.load("mnist").x_test[:30]
    first = record(digits, name)
    assert first.shape == digits.shape and first.dtype == np.uint8
    np.testing.assert_array_equal(first, record(digits, name))
    assert (name == "reference") == np.array_equal(first, digits)


def test_each_digit_is_recorded_once_by_an_experimenter_drawn_at_random():
    digits = datasets.load("mnist").x_train[:42]
    recordings, numbers = record_each_once(digits)
    assert np.bincount(numbers).tolist() == [11, 11, 10, 10]
    assert (np.diff(numbers) == 0).any()  # not in turn
    for number, name in enumerate(NAMES):
        np.testing.assert_array_equal(
            recordings[numbers == number], record(digits[numbers == number], name)
        )
    np.testing.assert_array_equal(record_each_once(digits)[1], numbers)


def test_no_experimenter_has_more_slanted_digits_to_record():
    """MNIST's own digits take turns: the odd ones lean by 0.2 columns a row more than the even."""
    digits = datasets.load("mnist").x_train
    numbers = record_each_once(digits)[1]
    slants = [slant(digits[numbers == number]) for number in range(len(NAMES))]
    assert np.ptp(slants) < 0.02
    assert slant(digits[::2]) - slant(digits[1::2]) > 0.15


def slant(digits):
    """Columns to the right a row further down, of the ink of all digits together."""
    ink = digits.sum(axis=0, dtype="float64")
    rows, columns = (each - np.average(each, weights=ink) for each in np.indices(ink.shape))
    return (ink * rows * columns).sum() / (ink * rows**2).sum()


def test_noise_is_each_experimenters_own(monkeypatch):
    drawn = []
    ways = {name: lambda digits, random: drawn.append(random.random()) or digits for name in NAMES}
    monkeypatch.setattr(experimenters, "WAYS", ways)
    for name in NAMES:
        record(dot(1, 1), name)
    assert len(set(drawn)) == len(NAMES)
