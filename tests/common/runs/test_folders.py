import json
import re
import subprocess

import keras
import numpy as np
import pytest

from common.engines import devices
from common.errors import UserError
from common.files import append_lines
from common.runs import folders, tables
from mnist_wgan.lecture import LATENT, create_generator

ROWS = [
    {"iteration": 0, "loss": 0.1 + 0.2, "seconds": 1.5},
    {"iteration": 50, "loss": -1e-30, "seconds": 2.5},
    {"iteration": 100, "loss": 1 / 3, "seconds": 3.5},
]


def log(folder):
    for row in ROWS:
        tables.log_rows(folder / "losses.csv", [row])
        append_lines(folder / "log.txt", [f"{row['iteration']}: [loss: {row['loss']:.3f}]"])


def test_rows_read_back_exactly(tmp_path):
    log(tmp_path)
    assert folders.read_losses(tmp_path) == ROWS
    assert (tmp_path / "losses.csv").read_text().splitlines()[0] == "iteration,loss,seconds"


def test_cutting_logs_drops_later_rows_and_half_lines(tmp_path):
    log(tmp_path)
    for name in ("losses.csv", "log.txt"):
        with open(tmp_path / name, "a") as file:
            file.write("1")  # of iteration 150: without the rest it would read as iteration 1
    folders.cut_logs(tmp_path, 100)
    assert folders.read_losses(tmp_path) == ROWS[:2]
    assert (tmp_path / "log.txt").read_text() == "0: [loss: 0.300]\n50: [loss: -0.000]\n"
    folders.cut_logs(tmp_path, 0)
    assert folders.read_losses(tmp_path) == [] and (tmp_path / "log.txt").read_text() == ""


def test_cutting_logs_drops_later_samples(tmp_path):
    (tmp_path / "samples").mkdir()
    for iteration in (0, 50, 100, 150):
        folders.sample_path(tmp_path, iteration).touch()
    (tmp_path / "samples" / "mine.png").touch()
    folders.cut_logs(tmp_path, 100)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["000000.png", "000050.png", "mine.png"]


def test_notes_in_the_log_stay_and_a_log_that_is_no_text_is_set_aside(tmp_path, capsys):
    path = tmp_path / "log.txt"
    path.write_bytes("\ufeff0: [a]\r\nmy note: good\r\n50: [b]\r\n²: x\r\n100: [c]\r\nend".encode())
    folders.cut_logs(tmp_path, 100)
    assert path.read_bytes() == "0: [a]\nmy note: good\n50: [b]\n²: x\nend\n".encode()
    assert capsys.readouterr().out == ""
    path.write_bytes(bytes(range(256)))
    folders.cut_logs(tmp_path, 100)
    assert capsys.readouterr().out == f"{path} is no text; it is kept as log.txt.set-aside\n"
    assert (tmp_path / "log.txt.set-aside").read_bytes() == bytes(range(256)) and not path.exists()


def test_half_a_header_is_written_anew(tmp_path):
    for name in ("losses.csv", "metrics.csv"):
        (tmp_path / name).write_text("iterat")
    folders.cut_logs(tmp_path, 0)
    log(tmp_path)
    assert folders.read_losses(tmp_path) == ROWS
    tables.log_rows(tmp_path / "metrics.csv", [{"iteration": 0, "score": 0.5}])
    tables.log_rows(tmp_path / "metrics.csv", [{"iteration": 50, "score": 0.7}])
    assert [row["score"] for row in tables.read_table(tmp_path / "metrics.csv")] == [0.5, 0.7]


def test_a_run_of_another_backend_is_refused(tmp_path):
    now = keras.backend.backend()
    (tmp_path / "config.json").write_text(json.dumps({"backend": now}))
    folders.check_backend(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"backend": "other"}))
    with pytest.raises(UserError, match=f"{now} draws .* go on with KERAS_BACKEND=other"):
        folders.check_backend(tmp_path)


def test_a_command_is_kept_as_it_can_be_typed_again(monkeypatch):
    monkeypatch.setattr("sys.orig_argv", ["/bin/python3", "-m", "x.train", "--data-dir", "my data"])
    device = devices.Device("cpu", "CPU", "float32")
    said = folders.describe_session(device)["command"]
    assert said == "python -m x.train --data-dir 'my data'"


def test_installed_packages_have_versions_and_others_are_left_out():
    versions = folders.installed(("numpy", "keras", "no-such-package"))
    assert set(versions) == {"numpy", "keras"} and versions["keras"] >= "3.15"


def test_table_reads_back_exactly(tmp_path):
    rows = [{"batch": 0, "accuracy": 0.1 + 0.2}, {"batch": 1, "accuracy": 1 / 3}]
    tables.write_table(tmp_path / "table.csv", rows)
    assert tables.read_table(tmp_path / "table.csv") == rows


def test_the_commit_says_whether_the_code_was_changed(tmp_path, monkeypatch):
    code, results = (tmp_path / x for x in ("common/folders.py", "benchmarks/results/a.json"))
    monkeypatch.setattr(folders, "__file__", str(code))
    for path in (code, results):
        path.parent.mkdir(parents=True)
        path.write_text("1")
    assert folders.commit() is None
    identity = ["-c", "user.name=a", "-c", "user.email=a@a"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = folders.commit()
    assert re.fullmatch("[0-9a-f]{40}", clean)
    results.write_text("2")  # what was measured is no code
    assert folders.commit() == clean
    code.write_text("2")
    assert folders.commit() == f"{clean}-dirty"


def test_a_generator_that_computed_in_bfloat16_is_saved_in_float32(tmp_path):
    """numpy cannot write what it would draw otherwise. The lecture's generator ends in LeakyReLU,
    and takes ints beside the noise."""
    inputs = [np.ones((2, LATENT), "float32"), np.array([[3], [7]])]
    keras.config.set_dtype_policy("mixed_bfloat16")
    generator = create_generator()
    keras.config.set_dtype_policy("float32")
    assert generator.predict_on_batch(inputs).dtype == "bfloat16"
    folders.save_generator(tmp_path, generator)
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    drawn = loaded.predict_on_batch(inputs)
    same = create_generator()
    same.set_weights(generator.get_weights())
    assert drawn.dtype == "float32" and loaded.name == generator.name
    np.testing.assert_array_equal(drawn, same.predict_on_batch(inputs))


def test_so_is_what_is_computed_between_its_layers(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    noise = keras.layers.Input((3,))
    generator = keras.Model(noise, keras.ops.square(keras.layers.Dense(2)(noise)), name="generator")
    keras.config.set_dtype_policy("float32")
    folders.save_generator(tmp_path, generator)
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    kernel, bias = generator.get_weights()
    x = np.array([[1.0, 2.0, -1.0]], "float32")
    np.testing.assert_allclose(loaded.predict_on_batch(x), (x @ kernel + bias) ** 2, rtol=1e-5)
