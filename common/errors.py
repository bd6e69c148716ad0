"""The exceptions that the command lines turn into an exit status."""

import signal


class UserError(Exception):
    """A mistake the user can mend; its message is one line: what is wrong and what to do."""


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or SIGHUP: the run is saved. `number` is the signal's."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


def one_line(error: BaseException) -> str:
    """Return what an exception says as one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
