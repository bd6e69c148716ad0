"""--lipschitz: the critic without clipping, by hand, in both engines and on both backends."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops

from common.cures import SpectralNormalization
from mnist_wgan import sample, train
from mnist_wgan.lecture import LATENT
from mnist_wgan.train import PRESETS, Config, Game
from tests import test_engines
from tests.commands import (
    TINY,
    arrays,
    assert_resumes_from_the_middle,
    on_jax,
    play,
    refused,
)
from tests.games import (
    changed,
    create_game,
    in_float64,
    masks,
    moved,
    random_data,
    snapshot,
    under,
    update_discriminator,
    update_generator,
)

ENGINES = test_engines.ENGINES
OTHERS = "gradient-penalty", "spectral"
RATE = 0.1


def after_an_update(answer, engine, monkeypatch, real=1.0, fake=0.5, shares=(0.5, 0.5), **settings):
    """Update a critic once with a gradient penalty, by gradient descent.

    Args:
        answer: function of images (batch, 28, 28, 1), symbolic, to the critic's status.
        real, fake: the brightness of all pixels of the two reals and of the two fakes.
        shares: of the reals.

    Returns:
        The update's losses, and the weights after it of all layers but the class head, which
        answers 1/10 for every digit.
    """

    def create_critic(*_):
        image = layers.Input((28, 28, 1))
        head = layers.Dense(10, "softmax", kernel_initializer="zeros", name="class")
        classes = head(layers.Flatten()(image))
        return keras.Model(image, {"status": answer(image), "class": classes}, name="critic")

    monkeypatch.setattr(train, "create_critic", create_critic)
    settings = {"engine": engine, "batch_size": 2, "learning_rate": RATE, **settings}
    config = replace(PRESETS["smoke"], lipschitz="gradient-penalty", **settings)
    game = Game(config, *random_data("mnist_wgan", 10), keras.optimizers.SGD)
    last = game.generator.layers[-2]  # a LeakyReLU follows
    last.set_weights([np.zeros(last.kernel.shape), np.full(1, fake)])
    drawn = (
        ops.full((2, 28, 28, 1), real), ops.array([[3], [7]], "int32"),
        ops.zeros((2, LATENT)), ops.array([[1], [9]], "int32"), ops.array(shares, "float32"),
    )  # fmt: skip
    monkeypatch.setattr(game, "draw_discriminator", lambda: drawn)
    losses = update_discriminator(game)
    kept = [layer for layer in game.critic.layers if layer.name != "class"]
    return losses, [weight for layer in kept for weight in layer.get_weights()]


def linear(a, b):
    """A critic's status a x + b y of an image's first two pixels x and y."""

    def answer(image):
        head = layers.Dense(1, use_bias=False, name="status")
        status = head(layers.Flatten()(image))
        head.set_weights([a * np.eye(784, 1) + b * np.eye(784, 1, -1)])
        return status

    return answer


@pytest.mark.parametrize("engine", ENGINES)
def test_a_linear_critic_learns_what_a_hand_calculation_gives(engine, monkeypatch):
    """Its slope has length 5 everywhere, so that the penalty is (5 - 1)^2, whose own slope by the
    weights w is 2 * (5 - 1) * w / 5; that of D(fake) - D(real) is 0.5 - 1 for each weight."""
    settings = {"gradient_penalty": 0.25, "class_weight": 10.0}
    losses, (weights,) = after_an_update(linear(3, 4), engine, monkeypatch, **settings)
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
def test_a_critic_without_a_slope_learns_without_nan(engine, monkeypatch):
    """The length of a gradient of 0 has no slope: only D(fake) - D(real) has one, 0.5 - 1."""
    losses, (weights,) = after_an_update(linear(0, 0), engine, monkeypatch)
    assert np.isfinite(list(losses.values())).all()
    np.testing.assert_allclose(weights, RATE * 0.5, rtol=1e-5)


def test_the_papers_weight_is_10(monkeypatch):
    given, left_out = (
        after_an_update(linear(3, 4), "reference", monkeypatch, gradient_penalty=weight)[1][0]
        for weight in (10.0, None)
    )
    np.testing.assert_array_equal(given, left_out)


def squared(image):
    """A critic's status (2 x)^2 / 2, summed over every second pixel of every second row: a
    convolution with 2 in its middle and 0 elsewhere."""
    kernel = np.zeros((5, 5, 1, 1))
    kernel[2, 2] = 2
    convolution = layers.Conv2D(1, 5, strides=2, padding="same", use_bias=False)
    x = convolution(image)
    convolution.set_weights([kernel])
    total = layers.Dense(1, use_bias=False, name="status")
    status = total(layers.Flatten()(layers.Multiply()([x, x])))
    total.set_weights([np.full((196, 1), 0.5)])
    return status


@pytest.mark.parametrize("engine", ENGINES)
def test_a_convolution_learns_what_a_hand_calculation_gives(engine, monkeypatch):
    """With k in the middle the slope is k^2 x at 196 pixels, of length 14 k^2 x. Reals are 0.25,
    fakes 0, shares 1 and 0.5: at k = 2 lengths are 14 and 7, and their slopes by k are 28 k x = 14
    and 7. D(real) is 98 k^2 / 16, D(fake) 0."""
    settings = {"real": 0.25, "fake": 0.0, "shares": (1.0, 0.5), "gradient_penalty": 0.1}
    losses, (kernel, _) = after_an_update(squared, engine, monkeypatch, **settings)
    assert losses["d_true_wasserstein"] == pytest.approx(-98 * 4 / 16)
    slope = -98 * 2 * 2 / 16 + 0.1 * (2 * (14 - 1) * 14 + 2 * (7 - 1) * 7) / 2
    assert kernel[2, 2, 0, 0] == pytest.approx(2 - RATE * slope, rel=1e-5)


def test_a_penalized_critic_takes_one_step_on_both_kinds_and_moves_alone():
    game = create_game("mnist_wgan", lipschitz="gradient-penalty")
    update_generator(game)  # so that the critic was frozen before
    before = snapshot(game)
    update_discriminator(game)
    assert changed(before, snapshot(game)) == {
        "critic", "critic_optimizer", "images", "noise", "digits", "shares",
    }  # fmt: skip
    assert int(game.learner.optimizer.iterations) == 1
    before, weights = snapshot(game), game.critic.get_weights()
    drawn = [np.array(x) for x in masks(game.critic)]
    update_generator(game)
    assert changed(before, snapshot(game)) == {
        "critic", "generator", "generator_optimizer", "noise", "digits",
    }  # fmt: skip
    assert not any(moved(weights, game.critic))
    for old, state in zip(drawn, masks(game.critic), strict=True):
        assert not np.array_equal(old, state)


@pytest.mark.parametrize(("lipschitz", "updates"), [("gradient-penalty", 1), ("spectral", 2)])
def test_nobody_is_clipped(lipschitz, updates):
    """Weights far outside [-0.01, 0.01] move by no more than RMSprop's first steps."""
    game = create_game("mnist_wgan", lipschitz=lipschitz)
    game.critic.trainable = True
    variables = game.critic.trainable_variables
    before = [np.array(variable) for variable in variables]
    assert len(variables) == 12 and max(np.abs(w).max() for w in before) > 0.05
    update_discriminator(game)
    for old, variable in zip(before, variables, strict=True):
        step = np.abs(np.array(variable) - old).max()
        assert step <= 1.001 * updates * game.config.learning_rate / np.sqrt(0.1)
        assert step > 0 or old.shape == (1,)  # D(fake) - D(real) has no slope by the status's bias


