"""What the sources say of their own results, held against this project's.

Each work is played as its source has it, preset slides, over a few seeds; after the epochs that its
source speaks of its samples are scored. Every seed is a run of the example's train in a folder of
its own: stop or kill this when you like, the same command goes on from the last checkpoint, at most
a minute back. Calls add up in one result file. dcgan and bilinear_gan take hours and are played
only if they are named.
"""

import importlib
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.shared import add_play, facts, main
from common.commands import evaluate as commands
from common.commands import trials
from common.figures import pictures
from common.runs import checkpoints, folders, history, tables
from common.scores import evaluation
from common.settings import require

COUNT = 10_000  # samples that are scored


class Work(NamedTuple):
    """How an example is played."""

    epochs: tuple  # after which its samples are scored
    seeds: tuple
    pictures: dict  # what is kept of seed 0: from a file in the run's folder to what it shows


COLUMNS = 10  # of the grids of samples
STRIP = "epochs.png"  # drawn here, see draw(); the other pictures are in every run's folder
WORKS = {
    "binarized_gan": Work((20,), (0, 1, 2), {
        "progress.png": "fifteen fresh samples from before each epoch, as on page 8",
        "losses.png": "both losses of each minibatch, as on page 7",
        "accuracy.png": "the trained discriminator's accuracy over minibatches, as on page 10",
    }),
    "fashion_gan": Work((1, 2, 5, 10, 20, 50), (0, 1, 2), {
        "epochs-001.png": "a hundred samples after one epoch, what the slide shows",
        STRIP: "ten of these noises after one epoch and after more",
        "epochs-050.png": "the same hundred noises after 50 epochs",
    }),
    "distribution_gan": Work((32,), (0, 1, 2, 3, 4), {
        "final.png": "the generated density over the real one",
    }),
    "dcgan": Work((50,), (0,), {"epochs-050.png": "a hundred samples after 50 epochs"}),
    "bilinear_gan": Work((50, 100), (0,), {
        "epochs-050.png": "16 noises after 50 epochs, what the post shows first",
        "epochs-100.png": "the same after 100 epochs, what it shows then",
    }),
}  # fmt: skip
SHORT = ("binarized_gan", "fashion_gan", "distribution_gan")


class Claim(NamedTuple):
    """What a source says, and the number that tells whether it is so."""

    example: str
    epochs: int  # after which it is judged
    says: str
    measured: str  # what the number is
    number: object  # function from the plays of a seed, by epochs, to a float
    form: str  # of the number
    least: float | None = None  # it holds for a seed whose number is at least this,
    most: float | None = None  # and at most that

    def holds(self, number):
        """Whether it does for a seed with that number."""
        enough = self.least is None or number >= self.least
        return enough and (self.most is None or number <= self.most)

    @property
    def rule(self):
        """When it holds, in words."""
        bounds = {"at least": self.least, "at most": self.most}
        return " and ".join(
            f"{word} {self.form.format(bound)}"
            for word, bound in bounds.items()
            if bound is not None
        )


def accuracy(plays, epochs):
    """The trained discriminator's accuracy, a mean over minibatches of reals and fakes."""
    return plays[epochs]["accuracy"]["accuracy"]


