"""Times this project's engines beside the sources' own loops, PyTorch and JAX, on a CPU.

Every competitor is a process of its own, which computes only when it is asked to. In each round
every one plays as many steps as take it about --seconds, and the matrix product whose speed is
called this machine's peak runs too; the next round begins with the next competitor. A slow minute
thus hits all of them, and ratios are taken within a round. A step is an iteration of an example;
of mnist_wgan it is a critic update: clip, real images, fakes.
"""

import contextlib
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Literal, NamedTuple

import tensorflow as tf

from benchmarks import arithmetic
from benchmarks.shared import Timing, earlier, main
from common.engines import devices
from common.errors import UserError
from common.files import write_json
from common.runs import folders


class Work(NamedTuple):
    """A step to be timed, and how many times as fast as others this project means to take it."""

    example: str
    dtype: str  # of all but the plain port, which stays as the source has it
    batch_size: int
    over_plain: float
    over_torch: float


WORKS = {
    "mnist_wgan": Work("mnist_wgan", "float32", 64, 2.2, 1.9),
    "mnist_wgan-bfloat16": Work("mnist_wgan", "bfloat16", 64, 3.5, 2.0),
    "fashion_gan": Work("fashion_gan", "float32", 32, 8.0, 2.5),
    "dcgan": Work("dcgan", "float32", 32, 3.0, 1.5),
    "binarized_gan": Work("binarized_gan", "float32", 200, 3.0, 1.5),
    "bilinear_gan": Work("bilinear_gan", "float32", 128, 3.0, 1.5),
    "distribution_gan": Work("distribution_gan", "float32", 128, 3.0, 1.5),
}
# The package that each needs beside this project's own, and the Keras backend of its process, so
# that no process loads a framework that it does not use.
COMPETITORS = {
    "compiled": (None, "tensorflow"),
    "reference": (None, "tensorflow"),
    "plain": (None, "tensorflow"),
    "torch": ("torch", "torch"),
    "torch.compile": ("torch", "torch"),
    "jax": ("jax", "jax"),
}
DENSE = ("fashion_gan", "binarized_gan", "distribution_gan")  # see benchmarks.ports.dense_jax
TENSORFLOWS_CHOICE = "-1"  # of TF_ENABLE_ONEDNN_OPTS: by what the processor can do
SIZE = 4096  # rows and columns of the matrices whose product is the peak
PAUSE = 0.2  # seconds before each stretch: threads of the one before it may still be spinning


@dataclass(frozen=True)
class Config(Timing):
    """What to time, and how often."""

    works: tuple[Literal[tuple(WORKS)], ...] = tuple(WORKS)
    """Steps to be timed."""

    out: Path = Path("benchmarks/results/speed.json")
    """File of the results; those of other works in it stay."""


class Worker(NamedTuple):
    """A competitor's process; see benchmarks.ports.worker."""

    process: subprocess.Popen
    errors: IO  # what it writes to standard error


