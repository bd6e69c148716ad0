import keras
import numpy as np
import pytest

from common.losses import sparse_categorical_crossentropy_2017


def value(tensor):
    return np.asarray(tensor)


def test_crossentropy_is_that_of_a_hand_calculation():
    classes = np.array([[0], [2]])
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]], "float32")
    losses = value(sparse_categorical_crossentropy_2017(classes, probabilities))
    np.testing.assert_allclose(losses, [-np.log(0.7), -np.log(0.1)], rtol=1e-5)


def logit_model(loss):
    """A class head whose logits are its inputs, as the critic's softmax layer has them."""
    image = keras.Input((3,))
    head = keras.layers.Dense(3, activation="softmax", kernel_initializer="identity")
    model = keras.Model(image, head(image))
    model.compile(keras.optimizers.SGD(1.0), loss)
    return model, head


def test_crossentropy_is_clipped_as_in_2017_and_todays_is_not():
    hopeless = np.array([[100.0, 0.0, 0.0]], "float32"), np.array([[1]])
    model, head = logit_model(sparse_categorical_crossentropy_2017)
    before = head.get_weights()[0]
    # -log(1e-7 / (1 + 2e-7)), and no gradient where both ends are clipped
    assert model.train_on_batch(*hopeless) == pytest.approx(16.118, abs=1e-3)
    np.testing.assert_array_equal(head.get_weights()[0], before)

    model, head = logit_model("sparse_categorical_crossentropy")
    assert model.train_on_batch(*hopeless) == pytest.approx(100.0, abs=1e-3)
    assert np.abs(head.get_weights()[0] - before).max() > 1
