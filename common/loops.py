"""The reference engine: plays a game with Keras's train_on_batch and records it."""

import contextlib
import math
import shlex
import signal
import time

from common import checkpoints, runs
from common.checkpoints import Position
from common.errors import UserError
from common.pictures import write_png
from common.progress import Screen, duration


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


def record(example, game, config, device, data_sha256, **facts):
    """Play a game in a new run folder, or with config.resume go on in an old one.

    The game has two networks and their two steps (see mnist_wgan.train.Game):
    update_discriminator() and update_generator() return dicts of losses, discriminator_updates
    says how often the first comes before the second (never, 0, in bilinear_gan, whose one step
    updates both networks), iterations how often the second comes in all,
    log_row() and log_line() make a row of losses.csv and the lecture's own line of them,
    sample_grid() draws samples every sample_every iterations, draw_history() the pictures of
    the whole run, variables() names all state, generator is the result and shown_losses are those
    beside the progress bar.

    Args:
        example: name of the example's folder.
        game: the game.
        config: its Settings.
        device: what common.devices.prepare returned.
        data_sha256: common.data.fingerprint of the training data.
        facts: what else config.json is to hold of the run, by name.

    Returns:
        The run folder's path.

    Raises:
        Interrupted: a signal came; the run is saved.
        UserError: the folder is no run or refuses to be written, the data is not the run's, a
            checkpoint is damaged, or a loss is NaN or infinite. What was saved stays.
    """
    start, earlier = Position(0, 0), 0.0
    if config.resume is None:
        folder = runs.create(example, config)
    else:
        folder = checkpoints.folder_of(config.resume)
        runs.check_data(folder, data_sha256)
        start, earlier = checkpoints.load(checkpoints.choose(config.resume), game.variables())
        checkpoints.set_aside(folder, start)
        runs.cut_logs(folder, start.iteration)
    runs.write_config(folder, example, config, data_sha256, device, **facts)
    hint = None
    if device.kind == "cpu" and config.preset == "slides":
        hint = f"For pictures in minutes: python -m {example}.train --preset quick"
    screen = Screen(game.iterations, game.discriminator_updates, game.shown_losses, hint)
    screen.line(f"Device: {device.description}. Run folder: {folder}")
    if start.iteration >= game.iterations:
        longer = "--iterations"
        if hasattr(config, "epochs"):
            capped = config.iterations is not None
            longer = "--iterations None with more --epochs" if capped else "more --epochs"
        screen.line(f"All {start.iteration:,} iterations are done; to train longer: {longer}")
    try:
        seconds = play(game, folder, config, screen, start, earlier)
    except Interrupted as interrupted:
        screen.line(
            f"Stopped by {interrupted} and saved. "
            f"Continue with: python -m {example}.train --resume {shlex.quote(str(folder))}"
        )
        raise
    screen.line(f"Done in {duration(seconds)}. Pictures: {folder / 'final.png'}")
    screen.line(f"More of them: python -m {example}.sample {shlex.quote(str(folder))}")
    return folder


def play(game, folder, config, screen, start, earlier):
    """For each iteration, n discriminator updates (0 or more), then one generator update.

    Args:
        game, folder, config: see record().
        screen: a common.progress.Screen.
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

    def pause(position):
        """Between two updates: save if it is time, stop if a signal came."""
        nonlocal saved
        screen.show(position, losses)
        if came:
            save(position)
            runs.save_generator(folder, game.generator)
            game.draw_history(folder)
            raise Interrupted(came[0])
        if time.monotonic() - saved >= config.checkpoint_seconds:
            saved = save(position)

    with held_signals() as came, screen:
        saved = save(start)  # a new run's first: a kill at any moment can be resumed
        for iteration in range(start.iteration, game.iterations):
            losses = {}
            finished = start.update if iteration == start.iteration else 0
            for update in range(finished, game.discriminator_updates):
                losses |= game.update_discriminator()
                check_finite(losses, iteration, folder)
                if update + 1 < game.discriminator_updates:
                    pause(Position(iteration, update + 1))

            losses |= game.update_generator()
            check_finite(losses, iteration, folder)

            if iteration % config.log_every == 0:
                row = game.log_row(iteration, losses, seconds())
                line = game.log_line(row)
                runs.log_row(folder, row, line)
                # All rows, or where samples are rarer the first one from each sample on.
                if iteration % max(config.log_every, game.sample_every) < config.log_every:
                    screen.line(line)
            if iteration % game.sample_every == 0:
                write_png(runs.sample_path(folder, iteration), game.sample_grid())
            if iteration + 1 < game.iterations:
                pause(Position(iteration + 1, 0))

        save(Position(game.iterations, 0))
        runs.save_generator(folder, game.generator)
        write_png(folder / "final.png", game.sample_grid())
        game.draw_history(folder)
        checkpoints.forget_set_aside(folder)
    return seconds()


def check_finite(losses, iteration, folder):
    """Stop the run if a loss is NaN or infinite."""
    for name, loss in losses.items():
        if not math.isfinite(loss):
            raise left_the_numbers(f"loss {name}", iteration, folder)


def left_the_numbers(what, iteration, folder):
    """Return the UserError that ends a run with NaN or infinity in it."""
    return UserError(
        f"iteration {iteration}: {what} is NaN or infinite; the run stopped, its last good "
        f"checkpoint is {checkpoints.newest(folder)}; start a new run with a lower --learning-rate"
    )
