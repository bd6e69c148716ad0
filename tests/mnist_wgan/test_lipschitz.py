"""--lipschitz: the critic without clipping, by hand, in both engines and on both backends."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from common.cures import SpectralNormalization
from mnist_wgan import sample, train
from mnist_wgan.lecture import LATENT
from mnist_wgan.train import PRESETS, Config, Game
from tests import test_engines
from tests.commands import arrays, assert_same_run, on_jax, refused
from tests.games import changed, in_float64, snapshot, update_discriminator, update_generator

ENGINES = "reference", "compiled"
OTHERS = "gradient-penalty", "spectral"
CONFIG = replace(PRESETS["smoke"], engine="reference", batch_size=4)
RATE = 0.1


def create_game(lipschitz, count=40, optimizer=train.RMSpropKeras2, **settings):
    """A game on random images."""
    images = np.random.default_rng(0).uniform(-1, 1, (count, 28, 28, 1)).astype("float32")
    config = replace(CONFIG, lipschitz=lipschitz, **settings)
    return Game(config, images, np.arange(count) % 10, optimizer)


def after_an_update(answer, engine, monkeypatch, real=1.0, fake=0.5, shares=(0.5, 0.5), **settings):
    """What one update with a gradient penalty, by gradient descent, makes of a critic.

    Args:
        answer: function of images (batch, 28, 28, 1), symbolic, to the critic's status.
        real, fake: the brightness of all pixels of the two reals and of the two fakes.
        shares: of the reals.

    Returns:
        The update's losses, and the critic's weights after it but for those of its class head,
        which answers 1/10 for every digit.
    """

    def create_critic():
        image = layers.Input((28, 28, 1))
        heads = layers.Dense(10, "softmax", kernel_initializer="zeros", name="class")
        classes = heads(layers.Flatten()(image))
        return keras.Model(image, {"status": answer(image), "class": classes}, name="critic")

    monkeypatch.setattr(train, "create_critic", create_critic)
    settings = {"engine": engine, "batch_size": 2, "learning_rate": RATE, **settings}
    game = create_game("gradient-penalty", optimizer=keras.optimizers.SGD, **settings)
    convolution = game.generator.layers[-2]  # a LeakyReLU follows
    convolution.set_weights([0 * convolution.kernel, np.full(1, fake)])
    drawn = [
        np.full((2, 28, 28, 1), real), np.array([[3], [7]], "int32"),
        np.zeros((2, LATENT)), np.array([[1], [9]], "int32"), np.array(shares),
    ]  # fmt: skip
    tensors = [keras.ops.convert_to_tensor(x, x.dtype.name.replace("64", "32")) for x in drawn]
    monkeypatch.setattr(game, "draw_discriminator", lambda: tuple(tensors))
    losses = update_discriminator(game)
    kept = [layer for layer in game.critic.layers if layer.name != "class"]
    return losses, [weight for layer in kept for weight in layer.get_weights()]


def linear(image):
    """A critic's status 3 a + 4 b of an image's first two pixels."""
    head = layers.Dense(1, use_bias=False, name="status")
    answer = head(layers.Flatten()(image))
    head.set_weights([np.eye(784, 1) * 3 + np.eye(784, 1, -1) * 4])
    return answer


@pytest.mark.parametrize("engine", ENGINES)
def test_penalty_of_a_linear_critic_by_hand(engine, monkeypatch):
    """Its slope has length 5 everywhere, so that the penalty is (5 - 1)^2. Its own slope by the
    weights is 2 * (5 - 1) * w / 5, that of D(fake) - D(real) 0.5 - 1 for either."""
    settings = {"gradient_penalty": 0.25, "class_weight": 10.0}
    losses, (weights,) = after_an_update(linear, engine, monkeypatch, **settings)
    assert losses["d_true_wasserstein"] == pytest.approx(-7)
    assert losses["d_fake_wasserstein"] == pytest.approx(3.5)
    for name in ("d_true", "d_fake"):
        assert losses[f"{name}_class"] == pytest.approx(np.log(10), rel=1e-5)
        expected = losses[f"{name}_wasserstein"] + 10 * losses[f"{name}_class"]
        assert losses[name] == pytest.approx(expected, rel=1e-5)
    slopes = [0.5 - 1 + 0.25 * 2 * 4 * w / 5 for w in (3, 4)]
    expected = [3 - RATE * slopes[0], 4 - RATE * slopes[1], *[RATE * 0.5] * 782]
    np.testing.assert_allclose(weights[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_papers_weight_is_10(engine, monkeypatch):
    given, left_out = (
        after_an_update(linear, engine, monkeypatch, gradient_penalty=weight)[1][0]
        for weight in (10.0, None)
    )
    np.testing.assert_array_equal(given, left_out)


def squared(image):
    """A critic's status (2 x)^2 / 2, summed over every second pixel of every second row: a
    convolution with 2 in its middle, and all else 0."""
    kernel = np.zeros((5, 5, 1, 1))
    kernel[2, 2] = 2
    convolution = layers.Conv2D(1, 5, strides=2, padding="same", use_bias=False)
    x = convolution(image)
    convolution.set_weights([kernel])
    x = layers.Multiply()([x, x])
    total = layers.Dense(1, use_bias=False, name="status")
    answer = total(layers.Flatten()(x))
    total.set_weights([np.full((196, 1), 0.5)])
    return answer


@pytest.mark.parametrize("engine", ENGINES)
def test_a_convolutions_second_derivative_by_hand(engine, monkeypatch):
    """With k in the middle the slope is k^2 x at 196 pixels, of length 14 k^2 x. Reals are 0.25,
    fakes 0 and shares 1 and 0.5: k = 2 gives x = 0.25 and 0.125, lengths 14 and 7, and their
    slopes by k are 28 k x. D(real) is 98 k^2 / 16, D(fake) 0."""
    settings = {"real": 0.25, "fake": 0.0, "shares": (1.0, 0.5), "gradient_penalty": 0.1}
    losses, (kernel, _) = after_an_update(squared, engine, monkeypatch, **settings)
    assert losses["d_true_wasserstein"] == pytest.approx(-98 * 4 / 16)
    slope = -98 * 2 * 2 / 16 + 0.1 * (2 * (14 - 1) * 14 + 2 * (7 - 1) * 7) / 2
    assert kernel[2, 2, 0, 0] == pytest.approx(2 - RATE * slope, rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_critic_without_a_slope_learns_on_without_nan(engine):
    """Its status 0 for any image: the length of a gradient of 0 has no slope of its own."""
    game = create_game("gradient-penalty", engine=engine)
    head = game.critic.get_layer("status")
    head.set_weights([0 * head.kernel, 0 * head.bias])
    for _ in range(2):
        losses = update_discriminator(game)
        assert np.isfinite(list(losses.values())).all()
    assert all(np.isfinite(w).all() for w in game.critic.get_weights())
    assert np.abs(head.kernel).max() > 0


def test_penalized_critic_takes_one_step_on_both_kinds_and_moves_alone():
    game = create_game("gradient-penalty")
    update_generator(game)
    before = snapshot(game)
    update_discriminator(game)
    assert changed(before, snapshot(game)) == {
        "critic", "critic_optimizer", "images", "noise", "digits", "shares",
    }  # fmt: skip
    assert int(game.learner.optimizer.iterations) == 1
    before = snapshot(game)
    update_generator(game)
    assert changed(before, snapshot(game)) == {
        "critic", "generator", "generator_optimizer", "noise", "digits",
    }  # fmt: skip
    same = [n for n, v in before.items() if n[:7] == "critic/" and v.shape != (2,)]
    for name in same:  # all of the critic but the states of its dropouts
        np.testing.assert_array_equal(before[name], game.variables()[name], err_msg=name)


@pytest.mark.parametrize(("lipschitz", "updates"), [("gradient-penalty", 1), ("spectral", 2)])
def test_nobody_is_clipped(lipschitz, updates):
    """Weights far outside [-0.01, 0.01] move by no more than RMSprop's first steps."""
    game = create_game(lipschitz)
    before = [np.array(v) for v in game.critic.trainable_variables]
    assert max(np.abs(w).max() for w in before) > 0.05
    update_discriminator(game)
    longest = updates * CONFIG.learning_rate / np.sqrt(0.1)
    for old, variable in zip(before, game.critic.trainable_variables, strict=True):
        step = np.abs(np.array(variable) - old).max()
        assert step <= 1.001 * longest and (step > 0 or old.ndim == 1)


