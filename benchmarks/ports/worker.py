"""A process that plays one competitor's steps when told to; benchmarks.speed starts and asks it.

Each line of standard input is a number of steps. The answer, a line of JSON, says how many seconds
they took and the most memory that the process has had, in bytes.
"""

import json
import os
import random
import sys
import time

import numpy as np


def create(competitor, example, dtype, batch_size, seed):
    """Return a function that plays a number of steps, as benchmarks.speed.start() asks for."""
    from benchmarks.ports import ours

    if competitor in ("compiled", "reference"):
        game = ours.create_game(example, competitor, dtype, batch_size, seed)
        return lambda steps: ours.play(example, game, steps)
    # Not keras.utils.set_random_seed(), which loads TensorFlow whatever the backend.
    random.seed(seed)
    np.random.seed(seed)
    data = ours.load(example, ours.configure(example, batch_size, seed))
    data = ours.for_ports(example, data)
    if competitor == "jax":
        from benchmarks.ports import dense_jax

        return dense_jax.player(example, batch_size, seed, *data)
    if competitor == "plain":
        from benchmarks.ports import lectures

        _, _, step = lectures.create(example, batch_size, *data)
    else:
        import torch

        from benchmarks.ports import pytorch

        torch.manual_seed(seed)
        compiler = torch.compile if competitor == "torch.compile" else lambda function: function
        make = pytorch.STEPS[example]
        _, _, step = make(batch_size, compiler, dtype == "bfloat16", *data)

    def play(steps):
        for _ in range(steps):
            step()

    return play


def peak_memory():
    """The most memory that this process has had so far, in bytes, as Linux tells it.

    getrusage's ru_maxrss is no less than what the process had that started this one.
    """
    with open("/proc/self/status", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file)
    return 1024 * int(fields["VmHWM"].split()[0])


def main(competitor, example, dtype, batch_size, seed):
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    play = create(competitor, example, dtype, int(batch_size), int(seed))
    for line in sys.stdin:
        began = time.perf_counter()
        play(int(line))
        seconds = time.perf_counter() - began
        answer = {"seconds": seconds, "memory": peak_memory()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
