import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import distribution_trials
from benchmarks.distribution_trials import BASE, TRIALS
from common.runs import folders
from distribution_gan import train


def test_the_first_trial_is_the_preset():
    assert next(iter(TRIALS.values())) == BASE
    assert BASE.__dict__ == {**train.SLIDES.__dict__, "optimizer": "SGD", "turn": 1}
    game = distribution_trials.Game(replace(BASE, training_values=500), np.arange(500.0))
    assert type(game.gan.optimizer) is type(train.Game(train.SLIDES, game.values).gan.optimizer)


def test_of_trials_with_its_batch_size_the_presets_worst_seed_is_best():
    """Batches of 256 at 0.3 are as good in these plays; in earlier ones a seed was far off."""
    results = json.loads(distribution_trials.Config().out.read_text())
    assert set(results) == set(TRIALS)
    worst = {name: max(result["median_wasserstein_1"]) for name, result in results.items()}
    alike = [name for name, trial in TRIALS.items() if trial.batch_size == BASE.batch_size]
    assert min(alike, key=worst.get) == next(iter(TRIALS)) and len(alike) == 7


def test_each_network_learns_as_often_and_in_turns(tmp_path, monkeypatch):
    """Twelve iterations in turns of three; what counts are the rows of iterations 6 and 9."""
    turns = replace(
        BASE, turn=3, log_every=3, batch_size=32, training_values=1000, engine="reference"
    )
    monkeypatch.setitem(TRIALS, "turns", turns)
    monkeypatch.setattr(distribution_trials, "BASE", turns)
    calls = []
    for network, name in (("D", "update_discriminator"), ("G", "update_generator")):
        step = getattr(train.Game, name)

        def counted(game, *drawn, step=step, network=network):
            calls.append(network)
            return step(game, *drawn)

        monkeypatch.setattr(train.Game, name, counted)
    out = tmp_path / "trials.json"
    places = {"work": tmp_path / "runs", "out": out}
    distribution_trials.work(
        distribution_trials.Config(trials=("turns",), seeds=1, iterations=12, **places)
    )
    assert "".join(calls) == "DDDGGG" * 4
    result = json.loads(out.read_text())["turns"]
    rows = folders.read_losses(tmp_path / "runs" / "trial-turns_seed-0")
    assert [row["iteration"] for row in rows] == [0, 3, 6, 9]
    late = [row["wasserstein_1"] for row in rows[2:]]
    assert result["median_wasserstein_1"] == [pytest.approx(sum(late) / 2)]
