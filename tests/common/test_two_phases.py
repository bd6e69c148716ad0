"""The two-phase game: plain without a cure, and what each cure changes, by hand."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import dcgan.lecture
from common import cures, engines
from common.cures import Penalized, Replay, SpectralNormalization
from common.data import ring
from common.errors import UserError
from common.runs.loop import play
from common.runs.recorder import Recorder
from common.settings import EpochSettings, as_json, from_json
from common.two_phases import TwoPhaseGame, TwoPhaseSettings
from tests import test_engines
from tests.commands import on_jax, resumed
from tests.games import (
    answer_always,
    changed,
    masks,
    recorded,
    snapshot,
    update_discriminator,
    update_generator,
)  # fmt: skip

CURES = {  # all of them, of two that exclude one another one in each group
    "all": {
        "generator_cost": "zero-sum", "label_smoothing": 0.1, "fake_smoothing": 0.2, "dropout": 0.2,
        "latent": 5, "noise": "uniform", "replay": 40, "replay_share": 0.5,
        "spectral_normalization": True, "gradient_penalty": 1.0, "discriminator_updates": 2,
        "discriminator_learning_rate": 5e-4, "learning_rate_schedule": "cosine", "iterations": 20,
    },
}  # fmt: skip
CURES["all with norms"] = {
    **CURES["all"], "spectral_normalization": False, "norm_penalty": 0.01, "replay_share": 1.0,
    "generator_cost": "maximum-likelihood", "learning_rate_schedule": "linear",
}  # fmt: skip


def create_game(engine="reference", count=300, batch_size=16, seed=1, **settings):
    config = TwoPhaseSettings(engine=engine, batch_size=batch_size, seed=seed, **settings)
    return TwoPhaseGame(
        config, ring.points(count, seed), ring.create_generator, ring.create_discriminator, 3,
        optimizer=lambda rate: keras.optimizers.Adam(rate, epsilon=1e-4),
    )  # fmt: skip


def answers_80_percent(**settings):
    """A game whose discriminator gives 0.8 to any sample, the logit ln 4."""
    game = create_game(**settings)
    answer_always(game, np.log(4))
    return game


def linear(*weights):
    """A discriminator whose logit is weights * x."""
    network = keras.Sequential(
        [layers.Input((len(weights),)), layers.Dense(1, activation="sigmoid", use_bias=False)]
    )
    network.set_weights([np.array(weights)[:, None]])
    return network


def tiny(engine="reference", **settings):
    """A game by hand: D's logit is w x with w = 1, all reals are 1, G answers b = 0 to any noise.

    By gradient descent D's update adds rate * (1 - sigma(1)) / 2 to w, half of the batch being
    reals, and then G's flipped cost adds rate * w / 2 to b.
    """
    config = TwoPhaseSettings(engine=engine, batch_size=2, **settings)
    return TwoPhaseGame(
        config, np.ones((8, 1), "float32"),
        lambda latent: keras.Sequential(
            [layers.Input((latent,)), layers.Dense(1, kernel_initializer="zeros")]
        ),
        lambda: linear(1.0), 3, optimizer=keras.optimizers.SGD,
    )  # fmt: skip


def rates(game):
    """Play an iteration of a tiny() game that begins anew: D's and G's learning rate in it."""
    game.discriminator.set_weights([np.ones((1, 1))])
    game.generator.set_weights([np.zeros((game.latent, 1)), np.zeros(1)])
    play(game, 1)
    w, b = float(game.discriminator.weights[0][0, 0]), float(game.generator.weights[1][0])
    return (w - 1) / ((1 - 1 / (1 + np.exp(-1))) / 2), b / (w / 2)


def test_without_a_cure_nothing_is_kept_or_drawn_for_one():
    """tests/test_lectures.py holds such games to their lectures."""
    game = create_game()
    assert {name.split("/")[0] for name in game.variables()} == {
        "discriminator", "generator", "discriminator_optimizer", "generator_optimizer", "batches",
        "noise", "grid",
    }  # fmt: skip
    assert game.replay is None
    assert [drawn.shape for drawn in game.draw_discriminator()] == [(16, 3), (16, 2)]
    assert game.learner is game.discriminator and not game.discriminator.losses
    assert [type(layer) for layer in game.discriminator.layers] == [layers.Dense] * 3
    variables = game.discriminator.optimizer.variables
    assert len(variables) == 2 + 2 * 6  # count, learning rate, two moments of six arrays


def compare(name):
    """Over 20 iterations of two updates of the discriminator; an epoch ends after nine."""
    games = [create_game(engine, **CURES[name]) for engine in ("reference", "compiled")]
    assert type(games[0].engine) is not type(games[1].engine)
    test_engines.assert_equal_to_rounding(*games, weights_within=1e-4)


@pytest.mark.parametrize("name", CURES)
def test_compiled_gives_the_references_losses_and_weights(name):
    compare(name)


def test_so_it_does_on_jax():
    code = "from tests.common import test_two_phases; test_two_phases.compare_on_jax()"
    assert on_jax(code) == "jax\n"


def compare_on_jax():
    """compare() in a process of its own, and what the penalties give by hand."""
    print(keras.backend.backend())
    for name in CURES:
        compare(name)
    test_norm_penalty_joins_the_discriminators_loss_alone()
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
    game = answers_80_percent(generator_cost=cost)
    assert update_generator(game)["g_loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("real", "fake"), [(0.1, 0.0), (0.0, 0.2), (0.3, 0.4)])
def test_smoothing_by_hand(real, fake, monkeypatch):
    """Reals are right and fakes are wrong, whatever their targets."""
    game = answers_80_percent(label_smoothing=real, fake_smoothing=fake)
    batches = recorded(game.discriminator, monkeypatch)
    losses = update_discriminator(game)
    np.testing.assert_allclose(batches[0][1][:, 0], [fake] * 16 + [1 - real] * 16, rtol=1e-6)
    target = (fake + 1 - real) / 2
    expected = -(target * np.log(0.8) + (1 - target) * np.log(0.2))
    assert losses["d_loss"] == pytest.approx(expected, rel=1e-5)
    assert (losses["d_accuracy_real"], losses["d_accuracy_fake"]) == (1, 0)


def test_two_sided_smoothing_rests_at_its_targets():
    """Where D answers 0.9 to reals and 0.1 to fakes, nothing in it moves; a surer D is pulled."""
    for logit, moves in [(np.log(9), False), (5.0, True)]:
        game = tiny(label_smoothing=0.1, fake_smoothing=0.1)
        game.discriminator.set_weights([np.full((1, 1), logit)])  # of the reals, at 1
        game.generator.set_weights([np.zeros((3, 1)), np.full(1, -1.0)])
        update_discriminator(game)
        step = float(game.discriminator.weights[0][0, 0]) - logit
        # The targets' pull: of a real and of a fake, which lies on the other side.
        pull = 1e-3 * (0.9 - 1 / (1 + np.exp(-logit)))
        assert step == pytest.approx(pull, abs=1e-6) and (abs(step) > 1e-5) == moves


def test_dropout_drops_its_share_in_training_alone():
    """1,000 hidden ones, averaged: in training a share is dropped and the others grow for it. The
    weights are the plain network's own."""
    plain = keras.Sequential([layers.Input((4,)), layers.Dense(1000), layers.Dense(1)])
    ones = np.ones(1000)
    plain.set_weights([np.zeros((4, 1000)), ones, ones[:, None] / 1000, np.zeros(1)])
    network = cures.with_dropout(plain, 0.3)
    assert [a is b for a, b in zip(network.weights, plain.weights, strict=True)] == [True] * 4
    x = np.ones((50, 4), "float32")
    np.testing.assert_allclose(network(x), plain(x), rtol=1e-6)
    kept = 0.7 * network(x, training=True).numpy()[:, 0]
    assert kept.mean() == pytest.approx(0.7, abs=0.01) and len(np.unique(kept)) > 10
    assert [type(layer).__name__ for layer in network.layers[1:]] == ["Dense", "Dropout", "Dense"]
    assert not any(isinstance(layer, layers.Dropout) for layer in plain.layers)


