"""The two phases: who trains, on what, with which losses; and the golden run."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from common.data import datasets
from common.data.batches import shuffled
from fashion_gan import train
from fashion_gan.train import EXAMPLE, PRESETS, Config, Game
from tests.games import (
    changed,
    moved,
    picture,
    recorded,
    snapshot,
    update_discriminator,
    update_generator,
)

CONFIG = replace(PRESETS["smoke"], engine="reference", batch_size=4)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(0, 1, (40, 28, 28, 1)).astype("float32")


@pytest.fixture
def game(images):
    return Game(CONFIG, images)


def test_discriminator_step_moves_the_discriminator_alone(game):
    update_generator(game)  # so that the discriminator was frozen before
    before, weights = snapshot(game), game.discriminator.get_weights()
    update_discriminator(game)
    assert changed(before, snapshot(game)) == {
        "discriminator", "discriminator_optimizer", "batches", "noise",
    }  # fmt: skip
    assert all(moved(weights, game.discriminator))


def test_generator_step_moves_the_generator_alone(game):
    update_discriminator(game)
    before, weights = snapshot(game), game.generator.get_weights()
    update_generator(game)
    assert changed(before, snapshot(game)) == {"generator", "generator_optimizer", "noise"}
    assert all(moved(weights, game.generator))


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
    assert sizes == [132_951, 136_634]


def test_optimizers_are_those_of_the_slides_time(game):
    for optimizer in (game.discriminator.optimizer, game.gan.optimizer):
        config = optimizer.get_config()
        assert type(optimizer).__name__ == "RMSpropKeras2"
        assert (config["rho"], config["epsilon"]) == (0.9, 1e-7)
        assert config["learning_rate"] == pytest.approx(1e-3)


def test_discriminator_gets_fakes_then_reals_in_one_batch(game, images, monkeypatch):
    batches = recorded(game.discriminator, monkeypatch)
    stream = game.streams["noise"].state
    before = np.asarray(stream).copy()
    noise = game.draw_noise()
    fakes = game.generator.predict_on_batch(noise)
    stream.assign(before)
    update_discriminator(game)
    ((x, y),) = batches
    assert x.shape == (8, 28, 28, 1) and x.dtype == np.float32
    np.testing.assert_array_equal(x[:4], fakes)
    np.testing.assert_array_equal(x[4:], images[game.batches.order_of(0)[:4]])
    assert y.tolist() == [[0.0]] * 4 + [[1.0]] * 4


def test_generator_gets_fresh_noise_to_be_called_real(game, monkeypatch):
    batches = recorded(game.gan, monkeypatch)
    earlier = game.draw_noise()
    update_generator(game)
    update_generator(game)
    (first, y), (second, _) = batches
    assert first.shape == (4, 30) and y.tolist() == [[1.0]] * 4
    assert not np.array_equal(first, second) and not np.array_equal(first, earlier)


def answer_always(game, logit):
    """Let the discriminator answer sigmoid(logit) to any image."""
    game.discriminator.layers[-1].set_weights([np.zeros((100, 1)), np.array([logit])])


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


def test_loss_looks_behind_the_sigmoid(game):
    """As tf.keras 2 did in a graph. From clipped probabilities no loss would pass 16.2."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras clips the probabilities on other backends")
    answer_always(game, 1000.0)
    assert update_discriminator(game)["d_loss"] == pytest.approx(500)  # reals 0, fakes 1000
    answer_always(game, -1000.0)
    assert update_generator(game)["g_loss"] == pytest.approx(1000)


def test_both_learn(images):
    """The discriminator tells reals from fakes; then the generator brings its loss down."""
    game = Game(replace(CONFIG, learning_rate=1e-4), images)
    first = update_discriminator(game)["d_loss"]
    for _ in range(30):
        last = update_discriminator(game)["d_loss"]
    assert last < first - 0.1
    first = update_generator(game)["g_loss"]
    for _ in range(30):
        last = update_generator(game)["g_loss"]
    assert last < first - 0.1


def test_epochs_and_iterations(images):
    def iterations(**settings):
        return Game(replace(CONFIG, **settings), images[:39]).iterations

    assert iterations(epochs=3, iterations=None) == 3 * 9  # 39 images: 9 batches of 4, 3 left over
    assert iterations(epochs=3, iterations=5) == 5
    assert iterations(epochs=3, iterations=1000) == 27


def test_slides_preset_is_the_slides():
    slides = PRESETS["slides"]
    assert slides == Config()
    assert (slides.epochs, slides.iterations, slides.batch_size) == (50, None, 32)
    assert (slides.learning_rate, slides.training_images, slides.dtype) == (1e-3, None, "float32")
    assert train.BUFFER == 1000
    images, _ = datasets.load_training("fashion_mnist", slides)
    assert len(images) == 60_000 and len(images) % 32 == 0
    scaled = datasets.scale(images[:100], train.BLACK)
    assert scaled.min() == 0 and scaled.max() == 1


def test_reals_come_as_tf_data_shuffles_them(images):
    game = Game(replace(CONFIG, seed=7), images)
    seed = np.random.SeedSequence(7, spawn_key=(0,))
    order = shuffled(40, 1000, np.random.default_rng(seed))
    game.prepare()
    np.testing.assert_array_equal(game.batches.next(), images[order[:4]])


def test_row_and_line(game):
    losses = {
        "g_loss": 1.23456, "d_loss": 0.5, "d_accuracy_real": 0.75, "d_accuracy_fake": 0.90625,
    }  # fmt: skip
    recorder = EXAMPLE.recorder(game)
    row = recorder.row(25, losses, 12.34567)
    assert tuple(row) == recorder.columns
    assert row["epoch"] == 2 and row["seconds"] == 12.346  # 10 batches in an epoch
    line = (
        "25: [epoch 2] [D loss: 0.5000] [G loss: 1.2346] [D accuracy: 75% of reals, 91% of fakes]"
    )
    assert recorder.line(row) == line


def test_sample_grid_is_a_hundred_images_of_fixed_noise(game):
    recorder = EXAMPLE.recorder(game)
    drawn = picture(recorder)
    assert drawn.shape == (560, 560) and drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, picture(recorder))
    assert len(np.unique(np.asarray(game.grid_noise), axis=0)) == 100


# Five iterations of preset slides with seed 0, on TensorFlow 2.21 and Keras 3.15 on a CPU. Another
# machine rounds otherwise, and a GAN lets differences grow: hence few iterations and 0.1 %.
GOLDEN = """\
0.544739 11.919978
1.135674 0.005108
2.804864 12.139950
0.395732 8.401076
0.077073 7.410575"""


def test_golden_run():
    images, _ = datasets.load_training("fashion_mnist", Config())
    game = Game(Config(), datasets.scale(images, train.BLACK))
    rows = []
    for _ in range(5):
        losses = update_discriminator(game) | update_generator(game)
        rows.append([losses[name] for name in ("d_loss", "g_loss")])
    golden = [list(map(float, line.split())) for line in GOLDEN.splitlines()]
    np.testing.assert_allclose(rows, golden, rtol=1e-3)
