"""Writes RESULTS.md from the result files of the other commands; nothing in it is typed."""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import numpy as np
from scipy.stats import mannwhitneyu

from benchmarks import claims, gpu, row_zero, slide_rows, speed
from common import status
from common.errors import UserError
from common.files import whole
from common.runs import folders
from common.scores import evaluation
from common.settings import command_line
from distribution_gan import evaluate as distribution

HEAD = """# Results

Written by `python -m benchmarks.results_page` from the files in `benchmarks/results`: run a command
of [benchmarks](benchmarks/README.md) again, then this one, and the numbers here are yours. The
number in a row's last column is that of its line under [Measured by](#measured-by): command, seed,
hardware, versions, wall time and commit.
"""
MEASURED_BY = "measured by"  # the head of the last column
SESSION = ("command", "device", "commit", "began")  # plays alike in these come from one line


@dataclass(frozen=True)
class Config:
    """What to write."""

    check: bool = False
    """Write nothing; fail if the page is not what the result files give."""

    page: Path = Path("RESULTS.md")
    """The page."""

    folder: Path = Path("benchmarks/results")
    """Folder of the result files, beside or below the page's."""


def table(heads, rows):
    """A Markdown table as a list of lines."""
    cells = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in cells]


def number_origins(lines):
    """Put numbers in place of the tables' last column, where a row comes from.

    Returns:
        The lines, and those origins, the first one's number being 1.
    """
    origins, numbered, inside = {}, [], False
    for line in lines:
        inside = (inside and line.startswith("|")) or line.endswith(f" {MEASURED_BY} |")
        if inside and "`" in line.rsplit(" | ", 1)[-1]:
            line, origin = line.removesuffix(" |").rsplit(" | ", 1)
            line += f" | {origins.setdefault(origin, len(origins) + 1)} |"
        numbered.append(line)
    return numbered, list(origins)


def spread(values, form):
    """Median, least and most, each formatted; one value alone is just that."""
    if len(values) == 1:
        return f"{form(values[0])} (one run)"
    return f"{form(median(values))} ({form(min(values))} to {form(max(values))})"


def origin(session, seed, seconds):
    """Where a row comes from, in words.

    Args:
        session: has what folders.describe_session() returns, and with "began" the commit of
            an earlier one that it went on from.
        seed: the seed or seeds, in words.
        seconds: wall time.
    """
    versions = ", ".join(f"{name} {version}" for name, version in session["packages"].items())
    commit, *dirty = (session["commit"] or "unknown").split("-")
    began = f", begun at {session['began'][:7]}" if session.get("began") else ""
    return (
        f"`{session['command']}`; seed {seed}; {session['device']}; python {session['python']}, "
        f"{versions}; {seconds:.0f} s; commit {'-'.join([commit[:7], *dirty])}{began}"
    )


def milliseconds(seconds):
    """Seconds in milliseconds, three digits or all before the point."""
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def speed_lines(works):
    """The goals, then all times."""
    goals, times = [], []
    for name, result in works.items():
        where = origin(result, result["seed"], result["wall_seconds"])
        for verdict in speed.verdicts(result):
            goals.append([
                name, verdict.other, spread(verdict.ratios, "{:.2f}".format), verdict.goal,
                "reached" if verdict.reached else "**missed**", where,
            ])  # fmt: skip
        for other, measured in result["competitors"].items():
            share, memory = speed.share_of_peak(result, other), measured.get("memory")
            times.append([
                name, other, spread(measured["seconds"], milliseconds),
                spread(speed.ratios(result, other), "{:.2f}".format),
                "" if share is None else f"{share:.0%}",
                "" if memory is None else f"{memory / 1e6:,.0f}", where,
            ])  # fmt: skip
        for other, reason in result["left_out"].items():
            times.append([name, other, f"left out: {reason}", "", "", "", where])
    return [
        "A step is an iteration of an example, for mnist_wgan a critic update (clip, real images,",
        "fakes). The ratio is the other's time over the compiled engine's, median (least to most)",
        "of the rounds, in each of which all of them played. The goals are against the source's",
        "loop as a plain Keras port (float32) and the faster of PyTorch's two ways.",
        "",
        *table(["step", "against", "ratio", "goal", "", MEASURED_BY], goals),
        "",
        "All competitors. The peak is that of a 4096 x 4096 matrix product in the same rounds; its",
        "share is that of the multiply-adds of the plain layers, without padding and without what",
        "an upsampling repeats. Compiled, mnist_wgan does fewer than are counted, and so does",
        "bilinear_gan in float32 since commit efc8436 ([faster layers](#faster-layers)). Memory is",
        "the most that the process had, its libraries and the data included.",
        f"The peak was {peaks(works)}.",
        "",
        *table(
            ["step", "competitor", "ms a step", "ratio", "share of peak", "memory, MB",
             MEASURED_BY], times,
        ),
    ]  # fmt: skip


