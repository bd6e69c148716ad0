"""What each guideline of the slide "Deep Convolutional GANs" is worth: beyond/guideline_dcgan with
all five, with one taken back at a time, and dcgan, whose network keeps two of them.

All play as many iterations with batches of the same size, on Fashion-MNIST and on MNIST; dcgan with
its own optimizer. One seed after another, each on all of them, so that what there is can be
compared whenever it stops. Stop it when you like, the same command goes on.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import dcgan.train
from benchmarks.shared import Trials, earlier, facts, main
from beyond.guideline_dcgan import train
from beyond.guideline_dcgan.guidelines import Guideline
from common import compare, sweep
from common.commands import generators, trials
from common.data import datasets
from common.engines import devices
from common.files import write_json
from common.runs import checkpoints
from common.scores import evaluation
from common.settings import require_least

DATASETS = ("fashion_mnist", "mnist")
BATCH = 32  # dcgan's own
NAMES: dict[Guideline, str] = {  # what is played, by what is taken back
    "none": "all five",
    "pooling": "max pooling, upsampling",
    "batchnorm": "no BatchNorm",
    "relu": "tanh in G",
    "leaky": "ReLU in D",
    "dense": "dense layers",
}
KEPT = ("classifier_score", "frechet_distance", "precision", "coverage", "modes")


@dataclass(frozen=True)
class Config(Trials):
    """How often, and how long."""

    iterations: int = 600
    """Iterations of each play."""

    samples: int = 2_000
    """Images of each that are scored."""

    work: Path = Path("runs/guidelines")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/guidelines.json")
    """File of the results."""

    def __post_init__(self):
        super().__post_init__()
        require_least(self, iterations=1, samples=100)


def wanted(iterations):
    """What is played, by data set and name: what declares it, and its settings."""
    found = {}
    for dataset in DATASETS:
        own = None if dataset == "fashion_mnist" else datasets.EMBEDDED / f"{dataset}.npz"
        how = {
            "batch_size": BATCH, "epochs": 10**6, "iterations": iterations, "log_every": iterations,
            "data_dir": own,
        }  # fmt: skip
        for guideline, name in NAMES.items():
            settings = replace(train.SLIDES, take_back=guideline, **how)
            found[dataset, name] = train.EXAMPLE, settings
        found[dataset, "dcgan"] = dcgan.train.EXAMPLE, replace(dcgan.train.SLIDES, **how)
    return found


def scores(images, reference):
    """KEPT of the scores of images."""
    found = evaluation.score(images, reference)
    return {name: round(float(found[name]), 4) for name in KEPT}


def seconds(run):
    """How long a run's training took until its newest checkpoint; 0 if it has none."""
    newest = checkpoints.newest(run)
    if newest is None:
        return 0.0
    return round(checkpoints.seconds(newest), 1)


def play(example, settings, folder, name, config, reference):
    """Train once, score, and return what the file has of it; None for scores if it diverged."""
    sweep.play(example, [trials.Trial(name, settings)], folder, ["take_back"], config.fleet)
    run = compare.read(name, folder / name)
    found = dict.fromkeys(KEPT)
    if run.word == "finished":
        generator = generators.load(generators.Source(folder / name), example)
        found = scores(example.samples(generator, 0, config.samples, {})[0], reference)
    return {**found, "ended": run.word, "seconds": seconds(folder / name), **facts(folder / name)}


def work(config):
    """Play all of a seed, then of the next; the file is written anew after each play. What it has
    already is not played again."""
    if config.again:
        shutil.rmtree(config.work, ignore_errors=True)
        config.out.unlink(missing_ok=True)
    devices.prepare(None, "float32")
    references = {name: evaluation.load_reference(name) for name in DATASETS}
    document = {"iterations": config.iterations, "batch_size": BATCH, "samples": config.samples}
    before = earlier(config.out)
    same = all(before.get(name) == value for name, value in document.items())
    document["real"] = before["real"] if same else {
        name: scores(datasets.scale(datasets.load(name).x_test[: config.samples]), reference)
        for name, reference in references.items()
    }  # fmt: skip
    plays = before["plays"] if same else []
    played = {(one["dataset"], one["trial"], one["seed"]) for one in plays}
    for seed in range(config.seeds):
        for (dataset, name), (example, settings) in wanted(config.iterations).items():
            if (dataset, name, seed) in played:
                continue
            folder = config.work / example.name.rpartition(".")[2]
            place = trials.name_of({"trial": f"{dataset} {name}"}, seed)
            found = play(
                example, replace(settings, seed=seed), folder, place, config, references[dataset]
            )
            plays.append({"dataset": dataset, "trial": name, "seed": seed, **found})
            write_json(config.out, {**document, "plays": plays})
            told = ", ".join(f"{score} {found[score]}" for score in KEPT)
            print(f"{dataset}, {name}, seed {seed}: {told}", flush=True)


if __name__ == "__main__":
    main("guidelines", Config, work, __doc__)
