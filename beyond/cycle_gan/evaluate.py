"""Tell what a translation between two domains keeps and changes, as in RUN: a fresh classifier of
both domains, the digits read, the error per pixel beside the known pairs, what is lost there and
back, and what changes that should not.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from beyond.cycle_gan import scoring
from beyond.cycle_gan.train import EXAMPLE, translate, ways
from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures import pictures
from common.files import write_json
from common.runs import folders
from common.scores.evaluation import summarize
from common.settings import require

SCORES = {  # see common.scores.evaluation.SCORES; there: x as y, back: y as x
    "found_there": ("x as y: taken for y by a fresh classifier", "{:.1%}", "higher"),
    "found_back": ("y as x: taken for x", "{:.1%}", "higher"),
    "digits_there": ("x as y: digits read", "{:.2%}", "higher"),
    "digits_back": ("y as x: digits read", "{:.2%}", "higher"),
    "digits_cycle": ("x as y and back: digits read", "{:.2%}", "higher"),
    "error_there": ("x as y: error per pixel, 0 to 1", "{:.4f}", "lower"),
    "error_back": ("y as x: error per pixel", "{:.4f}", "lower"),
    "cycle_x": ("x as y and back: error per pixel", "{:.4f}", "lower"),
    "cycle_y": ("y as x and back: error per pixel", "{:.4f}", "lower"),
    "cycle_true": ("the same from the true x, not the translated", "{:.4f}", "lower"),
    "ground_there": ("x as y: light where all is black, 0 to 1", "{:.4f}", "lower"),
    "ground_back": ("y as x: light where all is black", "{:.4f}", "lower"),
    "ink_there": ("x as y: light beside the true y's", "{:.2f}", "as real"),
    "ink_back": ("y as x: light beside the true x's", "{:.2f}", "as real"),
}
SHOWN = 10  # images of each kind on the picture


@dataclass(frozen=True)
class Config(commands.Evaluation):
    """What to judge, and how strictly."""

    count: int = 2_000
    """The first so many test digits, in both domains; of your own images all."""

    seeds: int = 1
    """Seeds 0 to seeds - 1 of the fresh classifier; what it finds are means over them."""

    classifier_epochs: int = 3
    """Passes of the fresh classifier over 10,000 training images of each domain, or of your own
    images over all."""

    def __post_init__(self):
        super().__post_init__()
        require(self.count <= 10_000, "count", self.count, "at most 10000")
        epochs = self.classifier_epochs
        require(epochs >= 1, "classifier-epochs", epochs, "at least 1")


def evaluate(config):
    """Judge the generator that a config names, print a table and write the files.

    Returns:
        The document, a dict; beside its "scores" those of true pairs, "real", and of images that
        nobody translated, "untouched".

    Raises:
        UserError: there is no such generator, the user's images that it learned are gone or
            changed, or the file cannot be written.
    """
    began = time.monotonic()
    generator = generators.load(config, EXAMPLE)
    out = commands.place(config)
    test = scoring.test_domains(config, EXAMPLE, config.count)
    made = scoring.there_and_back(generator, test)
    x, y = test.x, test.y
    found, real, untouched = [], [], []
    for seed in range(config.seeds):
        judge = scoring.reader(test, config.classifier_epochs, seed)
        found.append(scoring.scores(test, judge, *made))
        real.append(scoring.scores(test, judge, y, x, x, y))
        untouched.append(scoring.scores(test, judge, x, y, x, y))
        if test.pair:
            # Where stripes are is no part of x: it comes back only if the translation hides it.
            anew = datasets.as_on_a_screen(translate(generator, x, x)[0])
            found[-1]["cycle_true"] = scoring.error(anew, y)
            real[-1]["cycle_true"] = untouched[-1]["cycle_true"] = 0.0
    document = {
        "example": EXAMPLE.name,
        "of": str(config),
        "count": len(x),
        "seeds": config.seeds,
        "scores": summarize(found),
        "real": means(real),
        "untouched": means(untouched),
        "domains": {"names": list(test.names), "classifier_epochs": config.classifier_epochs},
        "seconds": round(time.monotonic() - began, 1),
        **folders.describe_session(devices.prepare(None, "float32")),
    }
    write_json(out, document)
    fake_y, fake_x, again_x, again_y = made
    rows = [x, fake_y, again_x, y, fake_x, again_y]
    images = np.concatenate([np.resize(row[:SHOWN], (SHOWN, 28, 28, 1)) for row in rows])
    names = np.repeat(ways(test.names), SHOWN)
    pictures.write_png(out.with_suffix(".png"), pictures.grid(images, SHOWN, names=names))
    commands.show(lambda _: table(document))
    print(f"{out} and {out.with_suffix('.png')}")
    return document


def means(found):
    """The mean of each score over dicts of them."""
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def note(document):
    """What a document's scores are of, in words, for the weights' card."""
    x, y = document["domains"]["names"]
    seeds = f"{document['seeds']} seed" + "s" * (document["seeds"] > 1)
    return (
        f"Of {document['count']:,} test digits; x: {x}, y: {y}. Fresh classifiers: {seeds}. Real "
        "data: true pairs in the translations' place. What they mean: [scoring.py](../scoring.py)."
    )


def table(document):
    """A document's scores as a rich Table."""
    x, y = document["domains"]["names"]
    result = Table(title=f"{document['example']}: {document['of']}; x: {x}, y: {y}")
    for head in ("", "translated", "not translated", "true pairs"):
        result.add_column(head)
    for name, (title, form, _) in SCORES.items():
        if name in document["scores"]:
            values = (document["scores"][name]["mean"], document["untouched"][name],
                      document["real"][name])  # fmt: skip
            result.add_row(title, *map(form.format, values))
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, evaluate)


if __name__ == "__main__":
    sys.exit(main())
