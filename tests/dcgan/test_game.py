"""The two phases: who trains, on what, with which statistics and losses; and the golden run."""

from dataclasses import replace

import numpy as np
import pytest

from common.data import datasets
from common.data.batches import shuffled
from dcgan import train
from dcgan.train import EXAMPLE, PRESETS, Config, Game
from tests.games import changed, moved, recorded, snapshot, update_discriminator, update_generator

CONFIG = replace(PRESETS["smoke"], engine="reference", batch_size=4)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (40, 28, 28, 1)).astype("float32")


@pytest.fixture
def game(images):
    return Game(CONFIG, images)


def masks(game):
    """The states of the discriminator's dropouts: seed and number of masks drawn, of each."""
    layers = (game.discriminator.layers[1], game.discriminator.layers[3])
    return [layer.seed_generator.state for layer in layers]


def test_discriminator_step_moves_the_discriminator_alone(game):
    update_generator(game)  # so that the discriminator was frozen before
    before, weights = snapshot(game), game.discriminator.get_weights()
    update_discriminator(game)
    # Not the generator: the fakes leave BatchNorm's moving statistics alone.
    assert changed(before, snapshot(game)) == {
        "discriminator", "discriminator_optimizer", "batches", "noise",
    }  # fmt: skip
    assert all(moved(weights, game.discriminator))


def test_generator_step_moves_the_generator_alone(game):
    update_discriminator(game)
    before, weights = snapshot(game), game.generator.get_weights()
    frozen, drawn = game.discriminator.get_weights(), [np.array(state) for state in masks(game)]
    update_generator(game)
    assert changed(before, snapshot(game)) == {
        "generator", "generator_optimizer", "noise", "discriminator",
    }  # fmt: skip
    assert all(moved(weights, game.generator))  # BatchNorm's moving statistics too
    # Of the discriminator only the states of its dropouts: a mask from each.
    assert not any(moved(frozen, game.discriminator))
    assert all(not np.array_equal(a, b) for a, b in zip(drawn, masks(game), strict=True))


def test_each_step_trains_once(game):
    for _ in range(3):
        update_discriminator(game)
    update_generator(game)
    assert int(game.discriminator.optimizer.iterations) == 3
    assert int(game.gan.optimizer.iterations) == 1
    assert int(game.batches.position) == 3


def test_optimizers_see_the_right_variables(game):
    sizes = [
        sum(int(np.prod(v.shape)) for v in optimizer._mean_squares)
        for optimizer in (game.discriminator.optimizer, game.gan.optimizer)
    ]
    assert sizes == [212_865, 840_321]  # the generator's without 384 moving statistics


def test_optimizers_are_those_of_the_slides_time(game):
    for optimizer in (game.discriminator.optimizer, game.gan.optimizer):
        config = optimizer.get_config()
        assert type(optimizer).__name__ == "RMSpropKeras2"
        assert (config["rho"], config["epsilon"]) == (0.9, 1e-7)
        assert config["learning_rate"] == pytest.approx(1e-3)


def next_noise(game):
    """The noise that the game will draw next."""
    state = game.streams["noise"].state
    before = np.array(state)
    noise = np.asarray(game.draw_noise())
    state.assign(before)
    return noise


def test_discriminator_gets_fakes_then_reals_in_one_batch(game, images, monkeypatch):
    update_generator(game)  # so that the moving statistics are no longer those at the start
    batches = recorded(game.discriminator, monkeypatch)
    noise = next_noise(game)
    update_discriminator(game)
    ((x, y),) = batches
    assert x.shape == (8, 28, 28, 1) and x.dtype == np.float32
    # As the slides' generator(noise): by the moving statistics, not by those of the batch.
    np.testing.assert_allclose(x[:4], game.generator(noise, training=False), atol=1e-5)
    assert np.abs(x[:4] - game.generator(noise, training=True)).max() > 0.1
    np.testing.assert_array_equal(x[4:], images[game.batches.order_of(0)[:4]])
    assert y.tolist() == [[0.0]] * 4 + [[1.0]] * 4


def test_generator_gets_fresh_noise_to_be_called_real(game, monkeypatch):
    batches = recorded(game.gan, monkeypatch)
    earlier = game.draw_noise()
    update_generator(game)
    update_generator(game)
    (first, y), (second, _) = batches
    assert first.shape == (4, 100) and y.tolist() == [[1.0]] * 4
    assert not np.array_equal(first, second) and not np.array_equal(first, earlier)


def moments(x):
    return x.mean((0, 1, 2)), x.var((0, 1, 2))


def test_generator_step_normalises_by_the_batch_and_updates_the_statistics(game):
    """Both BatchNorms by hand; the second one's input shows by what the first one normalised."""
    dense, _, first, convolution, second, _ = game.generator.layers
    random = np.random.default_rng(1)
    for layer in (first, second):
        size = layer.gamma.shape[0]
        settings = [(0.5, 1.5), (-1, 1), (-1, 1), (2, 3)]  # gamma, beta, moving mean and variance
        layer.set_weights([random.uniform(*limits, size) for limits in settings])
    gamma, beta, *moving_first = first.get_weights()
    moving_second = second.get_weights()[2:]

    x = np.asarray(dense(next_noise(game))).reshape(4, 7, 7, 128)
    batch_first = mean, variance = moments(x)
    x = np.asarray(convolution(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta))
    batch_second = moments(x)

    update_generator(game)
    for layer, befores, batches in [
        (first, moving_first, batch_first),
        (second, moving_second, batch_second),
    ]:
        for after, before, batch in zip(layer.get_weights()[2:], befores, batches, strict=True):
            # The step from before to after, a hundredth of the way.
            np.testing.assert_allclose(after - before, 0.01 * (batch - before), atol=1e-5)


