import json
import os

import numpy as np
import pytest

from benchmarks import progressive
from common.errors import UserError
from tests.commands import ROOT, command


def test_ways_differ_in_growing_and_in_the_networks():
    images = np.zeros((70, 28, 28, 1), "float32")
    growing, at_once, dcgan = (progressive.create(way, images) for way in progressive.WAYS)
    assert growing.stage(0)[0] == 4 and at_once.stage(0)[0] == 32
    assert growing.config.learning_rate == at_once.config.learning_rate
    assert growing.generator.count_params() == at_once.generator.count_params()
    assert dcgan.generator.count_params() == 840_705


def test_command_scores_a_way_and_keeps_the_others(tmp_path):
    out = tmp_path / "progressive.json"
    out.write_text(json.dumps({"growing": {"seconds": 1e-6}}))
    done = command("benchmarks.progressive", "--ways", "dcgan", "--out", out,
                   env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("dcgan: 20 iterations in ")
    results = json.loads(out.read_text())
    assert results.keys() == {"growing", "dcgan"} and results["dcgan"]["images"] == 640
    assert set(results["dcgan"]["scores"]) == set(results["dcgan"]["real"]) == set(progressive.KEPT)


@pytest.mark.parametrize(
    ("settings", "words"), [({"ways": ("hinge",)}, "hinge"), ({"seconds": 0}, "seconds")]
)
def test_impossible_settings_are_one_line(settings, words):
    with pytest.raises(UserError, match=words):
        progressive.Config(**settings)
