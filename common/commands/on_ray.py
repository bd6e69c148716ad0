"""Plays a sweep's trials by Ray Tune (the extra "sweep"), many at a time, here or on a cluster.

Ray only says which trial is played where and when. What a trial is, its folder and its checkpoints
are those of common.commands.trials: the folder of a sweep has to be the same on all machines.
"""

import contextlib
import dataclasses
import logging
import math
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import keras
import numpy as np
import tyro

from common.commands import trials
from common.commands.example import Example
from common.commands.trials import Trial
from common.errors import Interrupted, UserError, one_line
from common.runs import folders, tables
from common.runs.progress import say
from common.runs.signals import held_signals
from common.scores import evaluation
from common.settings import Settings, require

RETRIES = 5  # how often a trial goes on that has lost its worker or its machine
GRACE, OTHERS = 2, 5  # evaluations, and trials as far, before a trial may be stopped as hopeless
GIB = 2**30


@dataclass(frozen=True)
class Fleet:
    """What trials are played on."""

    workers: int | Literal["auto"] | None = None
    """Play so many trials at a time, with Ray, pip install -e ".[sweep]"; auto: as many as cores
    and memory bear; None: one after another, without Ray."""

    address: str | None = None
    """A Ray cluster, as 10.0.0.1:6379 or auto; None: this machine alone."""

    cpus: float = 1
    """Cores of a trial, beside others on Ray."""

    gpus: float = 0
    """GPUs of a trial, or which part of one, as 0.25."""

    memory: float = 2
    """GiB of memory of a trial."""

    def __post_init__(self):
        least = self.workers in (None, "auto") or self.workers >= 1
        require(least, "workers", self.workers, "at least 1, or auto")
        require(0 < self.cpus < math.inf, "cpus", self.cpus, "above 0")
        require(0 <= self.gpus < math.inf, "gpus", self.gpus, "0 or more")
        require(0 < self.memory < math.inf, "memory", self.memory, "above 0")

    @property
    def by_ray(self) -> bool:
        """Whether it is Ray that plays them."""
        return self.workers is not None or self.address is not None


HERE = Fleet()  # one trial after another, without Ray
Flags = Annotated[Fleet, tyro.conf.arg(name="")]  # a fleet's among a command's own


@dataclass(frozen=True)
class Search:
    """What Optuna looks for.

    Args:
        count: of trials, with those that are there already.
        base: the settings that do not vary, and the first value of those that do.
        space: by setting either its values, a list, or the lowest and the highest, a pair.
        score: of metrics.csv, that decides.
    """

    count: int
    base: Settings
    space: Mapping[str, list[Any] | tuple[float, float]]
    score: str

    @property
    def sign(self) -> int:
        """1 where the score is better lower, -1 where higher: what Ray is told is better lower."""
        return -1 if evaluation.better(self.score) == "higher" else 1