def trend(plays, epochs, loss):
    """A loss's mean over the last quarter of the epochs, over that of the first quarter."""
    means = plays[epochs]["losses"][loss]
    quarter = max(1, len(means) // 4)
    return float(np.mean(means[-quarter:]) / np.mean(means[:quarter]))


def gap_closed(plays, epochs, score):
    """The share of the gap between the first scored epoch and real images that was closed at best
    by any later one, up to a number of epochs; 0 where there is no gap, below 0 where all later
    ones were worse."""
    first, *later = (plays[k]["scores"][score] for k in sorted(plays) if k <= epochs)
    gap = plays[epochs]["real"][score] - first
    if gap == 0 or (gap > 0) != (evaluation.SCORES[score][2] == "higher"):
        return 0.0
    return max((value - first) / gap for value in later)


def over_real(plays, epochs, score):
    """A score, over that of the real data in the samples' place."""
    play = plays[epochs]
    return play["scores"][score] / play["real"][score]


NOT_BETTER = '"the images never really get much better than this", after one epoch'
EQUILIBRIUM = '"Training converges to a Nash equilibrium", where both distributions are equal'
REALISTIC = '"Fairly realistic images"'
WORKS_IT = '"It can be seen that it works.:)"'
CLAIMS = (
    Claim("binarized_gan", 20, '"the discriminator is able to acheive high accuracy"',
          "its accuracy on as many reals as fakes, 50 % where it cannot tell them apart",
          accuracy, "{:.1%}", least=0.75),
    *(
        Claim("binarized_gan", 20,
              '"the loss over each mini-batch does not decrease over time"',
              f"{loss}, mean of the last quarter of the epochs over that of the first",
              partial(trend, loss=loss), "{:.2f}", least=0.9)
        for loss in ("d_loss", "g_loss")
    ),
    *(
        Claim("fashion_gan", 50, NOT_BETTER,
              f"{evaluation.SCORES[score][0]}: share of the gap to real images that the best later "
              "epoch closes",
              partial(gap_closed, score=score), "{:.0%}", most=0.5)
        for score in ("classifier_score", "frechet_distance", "precision", "coverage", "modes")
    ),
    *(
        Claim("distribution_gan", 32, EQUILIBRIUM,
              f"{title} distance to the real values, over that between their halves",
              partial(over_real, score=score), "{:.1f}", most=2.0)
        for score, title in (("wasserstein_1", "Wasserstein-1"),
                             ("kolmogorov_smirnov", "Kolmogorov-Smirnov"))
    ),
    *(
        Claim(example, epochs, says, f"{score}, over that of real images",
              partial(over_real, score=score), "{:.2f}", least=0.5)
        for example, epochs, says in (("dcgan", 50, REALISTIC), ("bilinear_gan", 50, WORKS_IT),
                                      ("bilinear_gan", 100, WORKS_IT))
        for score in ("precision", "coverage")
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """What to play."""

    works: tuple[Literal[tuple(WORKS)], ...] = SHORT
    """Names of examples."""

    seeds: tuple[int, ...] | None = None
    """Seeds to play, one after another; None: those that the work has."""

    epochs: int | None = None
    """Leave out what takes more epochs than so many; None: nothing."""

    work: Path = Path("runs/claims")
    """Folder of the runs; needed only to go on with them."""

    out: Path = Path("benchmarks/results/claims.json")
    """File of the results; pictures are beside it."""

    again: bool = False
    """Play anew, from the beginning, also what is in the file already; a stopped run goes on
    without this flag."""

    def __post_init__(self):
        require(self.works, "works", "empty", f"among: {', '.join(WORKS)}")
        require(self.seeds is None or self.seeds, "seeds", "empty", "one or more numbers")
        least = self.epochs is None or self.epochs >= 1
        require(least, "epochs", self.epochs, "at least 1")


def part(example, name):
    """A module of an example, as "train"."""
    return importlib.import_module(f"{example}.{name}")


def evaluate(example, run=None, **settings):
    """Let an example's evaluate command score a run or, with pretrained, what comes along."""
    own = part(example, "evaluate")
    config = getattr(own, "Config", commands.Evaluation)(run, **settings)
    if callable(getattr(own, "evaluate", None)):  # a function: its scores are its own, or some
        return own.evaluate(config)
    return commands.evaluate(part(example, "train").EXAMPLE, config)


def score(example, folder, count):
    """Score a run that has been played to its end; count is that of the samples, all of one seed.

    Returns:
        What the result file keeps: a dict with the example, the seed, the epochs, facts of the
        last session, the first one's commit if it is another, the seconds trained in all, scores
        and those of real data, rounded to six digits; for binarized_gan also the means of
        accuracy.csv and of each epoch's losses.
    """
    run = folders.read_document(folder, example)
    settings, session = run["settings"], folders.sessions(run)[-1]
    evaluated = evaluate(example, folder, count=count, seeds=1)
    with np.load(checkpoints.newest(folder), allow_pickle=False) as archive:
        seconds = float(archive["seconds"])
    scores = {name: value["mean"] for name, value in evaluated["scores"].items()}
    kept = {
        "example": example,
        "seed": settings["seed"],
        "epochs": settings["epochs"],
        **facts(folder, example),
        **({"began": run["commit"]} if run["commit"] != session["commit"] else {}),
        "seconds": round(seconds, 1),
        "count": count,
        "scores": rounded(scores),
        "real": rounded({name: evaluated["real"][name] for name in scores}),
    }
    if example == "binarized_gan":
        rows, losses = tables.read_table(folder / "accuracy.csv"), folders.read_losses(folder)
        names = ("accuracy", "real", "fake")
        kept["accuracy"] = rounded({k: np.mean([row[k] for row in rows]) for k in names})
        epochs = range(settings["epochs"])
        of_epochs = [[row for row in losses if row["epoch"] == epoch] for epoch in epochs]
        kept["losses"] = {
            loss: [float(f"{np.mean([row[loss] for row in some]):.6g}") for some in of_epochs]
            for loss in ("d_loss", "g_loss")
        }
    return kept


def rounded(numbers):
    """A dict's numbers, to six digits."""
    return {name: float(f"{number:.6g}") for name, number in numbers.items()}


def moment(folder, epochs):
    """Where the samples of a run after some epochs are kept, of fixed noises: .png and .npz."""
    return folder / f"epochs-{epochs:03d}.png"


def keep(folder, epochs):
    """Keep the samples that a run has at its end: the picture, and the arrays that it shows."""
    for suffix in (".png", ".npz"):
        shutil.copy(folder / f"final{suffix}", moment(folder, epochs).with_suffix(suffix))


def draw(example, folder, out):
    """Write the pictures of a run beside the result file `out`."""
    kept = [(k, moment(folder, k)) for k in WORKS[example].epochs if moment(folder, k).exists()]
    for name in WORKS[example].pictures:
        if name == STRIP:
            found = [(k, path.with_suffix(".npz")) for k, path in kept]
            samples = history.read_samples(found)
            rows = [pictures.diagonal(arrays["images"], COLUMNS) for _, arrays in samples]
            strip = pictures.strip(rows, [f"epoch {epochs}" for epochs, _ in samples])
            pictures.write_png(folder / name, strip)
        if (folder / name).exists():  # one of a later moment does not yet
            shutil.copy(folder / name, picture(out, example, name))


def picture(out, example, name):
    """The path beside the result file of a picture that a run's folder has under some name."""
    return out.with_name(f"{out.stem}_{example}_{name}")


def load(path):
    """Return the result file's list of plays; an empty one if there is no file."""
    return folders.read_json(path)["plays"] if path.exists() else []


def key(play):
    """What tells two plays apart."""
    return play["example"], play["epochs"], play["seed"]


def add(path, played):
    """Put a play into the result file, in the place of an older one of its kind."""
    add_play(path, {"plays": load(path)}, played, key)


def numbers(claim, plays):
    """The claim's number for each seed that was played for as many epochs: a dict by seed."""
    seeds = {}
    for play in plays:
        if play["example"] == claim.example:
            seeds.setdefault(play["seed"], {})[play["epochs"]] = play
    return {
        seed: claim.number(of_it, claim.epochs)
        for seed, of_it in sorted(seeds.items())
        if claim.epochs in of_it
    }


def verdict(claim, found):
    """Whether a claim holds, in words; found are its numbers, one for each seed."""
    held = [claim.holds(number) for number in found]
    if all(held):
        return "holds"
    return f"holds for {sum(held)} of {len(held)} seeds" if any(held) else "**does not hold**"


def missing(example):
    """The command that plays an example."""
    return f"python -m benchmarks.claims --works {example}"


def work(config):
    """Play all works; the result file is written anew after each of their moments."""
    for example in config.works:
        chosen = WORKS[example]
        for seed in chosen.seeds if config.seeds is None else config.seeds:
            folder = config.work / f"{example}-{seed}"
            if config.again:
                shutil.rmtree(folder, ignore_errors=True)
            for epochs in chosen.epochs:
                if epochs > (config.epochs or epochs):
                    continue
                name = f"{example}, seed {seed}, {epochs} epochs"
                if not config.again and (example, epochs, seed) in map(key, load(config.out)):
                    print(f"{name}: in {config.out} already", flush=True)
                    continue
                wanted = replace(part(example, "train").SLIDES, seed=seed, epochs=epochs)
                trials.play(part(example, "train").EXAMPLE, wanted, folder)
                keep(folder, epochs)
                add(config.out, score(example, folder, COUNT))
                if seed == chosen.seeds[0]:
                    draw(example, folder, config.out)
                print(f"{name}: now in {config.out}", flush=True)


if __name__ == "__main__":
    main("claims", Config, work, __doc__)
