"""The game of common.cures: fashion_gan's without a cure, and what each cure changes, by hand."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops

from common import cures, engines
from common.cures import Game, Penalized, Replay, Settings, SpectralNormalization
from common.data import ring
from common.errors import UserError
from common.runs import checkpoints
from common.runs.checkpoints import Position
from common.settings import as_json, from_json
from fashion_gan import lecture
from fashion_gan import train as fashion
from tests import test_engines
from tests.commands import on_jax
from tests.games import changed, recorded, snapshot, update_discriminator, update_generator

CURES = {
    "zero-sum": {"generator_cost": "zero-sum"},
    "maximum-likelihood": {"generator_cost": "maximum-likelihood"},
    "label smoothing": {"label_smoothing": 0.1},
    "replay": {"replay": 40},
    "spectral normalization": {"spectral_normalization": True},
    "gradient penalty": {"gradient_penalty": 10.0},
    "discriminator updates": {"discriminator_updates": 3},
    "all": {
        "label_smoothing": 0.1, "replay": 40, "replay_share": 0.5, "spectral_normalization": True,
        "gradient_penalty": 1.0, "discriminator_updates": 2,
    },
}  # fmt: skip


def create_game(engine="reference", count=300, batch_size=16, seed=1, **settings):
    config = Settings(engine=engine, batch_size=batch_size, seed=seed, **settings)
    return Game(
        config, ring.points(count, seed), 3, lambda: ring.create_generator(3),
        ring.create_discriminator, lambda rate: keras.optimizers.Adam(rate, epsilon=1e-4),
    )  # fmt: skip


def linear(*weights):
    """A discriminator whose logit is weights * x."""
    network = keras.Sequential(
        [layers.Input((len(weights),)), layers.Dense(1, activation="sigmoid", use_bias=False)]
    )
    network.set_weights([np.array(weights)[:, None]])
    return network


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_without_a_cure_it_is_fashion_gans_game_bit_for_bit(engine):
    images = np.random.default_rng(0).uniform(0, 1, (200, 28, 28, 1)).astype("float32")
    settings = {"engine": engine, "seed": 3, "epochs": 2}
    theirs = fashion.Game(replace(fashion.SLIDES, **settings), images)
    ours = Game(
        Settings(**settings), images, lecture.LATENT, lecture.create_generator,
        lecture.create_discriminator, buffer=fashion.BUFFER, black=lecture.BLACK,
    )  # fmt: skip
    assert (ours.iterations, ours.per_epoch) == (theirs.iterations, theirs.per_epoch) == (12, 6)
    losses, expected = (test_engines.play(game, [12]) for game in (ours, theirs))
    assert losses.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(losses[name], expected[name], err_msg=name)
    weights, expected = (test_engines.weights(game) for game in (ours, theirs))
    for name in expected:
        np.testing.assert_array_equal(weights[name], expected[name], err_msg=name)
    np.testing.assert_array_equal(ours.sample_grid(), theirs.sample_grid())


def compare(name):
    games = [create_game(engine, **CURES[name]) for engine in ("reference", "compiled")]
    assert type(games[0].engine) is not type(games[1].engine)
    test_engines.assert_equal_to_rounding(*games, weights_within=1e-4)


@pytest.mark.parametrize("name", CURES)
def test_compiled_gives_the_references_losses_and_weights(name):
    compare(name)


def test_so_it_does_on_jax():
    code = "from tests.common import test_cures; test_cures.compare_on_jax()"
    assert on_jax(code) == "jax\n"


def compare_on_jax():
    """compare() in a process of its own, and what the gradient penalty gives by hand."""
    print(keras.backend.backend())
    for name in ("all", "maximum-likelihood"):
        compare(name)
    test_gradient_penalty_by_hand()
    test_gradient_is_penalized_between_reals_and_fakes()


def at_logits(cost, logits):
    """Values and gradients at the logit of a cost."""
    logits = ops.convert_to_tensor(np.array(logits, "float32")[:, None])

    def of(logits):
        answers = keras.activations.sigmoid(logits)
        return cures.COSTS[cost](ops.ones_like(answers), answers)

    return np.asarray(of(logits)), np.asarray(engines.input_gradient(of, logits))[:, 0]


def test_costs_by_hand():
    """D(G(z)) = 3/4, whose logit is ln 3, and 1/2."""
    logits = [np.log(3), 0.0]
    for cost, values, gradients in [
        ("zero-sum", [np.log(1 / 4), np.log(1 / 2)], [-3 / 4, -1 / 2]),
        ("flipped", [-np.log(3 / 4), -np.log(1 / 2)], [-1 / 4, -1 / 2]),
        ("maximum-likelihood", [-3, -1], [-3, -1]),
    ]:
        value, gradient = at_logits(cost, logits)
        np.testing.assert_allclose(value, values, rtol=1e-6)
        np.testing.assert_allclose(gradient, gradients, rtol=1e-6)


def test_who_gets_a_gradient_where_the_discriminator_is_sure():
    """Of a fake, logit -30: only flipped. Of a real, +30: zero-sum, and without bounds maximum
    likelihood. A probability of float32 couldn't tell +30 from +100."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras clips the probabilities on other backends")
    tiny, huge = np.exp(-30), np.exp(30)
    for cost, gradients in [
        ("zero-sum", [-tiny, -1]),
        ("flipped", [-1, -tiny]),
        ("maximum-likelihood", [-tiny, -huge]),
    ]:
        _, gradient = at_logits(cost, [-30.0, 30.0])
        np.testing.assert_allclose(gradient, gradients, rtol=1e-4, atol=1e-20, err_msg=cost)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [("flipped", -np.log(0.8)), ("zero-sum", np.log(0.2)), ("maximum-likelihood", -4)],
)
def test_generator_learns_with_its_cost(cost, expected):
    game = create_game(generator_cost=cost)
    game.discriminator.layers[-1].set_weights([np.zeros((128, 1)), np.array([np.log(4)])])
    assert update_generator(game)["g_loss"] == pytest.approx(expected, rel=1e-5)


