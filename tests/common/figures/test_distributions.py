import numpy as np
import pytest

from common.figures.distributions import belief, change_density, density, points
from common.figures.pictures import as_picture
from tests.figures import texts


def test_density_shows_real_generated_and_belief_on_axes_that_stay():
    random = np.random.default_rng(0)
    real = random.uniform(0, 1, 1000)
    answers = (np.linspace(-1, 2, 5), np.linspace(0.1, 0.9, 5))
    wide = density(random.uniform(-1, 2, 1000), (-1, 2), "wide", real, answers)
    peak = density(np.append(np.full(999, 0.5), np.nan), (-1, 2), "peak", real, answers)
    for figure in (wide, peak):
        axis, right = figure.axes
        assert axis.get_xlim() == (-1, 2) and axis.get_ylim() == wide.axes[0].get_ylim()
        assert right.get_ylim() == (0.4, 0.6)
        np.testing.assert_array_equal(right.lines[0].get_ydata(), answers[1])
    filled, line = (patch.get_data() for patch in peak.axes[0].patches)
    widths = np.diff(line.edges)
    assert (filled.values * widths).sum() == pytest.approx(1)  # densities
    assert (line.values * widths).sum() == pytest.approx(1)
    assert (line.values > 0).sum() == 1
    picture = as_picture(wide)
    assert picture.shape == (400, 640, 3) and picture.dtype == np.uint8
    assert (picture == (0xD5, 0x5E, 0x00)).all(axis=-1).sum() > 200


def test_a_changed_density_is_the_picture_of_a_new_one():
    first, other, real = np.random.default_rng(0).uniform(-1, 2, (3, 100))
    values = np.linspace(-1, 2, 5)
    figure = density(first, (-1, 2), "iteration 9", real, (values, np.full(5, 0.5)))
    before, belief = as_picture(figure), np.linspace(0.1, 0.9, 5)
    change_density(figure, other, "iteration 10,000", belief)
    new = density(other, (-1, 2), "iteration 10,000", real, (values, belief))
    np.testing.assert_array_equal(as_picture(figure), as_picture(new))
    assert not np.array_equal(before, as_picture(new))


def test_density_can_be_of_generated_values_alone():
    figure = density(np.array([0.2, 0.7]), (0, 1), "two")
    assert len(figure.axes) == 1 and len(figure.axes[0].patches) == 1


def test_belief_is_drawn_from_0_to_1_above_the_densities():
    values = np.linspace(-2, 3, 11)
    answers, best = np.linspace(0, 1, 11), np.full(11, 0.5)
    real, generated = np.random.default_rng(0).normal(size=(2, 500))
    above, below = belief(values, answers, "Belief", best, real, generated).axes
    assert above.get_ylim() == (0, 1) and below.get_xlim() == above.get_xlim() == (-2, 3)
    np.testing.assert_array_equal(above.lines[0].get_xydata(), np.transpose([values, answers]))
    np.testing.assert_array_equal(above.lines[1].get_ydata(), best)
    assert texts(above.get_legend().get_texts()) == ["D", "D* = p / (p + q)"]
    assert texts(below.get_legend().get_texts()) == ["real", "generated"]
    one = density(generated, (-2, 3), "", real).axes[0]
    for patch, other in zip(below.patches, one.patches, strict=True):
        np.testing.assert_array_equal(patch.get_data().values, other.get_data().values)
    alone, _ = belief(values, answers, "Belief", None, real, generated).axes
    assert texts(alone.get_legend().get_texts()) == ["D"]


def test_points_share_their_axes_and_count_what_is_outside():
    real = np.array([[2.0, 0], [0, -4]])
    near, far = np.zeros((3, 2)), np.array([[9.0, 0], [1, 1], [0, -6], [np.nan, 0]])
    axes = points(real, {0: near, 2000: far, "a": near, "b": near, "c": near}, "Two").axes
    titles = [axis.get_title() for axis in axes]
    assert titles == ["0", "2,000 (3 outside)", "a", "b", "c"]
    for axis in axes:
        assert axis.get_xlim() == axis.get_ylim() == (-5, 5) and axis.get_aspect() == 1
        np.testing.assert_array_equal(axis.lines[0].get_xydata(), real)
    np.testing.assert_array_equal(axes[1].lines[1].get_xydata(), far)
    assert axes[0].lines[0].get_color() != axes[0].lines[1].get_color()
    assert points(real, {"a": far}, "Two", reach=7).axes[0].get_title() == "a (2 outside)"
