"""What holds for every example that trains for epochs: its command, its run folder, its resume.

What common/ answers to mistakes in any example is tested with mnist_wgan's commands.
"""

import ast
import importlib
import inspect
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from keras import ops

from common.commands.evaluate import Evaluation
from common.commands.sample import Sampling
from common.runs import folders
from tests.commands import ROOT, assert_same_run, command, refused

EXAMPLES = ["fashion_gan", "dcgan", "binarized_gan", "distribution_gan", "bilinear_gan"]

TINY = ["--preset", "smoke"]
# 100 images and batches of 32 make epochs of 3 iterations and 4 images left over.
EPOCHS = [*TINY, "--epochs", "3", "--iterations", "None"]


def first_fast():
    """The examples as parameters; pytest alone tries the first, .ci/run the others as well."""
    slow = [pytest.param(name, marks=pytest.mark.slow) for name in EXAMPLES[1:]]
    return pytest.mark.parametrize("example", [EXAMPLES[0], *slow])


def module(example, name="train"):
    return importlib.import_module(f"{example}.{name}")


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request):
    return request.param


@pytest.fixture(scope="module")
def finished(example, tmp_path_factory):
    """A run of 3 epochs of 3 iterations, made by the real command: its folder and its output."""
    folder = tmp_path_factory.mktemp(example) / "finished"
    done = command(f"{example}.train", *EPOCHS, "--run-dir", folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


@pytest.fixture
def copied(finished, tmp_path):
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


def test_training_shows_what_it_does(example, finished):
    folder, out = finished
    first, *rows, pictures, more, page = out.splitlines()
    assert first.startswith("Device: ") and str(folder) in first
    assert rows and set(rows) <= set((folder / "log.txt").read_text().splitlines())
    assert str(folder / "final.png") in pictures
    assert more == f"More of them: python -m {example}.sample {folder}"
    assert page == f"Report: {folder / 'report.html'}"


def test_run_folder(example, finished):
    folder, _ = finished
    assert {
        "checkpoints", "config.json", "final.png", "generator.keras", "log.txt", "losses.csv",
        "losses.png", "progress.gif", "progress.png", "report.html", "samples",
    } <= set(os.listdir(folder))  # fmt: skip
    rows = folders.read_losses(folder)
    assert [row["iteration"] for row in rows] == list(range(9))
    assert [row["epoch"] for row in rows] == [n // 3 for n in range(9)]
    assert {"d_loss", "g_loss", "seconds"} < set(rows[0])
    for row in rows:
        for name in ("d_accuracy_real", "d_accuracy_fake"):
            assert 0 <= row[name] <= 1 and (row[name] * 32).is_integer()
    lines = (folder / "log.txt").read_text().splitlines()
    for iteration, line in enumerate(lines):
        assert re.match(
            rf"{iteration}: \[epoch {iteration // 3}\] \[D loss: -?\d+\.\d{{4}}\]", line
        )
    document = json.loads((folder / "config.json").read_text())
    assert document["example"] == example and document["settings"]["iterations"] is None
    fields = set(module(example).Config.__dataclass_fields__)
    assert set(document["settings"]) == fields - {"run_dir", "resume"}


def test_report_command_writes_the_page_that_training_wrote(example, copied):
    page = copied / "report.html"
    trained = page.read_bytes()
    page.unlink()
    done = command(f"{example}.report", copied)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{page}\n", "")
    assert page.read_bytes() == trained
    assert (b"Spot the fake" in trained) == (example != "distribution_gan")
    assert b"There is no quiz" not in trained


def test_same_seed_same_run_and_another_seed_another(example, finished, tmp_path):
    train = module(example)
    assert train.main([*EPOCHS, "--run-dir", str(tmp_path / "same")]) == 0
    assert_same_run(finished[0], tmp_path / "same")
    assert train.main([*TINY, "--seed", "1", "--run-dir", str(tmp_path / "other")]) == 0
    ours, others = folders.read_losses(finished[0]), folders.read_losses(tmp_path / "other")
    assert [row["iteration"] for row in others] == [0, 1, 2]  # smoke: 3 iterations
    assert ours[0]["d_loss"] != others[0]["d_loss"]


@pytest.mark.parametrize(
    "flags",
    [["--log-every", "4"], pytest.param(["--dtype", "bfloat16"], marks=pytest.mark.slow)],
)
def test_resume_from_the_middle_of_an_epoch(example, tmp_path, flags):
    train = module(example)
    argv = [*EPOCHS, "--epochs", "2", "--checkpoint-seconds", "0", *flags]
    assert train.main([*argv, "--run-dir", str(tmp_path / "whole")]) == 0
    names = [f"{n:06d}-0000.npz" for n in (4, 5, 6)]
    assert sorted(os.listdir(tmp_path / "whole" / "checkpoints")) == names
    folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / "resumed"))
    assert train.main(["--resume", str(folder / "checkpoints" / names[0])]) == 0
    assert_same_run(folder, tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_run_resumes_to_what_an_uninterrupted_one_gives(example, tmp_path, how):
    """By the real commands."""
    argv = [*EPOCHS, "--epochs", "12", "--checkpoint-seconds", "0.2"]
    folder = tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-m", f"{example}.train", *argv, "--run-dir", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("3: "):
            process.send_signal(how)
            break
    out, err = process.communicate(timeout=60)
    assert err == "" and len(folders.read_losses(folder)) < 36
    if how != signal.SIGKILL:
        assert process.returncode == 128 + how
        assert out.splitlines()[-1].endswith(f"python -m {example}.train --resume {folder}")
        for name in (
            "generator.keras",
            "losses.png",
            "progress.png",
            "progress.gif",
            "report.html",
        ):
            assert (folder / name).is_file(), name
    resumed = command(f"{example}.train", "--resume", folder)
    assert resumed.returncode == 0 and resumed.stderr == "", resumed.stderr
    assert module(example).main([*argv, "--run-dir", str(tmp_path / "whole")]) == 0
    assert_same_run(folder, tmp_path / "whole")


def test_a_run_goes_on_when_nobody_reads_what_it_prints(tmp_path):
    """As behind `| head`, or `| tee` after a Ctrl-C, which ends both."""
    folder = tmp_path / "unread"
    process = subprocess.Popen(
        [sys.executable, "-m", "fashion_gan.train", *EPOCHS, "--run-dir", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline().startswith("Device: ")
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=120)) == ("", 0)
    process.stderr.close()
    assert len(folders.read_losses(folder)) == 9 and (folder / "report.html").is_file()


def test_a_resume_is_refused_while_the_run_is_played_or_on_another_backend(tmp_path, capsys):
    train = module("fashion_gan")
    folder = tmp_path / "run"
    assert train.main([*TINY, "--run-dir", str(folder)]) == 0
    files = {path: path.read_bytes() for path in folder.glob("**/*.*") if path.is_file()}
    more = ["--resume", folder, "--iterations", "None"]
    with folders.alone(folder):
        assert "trained already" in refused(capsys, train.main, *more)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"tensorflow",', '"other",'))
    assert "KERAS_BACKEND=other" in refused(capsys, train.main, *more)
    config.write_bytes(files[config])
    assert {path: path.read_bytes() for path in files} == files
    too_many = [*TINY, "--iterations", "None", "--epochs", 10**8, "--run-dir", tmp_path / "long"]
    assert "300,000,000 iterations are too many" in refused(capsys, train.main, *too_many)
    assert not (tmp_path / "long").exists()


@first_fast()
def test_more_epochs_and_more_iterations_go_on_where_the_run_ended(example, tmp_path, capsys):
    train = module(example)
    folder = tmp_path / "grows"
    assert train.main([*TINY, "--run-dir", str(folder)]) == 0
    assert train.main(["--resume", str(folder)]) == 0
    assert "to train longer: --iterations None with more --epochs" in capsys.readouterr().out
    for flags in (["--epochs", "3"], ["--iterations", "4"], ["--iterations", "None"]):
        assert train.main(["--resume", str(folder), *flags]) == 0
    assert train.main([*EPOCHS, "--run-dir", str(tmp_path / "whole")]) == 0
    assert_same_run(folder, tmp_path / "whole")


def test_settings_that_would_change_the_run_are_refused(example, copied, finished, capsys):
    train = module(example)
    for flag, value in [
        ("--epochs", 2), ("--iterations", 8), ("--seed", 9), ("--batch-size", 16),
        ("--learning-rate", 0.07),
    ]:  # fmt: skip
        assert flag in refused(capsys, train.main, "--resume", copied, flag, value)
    assert_same_run(copied, finished[0])


def test_mistakes_are_one_line(example, tmp_path, capsys):
    train = module(example)
    argv = [*TINY, "--run-dir", tmp_path / "run"]
    for flags, word in [
        (["--epochs", 0], "--epochs"),
        (["--iterations", 0], "--iterations"),
        (["--critic-updates", 5], "--critic-updates"),
        (["--batch-size", 101], "--batch-size 101 exceeds the 100"),
    ]:
        assert word in refused(capsys, train.main, *argv, *flags)
    assert not (tmp_path / "run").exists()


def test_loss_that_is_no_number_stops_the_run(example, tmp_path, capsys, monkeypatch):
    """The step is the real one; its loss is spoilt in iteration 1, within a call of the engine."""
    game = module(example).Game
    real = game.update_generator

    def spoilt(self, *drawn):
        losses = real(self, *drawn)
        late = self.batches.position.value == 2  # batches given so far
        return {**losses, "g_loss": ops.where(late, float("nan"), losses["g_loss"])}

    monkeypatch.setattr(game, "update_generator", spoilt)
    message = refused(capsys, module(example).main, *TINY, "--run-dir", tmp_path / "run")
    assert "iteration 1" in message and "loss g_loss" in message


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_scores_in_training_are_those_of_the_evaluate_command(example, tmp_path):
    folder = tmp_path / "run"
    argv = [*TINY, "--evaluate-every", "2", "--evaluate-count", "100", "--run-dir", str(folder)]
    assert module(example).main(argv) == 0
    done = command(f"{example}.evaluate", folder, "--count", 100, "--seeds", 1)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    last = folders.read_table(folder / "metrics.csv")[-1]
    assert last.pop("iteration") == 2
    scores = json.loads((folder / "evaluation.json").read_text())["scores"]
    assert last == pytest.approx({name: scores[name]["mean"] for name in last}, rel=1e-4)


def explanations(config_class):
    """The docstring below each field of a dataclass and of those it inherits from, by flag."""
    found = {}
    for parent in config_class.__mro__[:-1]:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(parent))).body
        for field, text in itertools.pairwise(body.body):
            if isinstance(field, ast.AnnAssign):
                found.setdefault("--" + field.target.id.replace("_", "-"), ast.unparse(text)[3:-3])
    return found