def peaks(works):
    """What the matrix products of a speed file reached, in words."""
    rounds = {}
    for result in works.values():
        rounds.setdefault(result["dtype"], []).extend(result["peak"])
    return " and ".join(
        f"{median(found) / 1e9:.0f} GFLOP/s in {dtype}" for dtype, found in rounds.items()
    )


def layer_lines(document):
    """The faster layers beside the plain ones."""
    where = origin(document, "none, random numbers", document["wall_seconds"])
    rows = []
    for name, seconds in document["works"].items():
        plain, fast = seconds["plain"], seconds["faster"]
        ratios = speed.by_round(fast, plain)
        rows.append([
            name, spread(plain, milliseconds), spread(fast, milliseconds),
            spread(ratios, "{:.2f}".format), where,
        ])  # fmt: skip
    return [
        "Layers of mnist_wgan and bilinear_gan at batch 64, forward and backward, plain and as",
        "common/engines/algebra.py has them on a CPU. Drawing the fakes of eight critic updates in",
        "one call instead of eight is not in use: what it brings of a critic update's time is not",
        "worth a third kind of step.",
        "",
        *table(["layer", "plain, ms", "faster, ms", "ratio", MEASURED_BY], rows),
    ]


def onednn_lines(document):
    """A step with oneDNN beside one with what TensorFlow chooses for this processor."""
    where = origin(document, document["seed"], document["wall_seconds"])
    rows = []
    for name, ways in document["works"].items():
        ours, theirs = ways.values()
        ratios = speed.by_round(ours["seconds"], theirs["seconds"])
        rows.append([
            name,
            spread(ours["seconds"], milliseconds), spread(theirs["seconds"], milliseconds),
            spread(ratios, "{:.2f}".format),
            *(f"{way['memory'] / 1e6:,.0f}" for way in (ours, theirs)),
            where,
        ])  # fmt: skip
    return [
        "A step of the compiled engine in float32 while TensorFlow computes with oneDNN, as in all",
        "commands of this project on x86, and while it chooses for itself: without oneDNN on a",
        "processor that lacks instructions for neural networks (AVX512-VNNI, AMX), else with it,",
        "where the ratio is 1.",
        "",
        *table(
            [
                "work", "oneDNN, ms", "TensorFlow's choice, ms", "ratio", "memory, MB, oneDNN",
                "TensorFlow's choice", MEASURED_BY,
            ],
            rows,
        ),
    ]  # fmt: skip


def growth_lines(curves):
    """The straight lines and where they are left."""
    rows = []
    for curve in curves.values():
        offset, slope = curve["line"]
        times = [
            f"{size}: {spread(seconds, milliseconds)}"
            for size, seconds in zip(curve["sizes"], curve["seconds"], strict=True)
        ]
        rows.append([
            curve["example"], curve["what"], "<br>".join(times),
            f"{milliseconds(offset)} + {milliseconds(slope)} x size",
            ", ".join(map(str, curve["off"])) or "nowhere",
            origin(curve, curve["seed"], curve["wall_seconds"]),
        ])  # fmt: skip
    return [
        "Time of an iteration of the compiled engine in float32 against its size: mnist_wgan's",
        "batches with one critic update, its critic updates with batches of 64.",
        "",
        *table(
            ["example", "size", "ms an iteration", "line, ms", "more than 10 % off it at",
             MEASURED_BY], rows,
        ),
    ]  # fmt: skip


