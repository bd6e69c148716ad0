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
from benchmarks.shared import earlier, facts, main
from common import compare, sweep
from common.commands import trials
from common.engines import devices
from common.files import write_json
from common.runs import folders, tables
from common.settings import flag, require
from mnist_wgan import lecture, train

SCORE, GOAL = "asked_label_accuracy", 0.95
SEARCHED = 5_120  # images of a trial, and of each evaluation between
EVERY = 640
PLAYED = 10_240  # of the best
LONGER = 0.995  # an averaging that pays only beyond SEARCHED
SPACE = {
    "learning_rate": ["2e-4..1.2e-3"],
    "class_weight": ["5..100"],
    "averaging": ["0.9", "0.95", "0.98", "0.99"],
    "clip": ["0.01", "0.02", "0.03", "0.05"],
    "embedding": ["0.5", "1.0"],
}
QUICK = replace(train.PRESETS["quick"], class_weight=10)  # sooner there than with its own 30
KEPT = (SCORE, "frechet_distance", "precision", "recall", "coverage")


@dataclass(frozen=True)
class Config:
    """How much to play."""

    batches: tuple[int, ...] = (16, 8, 32)
    """Batch sizes."""

    search: int = 14
    """Trials of each."""

    best: int = 2
    """Settings that are played over three seeds, beside those of preset quick."""

    workers: int = 2
    """Trials at a time, each on a core."""

    again: bool = False
    """Play anew, from the beginning."""

    work: Path = Path("runs/quick_trials")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/quick_trials.json")
    """File of the results; the page that compares the best is in a folder beside it."""

    def __post_init__(self):
        require(self.batches, "batches", "empty", "one or more numbers")
        require(self.search >= 1, "search", self.search, "at least 1")
        require(self.best >= 1, "best", self.best, "at least 1")


def line(batch, images, folder, **settings):
    """The command line of common.sweep that plays so many images in batches."""
    every = EVERY // batch
    words = {
        "preset": ["quick"], "dtype": ["bfloat16"], "folder": [str(folder)],
        "batch_size": [str(batch)], "iterations": [str(images // batch + 1)],
        "evaluate_every": [str(every)], "evaluate_count": ["1000"], **settings,
    }  # fmt: skip
    return ["mnist_wgan", *(w for name, values in words.items() for w in (flag(name), *values))]


def read(folder, run):
    """What the result file keeps of a run: its searched settings, and by the images that it has
    seen its scores."""
    settings, ended = trials.told(folder / run)
    rows = tables.read_table(folder / run / "metrics.csv")
    batch = settings["batch_size"]
    return {
        "batch_size": batch,
        "seed": settings["seed"],
        **{name: settings[name] for name in SPACE},
        "ended": ended,
        "seconds": round(folders.read_losses(folder / run)[-1]["seconds"], 1),
        "images": [int(row["iteration"]) * batch for row in rows],
        **{name: [round(row[name], 4) for row in rows] for name in KEPT},
    }


def reached(run):
    """The images after which a run has reached GOAL, or None."""
    for images, score in zip(run["images"], run[SCORE], strict=True):
        if score >= GOAL:
            return images
    return None


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
        more = {"search": [str(config.search)], "score": [SCORE], "workers": [str(config.workers)]}
        sweep.sweep(line(batch, SEARCHED, folder, **SPACE, **more))
        names = trials.read_sweep(folder)["trials"]
        found += [read(folder, name) for name in names]
    return {"search": found, "searched": facts(folder / names[0], train.EXAMPLE.name)}


def work(config):
    """Search, play the best, and write the file after each."""
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
    played, pages = [], []
    for run in [*longer, vars(QUICK)]:
        folder = config.work / f"best-{len(pages) + 1}"
        settings = {name: [str(run[name])] for name in SPACE}
        more = {"seeds": ["0-2"], "workers": [str(config.workers)]}
        sweep.sweep(line(run["batch_size"], PLAYED, folder, **more, **settings))
        pages.append(folder)
        names = trials.read_sweep(folder)["trials"]
        played += [read(folder, name) for name in names]
        session = facts(folder / names[0], train.EXAMPLE.name)
        write_json(config.out, {**document, **session, "best": played})
    page = config.out.with_suffix("") / "compare.html"
    for text in compare.compare(pages, SCORE, page):
        print(text)


if __name__ == "__main__":
    main("quick_trials", Config, work, __doc__)
