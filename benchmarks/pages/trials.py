"""The tables of RESULTS.md on what was tried: presets, optimizers, cures."""

from statistics import mean

from benchmarks import quick_trials
from benchmarks.pages.tables import origin, origin_of_plays, ratio, seeds, spread, table


def of_quick(document):
    """What was tried for mnist_wgan's preset quick: all trials, and the best over seeds."""
    thousand, goal = document["tera_multiply_adds_of_1000_images"], document["goal"]

    def words(run):
        return [f"{run[name]:g}" for name in ("batch_size", *quick_trials.SPACE)]

    def where(runs, session):
        seconds = sum(run["seconds"] for run in runs)
        return origin(session, ", ".join(sorted({str(run["seed"]) for run in runs})), seconds)

    searched = sorted(document["search"], key=lambda run: -run[quick_trials.SCORE][-1])
    tried = [
        [*words(run), f"{run['images'][-1]:,}", f"{run[quick_trials.SCORE][-1]:.1%}",
         run["ended"].partition(":")[0], where(searched, document["searched"])]
        for run in searched
    ]  # fmt: skip
    groups = {}
    for run in document["best"]:
        groups.setdefault(tuple(words(run)), []).append(run)
    best = []
    for settings, runs in groups.items():
        images = [quick_trials.reached(run) for run in runs]
        all_reached = [f"{count:,}" if count else "not" for count in images]
        most = f"{max(images) / 1000 * thousand:.1f}" if all(images) else ""
        last = [
            spread([run[name][-1] for run in runs], form.format)
            for name, form in ((quick_trials.SCORE, "{:.1%}"), ("frechet_distance", "{:.2f}"),
                               ("coverage", "{:.2f}"))
        ]  # fmt: skip
        best.append([*settings, ", ".join(all_reached), most, *last, where(runs, document)])
    heads = "batch | learning rate | class weight | averaging | clip | embedding"
    return {
        "goal": f"{goal:.0%}",
        "thousand": f"{thousand:.2f}",
        "count": len(tried),
        "search": table(f"{heads} | images | asked digit | how it ended | measured by", tried),
        "best": table(
            f"{heads} | images to {goal:.0%}, seeds 0, 1, 2 | 10^12 multiply-adds | asked digit at "
            f"{document['best'][0]['images'][-1]:,} images | Fréchet distance | coverage | "
            "measured by",
            best,
        ),
    }


def of_lipschitz(trials):
    """What bounds the critic's slope, tried in mnist_wgan's preset long."""
    forms = {"asked_label_accuracy": "{:.1%}", "frechet_distance": "{:.2f}", "coverage": "{:.2f}"}
    rows = []
    for name, trial in trials.items():
        plays = trial["plays"]
        iterations = spread([play["iterations"] for play in plays], "{:,.0f}".format)
        cells = [spread([p["scores"][s] for p in plays], f.format) for s, f in forms.items()]
        where = origin(trial, seeds(len(plays)), sum(play["seconds"] for play in plays))
        rows.append([name, f"{trial['minutes']:g}", iterations, *cells, where])
    real = [form.format(trial["real"][score]) for score, form in forms.items()]
    rows.append(["real images", "", "", *real, where])
    heads = "lipschitz | minutes | iterations | asked digit | Fréchet distance | coverage"
    return {"scores": table(f"{heads} | measured by", rows)}


def of_distribution(trials):
    """What was tried for distribution_gan."""
    rows = []
    for name, trial in trials.items():
        distances = trial["median_wasserstein_1"]
        where = origin(trial, seeds(len(distances)), trial["seconds"])
        rows.append([name, spread(distances, ratio), ratio(mean(distances)), where])
    return {"distances": table("trial | distance | mean | measured by", rows)}


def of_cures(failures):
    """What each cure made of each failure."""
    forms = {
        "modes": "{:.1f}", "good": "{:.0%}", "precision": "{:.0%}", "recall": "{:.0%}",
        "swing": "{:.0%}", "d_real": "{:.2f}", "d_fake": "{:.2f}", "gradient": "{:.2g}",
    }  # fmt: skip
    rows = []
    for failure, trials in failures.items():
        for name, trial in trials.items():
            started = trial["started"]  # some trials may have been played later than others
            together = [other for other in trials.values() if other["started"] == started]
            seconds = sum(other["seconds"] for other in together)
            plays = [play for play in trial["plays"] if play is not None]
            count = len(trial["plays"])
            if len(plays) < count:
                name = f"{name}; {count - len(plays)} of {count} ended in NaN"
            cells = [
                spread([play[score] for play in plays], form.format) if plays else ""
                for score, form in forms.items()
            ]
            rows.append([failure, name, *cells, origin(trial, seeds(count), seconds)])
    heads = (
        "failure | trial | modes | good | precision | recall | swing | D on reals | D on fakes "
        "| gradient | measured by"
    )
    return {"scores": table(heads, rows)}


def of_guidelines(document):
    """What each guideline of a convolutional GAN is worth, beside dcgan's network."""
    forms = {
        "classifier_score": "{:.2f}", "frechet_distance": "{:.1f}", "precision": "{:.2f}",
        "coverage": "{:.3f}", "modes": "{:.0f}",
    }  # fmt: skip
    groups, kept = {}, {}
    for play in document["plays"]:
        groups.setdefault((play["dataset"], play["trial"]), []).append(play)
        if play["trial"] == "all five":
            kept[play["dataset"], play["seed"]] = play["frechet_distance"]
    rows, counts = [], set()
    for (dataset, name), plays in groups.items():
        there = [play for play in plays if play["ended"] == "finished"]
        counts.add(len(plays))
        if len(there) < len(plays):
            name = f"{name}; {len(plays) - len(there)} diverged"
        cells = [
            spread([play[score] for play in there], form.format) if there else ""
            for score, form in forms.items()
        ]
        more = [
            play["frechet_distance"] - kept[dataset, play["seed"]]
            for play in there
            if kept.get((dataset, play["seed"])) is not None
        ]
        worse = spread(more, "{:+.1f}".format) if more and plays[0]["trial"] != "all five" else ""
        rows.append([dataset, name, len(plays), *cells, worse, origin_of_plays(plays)])
    for dataset, scores in document["real"].items():
        real = [form.format(scores[score]) for score, form in forms.items()]
        rows.append([dataset, "real images", "", *real, "", rows[-1][-1]])
    heads = (
        "data | network | seeds | classifier score | Fréchet distance | precision | coverage "
        "| classes | distance more than with all five, same seed | measured by"
    )
    least, most = min(counts), max(counts)
    return {
        "scores": table(heads, rows),
        "iterations": f"{document['iterations']:,}",
        "batch": document["batch_size"],
        "samples": f"{document['samples']:,}",
        "plays": len(document["plays"]),
        "seeds": f"{least}" if least == most else f"{least} to {most}",
    }