def test_label_smoothing_by_hand():
    """Reals' target is 0.9, fakes' stays 0; accuracies count as before."""
    game = create_game(label_smoothing=0.1)
    game.discriminator.layers[-1].set_weights([np.zeros((128, 1)), np.array([np.log(4)])])
    losses = update_discriminator(game)
    expected = -(0.9 * np.log(0.8) + 0.1 * np.log(0.2) + np.log(0.2)) / 2
    assert losses["d_loss"] == pytest.approx(expected, rel=1e-5)
    assert (losses["d_accuracy_real"], losses["d_accuracy_fake"]) == (1, 0)


def test_replay_keeps_the_newest_and_picks_among_them():
    replay = Replay(5, (1,))
    replay.keep(ops.array([[0.0], [1.0], [2.0]]))
    chances = ops.array([0.0, 0.34, 0.67, 0.9999999])
    assert replay.pick(chances)[:, 0].numpy().tolist() == [0, 1, 2, 2]  # not the two free places
    replay.keep(ops.array([[3.0], [4.0], [5.0]]))  # 0 makes room
    assert replay.kept.numpy()[:, 0].tolist() == [5, 1, 2, 3, 4]
    assert replay.pick(ops.array([0.0, 0.5]))[:, 0].numpy().tolist() == [5, 2]


