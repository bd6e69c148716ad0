"""What --minutes asks for: how fast this machine plays the run's own game, measured before it
begins, and the settings of a run that takes that long."""

import contextlib
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from common import engines
from common.errors import UserError
from common.game import Game
from common.runs import checkpoints, folders, history, tables
from common.runs.checkpoints import Position
from common.runs.loop import CALL_SECONDS, calls
from common.runs.progress import duration
from common.runs.recorder import Recorder
from common.runs.run import MOST, Score
from common.settings import falls

PLANNED = 0.92  # share of the minutes that a run is to take: other programs may slow the machine
MEASURING = 0.03, 10.0  # share of the minutes, and seconds at most, that are played to measure
MOMENTS = 20  # rows and samples of a run whose preset has fewer, as of few images
KINDS = 1000  # first iterations, among which are all numbers of updates that an iteration may have


class Costs(NamedTuple):
    """Seconds that the parts of a run take."""

    step: dict[int, float]  # an update of either network, by its iteration's discriminator updates
    compiling: float
    call: float  # of the engine
    look: float  # at the samples
    save: float  # a checkpoint
    score: float
    end: float  # all that comes after the last iteration


def fit(
    game: Game, recorder: Recorder, config: Any, preset: Any, score: Score | None, began: float
) -> tuple[Any, float]:
    """Measure with a game, which is put back to where it was, how long a run takes, and choose
    the settings of one that ends within config.minutes.

    Args:
        game: one that has not begun; recorder, config and score are its own.
        preset: its preset's settings: what config departs in from them, stays.
        began: time.monotonic() when the program began.

    Returns:
        (the settings, without minutes; the seconds that all is expected to take)

    Raises:
        UserError: the minutes are too few for an iteration, or a loss becomes NaN or infinite while
            it is measured.
    """
    share, most = MEASURING
    costs = measure(game, recorder, config, score, min(share * 60 * config.minutes, most))
    looks = rows(game, config)
    rarer = recorder.every == config.log_every == preset.log_every
    saving = 1 + costs.save / max(config.checkpoint_seconds, costs.call)

    def seconds(iteration: int) -> float:
        updates = game.updates_before(iteration)
        taken = costs.step[updates] * (updates + 1) * saving
        if iteration < looks if rarer else iteration % recorder.every == 0:
            taken += costs.look
        if score is not None and iteration % config.evaluate_every == 0:
            taken += costs.score
        return taken

    again = costs.compiling if is_other_game(config, preset) else 0.0
    around = time.monotonic() - began + again + costs.end
    whole, iterations = around, 0
    while iterations < MOST:
        following = whole + seconds(iterations)
        if following > PLANNED * 60 * config.minutes:
            break
        whole, iterations = following, iterations + 1
    if iterations == 0:
        # More minutes are measured longer.
        least = math.ceil((around + seconds(0)) / (PLANNED - share) / 6) / 10
        raise UserError(
            f"--minutes {config.minutes:g} is too little on this machine: an iteration takes "
            f"{seconds(0):.2g} s, what is before and after it {duration(around)}; "
            f"give at least --minutes {least:g}"
        )
    return lasting(game, config, preset, iterations), whole


def is_other_game(config: Any, preset: Any) -> bool:
    """Whether the steps of a game depend on the number of iterations that fit() is to choose, so
    that it has to be made and compiled anew."""
    averaging = getattr(config, "averaging", 0.0)
    return falls(config) or 0 < averaging == preset.averaging


def lasting(game: Game, config: Any, preset: Any, iterations: int) -> Any:
    """The settings of a run of so many iterations.

    Where config has the preset's own, log_every becomes so long that there are rows() rows and
    samples, or a row an iteration, and averaging such that the running mean, which is
    1 / (1 - averaging) iterations long, is as long as in the preset: so many calm the digits. In a
    shorter run it is as large a part of the run, and in a long one an eighth at least, in which the
    first half weighs but exp(-4), 2 %.

    Args:
        game: the game of config, for the length of its run.
    """
    chosen: dict[str, Any] = {"minutes": None, "iterations": iterations}
    if hasattr(config, "epochs"):
        per_epoch = int(game.per_epoch)
        chosen["epochs"] = math.ceil(iterations / per_epoch)
        if iterations % per_epoch == 0:
            chosen["iterations"] = None
    if config.log_every == preset.log_every:
        chosen["log_every"] = two_digits(math.ceil(iterations / rows(game, config)))
    averaging = getattr(config, "averaging", 0.0)
    if 0 < averaging == preset.averaging:
        length = min(1.0, iterations / game.iterations) / (1 - averaging)
        length = max(1.0, iterations / 8, length)
        chosen["averaging"] = min(round(1 - 1 / length, 6), 0.999999)
    return replace(config, **chosen)


