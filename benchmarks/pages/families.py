"""The tables of RESULTS.md that put generative families beside each other."""

from collections import defaultdict

from benchmarks.drawing import FAMILIES
from benchmarks.pages.tables import origin, seeds, spread, table
from common import compare
from common.runs import folders
from common.scores import evaluation

SHOWN = (
    "classifier_score", "frechet_distance", "precision", "recall", "coverage",
    "nearest_training_image",
)  # fmt: skip
ACCURACIES = (
    "labels", "labels and generated", "labels, augmented", "labels and generated, augmented",
    "generated alone",
)  # fmt: skip
TIGHTEST = ("log_likelihood", "bound_5000", "log_p")  # of log p(x), the name that a family has


def of_posterior(document):
    """How well the classifiers that were made of generative networks read test images."""
    rows = [
        [
            name, f"{judged['accuracy']:.2%}", f"{judged['nats']:.3f}",
            f"{judged['training_seconds']:.0f} s" if judged["training_seconds"] else "",
            origin(document, document["seed"], document["seconds"]),
        ]
        for name, judged in document["classifiers"].items()
    ]  # fmt: skip
    heads = "classifier | accuracy | -log P(y/x), nats | trained in | measured by"
    return {
        "count": f"{document['test_images']:,}",
        "epochs": document["epochs"],
        "iterations": f"{document['critic_iterations']:,}",
        "classifiers": table(heads, rows),
    }


def interval(values, form):
    """A mean and half of its confidence interval, formatted."""
    found = compare.spread(values)
    half = "" if found.half is None else f" ± {form(found.half).lstrip('+')}"
    return form(found.mean) + half


def of_augmentation(document):
    """What a GAN's images are worth to a classifier of few labels."""
    groups = defaultdict(list)
    for play in document["plays"]:
        groups[play["labels"]].append(play)
    rows = []
    for labels, plays in sorted(groups.items()):
        seconds = sum(play["gan_seconds"] + play["seconds"] for play in plays)
        where = origin(document, seeds(len(plays)), seconds)
        read = {name: [play["accuracy"][name] for play in plays] for name in ACCURACIES}

        def gain(more, less, read=read):
            pairs = zip(read[more], read[less], strict=True)
            return interval([100 * (one - other) for one, other in pairs], "{:+.2f}".format)

        shares = {name: interval(values, "{:.2%}".format) for name, values in read.items()}
        asked = spread([play["gan"]["asked_label_accuracy"] for play in plays], "{:.1%}".format)
        coverage = spread([play["gan"]["coverage"] for play in plays], "{:.2f}".format)
        rows.append([
            f"{labels:,}", *shares.values(), gain("labels and generated", "labels"),
            gain("labels and generated, augmented", "labels, augmented"), asked, coverage, where,
        ])  # fmt: skip
    heads, whole = " | ".join(ACCURACIES), document["pretrained"]
    return {
        "shipped": f"{whole['mean']:.2%}",
        "real": f"{whole['real']:.2%}",
        "count": f"{whole['count']:,}",
        "iterations": f"{document['iterations']:,}",
        "fakes": f"{document['fakes']:,}",
        "epochs": document["epochs"],
        "accuracies": table(
            f"how many | {heads} | gain of generated, points | gain of generated beside augmented, "
            "points | asked digit | coverage | measured by",
            rows,
        ),
    }


def beside(document, root):
    """All families that learn MNIST, by the weights that come along.

    Args:
        document: of drawing.json.
        root: folder of the examples, whose cards have the scores.
    """
    names = {name: evaluation.SCORES[name] for name in SHOWN}
    rows = []
    for example, seconds in document["draws"].items():
        card = folders.read_json(root / example.replace(".", "/") / "pretrained" / "card.json")
        scores, real = card["evaluation"]["scores"], card["evaluation"]["real"]
        cells = [
            f"{form.format(scores[name]['mean'])} ({form.format(real[name])})"
            for name, (_, form, _) in names.items()
        ]
        found = card["evaluation"].get("likelihood", {})
        nats = [f"{found[name]:.1f}" for name in TIGHTEST if name in found]
        drawn = spread(seconds, "{:.2g} s".format)
        words = f"{example}: {FAMILIES[example]}"
        trained = f"{card['seconds'] / 60:.0f} min on {card['run']['device'].partition(',')[0]}"
        where = origin(document, "0", document["seconds"])
        rows.append([words, *(nats or ["none"]), *cells, drawn, trained, where])
    titles = " | ".join(title for title, *_ in names.values())
    heads = f"family | log p(x), nats | {titles} | {document['count']} digits in | trained in"
    return table(f"{heads} | drawn by", rows)