def require_packages():
    """Return ray and ray.tune.

    Raises:
        UserError: they are missing.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    try:
        import optuna
        import ray
        from ray import tune
    except ImportError as error:
        raise UserError(
            '--workers, --address and --search need packages more: pip install -e ".[sweep]"'
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # what becomes of trials, fit() tells
    return ray, tune


@contextlib.contextmanager
def started(fleet: Fleet) -> Iterator[None]:
    """Start Ray on this machine, or go to the cluster, inside the block.

    Raises:
        UserError: there is no such cluster, or this machine is too small for a trial.
    """
    ray, _ = require_packages()
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"  # a run's folder has all of it
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # the new one speaks where it is told not to
    threads = str(max(1, int(fleet.cpus)))
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = {
        "KERAS_BACKEND": keras.backend.backend(),
        "RAY_CHDIR_TO_TRIAL_DIR": "0",
        **dict.fromkeys(names, threads),
    }
    here = {} if fleet.address else {"include_dashboard": False, "object_store_memory": 100 * 2**20}
    try:
        if fleet.address and ":" in fleet.address:  # Ray itself would try for minutes
            host, _, port = fleet.address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(
            fleet.address or "local", runtime_env={"env_vars": environment},
            logging_level=logging.ERROR, log_to_driver=False, **here,
        )  # fmt: skip
    except Exception as error:  # it has a dozen kinds
        if fleet.address is None:
            raise UserError(f"Ray does not start: {one_line(error)[:200]}") from error
        raise UserError(
            f"--address {fleet.address}: no Ray cluster answers there; start one with ray start "
            "--head, or leave --address out"
        ) from error
    try:
        there = ray.cluster_resources()
        wanted = {"CPU": fleet.cpus, "GPU": fleet.gpus, "memory": fleet.memory * GIB}
        for name, amount in wanted.items():
            if amount > there.get(name, 0) and fleet.address is None:  # a cluster may grow
                unit, of = (GIB, " GiB") if name == "memory" else (1, "")
                has = f"{there.get(name, 0) / unit:.3g}{of}"
                flag = {"CPU": "cpus", "GPU": "gpus"}.get(name, name)
                raise UserError(f"--{flag} is {amount / unit:g}, but this machine has {has}")
        yield
    finally:
        ray.shutdown()


def changes(base: Settings, config: Settings) -> dict[str, Any]:
    """The settings in which a config differs from another of its class."""
    names = [field.name for field in dataclasses.fields(base)]
    return {n: getattr(config, n) for n in names if getattr(config, n) != getattr(base, n)}


def searched(search: Search, values: Mapping[str, Any]) -> Trial:
    """The trial of what Optuna proposes, its numbers rounded to three digits."""
    rounded: dict[str, Any] = {
        name: float(f"{value:.3g}") if isinstance(value, float) else value
        for name, value in values.items()
    }
    config = replace(search.base, **rounded)
    return Trial(trials.name_of(rounded, config.seed), config)


def trial_of(base: Settings, search: Search | None, told: Mapping[str, Any]) -> Trial:
    """The trial that Ray's dict of a trial means."""
    if search is not None:
        return searched(search, told)
    return Trial(told["trial"]["name"], replace(base, **told["trial"]["changes"]))


def worker(told, *, example, base, folder, search, command):
    """Play a trial in a process of Ray's, which notes the driver's words as its command; returns
    what the driver is told at its end."""
    from ray import tune

    sys.orig_argv = command

    def hear(row):
        if search.score not in row:
            there = ", ".join(name for name in row if name != "iteration")
            raise UserError(f"--score is {search.score}, but metrics.csv has {there}")
        tune.report({"loss": search.sign * row[search.score]})

    try:
        trial = trial_of(base, search, told)
        # Optuna may propose one again. Without it one that is over is here to be played longer.
        if search and trials.is_over(folder / trial.name):
            how = trials.ended(folder / trial.name).partition(":")[0]
            return {"how": how, "loss": last_loss(folder / trial.name, search, how)}
        how = trials.play_quietly(example, trial, folder, hear if search else None)
    except UserError as error:
        return {"error": str(error), "loss": np.inf}
    return {"how": how, "loss": last_loss(folder / trial.name, search, how)}


def last_loss(folder: Path, search: Search | None, how: str) -> float:
    """A trial's last score, lower where it is better; infinite where it has none or diverged."""
    rows = tables.read_table(folder / "metrics.csv") if search else []
    if search is None or how == "diverged" or not rows:
        return np.inf
    return search.sign * rows[-1].get(search.score, search.sign * np.inf)


def play(
    example: Example,
    left: Sequence[Trial],
    folder: Path,
    fleet: Fleet,
    document: dict[str, Any],
    search: Search | None = None,
) -> None:
    """Play trials on a fleet. One that dies RETRIES times is left for another call.

    Args:
        left: the trials; of a search those that are to go on.
        folder: the sweep's; on a cluster all its machines must have it.
        document: what the sweep's sweep.json holds.
        search: what Optuna is to look for besides.

    Raises:
        Interrupted: a signal came; the trials go on from their last checkpoints when they are
            played again.
        UserError: see trials.play_quietly() and started().
    """
    folder = folder.absolute()
    with started(fleet), held_signals() as came, tempfile.TemporaryDirectory() as scratch:
        error = fit(example, left, folder, fleet, document, search, came, scratch)
    if came:
        raise Interrupted(came[0])
    if error:
        raise UserError(error)