def test_dropout_follows_each_hidden_layer_and_has_masks_in_both_phases():
    game = create_game(dropout=0.3, spectral_normalization=True)
    kinds = [SpectralNormalization, layers.Dropout] * 2 + [SpectralNormalization]
    assert [type(layer) for layer in game.discriminator.layers[1:]] == kinds
    drawn = [masks_drawn(game)]
    for play_on in (update_discriminator, update_generator):
        play_on(game)
        drawn.append(masks_drawn(game))
        assert not any(map(np.array_equal, *drawn[-2:]))
    game.fakes(game.draw_noise()), game.samples()
    np.testing.assert_array_equal(masks_drawn(game), drawn[-1])


def masks_drawn(game):
    return [state.numpy() for state in masks(game.discriminator)]


@pytest.mark.parametrize("rate", [0.1, 0.0])
def test_dropouts_of_the_lecture_get_the_rate_instead(rate):
    """dcgan's discriminator has two of 0.4."""
    plain = dcgan.lecture.create_discriminator()
    network = cures.with_dropout(plain, rate)
    kinds = [[type(layer) for layer in each.layers] for each in (network, plain)]
    assert kinds[0] == [layers.InputLayer, *kinds[1]]
    of = [
        [x.rate for x in each.layers if isinstance(x, layers.Dropout)] for each in (network, plain)
    ]
    assert of == [[rate] * 2, [0.4] * 2]


