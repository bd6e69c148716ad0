import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from common import plots
from common.plots import plot_losses

ROWS = [{"iteration": float(i), "a": i / 10, "b": 1e4 * (-1) ** i, "c": 0.5} for i in range(5)]


def test_a_panel_for_each_entry_and_the_same_bytes_each_time(tmp_path):
    panels = {"small": ("a", "c"), "large": ("b",)}
    for name in ("one.png", "two.png"):
        plot_losses(tmp_path / name, ROWS, panels)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    plot_losses(tmp_path / "small.png", ROWS, {"small": ("a", "c")})
    assert Image.open(tmp_path / "one.png").size == (800, 600)
    assert Image.open(tmp_path / "small.png").size == (800, 300)
    colours = np.asarray(Image.open(tmp_path / "small.png").convert("RGB")).reshape(-1, 3)
    for colour in [(0, 114, 178), (213, 94, 0)]:  # a line for each column
        assert (colours == colour).all(axis=1).sum() > 20


def test_one_row_can_be_plotted(tmp_path):
    plot_losses(tmp_path / "p.png", ROWS[:1], {"loss": ("a",)})
    assert Image.open(tmp_path / "p.png").size == (800, 300)


def test_pyplot_keeps_no_figure(tmp_path):
    plot_losses(tmp_path / "p.png", ROWS, {"loss": ("a",)})
    assert pyplot.get_fignums() == []


def test_many_rows_have_no_markers_and_another_column_can_be_the_axis(tmp_path):
    def ink(rows, x):
        plot_losses(tmp_path / "p.png", [{x: i, "a": 0.5} for i in range(rows)], {"a": ("a",)}, x)
        colours = np.asarray(Image.open(tmp_path / "p.png").convert("RGB")).reshape(-1, 3)
        return (colours == (0, 114, 178)).all(axis=1).sum()

    assert 0 < ink(501, "iteration") < ink(500, "batch") / 2


def test_density_shows_real_generated_and_belief_on_axes_that_stay():
    random = np.random.default_rng(0)
    real = random.uniform(0, 1, 1000)
    belief = (np.linspace(-1, 2, 5), np.linspace(0.1, 0.9, 5))
    wide = plots.density(random.uniform(-1, 2, 1000), (-1, 2), "wide", real, belief)
    peak = plots.density(np.append(np.full(999, 0.5), np.nan), (-1, 2), "peak", real, belief)
    for figure in (wide, peak):
        axis, right = figure.axes
        assert axis.get_xlim() == (-1, 2) and axis.get_ylim() == wide.axes[0].get_ylim()
        assert right.get_ylim() == (0.4, 0.6)
        np.testing.assert_array_equal(right.lines[0].get_ydata(), belief[1])
    filled, line = (patch.get_data() for patch in peak.axes[0].patches)
    widths = np.diff(line.edges)
    assert (filled.values * widths).sum() == pytest.approx(1)  # densities
    assert (line.values * widths).sum() == pytest.approx(1)
    assert (line.values > 0).sum() == 1
    picture = plots.as_picture(wide)
    assert picture.shape == (400, 640, 3) and picture.dtype == np.uint8
    colours = picture.reshape(-1, 3)
    assert (colours == (0xD5, 0x5E, 0x00)).all(axis=1).sum() > 200


def test_density_of_generated_values_alone():
    figure = plots.density(np.array([0.2, 0.7]), (0, 1), "two")
    assert len(figure.axes) == 1 and len(figure.axes[0].patches) == 1