def gpu_lines(document):
    """A critic update of mnist_wgan on a GPU."""
    where = origin(document, "none, first weights", document["wall_seconds"])
    rows = [
        [
            result["preset"], result["dtype"], result["batch_size"],
            spread(result["seconds"], milliseconds), f"{gpu.share_of_peak(result):.0%}", where,
        ]
        for result in document["critic_updates"]
    ]  # fmt: skip
    busy = document["utilisation"]
    return [
        "A critic update of mnist_wgan's compiled engine (clip, real images, fakes). The peak is",
        "that of a product of two matrices of the same type in the same rounds; its share is that",
        "of the multiply-adds that an update cannot do without.",
        "" if busy is None else f"Over all rounds the GPU was busy {busy:.0f} % of the time.",
        "",
        *table(["preset", "dtype", "batch", "ms an update", "share of peak", MEASURED_BY], rows),
    ]


def row_zero_lines(document):
    """Row 0 of the lecture's log, over seeds."""
    rows = []
    lecture = row_zero.LECTURE["d_true"]
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
    return [
        f"D true loss after the first 100 critic updates; the lecture prints {lecture}.",
        "",
        *table(["setting", "D true loss", "lecture's within 3 deviations", MEASURED_BY], rows),
    ]


def origin_of_plays(plays):
    """Where several plays of benchmarks.slide_rows come from, those of one command together."""
    sessions = {}
    for play in plays:
        sessions.setdefault(tuple(map(play.get, SESSION)), []).append(play)
    return "; and ".join(
        origin(those[0], ", ".join(str(play["seed"]) for play in those),
               sum(play["seconds"] for play in those))
        for those in sessions.values()
    )  # fmt: skip


def script_rows_lines(document):
    """The printed rows beside preset script's."""
    return [
        "The slides shorten the lecturer's own MNIST_wgan.py, which is preset script: batches of",
        "100, all 70,000 images, a generator that ends in tanh, and a hundred critic updates in",
        "the first 25 of each 1,000 iterations and in each 500th, but five in all others.",
        "",
        *printed_rows(document, "script"),
    ]


def slide_rows_lines(document):
    """The printed rows beside preset slides'."""
    return [
        "The same rows, played as the slides print the code: a hundred critic updates before every",
        "generator update. They do not tell a batch size.",
        "",
        *printed_rows(document, "slides"),
    ]


def printed_rows(document, preset):
    """Every number that the lecture prints, beside ours; then whether batch size matters."""
    rows, batches, missing = [], [], []
    for row, printed in slide_rows.PRINTED.items():
        groups = slide_rows.having(document["plays"], row)
        if not groups:
            missing.append(str(row))
        for name, loss in zip(row_zero.LECTURE, printed, strict=True):
            if not groups:
                rows.append([row, name, f"{loss:,}", "", "", "", "", "", "not played yet", ""])
            for batch_size, plays in groups.items():
                rows.append(slide_row(row, name, loss, batch_size, plays))
            if len(groups) > 1:
                batches += compare_batches(row, name, groups)
    lines = [
        f"Each number that the lecture prints, and ours of preset {preset} over seeds; the fourth",
        "column has our batch size. Row 0 is held against the mean and three standard deviations",
        "of our seeds. From row 50 on losses swing through 10^3 and 10^4 with both signs from one",
        "iteration to the next: a mean and its deviations would take in any number and say",
        "nothing. There the size of the printed loss, without its sign, is held against the sizes",
        "of ours over all seeds and the iterations around the row (10 before and 10 after, as far",
        "as kept; 250 in the last rows): inside means between their 2.5 % and 97.5 % quantiles.",
        "Iterations of one seed resemble each other, so that a band is less sure than its many",
        "numbers make it look: the column \"own outside\" counts those of our own seeds whose loss",
        "at that row is outside the band of the other seeds, which is what an \"outside\" of the",
        "lecture's is to be compared with. Rows 0 and 50 have a verdict from eight seeds on, rows",
        "100 and 150 from three. The column sign tells how many losses have the printed one's.",
        "",
        *table(
            ["row", "loss", "printed", "batch", "ours at that row", "band", "sign", "own outside",
             "verdict", MEASURED_BY], rows,
        ),
    ]  # fmt: skip
    if batches:
        lines += [
            "",
            "Does batch size move the band? For each seed the median size around the row, and",
            "over the seeds the median of that (least to most). p is that of a Mann-Whitney test",
            "between the seeds of the two batch sizes, which would be small if one had larger",
            "losses than the other; of so many tests some are below 0.05 by chance. Batch 32 was",
            "played with TensorFlow on CPUs, larger ones with JAX on a GPU, so that what differs",
            "may be theirs as well.",
            "",
            *table(["row", "loss", "batch", "size", "batch", "size", "p"], batches),
        ]
    if missing:
        lines += [
            "",
            f"Not played yet: {', '.join(missing)}. [benchmarks](benchmarks/README.md) has the",
            "commands and how long they take.",
        ]
    return lines


