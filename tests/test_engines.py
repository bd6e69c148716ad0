"""The compiled engine gives what the reference gives: losses, weights, in any pieces.

A GAN doubles a difference every few iterations, so that equality to rounding lasts only as long as
a run is young: 20 iterations here, of seeds and batches with which none of it is chaos yet.
"""

import contextlib
import json
import math
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from common import engines
from common.runs import checkpoints, folders, loop
from tests import commands
from tests.commands import assert_same_run, on_jax, state, without_seconds
from tests.games import in_float64, module, random_data, spoil

EXAMPLES = {  # settings with which 20 iterations take seconds; all else as in preset slides
    "mnist_wgan": {"batch_size": 4, "critic_updates": 2},
    "fashion_gan": {"seed": 1},
    "dcgan": {"batch_size": 8},
    "binarized_gan": {},
    "bilinear_gan": {"batch_size": 4},
    "distribution_gan": {},
    "beyond.vae": {},
    "beyond.pixelcnn": {"batch_size": 4},
    "beyond.rbm": {"batch_size": 10},  # a chance that rounding turns over is rarer
    "beyond.batch_equalisation": {"batch_size": 8},
    "beyond.cycle_gan": {"batch_size": 4},
    "beyond.progressive_gan": {"batch_size": 4, "stage_images": 24},  # all of its stages
    "beyond.guideline_dcgan": {"batch_size": 8},
}
CONVOLUTIONAL = (
    "mnist_wgan", "dcgan", "bilinear_gan", "beyond.pixelcnn", "beyond.batch_equalisation",
    "beyond.guideline_dcgan",
)  # fmt: skip
# Whose means over an image, a pixel or a batch a graph rounds otherwise.
NORMALISED = ("beyond.cycle_gan", "beyond.progressive_gan")
ENGINES = "reference", "compiled"
ITERATIONS = 20
PARTS = ("wasserstein", "class")  # of mnist_wgan's losses


def create_game(example, engine, iterations=ITERATIONS, **settings):
    """A game of an example on random images (distribution_gan: on its numbers)."""
    train = module(example)
    config = replace(train.SLIDES, engine=engine, **{**EXAMPLES[example], **settings})
    count = 2 * iterations // 3 * config.batch_size  # an epoch ends on the way
    count = 4000 if example == "distribution_gan" else count
    return train.Game(config, *random_data(example, count))


def play(game, pieces=(ITERATIONS,)):
    """Play pieces of so many iterations: the losses of all of them, by name."""
    parts = [loop.play(game, piece) for piece in pieces]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def weights(game):
    """Each network's weights, each optimizer's state as one vector, and by themselves the states of
    random numbers and batches, which are integers: by name."""
    vectors = {}
    for name, variable in game.variables().items():
        values = keras.ops.convert_to_numpy(variable).ravel()
        whole = name if values.dtype.kind in "iu" else name.split("/")[0]
        vectors.setdefault(whole, []).append(values)
    return {name: np.concatenate(parts) for name, parts in vectors.items()}


def size(losses, name):
    """What a loss is compared with: itself, or in mnist_wgan, where it is a sum of two parts that
    may cancel each other, the sum of their sizes."""
    parts = [f"{name.split('_wasserstein')[0].split('_class')[0]}_{p}" for p in PARTS]
    if set(parts) <= set(losses):
        return sum(np.abs(losses[part]) for part in parts)
    return np.maximum(np.abs(losses[name]), 1e-3)  # an accuracy may be 0


def assert_equal_to_rounding(
    reference, compiled, weights_within, losses_within=1e-4, iterations=ITERATIONS
):
    """So many iterations of both: the losses, and the weights as a whole."""
    assert type(reference.engine) is not type(compiled.engine)
    ours, theirs = (play(game, [iterations]) for game in (compiled, reference))
    assert_close_losses(ours, theirs, losses_within)
    assert_close(weights(compiled), weights(reference), weights_within)


def assert_close_losses(ours, theirs, within):
    """One by one, relative to their size."""
    assert ours.keys() == theirs.keys()
    for name in ours:
        difference = np.abs(ours[name] - theirs[name]) / size(theirs, name)
        assert difference.max() < within, (name, difference)


