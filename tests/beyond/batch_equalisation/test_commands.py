"""The commands' own: columns, pictures, one's own batches, what evaluate finds."""

import json

import numpy as np
import pytest
from PIL import Image

from beyond.batch_equalisation import evaluate, experimenters, report, sample, scoring, train
from beyond.batch_equalisation.histograms import Matching, curve
from common.commands import generators
from common.data import datasets
from common.runs import folders
from tests.commands import TINY, arrays, load_generator, play, refused

NAME = "beyond.batch_equalisation"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three iterations."""
    folder = tmp_path_factory.mktemp("batches") / "run"
    play(train.main, *TINY, "--run-dir", folder)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of three batches, a subfolder each."""
    folder, digits = tmp_path_factory.mktemp("own"), datasets.load("mnist").x_train
    for place, name in enumerate(("bold", "reference", "slanted")):
        (folder / name).mkdir()
        for number, image in enumerate(experimenters.record(digits[place:99:3], name)):
            Image.fromarray(image).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def own_run(own, tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches") / "own"
    argv = [*TINY, "--training-images", "None", "--data-dir", own, "--reference", "reference"]
    play(train.main, *argv, "--run-dir", folder)
    return folder


def test_rows_have_the_losses_and_what_the_discriminator_tells(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == (
        "iteration", "epoch", "d_loss", "g_loss", "reconstruction", "d_accuracy", "seconds",
    )  # fmt: skip
    for row in rows:
        assert 0 <= row["d_accuracy"] <= 1 and 0 < row["reconstruction"] < 2


def test_own_flags_are_checked(run, tmp_path, capsys):
    for flags, word in [
        (["--keep", -1], "--keep is -1"),
        (["--reference", "me"], "--reference is me"),
        (["--learning-rate-schedule", "linear"], "--learning-rate-schedule"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)
    for flags, word in [
        (["--count", 10_001], "--count is 10001"),
        (["--classifier-epochs", 0], "--classifier-epochs is 0"),
    ]:
        assert word in refused(capsys, evaluate.main, run, *flags)
    assert "--count is 1001" in refused(capsys, sample.main, run, "--count", 1001)
    assert "--seed is -1" in refused(capsys, sample.main, run, "--seed", -1)


def test_sample_draws_each_batch_raw_matched_equalised_and_as_the_reference(run, tmp_path):
    drawn = arrays(sample, run, tmp_path / "a.npz", "--count", 3)
    images, names = drawn["images"].reshape(3, 5, 3, 28, 28, 1), drawn["what"].reshape(3, 5, 3)
    others = experimenters.NAMES[1:]
    assert names[:, :, 0].tolist() == [[f"{o}, {k}" for k in sample.KINDS] for o in others]
    chosen = np.random.default_rng(0).permutation(10_000)[:3]
    digits = datasets.load("mnist").x_test
    generator = load_generator(run, NAME)
    for number, other in enumerate(others, 1):
        raw, matched, equalised, ink, reference = images[number - 1]
        recorded = datasets.scale(experimenters.record(digits, other)[chosen])
        np.testing.assert_array_equal(raw, recorded)
        np.testing.assert_array_equal(reference, datasets.scale(digits[chosen]))
        expected = train.equalise(generator, raw, [number] * 3)
        np.testing.assert_allclose(equalised, expected, atol=1e-6)
        np.testing.assert_array_equal(ink == 1, equalised > 0)
        np.testing.assert_array_equal(ink == -1, equalised <= 0)
        assert not np.array_equal(matched, raw)


def test_a_users_batches_are_learned_with_the_reference_first(own_run, tmp_path):
    config = json.loads((own_run / "config.json").read_text())
    assert config["classes"] == ["reference", "bold", "slanted"]
    drawn = arrays(sample, own_run, tmp_path / "a.npz", "--count", 4)
    kinds = evaluate.METHODS
    assert drawn["what"][::4].tolist() == [f"{b}, {k}" for b in ("bold", "slanted") for k in kinds]
    play(sample.main, own_run, "--out", tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (560, 6 * (16 + 56))
    play(report.main, own_run)
    assert "your own batches" in (own_run / "report.html").read_text()  # why there is no quiz


def test_a_users_batches_are_judged_without_pairs(own_run, capsys, monkeypatch):
    monkeypatch.setattr(scoring, "LEAST", 1)
    play(evaluate.main, own_run, "--seeds", 1, "--classifier-epochs", 1)
    shown = capsys.readouterr().out
    found = json.loads((own_run / "evaluation.json").read_text())
    assert set(found["scores"]) == {"batch_accuracy"} and found["count"] == 99
    assert found["real"]["batch_accuracy"] == pytest.approx(1 / 3)
    assert "equalised" in shown and "digits" not in shown.splitlines()[2]


def test_wrong_batches_are_refused(own, tmp_path, capsys):
    argv = [*TINY, "--training-images", "None", "--run-dir", tmp_path / "run"]
    message = refused(capsys, train.main, *argv, "--data-dir", own, "--reference", "me")
    assert "none of the batches: bold, reference, slanted" in message
    message = refused(capsys, train.main, *argv, "--data-dir", own / "bold", "--batch-size", 8)
    assert "a batch each" in message
    message = refused(capsys, train.main, *argv, "--data-dir", own, "--evaluate-every", 2)
    assert "--evaluate-every scores test digits" in message


def test_evaluate_tells_of_all_methods(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(scoring, "LEAST", 1)
    out = tmp_path / "e.json"
    argv = ["--count", 200, "--seeds", 2, "--classifier-epochs", 1, "--out", out]
    play(evaluate.main, run, *argv)
    found, shown = json.loads(out.read_text()), capsys.readouterr().out
    batches = found["batches"]
    assert tuple(batches["names"]) == experimenters.NAMES
    raw, equalised = batches["raw"], batches["equalised, ink"]
    assert len(raw["batch_accuracy"]) == 2
    assert raw["pixel_error"]["reference"] == equalised["pixel_error"]["reference"] == 0
    digits = datasets.load("mnist")
    for name in experimenters.NAMES:
        recorded = experimenters.record(digits.x_test[:200], name).astype(float)
        error = np.abs(recorded - digits.x_test[:200]).mean() / 255
        assert raw["pixel_error"][name] == pytest.approx(error, abs=1e-5)
        error = ((recorded > 127.5) != (digits.x_test[:200] > 127.5)).mean()
        assert batches["raw, ink"]["pixel_error"][name] == pytest.approx(error, abs=1e-5)
    others = experimenters.NAMES[1:]
    for name in ("digit_accuracy", "pixel_error"):
        mean = np.mean([equalised[name][other] for other in others])
        assert found["scores"][name]["mean"] == pytest.approx(mean)
    assert found["real"]["batch_accuracy"] == 0.25 and found["real"]["pixel_error"] == 0
    assert (
        found["real"]["digit_accuracy"] == batches["raw, ink"]["digit_accuracy"]["reference"] > 0.98
    )
    for words in (*evaluate.METHODS, "batches told, ink", "digits, bold, ink", "error, pale, ink"):
        assert words in shown
    assert Image.open(out.with_suffix(".png")).size == (560, 13 * (16 + 56))


def test_the_weights_that_come_along_are_as_good_as_their_card_says():
    source = generators.Source(pretrained=True)
    told = generators.folders.read_json(generators.pretrained(NAME) / "card.json")["evaluation"]
    batches = scoring.test_batches(source, train.EXAMPLE, 1000)
    generator = generators.load(source, train.EXAMPLE)
    images = scoring.as_ink(train.equalise(generator, batches.images, batches.numbers))
    found = scoring.digit_accuracies(images, batches), scoring.errors(images, batches)
    for name, by_batch, within in zip(
        ("digit_accuracy", "pixel_error"), found, (0.01, 0.005), strict=True
    ):
        mean = evaluate.of_others(by_batch, batches.names)
        assert mean == pytest.approx(told["scores"][name]["mean"], abs=within)


def test_a_fresh_classifier_tells_batches_and_not_what_is_the_same(run):
    source = generators.Source(run)
    batches = scoring.test_batches(source, train.EXAMPLE, 600)
    told = scoring.batch_accuracy(batches.images, batches.numbers, batches.places, 1, 0)
    assert told > 0.95
    same = np.tile(batches.images[batches.numbers == 0], (4, 1, 1, 1))
    assert scoring.batch_accuracy(same, batches.numbers, batches.places, 1, 0) == 0.25


def test_curves_by_hand():
    """Half of the pixels are 10, half 20; of the reference's a half is 0, a quarter 100 and 200."""
    counts, wanted = np.zeros(256, int), np.zeros(256, int)
    counts[[10, 20]] = 2
    wanted[[0, 100, 200]] = 2, 1, 1
    found = curve(counts, wanted)
    assert found[10] == 0 and found[20] == 200
    same = curve(wanted, wanted)
    assert same[[0, 100, 200]].tolist() == [0, 100, 200]


def test_matching_gives_a_batch_the_references_grey_values():
    random = np.random.default_rng(0)
    dark = random.integers(0, 100, (20, 28, 28), dtype="uint8")
    images = datasets.scale(np.concatenate([2 * dark, dark]))
    numbers = np.repeat([0, 1], 20)
    matched = Matching(images, numbers)(images, numbers)
    np.testing.assert_array_equal(datasets.pixels(matched)[20:], 2 * dark)
    np.testing.assert_array_equal(matched[:20], images[:20])
