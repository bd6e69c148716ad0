"""What the sources say of their own results, held against this project's.

Each work is played as its source has it, preset slides, over a few seeds; after the epochs that its
source speaks of its samples are scored. The seeds of a work are runs in a folder that common.sweep
plays further from one of these moments to the next: stop or kill this when you like, the same
command goes on from the last checkpoint, at most a minute back. Calls add up in one result file.
dcgan and bilinear_gan take hours and are played only if they are named.
"""

import importlib
import math
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.shared import add_play, facts, main, plays_in, rounded
from common import sweep
from common.commands import evaluate as commands
from common.commands import on_ray, trials
from common.figures import pictures
from common.runs import checkpoints, folders, history, tables
from common.scores import evaluation
from common.settings import require, require_least

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
    number: object  # function from a seed's plays, up to those epochs, to a float
    form: str  # of the number
    least: float = -math.inf  # it holds for a seed whose number is at least this,
    most: float = math.inf  # and at most that

    def holds(self, number):
        """Whether it does for a seed with that number."""
        return self.least <= number <= self.most

    @property
    def rule(self):
        """When it holds, in words."""
        bounds = {"at least": self.least, "at most": self.most}
        there = {word: bound for word, bound in bounds.items() if math.isfinite(bound)}
        return " and ".join(f"{word} {self.form.format(bound)}" for word, bound in there.items())


def accuracy(plays):
    """The trained discriminator's accuracy, a mean over minibatches of reals and fakes."""
    return plays[-1]["accuracy"]["accuracy"]


