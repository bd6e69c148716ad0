"""Plays a game with its engine and records it in a run folder."""

import contextlib
import dataclasses
import itertools
import math
import shlex
import signal
import time
from typing import NamedTuple

from common import engines
from common.errors import UserError, one_line
from common.figures.pictures import write_png
from common.runs import checkpoints, folders
from common.runs.checkpoints import Position
from common.runs.progress import Screen, duration
from common.runs.tensorboard import Board, require_package

MOST = 10_000_000  # iterations: progress keeps some numbers for each
CALL_SECONDS = 0.5  # that a call of an engine may take about: Ctrl-C waits for its end


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: the run is saved. `number` is the signal's."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


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


def record(example, game, config, device, data_sha256, write_report, score=None, **facts):
    """Play a game in a new run folder, or with config.resume go on in an old one.

    The game has an engine, two networks and their two steps (see mnist_wgan.train.Game):
    update_discriminator() and update_generator() take what draw_discriminator() and
    draw_generator() return, tensors, and return dicts of losses, scalars of keras.ops.
    updates_before() says how often the first comes before an iteration's second, usually
    discriminator_updates times (never, 0, in bilinear_gan, whose one step updates both networks),
    iterations how often the second comes in all, prepare() is called between steps, also before
    each epoch of per_epoch iterations, where there are epochs. log_row() and log_line() make a row
    of losses.csv and the lecture's own line of it, sample_grid() draws samples every sample_every
    iterations, draw_history() the pictures of the whole run. variables() names all state and
    constants lists the other variables that the steps read. result() is the generator to save and
    shown_losses are those beside the progress bar.

    Args:
        example: name of the example's folder.
        game: the game.
        config: its Settings.
        device: what common.engines.devices.prepare returned.
        data_sha256: common.data.datasets.fingerprint of the training data.
        write_report: function of the run folder that writes its page and returns the page's path.
        score: function of a generator that returns the scores for metrics.csv, a dict from name to
            number, where config.evaluate_every asks for them.
        facts: what else config.json is to hold of the run, by name.

    Returns:
        The run folder's path.

    Raises:
        Interrupted: a signal came; the run is saved.
        UserError: the folder is no run, is another process's or refuses to be written, data or
            backend are not the run's, a checkpoint is damaged, a loss is NaN or infinite, or the
            iterations are more than MOST. What was saved stays.
    """
    if config.tensorboard:
        require_package()
    # The dtype that None became: a run goes on with it wherever it is resumed.
    config = dataclasses.replace(config, dtype=device.dtype)
    if game.iterations > MOST:
        raise UserError(f"{game.iterations:,} iterations are too many; ask for at most {MOST:,}")
    new = config.resume is None
    folder = folders.create(example, config) if new else checkpoints.folder_of(config.resume)
    with folders.alone(folder):
        start, earlier = Position(0, 0), 0.0
        if not new:
            folders.check_data(folder, data_sha256)
            folders.check_backend(folder)
            start, earlier = checkpoints.load(checkpoints.choose(config.resume), game.variables())
            checkpoints.set_aside(folder, start)
            folders.cut_logs(folder, start.iteration)
        folders.write_config(folder, example, config, data_sha256, device, **facts)
        return proceed(example, game, config, device, folder, start, earlier, write_report, score)


def proceed(example, game, config, device, folder, start, earlier, write_report, score):
    """Play a run from where it stands to its end, and tell the user about it; see record()."""
    hint = None
    if device.kind == "cpu" and config.preset != "quick":
        hint = f"For pictures much sooner: python -m {example}.train --preset quick"
    screen = Screen(game.iterations, game.updates_before, game.shown_losses, hint)
    screen.line(f"Device: {device.description}. Run folder: {folder}")
    if start.iteration >= game.iterations:
        longer = "--iterations"
        if hasattr(config, "epochs"):
            capped = config.iterations is not None
            longer = "--iterations None with more --epochs" if capped else "more --epochs"
        screen.line(f"All {start.iteration:,} iterations are done; to train longer: {longer}")
    try:
        seconds = play(game, folder, config, screen, start, earlier, score)
    except Interrupted as interrupted:
        tell_report(write_report, folder, screen)
        screen.line(
            f"Stopped by {interrupted} and saved. "
            f"Continue with: python -m {example}.train --resume {shlex.quote(str(folder))}"
        )
        raise
    screen.line(f"Done in {duration(seconds)}. Pictures: {folder / 'final.png'}")
    screen.line(f"More of them: python -m {example}.sample {shlex.quote(str(folder))}")
    tell_report(write_report, folder, screen)
    return folder


