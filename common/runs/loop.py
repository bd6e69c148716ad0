"""Plays a game, cut into calls of its engine."""

import contextlib
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from common.engines import Table
from common.game import Game
from common.runs.checkpoints import Position

CALL_SECONDS = 0.5  # that a call of an engine may take about: Ctrl-C waits for its end


def play(game: Game, iterations: int, first: int = 0, generator: bool = True) -> Table:
    """Play iterations, or play on, as many at a call as the engine takes.

    Args:
        first: number of the first of them.
        generator: False leaves the generator's updates out: a head start for the discriminator.

    Returns:
        The losses, a dict from name to float64 array (iterations,).
    """
    end = first + iterations
    whole = [
        losses for done, _, losses in calls(game, Position(first, 0), end, generator=generator)
        if done
    ]  # fmt: skip
    return {name: np.concatenate([part[name] for part in whole]) for name in whole[0]}


def calls(
    game: Game,
    position: Position,
    end: int,
    seconds: float = math.inf,
    looks: Sequence[int | None] = (),
    generator: bool = True,
) -> Iterator[tuple[range, Position, Table]]:
    """Play a game from a Position on, a call of its engine after another.

    A call never goes past an iteration that is to be looked at, for which the networks must stand
    still, nor past the end of an epoch.

    Args:
        end: iteration to stop before.
        seconds: that a call may take about.
        looks: numbers of iterations n, or None: iterations 0, n, 2n, ... are looked at.
        generator: see play().

    Yields:
        After each call: the iterations that it finished, a range, empty after a part of one; the
        Position reached; the losses as the engine's play() returns them.
    """
    pace = Pace(game.engine.longest, seconds)
    while position.iteration < end:
        stretch = choose_stretch(game, position, end, pace.most(), looks)
        with pace.measured(stretch):
            iterations, updates, whole = stretch
            losses = game.engine.play(game, iterations, updates, whole and generator)
        first = position.iteration
        if stretch.whole:
            position = Position(first + stretch.iterations, 0)
        else:
            position = Position(first, position.update + stretch.updates)
        yield range(first, position.iteration), position, losses


class Stretch(NamedTuple):
    """What an engine plays in a call."""

    iterations: int
    updates: int  # of the discriminator, in each
    whole: bool  # whether the iterations end with it


def choose_stretch(
    game: Game, position: Position, end: int, most: int, looks: Sequence[int | None] = ()
) -> Stretch:
    """Choose what to play next: the rest of an iteration or a part of it, or several whole ones.

    Args:
        game, position, end, looks: see calls().
        most: updates of the discriminator, or iterations where they are fewer, that a call may
            take.
    """
    most = min(most, game.left_in_epoch())
    updates = game.updates_before(position.iteration)
    left = updates - position.update
    if left > most:
        return Stretch(1, most, whole=False)
    if position.update > 0:
        return Stretch(1, left, whole=True)
    to_look = [-position.iteration % n + 1 for n in looks if n]
    longest = min(most // max(1, left), end - position.iteration, *to_look)
    following = range(position.iteration + 1, position.iteration + longest)
    alike = itertools.takewhile(lambda i: game.updates_before(i) == updates, following)
    return Stretch(1 + sum(1 for _ in alike), left, whole=True)


class Pace:
    """Finds out how many updates take a given time.

    Args:
        longest: updates that a call may take at most.
        seconds: the time; 0 means one update, infinity the longest call.
    """

    def __init__(self, longest: int, seconds: float):
        self.longest, self.wanted = longest, seconds
        self.seen: set[tuple[bool, bool]] = set()  # kinds of calls
        self.seconds: float | None = None  # that an update takes

    @contextlib.contextmanager
    def measured(self, stretch: Stretch) -> Iterator[None]:
        """Measure the call in the block, unless it is the first of its kind, which compiles."""
        kind = (stretch.updates > 0, stretch.whole)
        began = time.monotonic()
        yield
        if kind in self.seen:
            updates = stretch.iterations * max(1, stretch.updates)
            self.seconds = (time.monotonic() - began) / updates
        self.seen.add(kind)

    def most(self) -> int:
        """Updates to play in the next call."""
        if self.wanted == math.inf:
            return self.longest
        if self.seconds is None:
            return 1
        return max(1, min(self.longest, int(self.wanted / self.seconds)))
