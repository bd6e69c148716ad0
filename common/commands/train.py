"""Every example's train command."""

import dataclasses
import shlex
from pathlib import Path
from typing import Any

from common import status
from common.commands import report
from common.commands.example import Example
from common.engines import devices
from common.errors import Interrupted, one_line
from common.runs import folders
from common.runs.progress import Screen, duration
from common.runs.run import Run, opened, play
from common.runs.tensorboard import require_package
from common.settings import parse


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


def train(example: Example, config: Any) -> Path:
    """Play the game that settings describe and record it in a run folder, a new one or, with
    config.resume, an old one.

    Returns:
        The run folder's path.

    Raises:
        Interrupted: a signal came; the run is saved.
        UserError: there is something wrong with settings, data, folder or checkpoint, or a loss is
            NaN or infinite; see common.runs.run. What was saved stays.
    """
    device = devices.prepare(config.device, config.dtype)
    training = example.load(config)
    score = example.scorer(config, training)
    if config.tensorboard:
        require_package()
    game = example.game(config, *training.arrays)
    recorder = example.recorder(game)
    # The dtype that None became: a run goes on with it wherever it is resumed.
    config = dataclasses.replace(config, dtype=device.dtype)
    folder_of_run = opened(example.name, config, game.variables, game.iterations, training.sha256)
    with folder_of_run as (folder, position, seconds):
        folders.write_config(
            folder, example.name, config, training.sha256, device, **training.facts
        )
        hint = quicker(example, config) if device.kind == "cpu" else None
        screen = Screen(game.iterations, game.updates_before, recorder.shown, hint)
        screen.line(f"Device: {device.description}. Run folder: {folder}")
        if device.warning is not None:
            screen.line(device.warning)
        if position.iteration >= game.iterations:
            screen.line(all_done(config, position.iteration))
        run = Run(
            game, recorder, config, folder, screen, position, seconds, score, example.decisive
        )
        try:
            play(run)
        except Interrupted as interrupted:
            tell_report(example, folder, screen)
            screen.line(
                f"Stopped by {interrupted} and saved. Continue with: "
                f"python -m {example.name}.train --resume {shlex.quote(str(folder))}"
            )
            raise
        screen.line(f"Done in {duration(run.seconds())}. Pictures: {folder / 'final.png'}")
        screen.line(f"More of them: python -m {example.name}.sample {shlex.quote(str(folder))}")
        if found := example.beside and example.beside(config, folders.read_losses(folder)):
            screen.line(found[0])
        tell_report(example, folder, screen)
    return folder


def quicker(example, config):
    """Say what is quicker than a run that takes long."""
    if config.preset != "quick":
        return f"For pictures much sooner: python -m {example.name}.train --preset quick"
    flag = "--epochs" if hasattr(config, "epochs") else "--iterations"
    return f"Fewer {flag} or a GPU are quicker. Ctrl-C keeps what is learned, --resume goes on."


def all_done(config, iterations):
    """Say that a run is at its end, and how it grows longer."""
    longer = "--iterations"
    if getattr(config, "learning_rate_schedule", "constant") != "constant":
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
