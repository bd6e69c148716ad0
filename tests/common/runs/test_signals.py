"""What ends a run from outside, and a run in a thread, which nothing ends."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import threading

import pytest

from common.runs import checkpoints
from common.runs.signals import held_signals
from distribution_gan import train
from tests.commands import ROOT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_held_back_and_the_next_is_not(number):
    before = signal.getsignal(number)
    with held_signals() as came:
        signal.raise_signal(number)
        after = signal.SIG_IGN if number == signal.SIGHUP else before  # a shell sends it, too
        assert came == [number] and signal.getsignal(number) == after
    assert signal.getsignal(number) == before


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_signals() as came:
            signal.raise_signal(signal.SIGHUP)
        assert came == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_in_a_thread_is_a_whole_run(tmp_path):
    done = []
    argv = ["--preset", "smoke", "--run-dir", str(tmp_path / "run")]
    thread = threading.Thread(target=lambda: done.append(train.main(argv)))
    thread.start()
    thread.join()
    assert done == [0] and (tmp_path / "run" / "final.png").is_file()
    assert checkpoints.newest(tmp_path / "run").name == "000003-0000.npz"


def test_a_closed_terminal_saves_the_run(tmp_path):
    """The kernel sends SIGHUP when the terminal's window goes, and nothing can be printed then."""
    folder, (master, slave) = tmp_path / "run", pty.openpty()
    argv = ["--preset", "smoke", "--epochs", "90000", "--iterations", "None", "--run-dir", folder]
    process = subprocess.Popen(
        [sys.executable, "-m", "distribution_gan.train", *argv], cwd=ROOT, stdin=slave,
        stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"}, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(slave)
    seen = b""
    while b"1: [epoch 0]" not in seen:
        seen += os.read(master, 4096)
    os.close(master)
    assert process.wait() == 128 + signal.SIGHUP
    assert checkpoints.numbers(checkpoints.newest(folder)) > (1, 0)
    assert {"generator.keras", "progress.png", "report.html"} < set(os.listdir(folder))
