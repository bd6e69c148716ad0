"""Tell how much of the batches is left in what a generator makes, and how much of the digits, as in
RUN: a fresh classifier of batches, the classifier of digits, and the error per pixel, beside
histogram matching and no correction.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from beyond.batch_equalisation import scoring
from beyond.batch_equalisation.histograms import Matching
from beyond.batch_equalisation.lecture import REFERENCE
from beyond.batch_equalisation.train import EXAMPLE, equalise
from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures import pictures
from common.files import write_json
from common.runs import folders
from common.scores.evaluation import summarize
from common.settings import require

SCORES = {  # of what is equalised, as ink: see common.scores.evaluation.SCORES
    "batch_accuracy": ("batches told by a fresh classifier", "{:.1%}", "lower"),
    "digit_accuracy": ("digits read by the classifier of digits", "{:.2%}", "higher"),
    "pixel_error": ("error per pixel, 0 to 1", "{:.4f}", "lower"),
}
METHODS = ("raw", "histogram matched", "equalised")
INK = "{}, ink"  # a method's images, or anyone's, in black and white
SHOWN = 10  # images of each batch and method on the picture


@dataclass(frozen=True)
class Config(commands.Evaluation):
    """What to judge, and how strictly."""

    count: int = 4_000
    """The first so many test digits, which all experimenters record; of your own images all."""

    seeds: int = 1
    """Seeds 0 to seeds - 1 of the fresh classifier; accuracies are means over them."""

    classifier_epochs: int = 5
    """Passes of the fresh classifier over half of the images, at least 300 updates; on the other
    half it is tested."""

    def __post_init__(self):
        super().__post_init__()
        require(self.count <= 10_000, "count", self.count, "at most 10000")
        epochs = self.classifier_epochs
        require(epochs >= 1, "classifier-epochs", epochs, "at least 1")


def methods(generator, batches):
    """A batches' images by METHODS in 256 grey values, and where they are paired each as ink, too:
    float32 (N, 28, 28, 1)."""
    matching = Matching(batches.learned, batches.learned_numbers)
    found = (
        batches.images, matching(batches.images, batches.numbers),
        equalise(generator, batches.images, batches.numbers),
    )  # fmt: skip
    grey = dict(zip(METHODS, map(datasets.as_on_a_screen, found), strict=True))
    if not batches.paired:
        return grey
    return grey | {INK.format(method): scoring.as_ink(each) for method, each in grey.items()}


def judge(config, batches, images):
    """What is found of each method.

    Args:
        config: Config.
        batches: scoring.Batches.
        images: see methods().

    Returns:
        A dict of dicts by method: "batch_accuracy", a list, a number for each seed; where the
        batches are paired also "digit_accuracy" and "pixel_error", dicts by batch. And the
        accuracy that tells nothing.
    """
    found = {}
    for method, each in images.items():
        found[method] = {
            "batch_accuracy": [
                scoring.batch_accuracy(
                    each, batches.numbers, batches.places, config.classifier_epochs, seed
                )
                for seed in range(config.seeds)
            ]
        }
        if batches.paired:
            found[method]["digit_accuracy"] = scoring.digit_accuracies(each, batches)
            found[method]["pixel_error"] = scoring.errors(each, batches)
    chance = float(np.bincount(batches.numbers).max() / len(batches.numbers))
    return found, chance


def best(paired):
    """The key of what is judged: of digits the equalised ones as ink."""
    return INK.format(METHODS[-1]) if paired else METHODS[-1]


def of_others(by_name, names):
    """The mean over all batches but the reference."""
    return float(np.mean([by_name[name] for name in names if name != names[REFERENCE]]))


def evaluate(config):
    """Judge the generator that a config names, print a table and write the files.

    Returns:
        The document, a dict; its "scores" are those of what is equalised, of digits as ink; "real"
        what they would be if all batches were the reference's recordings.

    Raises:
        UserError: there is no such generator, the user's images that it learned are gone or
            changed, or the file cannot be written.
    """
    began = time.monotonic()
    generator = generators.load(config, EXAMPLE)
    out = commands.place(config)
    batches = scoring.test_batches(config, EXAMPLE, config.count)
    images = methods(generator, batches)
    found, chance = judge(config, batches, images)
    names, ours = batches.names, found[best(batches.paired)]
    scores = [{"batch_accuracy": share} for share in ours["batch_accuracy"]]
    real = {"batch_accuracy": chance}
    if batches.paired:
        for name in ("digit_accuracy", "pixel_error"):
            scores = [{**each, name: of_others(ours[name], names)} for each in scores]
            real[name] = ours[name][names[REFERENCE]]
    document = {
        "example": EXAMPLE.name,
        "of": str(config),
        "count": config.count if batches.paired else len(batches.images),
        "seeds": config.seeds,
        "scores": summarize(scores),
        "real": real,
        "batches": {"names": list(names), "classifier_epochs": config.classifier_epochs, **found},
        "seconds": round(time.monotonic() - began, 1),
        **folders.describe_session(devices.prepare(None, "float32")),
    }
    write_json(out, document)
    pictures.write_png(out.with_suffix(".png"), stripes(batches, images))
    commands.show(lambda _: table(document))
    print(f"{out} and {out.with_suffix('.png')}")
    return document


def note(document):
    """What a document's scores are of, in words, for the weights' card."""
    first, *others = document["batches"]["names"]
    seeds = f"{document['seeds']} seed" + "s" * (document["seeds"] > 1)
    return (
        f"Of {document['count']:,} test digits as {', '.join(others)} recorded them, equalised, in "
        f"black and white; a fresh classifier of {seeds} told them and the {first}'s apart, by "
        f"chance {document['real']['batch_accuracy']:.0%}. Errors are mean absolute differences "
        f"from what the {first} recorded, in black and white, too. What they mean: "
        "[scoring.py](../scoring.py)."
    )


def stripes(batches, images):
    """A picture of the first recordings of each batch by each method, uint8."""
    rows, names = [], []
    shown = {key: images[key] for key in dict.fromkeys([*METHODS, best(batches.paired)])}
    for number, batch in enumerate(batches.names):
        for method, each in shown.items():
            if number != REFERENCE or method == METHODS[0]:
                rows.append(np.resize(each[batches.numbers == number][:SHOWN], (SHOWN, 28, 28, 1)))
                names += [batch if number == REFERENCE else f"{batch}, {method}"] * SHOWN
    return pictures.grid(np.concatenate(rows), SHOWN, names=names)


def table(document):
    """A document's "batches" as a rich Table: a column a method."""
    found, real = document["batches"], document["real"]
    first, *others = found["names"]
    seeds = f"{document['seeds']} seed" + "s" * (document["seeds"] > 1)
    result = Table(title=f"{document['example']}: {document['of']}, {seeds}")
    for head in ("", *METHODS, f"all {first}"):
        result.add_column(head)

    def add(words, form, values, at_best):
        """A row of each method's value and what it would be of the reference alone."""
        result.add_row(words, *map(form.format, [*values, at_best]))

    for form in ("{}", INK) if best(True) in found else ("{}",):
        by_method = [found[form.format(method)] for method in METHODS]
        told = [np.mean(each["batch_accuracy"]) for each in by_method]
        add(form.format("batches told"), "{:.1%}", told, real["batch_accuracy"])
        for score, words, shown in (
            ("digit_accuracy", "digits, {}", "{:.2%}"),
            ("pixel_error", "error, {}", "{:.4f}"),
        ):
            for name in others if score in by_method[0] else ():
                values = [each[score][name] for each in by_method]
                at_best = by_method[0][score][first]
                add(form.format(words.format(name)), shown, values, at_best)
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, evaluate)


if __name__ == "__main__":
    sys.exit(main())
