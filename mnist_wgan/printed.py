"""The rows of its log that the lecture prints, and what this code gives in their place.

bands.json holds our bands, of presets slides and script, over the seeds of RESULTS.md.
"""

import json
from pathlib import Path

LOSSES = ("d_true", "d_fake", "dg", "total")
PRINTED = {  # the lecture's rows by iteration: D true, D fake, DG and total loss
    0: (-2837.692, 3.050, 2.636, -2834.641),
    50: (-1849.921, 1408.130, -1282.885, -441.791),
    100: (-544.046, -372.518, 513.699, -916.565),
    150: (-4682.79, 3663.87, -3454.65, -1018.92),
    24750: (0.1663, 0.0420, 0.0335, 0.2083),
    24800: (0.1830, 0.0254, 0.0297, 0.2084),
    24850: (0.0796, 0.0384, 0.0538, 0.1181),
    24900: (0.1067, 0.0285, 0.0774, 0.1352),
    24950: (0.0455, 0.0729, 0.0829, 0.1185),
}
HEADS = ("row", "loss", "lecture", "this run", "band", "lecture is", "this run is")
BANDS = Path(__file__).with_name("bands.json")


def is_inside(row, loss, low, high):
    """Whether a loss lies in the band of its row: from row 50 on its size does, since early losses
    swing through both signs."""
    return low <= (loss if row == 0 else abs(loss)) <= high


def compare(config, rows):
    """Put a run beside the rows that the lecture prints.

    Args:
        config: the run's train.Config.
        rows: of its losses.csv, dicts from column to number.

    Returns:
        (a sentence, the heads of a table, its rows of cells), a row for each printed loss of an
        iteration that the run has logged; None where there is none, or for other presets than
        slides and script.
    """
    if config.preset not in ("slides", "script"):
        return None
    bands = json.loads(BANDS.read_text())[config.preset].get(str(config.batch_size), {})
    cells, known, lecture_inside, run_inside = [], 0, 0, 0
    for row in rows:
        iteration = int(row["iteration"])
        for name, printed in zip(LOSSES, PRINTED.get(iteration, ()), strict=False):
            ours, band = row[name], bands.get(str(iteration), {}).get(name)
            verdicts = ("", "", "")
            if band:
                inside = [is_inside(iteration, loss, *band) for loss in (printed, ours)]
                known, lecture_inside = known + 1, lecture_inside + inside[0]
                run_inside += inside[1]
                size = "" if iteration == 0 else "size "
                verdicts = (
                    f"{size}{band[0]:,.4g} to {band[1]:,.4g}",
                    *("inside" if yes else "outside" for yes in inside),
                )
            cells.append((iteration, name, f"{printed:,}", f"{ours:,.4f}", *verdicts))
    if not cells:
        return None
    which = f"of other seeds of preset {config.preset} at batch {config.batch_size}"
    sentence = f"There are no bands {which}; the report has this run beside the lecture."
    if known:
        sentence = (
            f"Of {known} losses that the lecture prints, {run_inside} of this run lie in the band "
            f"{which}, and {lecture_inside} of the lecture; the report has them all."
        )
    return sentence, HEADS, cells
