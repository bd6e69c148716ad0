import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import quick_trials
from mnist_wgan import train


class Fixed:
    """A generator and a classifier that know the answer: an image is its digit, written as grey."""

    def __init__(self, wrong=()):
        self.wrong = wrong

    def predict_on_batch(self, inputs):
        noise, digits = inputs
        shades = digits[:, :, None, None] / 10 + 0 * noise[:, :1, None, None]
        return np.broadcast_to(shades, (len(digits), 28, 28, 1)).astype("float32")

    def predict(self, images, verbose):
        digits = np.rint(images[:, 0, 0, 0] * 10).astype(int)
        digits[np.isin(digits, self.wrong)] = 0
        return {"classes": np.eye(10)[digits]}


def test_judge_counts_asked_digits_and_sees_that_nothing_varies():
    random = np.random.default_rng(0)
    images, labels = random.uniform(-1, 1, (100, 28, 28, 1)), np.arange(100) % 10
    scores = quick_trials.judge(Fixed(), Fixed(), images, labels, seed=0)
    assert scores == {"asked_label_accuracy": 1.0, "variety": pytest.approx(0, abs=1e-5)}
    scores = quick_trials.judge(Fixed(), Fixed(wrong=(3, 8)), images, labels, seed=0)
    assert scores["asked_label_accuracy"] == pytest.approx(0.8)


def test_play_stops_in_time_and_every_trial_is_a_valid_config():
    for departures in quick_trials.TRIALS.values():
        config = replace(train.SLIDES, **{**quick_trials.BASE, **departures})
    config = replace(config, batch_size=2, dtype="float32")
    images = np.zeros((10, 28, 28, 1), "float32")
    _, iterations, losses = quick_trials.play(config, images, np.arange(10), seconds=0.01)
    assert iterations == 1 and np.isfinite(list(losses.values())).all()


def test_long_is_the_best_trial():
    """Preset long has its departures, and two which take longer than a trial to tell."""
    long, slides = train.PRESETS["long"], train.SLIDES
    differ = {
        name: getattr(long, name)
        for name in slides.__dataclass_fields__
        if getattr(long, name) != getattr(slides, name) and name not in ("preset", "iterations")
    }
    later = {"generator": "script", "averaging": 0.998}  # README.md has their scores
    results = json.loads(quick_trials.Config().out.read_text())
    names = [name for name, result in results.items() if "departures" in result]
    assert sorted(names) == sorted(quick_trials.TRIALS)
    best = max(names, key=lambda name: results[name]["asked_label_accuracy"])
    assert differ == {**quick_trials.BASE, **quick_trials.TRIALS[best], **later}
