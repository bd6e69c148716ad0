"""Failures are named where they are and last, and nowhere else."""

import importlib
import json

import numpy as np
import pytest

from common.data import datasets
from common.runs import failures, folders
from common.runs.failures import ALIKE, BLACK, FEW, FLAT, NAMES, RUNAWAY, SURE, Watch
from common.settings import parse
from distribution_gan import train
from tests.commands import ROOT, play

EXAMPLES = "mnist_wgan fashion_gan dcgan binarized_gan bilinear_gan distribution_gan".split()


def halves(above, below):
    """An image of two greys."""
    return np.repeat([[above], [below]], 14, axis=0).repeat(28, axis=1).astype("uint8")


def test_variety_is_the_distance_to_the_next_sample_in_standard_deviations_of_an_image():
    """By hand: one is 10 brighter than another, whose deviation is 100; the third is far from
    both."""
    images = np.stack([halves(0, 200), halves(10, 210), halves(200, 0)])
    assert failures.variety(images) == pytest.approx(10 / 100, rel=1e-3)
    assert failures.variety(images[[0, 2]]) == pytest.approx(200 / 100, rel=1e-3)


@pytest.fixture(scope="module")
def digits():
    """The first hundred digits of MNIST."""
    return datasets.load("mnist").x_train[:100]


def test_samples_that_are_black_flat_or_alike_are_named_and_real_digits_are_not(digits):
    dots = (np.random.default_rng(0).random(digits.shape) < 0.1).astype(int)  # here and there 1
    assert failures.of_images(digits) is None
    assert failures.of_images(datasets.load("fashion_mnist").x_train[:16]) is None
    assert failures.of_images(dots.astype("uint8")) == BLACK
    assert failures.of_images((128 + dots).astype("uint8")) == FLAT
    one = np.clip(digits[:1] + dots, 0, 255).astype("uint8")
    assert failures.of_images(one) == ALIKE
    # A generator that is told the digit and does not heed the noise.
    asked = np.clip(digits[:10].repeat(10, axis=0) + dots, 0, 255).astype("uint8")
    assert failures.of_images(asked) == ALIKE
    assert failures.of_images(digits[:1]) is None  # one sample has none to be like


def test_numbers_on_one_spot_are_alike():
    reals = np.random.default_rng(0).normal(3, 2, 1000)
    assert failures.of_values(reals[:100], reals) is None
    assert failures.of_values(5 + 0.05 * reals, reals) == ALIKE


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(0.1, 3.0, 1.0, 1.0), (0.2, 4.0, 1.0, 0.999)], {SURE}),
        ([(0.1, 3.0, 1.0, 1.0), (0.2, 4.0, 0.9988, 0.984)], set()),  # binarized_gan's best epoch
        ([(0.5, 1.0, 0.5, 1.0)], set()),  # right about fakes because it calls all fake
        ([(30.0, 2.0, 0.5, 0.5), (1.0, -25.0, 0.5, 0.5), (1.0, 1.0, 0.5, 0.5)], {RUNAWAY}),
        ([(30.0, 2.0, 0.5, 0.5), (1.0, 1.0, 0.5, 0.5), (1.0, 1.0, 0.5, 0.5)], set()),  # one jump
        ([], set()),
    ],
)
def test_losses_tell_of_a_sure_discriminator_and_of_losses_that_run_away(rows, found):
    names = ("d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake")
    rows = [dict(zip(names, row, strict=True)) for row in rows]
    assert failures.of_losses(rows, ("d_loss", "g_loss")) == found


def test_a_critics_losses_may_be_as_large_as_the_lectures():
    """The largest of ours under its settings, in the stored results."""
    plays = json.loads((ROOT / "benchmarks/results/script_rows.json").read_text())
    largest = max(max(map(abs, one["losses"]["d_true"])) for one in plays["plays"])
    assert largest > 50_000
    assert failures.of_losses([{"d_true": -largest, "dg": 1.0}], ("d_true", "dg")) == set()
    assert failures.of_losses([{"d_true": -2.0, "dg": -2e6}], ("d_true", "dg")) == {RUNAWAY}


def test_few_classes_take_two_evaluations_after_the_untrained_ones():
    def rows(*modes):
        return [{"iteration": 100 * n, "modes": float(m)} for n, m in enumerate(modes)]

    assert failures.of_scores(rows(1, 3, 2)) == FEW
    for healthy in (rows(1, 2), rows(1, 3, 5), rows(9, 4, 3), rows(), [{"iteration": 5}] * 3):
        assert failures.of_scores(healthy) is None


def seen(watch, looks, every=50, start=0):
    """What a Watch tells of looks, (iteration, news) where there is some."""
    told = [(start + n * every, watch.look(start + n * every, found)) for n, found in looks]
    return [(iteration, news) for iteration, news in told if news is not None]


def test_a_failure_is_told_when_it_lasted_once_and_its_end_once():
    looks = [{None}] * 2 + [{BLACK, SURE}] * 20 + [{None}] * 20
    assert seen(Watch(), enumerate(looks)) == [(300, (BLACK, 100)), (1300, (None, 1100))]


