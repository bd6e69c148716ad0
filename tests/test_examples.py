"""What holds for every example, or every one that trains for epochs: its commands, its run folder,
its resume.

What common/ answers to mistakes in any example is tested with mnist_wgan's commands.
"""

import ast
import inspect
import itertools
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.commands.evaluate import Evaluation
from common.commands.sample import Sampling
from common.runs import folders
from tests.commands import (
    EPOCHS,
    ROOT,
    TINY,
    arrays,
    assert_same_run,
    interrupted,
    load_generator,
    own_images,
    play,
    refused,
    tiny,
    train_whole,
    without_seconds,
)
from tests.games import EXAMPLES, module, spoil

WITH_EPOCHS = [name for name in EXAMPLES if name != "mnist_wgan"]
LATENT = {
    "fashion_gan": 30, "dcgan": 100, "binarized_gan": 28, "bilinear_gan": 100, "mnist_wgan": 100,
}  # of images  # fmt: skip


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request):
    return request.param


@pytest.fixture(scope="module")
def finished(example, tmp_path_factory):
    return train_whole(example, tmp_path_factory)


@pytest.fixture
def run_module(capfd, monkeypatch):
    """What `python -m` gives of a module and its arguments, in this process: exit status, stdout
    and stderr."""

    def run(module, *argv):
        monkeypatch.setattr(sys, "argv", [module, *map(str, argv)])
        monkeypatch.delitem(sys.modules, module, raising=False)
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        return stop.value.code, *capfd.readouterr()

    return run


@pytest.fixture
def copied(finished, tmp_path):
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


of_images = pytest.mark.parametrize("example", LATENT, indirect=True)
with_epochs = pytest.mark.parametrize("example", WITH_EPOCHS, indirect=True)


@with_epochs
def test_training_shows_what_it_does(example, finished):
    folder, out = finished
    first, *rows, pictures, more, page = out.splitlines()
    assert first.startswith("Device: ") and str(folder) in first
    assert rows and set(rows) <= set((folder / "log.txt").read_text().splitlines())
    assert str(folder / "final.png") in pictures
    assert more == f"More of them: python -m {example}.sample {folder}"
    assert page == f"Report: {folder / 'report.html'}"


@with_epochs
def test_run_folder_has_rows_lines_and_settings(example, finished):
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
    header = "iteration,epoch,d_loss,g_loss,d_accuracy_real,d_accuracy_fake,"
    words = r"\[D loss: -?\d+\.\d{4}\] \[G loss: -?\d+\.\d{4}\] "
    words += r"\[D accuracy: \d+% of reals, \d+% of fakes\]"
    if example == "distribution_gan":
        header += "wasserstein_1,kolmogorov_smirnov,"
        words += r" \[Wasserstein-1: [\d.]+\] \[Kolmogorov-Smirnov: 0\.\d{3}\]"
    assert (folder / "losses.csv").read_text().startswith(f"{header}seconds\n")
    lines = (folder / "log.txt").read_text().splitlines()
    assert len(lines) == 9
    for iteration, line in enumerate(lines):
        assert re.fullmatch(rf"{iteration}: \[epoch {iteration // 3}\] {words}", line)
    document = json.loads((folder / "config.json").read_text())
    assert document["example"] == example and document["settings"]["iterations"] is None
    fields = set(module(example).Config.__dataclass_fields__)
    assert set(document["settings"]) == fields - {"run_dir", "resume"}


def test_report_command_writes_the_page_that_training_wrote(example, copied, run_module):
    page = copied / "report.html"
    trained = page.read_bytes()
    page.unlink()
    assert run_module(f"{example}.report", copied) == (0, f"{page}\n", "")
    assert page.read_bytes() == trained
    assert (b"Spot the fake" in trained) == (example != "distribution_gan")
    assert b"There is no quiz" not in trained


def test_the_same_seed_gives_the_same_run_and_another_seed_another(example, finished, tmp_path):
    main = module(example).main
    play(main, *tiny(example), "--run-dir", tmp_path / "same")
    assert_same_run(finished[0], tmp_path / "same")
    play(main, *TINY, "--seed", 1, "--run-dir", tmp_path / "other")
    others = without_seconds(tmp_path / "other")
    assert [line.split(",")[0] for line in others] == ["iteration", "0", "1", "2"]  # smoke: 3
    assert without_seconds(finished[0])[1] != others[1]


