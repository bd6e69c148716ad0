"""What a user sees while a run goes on: a progress bar, or plain lines if there is no terminal."""

import itertools
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from common.status import forget_output

LONG = 1800  # seconds that a run may take before it tells what is quicker
PLAIN_SECONDS = 30  # between two progress lines where the output is no terminal


class Screen:
    """Shows how a run proceeds; a context manager around its loop.

    Args:
        iterations: of the whole run.
        updates_before: function of an iteration: the discriminator updates in it, 0 if it has none
            of its own.
        losses: names of the losses to show.
        hint: a line to add if the run will take more than half an hour, or None.
    """

    def __init__(self, iterations, updates_before, losses, hint=None):
        self.iterations, self.losses, self.hint = iterations, losses, hint
        self.updates = [updates_before(iteration) for iteration in range(iterations)]
        self.steps = [0, *itertools.accumulate(updates + 1 for updates in self.updates)]
        self.console = Console(highlight=False, markup=False)
        self.bar = Progress(
            BarColumn(bar_width=10),
            TextColumn("{task.description}", markup=False),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )
        self.task = self.bar.add_task("compiling the networks", total=iterations)
        self.begin = None  # iterations done at the first call
        self.measured_from = None  # (iterations done, steps, time) once everything is compiled
        self.estimated = False
        self.spoke = time.monotonic()

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *exception):
        self.bar.stop()

    def line(self, text):
        """Print a line that stays."""
        if self.console.is_terminal:
            self.console.print(text, soft_wrap=True)  # so that a command can be copied whole
        else:
            say(text)

    def show(self, position, losses):
        """Show where the run stands, and once, when it can be told, how long it will take.

        Args:
            position: common.runs.checkpoints.Position.
            losses: dict from name to float.
        """
        now = time.monotonic()
        updates = self.updates[position.iteration]
        done = position.iteration + position.update / (updates + 1)
        steps = self.steps[position.iteration] + position.update
        pace = ""
        if self.begin is None:
            self.begin = done
        if self.measured_from is None:
            # The generator's step is compiled in the first iteration. Where that iteration takes
            # a minute its hundred critic updates tell enough already.
            if updates >= 20 or done >= self.begin + 1:
                self.measured_from = (done, steps, now)
        else:
            work, steps_taken = done - self.measured_from[0], steps - self.measured_from[1]
            elapsed = now - self.measured_from[2]
            whole = elapsed / steps_taken * self.steps[-1]
            left = elapsed / steps_taken * (self.steps[-1] - steps)
            pace = f"  {rate(whole / self.iterations)}  {duration(left)} left"
            enough = work >= min(3, 10 / max(1, updates)) or elapsed >= 15
            if not self.estimated and elapsed >= 5 and enough:
                self.estimated = True
                self.estimate(whole, left)
        shown = "".join(f"  {name} {losses[name]:.4g}" for name in self.losses if name in losses)
        text = f"{position.iteration:,}/{self.iterations:,}{pace}{shown}"
        self.bar.update(self.task, completed=done, description=text)
        if not self.console.is_terminal and now - self.spoke >= PLAIN_SECONDS:
            self.spoke = now
            say(f"iteration {text}")

    def estimate(self, whole, left):
        """Say once how long the run takes in all and from now on, both in seconds."""
        since = f", {duration(left)} from now" if self.begin > 1 else ""
        average = rate(whole / self.iterations)
        self.line(f"{average}: {self.iterations:,} iterations take {duration(whole)}{since}")
        if self.hint is not None and left > LONG:
            self.line(self.hint)


def say(text):
    """Print a line; if its reader is gone, as `tee` is after a Ctrl-C or `head`, print no more."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        forget_output()


def rate(seconds):
    """Say how fast iterations go, given the seconds that one takes."""
    return f"{seconds:.1f} s/iteration" if seconds >= 1 else f"{1 / seconds:.1f} iterations/s"


def duration(seconds):
    """Say a time in the two largest units that matter, as in "3 h 20 min"."""
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 10:
        return f"{int(minutes)} min {int(seconds % 60)} s"
    if hours < 1:
        return f"{minutes:.0f} min"
    if days < 1:
        return f"{int(hours)} h {int(minutes % 60)} min"
    return f"{int(days)} days {int(hours % 24)} h"