@pytest.mark.parametrize(
    ("settings", "latent", "least", "greatest"),
    [({}, 3, -4, 4), ({"latent": 7}, 7, -4, 4), ({"noise": "uniform"}, 3, 0, 1)],
)
def test_noise_has_its_length_and_distribution(settings, latent, least, greatest):
    game = create_game(**settings)
    assert game.generator.input_shape == (None, latent) and game.grid_noise.shape == (100, latent)
    noise = np.asarray(game.draw_noise(10_000))
    assert noise.shape == (10_000, latent)
    counts, _ = np.histogram(noise, 8, (least, greatest))
    if least == 0:
        assert noise.min() >= 0 and noise.max() <= 1
        np.testing.assert_allclose(counts / noise.size, 1 / 8, atol=0.01)
    else:
        assert noise.mean() == pytest.approx(0, abs=0.03)
        assert noise.std() == pytest.approx(1, abs=0.03)
        assert counts.argmax() in (3, 4) and counts[0] < 0.01 * noise.size


def test_replay_keeps_the_newest_and_picks_among_them():
    replay = Replay(5, (1,))
    replay.keep(ops.array([[0.0], [1.0], [2.0]]))
    chances = ops.array([0.0, 0.34, 0.67, 0.9999999])
    assert replay.pick(chances)[:, 0].numpy().tolist() == [0, 1, 2, 2]  # not the two free places
    replay.keep(ops.array([[3.0], [4.0], [5.0]]))  # 0 makes room
    assert replay.kept.numpy()[:, 0].tolist() == [5, 1, 2, 3, 4]
    assert replay.pick(ops.array([0.0, 0.5]))[:, 0].numpy().tolist() == [5, 2]


@pytest.mark.parametrize(("share", "count"), [(1.0, 16), (0.25, 4)])
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


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("name", CURES)
def test_a_resumed_run_goes_on_bit_for_bit(tmp_path, name, engine):
    """The cures' state is the fakes kept, u, the streams of masks and of what they draw, and how
    far a schedule is."""
    settings = {**CURES[name], "engine": engine, "count": 100}
    test_engines.assert_resumes(lambda: create_game(**settings), 4, 4, tmp_path)


def kernel_norm(layer):
    kernel = layer.layer.kernel.numpy()
    return np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)


# Seeded here: with kernels whose first two singular values are close fifty iterations are too few.
SEEDED = {"kernel_initializer": keras.initializers.GlorotUniform(seed=0)}


@pytest.mark.parametrize(
    "inner",
    [layers.Dense(4, **SEEDED), layers.Conv2D(4, 3, strides=2, padding="same", **SEEDED)],
)
def test_spectral_norm_becomes_one(inner):
    """What the layer does is what a plain one with W / its largest singular value does."""
    keras.utils.set_random_seed(0)
    layer = SpectralNormalization(inner)
    shape = (2, 6) if isinstance(inner, layers.Dense) else (2, 6, 6, 3)
    x = keras.random.normal(shape, seed=1)
    layer(x)
    before = inner.kernel.numpy()
    for _ in range(50):
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


