"""Ctrl-C and SIGTERM, held back until a run can be saved."""

import contextlib
import signal


@contextlib.contextmanager
def held_signals():
    """Hold back Ctrl-C and SIGTERM inside the block; yields the list of those that came.

    The second one is no longer held: it ends the process as it always does.
    """
    came = []
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def hold(number, frame):
        came.append(number)
        release()

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
