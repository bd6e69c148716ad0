"""Each example's game is that of its lecture.py, which is the definition of correct: from the same
weights and inputs come the same losses and weights, with both engines.

In float64, where rounding has not grown to 1e-9 after 20 iterations. Dropout is on: both sides
begin with the same states of its random numbers and go through the networks in the same order.
"""

import functools
import importlib
import inspect
import itertools
import types
from unittest import mock

import numpy as np
import pytest
from keras.optimizers import Adam

from tests import test_engines
from tests.games import discriminator_of, in_float64

EXAMPLES = tuple(test_engines.EXAMPLES)
WITHIN = 1e-9
OPPONENTS = {"mnist_wgan": "critic", "beyond.vae": "encoder", "beyond.pixelcnn": "network"}
WITH_DECODER = ("beyond.batch_equalisation",)  # a third network
TRANSLATES = (*WITH_DECODER, "beyond.cycle_gan")  # images in place of noise, both steps the same
ALONE = ("beyond.pixelcnn",)  # whose lecture.py has one network; the generator is made of it
ITERATIONS_OF_RBM = 100 * 13  # of 100 epochs
STAGE_OF_PROGRESSIVE = 6  # iterations; at 8 pixels and more new layers fade in for three of them
BATCH_OF_VAE, EPOCH_OF_VAE = 20, 13  # images, and batches until the rate changes
STEPS = {"dcgan": "fashion_gan"}  # whose lecture.py has the steps, if not the example's own


def create_game(example, engine):
    """A game that is the lecture's but for small batches and, since in mnist_wgan a difference of
    rounding grows with every critic update, one of these before each generator update."""
    settings = {"critic_updates": 1, "batch_size": 2} if example == "mnist_wgan" else {}
    return test_engines.create_game(example, engine, **settings)


def state(*networks):
    """All that networks hold: weights, BatchNorm's statistics, the states of dropout's masks."""
    return [np.array(variable) for network in networks for variable in network.variables]


@functools.cache
def played(example, engine):
    """Play a game: its networks' state before, what each step drew, its losses, the state after.

    What it drew is told by another game from the same seed, since an engine keeps it to itself.
    """
    with in_float64():
        game, other = create_game(example, engine), create_game(example, "reference")
        networks = (discriminator_of(game), game.generator)[: 1 if example in ALONE else 2]
        if example in WITH_DECODER:
            networks = (game.discriminator, game.decoder, game.generator)
        start = state(*networks)
        losses = test_engines.play(game)
        draws = []
        for _ in range(test_engines.ITERATIONS):
            other.prepare()
            drawn = [other.draw_discriminator() for _ in range(game.discriminator_updates)]
            draws.append(
                (
                    [list(map(np.array, d)) for d in drawn],
                    list(map(np.array, other.draw_generator())),
                )
            )
        return start, draws, losses, state(*networks)


