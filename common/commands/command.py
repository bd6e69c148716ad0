"""How the examples' commands start and end: settings, exit statuses and one-line errors."""

import sys

from common.errors import UserError, one_line
from common.runs import folders
from common.runs.loops import Interrupted
from common.settings import command_line, parse


def train(example, presets, work, description, argv=None):
    """Run an example's training command; returns its exit status, see run().

    Args:
        example: name of the example's folder.
        presets: dict from preset name to config.
        work: function of a config.
        description: what the command does, for --help.
        argv: list of arguments, or None for the process's own.
    """

    def read_config(path):
        return folders.read_config(path, example, type(presets["slides"]))

    prog = f"python -m {example}.train"
    return run(lambda: work(parse(prog, presets, description, read_config, argv)))


def sample(example, config_class, work, description, argv=None):
    """Run an example's sampling command; see train()."""
    prog = f"python -m {example}.sample"
    return run(lambda: work(command_line(prog, config_class, description, argv)))


def evaluate(example, config_class, work, description, argv=None):
    """Run an example's evaluation command; see train()."""
    prog = f"python -m {example}.evaluate"
    return run(lambda: work(command_line(prog, config_class, description, argv)))


def report(example, config_class, write, description, argv=None):
    """Run an example's report command; write is a function of the run's folder. See train()."""
    prog = f"python -m {example}.report"
    return run(lambda: print(write(command_line(prog, config_class, description, argv).run)))


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
        where = "" if error.filename is None else f": {error.filename}"
        print(f"error: {one_line(error)}{where}", file=sys.stderr)
        return 2
    except Interrupted as signal:
        return 128 + signal.number
    except KeyboardInterrupt:
        return 130
    return 0
