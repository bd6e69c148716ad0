"""What the tutorial's "Future Improvements" change: smoothing and norms by hand, dropout in both
networks, another noise; in both engines, and over a resume."""

import functools

import keras
import numpy as np
import pytest
from keras import layers

from binarized_gan import sample, train
from binarized_gan.lecture import create_generator, discriminator_loss
from binarized_gan.train import smoothed_loss
from tests import games, test_engines
from tests.commands import arrays, assert_resumes_from_the_middle, on_jax, play
from tests.games import changed, recorded, snapshot, update_discriminator, update_generator

create_game = functools.partial(games.create_game, "binarized_gan")
ALL = {
    "generator_cost": "zero-sum", "label_smoothing": 0.1, "fake_smoothing": 0.1, "dropout": 0.3,
    "latent": 7, "noise": "uniform", "norm_penalty": 1e-3,
}  # fmt: skip


@pytest.mark.parametrize(("real", "fake"), [(0.9, 0.2), (0.9, 0.0), (1.0, 0.0)])
def test_smoothed_losses_by_hand(real, fake):
    """Reals answered 0.8 and 0.5, fakes 0.3 and 0.6: the mean over each, whatever their targets."""
    targets = np.array([[real], [real], [fake], [fake]], "float32")
    answers = np.array([[0.8], [0.5], [0.3], [0.6]], "float32")

    def crossentropy(target, answer):
        return -target * np.log(answer) - (1 - target) * np.log(1 - answer)

    reals = (crossentropy(real, 0.8) + crossentropy(real, 0.5)) / 2
    fakes = (crossentropy(fake, 0.3) + crossentropy(fake, 0.6)) / 2
    loss = float(smoothed_loss(targets, answers))
    assert loss == pytest.approx(reals + fakes, rel=1e-6)
    if (real, fake) == (1, 0):
        assert loss == pytest.approx(float(discriminator_loss(targets, answers)), rel=1e-6)


def test_the_discriminator_learns_with_smoothed_targets_and_is_judged_with_the_tutorials(
    monkeypatch,
):
    game = create_game(label_smoothing=0.1, fake_smoothing=0.2)
    batches = recorded(game.discriminator, monkeypatch)
    update_discriminator(game)
    ((x, targets),) = batches
    np.testing.assert_allclose(targets[:, 0], [0.9] * 4 + [0.2] * 4, rtol=1e-6)
    answers = np.asarray(game.discriminator.predict_on_batch(x))
    expected = float(smoothed_loss(targets, answers))
    assert game.discriminator.test_on_batch(x, targets) == pytest.approx(expected, rel=1e-5)
    plain = float(discriminator_loss(np.round(targets), answers))
    assert float(game.judge(x[:4], game.noise.value)["d_loss"]) == pytest.approx(plain, rel=1e-4)


def test_the_kernels_norms_join_the_discriminators_loss():
    game = create_game(norm_penalty=0.5)
    kernels = [w for w in game.discriminator.get_weights() if w.ndim == 2]
    bounds = [
        np.sqrt(np.abs(w).sum(0).max() * np.abs(w).sum(1).max()).astype("float64") for w in kernels
    ]
    assert len(bounds) == 2
    x, targets = np.ones((8, 28, 28, 1), "float32"), game.targets
    plain = float(discriminator_loss(targets, game.discriminator.predict_on_batch(x)))
    game.discriminator.trainable = True  # as where it learns
    loss = game.discriminator.test_on_batch(x, targets)
    assert loss == pytest.approx(plain + 0.5 * sum(bounds), rel=1e-5)


