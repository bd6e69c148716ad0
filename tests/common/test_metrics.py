import keras
import numpy as np
import pytest

from common.metrics import accuracy_fake, accuracy_real

TARGETS = np.array([[0.0], [0.0], [0.0], [0.0], [1.0], [1.0]], "float32")
# Fakes called real once and 0.5 once, which is not "real"; one of two reals called fake.
ANSWERS = np.array([[0.1], [0.5], [0.9], [0.2], [0.7], [0.5]], "float32")


def test_by_hand():
    assert float(accuracy_fake(TARGETS, ANSWERS)) == 0.75
    assert float(accuracy_real(TARGETS, ANSWERS)) == 0.5


def test_logits_by_hand():
    logits = np.log(ANSWERS / (1 - ANSWERS))  # 0.5 becomes 0
    assert float(accuracy_fake(TARGETS, logits, threshold=0.0)) == 0.75
    assert float(accuracy_real(TARGETS, logits, threshold=0.0)) == 0.5
    # Logits 0.2 higher call the real with 0.5 real, and the fake with 0.5 too.
    assert float(accuracy_real(TARGETS, logits + 0.2, threshold=0.0)) == 1.0
    assert float(accuracy_fake(TARGETS, logits + 0.2, threshold=0.0)) == 0.5
    assert float(accuracy_real(TARGETS, logits + 0.2)) == 0.5


def test_train_on_batch_returns_them_for_this_batch_before_its_update():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[accuracy_real, accuracy_fake])
    model.set_weights([np.array([[1.0]]), np.array([0.0])])
    x = np.array([[-1], [-1], [1], [-1], [1], [-1]], "float32")
    first = model.train_on_batch(x, TARGETS, return_dict=True)
    assert (first["accuracy_real"], first["accuracy_fake"]) == (0.5, 0.75)
    second = model.train_on_batch(-x, TARGETS, return_dict=True)  # no running mean
    assert (second["accuracy_real"], second["accuracy_fake"]) == pytest.approx((0.5, 0.25))
