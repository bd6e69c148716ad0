import numpy as np
from matplotlib import pyplot
from PIL import Image

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
    for colour in [(31, 119, 180), (255, 127, 14)]:  # a line for each column
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
        return (colours == (31, 119, 180)).all(axis=1).sum()

    assert 0 < ink(501, "iteration") < ink(500, "batch") / 2
