"""A run on one HTML page that needs nothing else: report.html, to be handed in or passed round."""

import base64
import dataclasses
import io
import shlex
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Annotated

import numpy as np
import tyro
from PIL import Image

from common import status
from common.commands import generators
from common.commands.example import Example, ImageExample
from common.data import datasets
from common.errors import UserError, one_line
from common.figures import curves
from common.files import whole
from common.runs import failures, folders, tables
from common.runs.progress import duration
from common.runs.run import PAGE_SECONDS
from common.scores import evaluation
from common.settings import ONCE, command_line, flag

TILES, FAKES = 24, 12  # images of the quiz: who marks none of them, or all, is right in half
PICTURES = {
    "final.png": "Samples of the generator at the end",
    "real.png": "Real images, as the networks see them",
    "progress.png": "Samples from the first iteration to the last",
    "progress.gif": "The same as an animation",
}


@dataclass(frozen=True)
class Config:
    """Which run."""

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """Folder of a run that train made; the page is its report.html."""


def command(example: Example, description: str, argv: list[str] | None = None) -> int:
    """The command line; returns its exit status. Args: see common.commands.train.command()."""
    prog = f"python -m {example.name}.report"
    return status.run(
        lambda: print(write(command_line(prog, Config, description, argv).run, example))
    )


def write(folder: Path, example: Example, live: bool = False) -> Path:
    """Write report.html of a run from what its folder holds, and return its path; the same folder
    gives the same bytes.

    Args:
        live: for a run that trains: with its newest samples, without the quiz; it reloads itself.

    Raises:
        UserError: the folder is no run of this example, a file in it is damaged, or the page
            cannot be written. What is not there, or not yet, is left out of the page, and so are
            rows of losses.csv and metrics.csv that cannot be read, as the page says.
    """
    folder = Path(folder)
    document = folders.read_document(folder, example.name)
    config = folders.read_config(folder, example.name, example.settings)
    preset = example.presets[config.preset]
    rows, flaw = tables.look(folder / "losses.csv", example.recorder_class.columns)
    scores, other = tables.look(folder / "metrics.csv", (), ("iteration",))
    flaws = [*filter(None, [flaw, other])]
    trained = "Nothing was logged yet."
    if rows:
        trained = f"It trained for {duration(rows[-1]['seconds'])} up to iteration "
        trained += f"{rows[-1]['iteration']:,.0f}. Device: {document.get('device')}."
    if live:
        trained = f"This run is training; the page reloads itself every {PAGE_SECONDS} s. {trained}"
        shown = show_picture(*newest_samples(folder))
    else:
        shown = "\n".join(show_picture(folder / name, text) for name, text in PICTURES.items())
    heading = escape(f"{example.name}, preset {config.preset}, seed {config.seed}")
    refresh = f'<meta http-equiv="refresh" content="{PAGE_SECONDS}">' if live else ""
    page = template("report.html").substitute(
        head=template("head.html").substitute(title=heading, reload=refresh),
        title=heading,
        summary=escape(trained),
        line=" ".join(f"<span>{escape(w)}</span>" for w in shell_words(document, config, preset)),
        curves="".join(f"<p>{escape(flaw)}.</p>\n" for flaw in flaws)
        + draw_curves(rows, example.panels),
        failures=show_failures(folder),
        beside=show_beside(example, config, rows),
        pictures=shown,
        quiz="" if live else draw_quiz(folder, example, config),
        metrics=show_metrics(folder, rows, scores, getattr(config, "data_dir", None) is not None),
        settings=table(
            ("setting", "of this run", "of the preset"),
            [(flag(n), getattr(config, n), getattr(preset, n)) for n in document["settings"]],
        ),
        facts=table((), [(k, show(v)) for k, v in document.items() if k != "settings"]),
    )
    with whole(folder / "report.html") as file:
        file.write(page.encode())
    return folder / "report.html"


def template(name):
    """A page, or a part of one, from the file that is beside this one."""
    return Template((Path(__file__).parent / name).read_text(encoding="utf-8"))


def shell_words(document, config, preset):
    """Return the words that reproduce a run in a shell, quoted: Keras's backend where it is not
    TensorFlow, the preset, and the flags that differ from it.

    Args:
        document: what the run's config.json says.
        config: its config.
        preset: the config of its preset.
    """
    words = ["python", "-m", f"{document['example']}.train", "--preset", config.preset]
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name in ONCE or value == getattr(preset, field.name):
            continue
        if isinstance(value, bool):
            words.append(flag(field.name if value else f"no_{field.name}"))
        else:
            words += [flag(field.name), str(value)]
    backend = document.get("backend", "tensorflow")
    environment = [] if backend == "tensorflow" else [f"KERAS_BACKEND={shlex.quote(str(backend))}"]
    return [*environment, *map(shlex.quote, words)]


