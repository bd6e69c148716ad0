"""Make the notebooks: run each .py here and write it with its outputs as an .ipynb beside it."""

import base64
import io
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import jupytext
import nbformat
import tyro
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from common import status
from common.errors import UserError
from common.files import whole
from common.settings import command_line

FOLDER = Path(__file__).parent
FIRST = FOLDER / "first_cell.py"  # of every notebook, below its title
HANDOUT = FOLDER.parent / "build/class"  # the notebooks without their answers
ANSWERS = FOLDER.parent / "build/answers.md"
FOLDED = re.compile(r"\s*<details><summary>Answer</summary>(.*?)</details>\s*", re.DOTALL)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Config:
    """Which notebooks."""

    names: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="NAME")] = ()
    """Those whose names contain one of these, as in 02 or wgan; none: all of them."""

    preset: Literal["quick", "smoke"] = "quick"
    """quick: as they are read; smoke: in seconds, to see whether they run, and nothing is kept."""

    without_answers: bool = False
    """Run nothing: write the stored notebooks without their answers into build/class, and the
    answers into build/answers.md."""


def sources(names=()):
    """Return the sources' paths in order."""
    found = sorted(FOLDER.glob("[0-9]*.py"))
    return [path for path in found if not names or any(name in path.stem for name in names)]


def read(path):
    """Return a source as a notebook without outputs, with the cell that installs the project."""
    notebook = jupytext.read(path)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(FIRST.read_text(encoding="utf-8").strip()))
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # jupytext's are random
    return notebook


def cells(notebook):
    """What a source and its .ipynb have in common: kind, text and metadata of each cell."""
    return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def execute(notebook, preset):
    """Run a notebook's cells in a kernel of this Python, in the repository's folder.

    Args:
        notebook: changed in place; its outputs are kept in it.
        preset: what the notebook finds as PRESET in its environment.

    Raises:
        UserError: a cell raised.
    """
    client = NotebookClient(
        notebook,
        timeout=None,
        record_timing=False,
        store_widget_state=True,
        resources={"metadata": {"path": str(FOLDER.parent)}},
    )
    try:
        client.execute(env={**os.environ, "PRESET": preset})
    except CellExecutionError as error:
        raise UserError(f"{error.ename}: {error.evalue}, raised by a cell") from error


def shrink(notebook):
    """Write a notebook's pictures anew, losing nothing: matplotlib's have four channels where one
    or three do. It takes a third of the file."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
                if picture.mode == "RGBA" and picture.getextrema()[3] == (255, 255):
                    picture = picture.convert("RGB")
                if (
                    picture.mode == "RGB"
                    and len({channel.tobytes() for channel in picture.split()}) == 1
                ):
                    picture = picture.convert("L")
                file = io.BytesIO()
                picture.save(file, "PNG", optimize=True)
                data["image/png"] = base64.b64encode(file.getvalue()).decode()


def take_answers(notebook):
    """Take the answers out of a notebook with outputs, and return them as Markdown.

    Answers are what is folded away: text below an exercise, a cell whose source is hidden, and
    below a quiz which images are fake. Each comes with its exercise's text.
    """
    page, kept = [], []
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            printed = "".join(output.get("text", "") for output in cell.outputs)
            page += [f"```python\n{cell.source}\n```", f"```text\n{printed}```" if printed else ""]
            continue
        kept.append(cell)
        if cell.cell_type == "markdown":
            exercises = re.split(r"^(?=\*\*Exercise )", cell.source, flags=re.MULTILINE)[1:]
            page += [FOLDED.sub(r"\n\n**Answer.**\1", text).strip() for text in exercises]
            cell.source = FOLDED.sub("\n\n", cell.source).strip()
        for output in cell.get("outputs", ()):
            html = output.get("data", {}).get("text/html", "")
            page += [f"**Quiz.** {answer}" for answer in FOLDED.findall(html)]
            if html:
                output.data["text/html"] = FOLDED.sub("", html)
    notebook.cells = kept
    return "\n\n".join(filter(None, page))


def hand_out(paths):
    """Write the stored notebooks of these sources without their answers, and the answers' page."""
    HANDOUT.mkdir(parents=True, exist_ok=True)
    page = ["# Answers", "Pictures that an answer draws are in the notebook itself."]
    for path in paths:
        notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
        page += [f"## {path.stem}", take_answers(notebook)]
        with whole(HANDOUT / f"{path.stem}.ipynb") as file:
            file.write(nbformat.writes(notebook).encode() + b"\n")
    with whole(ANSWERS) as file:
        file.write("\n\n".join(page).encode() + b"\n")
    print(f"{len(paths)} notebooks: {HANDOUT}\nanswers: {ANSWERS}")


def build(config):
    """Run the notebooks that a config names; with preset quick write them."""
    if not sources(config.names):
        raise UserError(f"no notebook's name contains {' or '.join(config.names)}")
    if config.without_answers:
        hand_out(sources(config.names))
        return
    for path in sources(config.names):
        began, notebook = time.monotonic(), read(path)
        try:
            execute(notebook, config.preset)
        except UserError as error:
            raise UserError(f"{path.name}: {error}") from error
        if config.preset == "quick":
            shrink(notebook)
            with whole(path.with_suffix(".ipynb")) as file:
                file.write(nbformat.writes(notebook).encode() + b"\n")
        print(f"{path.stem}: {time.monotonic() - began:.0f} s")


def main(argv=None):
    """The command line; returns its exit status."""
    prog = "python -m notebooks.build"
    return status.run(lambda: build(command_line(prog, Config, __doc__, argv)))


if __name__ == "__main__":
    sys.exit(main())