def test_clipping_has_the_slides_variables_and_draws_and_a_penalty_draws_one_more():
    clip, penalized = (create_game(name) for name in ("clip", "gradient-penalty"))
    holders = {name.split("/")[0] for name in clip.variables()}
    assert holders == {
        "critic", "generator", "critic_optimizer", "generator_optimizer",
        "images", "noise", "digits", "grid",
    }  # fmt: skip
    more = penalized.variables().keys() - clip.variables().keys()
    assert {name.split("/")[0] for name in more} == {"shares"}
    ours, theirs = clip.draw_discriminator(), penalized.draw_discriminator()
    assert len(ours) == 4
    for one, other in zip(ours, theirs[:4], strict=True):
        np.testing.assert_array_equal(one, other)
    assert theirs[4].shape == (CONFIG.batch_size,)
    for one, other in zip(clip.generator.weights, penalized.generator.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_kernel_of_the_spectral_critic_is_normalized_and_none_of_the_generators():
    game = create_game("spectral")
    wrapped = [x.name for x in game.critic.layers if isinstance(x, SpectralNormalization)]
    assert len(wrapped) == 6 and {"status", "class"} <= set(wrapped)
    assert not any(isinstance(layer, SpectralNormalization) for layer in game.generator.layers)
    assert {name: x.shape[1:] for name, x in game.critic.output.items()} == {
        "status": (1,), "class": (10,),
    }  # fmt: skip


def test_bfloat16_changes_neither_the_heads_nor_the_largest_singular_values():
    games = [create_game("spectral")]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        games.append(create_game("spectral"))
    finally:
        keras.config.set_dtype_policy("float32")
    images = np.ones((2, 28, 28, 1), "float32")
    answers = [game.critic(images, training=True) for game in games]
    for name in ("status", "class"):
        assert answers[1][name].dtype == "float32"
    for one, other in zip(*(game.critic.layers for game in games), strict=True):
        if isinstance(one, SpectralNormalization):
            assert other.layer.compute_dtype == (
                "float32" if one.name in ("status", "class") else "bfloat16"
            )
            np.testing.assert_allclose(one.u, other.u, atol=1e-5)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_a_bfloat16_game_gives_finite_losses(lipschitz):
    """Also of the slides' generator, whose images then are bfloat16."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        game = create_game(lipschitz, engine="compiled", batch_size=2)
        losses = update_discriminator(game) | update_generator(game)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(list(losses.values())).all()


def compare(lipschitz, iterations, within, **settings):
    """Hold the compiled engine to the reference: losses, weights, random states."""
    games = [
        test_engines.create_game("mnist_wgan", engine, lipschitz=lipschitz, **settings)
        for engine in ENGINES
    ]
    theirs, ours = (test_engines.play(game, [iterations]) for game in games)
    for name in theirs:
        difference = np.abs(ours[name] - theirs[name]) / test_engines.size(theirs, name)
        assert difference.max() < within, (name, difference)
    test_engines.assert_close(*map(test_engines.weights, reversed(games)), within)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_compiled_gives_the_references_losses_and_weights(lipschitz):
    """With its faster layers, whose second derivatives the penalty takes: in float64."""
    with in_float64():
        compare(lipschitz, 5, 1e-9, critic_updates=2)


def test_so_it_does_on_jax():
    code = "from tests.mnist_wgan import test_lipschitz; test_lipschitz.compare_on_jax()"
    assert on_jax(code) == "jax\n"


def compare_on_jax():
    """compare() in a process of its own, smaller, and what the gradient penalty gives by hand."""
    print(keras.backend.backend())
    for lipschitz in OTHERS:
        compare(lipschitz, 2, 1e-3, batch_size=2, critic_updates=1, learning_rate=5e-6)
    for engine in ENGINES:
        for test in (
            test_penalty_of_a_linear_critic_by_hand,
            test_a_convolutions_second_derivative_by_hand,
        ):
            with pytest.MonkeyPatch.context() as monkeypatch:
                test(engine, monkeypatch)
        test_a_critic_without_a_slope_learns_on_without_nan(engine)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_a_resumed_run_goes_on_bit_for_bit_and_can_be_sampled(lipschitz, tmp_path, capsys):
    flags = ["--preset", "smoke", "--log-every", "1", "--lipschitz", lipschitz, "--iterations"]
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    assert train.main([*flags, "4", "--run-dir", str(whole)]) == 0
    assert train.main([*flags, "2", "--run-dir", str(halves)]) == 0
    other = refused(capsys, train.main, "--resume", halves, "--lipschitz", "clip")
    assert "--lipschitz was" in other
    assert train.main(["--resume", str(halves), "--iterations", "4"]) == 0
    assert_same_run(whole, halves)
    assert (whole / "report.html").exists() and (whole / "generator.keras").exists()
    drawn = arrays(sample, whole, tmp_path / "sevens.npz", "--digit", 7, "--count", 3)
    assert drawn["images"].shape == (3, 28, 28, 1)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--lipschitz spectral --clip 0.05", "--clip is 0.05, but must be left out beside"),
        ("--preset quick --lipschitz gradient-penalty --clip 0.01", "--lipschitz gradient-penalty"),
        ("--gradient-penalty 10", "--gradient-penalty is 10.0, but must be left out beside"),
        ("--lipschitz spectral --gradient-penalty 10", "left out beside --lipschitz spectral"),
        ("--lipschitz gradient-penalty --gradient-penalty 0", "must be above 0"),
        ("--lipschitz hinge", "hinge"),
    ],
)
def test_settings_without_a_use_are_one_line(flags, says, capsys):
    assert says in refused(capsys, train.main, *flags.split())


def test_every_preset_takes_every_way_without_a_word_on_its_clip():
    for preset in PRESETS.values():
        for lipschitz in OTHERS:
            assert replace(preset, lipschitz=lipschitz).clip == preset.clip
    assert Config().lipschitz == "clip" and Config().gradient_penalty is None
