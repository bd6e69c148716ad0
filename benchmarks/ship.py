"""Makes the weights of a run those that come along: EXAMPLE/pretrained, with a card.

    python -m benchmarks.ship mnist_wgan runs/mnist_wgan/NAME

They are kept in float16 if that changes no score by more than its deviation over seeds, else in
float32, in which they are the run's own.
"""

import importlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Annotated, Literal

import numpy as np
import tyro

from benchmarks.claims import evaluate
from benchmarks.pages.tables import origin, seeds, table
from benchmarks.shared import main
from common.commands import generators, report, trials
from common.commands.example import ImageExample
from common.errors import UserError
from common.files import whole, write_json
from common.runs import checkpoints, folders, weights
from common.scores import evaluation
from common.settings import from_json

EXAMPLES = (
    "beyond.batch_equalisation", "beyond.cycle_gan", "beyond.guideline_dcgan", "beyond.pixelcnn",
    "beyond.progressive_gan", "beyond.rbm", "beyond.vae", "bilinear_gan", "binarized_gan",
    "dcgan", "distribution_gan", "fashion_gan", "mnist_wgan",
)  # fmt: skip
TEMPLATE = Path(__file__).with_name("pages") / "card.template"
MOST = 6_000_000  # bytes of the weights


@dataclass(frozen=True)
class Config:
    """Which run of which example."""

    example: Annotated[tyro.conf.Positional[Literal[EXAMPLES]], tyro.conf.arg(metavar="EXAMPLE")]
    """Name of the example's folder."""

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """Folder of the run."""

    count: int = 10_000
    """Samples of each seed that are scored."""

    seeds: int = 3
    """Seeds of the samples."""

    dtype: Literal["float16", "float32"] = "float16"
    """float32 does not try the other, which takes as long again as to score the run."""


def changed(before, after):
    """The names of scores whose mean changed by more than their deviation over seeds.

    Args:
        before, after: what common.scores.evaluation.summarize() returned.
    """
    return [
        name
        for name, score in before.items()
        if np.any(
            np.abs(np.subtract(after[name]["mean"], score["mean"]))
            > np.add(score["deviation"], 1e-9)
        )
    ]


def ship(config):
    """Write the weights, the card and its page.

    Raises:
        UserError: there is no such run, or its weights take more than MOST.
    """
    declared = trials.load(config.example)
    source = generators.Source(config.run)
    run = folders.read_document(config.run, config.example)
    for session in folders.sessions(run):  # where its folder lay is no fact of it
        session["command"] = re.sub(r" --(run-dir|resume)[= ]\S+", "", session["command"])
    networks = {"generator": generators.load(source, declared)}
    own = importlib.import_module(f"{config.example}.evaluate")
    if hasattr(own, "load_encoder"):
        networks["encoder"] = own.load_encoder(source)
    newest = checkpoints.newest(config.run)
    folder = generators.pretrained(config.example)
    folder.mkdir(exist_ok=True)
    card = {
        "example": config.example,
        "iterations": checkpoints.numbers(newest)[0],
        "seconds": round(checkpoints.seconds(newest), 1),
        "run": run,
    }

    def score(**source):
        out = folder / "evaluation.json"
        return evaluate(config.example, **source, count=config.count, seeds=config.seeds, out=out)

    exact = score(run=config.run)
    for dtype in dict.fromkeys((config.dtype, "float32")):
        for name, network in networks.items():
            weights.save(folder / f"{name}.npz", network, dtype)
        write_json(folder / "card.json", {**card, "dtype": dtype})
        evaluated = exact if dtype == "float32" else score(pretrained=True)
        differing = changed(exact["scores"], evaluated["scores"])
        if not differing:
            break
        print(f"{dtype} changes {', '.join(differing)}", flush=True)
    size = (folder / "generator.npz").stat().st_size
    if size > MOST:
        raise UserError(f"{folder / 'generator.npz'} has {size} bytes, more than {MOST}")
    evaluated = evaluated | {"of": "--pretrained"}
    card |= {"dtype": dtype, "bytes": size, "exact": exact["scores"], "evaluation": evaluated}
    if "likelihood" in exact:
        card["exact_likelihood"] = exact["likelihood"]
    card["evaluation"]["command"] = f"python -m {config.example}.evaluate --pretrained"
    card["evaluation"]["commit"] = exact["commit"]  # before the new weights changed the tree
    write_json(folder / "card.json", card)
    (folder / "evaluation.json").unlink()
    with whole(folder / "README.md") as file:
        file.write(page(card).encode())


