"""Plots what benchmarks.speed and benchmarks.growth measured."""

from statistics import median

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks import speed
from benchmarks.shared import Folder, main, write_plots

# Okabe and Ito's colours, told apart by the colour-blind, and a shape of its own for each.
LOOKS = {
    "reference": ("#E69F00", "s"),
    "plain": ("#D55E00", "o"),
    "torch": ("#0072B2", "^"),
    "torch.compile": ("#56B4E9", "v"),
    "jax": ("#009E73", "D"),
}


def plot_speed(results):
    """A row for each work, a mark for each competitor's ratio: median, least and most."""
    figure = Figure(figsize=(9, 1.2 + 0.9 * len(results)), dpi=120, layout="constrained")
    axes = figure.subplots()
    for row, result in enumerate(results.values()):
        there = [name for name in LOOKS if name in result["competitors"]]
        for place, name in enumerate(there):
            ratios = speed.ratios(result, name)
            middle = median(ratios)
            color, marker = LOOKS[name]
            axes.errorbar(
                middle,
                row + 0.15 * (place - (len(there) - 1) / 2),
                xerr=[[middle - min(ratios)], [max(ratios) - middle]],
                color=color,
                marker=marker,
                capsize=3,
                label=name,
            )
        for verdict in speed.verdicts(result):
            color = LOOKS[verdict.other][0]
            axes.plot([verdict.goal] * 2, [row - 0.45, row + 0.45], color=color, linestyle=":")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes.set_yticks(range(len(results)), results)
    axes.invert_yaxis()
    axes.set_xlabel("time of a step / time of the compiled engine's step (1: as fast)")
    axes.set_ylabel("step")
    axes.set_title("Median over rounds, least to most; dotted: the goal over that colour")
    handles, labels = axes.get_legend_handles_labels()
    first = {label: handle for handle, label in zip(handles, labels, strict=True)}
    axes.legend(first.values(), first.keys(), loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def plot_growth(curves):
    """A panel for each curve: the measured times and the straight line through them."""
    figure = Figure(figsize=(4 * len(curves), 3.6), dpi=120, layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, curve in zip(panels, curves.values(), strict=True):
        times = [[1000 * second for second in seconds] for seconds in curve["seconds"]]
        middle = [median(row) for row in times]
        below = [m - min(row) for m, row in zip(middle, times, strict=True)]
        above = [max(row) - m for m, row in zip(middle, times, strict=True)]
        offset, slope = curve["line"]
        axes.errorbar(
            curve["sizes"], middle, [below, above], fmt="o", color="#0072B2", label="measured"
        )
        line = [1000 * (offset + slope * size) for size in curve["sizes"]]
        axes.plot(curve["sizes"], line, color="#D55E00", label="straight line")
        axes.set(xscale="log", yscale="log", title=curve["example"])
        axes.set_xticks(curve["sizes"], map(str, curve["sizes"]), minor=False)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set_xlabel(f"{curve['what']} (log)")
        axes.set_ylabel("time of an iteration, ms (log)")
        axes.legend()
    return figure


def work(config):
    """Plot what there is."""
    plots = {"speed": plot_speed, "growth": plot_growth}
    write_plots(plots, config.folder, "benchmarks.speed or .growth")


if __name__ == "__main__":
    main("plot_speed", Folder, work, __doc__)
