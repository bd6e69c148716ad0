import json
import math
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from benchmarks import row_zero, shared, slide_rows
from common.data import datasets
from common.errors import UserError
from common.optimizers import RMSpropKeras2
from common.runs import folders, loop
from mnist_wgan import train
from mnist_wgan.printed import PRINTED
from tests.commands import command, killed, without_seconds

NOW = {"a loss": 2.5, "weights": 100.0}  # a fingerprint
TINY = replace(
    train.SLIDES, iterations=4, batch_size=2, critic_updates=2, log_every=1, training_images=100
)


OFTEN = replace(TINY, checkpoint_seconds=0.0)


def play(folder, config=TINY):
    """Play the one run of a folder."""
    (run,) = slide_rows.play([config], folder, NOW)
    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Four iterations that nothing interrupted."""
    return play(tmp_path_factory.mktemp("slide_rows"))


def test_a_killed_play_goes_on_to_the_same_rows(whole, tmp_path):
    """kill -9 in the third iteration, with checkpoints after each update."""
    code = "from tests.benchmarks import test_slide_rows as tests; tests.play(folder, tests.OFTEN)"
    killed(code, tmp_path, at=2)
    assert len(folders.read_losses(tmp_path / "seeds" / "2-0")) < 4
    run = play(tmp_path, OFTEN).folder
    assert without_seconds(run) == without_seconds(whole.folder)
    assert len(folders.read_json(run / "config.json")["resumed"]) == 1


def test_a_longer_call_goes_on_where_a_shorter_one_ended(whole, tmp_path):
    assert [row["iteration"] for row in play(tmp_path, replace(TINY, iterations=2)).rows] == [0, 1]
    run = play(tmp_path).folder
    before = sorted((run / "checkpoints").iterdir())
    assert without_seconds(run) == without_seconds(whole.folder)
    again = play(tmp_path, replace(TINY, iterations=3))  # is there already
    assert sorted((run / "checkpoints").iterdir()) == before
    assert slide_rows.read(again)["losses"]["iteration"] == [0, 1, 2, 3]


def test_a_play_of_another_model_or_other_settings_is_refused(whole):
    folder = whole.folder.parents[1]
    with pytest.raises(UserError, match=r"another mnist_wgan \(a loss: 2\.5 then, 2\.6 now\); rem"):
        slide_rows.play([TINY], folder, {**NOW, "a loss": 2.6})
    with pytest.raises(UserError, match="other settings"):
        play(folder, replace(TINY, clip=0.02))


def test_a_play_is_kept_with_its_facts_and_losses(whole):
    play, rows = slide_rows.read(whole), whole.rows
    assert (play["batch_size"], play["seed"]) == (2, 0) and play["seconds"] > 0
    assert {"command", "device", "packages", "commit"} <= set(play)
    for name in slide_rows.PLAYED:
        assert play["losses"][name] == pytest.approx([row[name] for row in rows], rel=1e-5)
    total = slide_rows.at(play, "total", range(2, 4))
    assert total == pytest.approx([row["total"] for row in rows[2:4]], rel=1e-4)


def test_the_generators_gradient_is_what_the_accumulators_change_tells(whole, tmp_path):
    """Beside the sums of squares that an optimizer of the same formula sees."""
    seen = []

    class Seeing(RMSpropKeras2):
        def build(self, variables):
            super().build(variables)
            self.seen = keras.Variable(0.0, trainable=False)

        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, learning_rate)
            if hasattr(gradient, "indices"):
                gradient = ops.add(ops.zeros_like(variable), gradient)
            self.seen.assign_add(ops.sum(ops.square(gradient)))

    images, labels, *_ = datasets.load_training("mnist", TINY, first=50_000)
    game = train.Game(TINY, datasets.scale(images), labels, Seeing)
    for iteration in range(TINY.iterations):
        before = float(game.combined.optimizer.seen)
        loop.play(game, 1, iteration)
        seen.append(float(game.combined.optimizer.seen) - before)
    losses = slide_rows.read(whole)["losses"]
    assert losses["g_gradient"] == pytest.approx(np.sqrt(seen), rel=1e-3)
    assert losses["g_root"][0] > 0 and len(set(losses["g_root"])) == TINY.iterations


def test_without_the_row_before_a_gradient_is_not_known():
    rows = [{"iteration": i, "g_squares": s} for i, s in ((0, 0.1 * 4.0), (1, 1.26), (50, 2.0))]
    assert slide_rows.gradient_norms(rows) == pytest.approx([2, 3, math.nan], nan_ok=True)


def test_late_rows_are_kept_every_50_iterations(whole, monkeypatch):
    monkeypatch.setattr(slide_rows, "ALL_TO", 0)
    monkeypatch.setattr(slide_rows, "LATER", 3)
    assert slide_rows.read(whole)["losses"]["iteration"] == [0, 3]


def made_up(seed, d_true, batch_size=32):
    """A play with a loss for each iteration."""
    losses = {"iteration": list(range(len(d_true))), "d_true": list(d_true)}
    return {"batch_size": batch_size, "seed": seed, "losses": losses}


def test_calls_add_up_and_a_longer_play_takes_the_place_of_a_shorter_one(tmp_path):
    out, prints = tmp_path / "results" / "slide_rows.json", {"fingerprints": {"tensorflow": NOW}}
    shorter, longer = made_up(0, [1.0]), made_up(0, [1.0, 2.0])
    for play in (made_up(7, [3.0]), shorter, made_up(0, [4.0], batch_size=64), longer):
        shared.add_play(out, play, slide_rows.key, **slide_rows.known(out, NOW, "move it"))
    plays = [longer, made_up(7, [3.0]), made_up(0, [4.0], batch_size=64)]
    assert json.loads(out.read_text()) == {**prints, "plays": plays}
    assert '"d_true": [ 1.0, 2.0' in out.read_text()  # a list is not a page
    with pytest.raises(UserError, match=r"100\.0 then, 101\.0 now\); move it"):
        slide_rows.known(out, {**NOW, "weights": 101.0}, "move it")


def test_a_band_is_over_seeds_in_row_0_and_over_neighbours_sizes_later():
    """Row 0 over seeds, with the sign; row 50 over seeds and iterations 40 to 60, without it."""
    plays = [made_up(seed, [seed, 1e6]) for seed in range(3)]
    assert slide_rows.band(plays, 0, "d_true") == (1 - 3, 1 + 3)
    assert slide_rows.inside(plays, 0, "d_true", 3.9)
    assert not slide_rows.inside(plays, 0, "d_true", 4.1)
    near = [[(-1) ** k * (21 * seed + k) for k in range(21)] for seed in range(3)]  # 0 to 62
    plays = [made_up(seed, [1e6] * 40 + near[seed] + [1e6] * 9) for seed in range(3)]
    assert slide_rows.band(plays, 50, "d_true") == pytest.approx((0.025 * 62, 0.975 * 62))
    assert slide_rows.inside(plays, 50, "d_true", -60.4)
    assert not slide_rows.inside(plays, 50, "d_true", 60.6)
    assert not slide_rows.inside(plays, 50, "d_true", -1.5)
    assert (
        slide_rows.having(plays, 50) == {(32, "float32"): plays}
        and slide_rows.having(plays, 100) == {}
    )
    assert slide_rows.around(0) == range(1) and 24950 in slide_rows.around(24750)


def test_the_printed_rows_are_the_lectures():
    """Total is true plus fake in each, to the last digit printed."""
    assert list(PRINTED) == [0, 50, 100, 150, *range(24750, 25000, 50)]
    for row, (d_true, d_fake, _, total) in PRINTED.items():
        assert total == pytest.approx(d_true + d_fake, abs=2e-3 if row < 1000 else 2e-4)
    assert PRINTED[0][0] == row_zero.LECTURE["d_true"]


@pytest.mark.slow
def test_the_command_adds_seeds_and_plays_none_twice(tmp_path):
    """One iteration of a hundred critic updates."""
    out = tmp_path / "slide_rows.json"
    argv = ["--iterations", 1, "--batch-size", 1, "--work", tmp_path / "work", "--out", out]
    done = command("benchmarks.slide_rows", *argv, "--seeds", 3)
    assert done.returncode == 0, done.stderr
    done = command("benchmarks.slide_rows", *argv, "--seeds", 3, 1)
    assert done.returncode == 0 and f"seed 3 is in {out} already" in done.stdout, done.stderr
    plays = json.loads(out.read_text())["plays"]
    assert [play["seed"] for play in plays] == [1, 3]
    assert all(play["losses"]["d_true"][0] < -100 for play in plays)
    assert plays[0]["losses"] != plays[1]["losses"]
