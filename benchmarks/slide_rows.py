"""The rows of the lecture's log, played with preset slides or script over seeds.

The lecture prints iterations 0, 50, 100, 150 and 24750 to 24950. On its slides a hundred critic
updates come before each iteration's generator update, so that row 150 of a few seeds takes an hour;
in the lecturer's own script they do so in the first 25 iterations, five in those that follow. Every
seed is a run of mnist_wgan.train in a folder of its own: stop or kill this when you like, the same
command goes on from the last checkpoint, at most a minute back. Calls add up in one result file:
more seeds, more iterations of the same seeds, other batch sizes.
"""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import keras
import numpy as np
import tyro
from keras import ops

from benchmarks import fingerprint, row_zero
from benchmarks.shared import add_play, facts, main
from common.commands import on_ray, trials
from common.engines import devices
from common.files import write_json
from common.runs import checkpoints, folders
from common.settings import require
from mnist_wgan import train
from mnist_wgan.printed import LOSSES, is_inside

NAMES = {"slides": "slide_rows", "script": "script_rows"}  # of files and folders, by preset
PLAYED = LOSSES[:3]  # the lecture's total is the sum of the first two
# Beside the class parts no Wasserstein parts: they are the losses less these.
KEPT = (*PLAYED, *(f"{name}_class" for name in PLAYED), "g_gradient", "g_root")
ALL_TO, LATER = 200, 50  # every row is kept up to an iteration, and from there on every 50th
SEEDS = {0: 8, 50: 8, 100: 3, 150: 3}  # that a verdict on a row needs at least; others 1


@dataclass(frozen=True)
class Config:
    """What to play."""

    preset: Literal["slides", "script"] = "slides"
    """The preset of mnist_wgan.train to play."""

    seeds: tuple[int, ...] = tuple(range(8))
    """Seeds to play, one after another."""

    iterations: int = 61
    """Iterations of each: 61 play the lecture's second row, number 50, and as many before it as
    after it that its band is taken from; 161 do so for its fourth."""

    batch_size: int = 32
    """Images in a batch, fewer than the presets' own to save time: the slides do not say how many,
    preset slides takes 64, and the script 100."""

    log_every: int = 1
    """Iterations between two rows of a run; the result file keeps every 50th beyond iteration 200.
    With more than 1 the generator's gradients are not known."""

    work: Path | None = None
    """Folder of the runs, needed only to go on with them; None: runs/slide_rows or script_rows."""

    out: Path | None = None
    """File of the results; None: benchmarks/results/slide_rows.json or script_rows.json."""

    fleet: Annotated[on_ray.Fleet, tyro.conf.arg(name="")] = field(default_factory=on_ray.Fleet)

    def __post_init__(self):
        require(self.seeds, "seeds", "empty", "one or more numbers")


class RowRecorder(train.SlideRecorder):
    """Records beside the losses what moves the generator: of RMSprop's accumulators, the running
    means of squared gradients, the sum and the mean root. A picture is drawn every 50 iterations.
    """

    columns = (*train.COLUMNS[:-1], "g_squares", "g_root", "seconds")

    def __init__(self, game, black):
        super().__init__(game, black)
        self.every = max(self.every, LATER)
        game.engine.longest = 1  # update a call: a row has its own iteration's accumulators then

    def row(self, iteration, losses, seconds):
        squares = [
            np.asarray(ops.convert_to_numpy(variable), "float64").ravel()
            for variable in self.game.combined.optimizer.mean_squares
        ]
        row = super().row(iteration, losses, seconds)
        row["g_squares"] = float(sum(array.sum() for array in squares))
        row["g_root"] = float(np.sqrt(np.concatenate(squares)).mean())
        return {column: row[column] for column in self.columns}


EXAMPLE = replace(train.EXAMPLE, recorder_class=RowRecorder)


