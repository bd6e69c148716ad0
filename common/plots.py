"""Plots of a run's losses."""

from matplotlib.figure import Figure  # not pyplot, which keeps every figure
from matplotlib.ticker import MaxNLocator

from common.files import whole

MARKED_ROWS = 500  # more markers than that would run into one another


def plot_losses(path, rows, panels, x="iteration"):
    """Plot columns of losses.csv against the iteration and write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        rows: what common.runs.read_losses returned.
        panels: dict from a panel's label to the names of its columns, panels from top to bottom.
        x: the column to plot them against, in a table of another kind.
    """
    line = ".-" if len(rows) <= MARKED_ROWS else "-"
    figure = Figure(figsize=(8, 3 * len(panels)), dpi=100, layout="constrained")
    axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    places = [row[x] for row in rows]
    for axis, (label, columns) in zip(axes, panels.items(), strict=True):
        for column in columns:
            values = [row[column] for row in rows]
            axis.plot(places, values, line, label=column, linewidth=0.8, markersize=3)
            if max(map(abs, values)) > 100:  # a critic's losses reach 10^4, with both signs
                axis.set_yscale("symlog")
        axis.set_ylabel(label)
        # Above the panel, where it hides no line.
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(columns), frameon=False)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel(x)
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    with whole(path) as file:
        figure.savefig(file, format="png")
