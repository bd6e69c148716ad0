"""The run folder: config.json, losses.csv, log.txt, samples/, checkpoints/, generator.keras."""

import contextlib
import datetime
import functools
import importlib.metadata
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path

import keras

from common import settings as configs
from common.errors import UserError, one_line
from common.files import set_aside, sync_folder, whole, write_json, writing
from common.runs.checkpoints import folder_of, newest
from common.runs.progress import say
from common.runs.tables import mend, read_table

PACKAGES = ("tensorflow", "jax", "keras", "numpy", "scipy")


def create(example, config):
    """Make a new run's folder and return its path.

    Raises:
        UserError: it cannot be made, or holds something already.
    """
    started = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = config.run_dir or Path("runs") / example / f"{started}-seed{config.seed}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            resume = f" or --resume {folder}" if newest(folder) else ""
            raise UserError(f"{folder} is not empty; choose another --run-dir{resume}")
        (folder / "samples").mkdir()
        (folder / "checkpoints").mkdir()
    return folder


@contextlib.contextmanager
def alone(folder):
    """Keep other processes out of a run's folder inside the block; a kill lets go of it, too.

    Raises:
        UserError: another process is in it.
    """
    try:
        import fcntl
    except ImportError:  # Windows locks no folder, but a file in it
        import msvcrt

        handle = os.open(Path(folder) / "lock", os.O_RDWR | os.O_CREAT)
        lock = functools.partial(msvcrt.locking, handle, msvcrt.LK_NBLCK, 1)
    else:
        handle = os.open(folder, os.O_RDONLY)
        lock = functools.partial(fcntl.flock, handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        try:
            lock()
        except (BlockingIOError, PermissionError) as error:
            raise UserError(f"{folder} is being trained already; wait for it or stop it") from error
        except OSError:
            pass  # some network file systems cannot lock
        yield
    finally:
        os.close(handle)


def write_config(folder, example, config, data_sha256, device, **facts):
    """Write config.json, with other facts of the run, or on resume add this session to it."""
    path = folder / "config.json"
    settings, session = configs.as_json(config), describe_session(device)
    if path.exists():
        document = read_json(path)
        document["settings"] = settings
        document["resumed"] = [*document.get("resumed", []), session]
    else:
        document = {"example": example, "settings": settings, "data_sha256": data_sha256}
        document |= facts | session
    write_json(path, document)


def describe_session(device):
    """Return a dict of what, besides its settings, a run's numbers and speed depend on."""
    return {
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": called(),
        "device": device.description,
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "packages": installed(PACKAGES),
        "commit": commit(),
    }


def called():
    """Return the command line of this process, as somebody types it again."""
    return shlex.join(["python", *sys.orig_argv[1:]])


def read_config(path, example, config_class):
    """Return the config of the run at path, a run folder or one of its checkpoints.

    Raises:
        UserError: there is no run, it is another example's, or its config.json is damaged.
    """
    document = read_document(folder_of(path), example)
    return configs.from_json(config_class, document["settings"], folder_of(path) / "config.json")


def read_document(folder, example):
    """Return what config.json of an example's run says, as a dict."""
    file = Path(folder) / "config.json"
    if not file.is_file():
        raise UserError(
            f"{folder} is not a run: it has no config.json; name a folder that train made"
        )
    document = read_json(file)
    named = isinstance(document, dict) and "example" in document
    if not named or not isinstance(document.get("settings"), dict):
        raise UserError(f"{file} is damaged: it names no example or no settings; take another run")
    later = document.get("resumed", [])
    if not isinstance(later, list) or not all(isinstance(session, dict) for session in later):
        raise UserError(f"{file} is damaged: resumed is no list of sessions; take another run")
    if document["example"] != example:
        raise UserError(
            f"{folder} is a run of {document['example']}, not of {example}; "
            f"use the commands of {document['example']}"
        )
    return document


def sessions(document):
    """The sessions of a run, the first one first, from what read_document() returned."""
    return [document, *document.get("resumed", [])]


def note_end(folder, how):
    """Write into config.json how the last session ended: "finished", or "diverged", "interrupted",
    "failed" or "stopped" with a colon and the reason behind it. A killed one has no such note, nor
    has one that the disk has no room for."""
    path = folder / "config.json"
    with contextlib.suppress(UserError):
        document = read_json(path)
        sessions(document)[-1]["ended"] = how
        write_json(path, document)


def check_data(folder, data_sha256):
    """Refuse to go on with other data than the run began with."""
    if read_json(folder / "config.json").get("data_sha256") != data_sha256:
        raise UserError(f"the data is not what {folder} began with; name the same data again")


def check_samples(folder):
    """Refuse a run of which only the pictures of the samples are there, not the arrays."""
    drawn = [path for path in (folder / "samples").glob("*.png") if iteration_of(path) is not None]
    if drawn and not list((folder / "samples").glob("*.npz")):
        raise UserError(
            f"{folder} was begun by an earlier version, which kept samples as pictures only, and "
            "cannot go on; start a new run"
        )


def check_backend(folder):
    """Refuse to go on with another backend of Keras, which draws other random numbers."""
    backend = keras.backend.backend()
    began = read_json(folder / "config.json").get("backend", backend)
    if began != backend:
        raise UserError(
            f"{folder} began with {began}, and {backend} draws other random numbers; "
            f"go on with KERAS_BACKEND={began}"
        )


def read_json(path):
    """Return what a JSON file holds; a UserError names it if it is damaged."""
    try:
        return json.loads(path.read_bytes())  # which finds out its encoding
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}; take another run") from error


