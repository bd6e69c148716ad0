"""What Windows lacks is not missed: its modules and signals hidden from this project's code, no
folder opened, no file synced that is open to read only. No Windows runs here."""

import subprocess
import sys

from tests.commands import ROOT

AS_ON_WINDOWS = r"""
import builtins, errno, fcntl, importlib, os, pkgutil, signal, sys, types
from pathlib import Path

PACKAGES = "common bilinear_gan binarized_gan dcgan distribution_gan fashion_gan mnist_wgan".split()
HIDDEN = "fcntl grp posix pty pwd resource syslog termios tty".split()
SIGNALS = "SIGABRT SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_IGN".split()
real_import, real_open, real_fsync = builtins.__import__, os.open, os.fsync

def ours(names):
    return names.get("__name__", "").split(".")[0] in PACKAGES

def imported(name, globals=None, *args, **kwargs):
    if name in HIDDEN and ours(globals or {}):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    if name == "msvcrt" and ours(globals or {}):
        return types.SimpleNamespace(LK_NBLCK=fcntl.LOCK_EX | fcntl.LOCK_NB, locking=locking)
    return real_import(name, globals, *args, **kwargs)

def opened(path, *args, **kwargs):
    if ours(sys._getframe(1).f_globals) and Path(path).is_dir():
        raise PermissionError(errno.EACCES, "Permission denied", str(path))
    return real_open(path, *args, **kwargs)

def synced(file):
    if fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    real_fsync(file)

def locking(handle, mode, count):
    try:
        fcntl.flock(handle, mode)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None

builtins.__import__, os.open, os.fsync = imported, opened, synced
import common, IPython, ipywidgets  # what is not ours knows both systems
for name in dir(signal):
    if name.startswith("SIG") and name not in SIGNALS:
        delattr(signal, name)

for package in map(importlib.import_module, PACKAGES):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

from common.runs import folders
from distribution_gan import train
folder = Path(sys.argv[1])
again = ["--resume", str(folder), "--epochs", "2", "--iterations", "None"]
assert train.main(["--preset", "smoke", "--run-dir", str(folder)]) == 0
with folders.alone(folder):
    assert train.main(again) == 2
assert train.main(again) == 0
assert len(folders.read_losses(folder)) == 6
"""


def test_every_module_is_imported_and_a_run_is_played_and_resumed_without_them(tmp_path):
    script = [sys.executable, "-c", AS_ON_WINDOWS, str(tmp_path / "run")]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "run is being trained already" in done.stderr and done.stderr.count("\n") == 1
