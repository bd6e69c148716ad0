"""What is clipped, what the losses are, how often each step comes; see tests/test_games.py, too."""

import keras
import numpy as np
import pytest

from common.runs.checkpoints import Position
from common.runs.loop import CALL_SECONDS, calls
from mnist_wgan import train
from mnist_wgan.train import COLUMNS, PRESETS, clip_weights, targets
from tests.games import create_game, random_data, update_discriminator, update_generator


def test_clip_bounds_trainable_variables_only():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization()]
    )
    dense, norm = model.layers
    dense.set_weights([np.full((3, 4), 5.0), np.array([-5.0, -0.01, 0.005, 0.01])])
    norm.set_weights([np.full(4, v) for v in (1.0, -2.0, 3.0, 4.0)])
    clip_weights(model, 0.01)
    assert (dense.get_weights()[0] == np.float32(0.01)).all()
    np.testing.assert_array_equal(
        dense.get_weights()[1], np.array([-0.01, -0.01, 0.005, 0.01], "float32")
    )
    gamma, beta, mean, variance = norm.get_weights()
    assert (gamma == np.float32(0.01)).all() and (beta == np.float32(-0.01)).all()
    assert (mean == 3).all() and (variance == 4).all()  # statistics, not weights


def test_losses_are_those_of_a_hand_calculation(game):
    """The heads set by hand: status is 2 for any image, class k has probability (k + 1) / 55."""
    for name, bias in (("status", np.array([2.0])), ("class", np.log(np.arange(1, 11) / 55))):
        game.critic.get_layer(name).set_weights([np.zeros((8192, len(bias))), bias])
    digits = np.array([[0], [9], [4], [4]])
    probabilities = (digits[:, 0] + 1) / 55
    answer = game.critic.test_on_batch(
        random_data("mnist_wgan", 4)[0], targets(-1.0, digits), return_dict=True
    )  # without training: neither clip nor dropout
    assert answer["status_loss"] == pytest.approx(-2.0)
    assert answer["class_loss"] == pytest.approx(-np.log(probabilities).mean(), rel=1e-5)
    assert answer["loss"] == pytest.approx(-2.0 - np.log(probabilities).mean(), rel=1e-5)
    game.critic.trainable = False
    answer = game.combined.test_on_batch(
        list(game.draw_inputs()), targets(1.0, digits), return_dict=True
    )
    assert answer["status_loss"] == pytest.approx(2.0)
    assert answer["class_loss"] == pytest.approx(-np.log(probabilities).mean(), rel=1e-5)


def test_class_weight_weighs_the_class_loss():
    losses = update_discriminator(create_game("mnist_wgan", class_weight=10.0))
    expected = losses["d_true_wasserstein"] + 10 * losses["d_true_class"]
    assert losses["d_true"] == pytest.approx(expected, rel=1e-5)


def test_signs_train_the_critic_up_on_reals_and_down_on_fakes():
    """After 30 updates the critic calls reals higher than fakes: d_true < 0 < d_fake - class."""
    game = create_game("mnist_wgan", learning_rate=5e-4)
    for _ in range(30):
        losses = update_discriminator(game)
    assert losses["d_true_wasserstein"] < losses["d_fake_wasserstein"] - 0.1
    before = update_generator(game)["dg_wasserstein"]
    for _ in range(30):
        after = update_generator(game)["dg_wasserstein"]
    assert after < before  # the generator makes the critic say "real"


def test_reals_are_drawn_without_replacement_and_with_their_digits():
    images = random_data("mnist_wgan", 40)
    game = create_game("mnist_wgan", 40, batch_size=40)
    picked, digits = map(np.asarray, game.pick_real())
    assert picked.shape == (40, 28, 28, 1) and digits.shape == (40, 1)
    whole = {image.tobytes(): label for image, label in zip(*images, strict=True)}
    assert {image.tobytes() for image in picked} == set(whole)
    assert [whole[image.tobytes()] for image in picked] == list(digits[:, 0])
    assert not np.array_equal(game.pick_real()[0], picked)


