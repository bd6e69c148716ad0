"""Score a trained generator and compute the log-likelihood of the test images, as in RUN.

Samples are scored beside real digits in black and white, each pixel drawn once by its grey.
The likelihood is exact, of binarized test images: once each, by chance, or for a run with
--binarisation threshold those above 0.5.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from beyond.pixelcnn.generator import network_of
from beyond.pixelcnn.lecture import nats
from beyond.pixelcnn.train import EXAMPLE
from common import status
from common.commands import evaluate as commands
from common.commands import generators
from common.commands.example import is_own
from common.errors import UserError
from common.files import write_json
from common.likelihood import binarized_test_images
from common.settings import command_line, require

PAPER = "-81.30"  # van den Oord et al., of other binarized digits: README.md
BATCH = 100


@dataclass(frozen=True)
class Config(commands.Evaluation):
    """What to score, and of how many test images to compute the likelihood."""

    test_images: int = 10_000
    """The first so many test images whose likelihood is computed; 0: none, only the scores."""

    def __post_init__(self):
        super().__post_init__()
        images = self.test_images
        require(0 <= images <= 10_000, "test-images", images, "from 0 to 10000")


def log_likelihood(network, images):
    """log p(x) of each image in nats, float64 (N,), at most 0.

    Args:
        network: lecture.create_network()'s.
        images: x, float32 (N, 28, 28, 1), pixels 0 or 1.
    """
    found = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        found.append(-np.asarray(nats(batch, network.predict_on_batch(batch)), "float64"))
    return np.concatenate(found)


def evaluate(config):
    """Score a generator as in every image example, then compute the likelihood of the test images,
    print both and write them.

    Returns:
        The document of common.commands.evaluate.evaluate() with "likelihood" in it.

    Raises:
        UserError: see there; or the images were the user's, which have no test images.
    """
    settings = generators.settings(config, EXAMPLE)
    if config.test_images > 0 and is_own(settings):
        raise UserError("your own images come without test images; give --test-images 0")
    document = commands.evaluate(EXAMPLE, config)
    if config.test_images == 0:
        return document
    began, binarisation = time.monotonic(), settings.get("binarisation", "dynamic")
    images = binarized_test_images(binarisation, config.test_images)
    found = log_likelihood(network_of(generators.load(config, EXAMPLE)), images)
    document["likelihood"] = {
        "binarisation": binarisation,
        "test_images": len(images),
        "log_likelihood": float(np.mean(found)),
        "standard_error": float(np.std(found) / np.sqrt(len(found))),
        "seconds": round(time.monotonic() - began, 1),
    }
    write_json(commands.place(config), document)
    console = Console()
    with console.capture() as shown:  # by itself it ends the process when its reader goes away
        console.print(table(document["likelihood"]))
    print(shown.get(), end="")
    return document


def table(found):
    """A document's "likelihood" as a rich Table."""
    images, binarisation = found["test_images"], found["binarisation"]
    result = Table(title=f"log p(x) of {images:,} test images, binarisation {binarisation}")
    for head in ("", "nats", "van den Oord et al."):
        result.add_column(head)
    theirs = PAPER if binarisation == "dynamic" else ""
    result.add_row("log-likelihood", f"{found['log_likelihood']:.2f}", theirs)
    result.add_row("standard error", f"{found['standard_error']:.2f}", "")
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    prog = f"python -m {EXAMPLE.name}.evaluate"
    return status.run(lambda: evaluate(command_line(prog, Config, __doc__, argv)))


if __name__ == "__main__":
    sys.exit(main())
