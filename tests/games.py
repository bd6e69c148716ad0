"""What the tests of games and layers share: games, single steps, who trains in one, and float64."""

import contextlib
import importlib
from dataclasses import replace

import keras
import numpy as np

from common import engines

TWO_PHASES = ("fashion_gan", "dcgan", "distribution_gan")  # as common.two_phases has them
EXAMPLES = ("mnist_wgan", *TWO_PHASES, "binarized_gan", "bilinear_gan")


LIKELY = ("beyond.vae", "beyond.pixelcnn", "beyond.rbm")  # say how probable an image is
BEYOND = (
    *LIKELY,
    "beyond.batch_equalisation",
    "beyond.cycle_gan",
    "beyond.progressive_gan",
    "beyond.guideline_dcgan",
)  # named by the lectures, not printed


def folder_of(example):
    """The folder of an example below the repository's."""
    return example.replace(".", "/")


def module(example, name="train"):
    return importlib.import_module(f"{example}.{name}")


def random_data(example, count):
    """The arrays of an example's game: random images in [0, 1], or what it has instead."""
    random = np.random.default_rng(0)
    if example == "distribution_gan":
        return (random.normal(size=count),)
    images = random.uniform(0, 1, (count, 28, 28, 1)).astype("float32")
    if example == "mnist_wgan":
        return 2 * images - 1, np.arange(count) % 10
    if example == "beyond.batch_equalisation":
        return 2 * images - 1, np.arange(count) % 4  # of four experimenters
    if example == "beyond.progressive_gan":
        return (2 * images - 1,)
    if example == "beyond.cycle_gan":
        return 2 * images - 1, 2 * images[::-1] ** 2 - 1  # of two domains
    return (np.round(images) if example == "binarized_gan" else images,)


def create_game(example, count=42, **settings):
    """An example's smallest game; of 42 samples an epoch has 10 batches of 4, and 2 sit it out."""
    train = module(example)
    settings = {"engine": "reference", "batch_size": 4, **settings}
    config = replace(train.PRESETS["smoke"], **settings)
    return train.Game(config, *random_data(example, count))


def discriminator_of(game):
    """The network beside the generator, or within it."""
    names = ("critic", "discriminator", "encoder", "network", "trainer")
    return next(getattr(game, name) for name in names if hasattr(game, name))


def update_discriminator(game):
    """One update of the discriminator by the game's engine: a dict of floats."""
    return engines.last(game.engine.play(game, 1, 1, generator=False))


def update_generator(game):
    """One update of the generator; see update_discriminator()."""
    return engines.last(game.engine.play(game, 1, 0))


def picture(recorder, iteration=0):
    """A picture of a game's samples as they are now."""
    return recorder.picture(recorder.keep(), iteration)


def next_noise(game):
    """The noise that a two-phase game will draw next."""
    state = game.streams["noise"].state
    before = np.array(state)
    noise = np.asarray(game.draw_noise())
    state.assign(before)
    return noise


def answer_always(game, logit):
    """Let the discriminator's last layer give a logit to any sample."""
    last = game.discriminator.layers[-1]
    kernel, bias = last.get_weights()
    last.set_weights([np.zeros_like(kernel), np.full_like(bias, logit)])


def masks(network):
    """The states of a network's dropouts: seed and number of masks drawn, of each."""
    dropouts = (x for x in network.layers if isinstance(x, keras.layers.Dropout))
    return [layer.seed_generator.state for layer in dropouts]


def snapshot(game):
    """A copy of every variable of a game, by name."""
    return {
        name: keras.ops.convert_to_numpy(variable).copy()
        for name, variable in game.variables().items()
    }


def restore(game, before):
    """Give the variables of a game the values of an earlier snapshot."""
    for name, variable in game.variables().items():
        variable.assign(before[name])


def changed(before, after):
    """Names of the holders (discriminator, generator, ...) of which a variable changed."""
    names = (name for name in before if not np.array_equal(before[name], after[name]))
    return {name.split("/")[0] for name in names}


def moved(before, model):
    """For each weight of a model, whether it differs from the one before."""
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


def recorded(model, monkeypatch):
    """Let a model's train_on_batch record the batches it is given."""
    batches, real = [], model.train_on_batch

    def record(x, y, **kwargs):
        batches.append((np.asarray(x), np.asarray(y)))
        return real(x, y, **kwargs)

    monkeypatch.setattr(model, "train_on_batch", record)
    return batches


def spoil(monkeypatch, game, step, loss, late, bad=float("nan")):
    """Let a loss of a class of games be no number after its real step where late(game) holds."""
    real = getattr(game, step)

    def spoilt(self, *drawn):
        losses = real(self, *drawn)
        return {**losses, loss: keras.ops.where(late(self), bad, losses[loss])}

    monkeypatch.setattr(game, step, spoilt)


@contextlib.contextmanager
def under(policy):
    """Networks that are made in the block have this dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def in_float64():
    """What is made in the block, networks, optimizers and losses, computes in float64."""
    before = keras.config.floatx()
    with under("float64"):  # first: where nobody has set a policy, Keras takes it from floatx
        keras.config.set_floatx("float64")
        try:
            yield
        finally:
            keras.config.set_floatx(before)