def gradient_norms(rows):
    """The norm of the generator's gradient in each of a run's rows, NaN where the row before is not
    that of the iteration before.

    RMSprop's accumulators change by v <- rho v + (1 - rho) g^2, and so does their sum.
    """
    rho = train.RMSpropKeras2().rho
    before, norms = {"iteration": -1, "g_squares": 0.0}, []
    for row in rows:
        square = (row["g_squares"] - rho * before["g_squares"]) / (1 - rho)
        follows = row["iteration"] == before["iteration"] + 1
        norms.append(math.sqrt(max(0.0, square)) if follows else math.nan)
        before = row
    return norms


def is_to_play(wanted, folder, now):
    """Whether a run is still to be played to its end, from wherever it stands.

    Args:
        wanted: the run's train.Config, of which iterations may grow from call to call.
        folder: the run's folder; the one that it is in is made if it does not exist.
        now: what benchmarks.fingerprint.measure() gives today.

    Raises:
        UserError: the run in the folder began with another model or other settings.
    """
    beside = folder.with_name(f"{folder.name}.fingerprint.json")
    if checkpoints.newest(folder) is None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_json(beside, now)
    else:
        fingerprint.check(folders.read_json(beside), now, folder, "remove it")
        reached = checkpoints.numbers(checkpoints.newest(folder))
        longest = max(wanted.iterations, reached[0])
        trials.agreed(EXAMPLE, replace(wanted, iterations=longest), folder)
        if reached >= (wanted.iterations, 0):
            folders.cut_logs(folder, reached[0])  # a kill may have left half a row after it
            return False
    return True


def play(wanted, folder, now):
    """Play a run to its end. Args: see is_to_play().

    Raises:
        UserError, Interrupted: see is_to_play() and common.commands.trials.play().
    """
    if is_to_play(wanted, folder, now):
        trials.play(EXAMPLE, wanted, folder)


def precision():
    """What JAX was told of float32 products, {"precision": "highest"} for all digits, or nothing:
    on a GPU it rounds their factors to TF32 then. TensorFlow is told nothing."""
    if keras.backend.backend() != "jax":
        return {}
    import jax

    told = jax.config.jax_default_matmul_precision
    return {"precision": told} if told else {}


def read(folder):
    """Return what the result file keeps of a run: its facts, and its losses by name, lists in the
    order of the list "iteration", rounded to six digits; null is what is not known."""
    run, rows = folders.read_document(folder, train.EXAMPLE.name), folders.read_losses(folder)
    for row, norm in zip(rows, gradient_norms(rows), strict=True):
        row["g_gradient"] = norm
    kept = [row for row in rows if row["iteration"] <= ALL_TO or row["iteration"] % LATER == 0]
    return {
        "batch_size": run["settings"]["batch_size"],
        "seed": run["settings"]["seed"],
        **facts(folder, train.EXAMPLE.name),
        **precision(),
        "seconds": round(rows[-1]["seconds"], 1),
        "losses": {
            "iteration": [int(row["iteration"]) for row in kept],
            **{name: [rounded(row[name]) for row in kept] for name in KEPT},
        },
    }


def rounded(number):
    """A number to six digits, or None for NaN."""
    return None if math.isnan(number) else float(f"{number:.6g}")


def load(path, now):
    """Return the result file's {"fingerprints", "plays"}, or a new one without plays.

    Raises:
        UserError: the file was measured with another model.
    """
    document = folders.read_json(path) if path.exists() else {"fingerprints": {}, "plays": []}
    then = document["fingerprints"].setdefault(keras.backend.backend(), now)
    fingerprint.check(then, now, path, "move it away, or choose another --out")
    return document


def group(play):
    """Batch size and precision of a play: "TF32" for the coarser products of a GPU, "float32"."""
    coarse = play.get("device", "CPU").startswith("GPU") and play.get("precision") != "highest"
    return play["batch_size"], "TF32" if coarse else "float32"