@pytest.mark.parametrize("shape", [(2, 2), (2, 1, 1, 2), (1, 1, 2, 2)])
def test_norm_penalty_by_hand(shape):
    """|1| + |3| and |-2| + |4| in the columns, 3 and 7 in the rows: sqrt(6 * 7). A convolution's
    kernel is a matrix with a column for each of its filters."""
    kernel = np.array([[1.0, -2.0], [3.0, 4.0]])
    penalty = float(cures.NormPenalty(0.5)(ops.array(kernel.reshape(shape))))
    assert penalty == pytest.approx(0.5 * np.sqrt(42), rel=1e-6)
    assert np.sqrt(42) >= np.linalg.norm(kernel, 2)  # it bounds the largest singular value


def test_norm_penalty_joins_the_discriminators_loss_alone():
    weight = 0.25
    plain, penalized = (tiny(norm_penalty=x) for x in (0.0, weight))
    before = [update_discriminator(game)["d_loss"] for game in (plain, penalized)]
    assert before[1] - before[0] == pytest.approx(weight * 1, rel=1e-5)  # w = 1
    # Its slope is the weight, whatever w is; the rate is 0.001.
    w = [float(game.discriminator.get_weights()[0][0, 0]) for game in (plain, penalized)]
    assert w[0] - w[1] == pytest.approx(1e-3 * weight, rel=1e-3)
    penalized.discriminator.set_weights(plain.discriminator.get_weights())
    losses = [update_generator(game)["g_loss"] for game in (plain, penalized)]
    assert losses[0] == losses[1]


def test_norm_penalty_has_a_slope_of_0_where_all_weights_are_0():
    game = create_game(norm_penalty=1.0)
    game.discriminator.set_weights([np.zeros(x.shape) for x in game.discriminator.get_weights()])
    losses = update_discriminator(game)
    assert losses["d_loss"] == pytest.approx(np.log(2))
    assert not any(np.any(x) for x in game.discriminator.get_weights()[::2])  # nor NaN


SCHEDULES = {  # of the rate 0.1 over four iterations
    "constant": [0.1] * 4,
    "linear": [0.1, 0.075, 0.05, 0.025],
    "cosine": [0.1, 0.05 * (1 + np.sqrt(0.5)), 0.05, 0.05 * (1 - np.sqrt(0.5))],
}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_each_optimizer_has_its_learning_rate_and_both_have_the_schedule(schedule, engine):
    """From the rate towards 0, which would be an iteration later."""
    settings = {"learning_rate_schedule": schedule, "iterations": 4, "learning_rate": 0.1}
    game = tiny(engine, discriminator_learning_rate=0.01, **settings)
    for rate in SCHEDULES[schedule]:
        assert rates(game) == pytest.approx((rate / 10, rate), rel=2e-3)


def test_both_schedules_end_with_the_run_however_often_the_discriminator_learns():
    game = tiny(learning_rate_schedule="linear", iterations=4, discriminator_updates=3)
    seen = []
    for _ in range(4):
        seen.append([float(x.optimizer.learning_rate) for x in (game.discriminator, game.gan)])
        play(game, 1, first=len(seen) - 1)
    np.testing.assert_allclose(seen, [[1e-3 * (1 - i / 4)] * 2 for i in range(4)], rtol=1e-5)
    assert float(game.discriminator.optimizer.learning_rate) == 0
    assert int(game.discriminator.optimizer.iterations) == 12


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
    assert games[1].variables().keys() - games[0].variables().keys() == {"shares/000"}
    before = snapshot(games[1])
    plain, penalized = (update_discriminator(game) for game in games)
    assert penalized["d_loss"] > plain["d_loss"]
    assert penalized["d_accuracy_real"] == plain["d_accuracy_real"]
    assert changed(before, snapshot(games[1])) == {
        "discriminator", "discriminator_optimizer", "batches", "noise", "shares",
    }  # fmt: skip


