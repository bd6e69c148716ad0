"""The tables of RESULTS.md on what the other sources say of their results."""

from statistics import median

from benchmarks import claims
from benchmarks.pages.tables import origin_of_plays, ratio, spread, table
from common.scores import evaluation
from distribution_gan import evaluate as distribution

IMAGES = [name for name in claims.WORKS if name != distribution.EXAMPLE.name]
SHOWN = ("classifier_score", "frechet_distance", "precision", "recall", "coverage", "modes")
FIRST_PAGE = ("classifier_score", "frechet_distance", "precision", "coverage")


def of_claims(document):
    """What claims.json gives the page, but for the first page's scores and the pictures."""
    plays = document["plays"]
    names = {name: evaluation.SCORES[name] for name in SHOWN}
    heads = (
        "example | epochs | the source says | measured | ours | holds if | verdict | measured by"
    )
    return {
        "held": held(plays),
        "count": " or ".join(f"{count:,}" for count in sorted({play["count"] for play in plays})),
        "verdicts": table(heads, [claim_row(claim, plays) for claim in claims.CLAIMS]),
        "scores": scores(IMAGES, plays, names, "real images"),
        "distances": scores(
            [distribution.EXAMPLE.name], plays, distribution.SCORES, "halves of the data"
        ),
    }


def held(plays):
    """The claims of the first page: each thing said, and by how many of its measures it holds."""
    said = {}
    for claim in claims.CLAIMS:
        if found := claims.numbers(claim, plays):
            holds = claims.verdict(claim, found.values()) == "holds"
            said.setdefault((claim.example, claim.says), []).append(holds)
    rows = [[*words, f"{sum(judged)} of {len(judged)}"] for words, judged in said.items()]
    return table("example | the source says | measures by which it holds", rows)


def good(plays, card):
    """The scores of the first page: medians over seeds, those of real images in brackets.

    Args:
        plays: of claims.json.
        card: what mnist_wgan/pretrained/card.json holds, or None.
    """
    rows = []
    if card is not None:
        means = {name: score["mean"] for name, score in card["evaluation"]["scores"].items()}
        cells = in_brackets([means], card["evaluation"]["real"])
        played = f"{card['run']['settings']['preset']}, {card['iterations']:,} iterations"
        rows.append([card["example"], played, 1, *cells])
    for example in IMAGES:
        if of_it := [play for play in plays if play["example"] == example]:
            epochs = max(play["epochs"] for play in of_it)
            last = of_moment(example, epochs, plays)
            cells = in_brackets([play["scores"] for play in last], last[0]["real"])
            rows.append([example, f"slides, {epochs} epochs", len(last), *cells])
    titles = [evaluation.SCORES[name][0] for name in FIRST_PAGE]
    return table(" | ".join(["example", "preset", "seeds", *titles]), rows)


def in_brackets(scores, real):
    """Cells of the first page."""
    return [
        f"{ratio(median(score[name] for score in scores))} ({ratio(real[name])})"
        for name in FIRST_PAGE
    ]


def scores(examples, plays, names, real):
    """The scores of examples after each of their moments; names is like evaluation.SCORES, `real`
    what is in the samples' place in an example's last row."""
    rows = []
    for example in examples:
        for epochs in claims.WORKS[example].epochs:
            if there := of_moment(example, epochs, plays):
                cells = score_cells(there, "scores", names)
                rows.append([example, epochs, *cells, origin_of_plays(there)])
            else:
                cells = [f"not run yet: `{claims.missing(example)}`", *[""] * len(names)]
                rows.append([example, epochs, *cells])
        if of_it := [play for play in plays if play["example"] == example]:
            rows.append([example, real, *score_cells(of_it, "real", names), ""])
    titles = [title for title, _, _ in names.values()]
    return table(" | ".join(["example", "epochs", *titles, "measured by"]), rows)


def score_cells(plays, kind, names):
    """Each score of some plays, their "scores" or their "real" ones, often the same in all."""
    cells = []
    for name, (_, form, _) in names.items():
        values = [play[kind][name] for play in plays]
        same = kind == "real" and len(set(values)) == 1
        cells.append(form.format(values[0]) if same else spread(values, form.format))
    return cells


def claim_row(claim, plays):
    """A row of the table: a claim and its verdict."""
    numbers = claims.numbers(claim, plays)
    ours, verdict, where = "", f"not run yet: `{claims.missing(claim.example)}`", ""
    if numbers:
        ours = spread(list(numbers.values()), claim.form.format)
        verdict = claims.verdict(claim, numbers.values())
        where = origin_of_plays(of_moment(claim.example, claim.epochs, plays))
    return [
        claim.example, claim.epochs, claim.says, claim.measured, ours, claim.rule, verdict, where
    ]  # fmt: skip


def of_moment(example, epochs, plays):
    """The plays of an example that were scored after so many epochs."""
    return [play for play in plays if (play["example"], play["epochs"]) == (example, epochs)]


def pictures(folder, place):
    """The pictures that benchmarks.claims has left, each under what it shows; place is the folder
    of the result files from the page's own."""
    blocks = []
    for example, chosen in claims.WORKS.items():
        for name, shown in chosen.pictures.items():
            path = claims.picture(folder / "claims.json", example, name)
            if path.exists():
                says = f"{example}, seed {chosen.seeds[0]}: {shown}"
                blocks += [f"{says}.", f"![{says}]({place}/{path.name})"]
    return "\n\n".join(blocks)