@pytest.mark.parametrize("example", [*EXAMPLES, "mnist_wgan"])
@pytest.mark.parametrize("program", ["train", "sample", "evaluate"])
def test_help_explains_every_option(example, program):
    done = command(f"{example}.{program}", "--help", env={**os.environ, "COLUMNS": "120"})
    assert done.returncode == 0 and f"usage: python -m {example}.{program}" in done.stdout
    shown = re.sub(r"[│\s]+", " ", done.stdout)
    config = Evaluation
    if program != "evaluate":
        config = getattr(module(example, program), "Config", Sampling)
    texts = explanations(config)
    assert set(texts) == {"--" + name.replace("_", "-") for name in config.__dataclass_fields__}
    for flag, text in texts.items():
        assert flag == "--run" or flag in shown
        words = re.sub(r"\s+", " ", text).split(" ")
        assert len(words) > 2 and " ".join(words[:6]) in shown, flag


def test_readme_names_what_quick_departs_in(example):
    presets, readme = module(example).PRESETS, (ROOT / example / "README.md").read_text()
    slides, quick = presets["slides"], presets["quick"]
    departs = {
        name
        for name in slides.__dataclass_fields__
        if getattr(slides, name) != getattr(quick, name)
    }
    table = readme.partition("| setting | slides | quick | why |\n|---|---|---|---|\n")[2]
    rows = table.partition("\n\n")[0].splitlines()
    named = {row.split("|")[1].strip().replace(" ", "_") for row in rows}
    assert departs - {"preset", "iterations"} == named


def test_sampling_mistakes(example, finished, copied, tmp_path, capsys):
    folder, sample = finished[0], module(example, "sample")
    for argv, word in [
        ([folder, "--digit", 1], "--digit"),
        ([folder, "--count", 0], "--count"),
        ([folder, "--show", "digits"], "digits"),
        ([folder, "--out", "x.jpg"], "x.jpg"),
        ([tmp_path], "is not a run"),
        ([], "RUN"),
    ]:
        assert word in refused(capsys, sample.main, *argv)
    document = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**document, "example": "mnist_wgan"}))
    assert "a run of mnist_wgan" in refused(capsys, sample.main, copied)
