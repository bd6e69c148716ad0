"""Scores of what must be good and of what must be bad, in their order; the commands around them."""

import importlib
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from common.commands import evaluate as commands
from common.data import datasets
from common.errors import UserError
from common.figures import pictures
from common.files import append_lines, write_json
from common.runs import folders, tables
from common.scores import evaluation
from mnist_wgan import evaluate, train
from tests.commands import play, refused


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield evaluation.load_reference("mnist")


@pytest.fixture(scope="module")
def scores(reference):
    """Scores of 1,000 images of each kind, by name."""
    dataset = datasets.load("mnist")
    images, labels = datasets.scale(dataset.x_test[:1000]), dataset.y_test[:1000]
    random = np.random.default_rng(0)
    kinds = {
        "test": (images, labels),
        "training": (datasets.scale(dataset.x_train[:1000]), dataset.y_train[:1000]),
        "smeared": (sum(np.roll(images, k, 2) for k in range(7)) / 7, labels),
        "noise": (random.uniform(-1, 1, images.shape).astype("float32"), labels),
        "one image": (np.repeat(images[:1], 1000, axis=0), labels),
        "one class": (np.resize(images[labels == 3], images.shape), labels),
        "shuffled labels": (images, random.permutation(labels)),
    }
    return {
        name: SimpleNamespace(**evaluation.score(x, reference, y)) for name, (x, y) in kinds.items()
    }


def test_real_images_score_well(scores, reference):
    test = SimpleNamespace(**reference.test)  # all 10,000
    assert test.asked_label_accuracy > 0.99 and min(test.asked_label_accuracy_by_class) > 0.98
    assert test.classifier_score > 9.7 and test.modes == 10
    assert test.class_entropy == pytest.approx(np.log(10), abs=0.01)
    assert min(test.precision, test.recall, test.density, test.coverage) > 0.88
    assert test.density < 1.1 and test.frechet_distance < 0.1
    # A tenth of them is as good, but covers less and knows the covariance less well.
    few = scores["test"]
    assert few.precision > 0.88 and 0.25 < few.coverage < 0.45
    assert test.frechet_distance < few.frechet_distance < 1


def test_noise_scores_badly(scores):
    noise, test = scores["noise"], scores["test"]
    assert noise.asked_label_accuracy < 0.2 and noise.precision < 0.05 and noise.density < 0.05
    assert noise.coverage < 0.01 and noise.recall < 0.2
    assert noise.frechet_distance > 50 * test.frechet_distance
    assert noise.nearest_training_image > 2 * test.nearest_training_image


def test_one_image_is_real_but_everything_else_is_missing(scores):
    one, test = scores["one image"], scores["test"]
    assert one.modes == 1 and one.class_entropy == 0 and one.classifier_score < 1.001
    assert one.coverage < 0.02 and one.recall < 0.01
    assert one.frechet_distance > 50 * test.frechet_distance
    assert one.asked_label_accuracy < 0.2


def test_one_class_is_precise_but_lacks_the_others(scores):
    one, test = scores["one class"], scores["test"]
    assert one.modes == 1 and one.class_entropy < 0.1 and one.classifier_score < 1.2
    assert one.precision > 0.88 and one.coverage < 0.05 and one.recall < 0.01
    assert one.frechet_distance > 20 * test.frechet_distance


def test_the_training_set_is_told_by_its_distance_alone(scores):
    training, test = scores["training"], scores["test"]
    assert training.nearest_training_image < 1e-6 < test.nearest_training_image
    assert training.precision == 1 and 1 < training.coverage / test.coverage < 1.3
    assert training.asked_label_accuracy > 0.99


def test_shuffled_labels_change_the_asked_label_accuracy_alone(scores):
    wrong, test = scores["shuffled labels"], scores["test"]
    assert wrong.asked_label_accuracy == pytest.approx(0.1, abs=0.03)
    assert wrong.frechet_distance == test.frechet_distance


def test_scores_put_real_smeared_and_noise_in_order(scores):
    order = [scores[name] for name in ("test", "smeared", "noise")]
    for name in ("asked_label_accuracy", "classifier_score", "precision", "density", "coverage"):
        values = [getattr(kind, name) for kind in order]
        assert values[0] > values[1] > values[2], name
    distances = [kind.frechet_distance for kind in order]
    assert distances[0] < distances[1] < distances[2]