def steps_of(example, program, discriminator, *decoder, generator):
    """Two functions of a game's draws, which take the two steps of a lecture.py and return their
    losses under the game's names."""
    if example == "mnist_wgan":
        DG = program.create_DG(discriminator, generator)

        def train_critic(*drawn):
            d_true, d_fake = program.train_critic(discriminator, generator, *drawn)
            return {"d_true": d_true, "d_fake": d_fake}

        return train_critic, lambda *drawn: {
            "dg": program.train_generator(discriminator, DG, *drawn)
        }
    if example == "bilinear_gan":
        # Python's 0.9 goes through float32 on its way into Keras's Adam, also in float64.
        decays = {"beta_1": np.float64(0.9), "beta_2": np.float64(0.999)}

        def train_both(*drawn):
            with mock.patch.object(program, "Adam", functools.partial(Adam, **decays)):
                g_loss, d_loss = program.train_step(generator, discriminator, *drawn)
            return {"d_loss": d_loss, "g_loss": g_loss}

        return None, train_both
    if example == "beyond.vae":  # whose discriminator is an encoder
        vae = program.create_vae(discriminator, generator, BATCH_OF_VAE)
        taken = itertools.count()

        def train_vae(*drawn):
            vae.optimizer.learning_rate = program.rate(next(taken) // EPOCH_OF_VAE)
            losses = program.train_step(vae, *drawn)
            return {name.removesuffix("_loss"): loss for name, loss in losses.items()}

        return None, train_vae
    if example == "beyond.pixelcnn":
        program.compile_network(discriminator)
        return None, lambda images: {"loss": program.train_step(discriminator, images)}
    if example == "beyond.rbm":  # whose discriminator trains the generator's own machine
        chains = [np.array(create_game(example, "reference").chains)]
        taken = itertools.count()

        def train_rbm(images, chances):
            discriminator.optimizer.learning_rate = program.rate(next(taken) / ITERATIONS_OF_RBM)
            losses, chains[0] = program.train_step(discriminator, images, chains[0], chances[0])
            return {
                "loss": losses["loss"], "data": losses["data_loss"],
                "chains": -losses["chains_loss"],
            }  # fmt: skip

        return None, train_rbm
    if example == "beyond.progressive_gan":
        taken, made = itertools.count(), {}

        def train_stage(noise, reals, shares, alpha):
            side, expected = program.stage(next(taken), STAGE_OF_PROGRESSIVE)
            assert reals.shape[1] == side and alpha == pytest.approx(expected)
            program.fade_in((generator, discriminator), side, expected)
            if side not in made:
                made.clear()
                made[side] = program.create_gan(generator, discriminator, side)
            d = program.train_discriminator(*made[side], noise, reals, shares)
            return {"d_loss": d["loss"], "distance": d["distance"]}

        def train_grower(noise):
            ((gan, _),) = made.values()
            return {"g_loss": program.train_generator(gan, noise)}

        return train_stage, train_grower
    gan = program.create_gan(generator, *decoder, discriminator)
    if example in WITH_DECODER:

        def train_coders(*drawn):
            losses = program.train_generator(gan, *drawn)
            parts = {"g_loss": "answers_loss", "reconstruction": "again_loss"}
            return {"loss": losses["loss"], **{k: losses[v] for k, v in parts.items()}}

        return lambda *drawn: {"d_loss": program.train_discriminator(gan, *drawn)}, train_coders
    if example == "beyond.cycle_gan":

        def train_translators(*drawn):
            g = program.train_generator(gan, *drawn)
            parts = {"g_loss": "answer", "cycle": "again", "identity": "same"}
            sums = {k: g[f"{v}_x_loss"] + g[f"{v}_y_loss"] for k, v in parts.items()}
            return {"loss": g["loss"], **sums}

        return lambda *drawn: {
            "d_loss": program.train_discriminator(gan, *drawn)
        }, train_translators
    if example == "binarized_gan":
        batch = []

        def train_discriminator(*drawn):
            batch[:] = drawn
            program.train_discriminator(gan, *batch)
            return {}

        def train_generator():
            program.train_generator(gan, batch[0])
            d_loss, g_loss = program.batch_losses(gan, *batch)
            accuracy = program.discriminator_accuracy(gan, *batch)
            return {"d_loss": d_loss, "g_loss": g_loss, "accuracy": accuracy}

        return train_discriminator, train_generator
    return (
        lambda *drawn: {"d_loss": program.train_discriminator(gan, *drawn)},
        lambda *drawn: {"g_loss": program.train_generator(gan, *drawn)},
    )


def networks_of(example, lecture, program):
    """A lecture.py's two networks, the generator behind the other; or the one that it has."""
    if example == "beyond.rbm":
        generator = program.create_generator()
        return program.create_trainer(generator.layers[1].rbm), generator
    if example == "beyond.progressive_gan":
        return program.create_discriminator(), program.create_generator()
    opponent = getattr(lecture, f"create_{OPPONENTS.get(example, 'discriminator')}")()
    decoder = [lecture.create_decoder()] if example in WITH_DECODER else []
    return [opponent] if example in ALONE else [opponent, *decoder, lecture.create_generator()]


def compare(example, engine, program=None, iterations=test_engines.ITERATIONS, swapped=False):
    """Play a lecture.py with what a game drew, and hold its losses to the game's, at the end its
    networks, too.

    Args:
        program: lecture.py, or what was made of it.
        swapped: take an iteration's two steps in the other order.
    """
    lecture = importlib.import_module(f"{example}.lecture")
    program = program or importlib.import_module(f"{STEPS.get(example, example)}.lecture")
    start, draws, expected, end = played(example, engine)
    if example == "binarized_gan":
        both = expected["d_accuracy_real"] + expected["d_accuracy_fake"]
        expected = {**expected, "accuracy": both / 2}
    with in_float64():
        networks = networks_of(example, lecture, program)
        variables = [variable for network in networks for variable in network.variables]
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        *others, generator = networks if len(networks) > 1 else networks * 2
        learn, fool = steps_of(example, program, *others, generator=generator)
        for iteration, (for_learning, for_fooling) in enumerate(draws[:iterations]):
            steps = [(learn, drawn) for drawn in for_learning] + [(fool, for_fooling)]
            losses = {}
            for step, drawn in reversed(steps) if swapped else steps:
                losses |= step(*drawn)
            for name, loss in losses.items():
                there = expected[name][iteration]
                assert loss == pytest.approx(there, rel=WITHIN, abs=WITHIN), (iteration, name)
        if iterations == len(draws):
            for ours, theirs in zip(state(*networks), end, strict=True):
                assert np.linalg.norm(ours - theirs) <= WITHIN * np.linalg.norm(theirs)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_game_is_the_lectures(example, engine):
    compare(example, engine)


def changed(example, *texts):
    """An example's lecture.py with the first of each two texts, which stands there once, made the
    second."""
    source = inspect.getsource(importlib.import_module(f"{example}.lecture"))
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    program = types.ModuleType("changed")
    exec(source, program.__dict__)
    return program


TRUE = "D_true = D.train_on_batch(r_images, {}, return_dict=True)"
MUTATIONS = {
    "mnist_wgan: sign": ("return ops.mean(", "return -ops.mean("),
    "mnist_wgan: target of reals": ("-np.ones(r_classes", "np.ones(r_classes"),
    "mnist_wgan: target of DG": ('us": -np.ones(f_classes', 'us": np.ones(f_classes'),
    "mnist_wgan: clip": ("-0.01, 0.01", "-0.011, 0.011"),
    "mnist_wgan: rate": ("G, learning_rate=5e-5", "G, learning_rate=5.1e-5"),
    "mnist_wgan: fakes before reals": (
        TRUE.format("y_true"), "r_true = y_true",
        "return D_true", f"{TRUE.format('r_true')}; return D_true",
    ),
    "fashion_gan: targets": ("[[0.0]] * len(noise) + [[1.0]]", "[[1.0]] * len(noise) + [[0.0]]"),
    "fashion_gan: target of gan": ("y2 = np.array([[1.0]]", "y2 = np.array([[0.0]]"),
    "fashion_gan: rate": ("or, learning_rate=1e-3", "or, learning_rate=1.01e-3"),
    "fashion_gan: reals before fakes": ("generated_images, X_batch]", "X_batch, generated_images]"),
    "dcgan: fakes by their statistics": ("generator(noise)", "generator(noise, training=True)"),
    "dcgan: frozen all along": ("nator.trainable = True", "nator.trainable = False"),
    "binarized_gan: sign": ("return -ops.sum(", "return ops.sum("),
    "binarized_gan: target of fakes": ("1 - y_true, 1 - y_pred", "1 - y_true, y_pred"),
    "binarized_gan: rate": ("or, learning_rate=1e-3", "or, learning_rate=1.01e-3"),
    "binarized_gan: fakes before reals": ("[real_batch, fakes]", "[fakes, real_batch]"),
    "binarized_gan: epsilon": ("epsilon=1e-8), generator_loss", "epsilon=1e-7), generator_loss"),
    "bilinear_gan: sign": ("return -sigmoid_cross_entropy", "return sigmoid_cross_entropy"),
    "bilinear_gan: target of reals": ("ones_like(real), real", "zeros_like(real), real"),
    "bilinear_gan: rate": ("images, learning_rate=1e-3", "images, learning_rate=1.01e-3"),
    "bilinear_gan: epsilon": ("1e-8).apply(grads_of_gen", "1e-7).apply(grads_of_gen"),
    "beyond.vae: sign": (": -log_likelihood(", ": log_likelihood("),
    "beyond.vae: kl": ("1 - log_variance", "1 + log_variance"),
    "beyond.vae: reparametrisation": ("(log_variance / 2)", "(log_variance)"),
    "beyond.vae: rate": ("rate(epoch, learning_rate=1e-3", "rate(epoch, learning_rate=1.01e-3"),
    "beyond.vae: epsilon": ("1e-4 / batch_size", "1e-4"),
    "beyond.pixelcnn: sign": ("return -log_likelihood(", "return log_likelihood("),
    "beyond.pixelcnn: order": ("for each in (images, logits)", "for each in (logits, images)"),
    "beyond.pixelcnn: rate": ("network, learning_rate=1e-3", "network, learning_rate=1.01e-3"),
    "beyond.pixelcnn: optimizer": ("e(RMSprop(", "e(keras.optimizers.Adam("),
    "beyond.rbm: sign": ("-rbm(chains)", "rbm(chains)"),
    "beyond.rbm: free energy": ("ops.softplus(inputs)", "ops.relu(inputs)"),
    "beyond.rbm: not persistent": ('("rbm"), chains, ch', '("rbm"), images, ch'),
    "beyond.rbm: chances": ("h), chances[:, :VISIBLE]", "h), chances[:, -VISIBLE:]"),
    "beyond.rbm: rate": ("progress, learning_rate=0.05", "progress, learning_rate=0.0505"),
    "beyond.batch_equalisation: whose": ("full_like(numbers, REFERENCE)", "full_like(numbers, 1)"),
    "beyond.batch_equalisation: keep": ("KEEP = 10.0", "KEEP = 10.1"),
    "beyond.batch_equalisation: rate": ("g_rate=2e-4", "g_rate=2.1e-4"),
    "beyond.batch_equalisation: momentum": ("beta_1=0.5", "beta_1=0.6"),
    "beyond.batch_equalisation: raw": (
        "train_on_batch(generator([images, numbers])", "train_on_batch(images",
    ),
    "beyond.batch_equalisation: not frozen": (
        'gan.get_layer("discriminator").trainable = False',
        'gan.get_layer("discriminator").trainable = True',
    ),
    "beyond.cycle_gan: targets": (
        "concatenate([ops.zeros(shape), ops.ones(shape)])",
        "concatenate([ops.ones(shape), ops.zeros(shape)])",
    ),
    "beyond.cycle_gan: target of gan": ("ones = ops.ones(", "ones = ops.zeros("),
    "beyond.cycle_gan: fakes": ("concatenate([fake_x, x])", "concatenate([x, x])"),
    "beyond.cycle_gan: cycle": ("CYCLE = 10.0", "CYCLE = 10.1"),
    "beyond.cycle_gan: one way": ('"again_y": cycle', '"again_y": 0.0'),
    "beyond.cycle_gan: identity": ("IDENTITY = 5.0", "IDENTITY = 5.1"),
    "beyond.cycle_gan: absolute": ('else "mae"', 'else "mse"'),
    "beyond.cycle_gan: rate": ("rate=2e-4", "rate=2.1e-4"),
    "beyond.cycle_gan: momentum": ("beta_1=0.5", "beta_1=0.6"),
    "beyond.cycle_gan: not frozen": (
        'gan.get_layer("discriminator").trainable = False',
        'gan.get_layer("discriminator").trainable = True',
    ),
    "beyond.progressive_gan: sign": ("ops.mean(fakes) - ops.mean(reals)", "ops.mean(reals)"),
    "beyond.progressive_gan: sign of gan": ("return -y_pred", "return y_pred"),
    "beyond.progressive_gan: penalty": ("PENALTY = 10.0", "PENALTY = 10.1"),
    "beyond.progressive_gan: drift": ("DRIFT = 0.001", "DRIFT = 0.01"),
    "beyond.progressive_gan: rate": ("side, learning_rate=1e-3", "side, learning_rate=1.01e-3"),
    "beyond.progressive_gan: momentum": ("beta_1=0.0", "beta_1=0.5"),
    "beyond.progressive_gan: scale": ("gain / math.sqrt(inputs)", "gain / inputs"),
    "beyond.progressive_gan: pixel norm": ("1e-8)\n\n\ndef m", "1e-2)\n\n\ndef m"),
    "beyond.progressive_gan: batch of both": (
        '{"fakes": self.discriminator(x[0]), "reals": self.discriminator(x[1])}',
        'dict(zip(("fakes", "reals"), ops.split(self.discriminator(ops.concatenate(x[:2])), 2)))',
    ),
    "beyond.guideline_dcgan: targets": (
        "[[0.0]] * len(noise) + [[1.0]]", "[[1.0]] * len(noise) + [[0.0]]",
    ),
    "beyond.guideline_dcgan: target of gan": ("noise, np.array([[1.0]]", "noise, np.array([[0.9]]"),
    "beyond.guideline_dcgan: rate": ("or, learning_rate=2e-4", "or, learning_rate=2.1e-4"),
    "beyond.guideline_dcgan: momentum": ("beta_1=0.5", "beta_1=0.6"),
    "beyond.guideline_dcgan: fakes": ("generator(noise)", "generator(noise, training=True)"),
    "beyond.guideline_dcgan: one batch of both": (
        "ops.concatenate([discriminator(fakes), discriminator(reals)], axis=0)",
        "discriminator(ops.concatenate([fakes, reals], axis=0))",
    ),
    "beyond.guideline_dcgan: not frozen": ("[1].trainable = False", "[1].trainable = True"),
    "distribution_gan: target of gan": ("(z, np.ones(", "(z, np.zeros("),
    "distribution_gan: rate": ("dsc, learning_rate=0.5", "dsc, learning_rate=0.505"),
    "distribution_gan: reals before fakes": ("[gen(z), real_data]", "[real_data, gen(z)]"),
}  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_lecture_is_not_the_game(mutation):
    example, _, _ = mutation.partition(":")
    program = changed(STEPS.get(example, example), *MUTATIONS[mutation])
    with pytest.raises(AssertionError):
        compare(example, "reference", program, iterations=2)


@pytest.mark.parametrize("example", ["mnist_wgan", "fashion_gan", "distribution_gan"])
def test_a_lecture_that_takes_its_steps_in_the_other_order_is_not_the_game(example):
    with pytest.raises(AssertionError):
        compare(example, "reference", iterations=2, swapped=True)


TWO = ("train_discriminator", "train_generator")
MAINS = {  # arguments beside the batch size and two iterations, and the steps of an iteration
    "mnist_wgan": ({"critic_updates": 3, "log_every": 1}, ("train_critic",) * 3 + TWO[1:]),
    "fashion_gan": ({"n_epochs": 2}, TWO),
    "dcgan": ({"n_epochs": 2}, TWO),
    "binarized_gan": ({"nepochs": 2}, TWO),
    "bilinear_gan": ({"epochs": 2}, ("train_step",)),
    "distribution_gan": ({"epochs": 2}, TWO),
    "beyond.vae": ({"epochs": 2}, ("train_step",)),
    "beyond.pixelcnn": ({"epochs": 2}, ("train_step",)),
    "beyond.rbm": ({"epochs": 2}, ("train_step",)),
    "beyond.batch_equalisation": ({"epochs": 2}, TWO),
    "beyond.cycle_gan": ({"epochs": 2}, TWO),
    "beyond.progressive_gan": ({"epochs": 2, "stage_images": 8}, TWO),
    "beyond.guideline_dcgan": ({"epochs": 2}, TWO),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_main_plays_the_steps_in_the_sources_order_and_prints_what_it_says(
    example, monkeypatch, capsys
):
    lecture = importlib.import_module(f"{example}.lecture")
    program = importlib.import_module(f"{STEPS.get(example, example)}.lecture")
    arguments, steps = MAINS[example]
    taken, noises = [], []

    def spy(name, step):
        def record(*inputs):
            taken.append(name)
            latent = {"distribution_gan": "INPUT"}.get(example, "LATENT")
            # The PixelCNN's only random numbers are its images' pixels.
            images = example in (*ALONE, *TRANSLATES)
            shape = (28, 28, 1) if images else (getattr(lecture, latent),)
            noises.extend(np.array(x) for x in inputs if getattr(x, "shape", ()) == (4, *shape))
            return step(*inputs)

        return record

    for name in {*steps}:
        monkeypatch.setattr(program, name, spy(name, getattr(program, name)))
    networks = lecture.main(iterations=2, batch_size=4, **arguments)
    epochs = 1 if example == "mnist_wgan" else 2
    assert tuple(taken) == steps * 2 * epochs
    # Every step has noise of its own, but in some an iteration's two share theirs, or their images.
    domains = 2 if example == "beyond.cycle_gan" else 1
    assert len(noises) == domains * len(taken)
    shared = example in ("binarized_gan", *TRANSLATES)
    assert len(np.unique(noises, axis=0)) == len(noises) // (1 + shared)
    networks = [networks] if example in ALONE else networks
    named = "network" if example in ALONE else "generator"
    assert named in {network.name for network in networks}
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + (example == "binarized_gan")
    first = {"mnist_wgan": "0: [D true loss: ", "binarized_gan": "Epoch: 1 ["}
    assert lines[0].startswith(first.get(example, "epoch 0: ["))
