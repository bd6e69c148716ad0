"""The libraries of the sources' time as witnesses: what they give is what this project must give.

Plays a few updates of four examples with genuine old releases, from weights and inputs that any
NumPy makes again, and writes their losses and some of their weights to golden files, to which
tests/test_genuine.py holds both engines. The releases need old Pythons: python3.6 for TensorFlow
1.4.0 with Keras 2.0.8, python3.7 for TensorFlow 1.14 and 2.0 to 2.2, python3.10 for 2.10.1, where
pyenv puts them or on the PATH; pip fetches the rest. What is missing is said and left out.
"""

import importlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.shared import main, require_names
from common.errors import UserError
from common.files import whole, writing

WITNESSES = Path(__file__).with_name("witnesses")
GOLDEN = Path("tests/golden")

RELEASES = {  # by name: Python, and what pip installs; old packages do not say what is too new
    "tensorflow-1.4": ("3.6", "tensorflow==1.4.0 Keras==2.0.8 numpy<1.15 protobuf<3.18 h5py<3 "
                       "scipy<1.2 pyyaml<6"),
    "tensorflow-1.14": ("3.7", "tensorflow==1.14.0 numpy<1.17 protobuf<3.21 h5py<3"),
    "tensorflow-2.0": ("3.7", "tensorflow==2.0.0 numpy<1.19 protobuf<3.21 h5py<3 scipy<1.5"),
    "tensorflow-2.1": ("3.7", "tensorflow==2.1.0 numpy<1.19 protobuf<3.21 h5py<3 scipy<1.5"),
    "tensorflow-2.2": ("3.7", "tensorflow==2.2.0 numpy<1.19 protobuf<3.21 h5py<3 scipy<1.5"),
    "tensorflow-2.10": ("3.10", "tensorflow==2.10.1 numpy<2"),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What a golden file holds."""

    example: str
    release: str  # of RELEASES, whose result is kept
    script: str  # the witness
    options: tuple[str, ...] = ()  # behind the script's files
    settings: tuple[tuple[str, str | bool], ...] = ()  # of our game
    others: tuple[str, ...] = ()  # releases that are held to it, of which 2.0 differs
    steep: bool = False  # the discriminator's last kernel is a hundred times as large

    @property
    def float64(self):
        return self.example != "mnist_wgan"  # Keras 2.0.8 has float32 constants in places


TF_2 = ("tensorflow-2.10", "tf_keras.py")
TF_1 = ("tensorflow-1.14", "tf_1_14.py")
KERAS_2 = ("tensorflow-1.4", "keras_2_0.py", ("ordered",))
OTHERS = ("tensorflow-2.0", "tensorflow-2.1", "tensorflow-2.2")
CASES = {
    "fashion_gan": Case("fashion_gan", *TF_2, others=OTHERS),
    "dcgan": Case("dcgan", *TF_2, others=OTHERS),
    "bilinear_gan": Case("bilinear_gan", *TF_1, ("new", "inference")),
    "bilinear_gan_adam": Case(
        "bilinear_gan", *TF_1, ("lasting", "inference"), (("optimizer", "adam"),)
    ),
    "bilinear_gan_train": Case(
        "bilinear_gan", *TF_1, ("new", "train"), (("train_mode", True),)
    ),
    "bilinear_gan_steep": Case(  # where the clip to [-1, 1] cuts most gradients
        "bilinear_gan", *TF_1, ("lasting", "inference"), (("optimizer", "adam"),), steep=True
    ),
    "mnist_wgan_slides": Case("mnist_wgan", *KERAS_2, (("generator", "slides"),)),
    "mnist_wgan_script": Case("mnist_wgan", *KERAS_2, (("generator", "script"),)),
}  # fmt: skip

BATCH = {"fashion_gan": 16}  # 4 in the others
ITERATIONS = {"fashion_gan": 30, "mnist_wgan": 2}  # 6 in the others
CRITIC_UPDATES = 2  # before each generator update
KEPT = 50  # entries of each array of weights in a golden file, beside its norm


def inputs(case):
    """Weights and batches of a case, the same in every NumPy: RandomState's streams are frozen.

    Returns:
        A dict of arrays: the networks' weights, float32, D0, D1, ... and G0, G1, ... in the order
        of get_weights(), with D_kinds and G_kinds; reals x (iterations, batch, 28, 28, 1), noise zd
        of the discriminator's fakes and zg of the generator's, (iterations, batch, latent); for
        mnist_wgan x, y, z, d (iterations, critic updates, batch, ...), y and d digits, then zg, dg,
        and which generator.
    """
    example = case.example
    lecture = importlib.import_module(f"{example}.lecture")
    critic = example == "mnist_wgan"
    networks = {
        "D": lecture.create_critic() if critic else lecture.create_discriminator(),
        "G": lecture.create_generator(),
    }
    made, random = {}, np.random.RandomState(1)
    for name, network in networks.items():
        kinds = [weight.path.split("/")[-1] for weight in network.weights if is_kept(weight)]
        made[f"{name}_kinds"] = np.array(kinds)
        shapes = [weight.shape for weight in network.weights if is_kept(weight)]
        for i, (kind, shape) in enumerate(zip(kinds, shapes, strict=True)):
            limit = 0.05
            if len(shape) > 1:  # Glorot's
                limit = (6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1]))) ** 0.5
            weight = random.uniform(-limit, limit, shape) + (kind in ("gamma", "moving_variance"))
            made[f"{name}{i}"] = weight.astype("float32")
    if case.steep:
        last = max(i for i, kind in enumerate(made["D_kinds"]) if kind == "kernel")
        made[f"D{last}"] *= 100
    made |= {name: np.array(value) for name, value in case.settings if name == "generator"}
    return {**made, **batches(example, lecture.LATENT)}


def is_kept(weight):
    """Whether a variable is a weight, not the state of a dropout."""
    return "seed_generator" not in weight.path


def batches(example, latent):
    """The batches of inputs()."""
    random, batch = np.random.RandomState(2), BATCH.get(example, 4)
    critic, low = example == "mnist_wgan", 0 if example == "fashion_gan" else -1

    def noise():
        return random.normal(size=(batch, latent)).astype("float32")

    def digits():
        return random.randint(0, 10, (batch, 1)).astype("int32")

    def images():
        x = random.uniform(0, 1, (batch, 28, 28, 1)).astype("float32")
        return low + (1 - low) * x

    drawn = []
    for _ in range(ITERATIONS.get(example, 6)):
        if critic:
            updates = [
                {"x": images(), "z": noise(), "y": digits(), "d": digits()}
                for _ in range(CRITIC_UPDATES)
            ]
            step = {name: np.stack([update[name] for update in updates]) for name in updates[0]}
        else:
            step = {"x": images(), "zd": noise()}
        drawn.append({**step, "zg": noise(), **({"dg": digits()} if critic else {})})
    return {name: np.stack([step[name] for step in drawn]) for name in drawn[0]}


def sample(array):
    """What a golden file keeps of an array of weights: its norm and 50 entries, float64 (51,)."""
    flat = np.asarray(array, "float64").ravel()
    places = np.random.RandomState(3).randint(0, flat.size, KEPT)
    return np.concatenate([[np.linalg.norm(flat)], flat[places]])


@dataclass(frozen=True)
class Config:
    """What to play."""

    cases: tuple[str, ...] = tuple(CASES)
    """Golden files to write."""

    work: Path = Path("runs/genuine")
    """Folder of the environments, which are made once, and of what they read and write."""

    out: Path = GOLDEN
    """Folder of the golden files."""

    def __post_init__(self):
        require_names("cases", self.cases, CASES)


def find_python(version):
    """The path of an old Python, where pyenv puts it or on the PATH; None where there is none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    there = sorted(versions.glob(f"{version}.*/bin/python{version}"))
    # pyenv's own command of that name may only say that it is not chosen.
    return there[-1] if there else shutil.which(f"python{version}")


def environment(release, work):
    """Make a release's environment, unless it is there; returns the path of its Python.

    Raises:
        UserError: there is no such Python, or pip cannot install what it needs.
    """
    version, packages = RELEASES[release]
    folder, python = work / release, work / release / "bin" / "python"
    if (folder / "installed").exists():
        return python
    base = find_python(version)
    if base is None:
        raise UserError(f"{release} needs python{version}; install it, with pyenv for example")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([base, "-m", "venv", folder], check=True, capture_output=True, text=True)
        install = [python, "-m", "pip", "install", "--quiet"]
        if version < "3.8":  # their pip knows no newer wheels
            subprocess.run([*install, "pip==21.3.1"], check=True, capture_output=True, text=True)
        subprocess.run([*install, *packages.split()], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        why = error.stderr.strip().splitlines()[-1:] or ["no word of why"]
        raise UserError(f"{release} cannot be installed: {why[0]}") from error
    (folder / "installed").touch()
    return python


def witness(release, work, script, *arguments):
    """Run a witness in a release's environment.

    Raises:
        UserError: it cannot be made, or the witness fails.
    """
    # Absolute, since python finds its environment by the path that it is called by.
    line = [environment(release, work).absolute(), WITNESSES / script, *arguments]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{script} failed on {release}: {done.stderr.strip().splitlines()[-1]}")


def play(case, release, work):
    """Play a case on a release; returns a dict of its losses, rows (iterations, losses), and what
    is kept of each array of weights after them."""
    given, result = work / "inputs.npz", work / "output.npz"
    work.mkdir(parents=True, exist_ok=True)
    np.savez(given, **inputs(case))
    first = {"tf_keras.py": [case.example], "keras_2_0.py": ["play"]}.get(case.script, [])
    witness(release, work, case.script, *first, given, result, *case.options)
    with np.load(result) as played:
        return {name: array if name == "rows" else sample(array) for name, array in played.items()}


def furthest(one, other):
    """By how much two results differ at most, in losses and in weights, relative to their size."""
    return max(
        float(np.max(np.abs(one[name] - other[name]) / np.maximum(np.abs(other[name]), 1e-3)))
        for name in one
    )


def work(config):
    """Play all cases."""
    missing = []
    for name in config.cases:
        case = CASES[name]
        results = {}
        for release in (case.release, *case.others):
            try:
                results[release] = play(case, release, config.work)
            except UserError as error:
                missing.append(f"{name}: {error}")
                continue
            print(f"{name}: played on {release}", flush=True)
        for release in set(results) - {case.release}:
            if case.release in results:
                far = furthest(results[release], results[case.release])
                print(f"{name}: {release} differs from {case.release} by {far:.1e}")
        if case.release in results:
            path = config.out / f"{name}.npz"
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with whole(path) as file:
                    np.savez_compressed(file, release=case.release, **results[case.release])
            print(path, flush=True)
    if missing:
        raise UserError("left out: " + "; ".join(dict.fromkeys(missing)))


if __name__ == "__main__":
    main("genuine", Config, work, __doc__)
