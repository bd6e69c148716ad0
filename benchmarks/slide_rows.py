"""The rows of the lecture's log, played with preset slides or script over seeds.

The lecture prints iterations 0, 50, 100, 150 and 24750 to 24950. On its slides a hundred critic
updates come before each iteration's generator update, so that row 150 of a few seeds takes an hour;
in the lecturer's own script they do so in the first 25 iterations, five in those that follow. The
seeds are runs in a folder that common.sweep plays: stop or kill this when you like, the same
command goes on from the last checkpoint, at most a minute back. Calls add up in one result file:
more seeds, more iterations of the same seeds, other batch sizes.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import ops

from benchmarks import fingerprint, row_zero
from benchmarks.shared import add_play, earlier, facts, main, plays_in, rounded
from common import compare, sweep
from common.commands import on_ray, trials
from common.engines import devices
from common.files import write_json
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
    """Seeds to play."""

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

    fleet: on_ray.Flags = on_ray.HERE

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
        arrays = map(ops.convert_to_numpy, self.game.combined.optimizer.mean_squares)
        squares = np.concatenate([array.ravel() for array in arrays]).astype("float64")
        found = {"g_squares": float(squares.sum()), "g_root": float(np.sqrt(squares).mean())}
        return super().row(iteration, losses | found, seconds)


EXAMPLE = replace(train.EXAMPLE, recorder_class=RowRecorder)


def gradient_norms(rows):
    """The norm of the generator's gradient in each of a run's rows, NaN where the row before is not
    that of the iteration before.

    RMSprop's accumulators change by v <- rho v + (1 - rho) g^2, and so does their sum.
    """
    rho, names = train.RMSpropKeras2().rho, ("iteration", "g_squares")
    iterations, sums = (np.array([row[name] for row in rows]) for name in names)
    squares = (sums - rho * np.append(0, sums[:-1])) / (1 - rho)
    follows = np.diff(iterations, prepend=-1) == 1
    return np.where(follows, np.sqrt(np.maximum(0, squares)), np.nan)


def play(wanted, folder, now, fleet=on_ray.HERE):
    """Play runs as common.sweep does; returns those that did not diverge, compare.Read.

    Args:
        wanted: the train.Config of each, of which iterations may grow from call to call.
        folder: of the sweep and of the fingerprints of those who began it.
        now: what benchmarks.fingerprint.measure() gives today.
        fleet: what plays them.

    Raises:
        UserError: runs in the folder began with another model.
        UserError, Interrupted: see sweep.play().
    """
    kept = folder / "fingerprints.json"
    write_json(kept, known(kept, now, f"remove {folder}"))
    left = []
    for run in wanted:
        name = f"{run.batch_size}-{run.seed}"
        reached = trials.told(folder / "seeds" / name)[0].get("iterations", 0)
        left.append(trials.Trial(name, replace(run, iterations=max(run.iterations, reached))))
    sweep.play(EXAMPLE, left, folder / "seeds", fleet=fleet)
    runs = [compare.read(trial.name, folder / "seeds" / trial.name) for trial in left]
    return [run for run in runs if run.word == "finished"]


def precision():
    """What JAX was told of float32 products, {"precision": "highest"} for all digits, or nothing:
    on a GPU it rounds their factors to TF32 then. TensorFlow is told nothing."""
    if keras.backend.backend() != "jax":
        return {}
    import jax

    told = jax.config.jax_default_matmul_precision
    return {"precision": told} if told else {}


def read(run):
    """Return what the result file keeps of a run, compare.Read: its facts, and its losses by name,
    lists in the order of the list "iteration", rounded to six digits; null is what is not known."""
    norms = gradient_norms(run.rows)
    rows = [{**row, "g_gradient": norm} for row, norm in zip(run.rows, norms, strict=True)]
    kept = [row for row in rows if row["iteration"] <= ALL_TO or row["iteration"] % LATER == 0]
    return {
        **{name: run.settings[name] for name in ("batch_size", "seed")},
        **facts(run.folder),
        **precision(),
        "seconds": round(rows[-1]["seconds"], 1),
        "losses": {
            "iteration": [int(row["iteration"]) for row in kept],
            **{name: [rounded(row[name]) for row in kept] for name in KEPT},
        },
    }


def known(path, now, remedy):
    """Return a file's fingerprints by backend, today's among them.

    Raises:
        UserError: this backend's is of another model.
    """
    fingerprints = earlier(path).get("fingerprints", {})
    fingerprint.check(fingerprints.setdefault(keras.backend.backend(), now), now, path, remedy)
    return {"fingerprints": fingerprints}


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
    prints = known(out, now, "move it away, or choose another --out")
    there = {key(play): play["losses"]["iteration"][-1] for play in plays_in(out)}
    mine = group({"batch_size": config.batch_size, "device": device, **precision()})
    own = {name: getattr(config, name) for name in ("iterations", "batch_size", "log_every")}
    left = []
    for seed in config.seeds:
        if there.get((*mine, seed), -1) + config.log_every >= config.iterations:
            print(f"seed {seed} is in {out} already", flush=True)  # also where the folder is gone
        else:
            left.append(replace(train.PRESETS[config.preset], seed=seed, **own))
    for some in [left] if config.fleet.by_ray and left else [[run] for run in left]:
        for run in play(some, runs, now, config.fleet):
            add_play(out, read(run), key, **prints)
            print(f"{run.folder}: {config.iterations} iterations are in {out}", flush=True)


if __name__ == "__main__":
    main("slide_rows", Config, work, __doc__)
