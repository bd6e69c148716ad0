"""What holds for every example, or every one that trains for epochs: its commands, its run folder,
its resume. What common/ answers to mistakes in any example is tested with fashion_gan's commands.
"""

import ast
import contextlib
import inspect
import itertools
import json
import os
import re
import resource
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
from common.data import datasets
from common.runs import folders, tables
from mnist_wgan.train import COLUMNS
from tests.commands import (
    EPOCHS,
    ROOT,
    TINY,
    arrays,
    assert_resumes_from_the_middle,
    assert_same_run,
    command,
    interrupted,
    load_generator,
    own_images,
    play,
    refused,
    without_seconds,
)
from tests.games import BEYOND, EXAMPLES, folder_of, module, spoil

EXAMPLES = (*EXAMPLES, *BEYOND)
WITH_EPOCHS = [name for name in EXAMPLES if name != "mnist_wgan"]
LATENT = {
    "fashion_gan": 30, "dcgan": 100, "binarized_gan": 28, "bilinear_gan": 100, "mnist_wgan": 100,
    "beyond.vae": 50, "beyond.pixelcnn": 784, "beyond.rbm": 784 + 500,
    "beyond.progressive_gan": 64,
    "beyond.guideline_dcgan": 100,
}  # of images  # fmt: skip


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request):
    return request.param


def tiny(example):
    """Flags of a run of three epochs of three iterations, or three iterations of mnist_wgan."""
    return TINY if example == "mnist_wgan" else EPOCHS