@with_epochs
def test_a_resume_from_the_middle_of_an_epoch_gives_the_same_run(example, finished, copied):
    names = [f"{n:06d}-0000.npz" for n in (7, 8, 9)]
    assert sorted(os.listdir(copied / "checkpoints")) == names
    play(module(example).main, "--resume", copied / "checkpoints" / names[0])
    assert_same_run(copied, finished[0])


@with_epochs
@pytest.mark.slow
def test_so_it_does_in_bfloat16_and_between_two_rows(example, tmp_path):
    main = module(example).main
    argv = [*EPOCHS, "--checkpoint-seconds", "0", "--log-every", "4", "--dtype", "bfloat16"]
    play(main, *argv, "--run-dir", tmp_path / "whole")
    folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / "resumed"))
    play(main, "--resume", folder / "checkpoints" / "000007-0000.npz")
    assert_same_run(folder, tmp_path / "whole")


LONG = [*EPOCHS, "--epochs", "12", "--checkpoint-seconds", "0.2"]


SIGNALS = {  # each of them to more than one example; what answers them is common/runs/signals.py
    "fashion_gan": signal.SIGINT, "dcgan": signal.SIGTERM, "binarized_gan": signal.SIGKILL,
    "bilinear_gan": signal.SIGTERM, "distribution_gan": signal.SIGKILL,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("example", "how"), SIGNALS.items(), indirect=["example"])
def test_stopped_run_resumes_to_what_an_uninterrupted_one_gives(example, tmp_path, capfd, how):
    """Stopped by a real signal to the real command."""
    folder = tmp_path / "stopped"
    line = ["-m", f"{example}.train", *LONG, "--run-dir", folder]
    status, lines, err = interrupted(line, "3: ", how)
    assert err == "" and len(folders.read_losses(folder)) < 36
    if how != signal.SIGKILL:
        assert status == 128 + how
        assert lines[-1].endswith(f"python -m {example}.train --resume {folder}")
        written = {"generator.keras", "losses.png", "progress.png", "progress.gif", "report.html"}
        assert written < set(os.listdir(folder))
    play(module(example).main, "--resume", folder)
    assert capfd.readouterr().err == ""
    play(module(example).main, *LONG, "--run-dir", tmp_path / "whole")
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