def start(competitor, work, seed, onednn=None):
    """Start a competitor's process.

    Args:
        competitor: a name in COMPETITORS.
        work: Work.
        seed: of weights, batches and noise.
        onednn: TensorFlow's setting TF_ENABLE_ONEDNN_OPTS, see common.quiet; None: TensorFlow's
            own choice for the plain port, this project's for the others.
    """
    dtype, environment = work.dtype, dict(os.environ)
    if competitor == "plain":
        dtype, onednn = "float32", TENSORFLOWS_CHOICE
    if onednn is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = onednn
    arguments = [competitor, work.example, dtype, str(work.batch_size), str(seed)]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (stop() closes it)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ports.worker", *arguments],
        cwd=Path(__file__).parents[1],
        env={**environment, "KERAS_BACKEND": COMPETITORS[competitor][1]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    return Worker(process, errors)


def ask(worker, steps):
    """Let a worker play some steps; returns its answer, see benchmarks.ports.worker, as a dict.

    Raises:
        UserError: its process has ended; the last line that it wrote says why.
    """
    with contextlib.suppress(BrokenPipeError):
        print(steps, file=worker.process.stdin, flush=True)
    answer = worker.process.stdout.readline()
    if not answer:
        worker.errors.seek(0)
        lines = [line.strip() for line in worker.errors if line.strip()]
        raise UserError(lines[-1] if lines else "its process ended without a word")
    return json.loads(answer)


def stop(worker):
    """End a worker's process."""
    with contextlib.suppress(BrokenPipeError):
        worker.process.stdin.close()
    try:
        worker.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        worker.process.wait()
    worker.process.stdout.close()
    worker.errors.close()


def calibrate(worker, seconds):
    """Warm a worker up and return how many steps take it about so many seconds."""
    steps = 1
    while True:
        ask(worker, steps)  # some compile anew for each number of steps
        took = ask(worker, steps)["seconds"]
        if took >= seconds / 3:
            steps = max(1, round(steps * seconds / took))
            ask(worker, steps)
            return steps
        steps = math.ceil(steps * min(10, seconds / 2 / took))


def why_not(competitor, work):
    """Return why a competitor cannot take part, or None."""
    package, _ = COMPETITORS[competitor]
    if competitor == "jax" and work.example not in DENSE:
        return "not written, XLA's convolutions are about 50 times slower on a CPU"
    if package is not None and importlib.util.find_spec(package) is None:
        return f'{package} is missing; pip install -e ".[benchmarks]" brings it'
    if competitor == "torch.compile" and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "torch.compile needs a C++ compiler; install g++ or clang"
    return None


def matrix_product(dtype):
    """Return a function that times a product of two matrices, in floating-point operations/s."""
    a, b = (tf.cast(tf.random.normal((SIZE, SIZE)), dtype) for _ in range(2))

    def measure():
        began = time.perf_counter()
        tf.linalg.matmul(a, b)[0, 0].numpy()
        return 2 * SIZE**3 / (time.perf_counter() - began)

    measure()  # the first one is slower
    return measure


def race(work, config):
    """Time a step of all competitors; returns what speed.json holds of it, without its origin."""
    left_out, workers, steps = {}, {}, {}
    with contextlib.ExitStack() as stack:
        for name in COMPETITORS:
            reason = why_not(name, work)
            if reason is None:
                print(f"  {name} warms up", flush=True)
                worker = start(name, work, config.seed)
                stack.callback(stop, worker)
                try:
                    steps[name] = calibrate(worker, config.seconds)
                    workers[name] = worker
                except UserError as error:
                    if name == "compiled":
                        raise UserError(f"the compiled engine failed: {error}") from error
                    reason = str(error)
            if reason is not None:
                left_out[name] = reason
                print(f"  {name} is left out: {reason}", flush=True)
        measure_peak = matrix_product(work.dtype)
        peak, answers = [], {name: [] for name in workers}
        for turn in range(config.rounds):
            play_round(workers, steps, turn, answers)
            time.sleep(PAUSE)
            peak.append(measure_peak())
    return {
        **work._asdict(),
        "rounds": config.rounds,
        "seed": config.seed,
        "peak": peak,  # floating-point operations a second
        "competitors": {
            name: {
                "steps": steps[name],
                "seconds": [answer["seconds"] / steps[name] for answer in answers[name]],
                "memory": max(answer["memory"] for answer in answers[name]),
            }
            for name in workers
        },
        "left_out": left_out,
    }


def play_round(workers, steps, turn, answers):
    """Let each worker play its steps alone, another one first in each turn, and add what it answers
    to its list of answers; all are dicts by the workers' names."""
    names, first = list(workers), turn % len(workers)
    for name in names[first:] + names[:first]:
        time.sleep(PAUSE)
        answers[name].append(ask(workers[name], steps[name]))


def best_torch(result):
    """Return the name of the faster of PyTorch's two competitors, or None without them."""
    there = [name for name in ("torch", "torch.compile") if name in result["competitors"]]
    return min(there, key=lambda name: median(result["competitors"][name]["seconds"]), default=None)


def ratios(result, other):
    """How many times as long as the compiled engine another competitor takes, round by round."""
    ours, theirs = (result["competitors"][name]["seconds"] for name in ("compiled", other))
    return by_round(ours, theirs)


def by_round(ours, theirs):
    """How many times as long theirs take as ours: the ratio of each round's seconds."""
    return [b / a for a, b in zip(ours, theirs, strict=True)]


class Verdict(NamedTuple):
    """A ratio beside its goal."""

    other: str
    ratios: list
    goal: float

    @property
    def reached(self):
        """Whether the median over the rounds is at least the goal."""
        return median(self.ratios) >= self.goal

    def __str__(self):
        ratio = f"{median(self.ratios):.2f} ({min(self.ratios):.2f} to {max(self.ratios):.2f})"
        return f"{ratio}, goal {self.goal}: {'reached' if self.reached else 'missed'}"


def verdicts(result):
    """The Verdicts of a work: against the plain port and the best of PyTorch, if they ran."""
    goals = {"plain": result["over_plain"], best_torch(result): result["over_torch"]}
    there = {name: goal for name, goal in goals.items() if name in result["competitors"]}
    return [Verdict(name, ratios(result, name), goal) for name, goal in there.items()]


def operations(result):
    """Useful floating-point operations of a step, two in a multiply-add."""
    return 2 * arithmetic.step(result["example"], result["batch_size"])


def share_of_peak(result, name):
    """The share of the matrix product's speed at which a competitor's useful arithmetic goes.

    None for one that computes in another type of number than the work's.
    """
    if name == "plain" and result["dtype"] != "float32":
        return None
    seconds = median(result["competitors"][name]["seconds"])
    return operations(result) / seconds / median(result["peak"])


def report(result):
    """Print a work's result."""
    peak = median(result["peak"])
    print(f"  useful arithmetic {operations(result) / 1e9:.3g} GFLOP a step;", end=" ")
    print(f"matrix products {peak / 1e9:.0f} GFLOP/s")
    print("  competitor     ms/step (least to most)    slower by (least to most)  peak  memory MB")
    for name, measured in result["competitors"].items():
        ms = [1000 * seconds for seconds in measured["seconds"]]
        by, share = ratios(result, name), share_of_peak(result, name)
        times = f"{median(ms):9.3f} ({min(ms):.3f} to {max(ms):.3f})"
        slower = f"{median(by):6.2f} ({min(by):.2f} to {max(by):.2f})"
        percent = "-" if share is None else f"{share:.0%}"
        print(f"  {name:14} {times:26} {slower:25} {percent:>5} {measured['memory'] / 1e6:9.0f}")
    for verdict in verdicts(result):
        print(f"  over {verdict.other}: {verdict}")
    sys.stdout.flush()


def work(config):
    """Run the races; the file is written anew after each."""
    device = devices.prepare("cpu", "float32")
    results = earlier(config.out)
    session = folders.describe_session(device)
    session["packages"] |= folders.installed(("torch",))
    for name in config.works:
        print(f"{name}:", flush=True)
        began = time.monotonic()
        result = race(WORKS[name], config)
        results[name] = {**result, "wall_seconds": round(time.monotonic() - began, 1), **session}
        write_json(config.out, results)
        report(results[name])


if __name__ == "__main__":
    main("speed", Config, work, __doc__)
