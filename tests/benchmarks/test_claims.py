import json
import math
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from benchmarks import claims
from benchmarks.pages import tables
from benchmarks.shared import FACTS, add_play, plays_in
from common.commands import trials
from common.errors import UserError
from common.files import write_json
from common.runs import folders
from fashion_gan import train
from tests.commands import command, killed, without_seconds

TINY = replace(train.SLIDES, training_images=640, log_every=1, epochs=2)  # 20 iterations an epoch
OFTEN = replace(TINY, checkpoint_seconds=0.0)
TWO_ROWS = (60 + 10 * 56, 2 * 56)  # the size in pixels of a strip of two moments


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two epochs that nothing interrupted."""
    folder = tmp_path_factory.mktemp("claims") / "fashion_gan-0"
    trials.play(train.EXAMPLE, TINY, folder)
    return folder


def play(folder, monkeypatch, slides=TINY, **more):
    """Play fashion_gan with other settings than preset slides; returns the result file's plays."""
    monkeypatch.setitem(train.PRESETS, "slides", slides)
    monkeypatch.setattr(claims, "COUNT", 100)
    places = {"work": folder / "work", "out": folder / "claims.json"}
    claims.work(claims.Config(**{"works": ("fashion_gan",), "seeds": (0,), **places, **more}))
    return plays_in(folder / "claims.json")


def test_a_killed_call_goes_on_to_the_same_losses_samples_and_scores(whole, tmp_path, monkeypatch):
    """kill -9 in the second epoch, after the first was scored; checkpoints all the time."""
    code = (
        "from tests.benchmarks import test_claims as tests\n"
        "tests.play(folder, tests.pytest.MonkeyPatch(), tests.OFTEN, epochs=2)"
    )
    killed(code, tmp_path, at=25)
    run = tmp_path / "work" / "fashion_gan" / "seed-0"
    assert len(folders.read_losses(run)) < 40
    (first,) = plays_in(tmp_path / "claims.json")
    before, second = play(tmp_path, monkeypatch, OFTEN, epochs=2)
    assert before == first and first["epochs"] == 1 and second["epochs"] == 2
    assert without_seconds(run) == without_seconds(whole)
    assert (run / "final.png").read_bytes() == (whole / "final.png").read_bytes()
    assert second["scores"] == claims.score("fashion_gan", whole, count=100)["scores"]


def test_a_seed_that_diverges_has_no_play(tmp_path, monkeypatch):
    assert play(tmp_path, monkeypatch, replace(TINY, learning_rate=1e38), epochs=1) == []


def test_other_settings_and_a_moment_that_is_past_are_refused(whole):
    for change, words in [
        ({"learning_rate": 2e-3, "epochs": 3}, "other settings"),
        ({"epochs": 1}, "--epochs was 2 in the run to resume and cannot become 1"),
    ]:
        with pytest.raises(UserError, match=words):
            trials.play(train.EXAMPLE, replace(TINY, **change), whole)
    assert len(folders.read_losses(whole)) == 40


def test_a_play_is_kept_with_its_scores_and_those_of_real_images(whole):
    play = claims.score("fashion_gan", whole, count=100)
    assert claims.key(play) == ("fashion_gan", 2, 0)
    assert play["seconds"] > 0 and play["count"] == 100
    assert set(FACTS) < set(play) and set(play["scores"]) == set(play["real"])
    assert play["scores"]["frechet_distance"] > play["real"]["frechet_distance"] > 0
    assert play["scores"]["coverage"] < 0.1 < play["real"]["coverage"]
    assert "began" not in play


