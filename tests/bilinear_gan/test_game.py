"""The one step: who trains, with which gradients, by which Adam; see tests/test_games.py, too."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from bilinear_gan.train import PRESETS, Game, PostAdam, turn_gradient
from tests.games import answer_always, changed, restore, snapshot, update_generator

CONFIG = replace(PRESETS["smoke"], engine="reference", batch_size=4)


@pytest.fixture(scope="module", params=[False, True], ids=["post", "train mode"])
def game(request):
    """A game in each mode; a step's tracing takes seconds, so the tests go on with the same."""
    images = np.random.default_rng(0).uniform(-1, 1, (40, 28, 28, 1)).astype("float32")
    return Game(replace(CONFIG, train_mode=request.param), images)


def test_one_step_trains_both_and_moves_statistics_only_in_train_mode(game):
    before, counter = snapshot(game), game.networks.optimizer.iterations
    count, position = int(counter), int(game.batches.position)
    weights = [np.array(v) for v in game.networks.trainable_variables]
    frozen = [np.array(v) for v in game.networks.non_trainable_variables]
    update_generator(game)
    after = snapshot(game)
    holders = {"discriminator", "generator", "optimizer", "batches", "noise"}
    assert changed(before, after) == holders
    assert all(
        (np.asarray(v) != old).any()
        for v, old in zip(game.networks.trainable_variables, weights, strict=True)
    )
    # Four means, four variances and two dropouts' states.
    now = [np.asarray(v) for v in game.networks.non_trainable_variables]
    moves = [(a != b).any() for a, b in zip(frozen, now, strict=True)]
    assert len(moves) == 10 and set(moves) == {game.config.train_mode}
    assert game.discriminator_updates == 0 and "update_discriminator" not in vars(Game)
    assert (int(counter), int(game.batches.position)) == (count + 1, position + 1)
    # A new Adam each step leaves no moments behind: of its variables only the counter moves.
    names = {name for name in before if not np.array_equal(before[name], after[name])}
    assert {name for name in names if name.startswith("optimizer")} == {"optimizer/000"}


def test_losses_and_accuracies_are_those_of_a_hand_calculation(game):
    before = snapshot(game)
    for p in (0.8, 0.3):  # the probability that any image is real
        answer_always(game, np.log(p / (1 - p)))
        losses = update_generator(game)
        assert losses["d_loss"] == pytest.approx(-np.log(p) - np.log(1 - p), rel=1e-5)
        assert losses["g_loss"] == pytest.approx(np.log(1 - p), rel=1e-5)
        assert (losses["d_accuracy_real"], losses["d_accuracy_fake"]) == (p > 0.5, p < 0.5)
    restore(game, before)


def draws(game):
    """The noise and the reals of the next step, which still comes."""
    before = snapshot(game)
    game.prepare()
    inputs = game.draw_noise(), game.batches.next()
    restore(game, before)
    return inputs


def post_gradients(game, noise, reals):
    """The two losses and two lists of gradients as the post's _train_step writes them."""
    import tensorflow as tf

    mode = game.config.train_mode
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = game.generator(noise, training=mode)
        real_out = game.discriminator(reals, training=mode)
        gen_out = game.discriminator(generated, training=mode)
        # Cross-entropies of logits with 1 and with 0, from their definition.
        real_loss = -tf.reduce_mean(tf.math.log(tf.sigmoid(real_out)))
        generated_loss = -tf.reduce_mean(tf.math.log(1 - tf.sigmoid(gen_out)))
        gen_loss, disc_loss = -generated_loss, real_loss + generated_loss
    networks = (game.generator, game.discriminator)
    g, d = ([v.value for v in network.trainable_variables] for network in networks)
    grads = [*gen_tape.gradient(gen_loss, g), *disc_tape.gradient(disc_loss, d)]
    return float(disc_loss), float(gen_loss), [np.asarray(grad) for grad in grads]


