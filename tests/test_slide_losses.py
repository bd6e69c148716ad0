"""The losses that the lecture prints, against this implementation's, over seeds.

The bands come from the result files of benchmarks.row_zero and benchmarks.slide_rows, which took
hours. A fingerprint in each file tells whether they are still this code's: if a test here says
"rerun", the networks, losses, optimizer or settings have changed since.
"""

import json
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
from keras import initializers, layers

from benchmarks import fingerprint, row_zero, slide_rows
from benchmarks.row_zero import LECTURE, SETTINGS, band
from benchmarks.slide_rows import NAMES
from common.data import datasets
from common.optimizers import RMSpropKeras2
from mnist_wgan import lecture, train
from tests.commands import ROOT, on_jax
from tests.games import update_discriminator, update_generator

RESULTS = ROOT / "benchmarks" / "results"
ROWS = json.loads((RESULTS / "row_zero.json").read_text())["rows"]
FILES = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in NAMES.values()}


def d_true(setting):
    """D true loss at iteration 0 of each seed."""
    return [row["d_true"] for row in ROWS if row["setting"] == setting]


@cache
def measured(preset):
    return fingerprint.measure(fingerprint.tiny(preset))


def assert_of_this_code(name, backend, now):
    then = json.loads((RESULTS / f"{name}.json").read_text())["fingerprints"][backend]
    differ = fingerprint.differences(then, now)
    assert not differ, f"rerun benchmarks.{name}, or undo what changed the game: {differ}"


@pytest.mark.parametrize(
    ("name", "preset"),
    [("row_zero", "slides"), ("slide_rows", "slides"), ("script_rows", "script")],
)
def test_the_result_files_are_of_this_code(name, preset):
    assert_of_this_code(name, "tensorflow", measured(preset))


def test_what_jax_measured_is_of_this_code():
    code = (
        "import json; from benchmarks import fingerprint as f;"
        "print(json.dumps([f.measure(f.tiny(preset)) for preset in ('script', 'slides')]))"
    )
    for name, now in zip(("script_rows", "slide_rows"), json.loads(on_jax(code)), strict=True):
        assert_of_this_code(name, "jax", now)


CHANGES = {  # each of them a small mistake in one line
    "epsilon": (None, None, {"optimizer": partial(RMSpropKeras2, epsilon=1e-7)}),
    "clip": (None, None, {"config": replace(fingerprint.TINY, clip=0.011)}),
    "loss": (train, "wasserstein", lambda y_true, y_pred: -train.ops.mean(y_true * y_pred)),
    "class loss": (train, "sparse_categorical_crossentropy_2017", "mean_squared_error"),
    "initialiser": (lecture, "RandomNormal", lambda stddev: initializers.RandomNormal(0, 0.021)),
    "dropout": (layers, "Dropout", lambda rate: layers.SpatialDropout2D(0.4)),
    "slope": (layers, "LeakyReLU", lambda negative_slope: layers.ReLU(negative_slope=0.25)),
}


FAST = ("epsilon", "clip", "loss")  # the others take as long again, and are slow's


@pytest.mark.parametrize(
    "change",
    [pytest.param(c, marks=() if c in FAST else pytest.mark.slow) for c in CHANGES],
)
def test_a_changed_game_has_another_fingerprint(change, monkeypatch):
    now = measured("slides")
    place, name, other = CHANGES[change]
    if place is None:
        changed = fingerprint.measure(**other)
    else:
        monkeypatch.setattr(place, name, other)
        changed = fingerprint.measure()
    assert fingerprint.differences(now, changed)


def test_before_training_the_class_losses_are_ln_10_and_the_critic_says_nothing():
    images, labels = datasets.load_training("mnist", train.SLIDES, first=50_000)
    game = train.Game(train.SLIDES, datasets.scale(images), labels)
    losses = update_discriminator(game) | update_generator(game)
    for name in ("d_true", "d_fake", "dg"):
        assert losses[f"{name}_class"] == pytest.approx(np.log(10), abs=0.01)
        assert abs(losses[f"{name}_wasserstein"]) < 0.05


