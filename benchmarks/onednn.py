"""What it brings that TensorFlow computes with oneDNN, see common.quiet.

On an x86 processor without instructions for neural networks (AVX512-VNNI, AMX) it does so only when
it is told to, as all commands of this project do. Two processes of the compiled engine take the
same steps in turn, one told so and one left to TensorFlow; on other processors they are alike.
"""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks import speed
from benchmarks.pages.tables import milliseconds, ratio, spread
from benchmarks.shared import Timing, main
from common.engines import devices
from common.files import write_json
from common.runs import folders

WAYS = {"oneDNN": "1", "TensorFlow's choice": speed.TENSORFLOWS_CHOICE}


@dataclass(frozen=True)
class Config(Timing):
    """What to time, and how often."""

    works: tuple[Literal[tuple(speed.WORKS)], ...] = ("mnist_wgan", "dcgan", "bilinear_gan")
    """Steps to be timed."""

    rounds: int = 9
    """How often each way is timed."""

    out: Path = Path("benchmarks/results/onednn.json")
    """File of the results."""


def race(work, config):
    """Time the steps of a work both ways; returns what onednn.json holds of it."""
    with contextlib.ExitStack() as stack:
        workers, answers = {}, {name: [] for name in WAYS}
        for name, onednn in WAYS.items():
            workers[name] = speed.start("compiled", work, config.seed, onednn)
            stack.callback(speed.stop, workers[name])
        steps = max(speed.calibrate(worker, config.seconds) for worker in workers.values())
        for turn in range(config.rounds):
            speed.play_round(workers, dict.fromkeys(workers, steps), turn, answers)
    return {
        name: {
            "seconds": [answer["seconds"] / steps for answer in those],
            "memory": those[-1]["memory"],
        }
        for name, those in answers.items()
    }


def work(config):
    """Run the races; the file is written anew at the end."""
    session = folders.describe_session(devices.prepare("cpu", "float32"))
    began, works = time.monotonic(), {}
    for name in config.works:
        works[name] = race(speed.WORKS[name], config)
        times = [way["seconds"] for way in works[name].values()]
        ways = ", ".join(
            f"{spread(seconds, milliseconds)} ms with {which}"
            for which, seconds in zip(WAYS, times, strict=True)
        )
        ratios = spread(speed.by_round(*times), ratio)
        print(f"{name}: {ways}; {ratios} times as long", flush=True)
    config.out.parent.mkdir(parents=True, exist_ok=True)
    took = {"seed": config.seed, "wall_seconds": round(time.monotonic() - began, 1)}
    write_json(config.out, {"works": works, **took, **session})


if __name__ == "__main__":
    main("onednn", Config, work, __doc__)
