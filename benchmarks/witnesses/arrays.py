"""Weights in and out of the witnesses' networks; for any Python and any Keras."""

import numpy as np


def set_weights(networks, inputs):
    """Give networks the weights that the inputs have, whose order within a layer may be another.

    Args:
        networks: models by name, "D" and "G".
        inputs: arrays; of a network's weights name0, name1, ... and their kinds ("kernel", "bias",
            ...), name_kinds.

    Returns:
        By a network's name the place of each of its weights among the arrays.
    """
    places = {}
    for name, network in networks.items():
        kinds, taken = list(inputs[name + "_kinds"]), []
        arrays = [inputs[name + str(i)] for i in range(len(kinds))]
        for variable, weight in zip(network.weights, network.get_weights()):
            kind = variable.name.split("/")[-1].split(":")[0]
            free = [i for i in range(len(arrays)) if i not in taken and kinds[i] == kind]
            taken.append(next(i for i in free if arrays[i].shape == weight.shape))
        network.set_weights([arrays[i] for i in taken])
        places[name] = taken
    return places


def save(path, rows, networks, places):
    """Save losses, and the networks' weights under the inputs' names."""
    weights = {
        name + str(place): weight
        for name, network in networks.items()
        for place, weight in zip(places[name], network.get_weights())
    }
    np.savez(path, rows=rows, **weights)
