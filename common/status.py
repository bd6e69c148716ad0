"""How every command ends: its exit status, and one line where it failed."""

import sys
from collections.abc import Callable
from typing import Any

from common.errors import Interrupted, UserError, one_line


def run(work: Callable[[], Any]) -> int:
    """Call work() and return the exit status of the command.

    0 when it returns; 2 after a UserError, whose one line goes to stderr; 128 + the signal's
    number (130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP) when it was interrupted.
    """
    try:
        work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # what no function foresaw: an unreadable folder, a closed pipe
        where = "" if error.filename is None else f": {error.filename}"
        print(f"error: {one_line(error)}{where}", file=sys.stderr)
        return 2
    except Interrupted as signal:
        return 128 + signal.number
    except KeyboardInterrupt:
        return 130
    return 0