def fit(example, left, folder, fleet, document, search, came, scratch):
    """Let Ray Tune play; returns a UserError's line that stopped it, or None. Args: see play(); the
    signals that came, and a folder for Ray's own files."""
    _, tune = require_packages()
    base = search.base if search else left[0].config
    errors: list[str] = []

    class Stopper(tune.Stopper):
        """Stops all trials when a signal came, or when the next one would fail as well."""

        def __call__(self, trial_id, result):
            errors.extend([result["error"]] if "error" in result else [])
            return False

        def stop_all(self):
            return bool(came or errors)

    class Teller(tune.Callback):
        """Says what becomes of each trial."""

        over = 0

        def on_trial_start(self, iteration, trials, trial, **info):
            if search is not None:
                add(folder, document, [searched(search, trial.config)])

        def on_trial_recover(self, iteration, trials, trial, **info):
            name = trial_of(base, search, trial.config).name
            say(f"{name} has lost its worker and goes on from its last checkpoint")

        def on_trial_complete(self, iteration, trials, trial, **info):
            result, name = trial.last_result, trial_of(base, search, trial.config).name
            if came or errors or "error" in result:
                return
            if "how" not in result:
                why = "its scores were worse than the median of the others'"
                folders.note_end(folder / name, f"stopped: {why}")
            self.over += 1
            loss = result.get("loss", np.inf)
            score = f", {search.score} {search.sign * loss:.4g}" if search else ""
            say(f"{self.over}: {name} {result.get('how', 'stopped as hopeless')}{score}")

        def on_trial_error(self, iteration, trials, trial, **info):
            name = trial_of(base, search, trial.config).name
            lines = str(trial.get_error() or "").strip().splitlines()  # a traceback
            of = f", the last time of {lines[-1][:200]}" if lines else ""
            say(f"{name} died {RETRIES + 1} times{of}")

    add = trials.add
    played = tune.with_parameters(
        worker, example=example, base=base, folder=folder, search=search, command=sys.orig_argv
    )
    resources = {"cpu": fleet.cpus, "gpu": fleet.gpus, "memory": fleet.memory * GIB}
    algorithm, count, space = {}, 1, {}
    if search is None:
        told = [{"name": t.name, "changes": changes(base, t.config)} for t in left]
        space = {"trial": tune.grid_search(told)}
    else:
        algorithm, count = optuna_of(tune, search, folder, document, left)
    tuner = tune.Tuner(
        tune.with_resources(played, resources),
        param_space=space,
        tune_config=tune.TuneConfig(
            num_samples=count, reuse_actors=True,
            max_concurrent_trials=None if fleet.workers in (None, "auto") else fleet.workers,
            trial_name_creator=lambda trial: trial.trial_id,
            trial_dirname_creator=lambda trial: trial.trial_id,
            **algorithm,
        ),
        run_config=tune.RunConfig(
            name="sweep", storage_path=scratch, stop=Stopper(), callbacks=[Teller()], verbose=0,
            failure_config=tune.FailureConfig(max_failures=RETRIES),
        ),
    )  # fmt: skip
    tuner.fit()
    return errors[0] if errors else None


def optuna_of(tune, search, folder, document, left):
    """Optuna's search, knowing the trials that are over and beginning with those left, as arguments
    of a TuneConfig; and how many trials are still to be played."""
    from ray.tune.schedulers import MedianStoppingRule
    from ray.tune.search.optuna import OptunaSearch

    def domain(values):
        if isinstance(values, list):
            return tune.choice(values)
        low, high = values
        if isinstance(low, int):
            return tune.randint(low, high + 1)
        return tune.loguniform(low, high) if low > 0 else tune.uniform(low, high)

    def point(config):
        found = {}
        for name, values in search.space.items():
            found[name] = getattr(config, name)
            if isinstance(values, tuple):  # what was rounded may lie outside by a digit
                found[name] = min(max(found[name], values[0]), values[1])
        return found

    space = {name: domain(values) for name, values in search.space.items()}
    optuna = OptunaSearch(
        space=OptunaSearch.convert_search_space(space), metric="loss", mode="min",
        points_to_evaluate=[point(trial.config) for trial in left] or None,
        # With the same one it would propose the same as in the call before.
        seed=search.base.seed + len(document["trials"]),
    )  # fmt: skip
    over = 0
    for name in document["trials"]:
        if trials.is_over(folder / name):
            config = folders.read_config(folder / name, document["example"], type(search.base))
            how = trials.ended(folder / name).partition(":")[0]
            optuna.add_evaluated_point(point(config), last_loss(folder / name, search, how))
            over += 1
    hopeless = MedianStoppingRule(
        "training_iteration", "loss", "min", grace_period=GRACE, min_samples_required=OTHERS
    )
    return {"search_alg": optuna, "scheduler": hopeless}, search.count - over
