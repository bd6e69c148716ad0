import json
import stat

import pytest

from benchmarks import gpu, results_page
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


def test_file_and_page(tmp_path, nvidia_smi, capsys):
    folder = tmp_path / "results"
    config = gpu.replace(TINY, presets=("script",), dtypes=("float32",), out=folder / "gpu.json")
    gpu.work(config)
    assert "script, float32, batch 2:" in capsys.readouterr().out
    document = json.loads(config.out.read_text())
    assert document["utilisation"] == 80
    (result,) = document["critic_updates"]
    assert len(result["seconds"]) == len(result["peak"]) == 2 and min(result["seconds"]) > 0
    results_page.work(results_page.Config(page=tmp_path / "RESULTS.md", folder=folder))
    page = (tmp_path / "RESULTS.md").read_text()
    assert "the GPU was busy 80 % of the time" in page and "| script | float32 | 2 |" in page
    assert "The slides' whole schedule on a GPU:" in page  # alone is not measured yet


def test_share_of_peak():
    """A million multiply-adds in 1 ms are 2 GFLOP/s."""
    result = {"multiply_adds": 1_000_000, "seconds": [0.0005, 0.0015], "peak": [4e9, 12e9]}
    assert gpu.share_of_peak(result) == pytest.approx(0.25)


def test_without_a_gpu_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(devices, "tensorflow_gpu", lambda use: None)
    with pytest.raises(UserError, match=r"sees no GPU; pip install"):
        gpu.work(gpu.Config())


def test_without_nvidia_smi_nothing_is_known(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with gpu.utilisation() as percentages:
        pass
    assert percentages == []