def test_what_flickers_or_is_short_is_not_told():
    assert seen(Watch(), enumerate([{ALIKE}, {ALIKE}, {ALIKE}, {ALIKE}, set()] * 20)) == []
    # Five looks within 200 iterations are not enough, nor 200 iterations with fewer looks.
    assert seen(Watch(), enumerate([{FLAT}] * 20), every=1) == []
    assert seen(Watch(), enumerate([{FLAT}] * 4), every=1000) == []
    assert seen(Watch(), enumerate([{FLAT}] * 300), every=1) == [(200, (FLAT, 0))]


def test_of_several_the_worst_is_told_and_another_when_it_changes():
    looks = [{SURE}] * 10 + [{SURE, ALIKE}] * 10 + [{SURE}] * 10
    told = seen(Watch(), enumerate(looks))
    assert told == [(200, (SURE, 0)), (700, (ALIKE, 500)), (1000, (SURE, 0))]


def test_a_resumed_run_goes_on_from_what_was_told_last(tmp_path):
    assert failures.last_told(tmp_path) is None
    lines = ["300: " + failures.line(ALIKE, 100, None, train.SLIDES, {})]
    (tmp_path / "failures.txt").write_text("\n".join(lines) + "\n")
    watch = Watch(failures.last_told(tmp_path))
    assert watch.told == ALIKE
    looks = [{ALIKE}] * 10 + [set()] * 10
    assert seen(watch, enumerate(looks), start=350) == [(1050, (None, 850))]
    lines.append("1050: " + failures.line(None, 850, ALIKE, train.SLIDES, {}))
    assert lines[1].endswith(f"no longer since iteration 850: {ALIKE}")
    (tmp_path / "failures.txt").write_text("\n".join(lines) + "\n")
    assert failures.last_told(tmp_path) is None
    folders.cut_logs(tmp_path, 1000)  # a resume from a checkpoint before the end
    assert failures.last_told(tmp_path) == ALIKE


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_flags_that_may_help_are_the_examples_own_and_change_something(example):
    presets = importlib.import_module(f"{example}.train").EXAMPLE.presets
    for name, config in presets.items():
        for failure in NAMES:
            offered = failures.helps(failure, config)
            assert offered
            for flags in offered:
                argv = ["--preset", name, *flags.split()]
                assert parse("", presets, "", None, argv) != config, argv


def test_a_flag_that_is_set_already_is_not_offered():
    config = parse("", train.PRESETS, "", None, ["--spectral-normalization"])
    assert failures.helps(ALIKE, train.SLIDES)[0] == "--spectral-normalization"
    assert not any("norm" in flags for flags in failures.helps(ALIKE, config))
    assert "--gradient-penalty" not in " ".join(failures.helps(ALIKE, train.SLIDES))
    zero_sum = parse("", train.PRESETS, "", None, ["--generator-cost", "zero-sum"])
    assert failures.helps(SURE, zero_sum)[0] == "--generator-cost flipped"


def test_the_lectures_own_failure_is_told_as_such():
    presets = importlib.import_module("mnist_wgan.train").EXAMPLE
    usual = presets.usual["script"]
    told = failures.line(BLACK, 50, None, presets.presets["script"], usual)
    assert told.startswith(f"{BLACK} since iteration 50; so are the lecturer's settings")
    assert "--learning-rate" not in told


GAME = ["--preset", "smoke", "--epochs", "200", "--log-every", "50"]  # three iterations an epoch


def test_a_run_that_fails_says_so_once_also_when_it_is_resumed(tmp_path, capsys):
    """Steps so long that all numbers are at an end of the range, and the costs at an end of
    theirs."""
    folder = tmp_path / "run"
    argv = [*GAME, "--learning-rate", "100", "--iterations", "301"]
    play(train.main, *argv, "--run-dir", folder)
    lines = failures.read(folder)
    alike, runs_away = (line.partition(": ")[2] for line in lines)
    assert alike.startswith(f"{ALIKE} since iteration ") and runs_away.startswith(RUNAWAY)
    assert "; a new run may do better with --spectral-normalization or --" in alike
    assert capsys.readouterr().out.count(f"\niteration {lines[0]}\n") == 1
    assert len((folder / "log.txt").read_text().splitlines()) == 7  # the rows alone
    page = (folder / "report.html").read_text()
    assert "Failures on the way" in page and alike in page and runs_away in page
    play(train.main, "--resume", folder, "--iterations", "551")
    assert failures.read(folder) == lines and "may do better" not in capsys.readouterr().out


def test_a_healthy_run_says_nothing_of_failures(tmp_path, capsys):
    play(train.main, *GAME, "--iterations", "301", "--run-dir", tmp_path / "run")
    assert not (tmp_path / "run" / "failures.txt").exists()
    assert "may do better" not in capsys.readouterr().out
    assert "Failures on the way" not in (tmp_path / "run" / "report.html").read_text()