@pytest.fixture(scope="module")
def finished(example, tmp_path_factory):
    """A tiny() run, made by the real command from another folder: its folder and its output."""
    folder = tmp_path_factory.mktemp(example) / "finished"
    argv = [*tiny(example), "--device", "cpu", "--checkpoint-seconds", 0, "--run-dir", folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = command(f"{example}.train", *argv, cwd=folder.parent, env=environment)
    assert (done.returncode, done.stderr) == (0, "")  # none of TensorFlow's chatter
    # Without how long it will take and how far it is, which a slow machine tells.
    slow = re.compile(r"iteration |\S+ (iterations/s|s/iteration): ")
    return folder, [line for line in done.stdout.splitlines() if not slow.match(line)]


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
with_accuracies = pytest.mark.parametrize(
    "example", [name for name in WITH_EPOCHS if name not in BEYOND], indirect=True
)
of_fashion_gan = pytest.mark.parametrize("example", ["fashion_gan"], indirect=True)


FILES = {
    "checkpoints", "config.json", "final.npz", "final.png", "first.png", "generator.keras",
    "log.txt", "losses.csv", "losses.png", "progress.gif", "progress.png", "report.html", "samples",
}  # fmt: skip
MORE_FILES = {
    "binarized_gan": {"accuracy.csv", "accuracy.png"},
    "beyond.vae": {"encoder.keras"},
    "beyond.progressive_gan": {"stages.png"},
}
ROUNDED = ("dcgan", "beyond.progressive_gan")  # otherwise in another batch
SIZES = {  # of the picture of the samples, and of the training's
    "mnist_wgan": ((560, 560), (60 + 560, 3 * 56)),
    "fashion_gan": ((560, 560), (60 + 560, 9 * 56)),
    "dcgan": ((560, 560), (60 + 560, 9 * 56)),
    "binarized_gan": ((15 * 56, 56), (60 + 15 * 56, 3 * 56)),
    "bilinear_gan": ((8 * 56, 2 * 56), (60 + 8 * 56, 9 * 56)),
    "distribution_gan": ((640, 400), (3 * 640, 3 * 400)),
    "beyond.vae": ((560, 560), (60 + 560, 9 * 56)),
    "beyond.pixelcnn": ((560, 560), (60 + 560, 9 * 56)),
    "beyond.rbm": ((560, 560), (60 + 560, 9 * 56)),
    "beyond.batch_equalisation": ((560, 7 * (16 + 56)), (60 + 560, 9 * 56)),
    "beyond.cycle_gan": ((560, 6 * (16 + 56)), (60 + 560, 9 * 56)),
    "beyond.progressive_gan": ((560, 560), (60 + 560, 9 * 56)),
    "beyond.guideline_dcgan": ((560, 560), (60 + 560, 9 * 56)),
}
LOSS = r"loss: -?\d+\.\d{4}"
LINE = rf"\[epoch \d\] \[D {LOSS}\] \[G {LOSS}\] \[D accuracy: \d+% of reals, \d+% of fakes\]"
LINES = {
    **dict.fromkeys(WITH_EPOCHS, LINE),
    "distribution_gan": LINE + r" \[Wasserstein-1: [\d.]+\] \[Kolmogorov-Smirnov: 0\.\d{3}\]",
    "beyond.vae": r"\[epoch \d\]" + r" \[[a-zKL]+: \d+\.\d\d\]" * 3,
    "beyond.pixelcnn": r"\[epoch \d\] \[loss: \d+\.\d\d\]",
    "beyond.rbm": r"\[epoch \d\]" + r" \[[a-z]+: -?\d+\.\d\d\]" * 3,
    "beyond.batch_equalisation": r"\[epoch \d\]"
    + rf" \[D {LOSS}\] \[G {LOSS}\] \[reconstruction: \d\.\d{{4}}\] \[D accuracy: \d+%\]",
    "beyond.cycle_gan": rf"\[epoch \d\] \[D {LOSS}\] \[G {LOSS}\] \[cycle: \d\.\d{{4}}\]",
    "beyond.progressive_gan": r"\[epoch \d\] \[\d+ pixels, alpha [01]\.\d\d\]"
    + rf" \[D {LOSS}\] \[G {LOSS}\] \[distance: -?\d+\.\d{{4}}\]",
    "mnist_wgan": " ".join(
        rf"\[{name} loss: -?\d+\.\d{{3,4}}\]" for name in ("D true", "D fake", "DG", "Total")
    ),
}


def test_training_shows_what_it_does(example, finished):
    folder, printed = finished
    first, watch, *rows, pictures, more, page = printed
    assert first.startswith("Device: CPU, ") and str(folder) in first
    lines = (folder / "log.txt").read_text().splitlines()
    assert len(lines) == (3 if example == "mnist_wgan" else 9)
    assert rows == (lines[::3] if example == "binarized_gan" else lines)  # a row an epoch
    for iteration, line in enumerate(lines):
        assert re.fullmatch(f"{iteration}: {LINES[example]}", line)
        assert example == "mnist_wgan" or f"[epoch {iteration // 3}]" in line
    assert str(folder / "final.png") in pictures
    assert more == f"More of them: python -m {example}.sample {folder}"
    assert page == f"Report: {folder / 'report.html'}"
    assert watch.startswith(f"Watch it train: {folder / 'report.html'}; samples before training: ")


def test_run_folder_has_files_pictures_and_settings(example, finished):
    folder, _ = finished
    assert set(os.listdir(folder)) == FILES | MORE_FILES.get(example, set())
    sample, progress = SIZES[example]
    iterations = range(3 if example == "mnist_wgan" else 9)
    drawn = iterations[::3] if example == "binarized_gan" else iterations  # a row an epoch
    names = [f"{n:06d}.{kind}" for n in drawn for kind in ("npz", "png")]
    assert sorted(os.listdir(folder / "samples")) == names
    assert Image.open(folder / "samples" / names[1]).size == sample
    assert Image.open(folder / "progress.png").size == progress
    final = (15 * 56, 10 * 56) if example == "binarized_gan" else sample
    assert Image.open(folder / "final.png").size == final
    panels = len(module(example).EXAMPLE.panels)
    assert Image.open(folder / "losses.png").size == (800, 300 * panels)
    with Image.open(folder / "progress.gif") as film:
        some_alike = example in ("mnist_wgan", "bilinear_gan", "beyond.progressive_gan")
        assert some_alike or film.n_frames == len(drawn)
        assert film.size == (progress if example == "binarized_gan" else sample)
    document = json.loads((folder / "config.json").read_text())
    assert document["example"] == example
    assert document["settings"]["iterations"] == (3 if example == "mnist_wgan" else None)
    fields = set(module(example).Config.__dataclass_fields__)
    assert set(document["settings"]) == fields - {"run_dir", "resume", "minutes"}
    assert {"tensorflow", "keras", "numpy"} <= set(document["packages"])
    assert document["device"].startswith("CPU") and "commit" in document
    if example != "distribution_gan":
        count = 50_000 if example == "mnist_wgan" else 100
        images, labels, _, _ = datasets.load(module(example).EXAMPLE.dataset)
        first = datasets.fingerprint(images[:count], labels[:count])
        assert document["data_sha256"] == first


@with_accuracies
def test_rows_of_losses_have_epochs_and_accuracies(example, finished):
    rows = folders.read_losses(finished[0])
    distances = ("wasserstein_1", "kolmogorov_smirnov") if example == "distribution_gan" else ()
    accuracies = ("d_accuracy_real", "d_accuracy_fake")
    assert tuple(rows[0]) == (
        "iteration", "epoch", "d_loss", "g_loss", *accuracies, *distances, "seconds",
    )  # fmt: skip
    assert [row["iteration"] for row in rows] == list(range(9))
    assert [row["epoch"] for row in rows] == [n // 3 for n in range(9)]
    for row in rows:
        for name in accuracies:
            assert 0 <= row[name] <= 1 and (row[name] * 32).is_integer()


@pytest.mark.parametrize("example", ["mnist_wgan"], indirect=True)
def test_critic_updates_come_before_each_generator_update(finished):
    """Two, of two steps each: after two iterations and a part of the third, and after all three."""
    rows = folders.read_losses(finished[0])
    assert [row["iteration"] for row in rows] == [0, 1, 2] and tuple(rows[0]) == COLUMNS
    for row in rows:
        assert row["total"] == row["d_true"] + row["d_fake"]
        for name in ("d_true", "d_fake", "dg"):
            parts = row[f"{name}_wasserstein"] + row[f"{name}_class"]
            assert row[name] == pytest.approx(parts, rel=1e-5)
    for name, critic, generator in (("000002-0001", 10, 2), ("000003-0000", 12, 3)):
        with np.load(finished[0] / "checkpoints" / f"{name}.npz") as kept:
            counted = kept["critic_optimizer/000"], kept["generator_optimizer/000"]
        assert counted == (critic, generator)


def test_report_command_writes_the_page_that_training_wrote(example, copied, run_module):
    page = copied / "report.html"
    trained = page.read_bytes()
    page.unlink()
    assert run_module(f"{example}.report", copied) == (0, f"{page}\n", "")
    assert page.read_bytes() == trained
    assert (b"Spot the fake" in trained) == (example != "distribution_gan")
    assert b"There is no quiz" not in trained


@pytest.mark.parametrize("example", ["mnist_wgan", "fashion_gan"], indirect=True)
def test_the_same_seed_gives_the_same_run_in_larger_calls_of_the_engine(
    example, finished, tmp_path
):
    """Than the updates one by one that --checkpoint-seconds 0 makes."""
    play(module(example).main, *tiny(example), "--run-dir", tmp_path / "same")
    assert_same_run(finished[0], tmp_path / "same")


def test_another_seed_gives_another_run(example, finished, tmp_path):
    play(module(example).main, *TINY, "--seed", 1, "--run-dir", tmp_path / "other")
    others = without_seconds(tmp_path / "other")
    assert [line.split(",")[0] for line in others] == ["iteration", "0", "1", "2"]  # smoke: 3
    assert without_seconds(finished[0])[1] != others[1]


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_gives_the_same_run(
    example, finished, copied, capsys
):
    """From the middle of an epoch, or of an iteration of mnist_wgan."""
    main, checkpoints = module(example).main, sorted((copied / "checkpoints").iterdir())
    steps = ("7-0000", "8-0000", "9-0000")
    if example == "mnist_wgan":
        steps = ("2-0000", "2-0001", "3-0000")
    assert [path.name for path in checkpoints] == [f"00000{step}.npz" for step in steps]
    _, before, newest = checkpoints
    with open(newest, "r+b") as file:
        file.seek(newest.stat().st_size // 2)
        file.write(b"damage")
    message = refused(capsys, main, "--resume", copied)
    assert str(newest) in message
    offered = message.split("with --resume ")[1].strip()
    assert offered == str(before)
    play(main, "--resume", offered)
    assert_same_run(copied, finished[0])


@pytest.mark.slow
def test_so_it_does_in_bfloat16_and_between_two_rows(example, tmp_path):
    main = module(example).main
    argv = [*tiny(example), "--checkpoint-seconds", 0, "--log-every", 4, "--dtype", "bfloat16"]
    if example == "mnist_wgan":
        argv += ["--critic-updates", 3, "--class-weight", 10]
    play(main, *argv, "--run-dir", tmp_path / "whole")
    first = "000002-0001.npz" if example == "mnist_wgan" else "000007-0000.npz"
    assert min(os.listdir(tmp_path / "whole" / "checkpoints")) == first
    assert_resumes_from_the_middle(main, tmp_path / "whole", tmp_path / "resumed")


def long(example):
    """Flags of a run longer than tiny()."""
    # progressive_gan's up to 16 pixels: at 32 one of seven plays rounded otherwise.
    argv = [*EPOCHS, "--epochs", 5 if example == "beyond.progressive_gan" else 12]
    if example == "mnist_wgan":
        argv = [*TINY, "--critic-updates", 6, "--iterations", 8]
    return [*argv, "--checkpoint-seconds", 0.2]


@pytest.fixture(scope="module")
def uninterrupted(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "uninterrupted"
    play(module(example).main, *long(example), "--run-dir", folder)
    return folder


SIGNALS = {  # each of them to more than one example; what answers them is common/runs/signals.py
    "mnist_wgan": signal.SIGINT, "fashion_gan": signal.SIGINT, "dcgan": signal.SIGTERM,
    "binarized_gan": signal.SIGKILL, "bilinear_gan": signal.SIGTERM,
    "distribution_gan": signal.SIGKILL, "beyond.vae": signal.SIGKILL,
    "beyond.pixelcnn": signal.SIGTERM,
    "beyond.rbm": signal.SIGTERM,
    "beyond.batch_equalisation": signal.SIGKILL,
    "beyond.cycle_gan": signal.SIGTERM,
    "beyond.progressive_gan": signal.SIGKILL,
    "beyond.guideline_dcgan": signal.SIGINT,
}  # fmt: skip


@pytest.mark.parametrize(
    ("example", "how"),
    [
        pytest.param(name, how, marks=() if name == "fashion_gan" else pytest.mark.slow)
        for name, how in SIGNALS.items()
    ],
    indirect=["example"],
)
def test_stopped_run_resumes_to_what_an_uninterrupted_one_gives(
    example, uninterrupted, tmp_path, how
):
    """Stopped by a real signal to the real command, and resumed by it."""
    folder = tmp_path / "stopped"
    line = ["-m", f"{example}.train", *long(example), "--run-dir", folder]
    status, lines, err = interrupted(line, "0: " if example == "mnist_wgan" else "3: ", how)
    assert err == ""
    assert len(folders.read_losses(folder)) < len(folders.read_losses(uninterrupted))
    again = [f"{example}.train", "--resume", str(folder)]
    if how == signal.SIGKILL:
        assert status == -how
        with open(folder / "losses.csv", "a") as file:
            file.write("35,0.5,0.")  # what a kill in the middle of a line leaves
    else:
        assert status == 128 + how
        assert lines[-1].endswith(f"Continue with: python -m {' '.join(again)}")
        written = {"generator.keras", "losses.png", "progress.png", "progress.gif", "report.html"}
        assert written < set(os.listdir(folder))
    resumed = command(*again)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    (session,) = json.loads((folder / "config.json").read_text())["resumed"]
    assert "--resume" in session["command"]
    assert_same_run(folder, uninterrupted)
    assert not list(folder.glob("**/*.tmp"))


@of_fashion_gan
def test_a_long_run_has_twelve_rows_of_samples_on_its_picture_and_all_in_its_film(uninterrupted):
    assert len(list((uninterrupted / "samples").glob("*.png"))) == 36
    assert Image.open(uninterrupted / "progress.png").size == (60 + 560, 12 * 56)
    with Image.open(uninterrupted / "progress.gif") as film:
        assert film.n_frames == 36


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
        cwd=ROOT, stdout=slave, stderr=slave,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", "COLORTERM": "truecolor"},
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
    assert shown.count("▀" * 75) == 7  # five samples before training
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
    too_many = refused(capsys, train.main, *argv, "--resize", "--batch-size", 31)
    assert "--batch-size" in too_many and "30" in too_many
    assert not (tmp_path / "run").exists()
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
    ["fashion_gan", pytest.param("binarized_gan", marks=pytest.mark.slow)],
    indirect=True,
)
def test_more_epochs_and_more_iterations_go_on_where_the_run_ended(
    example, finished, tmp_path, capsys
):
    main, folder = module(example).main, tmp_path / "grows"
    play(main, *TINY, "--run-dir", folder)
    drawn = (folder / "final.png").read_bytes()
    for name in ("generator.keras", "final.png"):  # as a kill after the last checkpoint leaves it
        (folder / name).unlink()
    play(main, "--resume", folder)
    assert "to train longer: --iterations None with more --epochs" in capsys.readouterr().out
    assert (folder / "final.png").read_bytes() == drawn
    load_generator(folder, example)
    for flags in (["--epochs", "3"], ["--iterations", "4"], ["--iterations", "None"]):
        play(main, "--resume", folder, *flags)
    assert_same_run(folder, finished[0])


def test_settings_that_would_change_the_run_are_refused(example, copied, finished, capsys):
    own = {"--clip": 0.02} if example == "mnist_wgan" else {"--epochs": 2, "--iterations": 8}
    for flag, value in {
        **own, "--seed": 9, "--batch-size": 20, "--learning-rate": 0.07, "--dtype": "bfloat16",
    }.items():  # fmt: skip
        assert flag in refused(capsys, module(example).main, "--resume", copied, flag, value)
    assert_same_run(copied, finished[0])


@of_fashion_gan
def test_a_changed_config_and_no_run_are_refused(example, copied, tmp_path, capsys):
    train, sample, config = module(example), module(example, "sample"), copied / "config.json"
    for folder in (tmp_path / "nothing", tmp_path):
        assert "is not a run" in refused(capsys, train.main, "--resume", folder)
        assert "is not a run" in refused(capsys, sample.main, folder)
    assert "too long" in refused(capsys, sample.main, tmp_path / ("x" * 300))
    document = json.loads(config.read_text())
    for change, word in [
        ({"example": "dcgan"}, "dcgan"),
        ({"settings": {**document["settings"], "d_iters": 5}}, "d_iters"),
        ({"settings": {**document["settings"], "iterations": 2.5}}, "iterations"),
        ({"settings": None}, "config.json"),
        ({"data_sha256": "0" * 64}, "the data is not"),
    ]:
        config.write_text(json.dumps({**document, **change}))
        assert word in refused(capsys, train.main, "--resume", copied, "--epochs", 4)
    config.write_text("{")
    assert "config.json" in refused(capsys, train.main, "--resume", copied)


@of_fashion_gan
def test_folder_that_is_not_empty_or_cannot_be_made_is_refused(example, finished, tmp_path, capsys):
    folder, train = finished[0], module(example)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("**/*")}
    assert "not empty" in refused(capsys, train.main, *TINY, "--run-dir", folder)
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("**/*")}
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "run"
    assert str(inside) in refused(capsys, train.main, *TINY, "--run-dir", inside)


@contextlib.contextmanager
def files_of_at_most(size):
    """The system refuses to write more than so many bytes to a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@of_fashion_gan
def test_full_disk_is_one_line_and_keeps_what_was_saved(example, copied, tmp_path, capsys):
    """A checkpoint has two million bytes, what a run writes before it far less."""
    main = module(example).main
    with files_of_at_most(1_000_000):
        message = refused(capsys, main, *TINY, "--run-dir", tmp_path / "run")
        assert message.startswith("error: cannot write ") and "make room" in message
        kept = os.listdir(copied / "checkpoints")
        message = refused(capsys, main, "--resume", copied, "--epochs", 4)
        assert message.startswith("error: cannot write ")
    assert set(kept) <= set(os.listdir(copied / "checkpoints"))
    assert not list(copied.glob("**/*.tmp"))
    play(main, "--resume", copied, "--epochs", 4)


def test_mistakes_are_one_line(example, tmp_path, capsys):
    of_images = [
        (["--training-images", 70_001], "at most 70000"),
        (["--training-images", 0], "at least 1"),
        (["--data-dir", tmp_path / "nothing"], "nothing"),
    ]
    of_epochs = [
        (["--epochs", 0], "--epochs"),
        (["--critic-updates", 5], "--critic-updates"),
        (["--batch-size", 101], "--batch-size 101 exceeds the 100"),
    ]
    for flags, word in [
        (["--iterations", 0], "--iterations"),
        *(of_images if example in LATENT else []),
        *(of_epochs if example in WITH_EPOCHS else []),
    ]:
        argv = [*TINY, "--run-dir", tmp_path / "run", *flags]
        assert word in refused(capsys, module(example).main, *argv)
    assert not (tmp_path / "run").exists()


def test_loss_that_is_no_number_stops_the_run(example, tmp_path, capsys, monkeypatch):
    """Also within a call of the engine, in which iteration 1 is the second."""
    train, run = module(example), tmp_path / "run"
    step, loss, late = "update_generator", "g_loss", lambda game: game.batches.position.value == 2
    one_network = {"beyond.progressive_gan", "beyond.guideline_dcgan"}
    if example in BEYOND and example not in one_network:  # of several parts
        loss = "loss"
    if example == "mnist_wgan":
        step, loss = "update_discriminator", "d_true"
        late = lambda game: game.critic.optimizer.iterations.value > 4  # noqa: E731  two updates
    spoil(monkeypatch, train.Game, step, loss, late)
    message = refused(capsys, train.main, *TINY, "--run-dir", run)
    assert "iteration 1" in message and f"loss {loss}" in message
    if example == "fashion_gan":
        monkeypatch.undo()
        play(train.main, "--resume", run)


@pytest.mark.slow
@pytest.mark.parametrize("example", ["dcgan", "binarized_gan", "bilinear_gan"], indirect=True)
def test_scores_in_training_are_those_of_the_evaluate_command(example, tmp_path, run_module):
    folder = tmp_path / "run"
    argv = [*TINY, "--evaluate-every", "2", "--evaluate-count", "100", "--run-dir", str(folder)]
    play(module(example).main, *argv)
    returned, _, err = run_module(f"{example}.evaluate", folder, "--count", 100, "--seeds", 1)
    assert (returned, err) == (0, "")
    last = tables.read_table(folder / "metrics.csv")[-1]
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
    presets, readme = module(example).PRESETS, (ROOT / folder_of(example) / "README.md").read_text()
    slides, quick = presets["slides"], presets["quick"]
    departs = {
        name
        for name in slides.__dataclass_fields__
        if getattr(slides, name) != getattr(quick, name)
    }
    table = readme.partition("| setting | slides | quick | ")[2].partition("\n\n")[0]
    rows = table.splitlines()[2:]  # below the heads and their line
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
    printed, size = "64 images", (8 * 56, 8 * 56)
    if example == "distribution_gan":
        printed, size = "64 values", (640, 400)
    if example == "beyond.batch_equalisation":  # three batches in five versions each
        printed, size = f"{64 * 15} images", (64 * 56, 15 * (16 + 56))
    if example == "beyond.cycle_gan":  # there and back, both ways, with what is true
        printed, size = f"{64 * 8} images", (64 * 56, 8 * (16 + 56))
    assert run_module(f"{example}.sample", *argv) == (0, f"{printed}: {out}\n", "")
    assert Image.open(out).size == size


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
    assert (len(np.unique(images)) > 2) == (example != "beyond.pixelcnn")  # which draws binary ones
    inputs = [noise, drawn["digits"][:, None]] if example == "mnist_wgan" else noise
    fakes = load_generator(folder, example).predict(inputs, verbose=0)
    np.testing.assert_allclose(images, fakes, atol=1e-5 if example in ROUNDED else 1e-6)
    nine = arrays(sample, folder, tmp_path / "b.npz", *asked(example), "--count", 9)["images"]
    play(sample.main, folder, *asked(example), "--count", 9, "--out", tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png"))[::2, ::2]
    grey = 255 * (np.clip(nine[..., 0], black, 1) - black) / (1 - black)
    np.testing.assert_allclose(picture[:28, 28:56], grey[1], atol=0.51)
    np.testing.assert_allclose(picture[28:56, :28], grey[3], atol=0.51)
    other = arrays(sample, folder, tmp_path / "c.npz", "--count", 9, "--seed", 1)
    # Noise by noise: of so many single numbers, rounded to float32, some are equal by chance.
    assert len(np.unique(np.concatenate([other["noise"], noise]), axis=0)) == 9 + 130


@of_images
def test_a_walk_goes_from_noise_to_noise_in_equal_steps(example, finished, tmp_path):
    folder, sample = finished[0], module(example, "sample")
    flags = [*asked(example), "--show", "walk"]
    walk = arrays(sample, folder, tmp_path / "w.npz", *flags, "--count", 5)
    steps = np.linalg.norm(np.diff(walk["noise"], axis=0), axis=1)
    assert walk["images"].shape == (5, 28, 28, 1) and 0 < steps.max() < 1.5 * steps.min()
    play(sample.main, folder, *flags, "--out", tmp_path / "w.png")
    assert Image.open(tmp_path / "w.png").size == (560, 56)
