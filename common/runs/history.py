"""What a whole run looked like: its losses as a plot, its samples as a strip and an animation."""

import numpy as np

from common.data.datasets import SIZE
from common.figures import curves, pictures
from common.runs import folders

STRIP_ROWS = 12  # moments in progress.png
FRAMES = 40  # moments in progress.gif
ROWS = 50  # epochs in the pictures of draw_rows()


def cells(picture):
    """Return a sample grid's images, uint8 (N, 28, 28), and its columns.

    To go with read_png() as soon as a run's samples are kept as arrays.
    """
    rows, columns = (side // pictures.CELL for side in picture.shape)
    small = picture[:: pictures.ENLARGE, :: pictures.ENLARGE]
    images = small.reshape(rows, SIZE, columns, SIZE).transpose(0, 2, 1, 3)
    return images.reshape(-1, SIZE, SIZE), columns


def strip(grids, labels):
    """Lay the diagonals of sample grids, pictures, one under the other; see pictures.strip()."""
    return pictures.strip([pictures.diagonal(*cells(grid)) for grid in grids], labels)


def draw(folder, panels, lay_out=strip):
    """Write losses.png, progress.png and progress.gif of a run from its losses.csv and samples/.

    Args:
        folder: the run folder.
        panels: see common.figures.curves.plot_losses.
        lay_out: function from samples and their labels to the picture progress.png.

    Raises:
        UserError: one of them cannot be written.
    """
    samples = find_samples(folder)
    if not samples:
        return  # stopped before the first row
    curves.plot_losses(folder / "losses.png", folders.read_losses(folder), panels)
    chosen = spread(samples, STRIP_ROWS)
    grids = [pictures.read_png(path) for _, path in chosen]
    labels = [f"{iteration:,}" for iteration, _ in chosen]
    pictures.write_png(folder / "progress.png", lay_out(grids, labels))
    frames = [pictures.read_png(path) for _, path in spread(samples, FRAMES)]
    pictures.write_gif(folder / "progress.gif", frames)


def draw_rows(folder, panels, per_epoch):
    """As draw(), of a run whose samples are one row of images an epoch.

    progress.png has the epochs' rows from top to bottom, progress.gif the same picture growing.

    Args:
        folder, panels: see draw().
        per_epoch: iterations in an epoch.
    """
    samples = spread(find_samples(folder), ROWS)
    if not samples:
        return
    curves.plot_losses(folder / "losses.png", folders.read_losses(folder), panels)
    rows = [pictures.read_png(path) for _, path in samples]
    labels = [f"epoch {iteration // per_epoch}" for iteration, _ in samples]
    whole = strip(rows, labels)
    pictures.write_png(folder / "progress.png", whole)
    shown = np.arange(len(whole))[:, np.newaxis] // pictures.CELL  # the row of each line
    frames = [np.where(shown <= last, whole, 0) for last in spread(range(len(rows)), FRAMES)]
    pictures.write_gif(folder / "progress.gif", frames)


def find_samples(folder):
    """Return a run's samples as a list of (iteration, path), from first to last."""
    found = (folder / "samples").glob("*.png")
    return sorted((int(path.stem), path) for path in found if path.stem.isdigit())


def spread(items, most):
    """Return at most so many items, evenly spaced, with the first and the last."""
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]