@pytest.mark.parametrize("cost", ["zero-sum", "maximum-likelihood"])
def test_the_generator_learns_with_its_cost_and_is_judged_with_the_tutorials(cost):
    game = create_game(generator_cost=cost)
    noise = game.draw_noise()
    p = np.asarray(game.discriminator.predict_on_batch(game.fakes(noise)), "float64")
    expected = {"zero-sum": np.log(1 - p), "maximum-likelihood": -p / (1 - p)}[cost].mean()
    loss = game.gan.test_on_batch(noise, game.called_real)
    assert loss == pytest.approx(expected, rel=1e-4)
    judged = game.judge(game.batches.images[:4], noise)
    assert float(judged["g_loss"]) == pytest.approx(-np.log(p).mean(), rel=1e-4)


def test_dropout_is_in_both_networks_where_the_generator_learns():
    game = create_game(dropout=0.3)
    kinds = [type(layer) for layer in game.gan.layers[0].layers[1:]]
    assert kinds == [layers.Dense, layers.Dropout, layers.Dense, layers.Reshape]
    noise = game.draw_noise()
    plain = create_generator()
    plain.set_weights(game.generator.get_weights())
    np.testing.assert_array_equal(game.fakes(noise), plain.predict_on_batch(noise))
    before = snapshot(game)
    update_discriminator(game)
    assert "generator" not in changed(before, snapshot(game))  # nor its masks' state
    before, weights = snapshot(game), game.generator.get_weights()
    update_generator(game)
    assert changed(before, snapshot(game)) == {
        "generator", "generator_optimizer", "discriminator",
    }  # fmt: skip
    moved = [k for k, x in snapshot(game).items() if not np.array_equal(x, before[k])]
    masks = [k for k in moved if k.startswith("discriminator/")]
    assert len(masks) == 1 and before[masks[0]].dtype.kind in "iu"  # of D its masks' state alone
    assert not any(map(np.array_equal, weights, game.generator.get_weights()))
    assert not any(isinstance(layer, layers.Dropout) for layer in game.result().layers)


def test_without_a_cure_the_game_has_the_tutorials_variables():
    names = {name.split("/")[0] for name in create_game().variables()}
    assert names == {
        "discriminator", "generator", "discriminator_optimizer", "generator_optimizer", "batches",
        "batch", "noise", "grid",
    }  # fmt: skip
    assert len(create_game().variables()) == len(create_game(dropout=0.3).variables()) - 2


def compare(**settings):
    create = functools.partial(test_engines.create_game, "binarized_gan", **ALL, **settings)
    test_engines.assert_equal_to_rounding(*map(create, test_engines.ENGINES), weights_within=1e-4)


def test_compiled_gives_the_references_losses_and_weights():
    compare()


def test_so_it_does_on_jax():
    code = "from tests.binarized_gan import test_cures; test_cures.compare_on_jax()"
    assert on_jax(code) == "jax\n"


def compare_on_jax():
    """compare() in a process of its own, at a rate at which no image changes sides by rounding."""
    print(keras.backend.backend())
    compare(learning_rate=1e-5)


def test_a_resumed_game_goes_on_bit_for_bit_with_the_reference_engine_too(tmp_path):
    test_engines.assert_resumes(lambda: create_game(**ALL), 3, 4, tmp_path)


def test_the_command_takes_them_and_saves_a_generator_without_dropout(tmp_path):
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in ALL.items()]
    argv = ["--preset", "smoke", *flags, "--epochs", 2, "--iterations", 4]
    folder = tmp_path / "run"
    play(train.main, *argv, "--checkpoint-seconds", 0, "--run-dir", folder)
    assert_resumes_from_the_middle(train.main, folder, tmp_path / "resumed")
    saved = keras.models.load_model(folder / "generator.keras")
    assert [type(layer) for layer in saved.layers] == [layers.Dense, layers.Dense, layers.Reshape]
    drawn = arrays(sample, folder, tmp_path / "a.npz", "--count", 50)
    assert drawn["noise"].shape == (50, 7) and drawn["noise"].min() >= 0
    np.testing.assert_allclose(drawn["images"], saved.predict(drawn["noise"], verbose=0), atol=1e-6)
