"""The game's own: which layers train at which stage, how they fade in, whose weights draw."""

from dataclasses import replace

import numpy as np
import pytest

from beyond.progressive_gan import lecture, train
from beyond.progressive_gan.lecture import SIDES
from tests.games import (
    changed,
    create_game,
    random_data,
    snapshot,
    update_discriminator,
    update_generator,
)
from tests.test_engines import assert_close, assert_resumes, play, weights

NAME = "beyond.progressive_gan"
STAGE = {"stage_images": 16}  # four iterations of four images


def at(iteration, **settings):
    """A game whose next iteration is the given one."""
    game = create_game(NAME, **STAGE, **settings)
    game.batches.position.assign(iteration)
    return game


def names(network, before, after, holder):
    """The paths of a network's variables that differ."""
    return {
        variable.path
        for number, variable in enumerate(network.variables)
        if not np.array_equal(before[f"{holder}/{number:03d}"], after[f"{holder}/{number:03d}"])
    }


@pytest.mark.parametrize(("iteration", "side"), [(0, 4), (5, 8), (11, 16), (13, 32)])
def test_each_step_trains_its_network_of_the_stage_with_the_stages_optimizer(iteration, side):
    game = at(iteration)
    generator, discriminator = lecture.at_side(*game.networks, side)
    game.prepare()
    lecture.fade_in(game.networks, *game.stage(iteration))
    before = snapshot(game)
    assert update_discriminator(game).keys() == {"d_loss", "distance"}
    learned = snapshot(game)
    assert changed(before, learned) == {
        "discriminator", f"discriminator_optimizer_{side}", "batches", "noise", "shares",
    }  # fmt: skip
    moved = names(game.discriminator, before, learned, "discriminator")
    mine = {v.path for v in discriminator.trainable_variables}
    assert moved and moved <= mine
    game.side = side
    drawn = game.draw_generator()
    game.update_generator(*drawn)
    after = snapshot(game)
    assert changed(learned, after) == {"generator", f"generator_optimizer_{side}", "noise"}
    moved = names(game.generator, learned, after, "generator")
    assert moved and moved <= {v.path for v in generator.trainable_variables}
    for k, each in enumerate(SIDES):
        optimizers = game.gans[each].optimizer, game.learners[each].optimizer
        assert [int(o.iterations) for o in optimizers] == [int(SIDES[k] == side)] * 2


def test_layers_fade_in_with_the_iterations_and_so_do_the_reals():
    game = at(4)
    alphas = []
    for iteration in range(4, 8):
        game.prepare()
        noise, reals, shares, alpha = game.draw_discriminator()
        alphas.append(float(alpha))
        assert game.stage(iteration) == (8, pytest.approx(float(alpha)))
        assert reals.shape == (4, 8, 8, 1) and shares.shape == (4,)
        blocky = np.allclose(reals, lecture.enlarged(lecture.shrunk(np.asarray(reals))), atol=1e-6)
        assert blocky == (alphas[-1] == 0)
        game.update_discriminator(noise, reals, shares, alpha)
        assert float(game.generator.get_layer("fade_8").alpha) == alphas[-1]
        assert float(game.discriminator.get_layer("fade_8").alpha) == alphas[-1]
        assert float(game.generator.get_layer("fade_16").alpha) == 0
    assert alphas == [0, 0.5, 1, 1]


def test_a_call_of_an_engine_ends_with_the_stage_or_the_epoch():
    game, lefts = create_game(NAME, stage_images=24), []
    for position in range(24):  # 10 iterations in an epoch
        game.batches.position.assign(position)
        lefts.append(game.left_in_epoch())
    assert lefts == [
        *(6, 5, 4, 3, 2, 1), *(4, 3, 2, 1, 2, 1), *(6, 5, 4, 3, 2, 1), *(2, 1, 10, 9, 8, 7),
    ]  # fmt: skip


def test_all_at_once_is_the_last_stage_from_the_start():
    game = create_game(NAME, growing=False)
    assert game.stage(0) == (32, 1.0) and [*game.gans] == [32]
    game.prepare()
    _, reals, _, alpha = game.draw_discriminator()
    expected = lecture.padded(random_data(NAME, 42)[0])[game.batches.order_of(0)[:4]]
    np.testing.assert_array_equal(reals, expected)
    assert float(alpha) == 1
    assert [float(game.generator.get_layer(f"fade_{s}").alpha) for s in SIDES[1:]] == [1, 1, 1]


def test_samples_are_of_the_running_mean_of_the_stage():
    game = create_game(NAME, averaging=0.5, **STAGE)
    values = []
    for _ in range(3):
        update_discriminator(game)
        update_generator(game)
        values.append([np.array(v) for v in game.gans[4].trainable_variables])
    mean = [(a + b + 2 * c) / 4 for a, b, c in zip(*values, strict=True)]
    drawn, _ = lecture.at_side(game.result(), game.discriminator, 4)
    for ours, theirs in zip(drawn.trainable_variables, mean, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    expected = game.result().predict_on_batch(game.grid_noise)
    np.testing.assert_array_equal(game.samples(), expected)
    assert create_game(NAME, averaging=0.0, **STAGE).average is None


def test_a_stages_last_iteration_is_drawn_with_the_stage():
    """Before the next stage's first iteration, whose optimizer has no mean yet."""
    game = create_game(NAME, **STAGE)
    play(game, [4])
    assert int(game.batches.position) == 4
    fours = game.samples()
    assert np.allclose(fours[:, 6:14, 6:14], fours[:, 6:7, 6:7])  # a block of 8 x 8 pixels
    play(game, [3])
    eights = game.samples()
    assert np.allclose(eights[:, 2:6, 2:6], eights[:, 2:3, 2:3])
    assert not np.allclose(eights[:, 6:14, 6:14], eights[:, 6:7, 6:7])


@pytest.mark.parametrize("before", [3, 4, 9])
def test_a_resume_before_at_or_within_a_stage_goes_on_bit_for_bit(before, tmp_path):
    assert_resumes(lambda: create_game(NAME, engine="compiled", **STAGE), before, 4, tmp_path)


def test_a_compiled_engine_takes_the_steps_of_the_next_stage():
    """In one call of play() or in two."""
    one, two = (create_game(NAME, engine="compiled", **STAGE) for _ in range(2))
    play(one, [6])
    play(two, [3, 3])
    assert one.engine.part == 8
    assert_close(weights(one), weights(two), 0)


def test_it_learns_what_is_above_and_below():
    """Bright above and dark below, all images alike: after some iterations of two stages samples
    are three times nearer to them."""
    images = np.full((32, 28, 28, 1), -0.9, "float32")
    images[:, :14] = 0.9
    config = replace(
        create_game(NAME).config, engine="compiled", batch_size=8, learning_rate=3e-3,
        stage_images=8 * 150, epochs=200, iterations=None, averaging=0.9,
    )  # fmt: skip
    game = train.Game(config, images)

    def error():
        return np.abs(game.samples() - images[:1]).mean()

    before = error()
    play(game, [150, 100])
    assert game.side == 8 and error() < before / 3
