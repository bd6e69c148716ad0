"""Times how long the generators that come along take to draw digits, all in turn in each round."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.shared import main
from common.commands import generators, trials
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.settings import require_least

FAMILIES = {  # of the examples that learn MNIST, what they are
    "mnist_wgan": "Wasserstein GAN that is asked for a digit",
    "bilinear_gan": "GAN, both networks in one step",
    "binarized_gan": "GAN, digits in black and white",
    "beyond.vae": "variational autoencoder",
    "beyond.pixelcnn": "PixelCNN, pixel by pixel",
    "beyond.rbm": "restricted Boltzmann machine",
}


@dataclass(frozen=True)
class Config:
    """How much to draw, and how often."""

    count: int = 100
    """Digits drawn at a time."""

    rounds: int = 7
    """How often each is timed, after once that is not."""

    out: Path = Path("benchmarks/results/drawing.json")
    """File of the results."""

    def __post_init__(self):
        require_least(self, count=1, rounds=1)


def work(config):
    """Draw and write the file."""
    session = folders.describe_session(devices.prepare(None, "float32"))
    began, source = time.monotonic(), generators.Source(pretrained=True)
    drawing = {}
    for name in FAMILIES:
        example = trials.load(name)
        settings = generators.settings(source, example)
        drawing[name] = example, generators.load(source, example), settings
    seconds = {name: [] for name in FAMILIES}
    for number in range(config.rounds + 1):
        for name, (example, generator, settings) in drawing.items():
            start = time.perf_counter()
            example.samples(generator, number, config.count, settings)
            if number:  # the first compiles
                seconds[name].append(round(time.perf_counter() - start, 4))
    config.out.parent.mkdir(parents=True, exist_ok=True)
    took = round(time.monotonic() - began, 1)
    write_json(config.out, {"count": config.count, "draws": seconds, "seconds": took, **session})


if __name__ == "__main__":
    main("drawing", Config, work, __doc__)
