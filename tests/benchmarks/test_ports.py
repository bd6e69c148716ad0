"""The ports are the examples' own networks and steps: timing compares like with like."""

import importlib

import keras
import numpy as np
import pytest

from benchmarks.ports import lectures, ours
from tests.games import EXAMPLES, discriminator_of

DENSE = ("fashion_gan", "binarized_gan", "distribution_gan")
BATCH = 4
DIGITS = np.arange(BATCH) * 3 % 10


def constant(shape, seed=1):
    """Numbers in (0, 1), the same at every call."""
    return np.random.default_rng(seed).uniform(size=shape).astype("float32")


@pytest.fixture
def game_and_data(example, monkeypatch):
    """An example's Game that has one batch of data and draws constants, and its ports' data."""

    def draw(shape, **kwargs):
        return keras.ops.convert_to_tensor(constant(shape))

    monkeypatch.setattr(keras.random, "normal", draw)
    monkeypatch.setattr(keras.random, "uniform", draw)
    monkeypatch.setattr(keras.random, "randint", lambda *args, **kwargs: DIGITS[:, None])
    images = constant((BATCH, 28, 28, 1), seed=2)
    data = {
        "mnist_wgan": (images, DIGITS.astype("uint8")),
        "binarized_gan": ((images > 0.5).astype("float32"),),
        "distribution_gan": (np.array([0.1, 0.2, 0.7, 1.2]),),
    }.get(example, (images,))
    config = ours.configure(example, BATCH, seed=0, engine="reference")
    game = importlib.import_module(f"{example}.train").Game(config, *data)
    stop_dropout(networks_of(game)[0])
    return game, ours.for_ports(example, data)


def stop_dropout(network):
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0


def networks_of(game):
    return discriminator_of(game), game.generator


def play(example, game):
    """The losses of a step, as the ports return them."""
    if example == "mnist_wgan":
        losses = game.engine.play(game, 1, 1, generator=False)
        return losses["d_true"][0], losses["d_fake"][0]
    losses = game.engine.play(game, 1, game.discriminator_updates)
    return losses["d_loss"][0], losses["g_loss"][0]


def check_changes(example, before, after, statistics):
    """After steps, these arrays must have changed and no others.

    Args:
        before, after: a list of arrays for the discriminator and one for the generator, each.
        statistics: for each array of the generator whether it is a BatchNorm's moving one.
    """
    d_changed, g_changed = (
        [not np.array_equal(x, y) for x, y in zip(*pair, strict=True)]
        for pair in zip(before, after, strict=True)
    )
    assert all(d_changed)
    if example == "mnist_wgan":  # its step is a critic update
        assert not any(g_changed)
    elif example == "bilinear_gan":  # the post's code never lets BatchNorm learn them
        assert g_changed == [not moving for moving in statistics]
    else:
        assert all(g_changed)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_lectures_step_moves_the_weights_that_the_games_does(example, game_and_data):
    """That it moves them to the same places, tests/test_lectures.py says."""
    *networks, step = lectures.create(example, BATCH, *game_and_data[1])
    before = [network.get_weights() for network in networks]
    for _ in range(2):
        step()
    statistics = ["moving" in variable.path for variable in networks[1].weights]
    check_changes(example, before, [network.get_weights() for network in networks], statistics)


def torch_arrays(network):
    state = network.state_dict()
    return {k: v.numpy().copy() for k, v in state.items() if "num_batches_tracked" not in k}


