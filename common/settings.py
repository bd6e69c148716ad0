"""Settings and how they come from the command line: preset, then flags, then nothing else."""

import argparse
import contextlib
import dataclasses
import io
import itertools
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from common.errors import UserError


def require(condition, flag, value, wanted):
    """Raise the one-line UserError of an impossible setting unless the condition holds."""
    if not condition:
        raise UserError(f"--{flag} is {value}, but must be {wanted}")


def require_least(config, **bounds):
    """Refuse numbers of a config that are below the bounds of their names; None is no number."""
    for name, least in bounds.items():
        value = getattr(config, name)
        require(value is None or value >= least, flag(name)[2:], value, f"at least {least}")


@dataclass(frozen=True)
class Settings:
    """What every example's training takes; each example adds its own and sets the defaults."""

    preset: Literal["slides", "quick", "smoke"] = "slides"
    """slides: as the lecture has it; quick: good pictures soon on two CPU cores; smoke: ends in
    seconds, for tests. A flag beside it wins."""

    seed: int = 0
    """Seed of every random number of the run, 0 to 4294967295."""

    batch_size: int = 32
    """Images in a batch."""

    learning_rate: float = 1e-3
    """Learning rate of both optimizers."""

    log_every: int = 50
    """Iterations between two logged rows and sample grids."""

    engine: Literal["compiled", "reference"] = "compiled"
    """compiled: many updates in one compiled graph; reference: Keras's train_on_batch, the
    lecture's code in today's names. One goes on where the other stopped."""

    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints; 0 saves one after every update."""

    evaluate_every: int | None = None
    """Iterations between two evaluations of the generator, whose scores go to metrics.csv; None:
    no evaluations."""

    evaluate_count: int = 10_000
    """Samples that an evaluation scores; distances and coverage depend on their number."""

    early_stopping: int | None = None
    """Stop after so many evaluations in a row that have not bettered the Fréchet distance, of
    distribution_gan the Wasserstein-1 distance; None: play all iterations. Gale and Eglen,
    "Regularisation Tricks"."""

    tensorboard: bool = False
    """Write losses, scores and sample grids for TensorBoard as well, into tensorboard/ of the run's
    folder; needs pip install -e ".[tensorboard]"."""

    dtype: Literal["float32", "bfloat16"] | None = "float32"
    """Arithmetic of the layers; weights, losses and optimizers stay float32. None takes what is
    faster on this CPU, bfloat16 where it has instructions for it, and float32 on a GPU."""

    device: Literal["cpu", "gpu"] | None = None
    """Where to compute; None takes a GPU if there is one."""

    run_dir: Path | None = None
    """The run's own folder; None makes runs/<example>/<start time>-seed<seed>."""

    resume: Path | None = None
    """Continue this run, a folder or one of its checkpoints, with the settings it has."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise UserError(f"{flag(field.name)} is {value}, but must be finite")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require_least(self, batch_size=1, log_every=1, evaluate_every=1, early_stopping=1)
        require(self.learning_rate > 0, "learning-rate", self.learning_rate, "above 0")
        every, count = self.evaluate_every, self.evaluate_count
        require(100 <= count <= 100_000, "evaluate-count", count, "from 100 to 100000")
        told = self.early_stopping is None or every is not None
        require(told, "evaluate-every", every, "a number beside --early-stopping")
        require(
            self.checkpoint_seconds >= 0, "checkpoint-seconds", self.checkpoint_seconds, "0 or more"
        )


@dataclass(frozen=True)
class ImageSettings(Settings):
    """What the examples take that learn images."""

    training_images: int | None = None
    """Train on the first so many images, the test images coming after the training images; None:
    on all training images."""

    data_dir: Path | None = None
    """Your own images instead of the embedded ones: a folder of pictures, one subfolder a class or
    none, or an .npz, .npy or IDX file or a folder of those."""

    resize: bool = False
    """Stretch your own images to the networks' size, rather than scale them and pad or crop what is
    not square."""

    invert: Literal["auto", "never", "always"] = "auto"
    """Whether to turn black and white round in your own images; auto: if they are grey and on a
    light ground, for the lectures' images are on a black one."""

    minutes: float | None = None
    """Train for about so long on this machine: how fast it is is measured first, then iterations or
    epochs, log_every and the length of averaging are chosen so that all ends within that time; what
    was chosen is said, and the run's config.json has it. None: as the settings are."""

    def __post_init__(self):
        super().__post_init__()
        require_least(self, training_images=1)
        minutes = self.minutes
        require(minutes is None or minutes > 0, "minutes", minutes, "above 0")
        alone = minutes is None or self.resume is None
        unused = "left out beside --resume: the run has its iterations, more of them can be added"
        require(alone, "minutes", minutes, unused)


@dataclass(frozen=True)
class SizedSettings(ImageSettings):
    """What the examples take whose networks fit other images than the lecture's."""

    image_size: Literal[28, 32] = 28
    """Pixels along a side of an image."""

    channels: Literal[1, 3] = 1
    """1: grey images; 3: images in colour."""


@dataclass(frozen=True)
class EpochSettings(Settings):
    """What the examples take that train for epochs."""

    epochs: int = 50
    """Passes over the training images; what is left of them over whole batches is dropped."""

    iterations: int | None = None
    """Stop after so many iterations (a discriminator and a generator update each); None: play all
    epochs."""

    def __post_init__(self):
        super().__post_init__()
        require_least(self, epochs=1, iterations=1)

    def total(self, per_epoch: int) -> int:
        """Return the run's iterations, given those of an epoch."""
        return min(self.epochs * per_epoch, self.iterations or self.epochs * per_epoch)


