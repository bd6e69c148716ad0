"""What each guideline is worth: what is played, the command from end to end, the table by hand."""

import json
from dataclasses import fields
from typing import get_args

import pytest

from benchmarks import guidelines
from benchmarks.pages import trials
from beyond.guideline_dcgan.guidelines import Guideline
from common.errors import UserError

FACTS = {
    "command": "python -m benchmarks.guidelines", "device": "CPU", "python": "3.11.7",
    "packages": {"keras": "3.15.1"}, "commit": "0123456789",
}  # fmt: skip


def test_every_guideline_is_taken_back_alone_on_both_sets_for_as_long():
    wanted = guidelines.wanted(10)
    assert tuple(guidelines.NAMES) == get_args(Guideline)
    assert [*wanted] == [
        (dataset, name)
        for dataset in ("fashion_mnist", "mnist")
        for name in (*guidelines.NAMES.values(), "dcgan")
    ]
    kept = {dataset: wanted[dataset, "all five"][1] for dataset in guidelines.DATASETS}
    for (dataset, name), (example, settings) in wanted.items():
        assert (settings.iterations, settings.batch_size) == (10, 32)
        assert (settings.data_dir is None) == (dataset == "fashion_mnist")
        assert example.name.endswith("dcgan")
        if name != "dcgan":
            differing = [
                field.name
                for field in fields(settings)
                if getattr(settings, field.name) != getattr(kept[dataset], field.name)
            ]
            assert differing == ["take_back"] * (name != "all five")
            assert guidelines.NAMES[settings.take_back] == name


@pytest.mark.slow
def test_the_command_plays_scores_and_goes_on(tmp_path, monkeypatch, capsys):
    """Two of the networks: the second time nothing is played again."""
    few = {
        ("mnist", name): guidelines.wanted(1)["mnist", name] for name in ("dense layers", "dcgan")
    }
    monkeypatch.setattr(guidelines, "wanted", lambda iterations: few)
    places = {"work": tmp_path / "runs", "out": tmp_path / "guidelines.json"}
    config = guidelines.Config(seeds=1, iterations=1, samples=100, **places)
    guidelines.work(config)
    document = json.loads(config.out.read_text())
    dense, other = document["plays"]
    assert (dense["trial"], dense["seed"], other["trial"]) == ("dense layers", 0, "dcgan")
    for play in (dense, other):
        assert play["ended"] == "finished" and play["frechet_distance"] > 50
        assert play["command"] and play["seconds"] > 0
    assert document["real"]["mnist"]["classifier_score"] > 7 > other["classifier_score"]
    assert "mnist, dcgan, seed 0: classifier_score " in capsys.readouterr().out
    monkeypatch.setattr(guidelines, "play", None)
    guidelines.work(config)
    assert json.loads(config.out.read_text()) == document


def test_the_table_sets_each_seed_beside_the_same_seed_with_all_five():
    def play(trial, seed, distance, ended="finished"):
        scores = dict.fromkeys(guidelines.KEPT, 1.0) | {"frechet_distance": distance}
        scores = dict.fromkeys(guidelines.KEPT) if distance is None else scores
        return {
            "dataset": "mnist", "trial": trial, "seed": seed, **scores, "ended": ended,
            "seconds": 2.0, **FACTS,
        }  # fmt: skip

    plays = [
        play("all five", 0, 20.0), play("ReLU in D", 0, 26.0), play("tanh in G", 0, None, "NaN"),
        play("all five", 1, 30.0), play("ReLU in D", 1, 28.0),
    ]  # fmt: skip
    document = {
        "iterations": 600, "batch_size": 32, "samples": 2000, "plays": plays,
        "real": {"mnist": dict.fromkeys(guidelines.KEPT, 0.5)},
    }  # fmt: skip
    values = trials.of_guidelines(document)
    assert values["plays"] == 5 and values["seeds"] == "1 to 2" and values["iterations"] == "600"
    lines = [line.split(" | ") for line in values["scores"].splitlines()[2:]]
    by_name = {line[1]: line for line in lines}
    assert by_name["all five"][2:5] == ["2", "1.00 (1.00 to 1.00)", "25.0 (20.0 to 30.0)"]
    assert by_name["all five"][-2] == ""
    assert by_name["ReLU in D"][-2] == "+2.0 (-2.0 to +6.0)"
    assert by_name["tanh in G; 1 diverged"][3:9] == [""] * 6
    assert by_name["real images"][4] == "0.5"
    assert "seed 0, 1; CPU; python 3.11.7, keras 3.15.1; 4 s" in by_name["ReLU in D"][-1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"iterations": 0}, "iterations"), ({"samples": 99}, "samples"), ({"seeds": 0}, "seeds")],
)
def test_impossible_settings_are_one_line(settings, words):
    with pytest.raises(UserError, match=words):
        guidelines.Config(**settings)
