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
from benchmarks.pages import rows
from benchmarks.row_zero import LECTURE, SETTINGS, band
from benchmarks.slide_rows import NAMES
from common.data import datasets
from common.optimizers import RMSpropKeras2
from mnist_wgan import lecture, train
from mnist_wgan.printed import PRINTED
from tests.commands import ROOT, on_jax
from tests.games import update_discriminator, update_generator

BATCH_32, BATCH_100 = (32, "float32"), (100, "float32")
BATCH_64, BATCH_100_TF32 = (64, "TF32"), (100, "TF32")
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
    images, labels, *_ = datasets.load_training("mnist", train.SLIDES, first=50_000)
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


ALL = " ".join(LECTURE)
OUTSIDE = {  # of each row that has a band, which printed losses lie outside; README.md says it too
    ("script_rows", BATCH_32): {0: "", 50: "d_fake dg", 100: "", 150: ""},
    ("script_rows", BATCH_100): {0: ""},
    ("script_rows", BATCH_100_TF32): {
        0: "", 50: ALL, 100: "d_true total", 150: "d_fake dg total",
        **dict.fromkeys(range(24750, 25000, 50), ALL),  # one seed
    },
    ("slide_rows", BATCH_32): {0: "dg", 50: "total"},
    ("slide_rows", BATCH_64): {
        0: "d_fake dg", 50: "total", 100: "d_true total", 150: "d_fake dg total",
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "group"), OUTSIDE)
def test_which_printed_losses_lie_in_our_bands(name, group):
    """A verdict that changes is news for README.md and RESULTS.md."""
    found, commits = {}, {}
    for row in PRINTED:
        plays = slide_rows.having(FILES[name]["plays"], row).get(group)
        if not rows.enough(row, plays):
            continue
        inside = rows.names_inside(row, plays)
        found[row] = " ".join(loss for loss in LECTURE if loss not in inside)
        commits[row] = sorted({play["commit"][:7] for play in plays})
    for row, outside in OUTSIDE[name, group].items():
        assert found[row] == outside, (
            f"row {row} had {outside or 'nothing'} outside; its plays are of {commits[row]}: "
            f"git log --oneline {commits[row][0]}.. -- mnist_wgan common has what changed since"
        )
    assert found.keys() == OUTSIDE[name, group].keys()


@pytest.mark.slow
def test_seed_0_measured_anew_lies_in_the_band_of_the_stored_seeds(tmp_path):
    """A hundred critic updates at batch 64."""
    places = {"work": tmp_path / "runs", "out": tmp_path / "row_zero.json"}
    row_zero.work(row_zero.Config(trials=("lecture",), seeds=1, **places))
    (again,) = json.loads(places["out"].read_text())["rows"]
    stored = [row for row in ROWS if row["setting"] == "lecture"]
    assert again.keys() >= stored[0].keys()
    for name in LECTURE:
        low, high = band([row[name] for row in stored])
        assert low <= again[name] <= high, name