def test_a_play_of_several_sessions_names_the_last_commit_and_the_first(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    run = folders.read_json(folder / "config.json")
    again = [{**run, "commit": commit} for commit in ("b" * 40, "c" * 40)]
    write_json(folder / "config.json", {**run, "commit": "a" * 40, "resumed": again})
    play = claims.score("fashion_gan", folder, count=100)
    assert (play["commit"], play["began"]) == ("c" * 40, "a" * 40)
    assert tables.origin_of_plays([play]).endswith("commit ccccccc, begun at aaaaaaa")


@pytest.mark.slow
def test_binarized_gan_keeps_accuracy_and_each_epochs_losses(tmp_path):
    example = trials.load("binarized_gan")
    tiny = replace(example.presets["slides"], training_images=96, batch_size=32, epochs=2)
    trials.play(example, tiny, tmp_path / "run")
    before = (tmp_path / "run" / "accuracy.csv").read_bytes()
    trials.play(example, tiny, tmp_path / "run")  # killed before it was scored
    assert (tmp_path / "run" / "accuracy.csv").read_bytes() == before
    play = claims.score("binarized_gan", tmp_path / "run", count=100)
    rows = folders.read_losses(tmp_path / "run")
    by_hand = [sum(row["d_loss"] for row in rows[a : a + 3]) / 3 for a in (0, 3)]
    assert play["losses"]["d_loss"] == pytest.approx(by_hand, rel=1e-5)
    assert len(play["losses"]["g_loss"]) == 2
    accuracies = play["accuracy"]
    assert accuracies["accuracy"] == pytest.approx((accuracies["real"] + accuracies["fake"]) / 2)
    claims.draw("binarized_gan", tmp_path / "run", tmp_path / "claims.json")
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert drawn == {f"claims_binarized_gan_{n}.png" for n in ("progress", "losses", "accuracy")}


def test_the_strip_has_a_row_for_each_moment_that_was_played(whole, tmp_path):
    for epochs in (1, 50):
        claims.keep(whole, epochs)
    claims.draw("fashion_gan", whole, tmp_path / "claims.json")
    assert Image.open(tmp_path / "claims_fashion_gan_epochs.png").size == TWO_ROWS
    one = tmp_path / "claims_fashion_gan_epochs-001.png"
    assert one.read_bytes() == (whole / "final.png").read_bytes()


def made_up(example, epochs, seed=0, **kept):
    return {"example": example, "epochs": epochs, "seed": seed, **kept}


def test_calls_add_up_and_a_later_play_takes_the_place_of_an_earlier_one(tmp_path):
    out = tmp_path / "results" / "claims.json"
    plays = [made_up("fashion_gan", 2, seconds=1), made_up("dcgan", 50), made_up("fashion_gan", 1)]
    for play in (*plays, made_up("fashion_gan", 2, seconds=3)):
        add_play(out, play, claims.key)
    again = made_up("fashion_gan", 2, seconds=3)
    assert plays_in(out) == json.loads(out.read_text())["plays"] == [plays[1], plays[2], again]
    assert plays_in(tmp_path / "none.json") == []


def judge(numbers, **bounds):
    """The verdict on a claim whose number is a play's own."""
    claim = claims.Claim("dcgan", 50, "", "", lambda plays: plays[-1]["number"], "{:.0%}", **bounds)
    plays = [made_up("dcgan", 50, seed, number=number) for seed, number in enumerate(numbers)]
    plays += [made_up("dcgan", 1, 7, number=9.0), made_up("bilinear_gan", 50, 8, number=9.0)]
    plays += [made_up("dcgan", epochs, 0, number=9.0) for epochs in (1, 100)]  # beside its own 50
    found = claims.numbers(claim, plays)
    assert found == dict(enumerate(numbers))
    return claims.verdict(claim, found.values())


def test_a_claim_holds_if_every_seeds_number_keeps_to_the_bounds():
    assert judge([0.75, 0.9], least=0.75) == judge([0.5], most=0.5) == "holds"
    assert judge([0.75, 0.74, 0.8], least=0.75) == "holds for 2 of 3 seeds"
    assert judge([0.74, 0.1], least=0.75) == judge([0.51], most=0.5) == "**does not hold**"
    claim = claims.CLAIMS[0]._replace(form="{:.0%}", least=0.2, most=0.4)
    assert claim.rule == "at least 20% and at most 40%"
    assert [claim.holds(number) for number in (0.1, 0.3, 0.5)] == [False, True, False]


def test_a_trend_is_the_last_quarters_mean_over_the_firsts():
    losses = {"g_loss": [1, 3, 9, 9, 9, 9, 2, 4], "d_loss": [4, 4, 0, 0, 0, 0, 3, 1]}
    accuracies = {"accuracy": 0.9, "real": 0.8, "fake": 1.0}
    plays = [{}, {"accuracy": accuracies, "losses": losses}]
    assert claims.accuracy(plays) == 0.9
    assert claims.trend(plays, "g_loss") == pytest.approx(3 / 2)
    assert claims.trend(plays, "d_loss") == pytest.approx(2 / 4)


def test_the_gap_is_closed_by_the_best_later_moment():
    """Whichever way is better."""

    def closed(score, real, values):
        plays = [{"scores": {score: value}, "real": {score: real}} for value in values]
        return claims.gap_closed(plays, score)

    assert closed("frechet_distance", 10, [50, 30, 40]) == pytest.approx(0.5)
    assert closed("frechet_distance", 10, [50, 60, 58]) == pytest.approx(-0.2)
    assert closed("modes", 10, [5, 7, 6]) == pytest.approx(0.4)
    assert closed("precision", 0.5, [0.75, 0.25, 0.5]) == 0  # better than real ones from the start
    assert closed("precision", 0.5, [0.5, 0.7, 0.4]) == 0


def test_over_real_is_the_samples_score_over_that_of_real_ones():
    plays = [{"scores": {"wasserstein_1": 0.3}, "real": {"wasserstein_1": 0.1}}]
    assert claims.over_real(plays, "wasserstein_1") == pytest.approx(3)


def test_every_claim_is_judged_after_epochs_that_are_played():
    for claim in claims.CLAIMS:
        assert claim.epochs in claims.WORKS[claim.example].epochs
        assert math.isfinite(claim.least) != math.isfinite(claim.most)
    for example, chosen in claims.WORKS.items():
        assert any(claim.example == example for claim in claims.CLAIMS)
        assert list(chosen.epochs) == sorted(chosen.epochs) and chosen.pictures
    slides = {name: trials.load(name).presets["slides"].epochs for name in claims.WORKS}
    for example, epochs in slides.items():
        assert epochs in claims.WORKS[example].epochs
    with pytest.raises(UserError, match="--epochs is 0"):
        claims.Config(epochs=0)


@pytest.mark.slow
def test_the_command_scores_each_epoch_once_but_again_where_it_is_told_to(tmp_path, monkeypatch):
    """An epoch of fashion_gan, then another one, of fewer images and with fewer samples scored."""
    out = tmp_path / "claims.json"
    (alone,) = play(tmp_path, monkeypatch, epochs=1)
    argv = ["--works", "fashion_gan", "--seeds", 0, "--epochs", 1, "--out", out]
    done = command("benchmarks.claims", *argv)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"fashion_gan, seed 0, 1 epochs: in {out} already\n"
    first, second = play(tmp_path, monkeypatch, epochs=2)
    assert first == alone and first["scores"] != second["scores"]
    assert (first["epochs"], second["epochs"]) == (1, 2)
    assert Image.open(tmp_path / "claims_fashion_gan_epochs.png").size == TWO_ROWS
    assert claims.gap_closed([first, second], "frechet_distance") < 1
    monkeypatch.setattr("sys.orig_argv", ["python", "-m", "benchmarks.claims", "--again"])
    again, kept = play(tmp_path, monkeypatch, epochs=1, again=True)
    assert kept == second and again["scores"] == first["scores"]
    assert again["command"] != first["command"]
