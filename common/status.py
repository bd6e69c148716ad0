"""How every command ends: its exit status, and one line where it failed."""

import contextlib
import io
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

from common.errors import Interrupted, UserError, one_line


def run(work: Callable[[], Any]) -> int:
    """Call work() and return the exit status of the command.

    0 when it returns, also when nobody reads its output any more; 2 after an error, whose one line
    goes to stderr; 128 + the signal's number (130 for Ctrl-C, 143 for SIGTERM) when it was
    interrupted.
    """
    # It may not have a path's letters.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        work()
        sys.stdout.flush()
    except BrokenPipeError:  # the output's reader has gone, as after `| head -1`: nothing is wrong
        pass
    except UserError as error:
        return failed(error)
    except OSError as error:  # what no function foresaw: an unreadable folder, a full disk
        return failed(one_line(error) + ("" if error.filename is None else f": {error.filename}"))
    except Interrupted as signal:
        return 128 + signal.number
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        name = type(error).__name__
        line = f"nobody foresaw this {name}: {one_line(error)[:200]}"
        return failed(f"{line}; please report it with {keep_traceback()}")
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            forget_output()  # or Python tries it once more, and complains
    return 0


def failed(line: object) -> int:
    """Print an error's line, and return the exit status after one."""
    with contextlib.suppress(OSError):  # nobody reads it
        print(f"error: {line}", file=sys.stderr)
    return 2


def forget_output() -> None:
    """Let what is printed from now on go nowhere, for its reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def keep_traceback() -> str:
    """Write the traceback of the exception at hand into a file, and return its path."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gan-lectures-", suffix=".txt", delete=False, errors="backslashreplace"
        ) as file:
            print(shlex.join(sys.orig_argv), traceback.format_exc(), sep="\n\n", file=file)
        return file.name
    except OSError:  # no folder can be written
        return traceback.format_exc()
