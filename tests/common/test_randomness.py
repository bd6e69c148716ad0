import keras
import numpy as np

from common.randomness import streams


def draw(generator):
    return np.asarray(keras.random.normal((3,), seed=generator))


def test_the_same_seed_gives_the_same_draws_and_purposes_do_not_disturb_one_another():
    first, second = streams(5, ("a", "b")), streams(5, ("a", "b"))
    draw(first["b"])
    np.testing.assert_array_equal(draw(first["a"]), draw(second["a"]))
    assert not np.array_equal(draw(first["a"]), draw(first["b"]))
    assert not np.array_equal(draw(streams(6, ("a",))["a"]), draw(streams(5, ("a",))["a"]))


def test_state_brings_back_the_next_draw():
    stream = streams(4294967295, ("a",))["a"]
    draw(stream)
    state = np.asarray(stream.state)
    expected = draw(stream)
    stream.state.assign(state)
    np.testing.assert_array_equal(draw(stream), expected)