def test_terminal_shows_a_bar_and_the_rows(tmp_path):
    """In a pseudo-terminal, as a user sees it."""
    import pty

    master, slave = pty.openpty()
    argv = [*EPOCHS, "--iterations", "8", "--run-dir", str(tmp_path / "run")]
    process = subprocess.Popen(
        ["timeout", "120", sys.executable, "-m", "fashion_gan.train", *argv],
        cwd=ROOT, stdout=slave, stderr=slave, env={**os.environ, "COLUMNS": "80", "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    seen = b""
    with open(master, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(4096):
                seen += part
        except OSError:
            pass  # how Linux ends a terminal whose last writer has gone
    assert process.wait(timeout=60) == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert "7: [epoch 2] [D loss: " in shown and "━" in shown
    assert re.search(r"\d/8  \S+ (iterations/s|s/iteration)  \d+ s left", shown)
    assert f"python -m fashion_gan.sample {tmp_path / 'run'}" in shown  # in one piece


def test_run_folder_is_named_by_time_and_seed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    play(module("fashion_gan").main, *TINY, "--iterations", 1, "--seed", 5)
    (folder,) = (tmp_path / "runs" / "fashion_gan").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-seed5", folder.name)


def test_own_images_may_be_resized_and_move_but_not_change(tmp_path, capsys):
    train, images = module("fashion_gan"), own_images(tmp_path / "own.npz", 30, size=14)
    argv = [*TINY, "--training-images", "None", "--batch-size", 8]
    argv += ["--data-dir", tmp_path / "own.npz", "--run-dir", tmp_path / "run"]
    assert "14x14" in refused(capsys, train.main, *argv)
    assert not (tmp_path / "run").exists()
    too_many = refused(capsys, train.main, *argv, "--resize", "--batch-size", 31)
    assert "--batch-size" in too_many and "30" in too_many
    play(train.main, *argv, "--resize", "--iterations", 1)
    # The data moves; the same data elsewhere is the same run, other data is not.
    (tmp_path / "own.npz").rename(tmp_path / "moved.npz")
    more = ["--resume", tmp_path / "run", "--iterations", 2]
    assert "own.npz" in refused(capsys, train.main, *more)
    play(train.main, *more, "--data-dir", tmp_path / "moved.npz")
    np.savez(tmp_path / "other.npz", x_train=images[::-1], y_train=np.arange(30) % 10)
    more[-1] = 3
    message = refused(capsys, train.main, *more, "--data-dir", tmp_path / "other.npz")
    assert "the data is not what" in message


def test_a_resume_is_refused_while_the_run_is_played_or_on_another_backend(tmp_path, capsys):
    train, folder = module("fashion_gan"), tmp_path / "run"
    play(train.main, *TINY, "--run-dir", folder)
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


@pytest.mark.parametrize(
    "example",
    ["fashion_gan", *(pytest.param(name, marks=pytest.mark.slow) for name in WITH_EPOCHS[1:])],
    indirect=True,
)
def test_more_epochs_and_more_iterations_go_on_where_the_run_ended(
    example, finished, tmp_path, capsys
):
    main, folder = module(example).main, tmp_path / "grows"
    play(main, *TINY, "--run-dir", folder)
    play(main, "--resume", folder)
    assert "to train longer: --iterations None with more --epochs" in capsys.readouterr().out
    for flags in (["--epochs", "3"], ["--iterations", "4"], ["--iterations", "None"]):
        play(main, "--resume", folder, *flags)
    assert_same_run(folder, finished[0])


@with_epochs
def test_settings_that_would_change_the_run_are_refused(example, copied, finished, capsys):
    train = module(example)
    for flag, value in [
        ("--epochs", 2), ("--iterations", 8), ("--seed", 9), ("--batch-size", 16),
        ("--learning-rate", 0.07),
    ]:  # fmt: skip
        assert flag in refused(capsys, train.main, "--resume", copied, flag, value)
    assert_same_run(copied, finished[0])


@with_epochs
def test_mistakes_are_one_line(example, tmp_path, capsys):
    of_images = [
        (["--training-images", 70_001], "at most 70000"),
        (["--training-images", 0], "--training-images"),
        (["--data-dir", tmp_path / "nothing"], "nothing"),
    ]
    for flags, word in [
        (["--epochs", 0], "--epochs"),
        (["--iterations", 0], "--iterations"),
        (["--critic-updates", 5], "--critic-updates"),
        (["--batch-size", 101], "--batch-size 101 exceeds the 100"),
        *(of_images if example in LATENT else []),
    ]:
        argv = [*TINY, "--run-dir", tmp_path / "run", *flags]
        assert word in refused(capsys, module(example).main, *argv)
    assert not (tmp_path / "run").exists()


@with_epochs
def test_loss_that_is_no_number_stops_the_run(example, tmp_path, capsys, monkeypatch):
    """Also within a call of the engine, in which iteration 1 is the second."""
    train = module(example)
    spoil(
        monkeypatch, train.Game, "update_generator", "g_loss",
        lambda game: game.batches.position.value == 2,  # batches given so far
    )  # fmt: skip
    message = refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "run")
    assert "iteration 1" in message and "loss g_loss" in message


@with_epochs
@pytest.mark.slow
def test_scores_in_training_are_those_of_the_evaluate_command(example, tmp_path, run_module):
    folder = tmp_path / "run"
    argv = [*TINY, "--evaluate-every", "2", "--evaluate-count", "100", "--run-dir", str(folder)]
    play(module(example).main, *argv)
    returned, _, err = run_module(f"{example}.evaluate", folder, "--count", 100, "--seeds", 1)
    assert (returned, err) == (0, "")
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
                found.setdefault("--" + field.target.id.replace("_", "-"), text.value.value)
    return found


@pytest.mark.parametrize("program", ["train", "sample", "evaluate"])
def test_help_explains_every_option(example, program, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as stop:
        module(example, program).main(["--help"])
    out, err = capsys.readouterr()
    assert (stop.value.code, err) == (0, "") and f"usage: python -m {example}.{program}" in out
    shown = re.sub(r"[│\s]+", " ", out)
    common = {"sample": Sampling, "evaluate": Evaluation}.get(program)
    config = getattr(module(example, program), "Config", common)
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
    epochs_say_it = set() if example == "mnist_wgan" else {"iterations"}
    assert departs - {"preset"} - epochs_say_it == named


def test_sampling_mistakes_are_one_line(example, finished, copied, tmp_path, capsys):
    folder, sample = finished[0], module(example, "sample")
    without_digits = [([folder, "--digit", 1], "--digit"), ([folder, "--show", "digits"], "digits")]
    for argv, word in [
        *([] if example == "mnist_wgan" else without_digits),
        ([folder, "--digit", 10], "--digit"),
        ([folder, "--count", 0], "--count"),
        ([folder, "--show", "film"], "film"),
        ([folder, "--out", "x.jpg"], "x.jpg"),
        ([folder, "--out", tmp_path / "no" / "x.png"], "x.png"),
        ([tmp_path], "is not a run"),
        ([], "RUN"),
    ]:
        assert word in refused(capsys, sample.main, *argv)
    (copied / "generator.keras").write_bytes(b"PK damaged")
    assert "generator.keras" in refused(capsys, sample.main, copied)
    (copied / "generator.keras").unlink()
    assert "--resume" in refused(capsys, sample.main, copied)
    document = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**document, "example": "lsgan"}))
    assert "a run of lsgan" in refused(capsys, sample.main, copied)


