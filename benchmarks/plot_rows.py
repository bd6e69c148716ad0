"""Plots what benchmarks.row_zero and benchmarks.slide_rows measured beside the lecture's rows."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks import row_zero, slide_rows
from benchmarks.shared import Folder, main, write_plots
from mnist_wgan.printed import LOSSES, PRINTED

# Okabe and Ito's colours, told apart by the colour-blind; in grey by their place or their shape.
OURS, OTHER, LECTURE = "#0072B2", "#E69F00", "#D55E00"
TITLES = {
    "lecture": "as here: RMSprop of 2017,\npixels in [-1, 1]",
    "keras-3-rmsprop": "Keras 3's RMSprop",
    "pixels-0-to-1": "pixels in [0, 1]",
}


def plot_row_zero(document):
    """A line for each setting: a dot for each seed's D true loss and the band they make."""
    settings = list(dict.fromkeys(row["setting"] for row in document["rows"]))
    figure = Figure(figsize=(8, 1.4 + 0.6 * len(settings)), dpi=120, layout="constrained")
    axes = figure.subplots()
    for place, setting in enumerate(settings):
        sizes = [-row["d_true"] for row in document["rows"] if row["setting"] == setting]
        if len(sizes) > 1:
            axes.plot(row_zero.band(sizes), [place] * 2, color="0.75", linewidth=8, zorder=1)
        axes.plot(sizes, [place] * len(sizes), "o", color=OURS, markersize=5, alpha=0.7)
    lecture = -PRINTED[0][0]
    axes.axvline(lecture, color=LECTURE, linestyle="--", linewidth=1.5)
    label = f"the lecture: {-lecture:,} "
    axes.text(lecture, len(settings) - 1, label, color=LECTURE, ha="right", va="center")
    axes.set_xscale("log")
    ticks = [500, 1000, 2000, 4000]
    axes.set_xticks(ticks, [f"-{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(settings)), [TITLES.get(name, name) for name in settings])
    axes.set_ylim(len(settings) - 0.5, -0.5)
    axes.set_xlabel("D true loss at iteration 0 (log)")
    axes.set_ylabel("setting")
    axes.set_title("A dot for each seed; grey: their mean and three deviations", fontsize=10)
    return figure


def plot_printed_rows(document, preset):
    """The sizes of the critic's two losses over the iterations, a thin line for each seed."""
    plays = document["plays"]
    groups = sorted({slide_rows.group(play) for play in plays})
    looks = dict(zip(groups, [(OURS, "-"), (OTHER, "--"), ("#009E73", ":")], strict=False))
    last = max(play["losses"]["iteration"][-1] for play in plays)
    figure = Figure(figsize=(9, 6.5), dpi=120, layout="constrained")
    panels = figure.subplots(2, sharex=True)
    for axes, name in zip(panels, ("d_true", "d_fake"), strict=True):
        for play in plays:
            color, line = looks.get(slide_rows.group(play), ("0.5", "-."))
            losses = play["losses"]
            axes.plot(
                losses["iteration"], np.abs(losses[name]), line, color=color, linewidth=0.7,
                alpha=0.6,
            )  # fmt: skip
        printed = {
            row: abs(losses[LOSSES.index(name)]) for row, losses in PRINTED.items() if row <= last
        }
        axes.plot(
            printed.keys(), printed.values(), "D", color=LECTURE, markeredgecolor="black",
            markersize=8, zorder=3,
        )  # fmt: skip
        axes.set_xscale("symlog", linthresh=100)  # the first rows lie close together
        axes.set_yscale("log")
        axes.set_ylabel(f"size of {name.replace('d_', 'D ')} loss (log)")
        axes.grid(alpha=0.3)
    panels[-1].set_xlabel(f"iteration of preset {preset} (log from 100 on)")
    handles = [
        Line2D(
            [], [], color=color, linestyle=line, label=f"a seed, batch {slide_rows.words(group)}"
        )
        for group, (color, line) in looks.items()
    ]
    handles.append(
        Line2D([], [], color=LECTURE, marker="D", markeredgecolor="black", markersize=8,
               linestyle="", label="printed in the lecture")
    )  # fmt: skip
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), frameon=False)
    return figure


def work(config):
    """Plot what there is."""
    plots = {
        "row_zero": plot_row_zero,
        **{name: partial(plot_printed_rows, preset=p) for p, name in slide_rows.NAMES.items()},
    }
    write_plots(plots, config.folder, "benchmarks.row_zero or .slide_rows")


if __name__ == "__main__":
    main("plot_rows", Folder, work, __doc__)