@pytest.mark.parametrize(("share", "count"), [(1.0, 16), (0.5, 8), (0.25, 4)])
def test_discriminator_sees_its_share_of_kept_fakes(share, count, monkeypatch):
    game = create_game(replay=160, replay_share=share)
    batches = recorded(game.discriminator, monkeypatch)
    for _ in range(2):
        update_discriminator(game), update_generator(game)
    monkeypatch.setattr(game, "draw_noise", lambda: noise)
    noise = ops.ones((16, 3))
    new = game.generator.predict_on_batch(noise)
    update_discriminator(game)
    fakes = batches[-1][0][:16]
    np.testing.assert_array_equal(fakes[count:], new[count:])
    kept = game.replay.kept.numpy()[:48]
    np.testing.assert_array_equal(kept[32:], new)
    places = [int(np.flatnonzero((kept == fake).all(axis=1))[0]) for fake in fakes[:count]]
    assert min(places) < 32  # some are old
    if count == 16:
        assert max(places) >= 32  # and some are new: one batch in three


def test_no_replay_no_old_fakes(monkeypatch):
    game = create_game()
    batches = recorded(game.discriminator, monkeypatch)
    assert game.replay is None and not any("replay" in name for name in game.variables())
    monkeypatch.setattr(game, "draw_noise", lambda: ops.ones((16, 3)))
    update_discriminator(game)
    new = game.generator.predict_on_batch(np.ones((16, 3)))
    np.testing.assert_array_equal(batches[-1][0][:16], new)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_resumed_run_goes_on_bit_for_bit(tmp_path, engine):
    """With all cures, whose state is the fakes kept, u, and the streams of what they draw."""
    settings = {**CURES["all"], "engine": engine, "count": 100}
    whole, first, second = (create_game(**settings) for _ in range(3))
    (tmp_path / "checkpoints").mkdir()
    test_engines.play(first, [4])
    path = checkpoints.save(tmp_path, first.variables(), Position(4, 0), 0.0)
    checkpoints.load(path, second.variables())
    losses, rest = test_engines.play(whole, [4, 4]), test_engines.play(second, [4])
    for name in rest:
        np.testing.assert_array_equal(losses[name][4:], rest[name], err_msg=name)
    ours, theirs = test_engines.weights(second), test_engines.weights(whole)
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def kernel_norm(layer):
    kernel = layer.layer.kernel.numpy()
    return np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)


@pytest.mark.parametrize("inner", [layers.Dense(4), layers.Conv2D(4, 3, strides=2, padding="same")])
def test_spectral_norm_becomes_one(inner):
    """What the layer does is what a plain one with W / its largest singular value does."""
    keras.utils.set_random_seed(0)
    layer = SpectralNormalization(inner)
    shape = (2, 6) if isinstance(inner, layers.Dense) else (2, 6, 6, 3)
    x = keras.random.normal(shape, seed=1)
    layer(x)
    before = inner.kernel.numpy()
    for _ in range(200):
        layer(x, training=True)
    np.testing.assert_array_equal(inner.kernel.numpy(), before)  # W stays
    answers = layer(x).numpy()
    inner.kernel.assign(before / kernel_norm(layer))
    np.testing.assert_allclose(inner(x).numpy(), answers, rtol=1e-3, atol=1e-4)


def test_a_power_iteration_by_hand():
    """W = diag(3, 1), u = (1, 1): v ~ (3, 1), u ~ (9, 1), sigma = v W u = 82 / sqrt(10 * 82)."""
    layer = SpectralNormalization(layers.Dense(2, use_bias=False))
    layer.build((1, 2))
    layer.layer.kernel.assign([[3.0, 0.0], [0.0, 1.0]])
    layer.u.assign([1.0, 1.0])
    sigma = 82 / np.sqrt(820)
    answer = layer(np.array([[1.0, 1.0]]), training=True).numpy()
    np.testing.assert_allclose(answer, [[3 / sigma, 1 / sigma]], rtol=1e-6)
    np.testing.assert_allclose(layer.u.numpy(), np.array([9, 1]) / np.sqrt(82), rtol=1e-6)
    u = layer.u.numpy()
    layer(np.array([[1.0, 1.0]]))  # only answers
    layer.trainable = False
    layer(np.array([[1.0, 1.0]]), training=True)  # frozen
    np.testing.assert_array_equal(layer.u.numpy(), u)


