"""Both engines against the genuine libraries of the sources' time, offline: from the same weights
and batches, without dropout, they give the losses and weights of benchmarks.genuine's golden files.

The mutations at the end show what would be noticed.
"""

import contextlib
from dataclasses import replace
from unittest import mock

import keras
import numpy as np
import pytest
from keras import ops

import bilinear_gan.lecture
import bilinear_gan.train
import mnist_wgan.train
from benchmarks import genuine
from benchmarks.witnesses import flux
from common import two_phases
from common.optimizers import RMSpropKeras2
from tests import games
from tests.commands import ROOT
from tests.games import TWO_PHASES, discriminator_of, in_float64, module
from tests.test_lectures import played

GOLDEN = {name: ROOT / genuine.GOLDEN / f"{name}.npz" for name in genuine.CASES}
CRITICS = [f"{loss}{part}" for loss in ("d_true", "d_fake", "dg")
           for part in ("", "_wasserstein", "_class")]  # fmt: skip
# How far losses and weights may differ in float64, where TensorFlow 1 rounds losses to float32, and
# in float32, where a step of RMSprop is the sign even of a gradient that is hardly there.
WITHIN = {True: (1e-7, 1e-7), False: (2e-6, 1e-4)}


def create_game(case, engine, **changes):
    """Our game of a case, without dropout and with its weights; changes are of its settings."""
    train, given = module(case.example), genuine.inputs(case)
    count, batch = given["zg"].shape[0], given["zg"].shape[1]
    settings = {"batch_size": batch, "engine": engine, **dict(case.settings), **changes}
    if case.example == "mnist_wgan":
        settings |= {"iterations": count, "critic_updates": 1}
    images = np.zeros((count * batch, 28, 28, 1), "float32")
    data = (images, np.zeros(len(images), "uint8")) if case.example == "mnist_wgan" else (images,)
    game = train.Game(replace(train.SLIDES, **settings), *data)
    for layer in discriminator_of(game).layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    for name, network in (("D", discriminator_of(game)), ("G", game.generator)):
        network.set_weights([given[f"{name}{i}"] for i in range(len(given[f"{name}_kinds"]))])
    return game, given


@contextlib.contextmanager
def rounded_settings(game):
    """In the block optimizers have what TensorFlow 1 and 2 keep in float32, also in float64: their
    settings, and TensorFlow 1's Adam the powers of its betas."""
    models = (getattr(game, name, None) for name in ("networks", "discriminator", "gan"))
    for optimizer in (model.optimizer for model in models if getattr(model, "optimizer", None)):
        optimizer.learning_rate.assign(float(np.float32(optimizer.learning_rate)))
        names = ("beta_1", "beta_2", "epsilon") if hasattr(game, "networks") else ("rho",)
        for name in names:
            setattr(optimizer, name, float(np.float32(getattr(optimizer, name))))

    def power(beta, step):
        rounded = np.array([np.cumprod(np.full(9, b, "float32")) for b in (0.9, 0.999)], "float64")
        both = ops.take(ops.array(rounded), ops.cast(step, "int32") - 1, axis=1)
        return ops.where(beta < 0.95, both[0], both[1])

    with mock.patch.object(keras.src.ops, "power", power):
        yield


