"""How a run is cut into an engine's calls."""

import sys

import pytest

from common.runs import loop
from common.runs.checkpoints import Position
from common.runs.loop import Pace, Stretch, choose_stretch


class Played:
    """As much of a game as a choice looks at."""

    def __init__(self, updates, per_epoch=sys.maxsize, done=0):
        self.updates_before = updates if callable(updates) else lambda iteration: updates
        self.per_epoch, self.done = per_epoch, done

    def left_in_epoch(self):
        return self.per_epoch - self.done % self.per_epoch


@pytest.mark.parametrize(
    ("game", "position", "most", "looks", "expected"),
    [
        # The reference engine: an update of the discriminator, the last with the generator's.
        (Played(100), (0, 0), 1, (), (1, 1, False)),
        (Played(100), (3, 99), 1, (), (1, 1, True)),
        (Played(1), (3, 0), 1, (), (1, 1, True)),
        (Played(0), (3, 0), 1, (), (1, 0, True)),
        # Many updates: a part of an iteration, its rest, whole iterations.
        (Played(100), (0, 0), 32, (), (1, 32, False)),
        (Played(100), (0, 96), 32, (), (1, 4, True)),
        (Played(5), (0, 2), 32, (), (1, 3, True)),
        (Played(5), (7, 0), 32, (), (6, 5, True)),
        (Played(1), (7, 0), 32, (), (32, 1, True)),
        (Played(0), (7, 0), 32, (), (32, 0, True)),
        # Where the number of updates changes a call ends.
        (Played(lambda i: 9 if i < 5 else 2), (3, 0), 32, (), (2, 9, True)),
        (Played(lambda i: 9 if i < 5 else 2), (5, 0), 32, (), (16, 2, True)),
        # Up to the next look, which iterations 0, 10, 20, ... have, the epoch's end, the end.
        (Played(1), (0, 0), 32, (10, None), (1, 1, True)),
        (Played(1), (1, 0), 32, (10, 99), (10, 1, True)),
        (Played(1, 13, done=27), (27, 0), 32, (), (12, 1, True)),
        (Played(5, 20, done=10), (2, 0), 32, (), (2, 5, True)),
        (Played(1), (997, 0), 32, (), (3, 1, True)),
    ],
)
def test_a_call_ends_at_looks_and_epochs_and_where_updates_change(
    game, position, most, looks, expected
):
    assert choose_stretch(game, Position(*position), 1000, most, looks) == Stretch(*expected)


def test_every_update_is_played_once():
    bursts = lambda i: 20 if i % 10 < 3 else 2  # noqa: E731
    for updates, most in [(1, 7), (3, 7), (7, 7), (20, 7), (0, 7), (bursts, 7)]:
        game, position, played = Played(updates), Position(0, 0), []
        while position.iteration < 25:
            stretch = choose_stretch(game, position, 25, most, [10])
            assert 1 <= stretch.iterations * max(1, stretch.updates) <= most
            for iteration in range(position.iteration, position.iteration + stretch.iterations):
                played += [(iteration, "D")] * stretch.updates
                played += [(iteration, "G")] * stretch.whole
            if stretch.whole:
                position = Position(iteration + 1, 0)
            else:
                position = Position(iteration, position.update + stretch.updates)
        assert played == [
            (n, kind) for n in range(25) for kind in ["D"] * game.updates_before(n) + ["G"]
        ]


def test_pace_plays_what_takes_the_time_and_skips_calls_that_compile(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: clock[0])
    pace, whole, part = Pace(32, 0.5), Stretch(2, 3, True), Stretch(1, 4, False)
    for stretch, seconds, most in [
        (whole, 9.0, 1),  # compiles
        (whole, 0.6, 5),  # 0.1 s an update
        (part, 9.0, 5),  # compiles
        (part, 0.04, 32),  # 0.01 s
        (whole, 6.0, 1),  # 1 s, longer than the time
    ]:
        with pace.measured(stretch):
            clock[0] += seconds
        assert pace.most() == most
    pace = Pace(32, 0.0)  # --checkpoint-seconds 0
    for _ in range(2):
        with pace.measured(whole):
            clock[0] += 0.001
        assert pace.most() == 1
