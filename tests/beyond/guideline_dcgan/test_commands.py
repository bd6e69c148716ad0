"""A run without a guideline keeps its network, and is refused another."""

import pytest

from beyond.guideline_dcgan import sample, train
from tests.commands import TINY, arrays, play, refused


@pytest.mark.parametrize("take_back", ["pooling", "dense"])
def test_a_run_without_a_guideline_is_sampled_and_stays_without(take_back, tmp_path, capsys):
    run = tmp_path / "run"
    play(train.main, *TINY, "--take-back", take_back, "--run-dir", run)
    assert arrays(sample, run, tmp_path / "drawn.npz", "--count", 3)["images"].shape == (
        3, 28, 28, 1
    )  # fmt: skip
    refusal = refused(capsys, train.main, "--resume", run, "--take-back", "none")
    assert f"--take-back was {take_back} in the run to resume" in refusal


def test_an_unknown_guideline_is_refused(capsys):
    assert "--take-back" in refused(capsys, train.main, "--take-back", "dropout")
