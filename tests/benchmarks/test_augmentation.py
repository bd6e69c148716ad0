"""What a GAN's images are worth to a classifier: the sets by hand, the command from end to end."""

import json

import numpy as np
import pytest

from benchmarks import augmentation
from benchmarks.pages import families
from common.data import own
from tests.commands import ROOT, command


def test_labelled_digits_are_as_many_of_each_and_another_seeds_are_others():
    images, labels = augmentation.labelled(100, 0)
    np.testing.assert_array_equal(np.bincount(labels), [10] * 10)
    assert len(np.unique(images.reshape(100, -1), axis=0)) == 100
    assert not np.array_equal(images, augmentation.labelled(100, 1)[0])


def test_all_sets_have_as_many_images_half_of_them_generated_where_they_are_added():
    real = np.full((2, 28, 28), [[[1]], [[2]]], "uint8"), np.array([1, 2])
    fake = np.full((4, 28, 28), 9, "uint8"), np.array([9, 9, 9, 9])
    sets = augmentation.training_sets(real, fake)
    pixels = {name: images[:, 0, 0].tolist() for name, (images, _, _) in sets.items()}
    assert pixels == {
        "labels": [1, 2] * 4,
        "labels and generated": [1, 2, 1, 2, 9, 9, 9, 9],
        "labels, augmented": [1, 2] * 4,
        "labels and generated, augmented": [1, 2, 1, 2, 9, 9, 9, 9],
        "generated alone": [9] * 8,
    }
    for name, (images, labels, augmented) in sets.items():
        np.testing.assert_array_equal(images[:, 0, 0], labels)
        assert augmented == name.endswith("augmented")


def test_a_gan_learns_the_labelled_digits_and_nothing_else(tmp_path):
    trial = augmentation.trial(augmentation.Config(work=tmp_path), 100, 3)
    read = own.load(trial.config.data_dir)
    order = np.lexsort(read.images.reshape(100, -1).T)
    images, labels = augmentation.labelled(100, 3)
    wanted = np.lexsort(images.reshape(100, -1).T)
    np.testing.assert_array_equal(read.images[order], images[wanted])
    np.testing.assert_array_equal(read.labels[order], labels[wanted])
    assert read.training == 100


@pytest.mark.slow
def test_the_command_classifies_and_goes_on(tmp_path):
    out, work = tmp_path / "augmentation.json", tmp_path / "work"
    argv = ["--labels", "100", "--seeds", "1", "--iterations", "1"]
    argv += ["--fakes", "1000", "--epochs", "4", "--work", str(work), "--out", str(out)]
    done = command("benchmarks.augmentation", *argv, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    document = json.loads(out.read_text())
    (play,) = document["plays"]
    # An untrained GAN's images teach nothing; ten labelled digits of each kind teach a lot.
    assert play["accuracy"]["generated alone"] < 0.3 < 0.6 < play["accuracy"]["labels, augmented"]
    assert document["pretrained"]["mean"] > 0.9
    done = command("benchmarks.augmentation", *argv, cwd=ROOT)
    assert json.loads(out.read_text()) == document  # nothing was played again


def test_labels_that_cannot_be_shared_out_are_refused():
    done = command("benchmarks.augmentation", "--labels", "105", cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "error: --labels is 105, but must be a multiple of 10 from 100 to 50000"
    )


def test_the_result_has_the_same_seeds_for_each_number_of_labels():
    document, config = json.loads(augmentation.Config().out.read_text()), augmentation.Config()
    assert not document["commit"].endswith("-dirty")
    seeds = {
        count: [play["seed"] for play in document["plays"] if play["labels"] == count]
        for count in config.labels
    }
    assert len(seeds[100]) >= 3 and seeds == dict.fromkeys(config.labels, seeds[100])
    for play in document["plays"]:
        assert play["accuracy"].keys() == set(families.ACCURACIES)