def test_inputs_are_normal_noise_and_uniform_digits():
    game = create_game("mnist_wgan", batch_size=2000)
    noise, digits = map(np.asarray, game.draw_inputs())
    assert noise.shape == (2000, 100) and digits.shape == (2000, 1)
    assert noise.mean() == pytest.approx(0, abs=0.01) and noise.std() == pytest.approx(1, abs=0.01)
    counts = np.bincount(digits[:, 0], minlength=10)
    assert len(counts) == 10 and counts.min() > 140


def test_row_and_line_are_the_lectures(game):
    losses = {
        "d_true": -1849.921, "d_fake": 1408.130, "dg": -1282.885,
        **dict.fromkeys((c for c in COLUMNS if "_wasserstein" in c or "_class" in c), 1.5),
    }  # fmt: skip
    recorder = train.EXAMPLE.recorder(game)
    row = recorder.row(50, losses, 12.34567)
    assert tuple(row) == COLUMNS
    assert row["total"] == -1849.921 + 1408.130 and row["seconds"] == 12.346
    assert recorder.line(row) == (
        "50: [D true loss: -1849.921] [D fake loss: 1408.130] "
        "[DG loss: -1282.885] [Total loss: -441.791]"
    )
    late = {**row, "iteration": 24750, "d_true": 0.1663, "d_fake": 0.0420, "dg": 0.0335}
    assert recorder.line({**late, "total": 0.2083}) == (
        "24750: [D true loss: 0.1663] [D fake loss: 0.0420] [DG loss: 0.0335] [Total loss: 0.2083]"
    )


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_averaging_changes_the_result_but_not_the_game(engine):
    games = [create_game("mnist_wgan", engine=engine, averaging=a) for a in (0.0, 0.75)]
    assert games[1].result() is games[1].generator  # nothing to average yet
    mean = None
    for _ in range(3):
        plain, averaged = (game.engine.play(game, 1, 2) for game in games)
        assert plain == averaged
        weights = games[0].result().get_weights()
        mean = [0.75 * m + 0.25 * w for m, w in zip(mean or weights, weights, strict=True)]
    own, result = games[1].generator.get_weights(), games[1].result().get_weights()
    for ours, w, theirs in zip(mean, own, result, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-7)
        assert not np.allclose(theirs, w, rtol=1e-5, atol=1e-7)
    assert games[0].result() is games[0].generator


def test_script_preset_is_the_lecturers_file():
    """MNIST_wgan.py: BATCH_SIZE, ITERATIONS, D_ITERS, the 70,000 images, and d_iters = 100 where
    (it % 1000) < 25 or it % 500 == 0."""
    script = PRESETS["script"]
    assert (script.iterations, script.batch_size, script.training_images) == (25_000, 100, 70_000)
    assert (script.critic_updates, script.bursts, script.generator) == (5, True, "script")
    assert (script.learning_rate, script.clip, script.class_weight) == (5e-5, 0.01, 1.0)
    assert (script.log_every, script.dtype, script.averaging) == (50, "float32", 0.0)


def test_a_burst_has_a_hundred_updates_in_25_of_1000_iterations_and_every_500th(shared):
    game = create_game("mnist_wgan", critic_updates=5, bursts=True)
    assert [game.updates_before(i) for i in (0, 24, 25, 499, 500, 501, 999, 1000, 1024, 1025)] == [
        100, 100, 5, 5, 100, 5, 5, 100, 100, 5,
    ]  # fmt: skip
    assert sum(game.updates_before(i) for i in range(25_000)) == 25 * (26 * 100 + 974 * 5)
    assert {shared.updates_before(i) for i in range(1001)} == {2}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_run_plays_its_bursts(engine, monkeypatch):
    """28 iterations with two updates in the first 25 and one in the others."""
    monkeypatch.setattr(train, "BURST", 2)
    settings = {"engine": engine, "critic_updates": 1, "bursts": True, "iterations": 28}
    game = create_game("mnist_wgan", **settings, batch_size=1)
    seen = []
    for _, position, _ in calls(game, Position(0, 0), 28, CALL_SECONDS):
        taken = int(game.critic.optimizer.iterations) // 2
        assert taken == sum(map(game.updates_before, range(position.iteration))) + position.update
        seen.append(taken)
    assert seen[-1] == 25 * 2 + 3 and int(game.combined.optimizer.iterations) == 28
