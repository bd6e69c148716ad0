"""The schedule of mnist_wgan's preset quick that shows the digits asked for after the least
arithmetic.

For each of three batch sizes Optuna looks for the learning rate, class weight, clipping, averaging
and embedding that give the highest asked-label accuracy after as many images. The best of all are
then played longer, over three seeds and with longer averaging, beside preset quick with a lower
class weight: how many images until 95 % of the samples show the digit asked for? The arithmetic is
the same for every image. Needs the extra "sweep"; stop it when you like, the same command goes on.
What the result file has of the search is not played again.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import arithmetic
from benchmarks.shared import Trials, earlier, facts, main, play_trials
from common import compare, sweep
from common.commands import on_ray
from common.engines import devices
from common.files import write_json
from common.runs import tables
from common.settings import require, require_least
from mnist_wgan import lecture, train

SCORE, GOAL = "asked_label_accuracy", 0.95
SEARCHED = 5_120  # images of a trial, and of each evaluation between
EVERY = 640
PLAYED = 10_240  # of the best
LONGER = 0.995  # an averaging that pays only beyond SEARCHED
SPACE = {
    "learning_rate": (2e-4, 1.2e-3),
    "class_weight": (5.0, 100.0),
    "averaging": [0.9, 0.95, 0.98, 0.99],
    "clip": [0.01, 0.02, 0.03, 0.05],
    "embedding": [0.5, 1.0],
}
QUICK = replace(train.PRESETS["quick"], class_weight=10)  # sooner there than with its own 30
PAIR = on_ray.Fleet(workers=2)
KEPT = (SCORE, "frechet_distance", "precision", "recall", "coverage")


@dataclass(frozen=True)
class Config(Trials):
    """How much to play."""

    batches: tuple[int, ...] = (16, 8, 32)
    """Batch sizes."""

    search: int = 14
    """Trials of each."""

    best: int = 2
    """Settings that are played over seeds, beside those of preset quick."""

    seeds: int = 3
    """Seeds 0 to seeds - 1 of the best."""

    fleet: on_ray.Flags = PAIR

    work: Path = Path("runs/quick_trials")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/quick_trials.json")
    """File of the results; the page that compares the best is in a folder beside it."""

    def __post_init__(self):
        super().__post_init__()
        require(self.batches, "batches", "empty", "one or more numbers")
        require_least(self, search=1, best=1)


def settings(images, batch_size, **searched):
    """Those of preset quick that play so many images, apart from what is searched."""
    return replace(
        train.PRESETS["quick"], dtype="bfloat16", batch_size=batch_size,
        iterations=images // batch_size + 1, evaluate_every=EVERY // batch_size,
        evaluate_count=1000, **searched,
    )  # fmt: skip


def read(run):
    """What the result file keeps of a run, compare.Read: its searched settings, and by the images
    that it has seen its scores."""
    rows = tables.read_table(run.folder / "metrics.csv")
    batch = run.settings["batch_size"]
    return {
        "batch_size": batch,
        **{name: run.settings[name] for name in ("seed", *SPACE)},
        "ended": run.state,
        "seconds": round(run.rows[-1]["seconds"], 1),
        "images": [int(row["iteration"]) * batch for row in rows],
        **{name: [round(row[name], 4) for row in rows] for name in KEPT},
    }


def reached(run):
    """The images after which a run has reached GOAL, or None."""
    scored = zip(run["images"], run[SCORE], strict=True)
    return next((images for images, score in scored if score >= GOAL), None)


def tera(images):
    """The multiply-adds, in 10^12, of training on so many images with a generator update for each
    of the critic's."""
    generator, critic = lecture.create_generator("script"), lecture.create_critic()
    learn = arithmetic.forward(generator) + arithmetic.gradient_of_weights(generator)
    through = 2 * arithmetic.forward(critic)
    return images * (arithmetic.step("mnist_wgan", 1) + learn + through) / 1e12


def best(runs, count):
    """The runs of the highest last score among those that were not stopped."""
    whole = [run for run in runs if run["ended"] == "finished"]
    return sorted(whole, key=lambda run: run[SCORE][-1], reverse=True)[:count]


def search(config):
    """Search; returns what the result file keeps of it: each trial, and facts of the first."""
    found = []
    for batch in config.batches:
        folder = config.work / f"batch-{batch}"
        wanted = on_ray.Search(config.search, settings(SEARCHED, batch), SPACE, SCORE)
        sweep.play(train.EXAMPLE, [], folder, [*SPACE, "search"], config.fleet, wanted)
        runs = [compare.read(*run) for run in compare.find([folder])]
        found += map(read, runs)
    return {"search": found, "searched": facts(runs[0].folder)}


def work(config):
    """Search, play the best, and write the file."""
    devices.prepare(None, "float32")
    if config.again:
        shutil.rmtree(config.work, ignore_errors=True)
    config.out.with_suffix("").mkdir(parents=True, exist_ok=True)
    document = {"goal": GOAL, "tera_multiply_adds_of_1000_images": tera(1000)}
    known = {} if config.again else earlier(config.out)
    if "searched" not in known:
        known = search(config)
    document |= {name: known[name] for name in ("search", "searched")}
    longer = [{**run, "averaging": LONGER} for run in best(document["search"], config.best)]
    wanted = {
        f"best-{place}": settings(PLAYED, **{name: run[name] for name in ("batch_size", *SPACE)})
        for place, run in enumerate([*longer, vars(QUICK)], start=1)
    }
    played = play_trials(config, train.EXAMPLE, wanted, config.work / "best")
    runs = [run for _, of_trial in played for run in of_trial]
    kept = {**facts(runs[-1].folder), "best": [read(run) for run in runs]}
    write_json(config.out, {**document, **kept})
    page = config.out.with_suffix("") / "compare.html"
    print(*compare.compare([config.work / "best"], SCORE, page), sep="\n")


if __name__ == "__main__":
    main("quick_trials", Config, work, __doc__)
