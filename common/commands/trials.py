"""Trials: runs of one example that differ in a few settings, each in a folder of its own."""

import contextlib
import gc
import importlib
import io
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras

from common.commands.example import Example
from common.commands.train import train
from common.errors import Interrupted, UserError, one_line
from common.files import write_json, writing
from common.runs import checkpoints, folders
from common.runs.progress import say
from common.runs.recorder import Row
from common.runs.run import Diverged
from common.settings import FREE, Settings, as_json, flag, parse, refuse_changes
from common.status import keep_traceback

OVER = ("finished", "diverged", "stopped")  # how a trial ended that is not played any more
Words = Mapping[str, Sequence[str]]  # the values behind each flag of a command line, as they stand


class Trial(NamedTuple):
    """A run to be played."""

    name: str  # of its folder: what it differs in from the others, and its seed
    config: Settings


def load(name: str) -> Example:
    """What the example in a folder declares.

    Raises:
        UserError: there is none.
    """
    module = f"{name.strip('/').replace('/', '.')}.train"
    try:
        found = getattr(importlib.import_module(module), "EXAMPLE", None)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        found = None
    if not isinstance(found, Example):
        raise UserError(f"{name} is no example: there is no {module}; name an example's folder")
    return found


def name_of(varied: Mapping[str, Any], seed: int) -> str:
    """The name of a trial's folder: learning-rate-0.3_seed-0."""
    parts = [f"{flag(name)[2:]}-{value}" for name, value in (*varied.items(), ("seed", seed))]
    return re.sub(r"[^\w.+-]+", "-", "_".join(parts))[-200:]


def field_of(name: str) -> str:
    """The setting that a flag sets."""
    return name.lstrip("-").removeprefix("no-").replace("-", "_")


def one_config(example: Example, prog: str, words: Words) -> Settings:
    """The settings that train's command line would have of these flags, refused as it does."""
    argv = []
    usual = example.presets["slides"]
    for name, values in words.items():
        field = field_of(name)
        if values in (["True"], ["False"]) and isinstance(getattr(usual, field, None), bool):
            argv.append(flag(field if values == ["True"] else f"no_{field}"))
        else:
            argv += [name, *values]
    return parse(prog, example.presets, "", lambda path: usual, argv)


def choices(
    example: Example, prog: str, words: Words
) -> tuple[Settings, dict[str, list[tuple[str, Any]]]]:
    """What a command line with several values behind a flag leaves open.

    Returns:
        The settings with each flag's first value; and by setting, of those with several, the pairs
        of a value as it was written and as train reads it.

    Raises:
        UserError: as train's, of whichever value is wrong.
    """
    first = {name: list(values[:1]) for name, values in words.items()}
    base = one_config(example, prog, first)
    several = {}
    for name, values in words.items():
        if len(values) > 1:
            read = [one_config(example, prog, {**first, name: [value]}) for value in values]
            field = field_of(name)
            pairs = zip(values, read, strict=True)
            several[field] = [(text, getattr(config, field)) for text, config in pairs]
    return base, several


def grid(example: Example, prog: str, words: Words, seeds: Iterable[int]) -> Iterator[Trial]:
    """The trials of every combination of values with every seed, the seeds of one after another.

    Raises:
        UserError: a flag, a value or a combination that train refuses.
    """
    presets = words.get("--preset", ())
    if len(presets) > 1:  # each has values of its own for what no flag sets
        for preset in presets:
            for trial in grid(example, prog, {**words, "--preset": [preset]}, seeds):
                yield trial._replace(name=f"{preset}_{trial.name}")
        return
    base, several = choices(example, prog, words)
    for values in itertools.product(*several.values()):
        texts = {field: text for field, (text, _) in zip(several, values, strict=True)}
        settings = {field: value for field, (_, value) in zip(several, values, strict=True)}
        for seed in seeds:
            yield Trial(name_of(texts, seed), replace(base, seed=seed, **settings))


def read_sweep(folder: Path) -> dict[str, Any]:
    """What a sweep's folder says of itself: its example, command, the settings it varies, the names
    of its trials."""
    document = folders.read_json(folder / "sweep.json")
    told = isinstance(document, dict) and isinstance(document.get("trials"), list)
    if not told or not isinstance(document.get("example"), str):
        raise UserError(f"{folder / 'sweep.json'} is damaged; choose another --folder")
    return document


@contextlib.contextmanager
def opened(
    folder: Path, example: Example, varied: Sequence[str], command: str
) -> Iterator[dict[str, Any]]:
    """Make a sweep's folder, or go on in an old one, alone inside the block; yields what
    sweep.json holds, see read_sweep().

    Raises:
        UserError: it is another sweep's or something else's, or another process is in it.
    """
    document = {"example": example.name, "command": command, "varied": sorted(varied), "trials": []}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with folders.alone(folder):
        if (folder / "sweep.json").exists():
            there = read_sweep(folder)
            if any(there.get(key) != document[key] for key in ("example", "varied")):
                before = there.get("command")
                raise UserError(f"{folder} holds another sweep ({before}); choose another --folder")
            document["trials"] = there["trials"]
        elif any(path.name != "lock" for path in folder.iterdir()):
            raise UserError(f"{folder} is not empty and no sweep; choose another --folder")
        yield document