def assert_close(ours, theirs, within):
    """Each array as a whole, relative to its length as a vector; integers, and within 0 all of
    them, exactly."""
    assert ours.keys() == theirs.keys()
    for name in ours:
        if within == 0 or ours[name].dtype.kind in "iu":
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
            continue
        distance = np.linalg.norm(ours[name] - theirs[name])
        assert distance <= within * np.linalg.norm(theirs[name]), (name, distance)


def assert_resumes(create, before, after, tmp_path):
    """A game of create() saved after some iterations and loaded by another goes on bit for bit."""
    whole, resumed = create(), create()
    (tmp_path / "checkpoints").mkdir()
    play(whole, [before])
    path = checkpoints.save(tmp_path, whole.variables(), checkpoints.Position(before, 0), 0.0)
    checkpoints.load(path, resumed.variables())
    assert_close(play(resumed, [after]), play(whole, [after]), within=0)
    assert_close(weights(resumed), weights(whole), within=0)


def compare(example, monkeypatch, iterations=ITERATIONS, **settings):
    """Compare the engines without what rounds otherwise: faster layers and fused optimizers.

    What is left are XLA's sums. TensorFlow's networks with convolutions are not XLA's, and so are
    equal bit for bit.
    """
    monkeypatch.setattr(engines, "faster", lambda networks, tiles: contextlib.nullcontext())
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if on_tensorflow:
        monkeypatch.setattr("common.engines.on_tensorflow.LARGE", math.inf)
    games = [create_game(example, name, iterations, **settings) for name in ENGINES]
    within = 0 if on_tensorflow and example in CONVOLUTIONAL else 1e-4
    assert_equal_to_rounding(*games, within, iterations=iterations)


@pytest.mark.parametrize("example", EXAMPLES)
def test_compiled_gives_the_references_losses_and_weights(example, monkeypatch):
    """In float32; where normalisation rounds otherwise and 20 iterations make 1e-3 of it, in
    float64."""
    with in_float64() if example in NORMALISED else contextlib.nullcontext():
        compare(example, monkeypatch)


def test_compiled_gives_them_with_dropout_in_a_dense_network_too(monkeypatch):
    """A student's change: XLA's masks would be others from the first iteration on."""
    from fashion_gan import train

    create = train.create_discriminator

    def with_dropout():
        *hidden, last = create().layers
        return keras.Sequential([layers.Input((28, 28, 1)), *hidden, layers.Dropout(0.4), last])

    monkeypatch.setattr(train, "create_discriminator", with_dropout)
    compare("fashion_gan", monkeypatch)


@pytest.mark.parametrize(
    ("example", "settings"),
    [("mnist_wgan", {"critic_updates": 1}), ("bilinear_gan", {"optimizer": "adam"})],
)
def test_faster_layers_and_fused_optimizers_give_the_references_losses(example, settings):
    """In float64, whose rounding stays far below 1e-6 on every processor. In float32 the losses
    come up to 3e-3 (mnist_wgan) and 5e-2 (bilinear_gan) apart within 20 iterations: first steps of
    RMSprop and Adam have one length whatever the gradient, and so a random sign where it is nothing
    but rounding.
    """
    with in_float64():
        games = [create_game(example, name, **settings) for name in ENGINES]
        assert weights(games[0])["generator"].dtype == "float64"
        assert_equal_to_rounding(*games, weights_within=1e-6, losses_within=1e-6)


@pytest.mark.parametrize("example", ["mnist_wgan", "bilinear_gan"])
def test_an_iteration_as_it_is_played_is_the_references(example):
    """In float32, with all that makes it fast: losses, and weights after it, before any chaos."""
    games = [create_game(example, name) for name in ENGINES]
    count = {"mnist_wgan": 1, "bilinear_gan": 2}[example]  # the latter's are of before an update
    theirs, ours = (play(game, (count,)) for game in games)
    assert games[1].engine.tiles
    assert_close_losses(ours, theirs, 1e-4)
    assert_close(weights(games[1]), weights(games[0]), 1e-3)


