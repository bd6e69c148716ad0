import pytest

from common.runs import progress
from common.runs.checkpoints import Position
from common.runs.progress import Screen, duration, rate


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (9.6, "10 s"),
        (125, "2 min 5 s"),
        (2400, "40 min"),
        (12_000, "3 h 20 min"),
        (1_600_000, "18 days 12 h"),
    ],
)
def test_a_duration_is_told_in_at_most_two_units(seconds, words):
    assert duration(seconds) == words


def test_a_rate_is_told_with_its_unit():
    assert rate(0.25) == "4.0 iterations/s"
    assert rate(58.24) == "58.2 s/iteration"


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def shown(monkeypatch, capsys):
    """What a run prints, given how long an update takes and 20 s to compile the first one."""

    def play(updates, seconds_an_update, iterations, hint=None):
        clock = Clock()
        monkeypatch.setattr(progress, "time", clock)
        screen = Screen(iterations, lambda iteration: updates, ("d_true",), hint)
        clock.now += 20
        for call in range(1, 400):
            clock.now += seconds_an_update
            position = Position(*divmod(call, updates + 1))
            screen.show(position, {"d_true": -1.5, "d_true_class": 2.0})
        return capsys.readouterr().out

    return play


def test_estimate_leaves_out_the_compilation_and_plain_lines_are_rare_and_show_the_losses(shown):
    out = shown(updates=1, seconds_an_update=0.5, iterations=1000, hint="HINT")
    assert "1.0 s/iteration: 1,000 iterations take 17 min\n" in out
    assert out.count("iterations take") == 1 and "HINT" not in out  # it is a short run
    lines = [line for line in out.splitlines() if line.startswith("iteration ")]
    assert 4 <= len(lines) <= 8  # 220 s at one in 30 s
    assert "/1,000 " in lines[-1] and "d_true -1.5" in lines[-1] and "left" in lines[-1]
    assert "d_true_class" not in out


def test_estimate_comes_within_the_first_iteration_where_that_is_long(shown):
    out = shown(updates=100, seconds_an_update=0.6, iterations=25_000, hint="HINT")
    told = "60.6 s/iteration: 25,000 iterations take 17 days 12 h"
    assert out.splitlines()[:2] == [told, "HINT"]


def test_an_estimate_comes_within_the_first_minute_of_a_very_slow_run(shown):
    out = shown(updates=1, seconds_an_update=8.0, iterations=4000, hint="HINT")
    assert out.splitlines()[0].startswith("iteration 1/4,000")  # 36 s after the start
    assert out.splitlines()[1:3] == ["16.0 s/iteration: 4,000 iterations take 17 h 46 min", "HINT"]


def test_a_game_without_discriminator_updates_has_an_estimate(shown):
    out = shown(updates=0, seconds_an_update=0.5, iterations=1000)
    assert out.startswith("2.0 iterations/s: 1,000 iterations take 8 min 20 s\n")


def test_an_estimate_knows_of_bursts(monkeypatch, capsys):
    """Ten iterations of a hundred updates, then 990 of one: 1,010 and 1,980 steps of a second."""
    monkeypatch.setattr(progress, "time", clock := Clock())
    screen = Screen(1000, lambda iteration: 100 if iteration < 10 else 1, ())
    for step in range(40):
        clock.now = 20.0 + step
        screen.show(Position(0, step), {})
    out = capsys.readouterr().out
    assert "3.0 s/iteration: 1,000 iterations take 50 min\n" in out
    assert "  50 min left" in out