def page(card):
    """The card as a Markdown page, which begins with what model hubs read."""
    evaluated, run, example = card["evaluation"], card["run"], card["example"]
    own = importlib.import_module(f"{example}.evaluate")
    names = getattr(own, "SCORES", evaluation.SCORES)
    up = "../" * len(Path(*example.split("."), "pretrained").parts)
    rows = []
    for name, (title, form, _) in names.items():
        if name in evaluated["scores"]:
            score, exact = evaluated["scores"][name], card["exact"][name]["mean"]
            spread = f"{form.format(score['mean'])} ± {form.format(score['deviation'])}"
            rows.append([title, spread, form.format(exact), form.format(evaluated["real"][name])])
    count = f"{evaluated['seeds']} seed{'s' * (evaluated['seeds'] > 1)}"
    usual = (
        f"Means and deviations over {count} of {evaluated['count']:,} samples. "
        f"What they mean: [common/scores/metrics.py]({up}common/scores/metrics.py)."
    )
    notes = [own.note(evaluated) if hasattr(own, "note") else usual]
    if "frechet_distance" in evaluated["scores"]:
        notes.append(
            "Fréchet distances are in the features of this project's own classifier and "
            "cannot be compared with FIDs, which are in Inception's."
        )
    if "likelihood" in evaluated:
        found, of_run = evaluated["likelihood"], card["exact_likelihood"]
        told = ", ".join(
            f"{name} {value:.2f} (of the run {of_run[name]:.2f})"
            for name, value in found.items()
            if isinstance(value, float) and name != "seconds"
        )
        notes.append(
            f"log p(x) of {found['test_images']:,} test images, binarisation "
            f"{found['binarisation']}, in nats: {told}."
        )
    by_class = evaluated["scores"].get("asked_label_accuracy_by_class")
    if by_class:
        shares = ", ".join(f"{share:.1%}" for share in by_class["mean"])
        notes.append(f"Asked label accuracy from 0 to 9: {shares}.")
    resumed = f", in {len(run['resumed']) + 1} sessions" if "resumed" in run else ""
    heads = f"score | of the file ({card['dtype']}) | of the run | of real data"
    declared = trials.load(example)
    images = isinstance(declared, ImageExample)
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        example=example,
        tag="gan" if "." not in example else example.rpartition(".")[2],
        task="unconditional-image-generation" if images else "other",
        dataset=declared.dataset if images else "",
        made_by=origin(run, run["settings"]["seed"], card["seconds"]) + resumed,
        iterations=f"{card['iterations']:,}",
        again=again(card),
        dtype=card["dtype"],
        bytes=f"{card['bytes']:,}",
        scored_by=origin(evaluated, seeds(evaluated["seeds"]), evaluated["seconds"]),
        scores=table(heads, rows),
        notes=" ".join(notes),
    )


def again(card):
    """The line that plays a card's run: of today's presets the one that needs fewest flags."""
    example = trials.load(card["example"])
    config = from_json(example.settings, card["run"]["settings"], "card.json")
    lines = [
        report.shell_words(card["run"], replace(config, preset=name), preset)
        for name, preset in example.presets.items()
    ]
    return " ".join(min(lines, key=len))


if __name__ == "__main__":
    main("ship", Config, ship, __doc__)
