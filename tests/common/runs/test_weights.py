import pickle
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from common.errors import UserError
from common.runs import weights


def create(units=3):
    hidden = layers.Dense(units), layers.BatchNormalization(), layers.Dropout(0.5)
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, use_bias=False)])


NAMES = (
    "000/kernel 001/bias 002/gamma 003/beta 004/moving_mean 005/moving_variance 006/kernel".split()
)


def values(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def assert_equal(model, expected):
    for one, two in zip(values(model), expected, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.fixture
def model():
    """A model whose weights are all different, with training state, which stays out of the file."""
    model = create()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=value.shape) for value in values(model)])
    return model


@pytest.fixture
def arrays(model):
    return dict(zip(NAMES, values(model), strict=True))


def test_float32_comes_back_exactly_in_a_model_made_later(tmp_path, model):
    weights.save(tmp_path / "a.npz", model, "float32")
    other = create()
    assert weights.load(tmp_path / "a.npz", other) is other
    assert_equal(other, values(model))


def test_float16_keeps_eleven_bits_in_half_the_space(tmp_path):
    model = create(units=1000)
    model.weights[0].assign(np.linspace(0.5, 1, 2000).reshape(2, 1000))
    weights.save(tmp_path / "16.npz", model)
    weights.save(tmp_path / "32.npz", model, "float32")
    assert 1.8 < (tmp_path / "32.npz").stat().st_size / (tmp_path / "16.npz").stat().st_size < 2
    errors = values(weights.load(tmp_path / "16.npz", create(1000)))[0] - values(model)[0]
    assert 2**-14 < np.abs(errors).max() <= 2**-12  # half a step of numbers from 0.5 to 1
    assert model.weights[0].dtype == "float32"


def test_file_is_plain_arrays_without_training_state(tmp_path, model):
    path = tmp_path / "a.npz"
    weights.save(path, model)
    with np.load(path, allow_pickle=False) as archive:
        assert archive.files == [*NAMES, "layers"]
        assert list(archive["layers"]) == ["Dense", "BatchNormalization", "Dropout", "Dense"]
        assert {archive[name].dtype for name in NAMES} == {np.dtype("float16")}
    before = path.read_bytes()
    weights.save(path, model)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "value, dtype", [(1e5, "float16"), (np.nan, "float32"), (-np.inf, "float32")]
)
def test_what_a_dtype_cannot_hold_is_not_written(tmp_path, model, value, dtype):
    model.weights[1].assign([0, value, 0])
    with pytest.raises(UserError, match=f"001/bias holds NaN or what {dtype} cannot"):
        weights.save(tmp_path / "a.npz", model, dtype)
    assert list(tmp_path.iterdir()) == []


def refused(path, model, remedy=weights.REMEDY):
    """What load() says of a file; the model must stay as it was."""
    before = values(model)
    with pytest.raises(UserError) as caught:
        weights.load(path, model)
    assert_equal(model, before)
    message = str(caught.value)
    assert message.startswith(str(path)) and message.endswith(remedy)
    assert "\n" not in message
    return message


def test_weights_that_are_missing_or_damaged_anywhere_are_refused(tmp_path, model):
    path = tmp_path / "a.npz"
    for missing in (path, tmp_path):
        assert "does not exist" in refused(missing, model)
    weights.save(path, model, "float32")
    good = path.read_bytes()
    for length in (0, 1, 100, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        assert "cannot be read" in refused(path, model)
    where = good.index(values(model)[-1].tobytes())  # the last array, after all others are read
    path.write_bytes(good[:where] + bytes([good[where] ^ 1]) + good[where + 1 :])
    assert "Bad CRC-32" in refused(path, model)
    path.write_text("no weights at all")
    assert "not a zip file" in refused(path, model)


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_in_a_file_of_weights_is_unpickled(tmp_path, model, arrays):
    trace, path = tmp_path / "trace", tmp_path / "a.npz"
    pickle.loads(pickle.dumps(Trap(trace)))
    trace.unlink()  # the trap works
    np.savez(path, **arrays | {NAMES[3]: np.array([Trap(trace)] * 3)})
    assert "Object arrays cannot be loaded" in refused(path, model)
    path.write_bytes(pickle.dumps(Trap(trace)))
    assert "not a zip file" in refused(path, model)
    assert not trace.exists()


def test_weights_of_other_layers_with_the_same_shapes_are_refused(tmp_path, model, arrays):
    def create_other():
        other = create()
        return keras.Sequential([keras.Input((2,)), *other.layers, layers.Activation("tanh")])

    path = tmp_path / "a.npz"
    weights.save(path, create_other())
    assert "other layers" in refused(path, model, "take --pretrained if it is the file of that")
    weights.load(path, create_other())
    np.savez(path, **arrays)  # an older file, which names no layers
    weights.load(path, model)


def test_another_models_and_foreign_files_of_weights_are_refused(tmp_path, model, arrays):
    path, no_floats = tmp_path / "a.npz", "006/kernel is not all finite floats"
    small = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    for other, words in [
        (create(units=4), "000/kernel has the shape (2, 4), not (2, 3)"),
        (small, "2 arrays for 7 weights, first difference 002/gamma"),
    ]:
        weights.save(path, other)
        assert words in refused(path, model)
    for content, words in [
        (
            arrays | {"007/kernel": np.zeros(3)},
            "no weights of this model: 8 arrays for 7 weights, first difference 007/kernel",
        ),
        (dict(reversed(arrays.items())), "first difference their order"),
        (arrays | {NAMES[6]: np.ones((3, 1), int)}, no_floats),
        (arrays | {NAMES[6]: np.array([[1.0], [np.nan], [1.0]])}, no_floats),
    ]:
        np.savez(path, **content)
        assert words in refused(path, model)
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES:
            archive.writestr(name, "text")  # np.load gives bytes for what is no .npy
    assert "000/kernel has the shape ()" in refused(path, model)
