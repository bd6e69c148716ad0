"""The tables of RESULTS.md on the rows that mnist_wgan's lecture prints."""

import itertools
from types import SimpleNamespace

import numpy as np
from scipy.stats import binomtest, mannwhitneyu

from benchmarks import row_zero, slide_rows
from benchmarks.pages.tables import origin, origin_of_plays, spread, table
from mnist_wgan import train
from mnist_wgan.printed import LOSSES, PRINTED


def of_row_zero(document):
    """Row 0 of the lecture's log, over seeds."""
    lecture, rows = PRINTED[0][0], []
    for setting in dict.fromkeys(row["setting"] for row in document["rows"]):
        of_it = [row for row in document["rows"] if row["setting"] == setting]
        losses = [row["d_true"] for row in of_it]
        verdict = ""
        if len(losses) > 1:
            low, high = row_zero.band(losses)
            verdict = "yes" if low <= lecture <= high else "no"
        seeds = ", ".join(str(row["seed"]) for row in of_it)
        where = origin(document, seeds, sum(row["seconds"] for row in of_it))
        rows.append([setting, spread(losses, "{:.0f}".format), verdict, where])
    heads = "setting | D true loss | lecture's within 3 deviations | measured by"
    return {"printed": lecture, "losses": table(heads, rows)}


def inside(documents):
    """The printed rows of the first page, and how many seeds a verdict needs.

    Args:
        documents: what slide_rows.json and script_rows.json hold, by preset.
    """
    columns = [
        (preset, group, document["plays"])
        for preset, document in documents.items()
        for group in sorted({slide_rows.group(play) for play in document["plays"]})
    ]
    cells = {}
    for row in PRINTED:
        groups = [slide_rows.having(plays, row).get(group) for _, group, plays in columns]
        cells[row] = [*(losses_inside(row, plays) for plays in groups), verdict(row, groups)]
    rows = []
    for alike, same in itertools.groupby(cells, cells.get):
        first, *others = same
        rows.append([f"{first} to {others[-1]}" if others else first, *alike])
    heads = [
        "row",
        *(f"{preset}, batch {slide_rows.words(group)}" for preset, group, _ in columns),
        "verdict",
    ]
    needed = ", ".join(f"{least} at row {row}" for row, least in slide_rows.SEEDS.items())
    return {
        "inside": table(" | ".join(heads), rows), "needed": needed,
        "attempts": attempts(documents.get("script", {"plays": []})),
        "trend": trend(documents.get("script", {"plays": []})),
    }  # fmt: skip


def names_inside(row, plays):
    """Those of a row's printed losses that lie in the bands of those plays."""
    printed = zip(LOSSES, PRINTED[row], strict=True)
    return [name for name, loss in printed if slide_rows.inside(plays, row, name, loss)]


def enough(row, plays):
    """Whether so many plays allow a verdict on a row."""
    return plays is not None and len(plays) >= slide_rows.SEEDS.get(row, 1)


def losses_inside(row, plays):
    """Which of a row's printed losses lie in the bands of those plays, in words."""
    if plays is None:
        return "not played"
    if not enough(row, plays):
        return f"{len(plays)} seeds only"
    names = names_inside(row, plays)
    which = "all" if len(names) == len(LOSSES) else ", ".join(names) or "none"
    return f"{which} ({len(plays)})"


def verdict(row, groups):
    """A row's verdict: of how many of its four losses most lie inside, in one group of plays."""
    counts = [len(names_inside(row, plays)) for plays in groups if enough(row, plays)]
    best = max(counts, default=None)
    words = {None: "open", len(LOSSES): "**kept**", 0: "**not kept**"}
    return words.get(best, f"in part, {best} of {len(LOSSES)}")


def of_printed(document):
    """Every number that the lecture prints, beside ours; then whether batch size matters."""
    rows, batches = [], []
    for row, printed in PRINTED.items():
        groups = slide_rows.having(document["plays"], row)
        for name, loss in zip(LOSSES, printed, strict=True):
            if not groups:
                rows.append([row, name, f"{loss:,}", *[""] * 5, "not played yet", ""])
            for group, plays in groups.items():
                rows.append(printed_row(row, name, loss, group, plays))
            if len(groups) > 1:
                batches += compare_groups(row, name, groups)
    heads = (
        "row | loss | printed | batch | ours at that row | band | sign | own outside | verdict "
        "| measured by"
    )
    return {
        "losses": table(heads, rows),
        "batches": table("row | loss | batch | size | batch | size | differ in | p", batches),
    }


def printed_row(row, name, printed, group, plays):
    """A row of the table: a printed loss beside those of plays of one group."""
    ours = [float(loss) for loss in at(plays, name, [row])]
    near = at(plays, name, slide_rows.around(row))
    digits = 0 if abs(printed) >= 10 else 2 if abs(printed) >= 1 else 4
    form = f"{{:,.{digits}f}}".format
    band = sign = verdict = own = ""
    if len(near) > 1:
        low, high = slide_rows.band(plays, row, name)
        band = f"{'' if row == 0 else 'size '}{form(low)} to {form(high)}"
        inside = slide_rows.inside(plays, row, name, printed)
        verdict = "inside" if inside else "**outside**"
        if not enough(row, plays):
            verdict = f"{len(plays)} seeds only"
        if (strays := slide_rows.own_outside(plays, row, name)) is not None:
            own = f"{strays} of {len(plays)}"
    if row > 0:
        sign = f"{np.mean(np.sign(near) == np.sign(printed)):.0%}"
    return [
        row, name, f"{printed:,}", slide_rows.words(group), spread(ours, form), band, sign, own,
        verdict, origin_of_plays(plays),
    ]  # fmt: skip