def test_kernel_learns_through_the_quotient():
    """A larger W would change nothing, so that the step has no part along W. Keras's own layer,
    whose gradient stops at the quotient, has one."""
    network = cures.spectrally_normalized(linear(3.0, 4.0))
    kernel = network.layers[0].layer.kernel
    kernel.assign([[3.0], [4.0]])
    network.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
    network.train_on_batch(np.array([[1.0, 0.0]]), np.array([[1.0]]))
    step = kernel.numpy()[:, 0] - [3, 4]
    # The logit is w_1 / |w| = 0.6, and its gradient (0.64, -0.48) / 5.
    expected = (1 - 1 / (1 + np.exp(-0.6))) * np.array([0.64, -0.48]) / 5
    np.testing.assert_allclose(step, expected, rtol=1e-4)


def test_every_kernel_of_the_discriminator_is_normalized():
    game = create_game(spectral_normalization=True)
    assert [type(layer) for layer in game.discriminator.layers] == [SpectralNormalization] * 3
    before = snapshot(game)
    update_generator(game)
    assert changed(before, snapshot(game)) == {"generator", "generator_optimizer", "noise"}
    # None of the generator's layers is.
    assert not any(isinstance(layer, SpectralNormalization) for layer in game.generator.layers)


def test_gradient_penalty_by_hand():
    """The logit 3 a + 4 b has a gradient of length 5 everywhere: (5 - 1)^2, times the weight."""
    network = Penalized(linear(3.0, 4.0), weight=0.25)
    network.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    x, targets = np.zeros((4, 2), "float32"), np.array([[0.0], [0.0], [1.0], [1.0]], "float32")
    shares = np.array([0.3, 0.9], "float32")
    losses = network.train_on_batch([x, shares], targets, return_dict=True)
    assert losses["loss"] == pytest.approx(np.log(2) + 0.25 * 16, rel=1e-5)
    # 0.25 * 2 * (5 - 1) * w / 5 is its gradient; at x = 0 the cross-entropy has none.
    weights = np.asarray(network.discriminator.get_weights()[0])
    np.testing.assert_allclose(weights[:, 0], [3 - 0.1 * 1.2, 4 - 0.1 * 1.6], rtol=1e-5)


def test_gradient_is_penalized_between_reals_and_fakes():
    """The logit x^2 / 2 has the gradient x. Fakes 0 and 2, reals 4 and -2, shares 3/4 and 1/4: at 3
    and at 1 it is too long by 2 and by 0."""
    x = layers.Input((1,))
    square = layers.Multiply()([x, x])
    answers = layers.Dense(1, activation="sigmoid", use_bias=False)(square)
    discriminator = keras.Model(x, answers)
    discriminator.set_weights([np.array([[0.5]])])
    samples = ops.array([[0.0], [2.0], [4.0], [-2.0]])
    targets = ops.array([[0.0], [0.0], [1.0], [1.0]])
    losses = []
    for weight in (0.0, 10.0):
        network = Penalized(discriminator, weight)
        network.compile("sgd", "binary_crossentropy")
        x = [samples, ops.array([0.75, 0.25])]
        losses.append(float(network.compute_loss(x, targets, network(x))))
    assert losses[1] - losses[0] == pytest.approx(10 * (2**2 + 0**2) / 2, rel=1e-5)


def test_penalty_changes_the_discriminators_step_alone():
    games = [create_game(gradient_penalty=weight) for weight in (0.0, 10.0)]
    assert games[0].variables().keys() == games[1].variables().keys()
    before = snapshot(games[1])
    plain, penalized = (update_discriminator(game) for game in games)
    assert penalized["d_loss"] > plain["d_loss"]
    assert penalized["d_accuracy_real"] == plain["d_accuracy_real"]
    assert changed(before, snapshot(games[1])) == {
        "discriminator", "discriminator_optimizer", "batches", "noise", "picks", "shares",
    }  # fmt: skip


