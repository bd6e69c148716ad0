import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from common.figures.curves import draw_losses, generator_costs, plot_losses
from tests.figures import assert_letters_apart, texts
from tests.games import module

ROWS = [{"iteration": float(i), "a": i / 10, "b": 1e4 * (-1) ** i, "c": 0.5} for i in range(5)]
SMALL = {("Small", "nats"): ("a", "c")}


def ink(path, colour=(0, 114, 178)):
    """Pixels of a colour in a PNG."""
    return (np.asarray(Image.open(path).convert("RGB")) == colour).all(axis=-1).sum()


def test_a_panel_for_each_entry_and_the_same_bytes_each_time(tmp_path):
    one, other, small = (tmp_path / f"{name}.png" for name in ("one", "other", "small"))
    for path in (one, other):
        plot_losses(path, ROWS, {**SMALL, ("Large", "nats"): ("b",)})
    assert one.read_bytes() == other.read_bytes()
    plot_losses(small, ROWS, SMALL)
    assert Image.open(one).size == (800, 600) and Image.open(small).size == (800, 300)
    for colour in [(0, 114, 178), (213, 94, 0)]:  # a line for each column
        assert ink(small, colour) > 20


def test_one_row_can_be_plotted_and_pyplot_keeps_no_figure(tmp_path):
    plot_losses(tmp_path / "p.png", ROWS[:1], SMALL)
    assert Image.open(tmp_path / "p.png").size == (800, 300)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("size", [(8, 3), (8, 2.4), (4.6, 3)])
@pytest.mark.parametrize("example", ["binarized_gan", "distribution_gan", "mnist_wgan"])
def test_panels_of_losses_have_titles_units_and_room_for_their_letters(example, size):
    panels = module(example).EXAMPLE.panels
    columns = {name: 0.5 for names in panels.values() for name in names}
    figure = draw_losses([{"iteration": i, **columns} for i in range(2)], panels, size=size)
    for axis in figure.axes:
        axis.set(xticks=[0, 1], yticks=[0.5])  # matplotlib's own have some outside, not to be seen
        styles = [line.get_linestyle() for line in axis.lines]
        assert len(set(styles)) == len(styles)  # told apart without colours
    named = [(axis.get_title(loc="left"), axis.get_ylabel()) for axis in figure.axes]
    assert named == list(panels) and all(title and unit for title, unit in named)
    assert figure.axes[-1].get_xlabel() == "iteration"
    assert_letters_apart(figure)


def test_levels_are_lines_with_a_name():
    (axis,) = draw_losses(ROWS, SMALL, levels=[("cannot tell", 0.25)]).axes
    assert axis.lines[-1].get_ydata() == [0.25, 0.25] and texts(axis.texts) == ["cannot tell"]


def test_many_rows_have_no_markers_and_another_column_can_be_the_axis(tmp_path):
    def ink_of(rows, x):
        table = [{x: i, "a": 0.5} for i in range(rows)]
        plot_losses(tmp_path / "p.png", table, {("A", "nats"): ("a",)}, x)
        return ink(tmp_path / "p.png")

    assert 0 < ink_of(501, "iteration") < ink_of(500, "batch") / 2


def test_generator_costs_are_those_of_a_hand_calculation_and_their_gradients_their_slopes():
    figure = generator_costs()
    left, right = figure.axes
    half = np.log(0.5) / 2
    expected = {"zero-sum": (half, 0.25), "flipped": (-half, 0.25), "maximum": (-0.5, 0.5)}
    lines = zip(left.lines, right.lines, expected.items(), strict=True)
    for cost, gradient, (name, at_half) in lines:
        assert cost.get_label().startswith(name)
        assert cost.get_color() == gradient.get_color()
        answers, costs = cost.get_data()
        (middle,) = np.flatnonzero(np.isclose(answers, 0.5))
        np.testing.assert_allclose([costs[middle], gradient.get_ydata()[middle]], at_half)
        logits = np.log(answers / (1 - answers))
        slopes = np.abs(np.gradient(costs, logits))[100:-100]
        np.testing.assert_allclose(slopes, gradient.get_ydata()[100:-100], rtol=1e-3)
    assert left.get_xlabel() == "D(G(z)), D's probability of real"
    assert left.get_ylabel() == "cost of one image (nats)"
    assert len(figure.legends[0].get_texts()) == 3


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1.0, 1000.0], "symlog"), ([-300.0, 2.0], "symlog"), ([210.0, 80.0], "linear"),
     ([0.0, 90.0], "linear")],
)  # fmt: skip
def test_an_axis_is_logarithmic_where_numbers_lie_far_apart(values, scale):
    rows = [{"iteration": i, "loss": value} for i, value in enumerate(values)]
    (axis,) = draw_losses(rows, {("Loss", "nats"): ("loss",)}).axes
    assert axis.get_yscale() == scale
