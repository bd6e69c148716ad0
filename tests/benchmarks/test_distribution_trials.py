import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import distribution_trials
from distribution_gan import train
from distribution_gan.train import Game


def test_every_trial_is_a_valid_config_and_the_first_is_the_preset():
    for _, departures, turn in distribution_trials.TRIALS.values():
        replace(train.SLIDES, **departures)
        assert turn >= 1
    optimizer, departures, turn = next(iter(distribution_trials.TRIALS.values()))
    game = Game(train.PRESETS["smoke"], np.arange(100.0), optimizer)
    assert type(game.gan.optimizer) is type(Game(game.config, game.values).gan.optimizer)
    assert departures == {} and turn == 1


def test_the_preset_is_the_trial_whose_worst_seed_is_best():
    results = json.loads(distribution_trials.Config().out.read_text())
    assert set(results) == set(distribution_trials.TRIALS)
    worst = {name: max(result["median_wasserstein_1"]) for name, result in results.items()}
    assert min(worst, key=worst.get) == next(iter(distribution_trials.TRIALS))


@pytest.mark.parametrize("turn", [1, 3])
def test_each_network_learns_as_often_and_the_second_half_counts(monkeypatch, turn):
    """Twelve iterations: the rows of iterations 6, 7, ... 11, or in turns of three of 6 and 9."""
    calls = []
    monkeypatch.setattr(Game, "update_discriminator", lambda game, *drawn: calls.append("D") or {})
    monkeypatch.setattr(Game, "update_generator", lambda game, *drawn: calls.append("G") or {})

    def distances(*values):
        return {"wasserstein_1": float(calls.count("D") - turn)}  # the iteration

    monkeypatch.setattr(distribution_trials.values, "distances", distances)
    config = replace(train.PRESETS["smoke"], iterations=12, log_every=turn, engine="reference")
    median = distribution_trials.measure(distribution_trials.SGD, config, turn)
    assert "".join(calls) == ("D" * turn + "G" * turn) * (12 // turn)
    assert median == (8.5 if turn == 1 else 7.5)