def add(folder: Path, document: dict[str, Any], trials: Iterable[Trial]) -> None:
    """Write the names of trials into sweep.json, before they are played."""
    names = dict.fromkeys([*document["trials"], *(trial.name for trial in trials)])
    document["trials"] = list(names)
    write_json(folder / "sweep.json", document)


def told(folder: Path) -> tuple[dict[str, Any], str]:
    """The settings of a trial, {} of one that has not begun, and how it ended, see
    common.runs.folders.note_end(), or "" if it has not."""
    try:
        document = json.loads((folder / "config.json").read_bytes())
        return dict(document["settings"]), str(folders.sessions(document)[-1].get("ended", ""))
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        return {}, ""


def ended(folder: Path) -> str:
    """How a trial ended, or ""; see told()."""
    return told(folder)[1]


def is_over(folder: Path) -> bool:
    """Whether a trial is not to be played any more."""
    return ended(folder).partition(":")[0] in OVER


def agreed(example: Example, wanted: Settings, folder: Path) -> tuple[Settings, Settings]:
    """The settings of the run in a folder, and those with which it is to go on.

    Raises:
        UserError: they are others; more iterations or epochs may be wanted than before.
    """
    was = folders.read_config(folder, example.name, example.settings)
    if wanted.dtype is None:  # what the run found faster on its machine
        wanted = replace(wanted, dtype=was.dtype)
    if as_json(was) != as_json(wanted):  # a preset may have given way to the user's own data
        wanted = replace(wanted, **example.load(wanted).settings)
    try:
        refuse_changes(was, wanted)
    except UserError as error:
        raise UserError(f"{folder} is a run with other settings: {error}") from error
    return was, wanted


def begun(example: Example, names: Iterable[str], folder: Path) -> list[Trial]:
    """The trials of a sweep's folder that have begun, with their settings."""
    there = [name for name in names if checkpoints.newest(folder / name) is not None]
    return [
        Trial(name, folders.read_config(folder / name, example.name, example.settings))
        for name in there
    ]


def left_to_play(example: Example, trials: Iterable[Trial], folder: Path) -> list[Trial]:
    """Those of the trials that are not over.

    Raises:
        UserError: one of them began with other settings.
    """
    left = []
    for trial in trials:
        of_trial = folder / trial.name
        before, now = told(of_trial)[0], as_json(trial.config)
        if before and checkpoints.newest(of_trial) is not None:
            if trial.config.dtype is None:
                now["dtype"] = before["dtype"]
            if before != now:
                _, wanted = agreed(example, trial.config, of_trial)
                now = as_json(wanted)
            same = all(before.get(name) == now[name] for name in now if name not in FREE)
            if same and is_over(of_trial):
                continue
        left.append(trial)
    return left


def play(
    example: Example,
    wanted: Settings,
    folder: Path,
    hear: Callable[[Row], object] | None = None,
) -> Path:
    """Play a run to its end, from wherever it stands, in a folder that is made if it is not there.

    Args:
        wanted: its settings. Iterations and epochs may grow from call to call.
        hear: see common.commands.train.train().

    Raises:
        UserError: the run in the folder has other settings.
        UserError, Interrupted: see common.commands.train.train().
    """
    if checkpoints.newest(folder) is None:  # killed before its first one: nothing is lost
        shutil.rmtree(folder, ignore_errors=True)
        return train(example, replace(wanted, run_dir=folder), hear)
    _, wanted = agreed(example, wanted, folder)
    return train(example, replace(wanted, resume=folder), hear)


def play_quietly(
    example: Example,
    trial: Trial,
    folder: Path,
    hear: Callable[[Row], object] | None = None,
) -> str:
    """Play a trial without a word on the screen; returns how it ended, "finished" or "diverged".

    Raises:
        UserError: what would stop the next trial as well, as a full disk does.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            play(example, trial.config, folder / trial.name, hear)
    except Diverged:
        return "diverged"
    except UserError as error:
        raise UserError(f"{trial.name}: {error}") from error
    finally:
        keras.backend.clear_session()  # or each trial leaves some megabytes
        gc.collect()
    return "finished"


def play_in_turn(example: Example, trials: Sequence[Trial], folder: Path) -> None:
    """Play trials one after another in this process. One that dies is left for another call.

    Raises:
        Interrupted: a signal came; the trial at hand is saved.
        UserError: see play_quietly().
    """
    for number, trial in enumerate(trials, start=1):
        page = folder / trial.name / "report.html"
        say(f"{number} of {len(trials)}: {trial.name}; watch it: {page}")
        try:
            how = play_quietly(example, trial, folder)
        except (UserError, Interrupted):
            raise
        except Exception as error:
            name = type(error).__name__
            say(f"{trial.name} died of a {name}: {one_line(error)[:200]}; see {keep_traceback()}")
        else:
            if how != "finished":
                say(f"{trial.name} {how}")
