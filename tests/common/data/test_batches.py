import numpy as np
import pytest

from common.data.batches import Batches, shuffled


class Picks:
    """In a random generator's place: gives out the picks it was made with."""

    def __init__(self, picks):
        self.picks = picks

    def integers(self, low, high):
        assert low == 0
        assert np.all(self.picks < high)
        self.bounds = list(high)
        return np.array(self.picks)


def test_a_shuffle_is_that_of_a_hand_calculation():
    """Buffer 3 of 0 to 5. [0 1 2]: 1 leaves, 3 comes. [0 3 2]: 2, 4. [0 3 4]: 0, 5. [5 3 4]: 4
    leaves and nothing comes. [5 3]: 5, and 3 moves into the gap. [3]."""
    picks = Picks([1, 2, 0, 2, 0, 0])
    np.testing.assert_array_equal(shuffled(6, 3, picks), [1, 2, 0, 4, 5, 3])
    assert picks.bounds == [3, 3, 3, 3, 2, 1]


def shares(orders):
    """How often each element comes at each place, of all orders."""
    orders = np.array(orders)
    assert (np.sort(orders) == np.arange(orders.shape[1])).all()
    return np.mean(orders[:, :, None] == np.arange(orders.shape[1]), axis=0)


@pytest.mark.parametrize(("count", "buffer"), [(7, 3), (5, 5), (4, 9), (6, 1), (1, 1)])
def test_tensorflow_gives_each_place_to_the_same_elements_as_often(count, buffer):
    import tensorflow as tf

    times, random = 4000, np.random.default_rng(1)
    dataset = tf.data.Dataset.range(count).shuffle(buffer, seed=3).repeat(times)
    theirs = shares(list(dataset.batch(count).as_numpy_iterator()))  # repeat() after the shuffle
    ours = shares([shuffled(count, buffer, random) for _ in range(times)])
    np.testing.assert_allclose(ours, theirs, atol=0.045)  # four standard deviations
    assert np.array_equal(ours == 0, theirs == 0)  # the same places are impossible


def test_a_large_shuffle_keeps_near_what_was_near():
    order = shuffled(60_000, 1000, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(order), np.arange(60_000))
    assert (order - np.arange(60_000)).max() == 999  # none leaves before it came
    assert order[:32].max() < 1032


IMAGES = np.arange(10)


def following(batches):
    """The next batch, as an engine gets it."""
    batches.prepare()
    return np.asarray(batches.next())


def test_epochs_are_whole_batches_in_ever_new_orders():
    batches = Batches(IMAGES, batch_size=4, buffer=1000, seed=5)
    assert batches.per_epoch == 2
    given = [following(batches) for _ in range(6)]
    epochs = [np.concatenate(given[i : i + 2]) for i in (0, 2, 4)]
    for epoch in epochs:
        assert len(set(epoch)) == 8  # two sit out, and not always the same two
    assert not any(map(np.array_equal, epochs, epochs[1:]))
    np.testing.assert_array_equal(epochs[1], batches.order_of(1)[:8])
    assert int(batches.position) == 6


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    orders = [Batches(IMAGES, 4, 1000, seed).order_of(0) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


def test_position_is_all_that_a_resumed_run_needs():
    whole = Batches(IMAGES, 3, 4, seed=0)
    given = [following(whole) for _ in range(20)]
    for start in (1, 3, 10, 18):
        resumed = Batches(IMAGES, 3, 4, seed=0)
        resumed.position.assign(start)
        np.testing.assert_array_equal(following(resumed), given[start])
        np.testing.assert_array_equal(following(resumed), given[start + 1])
    whole.position.assign(0)  # back, too
    np.testing.assert_array_equal(following(whole), given[0])
