import json
import stat

import pytest

from benchmarks import gpu
from benchmarks.pages import speeds
from common.engines import devices
from common.errors import UserError

TINY = gpu.Config(batch_size=2, updates=2, rounds=2, size=64, device="cpu")


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """A program of that name that answers 90, then 70, and goes on until it is stopped."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 90\necho 70\nexec sleep 600\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


def test_each_round_is_kept_and_the_page_says_how_busy_the_gpu_was(
    tmp_path, nvidia_smi, capsys, monkeypatch
):
    """A round is as many critic updates as it was told, of reals and then of fakes each."""
    games, create_game = [], gpu.create_game
    monkeypatch.setattr(gpu, "create_game", lambda *of: games.append(create_game(*of)) or games[0])
    out = tmp_path / "results" / "gpu.json"
    config = gpu.replace(TINY, presets=("script",), dtypes=("float32",), out=out)
    gpu.work(config)
    assert int(games[0].critic.optimizer.iterations) == (1 + config.rounds) * 2 * config.updates
    assert int(games[0].combined.optimizer.iterations) == 0
    assert "script, float32, batch 2:" in capsys.readouterr().out
    document = json.loads(config.out.read_text())
    assert document["utilisation"] == 80
    (result,) = document["critic_updates"]
    assert len(result["seconds"]) == len(result["peak"]) == 2 and min(result["seconds"]) > 0
    row = speeds.of_gpu(document)["updates"].splitlines()[-1]
    assert row.startswith("| script | float32 | 2 |") and "| 80% |" in row


def test_share_of_peak_counts_two_operations_in_a_multiply_add():
    """A million multiply-adds in 1 ms are 2 GFLOP/s."""
    result = {"multiply_adds": 1_000_000, "seconds": [0.0005, 0.0015], "peak": [4e9, 12e9]}
    assert gpu.share_of_peak(result) == pytest.approx(0.25)


def test_without_a_gpu_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(devices, "tensorflow_gpu", lambda use: None)
    with pytest.raises(UserError, match=r"sees no GPU; pip install"):
        gpu.work(gpu.Config())


def test_without_nvidia_smi_nobody_knows_how_busy_the_gpu_is(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with gpu.utilisation() as percentages:
        pass
    assert percentages == []