def test_total_is_true_plus_fake_in_every_row():
    for row in ROWS:
        assert row["total"] == row["d_true"] + row["d_fake"]


def test_row_0_of_the_lecture_is_one_of_ours():
    low, high = band(d_true("lecture"))
    assert low <= LECTURE["d_true"] <= high and len(d_true("lecture")) >= 5


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting != "lecture"])
def test_row_0_of_the_lecture_is_none_of_the_wrong_settings(setting):
    low, high = band(d_true(setting))
    assert not low <= LECTURE["d_true"] <= high


def verdicts(name, batch_size):
    """Of a file's plays of one batch size: (row, loss) of each printed number outside the band."""
    outside = set()
    for row, printed in slide_rows.PRINTED.items():
        plays = slide_rows.having(FILES[name]["plays"], row).get(batch_size, [])
        enough = len(plays) >= slide_rows.SEEDS.get(row, 1)
        for loss, value in zip(LECTURE, printed, strict=True):
            if enough and not slide_rows.inside(plays, row, loss, value):
                outside.add((row, loss))
    return outside


def test_row_0_of_the_lecture_is_preset_scripts_with_all_four_losses():
    for batch_size in (32, 100):
        for row, least in slide_rows.SEEDS.items():
            assert len(slide_rows.having(FILES["script_rows"]["plays"], row)[batch_size]) >= least
        assert not [loss for row, loss in verdicts("script_rows", batch_size) if row == 0]


def test_rows_to_150_of_the_lecture_lie_in_preset_scripts_bands_but_for_four_numbers():
    """At batch 32; a verdict that changes is news for README.md and RESULTS.md."""
    assert {(row, loss) for row, loss in verdicts("script_rows", 32) if row <= 150} == {
        (50, "dg"), (100, "d_true"), (100, "total"), (150, "dg"),
    }  # fmt: skip


def test_at_batch_100_no_number_of_row_50_lies_in_preset_scripts_bands():
    assert {(row, loss) for row, loss in verdicts("script_rows", 100) if row <= 150} == {
        *((50, loss) for loss in LECTURE), (100, "d_true"), (100, "total"),
        (150, "d_fake"), (150, "dg"), (150, "total"),
    }  # fmt: skip


def test_preset_slides_does_not_reach_the_first_dg_and_the_total_of_row_50():
    assert {(row, loss) for row, loss in verdicts("slide_rows", 32) if row <= 50} == {
        (0, "dg"), (50, "total"),
    }  # fmt: skip


def test_preset_slides_reaches_less_of_the_printed_rows_at_batch_64():
    assert len(slide_rows.having(FILES["slide_rows"]["plays"], 150)[64]) >= 8
    assert {(row, loss) for row, loss in verdicts("slide_rows", 64) if row <= 150} == {
        (0, "d_fake"), (0, "dg"), (50, "total"), (100, "d_true"), (100, "total"),
        (150, "d_fake"), (150, "dg"), (150, "total"),
    }  # fmt: skip


def test_preset_script_does_not_reach_the_last_printed_rows():
    """The whole schedule of preset script, one seed: README.md says what its losses are instead."""
    last = {row for row in slide_rows.PRINTED if row > 1000}
    assert {(row, loss) for row in last for loss in LECTURE} <= verdicts("script_rows", 100)


@pytest.mark.slow
def test_seed_0_measured_anew_lies_in_the_band_of_the_stored_seeds():
    """A hundred critic updates at batch 64."""
    images, labels = datasets.load_training("mnist", train.SLIDES, first=50_000)
    again = row_zero.measure("lecture", 0, datasets.scale(images), labels)
    stored = [row for row in ROWS if row["setting"] == "lecture"]
    for name in LECTURE:
        low, high = band([row[name] for row in stored])
        assert low <= again[name] <= high, name
