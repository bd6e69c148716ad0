import json
import os
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import lipschitz
from common.errors import UserError
from mnist_wgan import train
from tests.commands import ROOT, command


def test_each_way_is_tried_with_all_else_as_in_preset_quick_but_the_rate():
    ways = train.Config.__dataclass_fields__["lipschitz"].type.__args__
    tried = [each.get("lipschitz", "clip") for each in lipschitz.TRIALS.values()]
    assert tuple(dict.fromkeys(tried)) == ways
    for name, departures in lipschitz.TRIALS.items():
        rate = departures.get("learning_rate", 5e-4)
        way = departures.get("lipschitz", "clip")
        assert name == (way if rate == 5e-4 else f"{way}, learning rate 1e-4")
        assert rate in (5e-4, 1e-4)
        assert departures.keys() <= {"lipschitz", "learning_rate"}


def test_command_scores_its_trials_and_keeps_the_others(tmp_path):
    """A play of no time is one iteration."""
    out, pictures = tmp_path / "lipschitz.json", tmp_path / "pictures"
    out.write_text(json.dumps({"another": {}}))
    argv = ["--trials", "gradient-penalty", "--minutes", "1e-6", "--out", out]
    done = command("benchmarks.lipschitz", *argv, "--pictures", pictures,
                   env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("gradient-penalty, seed 0: 1 iterations, asked_label_accuracy 0.")
    results = json.loads(out.read_text())
    assert set(results) == {"another", "gradient-penalty"}
    result = results["gradient-penalty"]
    (play,) = result["plays"]
    assert result["command"] and play["iterations"] == 1 and play["seconds"] > 0
    assert set(play["scores"]) == set(result["real"]) == set(lipschitz.KEPT)
    assert result["real"]["asked_label_accuracy"] > 0.98
    assert (pictures / "gradient-penalty-seed0.png").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"trials": ("hinge",)}, "hinge"), ({"minutes": 0}, "minutes"), ({"seeds": 0}, "seeds")],
)
def test_impossible_settings_are_one_line(settings, words):
    with pytest.raises(UserError, match=words):
        lipschitz.Config(**settings)


def test_play_stops_in_time():
    config = replace(train.PRESETS["long"], batch_size=2, dtype="float32")
    images = np.zeros((10, 28, 28, 1), "float32")
    _, iterations, losses = lipschitz.play(config, images, np.arange(10), seconds=0.01)
    assert iterations == 1 and np.isfinite(list(losses.values())).all()
