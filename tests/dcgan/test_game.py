"""BatchNorm in the two phases, which are in tests/test_games.py; other sizes and colours."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dcgan import sample, train
from tests import test_engines
from tests.commands import TINY, arrays, play, refused
from tests.games import in_float64, next_noise, update_generator


def moments(x):
    return x.mean((0, 1, 2)), x.var((0, 1, 2))


def test_generator_step_normalises_by_the_batch_and_updates_the_statistics(game):
    """Both BatchNorms by hand; the second one's input shows by what the first one normalised."""
    dense, _, first, convolution, second, _ = game.generator.layers
    random = np.random.default_rng(1)
    for layer in (first, second):
        size = layer.gamma.shape[0]
        settings = [(0.5, 1.5), (-1, 1), (-1, 1), (2, 3)]  # gamma, beta, moving mean and variance
        layer.set_weights([random.uniform(*limits, size) for limits in settings])
    gamma, beta, *moving_first = first.get_weights()
    moving_second = second.get_weights()[2:]

    x = np.asarray(dense(next_noise(game))).reshape(4, 7, 7, 128)
    batch_first = mean, variance = moments(x)
    x = np.asarray(convolution(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta))
    batch_second = moments(x)

    update_generator(game)
    for layer, befores, batches in [
        (first, moving_first, batch_first),
        (second, moving_second, batch_second),
    ]:
        for after, before, batch in zip(layer.get_weights()[2:], befores, batches, strict=True):
            # The step from before to after, a hundredth of the way.
            np.testing.assert_allclose(after - before, 0.01 * (batch - before), atol=1e-5)


def test_the_two_kinds_of_fakes_differ_at_the_start(game):
    """README.md: standard deviations of pixels of about 0.08 and 0.5."""
    noise = game.draw_noise(32)
    by_moving_statistics = game.generator.predict_on_batch(noise)
    by_the_batch = np.asarray(game.generator(noise, training=True))
    assert by_moving_statistics.std() == pytest.approx(0.08, abs=0.01)
    assert by_the_batch.std() == pytest.approx(0.5, abs=0.05)


def test_both_engines_agree_on_32_pixels_in_colour():
    images = np.random.default_rng(0).uniform(-1, 1, (12, 32, 32, 3)).astype("float32")
    config = replace(train.SLIDES, batch_size=4, image_size=32, channels=3)
    with in_float64():
        games = [train.Game(replace(config, engine=e), images) for e in test_engines.ENGINES]
        test_engines.assert_equal_to_rounding(*games, 1e-6, 1e-6, iterations=3)


def test_a_run_in_colour_is_drawn_and_sampled_and_stays_in_colour(tmp_path, capsys):
    run, out = tmp_path / "run", tmp_path / "drawn.npz"
    play(train.main, *TINY, "--image-size", 32, "--channels", 3, "--run-dir", run)
    assert Image.open(run / "final.png").size == (640, 640)
    assert Image.open(run / "progress.png").mode == "RGB"
    assert arrays(sample, run, out, "--count", 3)["images"].shape == (3, 32, 32, 3)
    play(sample.main, run, "--show", "walk", "--out", tmp_path / "walk.png")
    refusal = refused(capsys, train.main, "--resume", run, "--channels", 1)
    assert "--channels was 3 in the run to resume" in refusal
