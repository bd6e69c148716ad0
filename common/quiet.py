"""Starts Keras: quietly, quickly, and without what the user has set for other programs."""

import contextlib
import gc
import importlib.machinery
import importlib.util
import json
import logging
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from common.standins import StandIns

STARTED = time.monotonic()  # nearly when the program did
COMMAND = sys.argv[:1] == ["-m"]  # whether it is `python -m` that imports this
WITHOUT = ("lab",)  # commands, by their modules, that compute nothing with Keras
BACKENDS = ("tensorflow", "jax", "torch")  # torch for benchmarks.ports alone
# What Keras and TensorFlow import where it is there, for functions that nothing here calls.
UNUSED = ("IPython", "jax", "matplotlib", "pandas", "scipy")
# Modules that load when they are first used, to draw or to score.
LATE = ("common.figures.curves", "common.figures.pictures", "scipy.linalg", "scipy.stats")


def load_keras():
    """Import Keras and its backend, holding back what they print; if that fails it is shown after
    all. For --help and for WITHOUT Keras is not needed, and a stand-in takes its place."""
    open_streams()
    sys.meta_path.insert(0, LateModules())
    if COMMAND and ({"-h", "--help"} & set(sys.argv) or command() in WITHOUT):
        sys.meta_path.insert(0, StandIns())
        return
    backend = os.environ["KERAS_BACKEND"] = chosen_backend()
    set_environment()
    unused = UNUSED if backend == "tensorflow" else ("IPython", "matplotlib", "pandas")
    if not COMMAND:  # but somebody's own program, in which Keras may be given pandas' tables
        unused = ()
    with stderr_held_back() as held_back:
        try:
            with own_settings(), hidden(unused), no_collections():
                import keras
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except BaseException:
            held_back.seek(0)
            sys.stderr.write(held_back.read().decode(errors="replace"))
            raise
    # Also where Keras was loaded before, with the user's own.
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


def command():
    """The module that `python -m` runs."""
    words = sys.orig_argv
    place = next((i for i, word in enumerate(words[1:], start=1) if word.startswith("-m")), 0)
    return words[place][2:] or words[place + 1]


def open_streams():
    """Open those of the standard streams that are closed, or the next file that is opened would get
    their number and take what TensorFlow writes to it."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w"))


def chosen_backend():
    """The backend that KERAS_BACKEND names or else the user's keras.json, TensorFlow where neither
    does; ends the process with a line if that is none."""
    where, name = "KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "")
    if not name.strip():
        path = Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"), "keras.json")
        try:
            where, name = f"the backend in {path}", json.loads(path.read_bytes())["backend"]
        except (OSError, ValueError, LookupError, TypeError):
            return "tensorflow"
    backend = str(name).strip().lower()
    if backend == "tf":  # as Keras 1 and 2 took it
        return "tensorflow"
    if backend not in BACKENDS:
        refuse(f"{where} is {name}, but must be tensorflow or jax")
    if importlib.util.find_spec(backend) is None:
        more = ", or for JAX: pip install jax" if backend == "jax" else ""
        refuse(f"{where} is {backend}, which is not installed; leave it out{more}")
    return backend


def refuse(line):
    """End the process as a command ends with a UserError."""
    print(f"error: {line}", file=sys.stderr)
    raise SystemExit(2)


def set_environment():
    """Set how TensorFlow and JAX start, where the user has not, and how a command's figures do."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Otherwise each takes all of a GPU's memory, or most of it, at once, and a second run has none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if COMMAND:  # whose figures become files
        os.environ["MPLBACKEND"] = "agg"
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its fonts and caches
        # It warns of functions that it compiles anew, as each game's of a sweep has to be.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if platform.machine() in ("x86_64", "AMD64"):
        # Without instructions for neural networks (AVX512-VNNI, AMX) TensorFlow leaves oneDNN off,
        # whose convolutions are faster there too, and which keeps freed memory: benchmarks.onednn.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@contextlib.contextmanager
def stderr_held_back():
    """Hold back what is written to standard error inside the block; yields the file that takes it.

    TensorFlow 2.21 writes some lines ("oneDNN custom operations are on ...") straight to file
    descriptor 2, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the next with)
    except OSError:  # no folder can be written
        file = open(os.devnull, "w+b")  # noqa: SIM115
    with file as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield held_back
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def own_settings():
    """Let Keras find no keras.json inside the block: what stands there is for other programs, and
    would change a run's results in silence or end in a traceback."""
    home = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = os.devnull
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]
        if home is not None:
            os.environ["KERAS_HOME"] = home


@contextlib.contextmanager
def hidden(names):
    """Let modules be missing inside the block, unless they are loaded already."""
    names = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))  # None is Python's own mark
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


@contextlib.contextmanager
def no_collections():
    """Look for no garbage inside the block, and never again among what it leaves: imports make some
    400,000 objects that stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


class LateModules:
    """Finds the modules that are to load when they are first used, in sys.meta_path; and on JAX,
    in a command, no TensorFlow: Keras would load it, lines and all, to give it a seed as well."""

    def find_spec(self, name, path, target=None):
        if name == "tensorflow" and COMMAND and os.environ.get("KERAS_BACKEND") == "jax":
            raise ModuleNotFoundError(f"{name} is not for KERAS_BACKEND=jax", name=name)
        if name not in LATE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec
