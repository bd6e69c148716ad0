import json

import keras
import numpy as np
import pytest

from common.data import datasets
from common.errors import UserError
from common.runs import weights
from common.scores import classifier
from tests.commands import command, refused
from tests.games import under

GOALS = {"mnist": 0.994, "fashion_mnist": 0.925}


@pytest.fixture(scope="module", params=classifier.NAMES)
def shipped(request):
    """A shipped classifier's name, its card, the test labels and its answers to the images."""
    name = request.param
    card = json.loads((classifier.FOLDER / f"classifier_{name}.json").read_text())
    _, _, images, labels = datasets.load(name)
    answers = classifier.load(name).predict(datasets.scale(images), batch_size=500, verbose=0)
    return name, card, labels, answers


def test_shipped_accuracy_is_the_goal_and_the_card_s(shipped):
    name, card, labels, answers = shipped
    accuracy = np.mean(answers["classes"].argmax(axis=1) == labels)
    assert accuracy >= GOALS[name]
    assert accuracy == pytest.approx(card["test_accuracy"], abs=2e-4)  # two images


def test_shipped_files_are_small_and_their_cards_true(shipped):
    name, card, _, _ = shipped
    path = classifier.FOLDER / f"classifier_{name}.npz"
    assert path.stat().st_size == card["bytes"] <= 2e6
    assert card["parameters"] == classifier.create_classifier().count_params()
    assert (card["dataset"], card["training_images"]) == (name, 60_000)
    assert card["commit"] and not card["commit"].endswith("-dirty")
    table = (classifier.FOLDER / "README.md").read_text()
    row = next(line for line in table.splitlines() if f"`classifier_{name}.npz`" in line)
    assert f"{100 * card['test_accuracy']:.2f} %" in row


def test_shipped_features_have_variance_one_and_full_rank(shipped):
    _, _, _, answers = shipped
    features = answers["features"]
    assert features.shape == (10_000, classifier.FEATURES) and features.dtype == np.float32
    assert answers["classes"].dtype == np.float32
    np.testing.assert_allclose(answers["classes"].sum(axis=1), 1, rtol=1e-5)
    assert (features.min(axis=0) < 0).all() and (features.max(axis=0) > 0).all()
    covariance = np.cov(features, rowvar=False)
    assert np.linalg.eigvalsh(covariance)[0] > 1e-3
    assert np.diag(covariance).min() > 0.5 and np.diag(covariance).max() < 2


def test_classifier_computes_in_float32_among_bfloat16_networks():
    images = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    plain = classifier.create_classifier()
    expected = plain.predict(images, verbose=0)
    with under("mixed_bfloat16"):
        other = classifier.create_classifier()
        other.set_weights(plain.get_weights())
        answers = other.predict(images, verbose=0)
    for name in ("features", "classes"):
        np.testing.assert_array_equal(answers[name], expected[name])


@pytest.mark.parametrize("name, mirrors", [("mnist", False), ("fashion_mnist", True)])
def test_augmentation_moves_clothes_and_digits_but_mirrors_clothes_only(name, mirrors):
    images = np.full((64, 28, 28, 1), -1, "float32")
    images[:, 6:22, 6:12] = 1  # white left of the middle
    changed = images
    keras.utils.set_random_seed(0)
    for layer in classifier.create_augmentation(name):
        changed = layer(changed, training=True)
    changed = keras.ops.convert_to_numpy(changed)
    assert changed.shape == images.shape and np.abs(changed).max() < 2
    grounds = changed[:, :, [0, -1]].mean(axis=(1, 2, 3))  # black, but for brightness
    assert grounds.min() < -0.95 and -0.9 < grounds.max() < -0.7
    assert 0.03 < changed[:, :, 0].std(axis=(1, 2)).mean() < 0.15  # noise
    columns = np.maximum(changed, 0).mean(axis=(1, 3))
    centres = columns @ np.arange(28) / columns.sum(axis=1)  # of the white, 8.5 as drawn
    mirrored = centres > 14
    assert (16 < mirrored.sum() < 48) if mirrors else not mirrored.any()
    assert 0.3 < centres[~mirrored].std() < 2.5


def test_command_writes_files_that_load_and_does_so_again(tmp_path):
    tiny = ("mnist", "--images", 2000, "--epochs", 2, "--seed", 3)
    path = tmp_path / "new" / "a.npz"
    done = command("common.scores.classifier", *tiny, "--out", path)
    assert done.returncode == 0, done.stderr
    card = json.loads(path.with_suffix(".json").read_text())
    assert f"held out accuracy {card['held_out_accuracy']:.4f}" in done.stdout
    assert "test_accuracy" not in card
    assert card["command"].startswith("python -m common.scores.classifier mnist --images 2000")
    assert (card["training_images"], card["epochs"], card["seed"]) == (2000, 2, 3)
    weights.load(path, classifier.create_classifier())
    assert card["held_out_accuracy"] > 0.4  # it learned: 0.1 would be chance

    again = tmp_path / "b.npz"
    assert classifier.main([*map(str, tiny), "--out", str(again)]) == 0
    with np.load(path) as one, np.load(again) as two:
        assert np.array_equal(one["layers"], two["layers"])
        for name in set(one.files) - {"layers"}:
            np.testing.assert_allclose(one[name], two[name], rtol=1e-2, atol=1e-3)


def test_the_classifiers_mistakes_are_one_line(capsys, tmp_path):
    main = classifier.main
    assert "--epochs is 0" in refused(capsys, main, "mnist", "--epochs", 0)
    assert "--images is 60001" in refused(capsys, main, "mnist", "--images", 60_001)
    assert "--seed is -1" in refused(capsys, main, "mnist", "--seed", -1)
    assert "an .npz file" in refused(capsys, main, "mnist", "--out", "a.h5")
    assert "cifar" in refused(capsys, main, "cifar")
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "a.npz"
    assert f"cannot write {out}" in refused(capsys, main, "mnist", "--out", out)
    with pytest.raises(UserError, match="no classifier of 'cifar'; choose from: mnist, fashion"):
        classifier.load("cifar")
