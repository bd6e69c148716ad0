"""The page's game is the Python game: from the same weights, noise and data it gives the same
losses and weights over 50 updates, whatever the cure and the optimizer."""

import json
from dataclasses import fields

import keras
import numpy as np
import pytest
from keras import Sequential, layers, ops
from keras.optimizers import SGD

from common.data import ring
from common.two_phases import TwoPhaseGame, TwoPhaseSettings, rmsprop
from distribution_gan.train import Config, Game
from distribution_gan.values import DISTRIBUTIONS

ITERATIONS = 25  # 50 updates
TOLERANCE = 1e-4


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=0.5)


OPTIMIZERS = {"sgd": SGD, "rmsprop": rmsprop, "adam": adam}
SLOW = {"learning_rate": 2e-4}
CASES = {
    "the slides' game": ("sgd", {}),
    "RMSprop": ("rmsprop", SLOW),
    "Adam": ("adam", SLOW),
    "zero-sum": ("sgd", {"generator_cost": "zero-sum"}),
    "maximum likelihood": ("sgd", {"generator_cost": "maximum-likelihood", "learning_rate": 0.05}),
    "smoothing": ("sgd", {"label_smoothing": 0.1, "fake_smoothing": 0.05}),
    "dropout": ("sgd", {"dropout": 0.3, "batch_size": 32}),
    "replay": ("sgd", {"replay": 300, "replay_share": 0.5}),
    "norm penalty": ("adam", {"norm_penalty": 0.01, **SLOW}),
    "spectral normalization": ("sgd", {"spectral_normalization": True}),
    "gradient penalty": ("sgd", {"gradient_penalty": 1.0, "learning_rate": 0.05}),
    "both": ("sgd", {"gradient_penalty": 0.3, "spectral_normalization": True}),
    "three updates of D": ("sgd", {"discriminator_updates": 3, "batch_size": 32}),
    "D's own rate": ("sgd", {"discriminator_learning_rate": 0.1}),
    "other noise": ("sgd", {"latent": 3, "noise": "normal"}),
}
RING = {
    "ring": ("adam", SLOW),
    "ring, gradient penalty": ("sgd", {"gradient_penalty": 1.0, "learning_rate": 0.02}),
    "ring, spectral normalization": ("adam", {"spectral_normalization": True, **SLOW}),
}


def test_settings_of_the_games_are_all_played():
    played = {name for _, settings in CASES.values() for name in settings}
    ours = {field.name for field in fields(TwoPhaseSettings)} - {
        # Of a run, not of its updates.
        *"preset seed log_every engine checkpoint_seconds evaluate_every evaluate_count".split(),
        *"early_stopping tensorboard dtype device run_dir resume epochs iterations".split(),
        "learning_rate_schedule",  # in the page the rates are changed by hand
    }
    assert played == ours


def slow_but(cases, *quick):
    """Cases of which all but a few are slow: each takes seconds."""
    return [case if case in quick else pytest.param(case, marks=pytest.mark.slow) for case in cases]


@pytest.mark.parametrize("case", slow_but(CASES, "the slides' game", "both", "dropout"))
def test_game_of_numbers(open_page, case):
    optimizer, settings = CASES[case]
    config = Config(engine="reference", **settings)
    values = DISTRIBUTIONS["mixture"](np.random.default_rng(0), 4000)
    game = Game(config, values, OPTIMIZERS[optimizer])
    assert_equal(open_page(), game, optimizer)


@pytest.mark.parametrize("case", slow_but(RING, "ring"))
def test_game_of_points(open_page, case):
    optimizer, settings = RING[case]
    config = TwoPhaseSettings(engine="reference", batch_size=64, **settings)
    points = ring.points(4000, seed=0)
    networks = ring.create_generator, ring.create_discriminator
    game = TwoPhaseGame(config, points, *networks, 16, optimizer=OPTIMIZERS[optimizer])
    assert_equal(open_page(), game, optimizer)