def rows(game: Game, config: Any) -> int:
    """Rows and samples of a run whatever its length: the preset's number, or MOMENTS at least."""
    return max(MOMENTS, math.ceil(game.iterations / config.log_every))


def iterations(config: Any, game: Game) -> int:
    """Iterations of a run that plays a game with these settings."""
    return config.total(int(game.per_epoch)) if hasattr(config, "epochs") else config.iterations


def two_digits(number: int) -> int:
    """A positive number, rounded up to two digits and zeros."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return -(-number // unit) * unit


def measure(
    game: Game, recorder: Recorder, config: Any, score: Score | None, seconds: float
) -> Costs:
    """Measure what the parts of a run take, in a temporary folder, and put the game's variables
    back; see fit().

    Args:
        seconds: to play for, once all is compiled.
    """
    first = {game.updates_before(i): i for i in reversed(range(KINDS))}
    with tempfile.TemporaryDirectory(prefix="gan-lectures-") as name:
        folder, begin = Path(name), Position(0, 0)
        save = clocked(lambda: checkpoints.save(folder, game.variables(), begin, 0.0))
        call_seconds = min(CALL_SECONDS, config.checkpoint_seconds)
        step, compiling, call = {}, 0.0, 0.0
        losses: dict[str, float] = {}
        for updates, iteration in first.items():
            played = play(game, iteration, seconds / len(first), call_seconds)
            step[updates], call = played.step, max(call, played.call)
            compiling += played.compiling
            losses |= played.losses
        if not all(map(math.isfinite, losses.values())):
            raise UserError("a loss soon becomes NaN or infinite; take a lower --learning-rate")
        recorder.keep()  # compiles; and what the game kept to be shown for once is gone

        def look(iteration: int) -> None:
            kept = recorder.keep()
            path = folders.sample_path(folder, iteration)
            history.write_samples(path, kept, recorder.picture(kept, iteration))

        looks = [clocked(partial(look, iteration)) for iteration in (0, 1)]
        tables.log_rows(folder / "losses.csv", [recorder.row(i, losses, 0.0) for i in (0, 1)])

        def draw() -> None:
            folders.save_generator(folder, game.result())
            with contextlib.suppress(Exception):  # the run will say it
                recorder.draw_history(folder)

        # The report takes about as long as the pictures, of which each moment is a part.
        end = 2 * clocked(draw) + history.FRAMES * looks[-1] + 3 * save
        scored = 0.0 if score is None else clocked(lambda: score(game.result()))
        checkpoints.load(checkpoints.newest(folder), game.variables())
    return Costs(step, compiling, call, looks[-1], save, scored, end)


class Played(NamedTuple):
    """What a game took."""

    step: float  # seconds, an update of either network
    call: float  # seconds, of the engine
    compiling: float  # seconds of the first calls
    losses: dict[str, float]


def play(game: Game, iteration: int, seconds: float, call_seconds: float) -> Played:
    """Play from an iteration on, in the calls that a run plays it in, for at least so many seconds
    after the first call of each kind, which compiles."""
    # From its last two updates on, so that the generator's comes, and is compiled, soon.
    position = Position(iteration, max(0, game.updates_before(iteration) - 2))
    seen, compiling, taken, steps, count = set(), 0.0, 0.0, 0, 0
    losses: dict[str, float] = {}
    began = time.monotonic()
    for done, reached, table in calls(game, position, sys.maxsize, call_seconds):
        now = time.monotonic()
        losses |= engines.last(table)
        updates = game.updates_before(position.iteration)
        played = len(done) * updates + reached.update - position.update
        kind = played > 0, bool(done)
        if kind in seen:
            taken, steps, count = taken + now - began, steps + played + len(done), count + 1
        else:
            compiling += now - began
        seen.add(kind)
        if steps > 0 and taken >= seconds:
            break
        position, began = reached, time.monotonic()
    return Played(taken / steps, taken / count, compiling, losses)


def clocked(work: Callable[[], object]) -> float:
    """Seconds that work() takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
