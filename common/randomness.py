"""Random numbers: one counter-based stream a purpose, all from the run's seed."""

import keras
import numpy as np


def streams(seed, purposes):
    """One keras SeedGenerator for each purpose.

    A SeedGenerator's state is (key, counter). Here the key follows from the seed and the purpose's
    place in the list, and the counter moves on by one with every draw. Equal seeds give equal
    draws, purposes don't disturb one another, and a checkpoint holds the states, so that a resumed
    run goes on with the very next draw.

    Args:
        seed: int in [0, 2**32).
        purposes: names, in a fixed order.

    Returns:
        dict from purpose to keras.random.SeedGenerator.
    """
    keys = np.random.SeedSequence(seed).generate_state(len(purposes))
    return {
        # 31 bits fit every backend's type of seeds; int32 is one.
        purpose: keras.random.SeedGenerator(int(key) & 0x7FFFFFFF)
        for purpose, key in zip(purposes, keys, strict=True)
    }
