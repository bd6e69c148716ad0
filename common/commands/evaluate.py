"""Every image example's evaluate command."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from common import status
from common.commands import generators
from common.commands.example import ImageExample, is_own
from common.data import datasets
from common.engines import devices
from common.errors import UserError
from common.figures import pictures
from common.files import write_json, writing
from common.runs import folders
from common.scores import evaluation
from common.scores.evaluation import copies, score, summarize
from common.settings import command_line, from_json, require


@dataclass(frozen=True)
class Evaluation(generators.Source):
    """What every image example's evaluate takes."""

    count: int = 10_000
    """Samples of each seed."""

    seeds: int = 3
    """Seeds 0 to seeds - 1 of the noise; scores are means over them."""

    train_on_fake: bool = False
    """Also train a classifier on each seed's samples alone, labelled with what was asked for, and
    score it by real test images; of examples that ask for classes. About half a minute a seed."""

    out: Path | None = None
    """The scores as JSON, and beside them a picture of samples over their nearest training images,
    ten as they come and the ten closest; None: evaluation.json in the run's folder, or here where
    there is none."""

    def __post_init__(self):
        super().__post_init__()
        require(100 <= self.count <= 100_000, "count", self.count, "from 100 to 100000")
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")
        known = self.out is None or self.out.suffix == ".json"
        require(known, "out", self.out, "a .json file")


@dataclass(frozen=True)
class LikelihoodEvaluation(Evaluation):
    """What evaluate takes where a likelihood can be told, too."""

    test_images: int = 10_000
    """The first so many test images whose likelihood is told; 0: none, only the scores."""

    def __post_init__(self):
        super().__post_init__()
        images = self.test_images
        require(0 <= images <= 10_000, "test-images", images, "from 0 to 10000")


def command(
    example: Any,
    description: str,
    argv: list[str] | None = None,
    config_class: type = Evaluation,
    work: Callable | None = None,
) -> int:
    """The command line; returns its exit status.

    Args:
        description, argv: see common.commands.train.command().
        config_class: Evaluation, or what the example makes of it.
        work: function of the config that scores; None: evaluate().
    """
    prog = f"python -m {example.name}.evaluate"

    def run():
        config = command_line(prog, config_class, description, argv)
        if config.train_on_fake and not getattr(example, "classes", 0):
            raise UserError(
                f"--train-on-fake needs labels, but {example.name} is not asked for any"
            )
        return evaluate(example, config) if work is None else work(config)

    return status.run(run)


def evaluate(example: ImageExample, config: Evaluation) -> dict:
    """Score the generator that a config names, print a table and write the files; see report().

    Raises:
        UserError: there is no such generator, the user's images that it learned are gone or too
            few, or the file cannot be written.
    """
    began = time.monotonic()
    generator = generators.load(config, example)
    place(config)  # before the work of minutes, not only after it
    settings = generators.settings(config, example)
    data = learned(config, example, settings) if is_own(settings) else None
    reference = example.reference(settings, data)
    scores, picture, real = [], None, reference.test
    if config.train_on_fake:
        (images, labels), test, count = real_images(example, data)
        as_many = images[: config.count], labels[: config.count]
        real = real | {"train_on_fake_accuracy": evaluation.train_on(as_many, test, count)}
    for seed in range(config.seeds):
        images, asked = example.samples(generator, seed, config.count, settings)
        scores.append(score(images, reference, asked))
        if config.train_on_fake:
            fakes = datasets.pixels(images), asked
            scores[-1]["train_on_fake_accuracy"] = evaluation.train_on(fakes, test, count, seed)
        picture = copies(images, reference) if picture is None else picture
    names = data.classes if data else ()
    titles = evaluation.named(reference.classes) | evaluation.LONGER
    return report(config, example.name, titles, scores, real, began, picture, names)


def real_images(example, data):
    """Real images with their labels to learn from, others to test with, and the number of classes.

    Args:
        data: the Loaded of a user's images; None: the example's embedded ones.
    """
    if data is None:
        found = datasets.load(example.dataset)
        return found[:2], found[2:], datasets.CLASSES
    away = evaluation.held_out_of(data.labels)
    parts = [(data.images[which], data.labels[which]) for which in (~away, away)]
    return *parts, len(data.classes)