def test_reference_is_computed_once_and_again_when_its_file_is_damaged(tmp_path, monkeypatch):
    few = datasets.Dataset(*(array[:1000] for array in datasets.load("mnist")))
    monkeypatch.setattr(datasets, "load", lambda name: few)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reference = evaluation.load_reference("mnist")
    (path,) = evaluation.cache_folder().glob("mnist-*.npz")
    before = path.stat().st_mtime_ns
    again = evaluation.load_reference("mnist")
    assert path.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.radii, reference.radii)
    assert again.test == reference.test
    path.write_bytes(path.read_bytes()[:1000])
    mended = evaluation.load_reference("mnist").test
    assert mended.keys() == reference.test.keys()
    for name, value in reference.test.items():
        assert mended[name] == pytest.approx(value), name
    assert path.stat().st_mtime_ns > before and evaluation.read_cache(path) is not None


TINY = ["--preset", "smoke", "--batch-size", "2", "--log-every", "1"]


@pytest.fixture(scope="module")
def run(tmp_path_factory, reference):
    folder = tmp_path_factory.mktemp("runs") / "run"
    argv = [*TINY, "--evaluate-every", 2, "--evaluate-count", 100, "--tensorboard"]
    play(train.main, *argv, "--run-dir", folder)
    return folder


def without_seconds(rows):
    return [{**row, "seconds": 0} for row in rows]


def test_evaluate_every_writes_scores_and_changes_nothing_else(run, tmp_path):
    rows = tables.read_table(run / "metrics.csv")
    assert [row["iteration"] for row in rows] == [0, 2]
    assert list(rows[0]) == ["iteration", *evaluation.SCORES]
    play(train.main, *TINY, "--run-dir", tmp_path)
    assert not (tmp_path / "metrics.csv").exists()
    assert without_seconds(folders.read_losses(run)) == without_seconds(
        folders.read_losses(tmp_path)
    )


def test_a_resumed_run_has_each_score_once(run, tmp_path):
    argv = [*TINY, "--evaluate-every", 1, "--evaluate-count", 100, "--iterations", 2]
    play(train.main, *argv, "--run-dir", tmp_path)
    append_lines(tmp_path / "metrics.csv", ["7,0.1", "8,"])
    play(train.main, "--resume", tmp_path, "--iterations", 3)
    rows = tables.read_table(tmp_path / "metrics.csv")
    assert [row["iteration"] for row in rows] == [0, 1, 2]
    for ours, theirs in zip(rows[::2], tables.read_table(run / "metrics.csv"), strict=True):
        assert ours == pytest.approx(theirs)


