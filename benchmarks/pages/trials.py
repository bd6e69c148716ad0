"""The tables of RESULTS.md on what was tried: presets, optimizers, cures."""

from statistics import mean

from benchmarks.pages.tables import origin, ratio, seeds, spread, table


def of_quick(trials):
    """What was tried for mnist_wgan's preset long."""
    rows = []
    for name, trial in trials.items():
        if "settings" in trial:  # a whole run that was judged afterwards
            flags = {"generator": "slides", "averaging": 0.0, **trial["settings"]}  # once had none
            words = [
                f"--{flag} {flags[flag]}"
                for flag in ("preset", "seed", "iterations", "generator", "averaging", "dtype")
            ]
            ran = " ".join(["python -m mnist_wgan.train", *words])
            trial = {**trial, "seed": flags["seed"], "command": ran}
        accuracy, variety = trial["asked_label_accuracy"], trial["variety"]
        where = origin(trial, trial["seed"], trial["seconds"])
        rows.append([name, f"{accuracy:.1%} (one run)", ratio(variety), where])
    return {"scores": table("trial | asked digit | variety | measured by", rows)}


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