def test_wasserstein_game_with_clipping(open_page):
    """arXiv:1701.07875, Algorithm 1, which no game of two phases here has: a critic without a
    sigmoid, trained on mean(critic(fakes)) - mean(critic(reals)), then clipped. Not by RMSprop,
    the paper's, which makes whole steps of the rounding in a gradient that cancels."""
    keras.utils.set_random_seed(0)
    units, rate, clip, batch = [16, 8], 0.1, 0.2, 32
    critic = Sequential(
        [layers.Input((1,)), *[layers.Dense(n, activation="relu") for n in units], layers.Dense(1)]
    )
    generator = Sequential(
        [
            layers.Input((3,)),
            *[layers.Dense(n, activation="relu") for n in units],
            layers.Dense(1, activation="tanh", use_bias=False),
            layers.Rescaling(0.5),
        ]
    )
    before = {"discriminator": lists(critic), "generator": lists(generator)}
    critic.compile(SGD(rate), lambda y, x: ops.mean(y * x))
    critic.trainable = False
    both = Sequential([generator, critic])
    both.compile(SGD(rate), lambda y, x: ops.mean(y * x))

    random = np.random.default_rng(0)
    samples = random.uniform(-0.4, 0.4, 1000).astype("float32")
    signs = np.array([[1.0]] * batch + [[-1.0]] * batch)
    steps, losses = [], []
    for _ in range(ITERATIONS):
        noise, again = random.normal(size=(2, batch, 3)).astype("float32")
        reals = random.choice(samples, batch)[:, None]
        critic.trainable = True
        # Of 2 * batch answers half are of either kind: twice their mean is the loss.
        x = np.concatenate([generator.predict_on_batch(noise), reals])
        d_loss = critic.train_on_batch(x, 2 * signs)
        critic.set_weights([np.clip(w, -clip, clip) for w in critic.get_weights()])
        critic.trainable = False
        g_loss = both.train_on_batch(again, -np.ones((batch, 1)))
        steps += [
            {"kind": "Discriminator", "noise": flat(noise), "reals": flat(reals)},
            {"kind": "Generator", "noise": flat(again)},
        ]
        losses += [d_loss, g_loss]
    settings = {
        "batchSize": batch, "generatorLearningRate": rate, "discriminatorLearningRate": rate,
        "optimizer": "sgd", "latent": 3, "generatorUnits": units, "discriminatorUnits": units,
        "wasserstein": True, "clip": clip,
    }  # fmt: skip
    page = play_in_page(open_page(), settings, samples, 1, before, steps)
    assert_close(page, losses, critic, generator)


def assert_equal(page, game, optimizer):
    """Play both games, 50 updates or more."""
    config, dimensions = game.config, game.generator.output_shape[-1]
    before = {
        "discriminator": lists(game.discriminator),
        "generator": lists(game.generator),
        "us": [flat(layer.u) for layer in game.discriminator.layers if hasattr(layer, "u")],
    }
    steps, losses = [], []
    for _ in range(ITERATIONS):
        game.prepare()
        for _ in range(game.discriminator_updates):
            drawn = game.draw_discriminator()
            steps.append(step_of(game, "Discriminator", drawn))
            losses.append(float(game.update_discriminator(*drawn)["d_loss"]))
        drawn = game.draw_generator()
        steps.append(step_of(game, "Generator", drawn))
        losses.append(float(game.update_generator(*drawn)["g_loss"]))
    units = [
        [weights_of(layer)[0].shape[1] for layer in network.layers if weights_of(layer)][:-1]
        for network in (game.generator, game.discriminator)
    ]
    rate = config.learning_rate
    settings = {
        "batchSize": config.batch_size,
        "generatorLearningRate": rate,
        "discriminatorLearningRate": config.discriminator_learning_rate or rate,
        "discriminatorUpdates": config.discriminator_updates,
        "optimizer": optimizer,
        "generatorCost": config.generator_cost,
        "latent": game.latent,
        "generatorUnits": units[0],
        "discriminatorUnits": units[1],
        "labelSmoothing": config.label_smoothing,
        "fakeSmoothing": config.fake_smoothing,
        "replay": config.replay,
        "replayShare": config.replay_share,
        "gradientPenalty": config.gradient_penalty,
        "spectralNormalization": config.spectral_normalization,
        "normPenalty": config.norm_penalty,
        "dropout": config.dropout or 0,
    }
    samples = np.asarray(game.batches.images)
    played = play_in_page(page, settings, samples, dimensions, before, steps)
    assert_close(played, losses, game.discriminator, game.generator)