def test_tensorboard_reads_what_the_files_say(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    for group in ("losses", "metrics"):
        rows = tables.read_table(run / f"{group}.csv")
        for name in rows[0].keys() - {"iteration"}:
            found = events.Scalars(f"{group}/{name}")
            assert [e.step for e in found] == [row["iteration"] for row in rows]
            expected = [row[name] for row in rows]
            assert [e.value for e in found] == pytest.approx(expected, rel=1e-6)
    pictures = events.Images("samples")
    assert [p.step for p in pictures] == [0, 1, 2]
    assert pictures[1].encoded_image_string == folders.sample_path(run, 1).read_bytes()


def test_evaluate_prints_a_table_and_writes_json_and_a_picture(run, capsys):
    play(evaluate.main, run, "--count", 200, "--seeds", 2)
    out, err = capsys.readouterr()
    for title in ("asked label accuracy", "Fréchet distance", "asked for 9"):
        assert title in out
    assert err == ""
    document = folders.read_json(run / "evaluation.json")
    assert (document["count"], document["seeds"]) == (200, 2)
    assert set(evaluation.SCORES) < set(document["scores"])
    assert (run / "evaluation.png").is_file()


def test_the_picture_has_samples_as_they_come_and_the_copies_among_them(reference):
    """Of 400 blurred images two are copies; the second of them, with noise, is farther."""
    images = sum(np.roll(reference.images[1000:1400], k, 2) for k in range(7)) / 7
    noise = np.random.default_rng(0).normal(size=(28, 28, 1)) / 50
    images[300], images[200] = reference.images[7], reference.images[8] + noise
    picture = evaluation.copies(images.astype("float32"), reference)
    assert picture.shape == (4 * (16 + 56), 560)  # a caption above each row
    above, below, closest, copied = (picture[row + 16 : row + 72] for row in range(0, 288, 72))
    np.testing.assert_array_equal(above, pictures.grid(images[:10], 10))
    assert not np.array_equal(above, below)
    np.testing.assert_array_equal(closest[:, :56], pictures.grid(reference.images[7:8], 1))
    np.testing.assert_array_equal(copied[:, :112], pictures.grid(reference.images[7:9], 2))


def test_who_learns_wrong_labels_reads_real_images_wrongly(monkeypatch):
    """Of the same digits, once with the next digit's label."""
    monkeypatch.setattr(evaluation, "LEARNED", 16_000)
    images, labels, *test = datasets.load("mnist")
    images, labels, test = images[:1000], labels[:1000], [part[:1000] for part in test]
    assert evaluation.train_on((images, labels), test, 10) > 0.85
    assert evaluation.train_on((images, (labels + 1) % 10), test, 10) < 0.1


def test_a_users_images_are_learned_or_tested_with_not_both():
    images = np.arange(20, dtype="uint8")[:, None, None] * np.ones((1, 28, 28), "uint8")
    labels = np.repeat([0, 1], 10)
    data = datasets.Loaded(images, labels, ("cat", "dog"))
    (learned, of_learned), (test, of_test), count = commands.real_images(train.EXAMPLE, data)
    assert count == 2 and sorted([*learned[:, 0, 0], *test[:, 0, 0]]) == list(range(20))
    np.testing.assert_array_equal(np.bincount(of_learned), [8, 8])
    np.testing.assert_array_equal(np.bincount(of_test), [2, 2])
    np.testing.assert_array_equal(of_test, labels[test[:, 0, 0]])
    (_, _), (test, of_test), count = commands.real_images(train.EXAMPLE, None)
    assert len(test) == len(of_test) == 10_000 and count == 10


@pytest.mark.parametrize(
    "example",
    [
        "bilinear_gan",
        "distribution_gan",
        "beyond.vae",
        "beyond.batch_equalisation",
        "beyond.cycle_gan",
        "beyond.progressive_gan",
        "beyond.guideline_dcgan",
    ],
)
def test_samples_without_a_label_teach_nobody(example, capsys):
    main = importlib.import_module(f"{example}.evaluate").main
    line = refused(capsys, main, "--pretrained", "--train-on-fake")
    assert f"--train-on-fake needs labels, but {example} is not asked for any" in line


def test_a_generator_that_draws_nan_is_one_line(reference):
    images = np.zeros((100, 28, 28, 1), "float32")
    images[7, 3, 3] = np.nan
    with pytest.raises(UserError, match="draws NaN"):
        evaluation.score(images, reference)


def test_a_summary_has_means_and_deviations_over_seeds():
    summary = evaluation.summarize([{"a": 1.0, "b": [0.0, 2.0]}, {"a": 3.0, "b": [4.0, 2.0]}])
    assert summary["a"] == {"mean": 2.0, "deviation": 1.0}
    assert summary["b"] == {"mean": [2.0, 2.0], "deviation": [2.0, 0.0]}


def test_evaluation_mistakes_are_one_line(run, tmp_path, capsys):
    for argv, word in [
        ([], "RUN"),
        ([run, "--pretrained"], "--pretrained"),
        ([run, "--count", 99], "--count"),
        ([run, "--seeds", 0], "--seeds"),
        ([run, "--out", "x.png"], "x.png"),
        ([tmp_path], "not a run"),
        ([run, "--out", run / "config.json" / "x.json"], "cannot write"),
    ]:
        assert word in refused(capsys, evaluate.main, *argv)
    own = ["--data-dir", "x", "--evaluate-every", "1", "--run-dir", tmp_path / "r"]
    assert "x does not exist" in refused(capsys, train.main, *TINY, *own)
    assert "--evaluate-every" in refused(capsys, train.main, *TINY, "--evaluate-every", 0)
    shutil.copy(run / "generator.keras", tmp_path)
    document = folders.read_json(run / "config.json")
    for settings, words in [
        ({**document["settings"], "data_dir": "my_images"}, "my_images"),
        ({**document["settings"], "generator": "v3"}, "generator 'v3', unknown"),
        (None, "no settings"),
    ]:
        write_json(tmp_path / "config.json", {**document, "settings": settings})
        assert words in refused(capsys, evaluate.main, tmp_path)
