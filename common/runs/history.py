"""What a whole run looked like: its losses as a plot, its samples as a strip and an animation."""

import contextlib

import numpy as np

from common.errors import UserError, one_line
from common.figures import curves, pictures
from common.files import set_aside, whole, writing
from common.runs import folders
from common.runs.progress import say
from common.runs.tables import read_table

MOMENTS = 12  # in progress.png
FRAMES = 40  # moments in progress.gif


def draw(folder, recorder, moments=MOMENTS, frames=FRAMES):
    """Write losses.png, progress.png and progress.gif of a run from its losses.csv and samples/, of
    so many moments at most on the picture and in the animation.

    Raises:
        UserError: one of them cannot be written.
    """
    rows = read_table(folder / "losses.csv", recorder.columns)
    if rows:
        curves.plot_losses(folder / "losses.png", rows, recorder.panels)
    some, more = read_moments(folder, moments, frames)
    if some:  # none before the first row
        pictures.write_png(folder / "progress.png", recorder.strip(some))
        pictures.write_gif(folder / "progress.gif", recorder.frames(more))


def write_samples(path, kept, picture):
    """Write a moment's samples, as arrays and as the picture of them whose path is given."""
    with writing(path):
        path.parent.mkdir(exist_ok=True)  # somebody may have removed it
    with whole(path.with_suffix(".npz")) as file:
        np.savez_compressed(file, **kept)
    pictures.write_png(path, picture)


def find_samples(folder):
    """Return a run's samples as a list of (iteration, path), from first to last."""
    found = (folder / "samples").glob("*.npz")
    return sorted((n, path) for path in found if (n := folders.iteration_of(path)) is not None)


def read_moments(folder, *counts):
    """Return a list of a run's samples as read_samples() does for each of some counts: so many at
    most, evenly spaced. A file that is damaged, or not of the kind that most are, is set aside."""
    while True:
        samples = find_samples(folder)
        chosen = sorted({sample for most in counts for sample in spread(samples, most)})
        read, kinds = {}, {}
        for iteration, path in chosen:
            with contextlib.suppress(UserError):
                ((_, read[iteration]),) = read_samples([(iteration, path)])
                kinds[path] = [
                    (k, a.shape, a.dtype.kind) for k, a in sorted(read[iteration].items())
                ]
        usual = max(kinds.values(), key=list(kinds.values()).count, default=None)
        strange = [path for _, path in chosen if path not in kinds or kinds[path] != usual]
        if not strange:
            return [[(n, read[n]) for n, _ in spread(samples, most)] for most in counts]
        for path in strange:
            say(f"{path} is no sample as this run's are; it is kept as {set_aside(path).name}")


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