def play(case, engine, iterations=None, fools_first=False, **changes):
    """Play a case's batches; returns what its golden file holds, and the weights at the start.

    Args:
        iterations: None for all.
        fools_first: the generator's step before the discriminator's.
        changes: of the game's settings.
    """
    with contextlib.ExitStack() as stack:
        if case.float64:
            stack.enter_context(in_float64())
        game, given = create_game(case, engine, **changes)
        if case.float64:
            stack.enter_context(rounded_settings(game))
        held = {}

        def draw(names, *place):
            """Put a step's arrays where the traced draws find them."""
            for name in names:
                array = given[name][place]
                kind = None if array.dtype.kind == "f" else "int32"
                held.setdefault(name, keras.Variable(array, dtype=kind, trainable=False))
                held[name].assign(array)

        learns, fools = {
            "mnist_wgan": (("x", "y", "z", "d"), ("zg", "dg")), "bilinear_gan": ((), ("zg", "x")),
        }.get(case.example, (("zd", "x"), ("zg",)))  # fmt: skip
        game.draw_discriminator = lambda: tuple(held[name].value for name in learns)
        game.draw_generator = lambda: tuple(held[name].value for name in fools)
        rows, count = [], len(given["zg"])
        for it in range(min(iterations or count, count)):
            row = {}
            draw(fools, it)
            if fools_first:
                row |= game.engine.play(game, 1, 0)
            for update in range(genuine.CRITIC_UPDATES if case.example == "mnist_wgan" else 1):
                draw(learns, it, *([update] if case.example == "mnist_wgan" else []))
                if learns:
                    row |= game.engine.play(game, 1, 1, generator=False)
            if not fools_first:
                row |= game.engine.play(game, 1, 0)
            names = CRITICS if case.example == "mnist_wgan" else ("d_loss", "g_loss")
            rows.append([float(row[name][-1]) for name in names])
        networks = {"D": discriminator_of(game), "G": game.generator}
        ends = {
            f"{name}{i}": genuine.sample(weight)
            for name, network in networks.items()
            for i, weight in enumerate(network.get_weights())
        }
    return {"rows": np.array(rows), **ends}, given


def differences(name, engine, **how):
    """By how much a case's losses differ at most, relative to their size, and its weights, relative
    to how far they moved. See play()."""
    case = genuine.CASES[name]
    ours, given = play(case, engine, **how)
    with np.load(GOLDEN[name]) as file:
        golden = {key: file[key] for key in file.files if key != "release"}
    assert ours.keys() == golden.keys()
    sizes = np.abs(golden["rows"])
    if case.example == "mnist_wgan":  # a loss's size is that of its two parts, which may cancel
        sizes = np.repeat(sizes[:, 1::3] + sizes[:, 2::3], 3, axis=1)
    count = len(ours["rows"])
    losses = np.abs(ours["rows"] - golden["rows"][:count]) / np.maximum(sizes[:count], 1e-6)
    weights = [
        np.linalg.norm(ours[key][1:] - golden[key][1:]) / moved
        for key in golden.keys() - {"rows"}
        if (moved := np.linalg.norm(golden[key][1:] - genuine.sample(given[key])[1:])) > 1e-9
    ]
    return losses.max(), max(weights)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("name", genuine.CASES)
def test_an_engine_gives_what_the_library_of_its_time_gave(name, engine):
    losses, weights = differences(name, engine)
    print(f"{name}, {engine}: losses differ by {losses:.1e}, weights by {weights:.1e}")
    most = WITHIN[genuine.CASES[name].float64]
    assert losses < most[0] and weights < most[1]


def epsilon(value):
    """RMSprop with another epsilon."""
    real = RMSpropKeras2.__init__
    return lambda self, *args, **settings: real(self, *args, **settings | {"epsilon": value})


def update_of_keras_3(self, gradient, variable, learning_rate):
    """RMSprop with epsilon under the root."""
    if hasattr(gradient, "indices"):
        gradient = ops.add(ops.zeros_like(variable), gradient)
    mean_square = self.mean_squares[self._get_variable_index(variable)]
    self.assign(mean_square, 0.9 * mean_square + 0.1 * ops.square(gradient))
    self.assign_sub(variable, learning_rate * gradient / ops.sqrt(mean_square + 1e-7))