def step_of(game, kind, drawn):
    """What a step draws, as the page takes it."""
    names = ["noise", "reals"] if kind == "Discriminator" else ["noise"]
    names += ["picks"] * bool(game.config.replay) + ["shares"] * bool(game.config.gradient_penalty)
    step = {"kind": kind} | {n: flat(x) for n, x in zip(names, drawn, strict=False)}
    batch = game.config.batch_size * (2 if kind == "Discriminator" else 1)
    masks = []
    before = None
    for layer in game.discriminator.layers:
        if isinstance(layer, layers.Dropout):
            # The same draw as the layer's next.
            seed = keras.random.SeedGenerator(0)
            seed.state.assign(layer.seed_generator.state)
            ones = ops.ones((batch, before.units))
            masks.append(flat(keras.random.dropout(ones, layer.rate, seed=seed)))
        before = layer
    return step | ({"masks": masks} if masks else {})


def play_in_page(page, settings, samples, dimensions, before, steps):
    """Play the steps with the page's game: its losses and weights."""
    handed = {
        "settings": {**SLIDES, **settings}, "samples": flat(samples), "dimensions": dimensions,
        "before": before, "steps": steps,
    }  # fmt: skip
    answer = page.evaluate(
        """async (handed) => {
          const { settings, samples, dimensions, before, steps } = JSON.parse(handed);
          await lab.startBackend();
          const game = new lab.Game(settings, Float32Array.from(samples), dimensions, 0);
          game.load(before);
          const losses = steps.map(({ kind, masks, ...drawn }) => {
            for (const name of Object.keys(drawn)) drawn[name] = Float32Array.from(drawn[name]);
            if (masks) drawn.masks = game.asMasks(masks);
            return game[`update${kind}`](drawn).loss;
          });
          return JSON.stringify({ losses, ...game.weights() });
        }""",
        json.dumps(handed),
    )
    return json.loads(answer)


# The page's settings without any cure; each game here names those that matter to it.
SLIDES = {
    "discriminatorUpdates": 1, "generatorCost": "flipped", "noise": "uniform", "labelSmoothing": 0,
    "fakeSmoothing": 0, "replay": 0, "replayShare": 1, "gradientPenalty": 0,
    "spectralNormalization": False, "normPenalty": 0, "wasserstein": False, "clip": 1, "dropout": 0,
}  # fmt: skip


def assert_close(played, losses, discriminator, generator):
    """The losses, and each kernel and bias as a whole: an optimizer that divides by the size of a
    gradient makes whole steps of gradients that are nothing but rounding."""
    assert len(losses) >= 50
    np.testing.assert_allclose(played["losses"], losses, rtol=TOLERANCE, atol=TOLERANCE)
    for name, network in (("discriminator", discriminator), ("generator", generator)):
        for ours, theirs in zip(played[name], map(np.array, lists(network)), strict=True):
            assert np.linalg.norm(ours - theirs) <= TOLERANCE * max(np.linalg.norm(theirs), 1), name


def lists(network):
    """A network's kernels and biases, in order."""
    return [flat(w) for layer in network.layers for w in weights_of(layer)]


def weights_of(layer):
    dense = getattr(layer, "layer", layer)
    return [
        w for w in (getattr(dense, "kernel", None), getattr(dense, "bias", None)) if w is not None
    ]


def flat(array):
    return np.asarray(array, "float64").ravel().tolist()