def slide_row(row, name, printed, batch_size, plays):
    """A row of the table: a printed loss beside those of plays of one batch size."""
    ours = [float(slide_rows.at(play, name, [row])[0]) for play in plays]
    near = np.concatenate([slide_rows.at(play, name, slide_rows.around(row)) for play in plays])
    digits = 0 if abs(printed) >= 10 else 2 if abs(printed) >= 1 else 4
    form = f"{{:,.{digits}f}}".format
    band = sign = verdict = own = ""
    if len(near) > 1:
        low, high = slide_rows.band(plays, row, name)
        band = f"{'' if row == 0 else 'size '}{form(low)} to {form(high)}"
        inside = slide_rows.inside(plays, row, name, printed)
        verdict = "inside" if inside else "**outside**"
        if len(plays) < slide_rows.SEEDS.get(row, 1):
            verdict = f"{len(plays)} seeds only"
        if (strays := slide_rows.own_outside(plays, row, name)) is not None:
            own = f"{strays} of {len(plays)}"
    if row > 0:
        sign = f"{np.mean(np.sign(near) == np.sign(printed)):.0%}"
    return [
        row, name, f"{printed:,}", batch_size, spread(ours, form), band, sign, own, verdict,
        origin_of_plays(plays),
    ]  # fmt: skip


def compare_batches(row, name, groups):
    """A row of the second table for each batch size beside that of which there are most plays."""
    sizes = {
        batch_size: [
            float(np.median(np.abs(slide_rows.at(play, name, slide_rows.around(row)))))
            for play in plays
        ]
        for batch_size, plays in groups.items()
    }
    most = max(sizes, key=lambda batch_size: len(sizes[batch_size]))
    form = "{:,.0f}".format
    return [
        [row, name, most, spread(sizes[most], form), other, spread(sizes[other], form),
         f"{mannwhitneyu(sizes[most], sizes[other]).pvalue:.2g}"]
        for other in sizes if other != most
    ]  # fmt: skip


def quick_lines(trials):
    """What was tried for mnist_wgan's preset quick."""
    rows = []
    for name, trial in trials.items():
        if "settings" in trial:  # a whole run that was judged afterwards
            flags = {"generator": "slides", "averaging": 0.0, **trial["settings"]}  # once had none
            words = [
                f"--{name} {flags[name]}"
                for name in ("preset", "seed", "iterations", "generator", "averaging", "dtype")
            ]
            ran = " ".join(["python -m mnist_wgan.train", *words])
            trial = {**trial, "seed": flags["seed"], "command": ran}
        accuracy, variety = trial["asked_label_accuracy"], trial["variety"]
        where = origin(trial, trial["seed"], trial["seconds"])
        rows.append([name, f"{accuracy:.1%} (one run)", f"{variety:.2f}", where])
    return [
        "How many of 2,000 samples show the digit asked for, and how much they vary beside the",
        "real ones. Trials end after a time, some while other programs computed; the presets are",
        "whole runs. All are of the preset as it was at their commits, with the slides' generator",
        "and its last weights; today's is in [mnist_wgan](mnist_wgan/README.md#preset-quick).",
        "",
        *table(["trial", "asked digit", "variety", MEASURED_BY], rows),
    ]