def asked(example):
    """Flags that ask mnist_wgan's generator, and no other, for a digit."""
    return ["--digit", 7] if example == "mnist_wgan" else []


def test_sample_command_writes_a_picture_and_says_so(example, finished, tmp_path, run_module):
    out = tmp_path / "drawn.png"
    argv = [finished[0], *asked(example), "--count", 64, "--out", out]
    kind = "images" if example in LATENT else "values"
    assert run_module(f"{example}.sample", *argv) == (0, f"64 {kind}: {out}\n", "")
    assert Image.open(out).size == ((8 * 56, 8 * 56) if example in LATENT else (640, 400))


@of_images
def test_samples_are_the_generators(example, finished, tmp_path):
    folder, sample = finished[0], module(example, "sample")
    drawn = arrays(sample, folder, tmp_path / "a.npz", *asked(example), "--count", 130)
    images, noise, black = drawn["images"], drawn["noise"], module(example).EXAMPLE.black
    assert images.shape == (130, 28, 28, 1) and images.dtype == np.float32
    assert noise.shape == (130, LATENT[example]) and len(np.unique(noise, axis=0)) == 130
    assert example == "bilinear_gan" or (black <= images.min() and images.max() <= 1)
    middle = (black + 1) / 2
    assert example == "mnist_wgan" or images.min() < middle < images.max()
    assert len(np.unique(images)) > 2  # not binary
    inputs = [noise, drawn["digits"][:, None]] if example == "mnist_wgan" else noise
    fakes = load_generator(folder, example).predict(inputs, verbose=0)
    np.testing.assert_allclose(images, fakes, atol=1e-5 if example == "dcgan" else 1e-6)
    nine = arrays(sample, folder, tmp_path / "b.npz", *asked(example), "--count", 9)["images"]
    play(sample.main, folder, *asked(example), "--count", 9, "--out", tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    grey = 255 * (np.clip(nine[..., 0], black, 1) - black) / (1 - black)
    np.testing.assert_allclose(picture[:28, 28:56], grey[1], atol=0.51)
    np.testing.assert_allclose(picture[28:56, :28], grey[3], atol=0.51)
    other = arrays(sample, folder, tmp_path / "c.npz", "--count", 9, "--seed", 1)
    assert not np.isin(other["noise"], noise).any()


@of_images
def test_a_walk_goes_from_noise_to_noise_in_equal_steps(example, finished, tmp_path):
    folder, sample = finished[0], module(example, "sample")
    flags = [*asked(example), "--show", "walk"]
    walk = arrays(sample, folder, tmp_path / "w.npz", *flags, "--count", 5)
    steps = np.linalg.norm(np.diff(walk["noise"], axis=0), axis=1)
    assert walk["images"].shape == (5, 28, 28, 1) and 0 < steps.max() < 1.5 * steps.min()
    play(sample.main, folder, *flags, "--out", tmp_path / "w.png")
    assert Image.open(tmp_path / "w.png").size == (560, 56)