def tell_report(write_report, folder, screen):
    """Write a run's page and say where it is; if it cannot be written, the run is saved already."""
    try:
        screen.line(f"Report: {write_report(folder)}")
    except (Exception, KeyboardInterrupt) as error:
        screen.line(f"No report: {one_line(error)}")


def play(game, folder, config, screen, start, earlier, score=None):
    """For each iteration, n discriminator updates (0 or more), then one generator update.

    The engine plays as much at a call as takes CALL_SECONDS, or the time between two checkpoints
    if that is shorter, but never past a sample or an evaluation, for which the networks must stand
    still, nor past the end of an epoch.

    Args:
        game, folder, config, score: see record().
        screen: a common.runs.progress.Screen.
        start: the Position to go on from.
        earlier: seconds trained before.

    Returns:
        Seconds trained in all.
    """
    began = time.monotonic()

    def seconds():
        return earlier + time.monotonic() - began

    def save(position):
        try:
            checkpoints.save(folder, game.variables(), position, seconds())
        except checkpoints.NotFinite as error:
            raise left_the_numbers(f"weight {error}", position.iteration, folder) from error
        return time.monotonic()

    def pause(position, losses):
        """Between two calls: save if it is time, stop if a signal came."""
        nonlocal saved
        screen.show(position, losses)
        if came:
            save(position)
            folders.save_generator(folder, game.result())
            game.draw_history(folder)
            raise Interrupted(came[0])
        if time.monotonic() - saved >= config.checkpoint_seconds:
            saved = save(position)

    def log(iterations, losses):
        """Write the rows of the iterations that are to be logged."""
        rows = []
        for place, iteration in enumerate(iterations):
            if iteration % config.log_every == 0:
                here = {name: float(values[place]) for name, values in losses.items()}
                rows.append(game.log_row(iteration, here, seconds()))
        lines = [game.log_line(row) for row in rows]
        folders.log_rows(folder, rows, lines)
        for row, line in zip(rows, lines, strict=True):
            if board is not None:
                board.numbers("losses", row)
            # All rows, or where samples are rarer the first one from each sample on.
            if row["iteration"] % max(config.log_every, game.sample_every) < config.log_every:
                screen.line(line)

    def look(iteration):
        """Draw samples and score them, where it is time."""
        if iteration % game.sample_every == 0:
            path = folders.sample_path(folder, iteration)
            write_png(path, game.sample_grid())
            if board is not None:
                board.picture(iteration, path)
        if config.evaluate_every is not None and iteration % config.evaluate_every == 0:
            row = {"iteration": iteration, **score(game.result())}
            folders.log_scores(folder, row)
            if board is not None:
                board.numbers("metrics", row)

    board = Board(folder / "tensorboard", start.iteration) if config.tensorboard else None
    closing = contextlib.closing(board) if board is not None else contextlib.nullcontext()
    with held_signals() as came, screen, closing:
        saved = save(start)  # a new run's first: a kill at any moment can be resumed
        seconds_a_call = min(CALL_SECONDS, config.checkpoint_seconds)
        for done, position, losses in calls(game, start, seconds_a_call, config.evaluate_every):
            log(done[: finite_rows(losses)], losses)
            check_finite(losses, done.start, folder)
            if done:
                look(done[-1])
            if position.iteration < game.iterations:
                pause(position, engines.last(losses))

        save(Position(game.iterations, 0))
        folders.save_generator(folder, game.result())
        write_png(folder / "final.png", game.sample_grid())
        game.draw_history(folder)
        checkpoints.forget_set_aside(folder)
    return seconds()


