"""The notebooks: whole, as their sources have them, and running."""

import base64
import io
import time

import nbformat
import numpy as np
import PIL.Image
import pytest

from notebooks import build

SECONDS = 90  # for a notebook in smoke size, offline
SOURCES = build.sources()
by_name = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


@by_name
def test_notebook_has_its_sources_cells_and_their_outputs(path):
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert build.cells(notebook) == build.cells(build.read(path)), "python -m notebooks.build"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert "display_data" in kinds and "error" not in kinds


@by_name
def test_notebook_asks_and_answers(path):
    text = path.read_text()
    assert 3 <= text.count("**Exercise ") <= 5
    assert text.count("<details>") + text.count('"source_hidden": true') >= text.count(
        "**Exercise "
    )


@by_name
def test_notebook_has_all_parts_of_a_lesson(path):
    """Networks tabulated and drawn, the steps shown; but for 07 also a live training, the shipped
    weights and the loss by hand beside the package's."""
    text = path.read_text()
    parts = ["summary()", "diagrams.network(", "live.show_code(", "update_generator"]
    if path.stem != "07_when_gans_fail":
        parts += ["live.play(", "Source(pretrained=True)", "loss = "]
    assert [part for part in parts if part not in text] == []


@pytest.mark.slow
@by_name
def test_notebook_runs_in_smoke_size(path, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    began = time.monotonic()
    build.execute(build.read(path), "smoke")
    assert time.monotonic() - began < SECONDS


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


def test_a_cell_that_raises_is_named(capsys, tmp_path, monkeypatch):
    (tmp_path / "00_wrong.py").write_text("# %%\nprint(1)\n\n# %%\n1 / 0\n")
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    assert build.main([]) == 2
    assert "00_wrong" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.ipynb"))
