"""Writes RESULTS.md from the result files of the other commands; no figure in it is typed."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from benchmarks import slide_rows
from benchmarks.pages import families, rows, sources, speeds, trials
from benchmarks.pages.tables import number_origins
from benchmarks.shared import main
from common.errors import UserError
from common.files import whole
from common.runs import folders

TEMPLATE = Path(__file__).with_name("pages") / "results.template"
TABLES = {  # by the name of a result file, what makes the template's values of it
    "speed": speeds.of_speed,
    "speed_slower": speeds.of_speed,
    "layers": speeds.of_layers,
    "onednn": speeds.of_onednn,
    "growth": speeds.of_growth,
    "gpu": speeds.of_gpu,
    "row_zero": rows.of_row_zero,
    "genuine_rows": rows.of_genuine,
    "script_rows": rows.of_printed,
    "slide_rows": rows.of_printed,
    "quick_trials": trials.of_quick,
    "lipschitz": trials.of_lipschitz,
    "distribution_trials": trials.of_distribution,
    "cures": trials.of_cures,
    "guidelines": trials.of_guidelines,
    "claims": sources.of_claims,
    "posterior": families.of_posterior,
    "augmentation": families.of_augmentation,
}


@dataclass(frozen=True)
class Config:
    """What to write."""

    check: bool = False
    """Write nothing; fail if the page is not what the result files give."""

    page: Path = Path("RESULTS.md")
    """The page."""

    bands: Path = Path("mnist_wgan/bands.json")
    """Our bands of the rows that mnist_wgan's lecture prints, for the reports of its runs."""

    folder: Path = Path("benchmarks/results")
    """Folder of the result files, beside or below the page's."""


def read_there(paths):
    """Those JSON files that exist: what they hold, by name."""
    return {path.stem: folders.read_json(path) for path in paths if path.exists()}


def played(files):
    """What there is of slide_rows.json and script_rows.json among result files, by preset."""
    return {preset: files[name] for preset, name in slide_rows.NAMES.items() if name in files}


def fill_values(folder, root):
    """Return what the template's placeholders stand for, as far as there are result files."""
    place = folder.resolve().relative_to(root.resolve()).as_posix()
    files = read_there(folder / f"{name}.json" for name in TABLES)
    values = {"folder": place}
    for name, document in files.items():
        values |= {f"{name}_{key}": value for key, value in TABLES[name](document).items()}
    if documents := played(files):
        values |= {f"rows_{key}": value for key, value in rows.inside(documents).items()}
    drawing = read_there([folder / "drawing.json"]).get("drawing")
    if drawing is not None:
        values["families_beside"] = families.beside(drawing, root)
    if "claims" in files:
        card = read_there([root / "mnist_wgan" / "pretrained" / "card.json"]).get("card")
        values["claims_good"] = sources.good(files["claims"]["plays"], card)
        values["claims_pictures"] = sources.pictures(folder, place)
    return values


def write_page(folder, root):
    """Return the page's text; a section whose result file is missing is left out.

    Args:
        folder: of the result files.
        root: the page's own folder, for the links.
    """
    values = fill_values(folder, root)
    sections = map(Template, re.split(r"^(?=## )", TEMPLATE.read_text("utf-8"), flags=re.M))
    there = [s for s in sections if values.keys() >= set(s.get_identifiers())]
    text, origins = number_origins("".join(section.substitute(values) for section in there))

    def keep_if_drawn(picture):
        return picture[0] if (root / picture[1]).exists() else ""

    text = re.sub(r"^!\[.*\]\((.*)\)\n\n", keep_if_drawn, text, flags=re.M)
    return text + "".join(f"{number}. {line}\n" for number, line in enumerate(origins, 1))


def work(config):
    """Write the page, or check it."""
    texts = {config.page: write_page(config.folder, config.page.parent)}
    files = read_there(config.folder / f"{name}.json" for name in slide_rows.NAMES.values())
    if documents := played(files):
        texts[config.bands] = json.dumps(rows.bands(documents)) + "\n"
    for path, text in texts.items():
        if not config.check:
            with whole(path) as file:
                file.write(text.encode())
            print(path)
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise UserError(
                f"{path} is not what {config.folder} gives; python -m benchmarks.results_page"
                " writes it anew"
            )


if __name__ == "__main__":
    main("results_page", Config, work, __doc__)
