"""Every example's train command."""

import dataclasses
import shlex
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from common import quiet, status
from common.commands import report
from common.commands.example import Example
from common.engines import devices
from common.errors import Interrupted, UserError, one_line
from common.figures import pictures
from common.runs import budget, folders
from common.runs.progress import Screen, duration, say
from common.runs.recorder import Row
from common.runs.run import Diverged, Run, opened, play
from common.runs.tables import read_table
from common.runs.tensorboard import require_package
from common.settings import falls, flag, parse


def command(example: Example, description: str, argv: list[str] | None = None) -> int:
    """The command line; returns its exit status.

    Args:
        example: its declaration.
        description: what the command does, for --help.
        argv: list of arguments, or None for the process's own.
    """

    def read_config(path):
        return folders.read_config(path, example.name, example.settings)

    prog = f"python -m {example.name}.train"
    return status.run(
        lambda: train(example, parse(prog, example.presets, description, read_config, argv))
    )


def train(example: Example, config: Any, hear: Callable[[Row], object] | None = None) -> Path:
    """Play the game that settings describe and record it in a run folder, a new one or, with
    config.resume, an old one.

    Args:
        hear: is told each row of metrics.csv when it is written.

    Returns:
        The run folder's path.

    Raises:
        Interrupted: a signal came; the run is saved.
        Diverged: a loss or a weight is NaN or infinite. What was saved stays.
        UserError: there is something wrong with settings, data, folder or checkpoint; see
            common.runs.run. What was saved stays.
    """
    # Whoever starts a command counts from then on.
    began = quiet.STARTED if quiet.COMMAND else time.monotonic()
    device = devices.prepare(config.device, config.dtype)
    training = example.load(config)
    config = dataclasses.replace(config, **training.settings)
    score = example.scorer(config, training)
    if config.tensorboard:
        require_package()

    def create_game(config):
        return example.game(config, *training.arrays, **training.named)

    game = create_game(config)
    recorder = example.recorder(game)
    minutes = getattr(config, "minutes", None)
    if minutes is not None:
        say(f"Measuring this machine for --minutes {minutes:g}")
        preset = example.presets[config.preset]
        anew = budget.is_other_game(config, preset)
        config, planned = budget.fit(game, recorder, config, preset, score, began)
        if anew:
            game = create_game(config)
        else:
            game.config, game.iterations = config, budget.iterations(config, game)
        recorder = example.recorder(game)
    # The dtype that None became: a run goes on with it wherever it is resumed.
    config = dataclasses.replace(config, dtype=device.dtype)
    folder_of_run = opened(
        example.name, config, game.variables, game.iterations, training.sha256, recorder.columns,
        example.decisive,
    )  # fmt: skip
    with folder_of_run as (folder, position, seconds):
        folders.write_config(
            folder, example.name, config, training.sha256, device, **training.facts
        )
        if training.found and training.data is not None:
            pictures.write_png(folder / "real.png", contact_sheet(training.data))
        hint = quicker(example, config) if device.kind == "cpu" else None
        screen = Screen(game.iterations, game.updates_before, recorder.shown, hint)
        for line in training.found:
            screen.line(line)
        for name, value in training.settings.items():
            screen.line(f"{flag(name)} is {value}: there is no more data")
        screen.line(f"Device: {device.description}. Run folder: {folder}")
        if minutes is not None:
            document = {"example": example.name, "backend": keras.backend.backend()}
            words = report.shell_words(document, config, example.presets[config.preset])
            screen.line(f"--minutes {minutes:g}, {duration(planned)} planned: {' '.join(words)}")
        if device.warning is not None:
            screen.line(device.warning)
        if position.iteration >= game.iterations:
            screen.line(all_done(config, position.iteration))
        run = Run(
            game, recorder, config, folder, screen, position, seconds, score, example.decisive,
            example.usual.get(config.preset, {}), partial(report.write, folder, example, live=True),
            hear,
        )  # fmt: skip
        try:
            play(run)
        except Interrupted as interrupted:
            folders.note_end(folder, f"interrupted: {interrupted}")
            tell_report(example, folder, screen)
            screen.line(
                f"Stopped by {interrupted} and saved. Continue with: "
                f"python -m {example.name}.train --resume {shlex.quote(str(folder))}"
            )
            raise
        except UserError as error:
            how = "diverged" if isinstance(error, Diverged) else "failed"
            folders.note_end(folder, f"{how}: {error}")
            tell_report(example, folder, screen)  # lest the page say that it trains
            raise
        folders.note_end(folder, "finished")
        screen.line(f"Done in {duration(run.seconds())}. Pictures: {folder / 'final.png'}")
        screen.line(f"More of them: python -m {example.name}.sample {shlex.quote(str(folder))}")
        rows = read_table(folder / "losses.csv", recorder.columns)
        if found := example.beside and example.beside(config, rows):
            screen.line(found[0])
        tell_report(example, folder, screen)
    return folder


def contact_sheet(data):
    """A hundred of the images that a Loaded holds, by their classes, as a uint8 picture."""
    order = np.argsort(data.labels[:100], kind="stable")
    names = [data.classes[k] for k in data.labels[order]] if data.classes else ()
    return pictures.tile(data.images[order], 10, names)


def quicker(example, config):
    """Say what is quicker than a run that takes long."""
    if config.preset != "quick":
        return f"For pictures much sooner: python -m {example.name}.train --preset quick"
    more = "--epochs" if hasattr(config, "epochs") else "--iterations"
    return f"Fewer {more} or a GPU are quicker. Ctrl-C keeps what is learned, --resume goes on."


def all_done(config, iterations):
    """Say that a run is at its end, and how it grows longer."""
    longer = "--iterations"
    if falls(config):
        longer = "a new run, for the learning rate has come to 0"
    elif hasattr(config, "epochs"):
        capped = config.iterations is not None
        longer = "--iterations None with more --epochs" if capped else "more --epochs"
    return f"All {iterations:,} iterations are done; to train longer: {longer}"


def tell_report(example, folder, screen):
    """Write a run's page and say where it is; if it cannot be written, the run is saved already."""
    try:
        screen.line(f"Report: {report.write(folder, example)}")
    except (Exception, KeyboardInterrupt) as error:
        screen.line(f"No report: {one_line(error)}")
