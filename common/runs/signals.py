"""Ctrl-C, SIGTERM and a closed terminal, held back until a run can be saved."""

import contextlib
import os
import signal
import stat
import threading

# Windows lacks SIGHUP and has SIGBREAK, its Ctrl-Break.
NUMBERS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]


@contextlib.contextmanager
def held_signals():
    """Hold back Ctrl-C, SIGTERM and SIGHUP inside the block; yields the list of those that came.

    The second one is no longer held: it ends the process as it always does, but a second SIGHUP
    does nothing. In a thread, which signals never reach, nothing is held back.
    """
    came = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    previous = {number: signal.getsignal(number) for number in NUMBERS}

    def hold(number, frame):
        came.append(number)
        release()
        if number == getattr(signal, "SIGHUP", None):
            signal.signal(number, signal.SIG_IGN)  # the kernel and the shell both send it
            leave_terminal()

    def release():
        for number, handler in previous.items():
            signal.signal(number, handler)

    try:
        for number, handler in previous.items():
            if handler != signal.SIG_IGN:  # nohup and scripts' background jobs ignore some
                signal.signal(number, hold)
        yield came
    finally:
        release()


def leave_terminal():
    """Print no more where the terminal is gone, so that saving does not end in its error."""
    for output in (1, 2):
        try:
            if stat.S_ISCHR(os.fstat(output).st_mode):
                os.write(output, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), output)