def distribution_lines(trials):
    """What was tried for distribution_gan."""
    rows = []
    for name, trial in trials.items():
        distances = trial["median_wasserstein_1"]
        where = origin(trial, f"0 to {len(distances) - 1}", trial["seconds"])
        rows.append([name, spread(distances, "{:.2f}".format), f"{mean(distances):.2f}", where])
    return [
        "Wasserstein-1 distance of a run's second half, in the data's own units; over seeds.",
        "",
        *table(["trial", "distance", "mean", MEASURED_BY], rows),
    ]


def cures_lines(failures):
    """What each cure made of each failure."""
    forms = {
        "modes": "{:.1f}", "good": "{:.0%}", "precision": "{:.0%}", "recall": "{:.0%}",
        "swing": "{:.0%}", "d_real": "{:.2f}", "d_fake": "{:.2f}", "gradient": "{:.2g}",
    }  # fmt: skip
    rows = []
    for failure, trials in failures.items():
        seconds = sum(trial["seconds"] for trial in trials.values())
        for name, trial in trials.items():
            plays = [play for play in trial["plays"] if play is not None]
            seeds = len(trial["plays"])
            if len(plays) < seeds:
                name = f"{name}; {seeds - len(plays)} of {seeds} ended in NaN"
            where = origin(trial, f"0 to {seeds - 1}", seconds)
            rows.append([
                failure, name,
                *(spread([play[score] for play in plays], form.format) if plays else ""
                  for score, form in forms.items()),
                where,
            ])  # fmt: skip
    return [
        "A GAN on a ring of eight narrow Gaussians ([ring.py](common/data/ring.py)), made to",
        "fail in the ways that the lectures name. The first row of a failure is that game, each",
        "other one changes what it names and nothing else; not all of them cure. Median (least to",
        "most) over seeds of a play's mean over its second half. modes: of eight, those with 1 %",
        "of the samples or more within three standard deviations. good: samples so near to any",
        "mode, 99 % of real ones. precision and recall: k = 5, on the points; recall is high too",
        "where fakes lie scattered around all modes. swing: samples by which the modes' shares",
        "change in a tenth of the play. D on reals and fakes: mean answers. gradient: mean length,",
        "at a fake, of the gradient of the generator's cost.",
        "",
        *table(
            ["failure", "trial", "modes", "good", "precision", "recall", "swing", "D on reals",
             "D on fakes", "gradient", MEASURED_BY], rows,
        ),
    ]  # fmt: skip


def claims_lines(document):
    """What the sources say beside what was measured, then the scores after each moment."""
    plays = document["plays"]
    images = [name for name in claims.WORKS if name != distribution.EXAMPLE.name]
    names = ("classifier_score", "frechet_distance", "precision", "recall", "coverage", "modes")
    shown = {name: evaluation.SCORES[name] for name in names}
    counts = " or ".join(f"{count:,}" for count in sorted({play["count"] for play in plays}))
    return [
        "The other examples' sources in their own words, and each example played with preset",
        "slides. A claim has one number for each seed, and holds for a seed whose number keeps to",
        "the bound under \"holds if\". The bounds are this project's choice, for the sources name",
        "none. Ours are median (least to most) over the seeds. Where scores disagree: precision",
        "asks of each sample alone whether it lies where real images do, coverage and classes",
        "found how many kinds of them there are, classifier score and Fréchet distance both. And",
        "a share of a gap says little where the gap is small: the scores are below. Fréchet",
        "distances are in the features of this project's classifiers and cannot be compared with",
        "FIDs. distribution_gan's floor is the mean over twenty splits of its data in two halves.",
        "",
        *table(
            ["example", "epochs", "the source says", "measured", "ours", "holds if", "verdict",
             MEASURED_BY], [claim_row(claim, plays) for claim in claims.CLAIMS],
        ),
        "",
        f"The scores of {counts} samples of each seed, median (least to most) over the seeds. What",
        "they mean: [README](README.md#how-good-are-the-samples). Wall time is that of training.",
        "",
        *scores_table(images, plays, shown, "real images"),
        "",
        *scores_table(
            [distribution.EXAMPLE.name], plays, distribution.SCORES, "halves of the data"
        ),
    ]  # fmt: skip