@pytest.mark.parametrize("example", EXAMPLES)
def test_torch_networks_are_the_examples_own(example, game_and_data):
    torch = pytest.importorskip("torch")
    from benchmarks.ports import pytorch

    originals = networks_of(game_and_data[0])
    for original, network in zip(originals, pytorch.networks(example), strict=True):
        assert sum(x.size for x in torch_arrays(network).values()) == original.count_params()
        pytorch.copy_weights(original, network)
        inputs = [constant((BATCH, *x.shape[1:])) for x in original.inputs]
        if len(inputs) == 2:
            inputs[1] = DIGITS[:, None]
        expected = original(inputs if len(inputs) == 2 else inputs[0], training=False)
        if len(inputs) == 2:
            inputs[1] = DIGITS
        if inputs[0].ndim == 4:
            inputs[0] = pytorch.channels_first(inputs[0])
        with torch.no_grad():
            answers = network.eval()(*map(torch.as_tensor, inputs))
        if original.name == "generator":
            answers = answers.permute(0, 2, 3, 1) if answers.ndim == 4 else answers
        elif example == "mnist_wgan":
            answers = torch.cat([answers[:, :1], answers[:, 1:].softmax(1)], 1)
            expected = keras.ops.concatenate([expected["status"], expected["class"]], 1)
        elif example == "binarized_gan":
            answers = answers.softmax(1)[:, :1]
        elif example != "bilinear_gan":  # whose own discriminator ends in logits too
            answers = answers.sigmoid()
        assert answers.numpy() == pytest.approx(np.asarray(expected), abs=1e-4)


@pytest.mark.parametrize("example", EXAMPLES)
def test_torch_steps_are_the_examples_own(example, game_and_data, monkeypatch):
    """The second and third losses tell that the steps before them were the same, too."""
    torch = pytest.importorskip("torch")
    from benchmarks.ports import pytorch

    for name in ("randn", "rand"):
        monkeypatch.setattr(torch, name, lambda *shape: torch.from_numpy(constant(shape)))
    monkeypatch.setattr(torch, "randint", lambda *args: torch.from_numpy(DIGITS))
    game, data = game_and_data
    *networks, step = pytorch.STEPS[example](BATCH, lambda function: function, False, *data)
    for original, network in zip(networks_of(game), networks, strict=True):
        pytorch.copy_weights(original, network)
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
    if example == "bilinear_gan":  # its port has one Adam all along
        game.networks.optimizer.new_each_step = False
    before = [torch_arrays(network) for network in networks]
    for _ in range(3):
        losses = [float(loss) for loss in step()]
        assert losses == pytest.approx(play(example, game), rel=2e-3, abs=1e-4)
    after = [torch_arrays(network) for network in networks]
    statistics = ["running" in name for name in before[1]]
    check_changes(example, [x.values() for x in before], [x.values() for x in after], statistics)


@pytest.mark.parametrize("example", DENSE)
def test_jax_steps_are_the_examples_own(example, game_and_data, monkeypatch):
    """The first loss tells that the networks are the same, the others that the steps are."""
    jax = pytest.importorskip("jax")
    from benchmarks.ports import dense_jax

    for name in ("normal", "uniform"):
        monkeypatch.setattr(jax.random, name, lambda key, shape: constant(shape))
    game, data = game_and_data
    originals = networks_of(game)
    layers = tuple(map(dense_jax.parameters, originals))
    for network, original in zip(layers, originals, strict=True):
        assert sum(x.size for x in jax.tree.leaves(network)) == original.count_params()
    _, states, key = dense_jax.begin(example, seed=0)
    carry, real = (layers, states, key), data[0].reshape(BATCH, -1)
    for _ in range(3):
        carry, losses = dense_jax.STEPS[example](carry, real)
        assert [float(x) for x in losses] == pytest.approx(play(example, game), rel=2e-3, abs=1e-4)
    check_changes(example, map(jax.tree.leaves, layers), map(jax.tree.leaves, carry[0]), [])


def test_jax_plays_any_number_of_steps(example="distribution_gan"):
    pytest.importorskip("jax")
    from benchmarks.ports import dense_jax

    play = dense_jax.player(example, BATCH, 0, constant((10, 1)) - 0.5)
    for steps in (1, 5, 5):
        d_losses, g_losses = play(steps)
        assert d_losses.shape == g_losses.shape == (steps,) and np.isfinite(d_losses).all()
