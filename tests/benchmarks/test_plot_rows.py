import json

import numpy as np
import pytest
from PIL import Image

from benchmarks import plot_rows, row_zero
from common.errors import UserError

ROW_ZERO = {
    "rows": [
        {"setting": setting, "d_true": -size * (1 + 0.1 * seed)}
        for setting, size in {"lecture": 2500.0, "pixels-0-to-1": 700.0}.items()
        for seed in range(3)
    ]
}


def play(batch_size, count):
    sizes = [-3000.0, *np.geomspace(10, 5000, count - 1)]
    losses = {"iteration": list(range(count)), "d_true": sizes, "d_fake": sizes[::-1]}
    return {"batch_size": batch_size, "losses": losses}


def test_plots_are_written_of_what_there_is(tmp_path):
    config = plot_rows.Folder(tmp_path)
    with pytest.raises(UserError, match="has no results"):
        plot_rows.work(config)
    (tmp_path / "slide_rows.json").write_text(json.dumps({"plays": [play(32, 61), play(64, 2)]}))
    plot_rows.work(config)
    assert not (tmp_path / "row_zero.png").exists()
    (tmp_path / "row_zero.json").write_text(json.dumps(ROW_ZERO))
    plot_rows.work(config)
    for name in ("row_zero.png", "slide_rows.png"):
        colours = np.asarray(Image.open(tmp_path / name).convert("RGB")).reshape(-1, 3)
        assert (colours == (0xD5, 0x5E, 0x00)).all(axis=1).sum() > 50  # the lecture


def test_row_zero_has_a_dot_for_each_seed_and_the_lecture_as_a_line():
    (axes,) = plot_rows.plot_row_zero(ROW_ZERO).axes
    lines = [list(line.get_xdata()) for line in axes.lines]
    for size in (2500.0, 700.0):
        dots = [size, 1.1 * size, 1.2 * size]
        assert any(line == pytest.approx(dots) for line in lines if len(line) == 3)
        assert any(line == pytest.approx(row_zero.band(dots)) for line in lines if len(line) == 2)
    assert [2837.692, 2837.692] in lines
    assert axes.get_xscale() == "log" and axes.get_xlabel() and axes.get_ylabel()


def test_slide_rows_has_a_line_for_each_seed_and_the_printed_rows_that_were_reached():
    figure = plot_rows.plot_printed_rows(
        {"plays": [play(32, 61), play(32, 160), play(64, 2)]}, "slides"
    )
    for axes, printed in zip(
        figure.axes,
        ([2837.692, 1849.921, 544.046, 4682.79], [3.050, 1408.130, 372.518, 3663.87]),
        strict=True,
    ):
        *seeds, lecture = axes.lines
        assert [len(line.get_xdata()) for line in seeds] == [61, 160, 2]
        assert len({line.get_linestyle() for line in seeds}) == 2  # also without colours
        assert list(lecture.get_xdata()) == [0, 50, 100, 150]
        assert list(lecture.get_ydata()) == printed
        assert axes.get_yscale() == "log" and axes.get_ylabel()
    assert min(figure.axes[0].lines[0].get_ydata()) > 0  # sizes