MUTATIONS = {  # a case, what is replaced in the code and by what, or another way to play
    "epsilon of tf.keras": ("fashion_gan", (RMSpropKeras2, "__init__", epsilon(1e-8)), {}),
    "epsilon of Keras 2": ("mnist_wgan_slides", (RMSpropKeras2, "__init__", epsilon(1e-7)), {}),
    "epsilon of TensorFlow 1": ("bilinear_gan", (bilinear_gan.train, "EPSILON", 1e-7), {}),
    "target of reals": ("fashion_gan", (two_phases, "REAL", 0.99), {}),
    "target of fakes": ("dcgan", (two_phases, "FAKE", 0.01), {}),
    "Wasserstein targets": ("mnist_wgan_slides", (mnist_wgan.train, "FAKE", 1.01), {}),
    "order": ("fashion_gan", None, {"fools_first": True}),
    "half-pixel centres": (
        "bilinear_gan",
        (bilinear_gan.lecture, "bilinear_upsampling",
         lambda: [keras.layers.UpSampling2D(interpolation="bilinear")]),
        {},
    ),
    "RMSprop of Keras 3": (
        "mnist_wgan_slides", (RMSpropKeras2, "update_step", update_of_keras_3), {},
    ),
    "clip of the critic": ("mnist_wgan_slides", None, {"clip": 0.011}),
    "clip of gradients": ("bilinear_gan_steep", (bilinear_gan.train, "CLIP", 2.0), {}),
    "a sum for a mean": (
        "mnist_wgan_slides",
        (mnist_wgan.train, "wasserstein", lambda y_true, y_pred: ops.sum(y_true * y_pred)),
        {},
    ),
    "networks called otherwise": ("bilinear_gan_train", None, {"train_mode": False}),
    "new Adam each step": ("bilinear_gan_adam", None, {"optimizer": "new-adam-each-step"}),
}  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_small_mistake_is_noticed(mutation, monkeypatch):
    name, replaced, how = MUTATIONS[mutation]
    if replaced:
        monkeypatch.setattr(*replaced)
    losses, _ = differences(name, "reference", iterations=4, **how)
    print(f"{mutation}: losses differ by {losses:.1e}")
    assert losses > 10 * WITHIN[genuine.CASES[name].float64][0]


FLUX = {  # activations of the discriminator's and the generator's layers
    "binarized_gan": (("tanh", "tanh"), ("tanh", "sigmoid")),
    "distribution_gan": (("relu", "relu", "sigmoid"), ("relu", "relu", "half tanh")),
}


def chain(arrays, activations):
    """A Chain of kernels (inputs, outputs) and biases (outputs,), the last may be missing."""
    columns = [np.array(array.T if array.ndim > 1 else array[:, None]) for array in arrays]
    layers = zip(activations, (columns[i : i + 2] for i in range(0, len(columns), 2)), strict=True)
    return flux.Chain(*(flux.Dense(activation, *pair) for activation, pair in layers))


def as_columns(array):
    """Samples (batch, ...) as columns (..., batch)."""
    return np.asarray(array, "float64").reshape(len(array), -1).T


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("example", FLUX)
def test_an_engine_gives_what_a_program_of_the_flux_sources_text_gives(example, engine):
    """Twenty iterations in float64."""
    start, draws, losses, end = played(example, engine)
    of_discriminator = 2 * len(FLUX[example][0])
    chains = [
        chain(start[part], activations)
        for part, activations in zip(
            (slice(of_discriminator), slice(of_discriminator, None)), FLUX[example], strict=True
        )
    ]
    batches = [
        [as_columns(array) for array in (*learning[0], *fooling)] for learning, fooling in draws
    ]
    if example == "binarized_gan":
        rows = flux.play_binarized(*chains, batches)
    else:
        rows = flux.play_distribution(*chains, batches)
    names = ("d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake")[: len(rows[0])]
    np.testing.assert_allclose(rows, np.array([losses[name] for name in names]).T, rtol=1e-9)
    arrays = [array for network in chains for array in network.arrays()]
    for ours, theirs in zip(end, arrays, strict=True):
        theirs = theirs.T.reshape(ours.shape)
        assert np.linalg.norm(ours - theirs) < 1e-9 * np.linalg.norm(theirs)


@pytest.mark.parametrize("example", TWO_PHASES)
def test_in_float64_a_loss_of_40_is_not_clipped(example):
    """Keras finds the logit behind the sigmoid, where no cast stands between them."""
    with in_float64():
        game = games.create_game(example)
        games.answer_always(game, -40.0)
        assert games.update_generator(game)["g_loss"] == pytest.approx(40, abs=0.01)
