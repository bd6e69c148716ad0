"""What the tables of RESULTS.md are made with."""

import re
from statistics import median

SESSION = ("command", "device", "commit", "began")  # plays alike in these come from one line

ratio = "{:.2f}".format


def table(heads, rows):
    """A Markdown table.

    Args:
        heads: of its columns, with " | " between them.
        rows: lists of cells.
    """
    lines = [heads, " | ".join(["---"] * len(heads.split(" | ")))]
    lines += [" | ".join(str(cell).replace("|", "/") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def number_origins(text):
    """Put numbers in place of the tables' last cells that say where a row comes from.

    Returns:
        The text, and those origins, the first one's number being 1.
    """
    origins = {}

    def number(match):
        return f"| {origins.setdefault(match[1], len(origins) + 1)} |"

    return re.sub(r"\| (`python [^|]*) \|$", number, text, flags=re.M), list(origins)


def spread(values, form):
    """Median, least and most, each formatted; one value alone is just that."""
    if len(values) == 1:
        return f"{form(values[0])} (one run)"
    return f"{form(median(values))} ({form(min(values))} to {form(max(values))})"


def milliseconds(seconds):
    """Seconds in milliseconds, three digits or all before the point."""
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def seeds(count):
    """Seeds 0 to count - 1, in words."""
    return f"0 to {count - 1}" if count > 1 else "0"


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


def origin_of_plays(plays):
    """Where several plays, each of one seed, come from; those of one command together."""
    sessions = {}
    for play in plays:
        sessions.setdefault(tuple(map(play.get, SESSION)), []).append(play)
    return "; and ".join(
        origin(those[0], ", ".join(str(play["seed"]) for play in those),
               sum(play["seconds"] for play in those))
        for those in sessions.values()
    )  # fmt: skip
