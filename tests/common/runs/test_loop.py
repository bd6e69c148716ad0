"""How a run is cut into an engine's calls."""

import math
from types import SimpleNamespace

import pytest

from common.runs import loops
from common.runs.checkpoints import Position
from common.runs.loops import Pace, Stretch, choose_stretch


def game(updates, iterations=1000, sample_every=1000, per_epoch=math.inf):
    return SimpleNamespace(
        updates_before=updates if callable(updates) else lambda iteration: updates,
        iterations=iterations,
        sample_every=sample_every,
        per_epoch=per_epoch,
    )


@pytest.mark.parametrize(
    ("game", "position", "most", "expected"),
    [
        # The reference engine: an update of the discriminator, the last with the generator's.
        (game(100), (0, 0), 1, (1, 1, False)),
        (game(100), (3, 99), 1, (1, 1, True)),
        (game(1), (3, 0), 1, (1, 1, True)),
        (game(0), (3, 0), 1, (1, 0, True)),
        # Many updates: a part of an iteration, its rest, whole iterations.
        (game(100), (0, 0), 32, (1, 32, False)),
        (game(100), (0, 96), 32, (1, 4, True)),
        (game(5), (0, 2), 32, (1, 3, True)),
        (game(5), (7, 0), 32, (6, 5, True)),
        (game(1), (7, 0), 32, (32, 1, True)),
        (game(0), (7, 0), 32, (32, 0, True)),
        # Where the number of updates changes a call ends.
        (game(lambda i: 9 if i < 5 else 2), (3, 0), 32, (2, 9, True)),
        (game(lambda i: 9 if i < 5 else 2), (5, 0), 32, (16, 2, True)),
        # Up to the next sample, which iterations 0, 10, 20, ... have, the epoch's end, the end.
        (game(1, sample_every=10), (0, 0), 32, (1, 1, True)),
        (game(1, sample_every=10), (1, 0), 32, (10, 1, True)),
        (game(1, per_epoch=13), (27, 0), 32, (12, 1, True)),
        (game(1, iterations=30), (27, 0), 32, (3, 1, True)),
    ],
)
def test_stretches(game, position, most, expected):
    assert choose_stretch(game, Position(*position), most) == Stretch(*expected)


def test_every_update_is_played_once():
    bursts = lambda i: 20 if i % 10 < 3 else 2  # noqa: E731
    for updates, most in [(1, 7), (3, 7), (7, 7), (20, 7), (0, 7), (bursts, 7)]:
        run, position, played = game(updates, 25, 10, 8), Position(0, 0), []
        while position.iteration < run.iterations:
            stretch = choose_stretch(run, position, most)
            assert 1 <= stretch.iterations * max(1, stretch.updates) <= most
            for iteration in range(position.iteration, position.iteration + stretch.iterations):
                played += [(iteration, "D")] * stretch.updates
                played += [(iteration, "G")] * stretch.generator
            if stretch.generator:
                position = Position(iteration + 1, 0)
            else:
                position = Position(iteration, position.update + stretch.updates)
        assert played == [
            (n, kind) for n in range(25) for kind in ["D"] * run.updates_before(n) + ["G"]
        ]


def test_pace_plays_what_takes_the_time_and_skips_calls_that_compile(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(loops.time, "monotonic", lambda: clock[0])
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


def test_first_iteration_with_a_loss_that_is_no_number_is_named(tmp_path):
    losses = {"d": [1.0, 2.0, 3.0], "g": [1.0, math.inf, math.nan]}
    error = r"iteration 8: loss g is NaN or infinite"
    with pytest.raises(loops.UserError, match=error):
        loops.check_finite(losses, 7, tmp_path)
    loops.check_finite({name: values[:1] for name, values in losses.items()}, 7, tmp_path)
