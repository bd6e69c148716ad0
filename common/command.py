"""How the examples' commands end: exit statuses and one-line errors."""

import sys

from common.errors import UserError, one_line
from common.loops import Interrupted


def run(work):
    """Call work() and return the exit status of the command.

    0 when it returns; 2 after a UserError, whose one line goes to stderr; 128 + the signal's
    number (130 for Ctrl-C, 143 for SIGTERM) when it was interrupted.
    """
    try:
        work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # what no function foresaw: an unreadable folder, a closed pipe
        print(f"error: {one_line(error)}: {error.filename}", file=sys.stderr)
        return 2
    except Interrupted as signal:
        return 128 + signal.number
    except KeyboardInterrupt:
        return 130
    return 0