# What preset "smoke" of every example with epochs departs in: a few steps, to see that all works.
SMOKE: dict[str, Any] = {"preset": "smoke", "epochs": 1, "iterations": 3, "log_every": 1}


def falls(config: Any) -> bool:
    """Whether a run's learning rates go down to 0 at its end, so that no run goes on behind it."""
    return getattr(config, "learning_rate_schedule", None) in ("linear", "cosine")


ONCE = ("run_dir", "resume", "minutes")  # of one command, not of the run
# What may change on resume: nothing in the run's losses and weights follows from it.
FREE = (
    "engine data column data_dir resize invert checkpoint_seconds evaluate_every evaluate_count "
    "early_stopping tensorboard"
).split()
# What came later: an older run played without it, as its default still does.
LATER = (
    "generator_cost label_smoothing fake_smoothing dropout latent noise replay replay_share "
    "discriminator_updates spectral_normalization norm_penalty gradient_penalty "
    "discriminator_learning_rate learning_rate_schedule generator_first lipschitz "
    "image_size channels fake_class_weight together embedding"
).split()


def as_json(config):
    """Return a run's settings as a dict of what JSON can hold."""
    values = {k: v for k, v in dataclasses.asdict(config).items() if k not in ONCE}
    return {k: str(v.resolve()) if isinstance(v, Path) else v for k, v in values.items()}


def from_json(config_class, values, where):
    """Return the config that as_json() turned into a dict.

    Raises:
        UserError: an unknown name, a missing one that the run's losses depend on, or an impossible
            value; it names `where`.
    """
    names = {field.name for field in dataclasses.fields(config_class)} - set(ONCE)
    known = set(values) if isinstance(values, dict) else set()
    # An older version's run may lack those whose default changes nothing in it.
    wrong = (names ^ known) - ({*FREE, *LATER} - known)
    if wrong:
        raise UserError(f"{where} does not fit this version: {', '.join(sorted(wrong))}")
    argv = []  # so that the values are checked as a user's are
    for name, value in values.items():
        if isinstance(value, bool):
            argv.append(flag(name if value else f"no_{name}"))
        else:
            argv.append(f"{flag(name)}={value}")  # a value that looks like a flag is none
    try:
        return command_line("", config_class, "", argv)
    except UserError as error:
        raise UserError(f"{where} is damaged: {error}") from error


def flag(name):
    """Return the command line's flag for a field."""
    return "--" + name.replace("_", "-")


def parse(prog, presets, description, read_config, argv=None):
    """Return the config that a command line asks for: a preset's, or with --resume that run's,
    with the flags beside it put in.

    Args:
        presets: dict from preset name to config.
        read_config: function from the path behind --resume to that run's config.
        prog, description, argv: see command_line().

    Raises:
        UserError: an unknown flag, an impossible value, or with --resume a changed setting.
    """
    argv = sys.argv[1:] if argv is None else argv
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--preset")
    first.add_argument("--resume", type=Path)
    try:
        known, _ = first.parse_known_args(argv)
    except argparse.ArgumentError as error:
        raise UserError(str(error)) from error
    if known.resume is None:
        base = presets.get(known.preset, presets["slides"])  # command_line refuses other names
    else:
        base = read_config(known.resume)
    config = command_line(prog, type(base), description, argv, base)
    if known.resume is not None:
        refuse_changes(base, config)
    if getattr(config, "minutes", None) is not None:
        for word in argv:
            name = word.split("=")[0].replace("_", "-")
            if name in ("--iterations", "--epochs"):
                raise UserError(
                    f"{name} cannot go with --minutes, which chooses it; give one of them"
                )
    return config


def command_line(prog, config_class, description, argv=None, default=None):
    """Let tyro read the flags of a dataclass; its box of an error becomes one UserError line.

    Args:
        prog, description: the command and what it does, for --help.
        config_class: the dataclass; its docstrings are the help.
        argv: list of arguments, or None for the process's own.
        default: an object of the class, for what no flag sets; None for the class's own defaults.
    """
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return tyro.cli(
                config_class,
                prog=prog,
                args=argv,
                description=description,
                **({} if default is None else {"default": default}),
            )
    except SystemExit as stop:
        if not stop.code:
            raise  # --help
    # A title, the message, a rule and more help, in a box where the terminal has Unicode.
    lines = [line.strip("│╭╮╰╯ ") for line in box.getvalue().splitlines()][1:]
    lines = itertools.dropwhile(is_rule, lines)
    message = " ".join(itertools.takewhile(lambda line: not is_rule(line), lines))
    raise UserError(f"{message}; --help lists the options")


def is_rule(line):
    """Whether a line has nothing but a horizontal rule, or nothing at all."""
    return not line.strip("─-")


def refuse_changes(old, new):
    """Refuse a resume that would not give what the uninterrupted run gives.

    More iterations change none of the earlier ones; None is their number without a cap. Data may
    have moved: common.runs.folders.check_data sees to it that it is the same.
    """
    if new.run_dir is not None:
        raise UserError(f"--run-dir cannot go with --resume: the run continues in {new.resume}")
    for field in dataclasses.fields(old):
        name, before, now = field.name, getattr(old, field.name), getattr(new, field.name)
        if before == now or name in (*ONCE, *FREE):
            continue
        why = ""
        if name in ("iterations", "epochs") and (now or math.inf) > (before or math.inf):
            if not falls(old):
                continue
            schedule = old.learning_rate_schedule
            why = f", over which --learning-rate-schedule {schedule} falls to 0,"
        raise UserError(
            f"{flag(name)} was {before} in the run to resume{why} and cannot become {now}; "
            f"leave {flag(name)} out, or start a new run"
        )
