"""Score a trained machine's samples and estimate its log-likelihood on the test images, as in RUN.

Samples are scored as grey as they are probable, beside grey real digits. The likelihood is of
binarized test images: once each, by chance, or with --binarisation threshold those above 0.5. Its
log Z is estimated by annealed importance sampling from both ends.
"""

import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
from rich.table import Table

from beyond.rbm import ais, lecture
from beyond.rbm.lecture import VISIBLE
from beyond.rbm.train import EXAMPLE
from common.commands import evaluate as commands
from common.commands import generators
from common.data import datasets
from common.likelihood import binarized
from common.settings import require

PAPER = -86.34  # nats: Salakhutdinov and Murray, table 1, CD25, 500 hidden units; from memory


@dataclass(frozen=True)
class Config(commands.LikelihoodEvaluation):
    """What to score, and how closely to estimate log Z."""

    temperatures: int = 14_500
    """Steps from the machine whose Z is known to this one, at least 29; the paper's 14,500."""

    ais_chains: int = 100
    """Chains of each direction, at least 2; the paper's 100."""

    burn_in: int = 1000
    """Gibbs steps from test images to the samples at which the reverse direction begins."""

    def __post_init__(self):
        super().__post_init__()
        chains = self.ais_chains
        require(self.temperatures >= 29, "temperatures", self.temperatures, "at least 29")
        require(2 <= chains <= 10_000, "ais-chains", chains, "from 2 to 10000")
        require(self.burn_in >= 0, "burn-in", self.burn_in, "0 or more")


def machine_of(generator):
    """W, b and c of a generator's machine, float32 arrays."""
    return tuple(generator.layers[1].rbm.get_weights())


def likelihood(machine, binarisation, config):
    """Estimate log Z from both ends and the test images' mean log p(v).

    Returns:
        A dict, in nats: "log_z" and "log_z_reverse", their "..._low" and "..._high" of three
        standard errors (None: no bound), "log_p" and "log_p_reverse" with these log Z, and "gap",
        log_z_reverse less log_z.
    """
    data = datasets.load("mnist")
    b0 = lecture.log_odds(binarized(data.x_train, binarisation))
    images = binarized(data.x_test, binarisation).reshape(-1, VISIBLE)
    betas = ais.schedule(config.temperatures)
    start = np.resize(images, (config.ais_chains, VISIBLE))
    samples = ais.run_chains(machine, start, config.burn_in)
    estimates = {
        "": ais.forwards(machine, b0, betas, config.ais_chains),
        "_reverse": ais.backwards(machine, b0, betas, samples),
    }
    energies = ais.free_energy(machine, images[: config.test_images])
    found = {}
    for end, (log_z, low, high) in estimates.items():
        bounds = {"low": low, "high": high}
        found |= {f"log_z{end}": log_z} | {
            f"log_z{end}_{name}": float(bound) if np.isfinite(bound) else None
            for name, bound in bounds.items()
        }
        found[f"log_p{end}"] = float(-np.mean(energies) - log_z)
    return found | {"gap": found["log_z_reverse"] - found["log_z"]}


def evaluate(config):
    """Score a generator and estimate the likelihood of the test images.

    Returns, raises: see common.commands.evaluate.evaluate_likelihood().
    """

    def measure(binarisation):
        machine = machine_of(generators.load(config, EXAMPLE))
        return {
            "temperatures": config.temperatures,
            "ais_chains": config.ais_chains,
            "burn_in": config.burn_in,
            **likelihood(machine, binarisation, config),
        }

    hidden = generators.version(config, EXAMPLE).get("hidden", lecture.HIDDEN)
    return commands.evaluate_likelihood(EXAMPLE, config, measure, partial(table, hidden=hidden))


def table(found, hidden):
    """A document's "likelihood" as a rich Table; hidden: units of the machine."""
    title = (
        f"log p(v) of {found['test_images']:,} test images, binarisation {found['binarisation']}"
    )
    result = Table(title=title)
    for head in ("", "log Z", "3 standard errors", "log p(v)"):
        result.add_column(head)
    for end, words in (("", "annealed forwards"), ("_reverse", "in reverse")):
        low, high = (found[f"log_z{end}_{name}"] for name in ("low", "high"))
        low, high = ("none" if bound is None else f"{bound:.2f}" for bound in (low, high))
        nats = [f"{found[f'{name}{end}']:.2f}" for name in ("log_z", "log_p")]
        result.add_row(words, nats[0], f"{low} to {high}", nats[1])
    result.add_row("gap", f"{found['gap']:.2f}", "", f"{-found['gap']:.2f}")
    if found["binarisation"] == "dynamic" and hidden == lecture.HIDDEN:
        result.add_row("Salakhutdinov and Murray, CD25", "", "", f"{PAPER}")
    return result


def main(argv=None):
    """The command line; returns its exit status."""
    return commands.command(EXAMPLE, __doc__, argv, Config, evaluate)


if __name__ == "__main__":
    sys.exit(main())