def installed(packages):
    """Return a dict of the versions of those packages that are installed."""
    distributions = {d.name: d.version for d in importlib.metadata.distributions()}
    return {name: distributions[name] for name in packages if name in distributions}


def commit():
    """Return the git commit of this code, with "-dirty" if it was changed since, or None. What was
    measured, in benchmarks/results, is no code: most commands there write it anew."""

    def git(*words):
        # Without locks: where it is killed after 10 s, none is left behind in the repository.
        line, here = ["git", "--no-optional-locks", *words], Path(__file__).parent
        return subprocess.run(line, cwd=here, capture_output=True, text=True, timeout=10)

    try:
        head = git("rev-parse", "HEAD")
        changed = git("diff", "--quiet", "HEAD", "--", ":/", ":(top,exclude)benchmarks/results")
    except (OSError, subprocess.SubprocessError):
        return None  # no git here
    if head.returncode or changed.returncode > 1:
        return None  # installed from an archive
    return head.stdout.strip() + "-dirty" * changed.returncode


def sample_path(folder, iteration):
    """Return the path of the sample grid of an iteration."""
    return folder / "samples" / f"{int(iteration):06d}.png"


def iteration_of(sample):
    """Return the iteration in the name of a sample's file, or None if it is none."""
    return int(sample.stem) if re.fullmatch("[0-9]{6,18}", sample.stem) else None


def read_losses(folder):
    """Return losses.csv as a list of dicts from column name to float."""
    return read_table(folder / "losses.csv")


def cut_logs(folder, iteration, columns=(), scores=()):
    """Drop the logged rows from an iteration on, and a half-written last one, and the samples from
    it on, before a resume. What somebody has changed meanwhile is kept, see common.runs.tables.

    Args:
        columns: of losses.csv; () for those that it has.
        scores: columns that metrics.csv must have.
    """
    with writing(folder):
        for sample in (folder / "samples").glob("*.*"):
            drawn = iteration_of(sample)
            if drawn is not None and drawn >= iteration and sample.suffix in (".npz", ".png"):
                sample.unlink()
        mend(folder / "losses.csv", columns, ("iteration",), iteration)
        mend(folder / "metrics.csv", (), ("iteration", *scores), iteration)
        for name in ("log.txt", "failures.txt"):
            cut_lines(folder / name, iteration)


def cut_lines(path, iteration):
    """Drop the lines of a log that begin with a number from an iteration on, and half a number
    behind the last one; a file that is no text is set aside."""
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        say(f"{path} is no text; it is kept as {set_aside(path).name}")
        return
    if re.fullmatch("[0-9]*", lines[-1]):
        lines.pop()
    numbers = [re.match("([0-9]{1,18}):", line) for line in lines]
    with whole(path) as file:
        for line, number in zip(lines, numbers, strict=True):
            if number is None or int(number[1]) < iteration:
                file.write(f"{line}\n".encode())


def save_generator(folder, generator):
    """Write generator.keras; see save_model()."""
    save_model(folder, generator, "generator")


def save_model(folder, model, name):
    """Write a network as name.keras, whole, and in float32: numpy knows no bfloat16."""
    if model.compute_dtype != "float32":
        model = in_float32(model)
    path, temporary = folder / f"{name}.keras", folder / f"{name}.tmp.keras"
    with writing(path):
        model.save(temporary)  # Keras insists on the suffix
        with open(temporary, "r+b") as file:  # Windows syncs no file that is open to read only
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(folder)


def in_float32(model):
    """Return a model with the same weights that computes in float32."""

    def convert(layer):
        # What keras.ops computes between layers has no type of its own.
        dtype = {"dtype": "float32"} if isinstance(layer, keras.Layer) else {}
        return type(layer).from_config({**layer.get_config(), **dtype})

    converted = keras.models.clone_model(model, clone_function=convert)
    converted.set_weights(model.get_weights())
    return converted
