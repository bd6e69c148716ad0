import keras
import pytest

from benchmarks import fingerprint
from common.errors import UserError


def test_rounding_is_no_difference_and_all_else_is():
    then = {"loss": 2.0, "tiny": 1e-12, "weights": 4393483}
    assert fingerprint.differences(then, {**then, "loss": 2.001, "tiny": -1e-12}) == []
    assert fingerprint.differences(then, {**then, "loss": 2.01}) == ["loss: 2.0 then, 2.01 now"]
    assert fingerprint.differences(then, {**then, "weights": 4398483})
    assert fingerprint.differences(then, {**then, "another": 1.0}) == [
        "another: None then, 1.0 now"
    ]
    assert fingerprint.differences({**then, "another": 1.0}, then)
    assert fingerprint.differences(then, {**then, "loss": float("nan")})
    with pytest.raises(UserError, match=r"rows.json is of another mnist_wgan \(loss: 2.0 then"):
        fingerprint.check(then, {**then, "loss": 3.0}, "rows.json", "rerun")


def test_all_weights_are_one_array():
    network = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
    assert fingerprint.weights(network).shape == (9,)
