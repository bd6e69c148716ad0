"""Score a trained generator and bound its log-likelihood on the test images, as in RUN.

The generator's digits are scored as grey as it draws them, beside grey real ones. The likelihood is
of binarized test images: once each, by chance, or with --binarisation threshold those above 0.5.
"""

import sys
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from beyond.vae import bounds, lecture
from beyond.vae.bounds import GROUP
from beyond.vae.train import EXAMPLE
from common.commands import evaluate as commands
from common.commands import generators
from common.errors import UserError
from common.likelihood import binarized_test_images
from common.settings import require

PAPER = {"bound_5000": "-86.76", "active_units": "19 of 50"}  # Burda et al., table 1: VAE, k = 1


@dataclass(frozen=True)
class Config(commands.LikelihoodEvaluation):
    """What to score, and how closely to bound the likelihood."""

    importance_samples: int = 5000
    """k of the tightest bound, a multiple of 50: the paper's 5,000 take minutes."""

    def __post_init__(self):
        super().__post_init__()
        k = self.importance_samples
        known = k >= GROUP and k % GROUP == 0
        require(known, "importance-samples", k, f"a multiple of {GROUP}")


def load_encoder(source):
    """Return the encoder that was trained with a source's generator; see generators.load().

    Raises:
        UserError: it is not beside the generator, or damaged.
    """
    path = source.run
    if source.pretrained:
        path = generators.pretrained(EXAMPLE.name) / "encoder.npz"
    elif source.folder is not None:
        path = source.folder / "encoder.keras"
    else:
        path = path.with_name(f"encoder{path.suffix}")
    if not path.is_file():
        raise UserError(f"{path} does not exist; without it give --test-images 0")
    encoder = lecture.create_encoder(generators.load(source, EXAMPLE).input_shape[-1])
    generators.LOADERS[path.suffix](path, encoder)
    return encoder


def likelihood(encoder, generator, images, k=5000, seed=0):
    """Bound the log-likelihood of images; see bounds.bounds().

    Returns:
        A dict of means over the images in nats, "elbo", "bound_50" and "bound_5000" or of another
        k, and the "active_units".
    """
    found = bounds.bounds(encoder, generator, images, k, seed)
    means = {name: float(np.mean(values)) for name, values in found.items()}
    means[f"bound_{k}"] = means.pop("bound_k")
    return {**means, "active_units": bounds.active_units(encoder, images)}


def evaluate(config):
    """Score a generator and bound the likelihood of the test images.

    Returns, raises: see common.commands.evaluate.evaluate_likelihood(), and load_encoder().
    """
    encoder = load_encoder(config) if config.test_images > 0 else None

    def measure(binarisation):
        images = binarized_test_images(binarisation, config.test_images)
        generator = generators.load(config, EXAMPLE)
        return likelihood(encoder, generator, images, config.importance_samples)

    def of_it(found):
        return table(found, encoder.output_shape[0][-1])

    return commands.evaluate_likelihood(EXAMPLE, config, measure, of_it)


def table(found, latent):
    """A document's "likelihood" as a rich Table."""
    title = (
        f"log p(x) of {found['test_images']:,} test images, binarisation {found['binarisation']}"
    )
    result = Table(title=title)
    for head in ("", "nats", "Burda et al."):
        result.add_column(head)
    same = found["binarisation"] == "dynamic" and latent == lecture.LATENT
    for name, value in found.items():
        if name == "elbo" or name.startswith("bound_"):
            words = "ELBO" if name == "elbo" else f"bound of {int(name[6:]):,} importance samples"
            result.add_row(words, f"{value:.2f}", PAPER.get(name, "") if same else "")
    units = f"{found['active_units']} of {latent}"
    result.add_row("active latent numbers", units, PAPER["active_units"] if same else "")
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, evaluate)


if __name__ == "__main__":
    sys.exit(main())
