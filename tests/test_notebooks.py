"""The notebooks: whole, as their sources have them, and running."""

import base64
import dataclasses
import importlib
import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import nbformat
import numpy as np
import PIL.Image
import pytest

from common.data import ring
from common.runs import loop
from common.settings import EpochSettings, flag
from common.two_phases import TwoPhaseGame, TwoPhaseSettings
from notebooks import build
from tests.test_packaging import PROJECT

SOURCES = build.sources()
LESSONS = {"what_is_a_gan": "distribution_gan"}  # a notebook's example, where it has another name
GAMES = SOURCES[:8]  # 08 plays whole runs instead of a game in a cell
by_name = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


@by_name
def test_notebook_has_its_sources_cells_and_their_outputs(path):
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert build.cells(notebook) == build.cells(build.read(path)), "python -m notebooks.build"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert kinds & {"display_data", "execute_result"} and "error" not in kinds


@by_name
def test_notebook_asks_and_answers(path):
    text = path.read_text()
    exercises = text.count("**Exercise ")
    assert 3 <= exercises <= 5
    assert text.count("<details>") + text.count('"source_hidden": true') >= exercises


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_notebook_has_all_parts_of_a_lesson(path):
    """Networks tabulated and drawn, a step in a cell whose game is played; but for 07 also a live
    training, the shipped weights and the loss by hand beside the package's."""
    text = path.read_text()
    parts = ["class Game(", "    def update_", "game = Game("]
    if "live.show_networks(" not in text:
        parts += ["summary()", "diagrams.network("]
    if path.stem != "07_when_gans_fail":
        parts += ["live.play(game, ", "Source(pretrained=True)", "loss = "]
    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize("path", SOURCES[1:7], ids=lambda path: path.stem)
def test_a_lectures_notebook_begins_with_the_lectures_own_program(path):
    _, example = path.stem.split("_", 1)
    text, _ = path.read_text().split("train.PRESETS", 1)
    assert f"python -m {example}.lecture\n" in text and "lecture.main(" in text


def first_cell():
    """The cell that installs what is missing; every notebook has it first."""
    codes = [
        next(cell.source for cell in build.read(path).cells if cell.cell_type == "code")
        for path in SOURCES
    ]
    (code,) = set(codes)
    return code


