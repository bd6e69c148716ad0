import json
import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cures as trials
from common.data import ring
from common.errors import UserError
from common.settings import EpochSettings
from common.two_phases import TwoPhaseSettings

SCORES = set("modes good precision recall swing d_real d_fake gradient".split())


def test_every_cure_is_tried_and_changes_something():
    """Of the latent size each trial has its own."""
    tried = {"latent"}
    for failure, those in trials.TRIALS.items():
        base, *others = those.values()
        for trial in those.values():
            replace(trials.BASE, **trial.settings)
            tried |= set(trial.settings)
        assert base not in others, failure
    cures = set(TwoPhaseSettings.__dataclass_fields__) - set(EpochSettings.__dataclass_fields__)
    assert tried - {"learning_rate"} == cures
    assert len({trial.latent for those in trials.TRIALS.values() for trial in those.values()}) > 2


def test_results_are_of_these_trials_over_five_seeds():
    results = json.loads(trials.Config().out.read_text())
    assert results.keys() == trials.TRIALS.keys()
    for failure, those in results.items():
        assert those.keys() == trials.TRIALS[failure].keys()
        for name, result in those.items():
            trial = json.loads(json.dumps(trials.TRIALS[failure][name]._asdict()))
            assert {key: result[key] for key in trial} == trial
            assert len(result["plays"]) == 5 and not result["commit"].endswith("-dirty")


def test_a_failures_trials_are_played_and_the_others_kept(tmp_path, capsys):
    out = tmp_path / "cures.json"
    out.write_text(json.dumps({"another": {}}))
    failure = list(trials.TRIALS)[-1]
    trials.work(trials.Config(failures=(failure,), seeds=2, iterations=10, out=out))
    results, printed = json.loads(out.read_text()), capsys.readouterr().out
    assert set(results) == {"another", failure}
    assert list(results[failure]) == list(trials.TRIALS[failure])
    for name, result in results[failure].items():
        assert f"{failure}, {name}: modes [" in printed
        assert result["iterations"] == 10 and result["seconds"] > 0 and result["command"]
        assert [set(play) for play in result["plays"]] == [SCORES] * 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("failures", ("boredom",), "boredom"), ("seeds", 0, "seeds"), ("iterations", 9, "iterations")],
)
def test_impossible_trials_are_one_line(name, value, words):
    with pytest.raises(UserError, match=words):
        trials.Config(**{name: value})


def test_what_the_file_has_with_the_same_settings_is_not_played_again(tmp_path, monkeypatch):
    """Three trials: one is there, one with other settings, one is not; a fourth is no more one."""
    monkeypatch.setattr(trials, "TRIALS", {"x": {"a": A, "b": A, "c": A}})
    played = {**json.loads(json.dumps(A._asdict())), "plays": [None], "mark": "old"}
    there = {"b": played, "c": {**played, "latent": 3}, "d": played}
    out = tmp_path / "cures.json"
    out.write_text(json.dumps({"x": there}))
    config = {"failures": ("x",), "seeds": 1, "out": out}
    trials.work(trials.Config(**config))
    results = json.loads(out.read_text())["x"]
    assert list(results) == ["a", "b", "c"]
    assert ["mark" in results[name] for name in results] == [False, True, False]
    assert results["b"] == played
    assert results["a"]["plays"] == results["c"]["plays"] != [None]
    trials.work(trials.Config(**config, again=True))
    results = json.loads(out.read_text())["x"]
    assert not any("mark" in result for result in results.values())


def test_a_schedule_ends_with_the_trial():
    settings = {"learning_rate_schedule": "linear", "discriminator_updates": 2}
    trial = trials.Trial(settings, iterations=20)
    game = trials.create_game(trial, 0)
    trials.measure(game, trial, ring.points(100, 9))
    assert [float(x.optimizer.learning_rate) for x in (game.gan, game.discriminator)] == [0, 0]


A = trials.Trial({}, iterations=10)
TRIAL = trials.Trial({"replay": 256, "discriminator_updates": 2}, iterations=20, head_start=3)


def test_a_restarted_game_is_a_new_one():
    """Bit for bit: nothing of the play before stays."""
    real = ring.points(100, 9)
    game = trials.create_game(TRIAL, 0)
    first = trials.measure(game, TRIAL, real)
    trials.restart(game, trials.create_game(TRIAL, 1))
    again = trials.measure(game, TRIAL, real)
    assert again == trials.measure(trials.create_game(TRIAL, 1), TRIAL, real) != first


def test_a_game_starts_as_far_away_as_its_trial_says():
    games = [trials.create_game(trials.Trial({}, away=x), 0) for x in (0.0, 4.0)]
    near, away = (game.generator.predict_on_batch(np.zeros((1, 16), "float32")) for game in games)
    np.testing.assert_allclose(away - near, [[4, 0]])


def test_look_sees_the_answers_and_the_gradient_at_the_fakes():
    """A discriminator with the logit x, and 1,000 fakes at (ln 3, 0): D is 3/4, and flipped has the
    gradient -1/4 there."""
    game = trials.create_game(trials.Trial({}), 0)
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


def test_a_loss_that_leaves_the_numbers_ends_a_play():
    game = trials.create_game(TRIAL, 0)
    game.generator.layers[-1].bias.assign([np.nan, 0.0])
    assert trials.measure(game, TRIAL, ring.points(100, 9)) is None