@pytest.fixture(scope="module")
def played_on_jax(tmp_path_factory):
    """What play_on_jax() prints in a process of its own, and its folder."""
    folder = tmp_path_factory.mktemp("jax")
    code = "import sys; from tests import test_engines; test_engines.play_on_jax(sys.argv[1])"
    return on_jax(code, str(folder)), folder


def play_on_jax(folder):
    """compare(), smaller, since XLA's convolutions are slow on a CPU; and runs."""
    for example, settings in {
        "mnist_wgan": {"batch_size": 2, "critic_updates": 1, "learning_rate": 5e-6},
        "fashion_gan": {},
        "dcgan": {"learning_rate": 1e-4},
        "beyond.vae": {},
        "beyond.pixelcnn": {"blocks": 2},
        "beyond.rbm": {},
    }.items():  # smaller rates than the sources': with those some processors' chaos begins within
        with pytest.MonkeyPatch.context() as monkeypatch:
            compare(example, monkeypatch, iterations=6, **settings)
        print(example, "on", keras.backend.backend())
    for first in ENGINES:
        interrupted(Path(folder), first, "compiled")
    argv = [*commands.TINY, "--critic-updates", 1, "--batch-size", 2, "--averaging", 0.5]
    commands.play(module("mnist_wgan").main, *argv, "--run-dir", f"{folder}/averaged")


def test_compiled_gives_the_references_losses_and_weights_on_jax(played_on_jax):
    printed, _ = played_on_jax
    told = [line for line in printed.splitlines() if line.endswith(" on jax")]
    names = "mnist_wgan", "fashion_gan", "dcgan", "beyond.vae", "beyond.pixelcnn", "beyond.rbm"
    assert told == [f"{name} on jax" for name in names]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_run_is_the_same_in_any_pieces(example):
    """Bit for bit: one call or many; also the draws of many updates at once are the same."""
    settings = {"critic_updates": 1} if example == "mnist_wgan" else {}
    one, many = (create_game(example, "compiled", **settings) for _ in range(2))
    assert_close(play(one, [7]), play(many, [1, 3, 2, 1]), 0)
    assert_close(weights(one), weights(many), 0)


def make_sure(game):
    """Let the discriminator answer 300 or more to white images and -300 or less to the fakes."""
    last_bias, last = game.generator.weights[-1], game.discriminator.layers[-1]
    last_bias.assign(last_bias - 50.0)  # fakes far below black
    fakes = game.generator.predict_on_batch(game.grid_noise)
    reals = np.ones((1, 28, 28, 1), "float32")
    low, high = (game.discriminator.predict_on_batch(x)[:, 0] for x in (fakes, reals))
    middle, gap = (low.mean() + high[0]) / 2, high[0] - low.mean()
    kernel, bias = last.get_weights()
    last.set_weights([kernel * 1000 / gap, (bias - middle) * 1000 / gap])


def test_a_step_of_networks_that_are_sure_changes_nothing():
    """bilinear_gan with a discriminator sure to the last bit: in both engines losses are 0 and only
    the optimizer's and the batches' counters move."""
    from bilinear_gan import train

    images = np.ones((12, 28, 28, 1), "float32")
    for engine in ENGINES:
        game = train.Game(replace(train.SLIDES, engine=engine, batch_size=4), images)
        make_sure(game)
        before = weights(game)
        losses = play(game, [2])
        assert not losses["d_loss"].any() and not losses["g_loss"].any(), engine
        for name in ("generator", "discriminator"):
            np.testing.assert_array_equal(weights(game)[name], before[name], err_msg=name)


