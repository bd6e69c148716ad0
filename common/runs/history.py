"""What a whole run looked like: its losses as a plot, its samples as a strip and an animation."""

import numpy as np

from common.errors import UserError, one_line
from common.figures import curves, pictures
from common.files import whole
from common.runs import folders

MOMENTS = 12  # in progress.png
FRAMES = 40  # moments in progress.gif


def draw(folder, recorder, moments=MOMENTS, frames=FRAMES):
    """Write losses.png, progress.png and progress.gif of a run from its losses.csv and samples/, of
    so many moments at most on the picture and in the animation.

    Raises:
        UserError: one of them cannot be written.
    """
    samples = find_samples(folder)
    if not samples:
        return  # stopped before the first row
    curves.plot_losses(folder / "losses.png", folders.read_losses(folder), recorder.panels)
    strip = recorder.strip(read_samples(spread(samples, moments)))
    pictures.write_png(folder / "progress.png", strip)
    film = recorder.frames(read_samples(spread(samples, frames)))
    pictures.write_gif(folder / "progress.gif", film)


def write_samples(path, kept, picture):
    """Write a moment's samples, as arrays and as the picture of them whose path is given."""
    with whole(path.with_suffix(".npz")) as file:
        np.savez_compressed(file, **kept)
    pictures.write_png(path, picture)


def find_samples(folder):
    """Return a run's samples as a list of (iteration, path), from first to last."""
    found = (folder / "samples").glob("*.npz")
    return sorted((int(path.stem), path) for path in found if path.stem.isdigit())


def read_samples(found):
    """Return samples that were found as a list of (iteration, arrays by name)."""
    samples = []
    for iteration, path in found:
        try:
            with np.load(path, allow_pickle=False) as archive:
                samples.append((iteration, dict(archive)))
        except Exception as error:  # zipfile and numpy have many ways to say that it is damaged
            raise UserError(f"{path} cannot be read: {one_line(error)}; remove it") from error
    return samples


def spread(items, most):
    """Return at most so many items, evenly spaced, with the first and the last."""
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]