def test_step_has_the_losses_and_gradients_of_the_posts_two_tapes(game):
    """From the same weights, images, dropout masks and batch statistics, then both updates."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the post's tapes are TensorFlow's")
    before = snapshot(game)
    d_loss, g_loss, grads = post_gradients(game, *draws(game))
    restore(game, before)  # the dropouts' states too

    variables = [*game.generator.trainable_variables, *game.discriminator.trainable_variables]
    weights = [np.array(v) for v in variables]
    losses = update_generator(game)
    assert losses["d_loss"] == pytest.approx(d_loss, rel=1e-4)
    assert losses["g_loss"] == pytest.approx(g_loss, rel=1e-4)
    assert losses["d_loss"] > -losses["g_loss"] > 0
    for variable, old, grad in zip(variables, weights, grads, strict=True):
        # At 1e-3 g / (|g| + 3.16e-7) a small g counts too, but one near its rounding error is not
        # compared: in train mode BatchNorm takes away the biases before it, so theirs is 0.
        clear = np.abs(grad) > 1e-5 * np.abs(grad).max() + 1e-6
        assert variable.name != "kernel" or clear.mean() > 0.2
        step = 1e-3 * grad / (np.abs(grad) + 1e-8 / np.sqrt(0.001))
        np.testing.assert_allclose(
            (np.asarray(variable) - old)[clear], -step[clear], atol=2e-5, err_msg=variable.path
        )


def test_turned_gradient_leaves_the_value_exactly():
    x = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(-5, 5).repeat(100)
    for dtype in ("float32", "bfloat16"):
        values = keras.ops.cast(x, dtype)
        same = keras.ops.cast(turn_gradient(values), "float32")
        np.testing.assert_array_equal(same, keras.ops.cast(values, "float32"))


def two_weights(optimizer):
    """A PostAdam of rate 0.1 and its two variables, both 0: a generator's and a discriminator's."""
    g, d = (keras.Variable(np.zeros(1), dtype="float32") for _ in range(2))
    networks = SimpleNamespace(
        trainable_variables=[g, d], discriminator=SimpleNamespace(trainable_variables=[d])
    )
    return PostAdam(replace(CONFIG, optimizer=optimizer, learning_rate=0.1), networks), [g, d]


def steps(optimizer, *gradients):
    """How far each of the two variables is moved by each of some pairs of gradients."""
    adam, variables = two_weights(optimizer)
    moves = []
    for pair in gradients:
        before = [float(v[0]) for v in variables]
        adam.apply([keras.ops.convert_to_tensor([g], "float32") for g in pair], variables)
        moves.append([float(v[0]) - b for v, b in zip(variables, before, strict=True)])
    return moves


def test_a_new_adam_each_step_is_that_of_a_hand_calculation():
    # 0.1 * 1e-7 / (1e-7 + 3.1623e-7) = 0.024025; far above 3e-7 the rate, with the gradient's sign.
    moves = steps("new-adam-each-step", (1e-7, -1e-7), (-2.0, 0.003), (1e-7, 0.0))
    np.testing.assert_allclose(
        moves, [[-0.024025, 0.024025], [0.1, -0.1], [-0.024025, 0.0]], rtol=2e-4
    )
    ((free, clipped),) = steps("new-adam-each-step", (40.0, 40.0))
    assert free == pytest.approx(clipped, rel=1e-6)


@pytest.mark.parametrize("g", [3e-8, -0.02, 0.9])
def test_new_adam_each_step_is_always_the_first_step_of_adam(g):
    adam, variable = keras.optimizers.Adam(0.1, epsilon=1e-8), keras.Variable([0.0])
    adam.apply([keras.ops.convert_to_tensor([g], "float32")], [variable])
    first = float(variable[0])
    assert np.sign(first) == -np.sign(g)
    moves = steps("new-adam-each-step", (g, g), (g, g))
    np.testing.assert_allclose(moves, np.full((2, 2), first), rtol=1e-4)
    np.testing.assert_allclose(steps("adam", (g, g)), [[first, first]], rtol=1e-5)


def test_one_adam_all_along_clips_the_discriminators_gradients_alone():
    # Gradients 4, then 1. The discriminator's are 1 and 1: both steps are the rate. The generator's
    # second: m = 0.9 * 0.4 + 0.1 = 0.46, v = 0.999 * 0.016 + 0.001 = 0.016984,
    # 0.1 * sqrt(1 - 0.999^2) / (1 - 0.9^2) * 0.46 / sqrt(0.016984) = 0.08306.
    moves = steps("adam", (4.0, 4.0), (1.0, 1.0))
    np.testing.assert_allclose(moves, [[-0.1, -0.1], [-0.08306, -0.1]], rtol=1e-4)
    down = steps("adam", (-4.0, -4.0), (-1.0, -1.0))
    np.testing.assert_allclose(down, -np.array(moves), rtol=1e-6)


def test_the_clipped_variables_are_the_discriminators(game):
    optimizer, variables = game.networks.optimizer, game.networks.trainable_variables
    sizes = [int(np.prod(variables[i].shape)) for i in optimizer.clipped]
    assert len(sizes) == 6 and sum(sizes) == 211_841
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.999, 1e-8)
