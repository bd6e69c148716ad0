"""The tables of RESULTS.md on how fast a step is."""

from statistics import median

from benchmarks import gpu, speed
from benchmarks.pages.tables import milliseconds, origin, ratio, spread, table


def of_speed(works):
    """What speed.json gives the page."""
    return {
        "devices": " and ".join(dict.fromkeys(result["device"] for result in works.values())),
        "ratios": ratios(works),
        "goals": goals(works),
        "peaks": peaks(works),
        "times": times(works),
    }


def ratios(works):
    """The first page's line of each example, in float32: how many times as long others take."""
    rows = []
    for name, result in works.items():
        if name != result["example"]:
            continue
        cells = {"plain": "", "torch": ""}
        for verdict in speed.verdicts(result):
            middle = ratio(median(verdict.ratios))
            middle = middle if verdict.reached else f"**{middle}**"
            cells[verdict.other.removesuffix(".compile")] = f"{middle} ({verdict.goal})"
        rows.append([name, *cells.values()])
    return table("step | source's loop in Keras | PyTorch", rows)


def goals(works):
    """Each goal, and whether it is reached."""
    rows = [
        [
            name, verdict.other, spread(verdict.ratios, ratio), verdict.goal,
            "reached" if verdict.reached else "**missed**", where(result),
        ]
        for name, result in works.items() for verdict in speed.verdicts(result)
    ]  # fmt: skip
    return table("step | against | ratio | goal |  | measured by", rows)


def times(works):
    """All competitors."""
    rows = []
    for name, result in works.items():
        for other, measured in result["competitors"].items():
            share, memory = speed.share_of_peak(result, other), measured.get("memory")
            rows.append([
                name, other, spread(measured["seconds"], milliseconds),
                spread(speed.ratios(result, other), ratio),
                "" if share is None else f"{share:.0%}",
                "" if memory is None else megabytes(memory), where(result),
            ])  # fmt: skip
        for other, reason in result["left_out"].items():
            rows.append([name, other, f"left out: {reason}", "", "", "", where(result)])
    heads = "step | competitor | ms a step | ratio | share of peak | memory, MB | measured by"
    return table(heads, rows)


def peaks(works):
    """What the matrix products reached, in words."""
    rounds = {}
    for result in works.values():
        rounds.setdefault(result["dtype"], []).extend(result["peak"])
    return " and ".join(
        f"{median(found) / 1e9:.0f} GFLOP/s in {dtype}" for dtype, found in rounds.items()
    )


def where(result):
    """The origin of what a command measured under its --seed."""
    return origin(result, result["seed"], result["wall_seconds"])


def megabytes(memory):
    return f"{memory / 1e6:,.0f}"


def beside(ours, theirs):
    """Three cells: the milliseconds of both and how many times as long theirs are."""
    ratios = spread(speed.by_round(ours, theirs), ratio)
    return [spread(ours, milliseconds), spread(theirs, milliseconds), ratios]


def of_layers(document):
    """The faster layers beside the plain ones."""
    measured = origin(document, "none, random numbers", document["wall_seconds"])
    rows = []
    for name, seconds in document["works"].items():
        fast, plain, times = beside(seconds["faster"], seconds["plain"])
        rows.append([name, plain, fast, times, measured])
    return {"times": table("layer | plain, ms | faster, ms | ratio | measured by", rows)}


def of_onednn(document):
    """A step with oneDNN beside one with what TensorFlow chooses for this processor."""
    rows = []
    for name, ways in document["works"].items():
        ours, theirs = ways.values()
        memory = [megabytes(way["memory"]) for way in (ours, theirs)]
        times = beside(ours["seconds"], theirs["seconds"])
        rows.append([name, *times, *memory, where(document)])
    heads = (
        "work | oneDNN, ms | TensorFlow's choice, ms | ratio | memory, MB, oneDNN "
        "| TensorFlow's choice | measured by"
    )
    return {"times": table(heads, rows)}


def of_growth(curves):
    """The straight lines and where they are left."""
    rows = []
    for curve in curves.values():
        offset, slope = map(milliseconds, curve["line"])
        times = [
            f"{size}: {spread(seconds, milliseconds)}"
            for size, seconds in zip(curve["sizes"], curve["seconds"], strict=True)
        ]
        off = ", ".join(map(str, curve["off"])) or "nowhere"
        rows.append([
            curve["example"], curve["what"], "<br>".join(times), f"{offset} + {slope} x size", off,
            where(curve),
        ])  # fmt: skip
    heads = "example | size | ms an iteration | line, ms | more than 10 % off it at | measured by"
    return {"lines": table(heads, rows)}


def of_gpu(document):
    """A critic update of mnist_wgan on a GPU."""
    measured = origin(document, "none, first weights", document["wall_seconds"])
    busy = document["utilisation"]
    rows = [
        [
            result["preset"], result["dtype"], result["batch_size"],
            spread(result["seconds"], milliseconds), f"{gpu.share_of_peak(result):.0%}",
            "" if busy is None else f"{busy:.0f}%", measured,
        ]
        for result in document["critic_updates"]
    ]  # fmt: skip
    heads = "preset | dtype | batch | ms an update | share of peak | GPU busy | measured by"
    return {"updates": table(heads, rows)}