def show(value):
    """Return a value of config.json in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {show(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(show, value))
    return str(value)


def table(head, rows):
    """Return an HTML table; whatever stands in a cell is escaped."""
    lines = (
        ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"] if head else []
    )
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in rest)
        lines.append(f"<tr><th>{escape(str(first))}</th>{cells}</tr>")
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"


def draw_curves(rows, panels):
    """Return an SVG for each panel, small enough for its letters to be read on a phone."""
    if not rows:
        return "<p>Nothing was logged yet.</p>"
    drawn = []
    for (title, unit), columns in panels.items():
        figure = curves.draw_losses(rows, {(title, unit): columns}, size=(4.6, 3))
        name = f"{title} ({unit}) against the iteration; the last values: "
        name += ", ".join(f"{column} {rows[-1][column]:.4g}" for column in columns)
        svg = curves.as_svg(figure)
        drawn.append(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(name)}" ', 1))
    return '<div class="curves">\n' + "\n".join(drawn) + "\n</div>"


def newest_samples(folder):
    """The path of the newest samples of a run that trains, and what they are."""
    drawn = [(int(path.stem), path) for path in folder.glob("samples/*.png") if path.stem.isdigit()]
    if drawn:
        iteration, path = max(drawn)
        return path, f"Samples of iteration {iteration:,}"
    return folder / "first.png", "Samples before training"


def show_failures(folder):
    """Return how the run failed, a line for each change, where it did."""
    lines = [line.partition(": ") for line in failures.read(folder)]
    if not lines:
        return ""
    heads = ("iteration", "what was seen")
    rows = [(iteration, text) for iteration, _, text in lines]
    return f"<h2>Failures on the way</h2>\n{table(heads, rows)}"


def show_beside(example, config, rows):
    """Return the run beside what its source prints, where it prints something."""
    found = example.beside and example.beside(config, rows)
    if not found:
        return ""
    sentence, heads, cells = found
    return f"<h2>Beside the source</h2>\n<p>{escape(sentence)}</p>\n{table(heads, cells)}"


def embedded(content, kind):
    """Return bytes as a data: URI."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def show_picture(path, text):
    """Return a picture of the run folder with a heading; an animation can be folded up."""
    if not path.exists():
        return ""
    image = f'<img src="{embedded(path.read_bytes(), path.suffix[1:])}" alt="{escape(text)}">'
    return f"<details open><summary>{escape(text)}</summary>{image}</details>"


def draw_quiz(folder, example, config):
    """Return the quiz, a button for each image, or the reason why there is none."""
    if not isinstance(example, ImageExample):
        return ""
    heading = "<h2>Spot the fake</h2>\n"
    try:
        images, fake = choose_images(folder, example, config)
    except UserError as error:
        return f"{heading}<p>There is no quiz: {escape(str(error))}.</p>"
    tiles = []
    for number, (image, is_fake) in enumerate(zip(images, fake, strict=True), start=1):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        tiles.append(
            f'<button type="button" aria-pressed="false" data-fake="{str(bool(is_fake)).lower()}">'
            f'<img src="{embedded(file.getvalue(), "png")}" alt="Image {number}" '
            f'width="{image.shape[1]}" height="{image.shape[0]}"><span>{number}</span></button>'
        )
    return (
        f"{heading}<p>{FAKES} of these {TILES} images are the generator's, the others are training "
        "images. Mark those that you believe to be fake.</p>\n"
        '<div class="tiles">\n' + "\n".join(tiles) + "\n</div>\n"
        '<p><button type="button" id="score">How many are right?</button>'
        '<span id="answer" role="status"></span></p>'
    )


def choose_images(folder, example, config):
    """Return uint8 images (TILES, 28, 28), or of its size and channels, always the same of a run,
    and which are fake, bools.

    Raises:
        UserError: there is no generator, or the training images are gone or others than it had.
    """
    data = datasets.load_training(example.dataset, config, example.first)
    folders.check_data(folder, datasets.fingerprint(data.images, data.labels))
    generator = generators.load(generators.Source(folder), example)
    random = np.random.default_rng(config.seed)
    chosen = data.images[random.integers(len(data.images), size=TILES)]
    pictures, fake = datasets.scale(chosen), random.permutation(TILES) < FAKES
    settings = {"noise": getattr(config, "noise", None)}
    pictures[fake], _ = example.samples(generator, config.seed, FAKES, settings)
    if example.change is not None:
        pictures = example.change(pictures)
    return datasets.pixels(pictures), fake


def show_metrics(folder, rows, scores, own=False):
    """Return tables: of the last losses, of metrics.csv, of evaluation.json, there also of the
    likelihood where it has one; own: the images were the user's."""
    parts = []
    if rows:
        last = [(name, f"{value:.6g}") for name, value in rows[-1].items()]
        parts += ["<h3>The last row of losses.csv</h3>", table((), last)]
    if scores:
        first, last = scores[0], scores[-1]
        head = ("score", *(f"iteration {row['iteration']:,.0f}" for row in (first, last)))
        names = [name for name in last if name != "iteration"]
        body = [(title(n, own), f"{first[n]:.4g}", f"{last[n]:.4g}") for n in names]
        parts += ["<h3>During training (metrics.csv)</h3>", table(head, body)]
    path = folder / "evaluation.json"
    if path.exists():
        document, body = folders.read_json(path), []
        try:
            for name, score in document["scores"].items():
                if not isinstance(score["mean"], list):  # one for each class: the console has them
                    ours = f"{score['mean']:.4g} ± {score['deviation']:.2g}"
                    body.append((title(name, own), ours, f"{document['real'][name]:.4g}"))
            of = f"{document['count']:,} samples, mean ± deviation of {document['seeds']} seeds"
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path} is damaged: {one_line(error)}; run evaluate again") from error
        head = ("score", of, "real ones")
        parts += ["<h3>Evaluation (evaluation.json)</h3>", table(head, body)]
        if "likelihood" in document:
            told = [(name.replace("_", " "), show(x)) for name, x in document["likelihood"].items()]
            parts += ["<h3>Likelihood of the test images, in nats</h3>", table((), told)]
    return "\n".join(parts) or "<p>There are none yet.</p>"


def title(name, own=False):
    """Return a score's name in words, and which way it gets better where that is known; of a user's
    own images without a number that holds for ten classes."""
    if name not in evaluation.SCORES:
        return name.replace("_", " ")
    words, _, better = evaluation.SCORES[name]
    words = words.split(" (")[0] if own else words
    return f"{words}; better: {better}"