def test_each_update_takes_a_batch_and_epochs_have_whole_iterations(monkeypatch):
    """75 points are 9 batches of 8: with 2 updates an epoch has 4 iterations, 11 points sit out."""
    game = create_game(count=75, batch_size=8, discriminator_updates=2, epochs=3)
    assert (game.per_epoch, game.iterations) == (4, 12)
    batches = recorded(game.discriminator, monkeypatch)
    play(game, 5)
    assert int(game.batches.position) == 10 and len(batches) == 10
    assert int(game.discriminator.optimizer.iterations) == 10
    assert int(game.gan.optimizer.iterations) == 5
    points = ring.points(75, 1)
    reals = np.concatenate([x[8:] for x, _ in batches])
    first, second = game.batches.order_of(0), game.batches.order_of(1)
    np.testing.assert_array_equal(reals[:64], points[first[:64]])
    np.testing.assert_array_equal(reals[64:], points[second[:16]])
    losses = dict.fromkeys(("d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake"), 0.0)
    rows = [Recorder(game).row(i, losses, 0.0) for i in (3, 4, 8)]
    assert [row["epoch"] for row in rows] == [0, 1, 2]


def test_too_few_samples_for_an_iteration_are_one_line():
    with pytest.raises(UserError, match="2 batches of 16"):
        create_game(count=31, discriminator_updates=2)
    create_game(count=32, discriminator_updates=2)


@pytest.mark.parametrize(
    "settings",
    [
        *({"label_smoothing": x} for x in (-0.1, 0.5)),
        *({"fake_smoothing": x} for x in (-0.1, 0.5)),
        *({"dropout": x} for x in (-0.1, 1.0)),
        {"latent": 0},
        {"norm_penalty": -1.0},
        {"norm_penalty": 0.1, "spectral_normalization": True},
        *({"discriminator_learning_rate": x} for x in (0.0, float("inf"))),
        *({"replay": x} for x in (-1, 31)),
        *({"replay_share": x, "replay": 64} for x in (0.0, 1.1)),
        {"replay_share": 0.5},
        *({"gradient_penalty": x} for x in (-1.0, float("nan"))),
        {"discriminator_updates": 0},
        {"batch_size": 0},
    ],
)
def test_impossible_settings_are_one_line(settings):
    with pytest.raises(UserError, match="--" + next(iter(settings)).replace("_", "-")):
        TwoPhaseSettings(**settings)


def test_settings_come_back_from_json_also_those_of_before_the_cures_but_no_unknown_cost():
    config = TwoPhaseSettings(
        seed=3, generator_cost="zero-sum", replay=64, spectral_normalization=True, dropout=0.3,
        latent=7, noise="uniform", discriminator_learning_rate=1e-4,
        learning_rate_schedule="cosine",
    )  # fmt: skip
    values = as_json(config)
    assert from_json(TwoPhaseSettings, values, "config.json") == config
    before = {name: values[name] for name in as_json(EpochSettings())}
    assert from_json(TwoPhaseSettings, before, "config.json") == TwoPhaseSettings(seed=3)
    with pytest.raises(UserError, match="generator-cost"):
        from_json(TwoPhaseSettings, {**values, "generator_cost": "hinge"}, "config.json")


def test_a_run_whose_learning_rate_falls_to_0_cannot_grow():
    before = TwoPhaseSettings(epochs=3, learning_rate_schedule="cosine")
    assert resumed(before).epochs == 3
    with pytest.raises(UserError, match="over which --learning-rate-schedule cosine falls to 0"):
        resumed(before, "--epochs", "4")
    assert resumed(TwoPhaseSettings(epochs=3), "--epochs", "4").epochs == 4
    with pytest.raises(UserError, match="--learning-rate-schedule was constant"):
        resumed(TwoPhaseSettings(), "--learning-rate-schedule", "linear")


def test_a_head_start_is_the_discriminators_alone_and_playing_on_is_playing_at_once():
    one, two = (create_game("compiled", count=100, discriminator_updates=2) for _ in range(2))
    before = snapshot(one)
    for game in (one, two):
        play(game, 4, generator=False)
    assert changed(before, snapshot(one)) == {
        "discriminator", "discriminator_optimizer", "batches", "noise",
    }  # fmt: skip
    assert int(one.batches.position) == 8
    losses, first, rest = play(one, 6), play(two, 2), play(two, 4, first=2)
    for name in losses:
        np.testing.assert_array_equal(losses[name], np.concatenate([first[name], rest[name]]))
    assert losses["d_loss"].shape == (6,) and one.samples().shape == (100, 2)
    np.testing.assert_array_equal(one.samples(), two.samples())
