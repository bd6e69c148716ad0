"""What shows the asked digit early: --together, --fake-class-weight, --noise, --embedding."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from common import latent
from common.errors import UserError
from mnist_wgan import sample, train
from tests.commands import play
from tests.games import in_float64

FLAGS = {"together": True, "fake_class_weight": 0.0, "noise": "shifted", "embedding": 1.0}


def game(**changes):
    """A game of four images without dropout, which a hand computation could not follow."""
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    config = replace(train.PRESETS["smoke"], **{**FLAGS, **changes})
    made = train.Game(config, images, np.array([3, 1, 4, 1], "uint8"), keras.optimizers.SGD)
    for layer in made.critic.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    made.critic.trainable = True
    train.clip_weights(made.critic, config.clip)  # as the update itself does first
    return made


def test_the_critic_learns_digits_from_reals_alone_and_who_is_real_from_both():
    """By plain steps of 1 of the heads' biases, whose gradients are means of errors: of a class
    (probability - 1 where it is meant), of the status +1 for fakes less 1 for reals."""
    with in_float64():
        made = game(engine="reference", learning_rate=1.0, class_weight=2.0)
        images, labels, noise, digits = made.draw_discriminator()
        answers = ops.convert_to_numpy(made.critic(images)["class"])
        meant = np.eye(10)[np.array(labels)[:, 0]]
        before = {name: made.critic.get_layer(name).bias.numpy() for name in ("class", "status")}
        losses = made.update_discriminator(images, labels, noise, digits)
        after = {name: made.critic.get_layer(name).bias.numpy() for name in before}
    moved = -2.0 * (answers - meant).mean(axis=0)
    np.testing.assert_allclose(after["class"] - before["class"], moved, atol=1e-6)
    np.testing.assert_allclose(after["status"] - before["status"], 0, atol=1e-12)
    assert float(losses["d_fake"]) == float(losses["d_fake_wasserstein"])
    expected = float(losses["d_true_wasserstein"]) + 2 * float(losses["d_true_class"])
    assert float(losses["d_true"]) == pytest.approx(expected)


def test_fakes_count_as_much_as_reals_unless_told():
    with in_float64():
        made = game(engine="reference", learning_rate=1.0, fake_class_weight=None)
        drawn = made.draw_discriminator()
        images, labels, noise, digits = drawn
        fakes = made.generator.predict_on_batch([noise, digits])
        moved = 0
        for x, y in ((images, labels), (fakes, digits)):
            answers = ops.convert_to_numpy(made.critic(x)["class"])
            moved = moved - (answers - np.eye(10)[np.array(y)[:, 0]]).mean(axis=0)
        before = made.critic.get_layer("class").bias.numpy()
        made.update_discriminator(*drawn)
        after = made.critic.get_layer("class").bias.numpy()
    np.testing.assert_allclose(after - before, moved, atol=1e-6)


def test_both_engines_play_it():
    with in_float64():
        tables = []
        for engine in ("reference", "compiled"):
            made = game(engine=engine, learning_rate=1e-3)
            tables.append(made.engine.play(made, 2, 1))
    for name, values in tables[0].items():
        np.testing.assert_allclose(tables[1][name], values, rtol=1e-9, err_msg=name)


def test_noise_and_embedding_start_as_told_and_a_run_is_sampled_with_its_noise(tmp_path):
    made = game()
    weights = train.find_embedding(made.generator).numpy()
    assert 0.9 < np.abs(weights).max() <= 1.0 and weights.std() == pytest.approx(3**-0.5, abs=0.03)
    noise = np.concatenate([made.draw_inputs()[0] for _ in range(50)])
    assert noise.mean() == pytest.approx(0.6, abs=0.03) and noise.std() == pytest.approx(
        1, abs=0.03
    )
    assert made.grid_noise.mean() == pytest.approx(0.6, abs=0.1)
    run, out = tmp_path / "run", tmp_path / "a.npz"
    play(train.main, "--preset", "smoke", "--iterations", 1, "--noise", "shifted", "--run-dir", run)
    for show in ("samples", "walk", "digits"):
        play(sample.main, run, "--show", show, "--count", 10, "--out", out)
        assert np.load(out)["noise"].mean() == pytest.approx(0.6, abs=0.15), show


def test_a_walk_stays_as_far_from_the_mean_as_its_ends():
    start, end = latent.draw_noise(0, 2, 100, "shifted")
    path = latent.walk(start, end, 5, "shifted")
    np.testing.assert_allclose(path[[0, -1]], [start, end], atol=1e-5)
    lengths = np.linalg.norm(path - 0.6, axis=1)
    assert (lengths > 0.99 * min(lengths[0], lengths[-1])).all()


@pytest.mark.parametrize(
    "wrong", [{"together": False}, {"fake_class_weight": -1.0}, {"embedding": 0.0}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UserError, match=r"--fake-class-weight|--embedding"):
        replace(train.PRESETS["smoke"], **{**FLAGS, **wrong})