def calls(game, position, seconds, evaluate_every=None):
    """Play a game from a Position to its end, a call of its engine after another.

    Args:
        game, evaluate_every: see choose_stretch().
        position: the Position to go on from.
        seconds: that a call may take about.

    Yields:
        After each call: the iterations that it finished, a range, empty after a part of one; the
        Position reached; the losses as the engine's play() returns them.
    """
    pace = Pace(game.engine.longest, seconds)
    while position.iteration < game.iterations:
        stretch = choose_stretch(game, position, pace.most(), evaluate_every)
        with pace.measured(stretch):
            losses = game.engine.play(game, *stretch)
        first = position.iteration
        if stretch.generator:
            position = Position(first + stretch.iterations, 0)
        else:
            position = Position(first, position.update + stretch.updates)
        yield range(first, position.iteration), position, losses


class Stretch(NamedTuple):
    """What an engine plays in a call; see common.engines.Reference.play()."""

    iterations: int
    updates: int
    generator: bool


def choose_stretch(game, position, most, evaluate_every=None):
    """Choose what to play next.

    Args:
        game: see record().
        position: the Position where it stands.
        most: updates of the discriminator, or iterations where they are fewer, that a call may
            take.
        evaluate_every: iterations between two evaluations, or None.

    Returns:
        A Stretch: the rest of an iteration or a part of it, or several whole iterations.
    """
    updates = game.updates_before(position.iteration)
    left = updates - position.update
    if left > most:
        return Stretch(1, most, generator=False)
    if position.update > 0:
        return Stretch(1, left, generator=True)
    to_look = min(-position.iteration % n + 1 for n in (game.sample_every, evaluate_every) if n)
    to_epoch = game.per_epoch - position.iteration % game.per_epoch
    to_end = game.iterations - position.iteration
    longest = min(most // max(1, left), to_look, to_epoch, to_end)
    following = range(position.iteration + 1, position.iteration + longest)
    alike = itertools.takewhile(lambda i: game.updates_before(i) == updates, following)
    return Stretch(1 + sum(1 for _ in alike), left, generator=True)


class Pace:
    """Finds out how many updates take a given time.

    Args:
        longest: updates that a call may take at most.
        seconds: the time; 0 means one update.
    """

    def __init__(self, longest, seconds):
        self.longest, self.wanted = longest, seconds
        self.seen, self.seconds = set(), None  # kinds of calls; seconds that an update takes

    @contextlib.contextmanager
    def measured(self, stretch):
        """Measure the call in the block, unless it is the first of its kind, which compiles."""
        kind = (stretch.updates > 0, stretch.generator)
        began = time.monotonic()
        yield
        if kind in self.seen:
            updates = stretch.iterations * max(1, stretch.updates)
            self.seconds = (time.monotonic() - began) / updates
        self.seen.add(kind)

    def most(self):
        """Updates to play in the next call."""
        if self.seconds is None:
            return 1
        return max(1, min(self.longest, int(self.wanted / self.seconds)))


def finite_rows(losses):
    """How many iterations there are before the first with a loss that is NaN or infinite."""
    rows = zip(*losses.values(), strict=True)
    return sum(1 for _ in itertools.takewhile(lambda row: all(map(math.isfinite, row)), rows))


def check_finite(losses, iteration, folder):
    """Stop the run if a loss is NaN or infinite, at the first iteration in which one is.

    Args:
        losses: dict from name to array, a value for each iteration from `iteration` on.
    """
    place = finite_rows(losses)
    for name, values in losses.items():
        if not all(map(math.isfinite, values[place : place + 1])):
            raise left_the_numbers(f"loss {name}", iteration + place, folder)


def left_the_numbers(what, iteration, folder):
    """Return the UserError that ends a run with NaN or infinity in it."""
    return UserError(
        f"iteration {iteration}: {what} is NaN or infinite; the run stopped, its last good "
        f"checkpoint is {checkpoints.newest(folder)}; start a new run with a lower --learning-rate"
    )
