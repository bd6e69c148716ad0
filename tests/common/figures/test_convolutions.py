import random

import keras
import numpy as np
import pytest
from keras.layers import UpSampling2D
from matplotlib import pyplot
from matplotlib.text import Text

from common.figures import gallery
from common.figures.convolutions import checkerboard, stamping, upsampling
from tests.figures import assert_letters_apart, flat, numbers, texts


def test_upsampling_writes_the_numbers_of_a_hand_calculation():
    grid, kernel = [[1, 2, 0], [0, 3, 1], [2, 0, 1]], [[0, 1, 0], [1, -4, 1], [0, 2, 0]]
    ways = {kind: [UpSampling2D(interpolation=kind)] for kind in ("nearest", "bilinear")}
    figure = upsampling(grid, kernel, ways)
    assert_letters_apart(figure)
    nearest, bilinear = figure.axes[:4], figure.axes[4:]
    titles = [axis.get_title() for axis in nearest]
    assert titles == ["input", "upsampled", "kernel", "convolved"]
    *seen, convolved = map(numbers, nearest)
    for values, expected in zip(seen, (grid, np.kron(grid, np.ones((2, 2))), kernel), strict=True):
        np.testing.assert_array_equal(values, expected)
    assert convolved[2, 2] == 2 * 1 + 0 * 1 + 3 * -4 + 3 * 1 + 3 * 2 == -1
    assert convolved[0, 0] == 1 * -4 + 1 * 1 + 1 * 2 == -1  # zeros around
    assert convolved[5, 5] == 1 * 1 + 1 * 1 + 1 * -4 == -2
    # Half-pixel centres: between 1 and 2 lie 1.25 and 1.75, at the edge the pixel itself.
    np.testing.assert_array_equal(numbers(bilinear[1])[0], [1, 1.25, 1.75, 1.5, 0.5, 0])
    words = texts(figure.findobj(Text))
    assert "framed: 2·1 + 0·1 + 3·(-4) + 3·1 + 3·2 = -1" in words
    assert "bilinear, then Conv2D" in words
    for axis, place in ((nearest[1], (0.5, 0.5, 3, 3)), (nearest[3], (1.5, 1.5, 1, 1))):
        (frame,) = axis.patches
        assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == place


def test_upsampling_takes_other_layers():
    figure = upsampling([[1, 2]], [[1]], {"thrice": [UpSampling2D(3)]}, mark=(2, 4))
    np.testing.assert_array_equal(numbers(figure.axes[1]), [[1, 1, 1, 2, 2, 2]] * 3)
    assert "framed: 2·1 = 2" in texts(figure.findobj(Text))


def test_stamps_are_multiples_of_the_kernel_and_add_up_to_the_output():
    kernel = np.arange(1, 10).reshape(3, 3)  # not symmetric: not flipped
    figure = stamping([[1, 0], [2, 10]], kernel)
    assert_letters_apart(figure)
    grid, shown_kernel, output, _, *stamps = figure.axes
    np.testing.assert_array_equal(numbers(grid), [[1, 0], [2, 10]])
    np.testing.assert_array_equal(numbers(shown_kernel), kernel)
    expected = [
        [1, 2, 3, 0, 0],
        [4, 5, 6, 0, 0],
        [7 + 2, 8 + 4, 9 + 6 + 10, 20, 30],
        [8, 10, 12 + 40, 50, 60],
        [14, 16, 18 + 70, 80, 90],
    ]
    np.testing.assert_array_equal(numbers(output), expected)
    places = [(0, 0, 1), (0, 2, 0), (2, 0, 2), (2, 2, 10)]
    for axis, (row, column, value) in zip(stamps, places, strict=True):
        stamp = np.full((5, 5), np.nan)
        stamp[row : row + 3, column : column + 3] = value * kernel
        np.testing.assert_array_equal(numbers(axis), stamp)
        (frame,) = axis.patches
        assert (*frame.get_xy(), frame.get_width()) == (column - 0.5, row - 0.5, 3)
    assert stamps[3].get_title() == "stamp 4: 10 · kernel"
    gaps = stamping([[1, 2]], [[1, 1]], stride=3).axes[2]
    np.testing.assert_array_equal(numbers(gaps)[0], [1, 1, 0, 2, 2, 0])


@pytest.mark.parametrize(
    ("kernel", "line", "counts"),
    [
        (3, [1, 1, 2, 1, 2, 1, 2, 1, 2, 1], "1, 2, 4"),
        (4, [1, 2, 2, 2, 2, 2, 2, 2, 2, 1], "4"),
        (5, [1, 2, 2, 3, 2, 3, 2, 3, 2, 2], "4, 6, 9"),
    ],
)
def test_checkerboard_counts_the_stamps_on_each_pixel(kernel, line, counts):
    figure = checkerboard(kernel)
    transposed, upsampled, uneven, even = figure.axes[:4]
    np.testing.assert_array_equal(numbers(transposed), np.outer(line, line))
    assert transposed.get_title() == (
        f"Conv2DTranspose, kernel {kernel}, stride 2\ninside, touched {counts} times"
    )
    edge = kernel // 2
    inside = np.s_[edge:-edge, edge:-edge]
    assert (numbers(upsampled)[inside] == kernel**2).all()
    assert upsampled.get_title().endswith(f"inside, touched {kernel**2} times")
    # The same random kernel: its sum everywhere, or in parts that alternate.
    total = np.random.default_rng(0).normal(size=(kernel, kernel)).sum()
    parts, sums = (axis.images[0].get_array()[inside] for axis in (uneven, even))
    np.testing.assert_allclose(sums, total, atol=1e-5)
    np.testing.assert_allclose(parts[:2, :2].sum(), total, atol=1e-5)  # each weight once
    assert parts.std() > 0.1
    assert even.images[0].get_clim() == uneven.images[0].get_clim()


def test_the_figures_leave_pyplot_and_the_seeded_random_numbers_alone():
    keras.utils.set_random_seed(3)
    before = keras.random.normal((3,)), random.random(), np.random.normal()
    keras.utils.set_random_seed(3)
    upsampling([[1, 2]], [[1]], {"twice": [UpSampling2D()]}, mark=(0, 0))
    stamping([[1, 2]], [[1]])
    checkerboard(3)
    gallery.image_grid(flat(0), 1, "Grey")
    after = keras.random.normal((3,)), random.random(), np.random.normal()
    np.testing.assert_array_equal(before[0], after[0])
    assert before[1:] == after[1:]
    assert pyplot.get_fignums() == []