def at(plays, name, iterations):
    """The losses of all plays at those of some iterations that they have, as one array."""
    return np.concatenate([slide_rows.at(play, name, iterations) for play in plays])


def compare_groups(row, name, groups):
    """A row of the second table for each two groups: sizes, and in what else they differ."""
    near, form = slide_rows.around(row), "{:,.0f}".format
    sizes = {
        group: [float(np.median(np.abs(at([play], name, near)))) for play in plays]
        for group, plays in sorted(groups.items())
    }
    rows = []
    for one, other in itertools.combinations(sizes, 2):
        things = ("batch", one[0] != other[0]), ("precision", one[1] != other[1])
        p = mannwhitneyu(sizes[one], sizes[other]).pvalue
        rows.append([
            row, name, slide_rows.words(one), spread(sizes[one], form), slide_rows.words(other),
            spread(sizes[other], form), " and ".join(t for t, differs in things if differs),
            f"{p:.2g}",
        ])  # fmt: skip
    return rows


LIVELY = 100  # what -dg is above at iteration 21 of a seed whose generator moves by iteration 62


def attempts(document):
    """A table of how many seeds of preset script come to life early."""
    rows = []
    for group, plays in sorted(slide_rows.having(document["plays"], 21).items()):
        lively = [play["seed"] for play in plays if -slide_rows.at(play, "dg", [21])[0] > LIVELY]
        interval = binomtest(len(lively), len(plays)).proportion_ci(method="wilson")
        rows.append([
            slide_rows.words(group), len(plays), len(lively),
            f"{interval.low:.0%} to {interval.high:.0%}",
            ", ".join(map(str, sorted(lively))) or "none", origin_of_plays(plays),
        ])  # fmt: skip
    heads = "batch | seeds | lively | share, 95 % | which | measured by"
    return table(heads, rows)


LAST = [row for row in PRINTED if row > 20_000]  # the last rows that the lecture prints
LONG = 12_000  # iterations from which on both long plays of preset script draw digits
SLIDES_UPDATES = 2_500_000  # of the critic, in preset slides' 25,000 iterations


def trend(document):
    """A table of how losses fall with the critic's updates in long plays of preset script, as a
    power law, and of what that would give after preset slides' 2.5 million: an estimate.

    Returns:
        the table, or "" where no play is long.
    """
    settings = train.PRESETS["script"]
    game = SimpleNamespace(config=settings, discriminator_updates=settings.critic_updates)
    counts = [train.Game.updates_before(game, it) for it in range(settings.iterations)]
    updates, rows = np.cumsum(counts), []
    for play in document["plays"]:
        late = [it for it in play["losses"]["iteration"] if it >= LONG]
        for name in slide_rows.PLAYED if late else ():
            sizes = np.abs(slide_rows.at(play, name, late))
            slope, start = np.polyfit(np.log(updates[late]), np.log(sizes), 1)
            then = np.exp(start + slope * np.log([updates[late[-1]], SLIDES_UPDATES]))
            printed = np.median([np.abs(PRINTED[row][LOSSES.index(name)]) for row in LAST])
            sizes = [f"{size:.1f}" for size in then]
            rows.append([play["seed"], name, f"{slope:.2f}", *sizes, f"{printed:.2f}",
                         origin_of_plays([play])])  # fmt: skip
    heads = (
        "seed | loss | power | size at the end | at 2.5 million | printed, last rows | measured by"
    )
    return table(heads, rows) if rows else ""


def of_genuine(document):
    """The printed rows beside plays of the genuine libraries."""
    groups = {}
    for play in document["plays"]:
        groups.setdefault((play["order"], play["batch_size"]), []).append(play)
    rows = []
    for (order, batch_size), plays in sorted(groups.items(), reverse=True):
        for row, printed in PRINTED.items():
            there = [play for play in plays if row in play["losses"]["iteration"]]
            for name, loss in zip(LOSSES, printed, strict=True) if there else ():
                form = f"{{:,.{0 if abs(loss) >= 10 else 2}f}}".format
                low = high = verdict = ""
                if len(there) > 1:
                    low, high = slide_rows.band(there, row, name)
                    inside = slide_rows.inside(there, row, name, loss)
                    low, high = form(low), f" to {form(high)}"
                    verdict = "inside" if inside else "**outside**"
                ours = [float(slide_rows.at(play, name, [row])[0]) for play in there]
                rows.append([
                    row, name, f"{loss:,}", f"{order}, batch {batch_size}", spread(ours, form),
                    f"{low}{high}", verdict, origin_of_plays(there),
                ])  # fmt: skip
    heads = "row | loss | printed | updates | theirs at that row | band | verdict | measured by"
    return {"losses": table(heads, rows)}


def bands(documents):
    """What mnist_wgan/bands.json holds: the bands of printed losses by preset, batch size and row.

    Args:
        documents: see inside(). Of two precisions float32 serves, if it has seeds enough.
    """
    found = {}
    for preset, document in documents.items():
        for row in PRINTED:
            for group, plays in sorted(slide_rows.having(document["plays"], row).items()):
                if enough(row, plays):
                    rows = found.setdefault(preset, {}).setdefault(str(group[0]), {})
                    losses = {name: slide_rows.band(plays, row, name) for name in LOSSES}
                    # Sorted, so that float32 comes after TF32.
                    rows[str(row)] = {
                        name: [float(f"{end:.4g}") for end in ends] for name, ends in losses.items()
                    }
    return found
