"""Own classes by their names, in other sizes and in colour, from training to the report."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from common.figures.pictures import CAPTION, ENLARGE
from mnist_wgan import evaluate, report, sample, train
from tests import test_engines
from tests.commands import TINY, arrays, assert_resumes_from_the_middle, play, refused
from tests.games import in_float64, update_discriminator, update_generator

PETS = ("cat", "dog", "fox")
SMALL = [*TINY, "--critic-updates", 1, "--batch-size", 2]
COLOUR = ["--image-size", 32, "--channels", 3]


def pictures(folder, names, each=2, size=32):
    """A user's data: a folder of so many random pictures in colour for each class; its path."""
    random = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            picture = random.integers(0, 256, (size, size, 3), dtype="uint8")
            Image.fromarray(picture).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("pets"), PETS)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A run of two iterations with three classes, in colour, of 32 pixels."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    argv = [*SMALL, *COLOUR, "--data-dir", data, "--iterations", 2, "--checkpoint-seconds", 0]
    play(train.main, *argv, "--run-dir", folder)
    return folder


def test_a_run_of_own_classes_in_colour_goes_on_bit_for_bit(run, tmp_path):
    assert_resumes_from_the_middle(train.main, run, tmp_path / "resumed")
    assert json.loads((run / "config.json").read_text())["classes"] == list(PETS)


def test_its_grid_has_a_row_for_each_class_below_its_name(run):
    with np.load(run / "final.npz") as kept:
        assert kept["images"].shape == (30, 32, 32, 3)
    picture = np.asarray(Image.open(run / "final.png"))
    side = 32 * ENLARGE
    assert picture.shape == (3 * (CAPTION + side), 10 * side, 3)
    for row in range(3):
        name = picture[row * (CAPTION + side) :][:CAPTION]
        assert name[:, :side].max() == 255 and not name[:, side:].any()


def test_it_is_sampled_by_the_name_of_a_class_or_its_number(run, tmp_path, capsys):
    def drawn(*flags):
        return arrays(sample, run, tmp_path / "drawn.npz", "--count", 2, *flags)

    foxes = drawn("--digit", "fox")
    assert foxes["images"].shape == (2, 32, 32, 3) and list(foxes["digits"]) == [2, 2]
    assert list(foxes["classes"]) == list(PETS)
    for flags in (["--class", "fox"], ["--digit", 2]):
        np.testing.assert_array_equal(drawn(*flags)["images"], foxes["images"])
    assert list(drawn("--show", "digits")["digits"]) == [0, 1, 2, 0, 1, 2]
    play(sample.main, run, "--count", 18, "--out", tmp_path / "drawn.png")
    side = 32 * ENLARGE  # a column a class, three times, and their names above the first row
    assert Image.open(tmp_path / "drawn.png").size == (9 * side, 2 * side + CAPTION)
    says = refused(capsys, sample.main, run, "--digit", "wolf")
    assert "--digit is wolf, but must be one of: cat, dog, fox; or 0 to 2" in says
    assert "at most 33333" in refused(capsys, sample.main, run, "--show=digits", "--count=33334")


def test_a_class_that_is_called_by_a_number_goes_before_the_number():
    assert sample.find_class(("3", "7", "1"), "1") == 2
    assert sample.find_class(("3", "7", "9"), "1") == 1


def test_few_images_are_not_scored_and_the_report_names_the_classes(run, capsys):
    assert "6 images are too few to score by" in refused(capsys, evaluate.main, run)
    play(report.main, run)
    page = (run / "report.html").read_text()
    assert "cat; dog; fox" in page and page.count('width="32" height="32"') == 24


def test_a_generators_file_alone_is_not_mistaken_for_the_lectures(run, tmp_path, capsys):
    alone = shutil.copy(run / "generator.keras", tmp_path)
    assert "name its run's folder" in refused(capsys, sample.main, alone)


@pytest.mark.parametrize("classes", [5, ["cat", 7], "cat"])
def test_classes_that_are_no_names_are_refused(classes, run, tmp_path, capsys):
    shutil.copy(run / "generator.keras", tmp_path)
    document = json.loads((run / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**document, "classes": classes}))
    assert "does not name its classes" in refused(capsys, sample.main, tmp_path)


def create_game(names, engine="reference", **settings):
    """A game of random images with these classes."""
    settings = {"engine": engine, "batch_size": 2, "critic_updates": 1, **settings}
    config = replace(train.SLIDES, **settings)
    shape = (len(names) + 2, config.image_size, config.image_size, config.channels)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")
    return train.Game(config, images, np.arange(len(images)) % len(names), classes=names)


@pytest.mark.parametrize("count", [1, 100])
def test_any_number_of_classes_can_be_learnt_and_looked_at(count):
    """Of many classes the grid has one image each, every one below its name."""
    game = create_game(tuple(f"class {k}" for k in range(count)))
    losses = update_discriminator(game) | update_generator(game)
    assert np.isfinite(list(losses.values())).all()
    if count == 1:  # nothing to tell apart
        assert abs(losses["dg_class"]) < 1e-6
    assert np.unique([game.draw_inputs()[1] for _ in range(5)]).max() < count
    recorder = train.EXAMPLE.recorder(game)
    kept = recorder.keep()
    assert len(kept["images"]) == {1: 10, 100: 100}[count]
    height, width = recorder.picture(kept, 0).shape
    assert (height, width) == (-(-len(kept["images"]) // 10) * (28 * ENLARGE + CAPTION), 560)
    assert recorder.strip([(0, kept)]).shape[0] == 28 * ENLARGE


def test_101_classes_are_refused_in_one_line(tmp_path, capsys):
    data = pictures(tmp_path / "many", [f"{k:03d}" for k in range(101)], each=1)
    says = refused(capsys, train.main, *SMALL, "--data-dir", data, *COLOUR)
    assert "101 classes" in says and "at most 100" in says


def test_the_embedded_digits_fit_32_pixels_in_colour_and_have_no_captions():
    smoke = replace(train.PRESETS["smoke"], training_images=10)
    data = train.EXAMPLE.load(replace(smoke, image_size=32, channels=3))
    assert data.arrays[0].shape[1:] == (32, 32, 3) and data.facts == {}
    assert data.named["classes"] == train.DIGITS
    assert train.captions(train.DIGITS, [3]) == () == train.captions(("0", "1"), [1])


def test_both_engines_agree_on_own_classes_in_colour():
    """In float64, with the compiled engine's faster layers."""
    with in_float64():
        shape = {"image_size": 32, "channels": 3}
        games = [create_game(PETS, engine, **shape) for engine in test_engines.ENGINES]
        test_engines.assert_equal_to_rounding(*games, 1e-6, 1e-6, iterations=2)