def test_the_two_kinds_of_fakes_differ_at_the_start(game):
    """README.md: standard deviations of pixels of about 0.08 and 0.5."""
    noise = game.draw_noise(32)
    by_moving_statistics = game.generator.predict_on_batch(noise)
    by_the_batch = np.asarray(game.generator(noise, training=True))
    assert by_moving_statistics.std() == pytest.approx(0.08, abs=0.01)
    assert by_the_batch.std() == pytest.approx(0.5, abs=0.05)


def test_pictures_do_not_depend_on_one_another(game):
    """They are drawn by the moving statistics."""
    update_generator(game)
    noise = game.grid_noise
    ten = game.generator.predict_on_batch(noise[:10])
    np.testing.assert_allclose(ten[:1], game.generator.predict_on_batch(noise[:1]), atol=1e-5)


def test_dropout_is_active_in_both_steps(game, images):
    """With weights that stand still, another mask gives another loss and the same one the same."""
    noise, one, half = next_noise(game), np.ones((4, 1), "float32"), images[:8]
    for model, x, y in [
        (game.discriminator, half, np.repeat([[0.0], [1.0]], 4, axis=0)),
        (game.gan, noise, one),
    ]:
        game.discriminator.trainable = model is game.discriminator
        model.optimizer.learning_rate = 0.0
        before = [np.array(state) for state in masks(game)]
        first, second = (model.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(2))
        for state, value in zip(masks(game), before, strict=True):
            state.assign(value)
        again = model.train_on_batch(x, y, return_dict=True)["loss"]
        assert abs(second - first) > 1e-4
        assert again == pytest.approx(first, abs=1e-6)


def answer_always(game, logit):
    """Let the discriminator answer sigmoid(logit) to any image."""
    game.discriminator.layers[-1].set_weights([np.zeros((6272, 1)), np.array([logit])])


@pytest.mark.parametrize("probability", [0.8, 0.3])
def test_losses_and_accuracies_by_hand(game, probability):
    answer_always(game, np.log(probability / (1 - probability)))
    losses = update_discriminator(game)
    # Four fakes, -ln(1 - p) each, and four reals, -ln p each: the mean of all eight.
    expected = (-4 * np.log(1 - probability) - 4 * np.log(probability)) / 8
    assert losses["d_loss"] == pytest.approx(expected, rel=1e-5)
    real = probability > 0.5
    assert (losses["d_accuracy_real"], losses["d_accuracy_fake"]) == (real, not real)
    answer_always(game, np.log(probability / (1 - probability)))
    assert update_generator(game)["g_loss"] == pytest.approx(-np.log(probability), rel=1e-5)


def test_both_learn(images):
    """The discriminator tells bright reals from fakes; then the generator brings its loss down."""
    bright = np.full_like(images, 0.9)
    game = Game(replace(CONFIG, learning_rate=3e-4), bright)
    first = update_discriminator(game)["d_loss"]
    for _ in range(20):
        last = update_discriminator(game)["d_loss"]
    assert last < first / 2
    first = update_generator(game)["g_loss"]
    for _ in range(20):
        last = update_generator(game)["g_loss"]
    assert last < first - 1


def test_slides_preset_is_the_slides():
    slides = PRESETS["slides"]
    assert slides == Config()
    assert (slides.epochs, slides.iterations, slides.batch_size) == (50, None, 32)
    assert (slides.learning_rate, slides.training_images, slides.dtype) == (1e-3, None, "float32")
    assert train.BUFFER == 1000


def test_pixels_go_from_minus_1_to_1():
    """What the command trains on: Fashion-MNIST, scaled to the range of the generator's tanh."""
    (images,), _, _ = EXAMPLE.load(PRESETS["smoke"])
    raw, _ = datasets.load_training("fashion_mnist", PRESETS["smoke"])
    expected = raw.reshape(100, 28, 28, 1) / 127.5 - 1
    np.testing.assert_allclose(images, expected, atol=1e-6)
    assert expected.min() == -1 and expected.max() == 1


def test_reals_come_as_tf_data_shuffles_them(images):
    game = Game(replace(CONFIG, seed=7), images)
    seed = np.random.SeedSequence(7, spawn_key=(0,))
    order = shuffled(40, 1000, np.random.default_rng(seed))
    game.prepare()
    np.testing.assert_array_equal(game.batches.next(), images[order[:4]])


# Four iterations of preset slides with seed 0, on TensorFlow 2.21 and Keras 3.15 on a CPU. Another
# machine rounds otherwise, and a GAN lets differences grow, to 0.3 % in the fifth: hence few
# iterations and 0.1 %.
GOLDEN = """\
0.685769 0.286849
0.469173 0.514253
0.451885 0.447560
0.407043 0.771835"""


def test_golden_run():
    images, _ = datasets.load_training("fashion_mnist", Config())
    game = Game(Config(), datasets.scale(images, train.BLACK))
    rows = []
    for _ in range(4):
        losses = update_discriminator(game) | update_generator(game)
        rows.append([losses[name] for name in ("d_loss", "g_loss")])
    golden = [list(map(float, line.split())) for line in GOLDEN.splitlines()]
    np.testing.assert_allclose(rows, golden, rtol=1e-3)