def scores_table(examples, plays, names, real):
    """The scores of examples after each of their moments as a table, a list of lines.

    Args:
        examples: their names.
        plays: of benchmarks.claims.
        names: like common.scores.evaluation.SCORES.
        real: what is in the samples' place in the last row of an example.
    """
    rows = []
    for example in examples:
        for epochs in claims.WORKS[example].epochs:
            there = of_moment(example, epochs, plays)
            if there:
                cells = score_cells(there, "scores", names)
                rows.append([example, epochs, *cells, origin_of_plays(there)])
            else:
                cells = [f"not run yet: `{claims.missing(example)}`", *[""] * len(names)]
                rows.append([example, epochs, *cells])
        if of_it := [play for play in plays if play["example"] == example]:
            rows.append([example, real, *score_cells(of_it, "real", names), ""])
    titles = [title for title, _, _ in names.values()]
    return table(["example", "epochs", *titles, MEASURED_BY], rows)


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


def claims_pictures(folder, place):
    """The lines of the pictures that benchmarks.claims has left, each under what it shows."""
    lines = []
    for example, chosen in claims.WORKS.items():
        for name, shown in chosen.pictures.items():
            path = claims.picture(folder / "claims.json", example, name)
            if path.exists():
                says = f"{example}, seed {chosen.seeds[0]}: {shown}"
                lines += [f"{says}.", "", f"![{says}]({place}/{path.name})", ""]
    return lines


SECTIONS = {
    "speed": ("Speed", speed_lines),
    "speed_slower": ("Speed on a slower machine", speed_lines),
    "layers": ("Faster layers", layer_lines),
    "onednn": ("oneDNN", onednn_lines),
    "growth": ("Growth", growth_lines),
    "gpu": ("On a GPU", gpu_lines),
    "row_zero": ("mnist_wgan: row 0 of the lecture", row_zero_lines),
    "script_rows": ("mnist_wgan: the lecture's printed rows, preset script", script_rows_lines),
    "slide_rows": ("mnist_wgan: the lecture's printed rows, preset slides", slide_rows_lines),
    "quick_trials": ("mnist_wgan: preset quick", quick_lines),
    "distribution_trials": ("distribution_gan: what the slides leave open", distribution_lines),
    "cures": ("When GANs fail: cures", cures_lines),
    "claims": ("What the other sources say of their results", claims_lines),
}


def write_page(folder, root):
    """Return the page's text.

    Args:
        folder: of the result files.
        root: the page's own folder, for the links.
    """
    lines = HEAD.splitlines()
    place = folder.resolve().relative_to(root.resolve()).as_posix()
    for name, (title, section) in SECTIONS.items():
        file = folder / f"{name}.json"
        if not file.exists():
            continue
        lines += ["", f"## {title}", "", *section(folders.read_json(file)), ""]
        if (folder / f"{name}.png").exists():
            lines += [f"![{title}]({place}/{name}.png)", ""]
        if name == "claims":
            lines += claims_pictures(folder, place)
        lines.append(f"File: [{name}.json]({place}/{name}.json)")
    missing = ["The slides' whole schedule"]
    if not (folder / "gpu.json").exists():
        missing.append("a critic update's time")
    lines += [
        "",
        "## Not measured yet",
        "",
        f"{' and '.join(missing)} on a GPU:",
        "[benchmarks](benchmarks/README.md#on-a-gpu) has the commands and what they need.",
    ]
    lines, origins = number_origins(lines)
    lines += ["", "## Measured by", ""]
    lines += [f"{number}. {origin}" for number, origin in enumerate(origins, 1)]
    return "\n".join(lines) + "\n"


def work(config):
    """Write the page, or check it."""
    text = write_page(config.folder, config.page.parent)
    if not config.check:
        with whole(config.page) as file:
            file.write(text.encode())
        print(config.page)
    elif not config.page.exists() or config.page.read_text(encoding="utf-8") != text:
        raise UserError(
            f"{config.page} is not what {config.folder} gives; python -m benchmarks.results_page"
            " writes it anew"
        )


if __name__ == "__main__":
    prog = "python -m benchmarks.results_page"
    sys.exit(status.run(lambda: work(command_line(prog, Config, __doc__))))