def test_each_update_takes_a_batch_and_epochs_have_whole_iterations(monkeypatch):
    """75 points are 9 batches of 8: with 2 updates an epoch has 4 iterations, 11 points sit out."""
    game = create_game(count=75, batch_size=8, discriminator_updates=2, epochs=3)
    assert (game.per_epoch, game.iterations) == (4, 12)
    batches = recorded(game.discriminator, monkeypatch)
    cures.play(game, 5)
    assert int(game.batches.position) == 10 and len(batches) == 10
    assert int(game.discriminator.optimizer.iterations) == 10
    assert int(game.gan.optimizer.iterations) == 5
    points = ring.points(75, 1)
    reals = np.concatenate([x[8:] for x, _ in batches])
    first, second = game.batches.order_of(0), game.batches.order_of(1)
    np.testing.assert_array_equal(reals[:64], points[first[:64]])
    np.testing.assert_array_equal(reals[64:], points[second[:16]])
    losses = dict.fromkeys(("d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake"), 0.0)
    assert [game.log_row(i, losses, 0.0)["epoch"] for i in (3, 4, 8)] == [0, 1, 2]


def test_compiled_plays_several_updates_over_an_epochs_end():
    """As the reference does, which has no more than an iteration in a call."""
    settings = {"count": 75, "batch_size": 8, "discriminator_updates": 2}
    ours, theirs = (
        cures.play(create_game(engine, **settings), 9)[0] for engine in ("compiled", "reference")
    )
    np.testing.assert_allclose(ours["d_loss"], theirs["d_loss"], rtol=1e-4)


def test_too_few_samples_for_an_iteration_are_one_line():
    with pytest.raises(UserError, match="2 batches of 16"):
        create_game(count=31, discriminator_updates=2)
    create_game(count=32, discriminator_updates=2)


@pytest.mark.parametrize(
    "settings",
    [
        {"label_smoothing": -0.1},
        {"label_smoothing": 0.5},
        {"replay": -1},
        {"replay": 31},
        {"replay_share": 0.0},
        {"replay_share": 1.1},
        {"gradient_penalty": -1.0},
        {"gradient_penalty": float("nan")},
        {"discriminator_updates": 0},
        {"batch_size": 0},
    ],
)
def test_impossible_settings_are_one_line(settings):
    with pytest.raises(UserError, match="--" + next(iter(settings)).replace("_", "-")):
        Settings(**settings)


def test_settings_come_back_from_json_and_an_unknown_cost_is_refused():
    config = Settings(generator_cost="zero-sum", replay=64, spectral_normalization=True)
    values = as_json(config)
    assert from_json(Settings, values, "config.json") == config
    with pytest.raises(UserError, match="generator-cost"):
        from_json(Settings, {**values, "generator_cost": "hinge"}, "config.json")


def test_play_gives_losses_and_samples_and_can_go_on():
    one, two = (create_game("compiled", count=100) for _ in range(2))
    losses, samples = cures.play(one, 10, snapshots=4)
    assert list(samples) == [2, 5, 8, 10] and samples[2].shape == (100, 2)
    first, _ = cures.play(two, 5)
    rest, last = cures.play(two, 5, snapshots=1)
    for name in losses:
        np.testing.assert_array_equal(losses[name], np.concatenate([first[name], rest[name]]))
    assert losses["d_loss"].shape == (10,)
    np.testing.assert_array_equal(samples[10], last[5])


def test_head_start_is_the_discriminators_alone():
    game = create_game("compiled", count=100, discriminator_updates=2)
    before = game.generator.get_weights()
    cures.advance(game, 7, generator=False)
    for old, new in zip(before, game.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert int(game.batches.position) == 14 and int(game.gan.optimizer.iterations) == 0
    other = create_game("compiled", count=100, discriminator_updates=2)
    losses, _ = cures.play(other, 3, head_start=7)
    assert int(other.batches.position) == 20 and int(other.gan.optimizer.iterations) == 3
    np.testing.assert_array_equal(losses["d_loss"], cures.play(game, 3)[0]["d_loss"])
