"""Writing files so that a crash, a kill or a full disk never leaves half of one."""

import contextlib
import errno
import itertools
import json
import os
import shutil
from pathlib import Path

from common.errors import UserError, one_line


@contextlib.contextmanager
def writing(path):
    """Turn an operating system's refusal to write path into a one-line UserError."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        advice = "make room" if full else "choose another place"
        raise UserError(f"cannot write {path}: {one_line(error)}; {advice}") from error


@contextlib.contextmanager
def whole(path):
    """Open a binary file that appears at path only when it is complete and on the disk.

    It is written beside path under the suffix .tmp, synced, and renamed when the block ends well.
    Where path is a link, that is done to the file that it points to.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(path.name + ".tmp")
    with writing(path):
        try:
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_json(path, document):
    """Write a JSON file whole(), a line for each value."""
    with whole(path) as file:
        file.write((json.dumps(document, indent=1) + "\n").encode())


def sync_folder(folder):
    """Make renames in a folder survive a power cut."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # Windows opens no folder
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_aside(path, copy=False):
    """Give a file that cannot be used another name, or a copy of it, and return that path."""
    names = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    paths = (path.with_name(f"{path.name}.set-aside{name}") for name in names)
    free = next(path for path in paths if not os.path.lexists(path))
    with writing(free):
        return Path(shutil.copy(path, free) if copy else path.rename(free))


def append_lines(path, lines):
    """Append lines of text and sync them."""
    with writing(path), open(path, "a", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
