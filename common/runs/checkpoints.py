"""Checkpoints: every variable of a game in one .npz, each file whole or absent."""

import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from keras import ops

from common.errors import UserError, one_line
from common.files import sync_folder, whole, writing

KEEP = 3  # newest checkpoints that stay


class Position(NamedTuple):
    """Where a run stands: the iteration under way and its finished discriminator updates."""

    iteration: int
    update: int


class NotFinite(Exception):
    """A variable holds NaN or infinity; nothing was saved."""


def save(folder, variables, position, seconds):
    """Save a checkpoint of keras.Variables by name, at a Position and after so many seconds of
    training, and remove all but the newest KEEP.

    Returns:
        The checkpoint's path, checkpoints/<iteration>-<update>.npz.

    Raises:
        NotFinite: a variable holds NaN or infinity.
        UserError: the disk is full, or refuses.
    """
    arrays = {name: ops.convert_to_numpy(variable) for name, variable in variables.items()}
    for name, array in arrays.items():
        if not np.all(np.isfinite(array)):
            raise NotFinite(name)
    path = folder / "checkpoints" / f"{position.iteration:06d}-{position.update:04d}.npz"
    with writing(path):
        path.parent.mkdir(exist_ok=True)  # somebody may have removed it
    with whole(path) as file:
        np.savez(file, position=np.array(position), seconds=seconds, **arrays)
    for old in listed(folder)[:-KEEP]:
        old.unlink()
    return path


def listed(folder):
    """Return a run's checkpoints, oldest first."""
    return sorted(filter(numbers, (Path(folder) / "checkpoints").glob("*.npz")), key=numbers)


def numbers(path):
    """Return the position in a checkpoint's name, (iteration, update), or () if none is."""
    named = re.fullmatch("([0-9]+)-([0-9]+)", Path(path).stem)
    return tuple(map(int, named.groups())) if named else ()


def folder_of(path):
    """Return the run folder of a path that is one or is a checkpoint in one."""
    path = Path(path)
    return path.absolute().parent.parent if is_file(path) else path


def is_file(path):
    """Whether a path means a checkpoint and not a run folder, which may be called exp.npz."""
    return path.suffix == ".npz" and not path.is_dir()


def newest(folder):
    """Return a run's newest checkpoint, or None."""
    return listed(folder)[-1] if listed(folder) else None


def seconds(path):
    """Return how long its run had been trained, in all of its sessions, when it was saved."""
    with np.load(path, allow_pickle=False) as archive:
        return float(archive["seconds"])


def choose(path):
    """Return the checkpoint to resume: path itself, or the newest one of the run folder path.

    Raises:
        UserError: there is none.
    """
    path = Path(path)
    if is_file(path):
        if not path.is_file():
            raise UserError(f"{path} does not exist; name a run folder or one of its checkpoints")
        return path
    if newest(path) is None:
        raise UserError(f"{path} has no checkpoint; start a new run with another --run-dir")
    return newest(path)


def load(path, variables):
    """Set every variable from a checkpoint, or none of them.

    Returns:
        (position, seconds) as they were saved.

    Raises:
        UserError: the file is damaged or another network's; the message offers the one before it,
            or the newest in place of one that has a name of the user's own.
    """
    try:
        # numpy reads through zipfile, which compares every member's CRC-32.
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        position = Position(*map(int, arrays.pop("position")))
        seconds = float(arrays.pop("seconds"))
        if min(position) < 0 or not 0 <= seconds < math.inf:
            raise ValueError(f"{seconds} s of training up to {tuple(position)} cannot be")
        if set(arrays) != set(variables):
            raise ValueError("it holds other variables than these networks have")
        for name, variable in variables.items():
            if arrays[name].shape != tuple(variable.shape):
                raise ValueError(f"{name} has the shape {arrays[name].shape}")
            if arrays[name].dtype.kind not in "biuf":
                raise ValueError(f"{name} holds {arrays[name].dtype}, no numbers")
    except Exception as error:  # zipfile and numpy have a dozen ways to say that a file is damaged
        raise UserError(f"{path} cannot be used: {one_line(error)}; {before(path)}") from error
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return position, seconds


def before(path):
    """Offer the checkpoint before a damaged one, or the newest one, in words."""
    known = listed(folder_of(path))
    older = [p for p in known if numbers(p) < numbers(path)] if numbers(path) else known
    which = "one before it" if numbers(path) else "newest one"
    if not older:
        return f"there is no {which}, so start a new run"
    return f"continue from the {which} with --resume {older[-1]}"


def set_aside(folder, position):
    """Remove half-written files and rename later checkpoints, so that position is the newest."""
    with writing(folder / "checkpoints"):
        for half in [*folder.glob("**/*.*.tmp"), *folder.glob("*.tmp.keras")]:
            half.unlink()
        for path in listed(folder):
            if numbers(path) > position:
                path.replace(path.with_name(path.name + ".set-aside"))
        sync_folder(folder / "checkpoints")


def forget_set_aside(folder):
    """Remove what set_aside() renamed, when a run has come past it."""
    for path in (folder / "checkpoints").glob("*.set-aside"):
        path.unlink()