def trend(plays, loss):
    """A loss's mean over the last quarter of the epochs, over that of the first quarter."""
    means = plays[-1]["losses"][loss]
    quarter = max(1, len(means) // 4)
    return float(np.mean(means[-quarter:]) / np.mean(means[:quarter]))


def gap_closed(plays, score):
    """The share of the gap between the first scored epoch and real images that was closed at best
    by any later one; 0 where there is no gap, below 0 where all later ones were worse."""
    first, *later = (play["scores"][score] for play in plays)
    gap = plays[-1]["real"][score] - first
    if gap == 0 or (gap > 0) != (evaluation.SCORES[score][2] == "higher"):
        return 0.0
    return max((value - first) / gap for value in later)


def over_real(plays, score):
    """A score, over that of the real data in the samples' place."""
    return plays[-1]["scores"][score] / plays[-1]["real"][score]


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
    """Seeds to play; None: those that the work has."""

    epochs: int | None = None
    """Leave out what takes more epochs than so many; None: nothing."""

    work: Path = Path("runs/claims")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/claims.json")
    """File of the results; pictures are beside it."""

    again: bool = False
    """Play anew, from the beginning, also what is in the file already; a stopped run goes on
    without this flag."""

    fleet: on_ray.Flags = on_ray.HERE

    def __post_init__(self):
        require(self.works, "works", "empty", f"among: {', '.join(WORKS)}")
        require(self.seeds is None or self.seeds, "seeds", "empty", "one or more numbers")
        require_least(self, epochs=1)


def evaluate(example, run=None, **settings):
    """Let an example's evaluate command score a run or, with pretrained, what comes along."""
    own = importlib.import_module(f"{example}.evaluate")
    config = getattr(own, "Config", commands.Evaluation)(run, **settings)
    if callable(getattr(own, "evaluate", None)):  # a function: its scores are its own, or some
        return own.evaluate(config)
    return commands.evaluate(trials.load(example), config)


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
    kept = {
        "example": example,
        "seed": settings["seed"],
        "epochs": settings["epochs"],
        **facts(folder),
        **({"began": run["commit"]} if run["commit"] != session["commit"] else {}),
        "seconds": round(checkpoints.seconds(checkpoints.newest(folder)), 1),
        "count": count,
        "scores": {name: rounded(score["mean"]) for name, score in evaluated["scores"].items()},
        "real": {name: rounded(evaluated["real"][name]) for name in evaluated["scores"]},
    }
    if example == "binarized_gan":
        rows, losses = tables.read_table(folder / "accuracy.csv"), folders.read_losses(folder)
        names, epochs = ("accuracy", "real", "fake"), range(settings["epochs"])
        kept["accuracy"] = {name: mean(rows, name) for name in names}
        of_epochs = [[row for row in losses if row["epoch"] == epoch] for epoch in epochs]
        kept["losses"] = {
            loss: [mean(some, loss) for some in of_epochs] for loss in ("d_loss", "g_loss")
        }
    return kept


def mean(rows, name):
    """A column's mean, to six digits."""
    return rounded(np.mean([row[name] for row in rows]))


def moment(folder, epochs):
    """Where the samples of a run after some epochs are kept, of fixed noises: .png and .npz."""
    return folder / f"epochs-{epochs:03d}.png"


def keep(folder, epochs):
    """Keep the samples that a run has at its end: the picture, and the arrays that it shows."""
    for suffix in (".png", ".npz"):
        shutil.copy(folder / f"final{suffix}", moment(folder, epochs).with_suffix(suffix))


def draw(example, folder, out):
    """Write the pictures of a run beside the result file `out`."""
    moments = [(k, moment(folder, k).with_suffix(".npz")) for k in WORKS[example].epochs]
    for name in WORKS[example].pictures:
        if name == STRIP:
            samples = history.read_samples([(k, path) for k, path in moments if path.exists()])
            rows = [pictures.diagonal(arrays["images"], COLUMNS) for _, arrays in samples]
            strip = pictures.strip(rows, [f"epoch {epochs}" for epochs, _ in samples])
            pictures.write_png(folder / name, strip)
        if (folder / name).exists():  # one of a later moment does not yet
            shutil.copy(folder / name, picture(out, example, name))


def picture(out, example, name):
    """The path beside the result file of a picture that a run's folder has under some name."""
    return out.with_name(f"{out.stem}_{example}_{name}")


def key(play):
    """What tells two plays apart."""
    return play["example"], play["epochs"], play["seed"]


def numbers(claim, plays):
    """The claim's number for each seed that was played for as many epochs: a dict by seed."""
    seeds = {}
    for play in sorted(plays, key=key):
        if play["example"] == claim.example and play["epochs"] <= claim.epochs:
            seeds.setdefault(play["seed"], []).append(play)
    reached = {seed: of_it for seed, of_it in seeds.items() if of_it[-1]["epochs"] == claim.epochs}
    return {seed: claim.number(of_it) for seed, of_it in sorted(reached.items())}


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
    """Play all works from moment to moment; the result file is written anew after each."""
    for name in config.works:
        seeds = WORKS[name].seeds if config.seeds is None else config.seeds
        if config.again:
            for seed in seeds:
                shutil.rmtree(config.work / name / trials.name_of({}, seed), ignore_errors=True)
        for epochs in WORKS[name].epochs:
            if epochs <= (config.epochs or epochs):
                play_to(epochs, name, seeds, config)


def play_to(epochs, name, seeds, config):
    """Play an example's seeds to so many epochs, and keep what they are then."""
    example, folder, left = trials.load(name), config.work / name, {}
    there = [] if config.again else [key(play) for play in plays_in(config.out)]
    for seed in seeds:
        if (name, epochs, seed) in there:
            print(f"{name}, seed {seed}, {epochs} epochs: in {config.out} already", flush=True)
        else:
            wanted = replace(example.presets["slides"], seed=seed, epochs=epochs)
            left[seed] = trials.Trial(trials.name_of({}, seed), wanted)
    if left:
        sweep.play(example, list(left.values()), folder, fleet=config.fleet)
    for seed, trial in left.items():
        run = folder / trial.name
        if trials.ended(run) == "finished":
            keep(run, epochs)
            add_play(config.out, score(name, run, COUNT), key)
            if seed == WORKS[name].seeds[0]:
                draw(name, run, config.out)
            print(f"{name}, seed {seed}, {epochs} epochs: now in {config.out}", flush=True)


if __name__ == "__main__":
    main("claims", Config, work, __doc__)