@pytest.mark.parametrize("often_flat", [True, False])
def test_compiled_goes_back_through_a_sure_network_only_if_it_is_not_often_flat(often_flat):
    """A layer whose gradient is no number, whatever comes back to it, tells who went that way."""

    class Trap(layers.Dense):
        def call(self, x):
            unused = 1.0 / (0.0 * self.kernel)  # whose slope is 0 * inf
            return super().call(x) + keras.ops.where(unused > 0.0, 0.0, unused)

    x = keras.ops.convert_to_tensor([[1.0], [-1.0]])
    labels = keras.ops.convert_to_tensor([[1.0], [0.0]])
    model = keras.Sequential([Trap(1, kernel_initializer="ones")])
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.build(x.shape)
    model.often_flat = often_flat
    engine = engines.create("compiled")
    for scale, went in ((1000.0, not often_flat), (1.0, True)):  # sure to the last bit, and not
        loss, _, (kernel, bias) = engine.gradients(model, scale * x, labels, model.weights)
        assert (loss < 1e-30) == (scale == 1000.0)
        assert np.isnan(kernel[0, 0]) == went and np.isfinite(bias[0])


def test_a_regularizer_pulls_also_where_the_answers_are_sure():
    """L2 of 0.5 on a kernel of 1: a slope of 1, beside answers of 1000 and -1000."""
    last = layers.Dense(1, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(0.5))
    model = keras.Sequential([last])
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.build((2, 1))
    model.often_flat = True
    x, labels = map(keras.ops.convert_to_tensor, ([[1000.0], [-1000.0]], [[1.0], [0.0]]))
    _, _, (kernel, _) = engines.create("compiled").gradients(model, x, labels, model.weights)
    assert float(kernel[0, 0]) == pytest.approx(1)


def test_a_calls_first_loss_that_is_no_number_is_told(monkeypatch):
    """The second of four critic updates in a call gives an infinite loss, the others don't."""
    from mnist_wgan.train import Game

    def second(game):
        return game.critic.optimizer.iterations.value == 4  # an update on reals, one on fakes

    spoil(monkeypatch, Game, "update_discriminator", "d_fake", second, -np.inf)
    game = create_game("mnist_wgan", "compiled", critic_updates=4)
    losses = engines.last(game.engine.play(game, 1, 4))
    assert losses["d_fake"] == -np.inf and np.isfinite(losses["d_true"])


def test_one_engine_goes_on_where_the_other_stopped(tmp_path):
    """The run of both is, to rounding, the run of one."""
    for first, second in (ENGINES, ENGINES[::-1]):
        whole, both = interrupted(tmp_path, first, second)
        document = json.loads((both / "config.json").read_text())
        assert document["settings"]["engine"] == second
        assert without_seconds(both)[0].startswith("iteration,")
        assert_nearly_same_run(both, whole)


def assert_nearly_same_run(one, other):
    assert_close(state(one), state(other), 1e-3)
    for ours, theirs in zip(folders.read_losses(one), folders.read_losses(other), strict=True):
        assert ours["d_loss"] == pytest.approx(theirs["d_loss"], rel=1e-4)


def interrupted(folder, first, second):
    """Play three iterations with each engine: the folder of a run of six with one of them, which is
    made once, and that of the run of both."""
    main, whole, both = module("fashion_gan").main, folder / "whole", folder / f"from {first}"
    argv = ["--preset", "smoke", "--epochs", 3]
    if not whole.exists():
        commands.play(main, *argv, "--iterations", 6, "--engine", second, "--run-dir", whole)
    commands.play(main, *argv, "--iterations", 3, "--engine", first, "--run-dir", both)
    commands.play(main, "--resume", both, "--iterations", 6, "--engine", second)
    return whole, both


def test_one_engine_goes_on_where_the_other_stopped_on_jax(played_on_jax):
    """Bit for bit where it is the same engine."""
    _, folder = played_on_jax
    whole = folder / "whole"
    assert json.loads((whole / "config.json").read_text())["backend"] == "jax"
    assert_same_run(whole, folder / "from compiled")
    assert_nearly_same_run(folder / "from reference", whole)


def test_jax_draws_and_saves_the_averaged_generator(played_on_jax):
    """On JAX a network gives its arrays away when it predicts; the average's are its own."""
    run = played_on_jax[1] / "averaged"
    assert len(list((run / "samples").glob("*.png"))) == 3 and (run / "generator.keras").exists()
    assert json.loads((run / "config.json").read_text())["backend"] == "jax"