def write_wheel(folder, name, version, requirements=()):
    """Write an empty package that pip installs, the name and the requirements as they are given."""
    about = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {text}\n" for text in requirements)
    texts = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    texts[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*texts, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in texts.items():
            file.writestr(path, text)


def test_first_cell_asks_for_what_the_project_asks_for():
    least = re.findall(r'"([\w-]+)": \((\d+), (\d+)\)', first_cell())
    asked = [f"{name}>={major}.{minor}" for name, major, minor in least]
    major, minor, _ = PROJECT["version"].split(".")
    assert asked[0] == f"{PROJECT['name']}>={major}.{minor}"
    assert set(asked[1:]) <= set(PROJECT["dependencies"]) and len(asked) == 3


def test_first_cell_installs_what_is_missing_upgrades_what_is_old_and_then_is_silent(tmp_path):
    """In an environment of its own, by its own pip, from packages as empty as can be."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PYTHONPATH": ""}

    def run(*words):
        return subprocess.run(
            [python, *words],
            cwd=tmp_path,
            env=os.environ | settings,
            capture_output=True,
            text=True,
        )

    def versions():
        listed = run("-m", "pip", "list", "--format=freeze").stdout.split()
        return dict(line.split("==") for line in listed)

    for name, version in {"keras": "3.10.0", "tensorflow": "2.19.0"}.items():
        write_wheel(tmp_path, name, version)
        assert run("-m", "pip", "install", f"{name}=={version}").returncode == 0
    missing = run("-c", first_cell())
    assert missing.returncode == 1
    assert "gan_lectures-0.1.0-py3-none-any.whl could not be installed" in missing.stderr

    for name, version in {"keras": "3.15.1", "tensorflow": "2.21.0", "ipywidgets": "8.1.0"}.items():
        write_wheel(tmp_path, name, version)
    needs = [text for text in PROJECT["dependencies"] if text.startswith(("keras", "tensorflow"))]
    write_wheel(tmp_path, "gan_lectures", PROJECT["version"], needs)
    installed = run("-c", first_cell())
    assert installed.returncode == 1 and installed.stderr.startswith("Installed. Restart")
    now = versions()
    assert (now["keras"], now["tensorflow"]) == ("3.15.1", "2.21.0")
    assert "ipywidgets" in now
    ready = run("-c", first_cell())
    assert (ready.returncode, ready.stdout, ready.stderr) == (0, "", "")

    assert run("-m", "pip", "install", "keras==3.10.0").returncode == 0  # by hand, later
    again = run("-c", first_cell())
    assert again.returncode == 1 and again.stderr.startswith("Installed. Restart")
    assert versions()["keras"] == "3.15.1"


def game_in(path, old="", new=""):
    """The class Game as a notebook's cell has it, with a text in the cell made another."""
    cells = [cell.source for cell in build.read(path).cells if cell.cell_type == "code"]
    imports = "\n".join(line for line in cells[1].splitlines() if not line.startswith("%"))
    (steps,) = (cell for cell in cells if "class Game(" in cell)
    assert old in steps
    names = {"__name__": "notebook"}
    exec(imports, names)
    exec(steps.replace(old, new), names)
    return names["Game"]


def play_three(path, game=None):
    """The losses of three iterations of the package's game that a notebook is about, or of another
    class of such a game."""
    if path.stem == "07_when_gans_fail":
        config = TwoPhaseSettings(
            engine="reference", label_smoothing=0.1, fake_smoothing=0.05, replay=64,
            replay_share=0.5, gradient_penalty=1.0,
        )  # fmt: skip
        networks = ring.create_generator, ring.create_discriminator
        return loop.play((game or TwoPhaseGame)(config, ring.points(200, 0), *networks, 16), 3)
    _, example = path.stem.split("_", 1)
    train = importlib.import_module(f"{LESSONS.get(example, example)}.train")
    config = replace(train.PRESETS["smoke"], engine="reference")
    if example == "mnist_wgan":
        small = {"iterations": 3, "batch_size": 4, "dtype": "float32", "engine": "reference"}
        config = replace(train.PRESETS["quick"], **small)
    if hasattr(config, "training_images"):
        config = replace(config, training_images=100)
    return loop.play((game or train.Game)(config, *train.EXAMPLE.load(config).arrays), 3)


def slow_if_large(path):
    return pytest.param(path, marks=pytest.mark.slow) if "mnist_wgan" in path.stem else path


@pytest.mark.parametrize("path", list(map(slow_if_large, GAMES)), ids=lambda path: path.stem)
def test_the_game_in_the_cell_is_the_packages(path):
    ours, theirs = play_three(path, game_in(path)), play_three(path)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_a_line_changed_in_the_cell_changes_the_game():
    path = SOURCES[2]
    ours = play_three(path, game_in(path, "[[1.0]] * batch", "[[0.9]] * batch"))
    assert (ours["d_loss"] != play_three(path)["d_loss"]).all()


def test_every_cure_is_named_with_its_flag():
    settings, others = (
        {field.name for field in dataclasses.fields(kind)}
        for kind in (TwoPhaseSettings, EpochSettings)
    )
    text = SOURCES[7].read_text()
    assert [name for name in settings - others if flag(name) not in text] == []


@pytest.mark.slow
@by_name
def test_notebook_runs_in_smoke_size(path, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    build.execute(build.read(path), "smoke")


def test_shrinking_a_notebooks_pictures_loses_nothing():
    def png(picture):
        file = io.BytesIO()
        PIL.Image.fromarray(picture).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()

    random = np.random.default_rng(0)
    colours = random.integers(0, 256, (20, 30, 4), np.uint8)
    opaque = colours.copy()
    opaque[..., 3] = 255
    grey = opaque.copy()
    grey[..., :3] = grey[..., :1]
    kept = {"RGBA": colours, "RGB": opaque, "L": grey}
    outputs = [nbformat.v4.new_output("display_data", {"image/png": png(x)}) for x in kept.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])
    build.shrink(notebook)
    for output, (mode, picture) in zip(outputs, kept.items(), strict=True):
        small = PIL.Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        assert small.mode == mode
        np.testing.assert_array_equal(np.asarray(small.convert("RGBA")), picture)


def test_a_source_that_differs_from_its_notebook_is_noticed(tmp_path):
    source = tmp_path / "00.py"
    source.write_text("# %% [markdown]\n# one\n\n# %%\n1 + 1\n")
    before = build.cells(build.read(source))
    assert before == build.cells(build.read(source))
    source.write_text("# %% [markdown]\n# one\n\n# %%\n1 + 2\n")
    assert before != build.cells(build.read(source))


def test_without_answers_takes_each_answer_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "HANDOUT", tmp_path / "class")
    monkeypatch.setattr(build, "ANSWERS", tmp_path / "answers.md")
    assert build.main(["--without-answers"]) == 0
    assert str(tmp_path / "answers.md") in capsys.readouterr().out
    heads = [f"## {path.stem}\n" for path in SOURCES]
    pages = re.split("|".join(heads), (tmp_path / "answers.md").read_text())[1:]
    exercise = re.compile(r"^\*\*Exercise \d+\.\*\*.*$", re.MULTILINE)
    for path, page in zip(SOURCES, pages, strict=True):
        whole = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
        handout = nbformat.read(tmp_path / "class" / f"{path.stem}.ipynb", as_version=4)
        kept = [cell for cell in whole.cells if "source_hidden" not in str(cell.metadata)]
        assert [cell.id for cell in handout.cells] == [cell.id for cell in kept]
        for ours, theirs in zip(handout.cells, kept, strict=True):
            if "<details>" not in str(theirs):
                assert ours == theirs
        text = nbformat.writes(handout)
        assert "<details>" not in text and "Answer" not in text
        assert ("<figcaption>" in text) == ("live.quiz(" in text)
        # The page: the exercises in order, with an answer after each, and the quiz's.
        asked = exercise.findall("\n".join(cell.source for cell in whole.cells))
        assert exercise.findall(page) == asked
        answers = exercise.split(page)[1:]
        assert all("**Answer.**" in answer or "# Answer" in answer for answer in answers)
        assert ("**Quiz.** Fake are " in page) == ("live.quiz(" in text)


def test_a_folded_answer_leaves_the_exercises_around_it():
    text = "**Exercise 1.** One?\n\n<details><summary>Answer</summary>\n\nTwo.\n\n</details>\n\n"
    cells = [nbformat.v4.new_markdown_cell(f"## Exercises\n\n{text}**Exercise 2.** Three?")]
    hidden = {"jupyter": {"source_hidden": True}}
    printed = nbformat.v4.new_output("stream", text="4\n")
    cells.append(nbformat.v4.new_code_cell("print(4)", metadata=hidden, outputs=[printed]))
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert build.take_answers(notebook) == (
        "**Exercise 1.** One?\n\n**Answer.**\n\nTwo.\n\n**Exercise 2.** Three?\n\n"
        "```python\nprint(4)\n```\n\n```text\n4\n```"
    )
    (cell,) = notebook.cells
    assert cell.source == "## Exercises\n\n**Exercise 1.** One?\n\n**Exercise 2.** Three?"


def test_a_cell_that_raises_is_named(capsys, tmp_path, monkeypatch):
    (tmp_path / "00_wrong.py").write_text("# %%\nprint(1)\n\n# %%\n1 / 0\n")
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    assert build.main([]) == 2
    assert "00_wrong" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.ipynb"))
