import json
import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cures as trials
from common.data import ring
from common.errors import UserError
from common.runs import folders, loop
from common.settings import EpochSettings
from common.two_phases import TwoPhaseSettings

SCORES = set("modes good precision recall swing d_real d_fake gradient".split())


def test_every_cure_is_tried_and_changes_something():
    tried = set()
    for failure, those in trials.TRIALS.items():
        base, *others = those.values()
        assert base not in others, failure
        for name in those:
            tried |= {*trials.described(failure, name)["settings"]}
    cures = set(TwoPhaseSettings.__dataclass_fields__) - set(EpochSettings.__dataclass_fields__)
    assert tried - {"learning_rate"} == cures - {"latent"}
    assert len({trial.latent for those in trials.TRIALS.values() for trial in those.values()}) > 2


def test_results_are_of_these_trials_over_five_seeds():
    results = json.loads(trials.Config().out.read_text())
    assert results.keys() == trials.TRIALS.keys()
    for failure, those in results.items():
        assert those.keys() == trials.TRIALS[failure].keys()
        for name, result in those.items():
            trial = trials.described(failure, name)
            assert {key: result[key] for key in trial} == trial
            assert len(result["plays"]) == 5 and not result["commit"].endswith("-dirty")


def test_a_failures_trials_are_played_and_the_others_kept(tmp_path, capsys, monkeypatch):
    """Of two trials the second leaves the numbers."""
    wild = replace(trials.PLAIN, learning_rate=1e38, optimizer="SGD")
    monkeypatch.setitem(trials.TRIALS, "wildness", {"tame": trials.PLAIN, "wild": wild})
    out = tmp_path / "cures.json"
    out.write_text(json.dumps({"another": {}, "wildness": {"past": {}}}))
    places = {"work": tmp_path / "runs", "out": out}
    trials.work(trials.Config(failures=("wildness",), seeds=2, iterations=10, **places))
    results, printed = json.loads(out.read_text()), capsys.readouterr().out
    assert list(results) == ["another", "wildness"]
    tame, wild = (results["wildness"][name] for name in ("tame", "wild"))
    assert [set(play) for play in tame["plays"]] == [SCORES] * 2 and wild["plays"] == [None] * 2
    assert "wildness; tame: modes [" in printed and "wildness; wild: modes [None, None]" in printed
    assert tame["plays"][0] != tame["plays"][1] and tame["seconds"] > 0 and tame["command"]
    assert (tame["settings"], wild["settings"]) == ({}, {"learning_rate": 1e38})
    rows = folders.read_losses(tmp_path / "runs" / "trial-wildness-tame_seed-0")
    assert [row["iteration"] for row in rows] == [*range(11)]
    mean = np.mean([row["gradient"] for row in rows[6:]])  # of the second half of ten
    assert tame["plays"][0]["gradient"] == pytest.approx(mean)
    game = create_game(iterations=11)  # the same by the loop alone
    loop.play(game, 7)
    seen = trials.look(game, game.samples(), trials.REAL)
    assert seen == {name: pytest.approx(rows[6][name], rel=1e-4) for name in seen}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("failures", ("boredom",), "boredom"), ("seeds", 0, "seeds"), ("iterations", 9, "iterations")],
)
def test_impossible_trials_are_one_line(name, value, words):
    with pytest.raises(UserError, match=words):
        trials.Config(**{name: value})


def create_game(**settings):
    return trials.Game(replace(trials.PLAIN, **settings), ring.points(trials.POINTS, 0))


def test_a_head_start_is_of_the_discriminator_alone_before_the_first_iteration():
    game = create_game(head_start=3, discriminator_updates=2)
    assert [game.updates_before(iteration) for iteration in range(3)] == [8, 2, 2]
    loop.play(game, 2)
    assert int(game.learner.optimizer.iterations) == 10
    assert int(game.gan.optimizer.iterations) == 2


def test_a_game_starts_as_far_away_as_its_trial_says():
    games = [create_game(away=x) for x in (0.0, 4.0)]
    near, away = (game.generator.predict_on_batch(np.zeros((1, 16), "float32")) for game in games)
    np.testing.assert_allclose(away - near, [[4, 0]])


def test_look_sees_the_answers_and_the_gradient_at_the_fakes():
    """A discriminator with the logit x, and 1,000 fakes at (ln 3, 0): D is 3/4, and flipped has the
    gradient -1/4 there."""
    game = create_game()
    for layer in game.discriminator.layers:
        kernel, bias = map(np.zeros_like, layer.get_weights())
        kernel[0, 0] = 1
        layer.set_weights([kernel, bias])
    fakes = np.tile(np.array([[math.log(3), 0]], "float32"), (10, 1))
    scores = trials.look(game, fakes, np.zeros((10, 2), "float32"))
    assert scores["d_fake"] == pytest.approx(3 / 4) and scores["d_real"] == pytest.approx(1 / 2)
    assert scores["gradient"] == pytest.approx(1 / 4)
    assert scores["modes"] == 0 and scores["good"] == 0


def test_swing_is_the_share_that_went_to_another_mode():
    """Of four samples one goes from the first mode to the second."""
    before, after = ring.centres()[[0, 0, 1, 2]], ring.centres()[[0, 1, 1, 2]]
    assert trials.swing(before, after) == 0.25
    assert trials.swing(before, before[::-1]) == 0
