"""The tables of RESULTS.md that put generative families beside each other."""

from benchmarks.drawing import FAMILIES
from benchmarks.pages.tables import origin, spread, table
from common.runs import folders
from common.scores import evaluation

SHOWN = (
    "classifier_score", "frechet_distance", "precision", "recall", "coverage",
    "nearest_training_image",
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
