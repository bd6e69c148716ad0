"""Scores of a user's own images: of a classifier that is trained on them, and without one."""

import numpy as np
import pytest

from common.data.datasets import Loaded, scale
from common.errors import UserError
from common.scores import evaluation


@pytest.fixture(scope="module", autouse=True)
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "SEEN", 12_000)
        yield


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def drawn(count=300, size=32):
    """Colour images of three classes: a red bar down, a green one across, a blue square."""
    random = np.random.default_rng(0)
    images = random.integers(0, 40, (count, size, size, 3), np.uint8)
    labels = (np.arange(count) % 3).astype("uint8")
    for image, label in zip(images, labels, strict=True):
        y, x = random.integers(4, 12, 2)
        height, width = ((16, 3), (3, 16), (9, 9))[label]
        image[y : y + height, x : x + width, label] = 220
    return Loaded(images, labels, ("down", "across", "square"))


def test_labelled_images_have_all_scores_of_a_classifier_that_is_trained_once(capsys):
    data = drawn()
    reference, line = evaluation.own_reference(data)
    assert "Training a classifier" in capsys.readouterr().out
    assert reference.classes == 3 and len(reference.images) == 240
    assert "% of 60 images that it did not learn from" in line
    assert reference.test["asked_label_accuracy"] > 0.9 and reference.test["modes"] == 3
    assert len(reference.test["asked_label_accuracy_by_class"]) == 3
    again, same = evaluation.own_reference(data)
    assert "Training" not in capsys.readouterr().out and same == line
    assert again.test == reference.test
    reds = scale(data.images[data.labels == 0])
    found = evaluation.score(reds, reference, np.zeros(100, int))
    assert found["asked_label_accuracy"] > 0.9 and found["modes"] == 1
    assert found["classifier_score"] < 1.5 < reference.test["classifier_score"] <= 3
    assert found["frechet_distance"] > reference.test["frechet_distance"]
    picture = evaluation.copies(reds, reference)
    assert picture.shape == (4 * (16 + 2 * 32), 10 * 2 * 32, 3)  # a caption above each row


@pytest.mark.parametrize("kind", ["no labels", "one class", "reads only"])
def test_without_a_classifier_of_them_scores_are_those_that_need_none(kind, monkeypatch):
    data = drawn()
    if kind == "no labels":
        data = data._replace(labels=data.labels * 0, classes=())
    elif kind == "one class":
        data = data._replace(labels=data.labels * 0, classes=("all",))
    else:
        monkeypatch.setattr(evaluation, "SEEN", 1000)  # enough to learn nothing
        labels = np.random.default_rng(1).permutation(data.labels)
        data = data._replace(labels=labels)
    reference, line = evaluation.own_reference(data)
    assert reference.classes == 0
    assert kind in line and "in features of the classifier of mnist, none of classes" in line
    assert set(reference.test) == {
        "frechet_distance", "precision", "recall", "density", "coverage", "nearest_training_image"
    }  # fmt: skip
    assert reference.test["coverage"] > 0.5
    noise = np.random.default_rng(0).uniform(-1, 1, (100, 32, 32, 3)).astype("float32")
    found = evaluation.score(noise, reference, np.zeros(100, int))
    assert found["frechet_distance"] > 3 * reference.test["frechet_distance"]


def test_too_few_images_are_refused():
    data = drawn(199)
    with pytest.raises(UserError, match="199 images are too few to score by; give 200 or more"):
        evaluation.own_reference(data)


def test_titles_name_the_number_of_classes():
    titles = {name: title for name, (title, *_) in evaluation.named(4).items()}
    assert titles["classifier_score"] == "classifier score (1 to 4)"
    assert titles["class_entropy"] == "entropy of classes (at most 1.386)"
    assert evaluation.named(10) == {name: tuple(v) for name, v in evaluation.SCORES.items()}
