"""Batches of training images in the order in which tf.data would shuffle them."""

import keras
import numpy as np
from keras import ops


class Batches:
    """What tf.data's shuffle(buffer).batch(batch_size, drop_remainder=True) yields, epoch by epoch.

    The order of an epoch follows from the seed and the epoch's number alone. So the position, a
    variable that a checkpoint holds, is all that a resumed run needs to go on with the next batch.

    Args:
        images: array (N, ...).
        batch_size: images in a batch, at most N.
        buffer: images that the shuffle holds; see shuffled().
        seed: int in [0, 2**32).

    Attributes:
        per_epoch: batches in an epoch; the N % batch_size images left over sit that epoch out.
        position: keras.Variable, batches given so far.
        images, order: keras.Variables, the images and the epoch's order; an engine may hold them
            on another device.
    """

    def __init__(self, images, batch_size, buffer, seed):
        self.batch_size, self.buffer, self.seed = batch_size, buffer, seed
        self.images = keras.Variable(images, dtype=images.dtype, trainable=False, name="images")
        self.per_epoch = len(images) // batch_size
        self.position = keras.Variable(0, dtype="int32", trainable=False, name="position")
        self.variables = [self.position]
        self.epoch = None
        self.order = keras.Variable(
            np.arange(len(images)), dtype="int32", trainable=False, name="order"
        )

    def prepare(self):
        """Shuffle, if an epoch begins or a resumed run stands within one."""
        epoch = int(self.position) // self.per_epoch
        if epoch != self.epoch:
            self.epoch = epoch
            self.order.assign(self.order_of(epoch))

    def next(self):
        """The next batch, (batch_size, ...), of the epoch that prepare() has prepared."""
        start = self.position % self.per_epoch * self.batch_size
        picked = ops.slice(self.order.value, (start,), (self.batch_size,))
        self.position.assign(self.position + 1)
        return ops.take(self.images, picked, axis=0)

    def order_of(self, epoch):
        """The order of an epoch's images: a permutation of range(N)."""
        # A spawn key, since numpy fills a short seed up with zeros: [seed, 0] would be seed itself.
        seed = np.random.SeedSequence(self.seed, spawn_key=(epoch,))
        return shuffled(self.images.shape[0], self.buffer, np.random.default_rng(seed))


def shuffled(count, buffer, random):
    """Shuffle range(count) as tf.data's shuffle(buffer) does.

    A buffer is filled with the first elements in order. Then, until nothing is left, a random one
    of its elements leaves and the next one in order takes its place. Element k can thus leave at
    k - buffer + 1 at the earliest: images that are far apart in the file never change places.

    Args:
        count: number of elements.
        buffer: elements that the buffer holds; count or more give a plain permutation.
        random: numpy.random.Generator.

    Returns:
        int64 (count,).
    """
    picks = random.integers(0, np.minimum(buffer, count - np.arange(count)))
    held = list(range(min(buffer, count)))
    order = []
    for following, pick in enumerate(picks.tolist(), start=buffer):
        order.append(held[pick])
        if following < count:
            held[pick] = following
        else:  # the last one moves into the gap
            held[pick] = held[-1]
            held.pop()
    return np.array(order, dtype="int64")