def words(group):
    """A group in words: its batch size, and its precision unless that is float32."""
    batch_size, precision = group
    return f"{batch_size}, {precision}" if precision != "float32" else str(batch_size)


def key(play):
    """What tells two plays apart."""
    return *group(play), play["seed"]


def add(path, played, now):
    """Put a play into the result file, in the place of a shorter one of its batch size and seed."""
    add_play(path, load(path, now), played, key)


def at(play, name, iterations):
    """A play's losses d_true, d_fake, dg or total at those of some iterations that it has."""
    losses = play["losses"]
    there = np.isin(losses["iteration"], iterations)
    columns = ("d_true", "d_fake") if name == "total" else (name,)
    return sum(np.array(losses[column])[there] for column in columns)


def around(row):
    """The iterations from which the band of a printed row is taken, for row 0 that one.

    Early losses swing so much from one iteration to the next that a row's neighbours say what the
    row says. Late in a run they drift slowly, and a run of 25,000 iterations keeps every 50th.
    """
    reach = 0 if row == 0 else 10 if row < 1000 else 250
    return range(row - reach, row + reach + 1)


def band(plays, row, name):
    """What a printed loss is held against, from plays that have its row.

    Returns:
        (low, high): for row 0 the loss's mean minus and plus three deviations over the seeds; from
        then on the 2.5 % and 97.5 % quantiles of its size, without the sign, over seeds and the
        iterations around the row.
    """
    if row == 0:
        return row_zero.band([at(play, name, [row])[0] for play in plays])
    sizes = np.concatenate([np.abs(at(play, name, around(row))) for play in plays])
    return tuple(np.quantile(sizes, [0.025, 0.975]))


def inside(plays, row, name, printed):
    """Whether a printed loss lies in its band."""
    return bool(is_inside(row, printed, *band(plays, row, name)))


def own_outside(plays, row, name):
    """How many plays have a loss at the row that is outside the band of the others: what a verdict
    of "outside" is worth. None of fewer than three plays, whose others make no band."""
    if len(plays) < 3:
        return None
    return sum(
        not inside([*plays[:place], *plays[place + 1 :]], row, name, at(play, name, [row])[0])
        for place, play in enumerate(plays)
    )


def having(plays, row):
    """Those plays, by group, that have a row: a dict of lists."""
    groups = {}
    for play in plays:
        if row in play["losses"]["iteration"]:
            groups.setdefault(group(play), []).append(play)
    return groups


def work(config):
    """Play all seeds; the result file is written anew after each, or with a fleet after all."""
    name = NAMES[config.preset]
    out = config.out or Path("benchmarks/results") / f"{name}.json"
    runs = config.work or Path("runs") / name
    device = devices.prepare(None, "float32").description
    now = fingerprint.measure(fingerprint.tiny(config.preset))
    there = {key(play): play["losses"] for play in load(out, now)["plays"]}
    left = []
    for seed in config.seeds:
        run = replace(
            train.PRESETS[config.preset], seed=seed, iterations=config.iterations,
            batch_size=config.batch_size, log_every=config.log_every,
        )  # fmt: skip
        mine = {"batch_size": run.batch_size, "seed": seed, **precision(), "device": device}
        last = there.get(key(mine), {"iteration": [-1]})["iteration"][-1]
        if last + run.log_every >= run.iterations:  # also where the folder is gone
            print(f"seed {seed} is in {out} already", flush=True)
        else:
            left.append(trials.Trial(f"{run.batch_size}-{seed}", run))
    if config.fleet.by_ray:
        ready = [trial for trial in left if is_to_play(trial.config, runs / trial.name, now)]
        if ready:
            on_ray.play(EXAMPLE, ready, runs, config.fleet, {})
    for trial in left:
        folder = runs / trial.name
        play(trial.config, folder, now)
        add(out, read(folder), now)
        print(f"{folder}: {config.iterations} iterations are in {out}", flush=True)


if __name__ == "__main__":
    main("slide_rows", Config, work, __doc__)
