"""Taking one guideline back changes the layers in which it lies, and nothing else."""

from typing import get_args

import keras
import numpy as np
import pytest
from keras import layers

from beyond.guideline_dcgan import guidelines, lecture
from beyond.guideline_dcgan.guidelines import Guideline

BACK = [name for name in get_args(Guideline) if name != "none"]


def described(network):
    """Of each layer its kind, and its settings but names, and those that seeds go into."""
    found = []
    for layer in network.layers:
        settings = layer.get_config()
        for name in ("name", "build_config"):
            settings.pop(name, None)
        found.append((type(layer).__name__, repr(settings)))
    return found


def both(take_back):
    return guidelines.create_generator(take_back=take_back), guidelines.create_discriminator(
        take_back
    )


def words(network):
    """What a network consists of, in short."""
    short = {"Conv2D": "C", "Conv2DTranspose": "T", "BatchNorm": "N", "MaxPooling2D": "pool"}
    return " ".join(short.get(kind, kind) for kind, _ in described(network))


WORDS = {  # of the generator and of the discriminator
    "none": (
        "Reshape T N ReLU T N ReLU T",
        "C LeakyReLU C N LeakyReLU C Reshape",
    ),
    "pooling": (
        "Reshape T N ReLU UpSampling2D C N ReLU UpSampling2D C",
        "C pool LeakyReLU C pool N LeakyReLU C Reshape",
    ),
    "batchnorm": ("Reshape T ReLU T ReLU T", "C LeakyReLU C LeakyReLU C Reshape"),
    "relu": ("Reshape T N Activation T N Activation T", "C LeakyReLU C N LeakyReLU C Reshape"),
    "leaky": ("Reshape T N ReLU T N ReLU T", "C ReLU C N ReLU C Reshape"),
    "dense": (
        "Reshape Flatten Dense N ReLU Dense Reshape N ReLU T N ReLU T",
        "C LeakyReLU C N LeakyReLU Flatten Dense N LeakyReLU Dense Reshape",
    ),
}


@pytest.mark.parametrize("take_back", get_args(Guideline))
def test_what_the_networks_consist_of(take_back):
    assert tuple(map(words, both(take_back))) == WORDS[take_back]


@pytest.mark.parametrize("take_back", BACK)
def test_all_other_layers_stay_as_they_were(take_back):
    """In order: what is left of the old network when the replaced layers are gone is in the new."""
    for old, new in zip(both("none"), both(take_back), strict=True):
        replaced = guidelines.WITHOUT[take_back]
        kept = [
            entry
            for layer, entry in zip(old.layers, described(old), strict=True)
            if [type(x) for x in replaced(layer)] == [type(layer)]
        ]
        rest = iter(described(new))
        assert all(entry in rest for entry in kept)
        changed = len(kept) < len(old.layers)
        one_network = {"relu": "generator", "leaky": "discriminator"}.get(take_back, old.name)
        assert changed == (old.name == one_network)
        assert (described(old) == described(new)) == (not changed)
        assert (new.name, new.input_shape) == (old.name, old.input_shape)
        assert new.output_shape == old.output_shape


def test_none_is_the_lectures():
    for ours, theirs in zip(
        both("none"), (lecture.create_generator(), lecture.create_discriminator()), strict=True
    ):
        assert described(ours) == described(theirs)


def test_pooling_keeps_sizes_kernels_and_the_ends():
    generator, discriminator = both("pooling")
    for network in (generator, discriminator):
        old = lecture.create_generator() if network is generator else lecture.create_discriminator()
        assert network.count_params() == old.count_params()
        for layer in network.layers:
            assert getattr(layer, "strides", (1, 1)) == (1, 1) or isinstance(
                layer, layers.MaxPooling2D
            )
    assert generator.layers[-1].activation is keras.activations.tanh
    assert discriminator(np.zeros((2, 28, 28, 1), "float32")).shape == (2, 1)


def test_relu_becomes_tanh_and_leaky_relu_becomes_relu():
    x = np.array([-2.0, 0.5], "float32")
    (tanh,) = guidelines.with_tanh(layers.ReLU())
    np.testing.assert_allclose(tanh(x), np.tanh(x), rtol=1e-5)
    (relu,) = guidelines.without_leak(layers.LeakyReLU(0.2))
    np.testing.assert_array_equal(relu(x), [0, 0.5])


@pytest.mark.parametrize("take_back", BACK)
def test_every_kernel_starts_as_in_the_paper(take_back):
    keras.utils.set_random_seed(0)
    for network in both(take_back):
        for layer in network.layers:
            if hasattr(layer, "kernel"):
                assert np.std(layer.kernel) == pytest.approx(0.02, rel=0.06)
