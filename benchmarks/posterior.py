"""Classifiers of MNIST's test images made of generative networks.

Spence's first slides: a discriminative network learns P(y|x), a generative one P(x, y), of which
P(y|x) can be made. Here a VAE for each digit bounds log p(x|y), which with the digits' shares is a
joint probability; mnist_wgan's critic, whose second answer is a digit, has learned P(y|x) beside
its game. Stop it when you like, the same command goes on.
"""

import shutil
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.shared import facts, main
from beyond.vae import bounds
from beyond.vae import evaluate as vae_evaluate
from beyond.vae import train as vae
from common.commands import generators, trials
from common.data import datasets
from common.files import write_json
from common.likelihood import binarized_test_images
from common.runs import checkpoints, folders
from common.scores import classifier, evaluation
from common.settings import require, require_least
from mnist_wgan import train as wgan


@dataclass(frozen=True)
class Config:
    """How long to train, and on how many images to classify."""

    epochs: int = 40
    """Epochs of each digit's VAE, in batches of 100."""

    critic_iterations: int = 1250
    """Iterations of mnist_wgan's preset quick."""

    test_images: int = 10_000
    """The first so many test images."""

    seed: int = 0
    """Seed of all trainings."""

    again: bool = False
    """Play anew, from the beginning."""

    work: Path = Path("runs/posterior")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/posterior.json")
    """File of the results."""

    def __post_init__(self):
        require_least(self, epochs=1, critic_iterations=1)
        known = 1 <= self.test_images <= 10_000
        require(known, "test-images", self.test_images, "from 1 to 10000")


def of_digit(digit, images, labels):
    """What the VAE of one digit learns from; see ImageExample's arrays."""
    return (datasets.scale(images[labels == digit], vae.BLACK),)


def log_joint(config, images):
    """Train a VAE for each digit and return log P(x, y) of images x (N, 28, 28, 1), pixels 0 or 1,
    in nats: float64 (N, 10). Each is a lower bound, of 50 importance samples."""
    labels = datasets.load("mnist").y_train
    columns = []
    for digit in range(10):
        example = replace(vae.EXAMPLE, arrays=partial(of_digit, digit))
        preset = vae.PRESETS["quick"]
        settings = replace(preset, epochs=config.epochs, batch_size=100, seed=config.seed)
        run = config.work / f"digit-{digit}"
        trials.play(example, settings, run)
        source = generators.Source(run)
        networks = vae_evaluate.load_encoder(source), generators.load(source, example)
        found = bounds.bounds(*networks, images, k=bounds.GROUP)["bound_k"]
        columns.append(found + np.log(np.mean(labels == digit)))
    return np.stack(columns, axis=1)


def log_posterior(joint):
    """Bayes' rule: log P(y|x) = log P(x, y) - log of its sum over y, all (N, K), in nats."""
    return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)


def critic_posterior(config, images):
    """Play mnist_wgan and return its critic's log P(y|x) of images (N, 28, 28, 1) in [-1, 1]."""
    settings = replace(wgan.PRESETS["quick"], iterations=config.critic_iterations, seed=config.seed)
    run = config.work / "critic"
    trials.play(wgan.EXAMPLE, settings, run)
    critic = wgan.create_critic()
    with np.load(checkpoints.newest(run)) as archive:
        for number, variable in enumerate(critic.variables):
            variable.assign(archive[f"critic/{number:03d}"])
    chances = critic.predict(images, batch_size=500, verbose=0)["class"]
    return np.log(np.maximum(chances, np.finfo("float32").tiny))


def judge(log_chances, labels):
    """The share of labels that are the most probable, and the mean of -log P(label) in nats."""
    right = log_chances.argmax(axis=1) == labels
    told = -log_chances[np.arange(len(labels)), labels]
    return {"accuracy": round(float(right.mean()), 4), "nats": round(float(told.mean()), 4)}


def work(config):
    """Train, classify, and write the file."""
    if config.again:
        shutil.rmtree(config.work, ignore_errors=True)
    data, count = datasets.load("mnist"), config.test_images
    labels = data.y_test[:count]
    grey = datasets.scale(data.x_test[:count])
    binary = binarized_test_images("dynamic", count)
    began, judged = time.monotonic(), {}

    def keep(name, log_chances, runs=()):
        seconds = sum(folders.read_losses(run)[-1]["seconds"] for run in runs)
        judged[name] = judge(log_chances, labels) | {"training_seconds": round(seconds, 1)}
        print(f"{name}: {judged[name]}", flush=True)

    joint = log_joint(config, binary)
    digits = [config.work / f"digit-{digit}" for digit in range(10)]
    keep("a VAE for each digit", log_posterior(joint), digits)
    keep("mnist_wgan's critic", critic_posterior(config, grey), [config.work / "critic"])
    for name, images in (("grey", grey), ("binarized", 2 * binary - 1)):
        answers = evaluation.classify(classifier.load("mnist"), images)["classes"]
        keep(f"the classifier that scores, {name}", np.log(np.maximum(answers, 1e-30)))
    document = {
        "classifiers": judged,
        **{name: getattr(config, name) for name in ("test_images", "epochs", "seed")},
        "critic_iterations": config.critic_iterations,
        "seconds": round(time.monotonic() - began, 1),
        **facts(config.work / "critic"),
    }
    config.out.parent.mkdir(parents=True, exist_ok=True)
    write_json(config.out, document)


if __name__ == "__main__":
    main("posterior", Config, work, __doc__)