def test_clipping_has_the_slides_variables_and_draws_and_a_penalty_one_draw_more(game):
    clip, penalized = game, create_game("mnist_wgan", lipschitz="gradient-penalty")
    holders = {name.split("/")[0] for name in clip.variables()}
    assert holders == {
        "critic", "generator", "critic_optimizer", "generator_optimizer",
        "images", "noise", "digits", "grid",
    }  # fmt: skip
    more = penalized.variables().keys() - clip.variables().keys()
    assert {name.split("/")[0] for name in more} == {"shares"}
    ours, theirs = clip.draw_discriminator(), penalized.draw_discriminator()
    for one, other in zip(ours, theirs[:4], strict=True):
        np.testing.assert_array_equal(one, other)
    assert theirs[4].shape == (clip.config.batch_size,)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_the_generator_starts_as_with_clipping(lipschitz, shared):
    other = create_game("mnist_wgan", lipschitz=lipschitz)
    assert not any(moved(shared.generator.get_weights(), other.generator))


def normalized(network):
    return [layer for layer in network.layers if isinstance(layer, SpectralNormalization)]


def test_every_kernel_of_the_spectral_critic_is_normalized_and_none_of_the_generators():
    game = create_game("mnist_wgan", lipschitz="spectral")
    names = [layer.name for layer in normalized(game.critic)]
    assert len(names) == 6 and {"status", "class"} <= set(names)
    assert not normalized(game.generator)
    shapes = {name: answer.shape[1:] for name, answer in game.critic.output.items()}
    assert shapes == {"status": (1,), "class": (10,)}