def evaluate_likelihood(example, config, measure, likelihood_table):
    """Score as evaluate() does, then tell the likelihood of the test images: print and write both.

    Args:
        example: ImageExample.
        config: LikelihoodEvaluation.
        measure: function of the run's binarisation that returns what it finds, a dict.
        likelihood_table: function of the document's "likelihood" that returns a rich Table.

    Returns:
        The document of evaluate(), with "likelihood" in it.

    Raises:
        UserError: see evaluate(); or the images were the user's, which have no test images.
    """
    settings = generators.settings(config, example)
    if config.test_images > 0 and is_own(settings):
        raise UserError("your own images come without test images; give --test-images 0")
    document = evaluate(example, config)
    if config.test_images == 0:
        return document
    began, binarisation = time.monotonic(), settings.get("binarisation", "dynamic")
    document["likelihood"] = {
        "binarisation": binarisation,
        "test_images": config.test_images,
        **measure(binarisation),
        "seconds": round(time.monotonic() - began, 1),
    }
    write_json(place(config), document)
    show(lambda _: likelihood_table(document["likelihood"]))
    return document


def learned(config, example, settings):
    """Load the images that a run learned from, a Loaded.

    Raises:
        UserError: they are gone or changed.
    """
    facts = generators.facts(config, example)
    data = datasets.load_training(
        example.dataset, from_json(example.settings, settings, str(config)), example.first
    )
    if datasets.fingerprint(data.images, data.labels) != facts.get("data_sha256"):
        where = settings["data_dir"] or example.dataset
        raise UserError(f"{where} is not what {config} learned; put the old images there")
    return data


def place(config):
    """Return the path of an Evaluation's JSON file, in a folder that is there or is made."""
    out = config.out or (config.folder or Path()) / "evaluation.json"
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    return out


def report(config, example, names, scores, real, began, picture, classes=()):
    """Write an evaluation's JSON file and its picture, print the table, and return the document.

    Args:
        config: Evaluation.
        example: name of the example's folder.
        names: like SCORES.
        scores: dicts from those names to numbers, one for each seed.
        real: the same of real data.
        began: time.monotonic() at the start.
        picture: uint8 array, see common.figures.pictures.write_png.
        classes: their names, where they are not numbers.
    """
    out = place(config)
    document = {
        "example": example,
        "of": str(config),
        "count": config.count,
        "seeds": config.seeds,
        "scores": summarize(scores),
        "real": real,
        "seconds": round(time.monotonic() - began, 1),
        **folders.describe_session(devices.prepare(None, "float32")),
    }
    write_json(out, document)
    pictures.write_png(out.with_suffix(".png"), picture)
    between = {True: "+-", False: "±"}
    show(lambda ascii_only: table(document, names, classes, between[ascii_only]))
    print(f"{out} and {out.with_suffix('.png')}")
    return document


def show(make):
    """Print a rich Table, make()'s of whether the screen has ASCII alone."""
    console = Console()
    with console.capture() as shown:  # by itself it ends the process when its reader goes away
        console.print(make(console.options.ascii_only))
    print(shown.get(), end="")


def table(document, names, classes=(), between="±"):
    """An evaluation's document as a rich Table; `between` stands between a mean and its deviation.
    Other args: see report()."""
    seeds = f"{document['seeds']} seed" + "s" * (document["seeds"] > 1)
    result = Table(title=f"{document['example']}: {document['of']}")
    samples = f"{document['count']:,} samples, mean {between} deviation of {seeds}"
    for head in ("", samples, "real ones", "better"):
        result.add_column(head)
    for name, (title, form, better) in names.items():
        if name in document["scores"]:
            ours, real = document["scores"][name], document["real"][name]
            spread = f"{form.format(ours['mean'])} {between} {form.format(ours['deviation'])}"
            result.add_row(title, spread, form.format(real), better)
    by_class = document["scores"].get("asked_label_accuracy_by_class")
    if by_class is not None and "asked_label_accuracy_by_class" in document["real"]:
        real = document["real"]["asked_label_accuracy_by_class"]
        for k, (ours, theirs) in enumerate(zip(by_class["mean"], real, strict=True)):
            name = classes[k] if classes else k
            result.add_row(f"  asked for {name}", f"{ours:.2%}", f"{theirs:.2%}", "higher")
    return result
