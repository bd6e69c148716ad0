"""What images of a GAN are worth to a classifier that has few labels.

"Supplementing data when there is none [...] serious error potential", says Gale and Eglen's slide
"Data Augmentation". Here a classifier learns from 100, 1,000 or 6,000 labelled digits, with and
without images of mnist_wgan, which has learned from those same digits alone; beside it what is
usual, digits that are shifted, turned and zoomed; and images of the GAN alone. All see as many
images in as many updates. The weights that come along have a score of the same kind. Stop it when
you like, the same command goes on.
"""

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from benchmarks.claims import evaluate
from benchmarks.shared import Trials, earlier, facts, main
from common import sweep
from common.commands import generators, trials
from common.data import datasets
from common.engines import devices
from common.files import whole, write_json
from common.runs import folders
from common.scores import classifier, evaluation
from common.settings import require, require_least
from mnist_wgan.train import EXAMPLE, PRESETS

KEPT = ("asked_label_accuracy", "frechet_distance", "precision", "coverage")


@dataclass(frozen=True)
class Config(Trials):
    """How many labels, how often, and how long; seeds are of the labelled digits, the GAN and the
    classifiers."""

    labels: tuple[int, ...] = (100, 1_000, 6_000)
    """Labelled digits, as many of each: a multiple of 10, from 100 on."""

    iterations: int = PRESETS["quick"].iterations
    """Iterations of mnist_wgan's preset quick."""

    fakes: int = 6_000
    """Images of each GAN."""

    epochs: int = 3
    """Epochs of each classifier, over twice as many images as a GAN gives."""

    work: Path = Path("runs/augmentation")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/augmentation.json")
    """File of the results."""

    def __post_init__(self):
        super().__post_init__()
        for count in self.labels:
            fits = 100 <= count <= 50_000 and count % 10 == 0
            require(fits, "labels", count, "a multiple of 10 from 100 to 50000")
        require(self.labels, "labels", "empty", "one or more numbers")
        require_least(self, iterations=1, fakes=max(100, *self.labels), epochs=1)


def labelled(count, seed):
    """So many of MNIST's training digits, as many of each digit, drawn by the seed: uint8 images
    (count, 28, 28) and labels (count,)."""
    data = datasets.load("mnist")
    order = np.random.default_rng(seed).permutation(len(data.x_train))
    of_digit = [order[data.y_train[order] == digit][: count // 10] for digit in range(10)]
    chosen = np.concatenate(of_digit)
    return data.x_train[chosen], data.y_train[chosen]


def again(images, labels, count):
    """Images and labels, all over again until they are so many."""
    numbers = np.arange(count) % len(images)
    return images[numbers], labels[numbers]


def training_sets(real, fake):
    """What the classifiers learn from, all as many images.

    Args:
        real: labelled digits, images and labels.
        fake: those of the GAN, of which there are at least as many.

    Returns:
        dict from a name to images, labels, and whether they are augmented as usual.
    """
    count = len(fake[0])
    alone = again(*real, 2 * count)
    both = [np.concatenate(pair) for pair in zip(again(*real, count), fake, strict=True)]
    return {
        "labels": (*alone, False),
        "labels and generated": (*both, False),
        "labels, augmented": (*alone, True),
        "labels and generated, augmented": (*both, True),
        "generated alone": (*again(*fake, 2 * count), False),
    }


def trial(config, count, seed):
    """A GAN that learns from labelled digits alone; they are in a file, as a user's would be."""
    path = config.work / "labels" / f"{count}-{seed}.npz"
    if not path.exists():
        images, labels = labelled(count, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            np.savez_compressed(file, x_train=images, y_train=labels)
    settings = replace(PRESETS["quick"], iterations=config.iterations, seed=seed, data_dir=path)
    return trials.Trial(trials.name_of({"labels": count}, seed), settings)


def generated(run, count, seed):
    """A GAN's images, uint8 (count, 28, 28), the digits that were asked for (count,), and KEPT of
    the scores that mnist_wgan's own evaluation would give them."""
    source = generators.Source(run)
    generator = generators.load(source, EXAMPLE)
    images, asked = EXAMPLE.samples(generator, seed, count, generators.settings(source, EXAMPLE))
    found = evaluation.score(images, evaluation.load_reference(EXAMPLE.dataset), asked)
    fakes = datasets.pixels(images), asked.astype("uint8")
    return fakes, {name: round(found[name], 4) for name in KEPT}


def play(config, run, count, seed):
    """Classifiers of so many labels: their accuracies over the test images by what they learned
    from, the GAN's scores, and the seconds of both."""
    began, data, accuracies = time.monotonic(), datasets.load("mnist"), {}
    fakes, scores = generated(run, config.fakes, seed)
    for name, (images, labels, augmented) in training_sets(labelled(count, seed), fakes).items():
        fitted = classifier.fit(
            "mnist", images, labels, config.epochs, seed, verbose=0, augmented=augmented
        )
        accuracies[name] = round(classifier.accuracy(fitted, data.x_test, data.y_test), 4)
        keras.backend.clear_session()
    return {
        "labels": count,
        "seed": seed,
        "accuracy": accuracies,
        "gan": scores,
        "gan_seconds": round(folders.read_losses(run)[-1]["seconds"], 1),
        "seconds": round(time.monotonic() - began, 1),
    }


def shipped(config):
    """Of the weights that come along, and of as many real images, the accuracy of who learned them
    alone."""
    how = {"count": config.fakes, "seeds": config.seeds, "out": config.work / "evaluation.json"}
    document = evaluate(EXAMPLE.name, pretrained=True, train_on_fake=True, **how)
    score = document["scores"]["train_on_fake_accuracy"]
    return {
        **{name: round(value, 4) for name, value in score.items()},
        "real": round(document["real"]["train_on_fake_accuracy"], 4),
        **{name: document[name] for name in ("count", "seeds", "seconds")},
    }


def work(config):
    """Train the GANs, then the classifiers, and write the file after each GAN's. What the file has
    already is not played again."""
    if config.again:
        shutil.rmtree(config.work, ignore_errors=True)
        config.out.unlink(missing_ok=True)
    devices.prepare(None, "float32")
    document = {"iterations": config.iterations, "epochs": config.epochs, "fakes": config.fakes}
    before = earlier(config.out)
    same = all(before.get(name) == value for name, value in document.items())
    document["pretrained"] = before["pretrained"] if same else shipped(config)
    plays = before["plays"] if same else []
    played = {(play["labels"], play["seed"]) for play in plays}
    wanted = {
        (count, seed): trial(config, count, seed)
        for seed in range(config.seeds)
        for count in config.labels
        if (count, seed) not in played
    }
    gans = config.work / "gans"
    sweep.play(EXAMPLE, list(wanted.values()), gans, ["data_dir"], config.fleet)
    for (count, seed), one in wanted.items():
        plays.append(play(config, gans / one.name, count, seed))
        session = facts(gans / one.name)
        write_json(config.out, {**document, **session, "plays": plays})
        print(plays[-1], flush=True)


if __name__ == "__main__":
    main("augmentation", Config, work, __doc__)