def test_bfloat16_changes_neither_the_heads_nor_the_singular_values():
    plain = create_game("mnist_wgan", lipschitz="spectral").critic
    with under("mixed_bfloat16"):
        critic = create_game("mnist_wgan", lipschitz="spectral").critic
    images = ops.ones((2, 28, 28, 1))
    plain(images, training=True)
    assert {x.dtype.name for x in critic(images, training=True).values()} == {"float32"}
    for one, other in zip(normalized(plain), normalized(critic), strict=True):
        head = one.name in ("status", "class")
        assert other.layer.compute_dtype == ("float32" if head else "bfloat16")
        np.testing.assert_allclose(one.u, other.u, atol=1e-5)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_losses_are_finite_in_bfloat16(lipschitz):
    """Also with the slides' generator, whose images then are bfloat16."""
    with under("mixed_bfloat16"):
        game = create_game("mnist_wgan", lipschitz=lipschitz, engine="compiled", batch_size=2)
    losses = update_discriminator(game) | update_generator(game)
    assert np.isfinite(list(losses.values())).all()


def compare(lipschitz, iterations, within, **settings):
    """Hold the compiled engine to the reference: losses, weights, states of random numbers."""
    settings |= {"lipschitz": lipschitz, "critic_updates": 1}
    games = [test_engines.create_game("mnist_wgan", engine, **settings) for engine in ENGINES]
    test_engines.assert_equal_to_rounding(*games, within, within, iterations)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_compiled_gives_the_references_losses_and_weights(lipschitz):
    """In float64, with its faster layers, whose second derivatives the penalty takes."""
    with in_float64():
        compare(lipschitz, 3, 1e-9)


def test_compiled_gives_the_references_losses_and_weights_on_jax():
    code = "from tests.mnist_wgan import test_lipschitz; test_lipschitz.compare_on_jax()"
    assert on_jax(code) == "jax\n"


def compare_on_jax():
    """compare() in a process of its own, smaller, and what hand calculations give."""
    print(keras.backend.backend())
    for lipschitz in OTHERS:
        compare(lipschitz, 1, 1e-3, batch_size=2, learning_rate=5e-6)
    for test in (
        test_a_linear_critic_learns_what_a_hand_calculation_gives,
        test_a_critic_without_a_slope_learns_without_nan,
        test_a_convolution_learns_what_a_hand_calculation_gives,
    ):
        with pytest.MonkeyPatch.context() as monkeypatch:
            test("compiled", monkeypatch)


@pytest.mark.parametrize("lipschitz", OTHERS)
def test_a_resumed_run_goes_on_bit_for_bit_and_can_be_sampled(lipschitz, tmp_path, capsys):
    engine = {"gradient-penalty": "reference", "spectral": "compiled"}[lipschitz]
    argv = [*TINY, "--batch-size", 2, "--critic-updates", 1, "--iterations", 2, "--engine", engine]
    argv += ["--lipschitz", lipschitz, "--checkpoint-seconds", 0]
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    play(train.main, *argv, "--run-dir", whole)
    assert_resumes_from_the_middle(train.main, whole, resumed)
    assert "--lipschitz was" in refused(capsys, train.main, "--resume", resumed, "--lipschitz=clip")
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
def test_a_setting_without_a_use_is_refused_in_one_line(flags, says, capsys):
    assert says in refused(capsys, train.main, *flags.split())


def test_every_preset_takes_every_way_and_its_clip_is_left_alone():
    for preset in PRESETS.values():
        for lipschitz in OTHERS:
            assert replace(preset, lipschitz=lipschitz).clip == preset.clip
    assert Config().lipschitz == "clip" and Config().gradient_penalty is None
