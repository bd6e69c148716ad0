"""The weights of a Keras model in one .npz of plain arrays, without code and training state.

Such a file fits any model that the same call of a function made. Its arrays stand in the order of
model.weights under their number and role, "003/moving_mean", for a layer's own name depends on how
many layers the process has made before. One more, "layers", names the layers' classes, for networks
can have the same weights and do different things with them; older files lack it.
"""

import zipfile
from pathlib import Path

import keras
import numpy as np

from common.errors import UserError, one_line
from common.files import whole

REMEDY = "restore it from this project's repository, or make it anew"
LAYERS = "layers"


def layers_of(model):
    """The names of the classes of a model's layers, in order."""
    return np.array([type(layer).__name__ for layer in model.layers])


def named(model):
    """Return a dict from a weight's name in the file to its keras.Variable, in a fixed order."""
    return {f"{i:03d}/{weight.name}": weight for i, weight in enumerate(model.weights)}


def save(path, model, dtype="float16"):
    """Write a model's weights, whole or not at all; the same weights give the same bytes.

    Args:
        dtype: "float16", with 11 significant bits in half the space, or "float32".

    Raises:
        UserError: a weight is NaN or beyond the dtype, or the file cannot be written.
    """
    arrays = {}
    for name, weight in named(model).items():
        with np.errstate(over="ignore"):  # becomes infinite, which the next lines refuse
            arrays[name] = keras.ops.convert_to_numpy(weight).astype(dtype)
        if not np.isfinite(arrays[name]).all():
            raise UserError(f"{name} holds NaN or what {dtype} cannot; {path} was not written")
    with whole(path) as file:
        np.savez(file, **arrays, **{LAYERS: layers_of(model)})


def load(path, model):
    """Set a model's weights from a file that save() wrote, all of them or none, and return it; it
    has to be made by the function that made the saved one.

    Raises:
        UserError: the file is missing, damaged, another model's, or holds pickled objects, which
            are never loaded.
    """
    weights = named(model)
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist; {REMEDY}")
    # zipfile and numpy answer to damage with a dozen kinds of exception. numpy would take a file
    # that is no zip for a pickle, and say so; zipfile says what is wrong.
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
    except Exception as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}; {REMEDY}") from error
    layers = arrays.pop(LAYERS, layers_of(model))
    problem = misfit(arrays, weights)
    if problem:
        raise UserError(f"{path} holds no weights of this model: {problem}; {REMEDY}")
    if not np.array_equal(layers, layers_of(model)):
        raise UserError(
            f"{path} holds the weights of a network with other layers than this one's; name the "
            "folder of the run that it is of, or take --pretrained if it is the file of that"
        )
    for name, weight in weights.items():
        weight.assign(arrays[name])
    return model


def misfit(arrays, weights):
    """Say why arrays cannot be set as weights, or return None; both are dicts by name."""
    if list(arrays) != list(weights):
        unlike = sorted(set(arrays) ^ set(weights)) or ["their order"]
        return f"{len(arrays)} arrays for {len(weights)} weights, first difference {unlike[0]}"
    for name, weight in weights.items():
        array, shape = arrays[name], tuple(weight.shape)
        if array.shape != shape:
            return f"{name} has the shape {array.shape}, not {shape}"
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            return f"{name} is not all finite floats"
    return None
