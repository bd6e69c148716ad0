"""The commands' own: columns, pictures, one's own domains, what evaluate finds."""

import json

import numpy as np
import pytest
from PIL import Image

from beyond.cycle_gan import domains, evaluate, report, sample, scoring, train
from common.commands import generators
from common.data import datasets
from common.runs import folders
from tests.commands import TINY, arrays, load_generator, play, refused

NAME = "beyond.cycle_gan"
CARD = generators.pretrained(NAME) / "card.json"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three iterations, of thin digits and thick ones."""
    folder = tmp_path_factory.mktemp("cycle") / "run"
    play(train.main, *TINY, "--pair", "thickness", "--run-dir", folder)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of two domains, 30 plain digits and 20 striped ones."""
    folder, digits = tmp_path_factory.mktemp("own"), datasets.load("mnist").x_train
    for name, images in (
        ("horse", digits[:30]),
        ("zebra", domains.both(digits[30:50], "stripes")[1]),
    ):
        (folder / name).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def own_run(own, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cycle") / "own"
    argv = [*TINY, "--training-images", "None", "--data-dir", own, "--run-dir", folder]
    play(train.main, *argv)
    return folder


def test_rows_have_the_losses_and_what_is_lost_there_and_back(run):
    rows = folders.read_losses(run)
    assert tuple(rows[0]) == ("iteration", "epoch", "d_loss", "g_loss", "cycle", "seconds")
    assert all(0 < row["cycle"] < 4 and row["d_loss"] > 0 for row in rows)


def test_own_flags_are_checked(run, own, tmp_path, capsys):
    for flags, word in [
        (["--cycle", -1], "--cycle is -1"),
        (["--identity", -1], "--identity is -1"),
        (["--pair", "zebras"], "--pair"),
        (["--pair", "thickness", "--data-dir", own], "--pair is thickness"),
        (["--batch-size", 60], "--batch-size 60 exceeds the 50 images of a domain"),
    ]:
        assert word in refused(capsys, train.main, *TINY, "--run-dir", tmp_path / "new", *flags)
    assert "--count is 10001" in refused(capsys, evaluate.main, run, "--count", 10_001)
    flags = ["--classifier-epochs", 0]
    assert "--classifier-epochs is 0" in refused(capsys, evaluate.main, run, *flags)
    assert "--count is 1001" in refused(capsys, sample.main, run, "--count", 1001)


def test_wrong_domains_are_refused(own, tmp_path, capsys):
    argv = [*TINY, "--training-images", "None", "--run-dir", tmp_path / "run"]
    message = refused(capsys, train.main, *argv, "--data-dir", own / "horse")
    assert "two subfolders, a domain each" in message
    message = refused(capsys, train.main, *argv, "--data-dir", own, "--evaluate-every", 2)
    assert "--evaluate-every scores test digits" in message
    assert not (tmp_path / "run").exists()


def test_sample_draws_both_ways_there_and_back_with_the_truth(run, tmp_path):
    drawn = arrays(sample, run, tmp_path / "a.npz", "--count", 3)
    images, what = drawn["images"].reshape(8, 3, 28, 28, 1), drawn["what"].reshape(8, 3)
    assert what[:, 0].tolist() == [
        "thin", "as thick", "and back", "truly thick", "thick", "as thin", "and back", "truly thin",
    ]  # fmt: skip
    here, other = np.split(np.random.default_rng(0).permutation(10_000)[:6], 2)
    x, y = map(datasets.scale, domains.both(datasets.load("mnist").x_test, "thickness"))
    np.testing.assert_array_equal(images[[0, 3]], [x[here], y[here]])
    np.testing.assert_array_equal(images[[4, 7]], [y[other], x[other]])
    generator = load_generator(run, NAME)
    fake_y, fake_x = train.translate(generator, x[here], y[other])
    np.testing.assert_allclose(images[1], fake_y, atol=1 / 255 + 1e-6)
    np.testing.assert_allclose(images[5], fake_x, atol=1 / 255 + 1e-6)
    again_y, again_x = train.translate(generator, images[5], images[1])
    np.testing.assert_allclose(images[2], again_x, atol=1 / 255 + 1e-6)
    np.testing.assert_allclose(images[6], again_y, atol=1 / 255 + 1e-6)


def test_the_quiz_has_thick_digits_made_thin(run):
    source = generators.Source(run)
    generator = generators.load(source, train.EXAMPLE)
    drawn, _ = train.draw(generator, 3, 5)
    chosen = np.random.default_rng(3).integers(10_000, size=5)
    thick = domains.both(datasets.load("mnist").x_test[chosen], "thickness")[1]
    expected = generator.get_layer("y_to_x")(datasets.scale(thick))
    np.testing.assert_allclose(drawn, expected, atol=1e-5)


def test_a_users_domains_are_learned_and_judged_without_pairs(own_run, tmp_path, capsys):
    config = json.loads((own_run / "config.json").read_text())
    assert config["classes"] == ["horse", "zebra"]
    drawn = arrays(sample, own_run, tmp_path / "a.npz", "--count", 2)
    names = ["horse", "as zebra", "and back", "zebra", "as horse", "and back"]
    assert drawn["what"][::2].tolist() == names
    play(report.main, own_run)
    assert "your own images" in (own_run / "report.html").read_text()  # why there is no quiz
    capsys.readouterr()
    play(evaluate.main, own_run, "--classifier-epochs", 1)
    found = json.loads((own_run / "evaluation.json").read_text())
    assert set(found["scores"]) == {"found_there", "found_back", "cycle_x", "cycle_y"}
    assert found["count"] == 30 and "digits" not in capsys.readouterr().out


def test_a_batch_gives_way_to_a_small_domain(own, tmp_path, capsys):
    """A preset's batch; one that was asked for is refused."""
    argv = [*TINY, "--training-images", 20, "--iterations", 1, "--run-dir", tmp_path / "run"]
    play(train.main, *argv)
    settings = json.loads((tmp_path / "run" / "config.json").read_text())["settings"]
    assert settings["batch_size"] == 10
    argv = [*TINY, "--training-images", "None", "--data-dir", own, "--batch-size", 25]
    message = refused(capsys, train.main, *argv, "--run-dir", tmp_path / "new")
    assert "--batch-size 25 exceeds the 20 images of a domain" in message


def truth(count=200, pair="stripes"):
    """What the scores are made of, without a generator."""
    data = datasets.load("mnist")
    x, y = map(datasets.scale, domains.both(data.x_test[:count], pair))
    digits = data.y_test[:count]
    labels = np.concatenate([digits, 10 + digits.astype(int)])
    learned = datasets.pixels(np.concatenate([x, y]))
    return scoring.Domains(x, y, digits, domains.PAIRS[pair], pair, learned, labels)


def test_a_reader_tells_domain_and_digit():
    test = truth(400)
    judge = scoring.reader(test, 12, 0)
    for domain, images in enumerate((test.x, test.y)):
        kinds, digits = scoring.read(judge, images)
        assert np.mean(kinds == domain) > 0.9 and np.mean(digits == test.digits) > 0.7


def test_errors_light_and_ink_by_hand():
    test = truth()
    assert scoring.error(test.x, -np.ones_like(test.x)) == pytest.approx((test.x + 1).mean() / 2)
    assert scoring.ground(test, test.x) == scoring.ground(test, test.y) == 0
    lit = np.where(test.x == -1, 0.0, test.x)  # half of white, all over the ground
    assert scoring.ground(test, lit) == pytest.approx(0.5)
    assert scoring.ink(test.x, test.x) == 1 and scoring.ink(
        2 * test.x + 1, test.x
    ) == pytest.approx(2)


def test_the_nearest_stripes_are_near_true_ones_and_far_from_none():
    test = truth(50)
    true, none = scoring.error_there(test, test.y), scoring.error_there(test, test.x)
    assert true < 0.01 < 0.04 < none < scoring.error(test.x, test.y)
    ones = np.ones(50)
    on_grid = domains.striped(datasets.pixels(test.x), 0 * ones, np.radians(30) * ones)
    assert scoring.error_there(test, datasets.scale(on_grid)) == 0
    thick = truth(50, "thickness")
    assert scoring.error_there(thick, thick.x) == scoring.error(thick.x, thick.y)


def test_evaluate_puts_translations_beside_none_and_the_truth(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(scoring, "LEARNED", 300)
    out = tmp_path / "e.json"
    play(evaluate.main, run, "--count", 100, "--seeds", 2, "--classifier-epochs", 1, "--out", out)
    found, shown = json.loads(out.read_text()), capsys.readouterr().out
    assert set(found["scores"]) == set(found["real"]) == set(found["untouched"])
    assert set(found["scores"]) == set(evaluate.SCORES)
    for name in ("error_there", "error_back", "cycle_x", "cycle_true", "ground_there"):
        assert found["real"][name] == 0 and found["scores"][name]["mean"] > 0
    assert found["real"]["ink_back"] == 1 and found["untouched"]["ink_back"] > 2
    assert found["real"]["digits_back"] == found["untouched"]["digits_cycle"] > 0.98
    test = scoring.test_domains(generators.Source(run), train.EXAMPLE, 100)
    made = scoring.there_and_back(generators.load(generators.Source(run), train.EXAMPLE), test)
    assert found["scores"]["error_back"]["mean"] == scoring.error(made[1], test.x)
    assert found["scores"]["cycle_y"]["mean"] == scoring.error(made[3], test.y)
    assert "not translated" in shown
    assert Image.open(out.with_suffix(".png")).size == (560, 6 * (16 + 56))


def test_the_weights_that_come_along_are_as_good_as_their_card_says():
    source = generators.Source(pretrained=True)
    told = {n: s["mean"] for n, s in json.loads(CARD.read_text())["evaluation"]["scores"].items()}
    test = scoring.test_domains(source, train.EXAMPLE, 500)
    fake_y, fake_x, again_x, again_y = scoring.there_and_back(
        generators.load(source, train.EXAMPLE), test
    )
    for name, value in {
        "error_there": scoring.error_there(test, fake_y),
        "error_back": scoring.error(fake_x, test.x),
        "cycle_x": scoring.error(again_x, test.x),
        "cycle_y": scoring.error(again_y, test.y),
    }.items():
        assert value == pytest.approx(told[name], abs=0.003), name
