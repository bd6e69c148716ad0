import importlib
import importlib.util
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import growth, onednn, plot_speed, speed
from common.errors import UserError
from tests.commands import ROOT

RESULT = {
    "example": "dcgan", "dtype": "float32", "batch_size": 32, "over_plain": 3.0, "over_torch": 1.5,
    "peak": [4000.0, 5000.0, 9000.0],
    "competitors": {
        "compiled": {"seconds": [1.0, 2.0, 1.0]},
        "plain": {"seconds": [3.0, 7.0, 4.0]},  # ratios 3, 3.5 and 4
        "torch": {"seconds": [1.6, 2.0, 1.2]},  # 1.6, 1 and 1.2, and the better median
        "torch.compile": {"seconds": [1.0, 9.0, 9.0]},
    },
}  # fmt: skip


def test_ratios_are_taken_round_by_round():
    assert speed.ratios(RESULT, "plain") == [3.0, 3.5, 4.0]
    assert speed.best_torch(RESULT) == "torch"
    plain, torch = speed.verdicts(RESULT)
    assert (plain.other, plain.goal, plain.reached) == ("plain", 3.0, True)
    assert (torch.other, torch.goal, torch.reached) == ("torch", 1.5, False)
    assert str(torch) == "1.20 (1.00 to 1.60), goal 1.5: missed"
    assert speed.by_round([2.0, 1.0], [3.0, 2.0]) == [1.5, 2.0]
    # Without PyTorch there is one verdict.
    there = {name: RESULT["competitors"][name] for name in ("compiled", "plain")}
    assert speed.verdicts({**RESULT, "competitors": there}) == [plain]


@pytest.mark.parametrize("name, value", [("rounds", 0), ("seconds", 0), ("seed", -1)])
def test_impossible_timings_are_one_line(name, value):
    for module in (speed, growth, onednn):
        with pytest.raises(UserError, match=f"--{name} is {value}, but must be"):
            module.Config(**{name: value})


def test_share_of_peak_counts_two_operations_in_a_multiply_add(monkeypatch):
    """1000 operations in a second, of 5000 that matrix products reach."""
    monkeypatch.setattr(speed.arithmetic, "step", lambda *which: {("dcgan", 32): 500}[which])
    assert speed.share_of_peak(RESULT, "compiled") == pytest.approx(0.2)
    bfloat16 = {**RESULT, "dtype": "bfloat16"}
    assert speed.share_of_peak(bfloat16, "plain") is None  # it stays float32
    assert speed.share_of_peak(bfloat16, "compiled") is not None


def test_works_are_the_slides_presets():
    for work in speed.WORKS.values():
        slides = importlib.import_module(f"{work.example}.train").PRESETS["slides"]
        assert work.batch_size == slides.batch_size


@pytest.mark.parametrize("step_seconds, steps", [(0.01, 150), (0.7, 2), (20.0, 1)])
def test_calibrate_finds_the_steps_of_a_stretch(monkeypatch, step_seconds, steps):
    monkeypatch.setattr(speed, "ask", lambda worker, steps: {"seconds": steps * step_seconds})
    assert speed.calibrate(None, 1.5) == steps


def test_race_lets_one_compute_at_a_time_and_takes_turns(monkeypatch):
    played = []

    def ask(worker, steps):
        played.append((worker, steps))
        return {"seconds": 1.0 * steps, "memory": 5}

    monkeypatch.setattr(speed, "COMPETITORS", {name: (None, "") for name in ("compiled", "plain")})
    monkeypatch.setattr(speed, "start", lambda name, work, seed: name)
    monkeypatch.setattr(speed, "stop", lambda worker: None)
    monkeypatch.setattr(speed, "calibrate", lambda worker, seconds: 2)
    monkeypatch.setattr(speed, "ask", ask)
    monkeypatch.setattr(speed, "matrix_product", lambda dtype: lambda: 7.0)
    monkeypatch.setattr(speed, "PAUSE", 0)
    result = speed.race(speed.WORKS["distribution_gan"], speed.Config(rounds=2))
    assert played == [("compiled", 2), ("plain", 2), ("plain", 2), ("compiled", 2)]
    assert result["competitors"]["plain"] == {"steps": 2, "seconds": [1.0, 1.0], "memory": 5}
    assert result["peak"] == [7.0, 7.0] and result["left_out"] == {}


def test_who_cannot_take_part_is_told_why(monkeypatch):
    dense, convolutions = speed.WORKS["fashion_gan"], speed.WORKS["dcgan"]
    assert "convolutions" in speed.why_not("jax", convolutions)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "torch is missing" in speed.why_not("torch", dense)
    assert speed.why_not("plain", convolutions) is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "there")
    assert speed.why_not("jax", dense) is None
    monkeypatch.setattr(speed.shutil, "which", lambda name: None)
    assert "compiler" in speed.why_not("torch.compile", dense)


@pytest.mark.parametrize("competitor", ["compiled", "plain"])
def test_a_worker_answers_and_ends(competitor):
    worker = speed.start(competitor, speed.WORKS["distribution_gan"], seed=0)
    answer = speed.ask(worker, 2)
    assert answer["seconds"] > 0 and answer["memory"] > 1e8  # bytes
    speed.stop(worker)
    assert worker.process.returncode == 0


def test_a_workers_memory_is_its_own():
    """Also where the process that starts it has had a gigabyte."""
    peak = "from benchmarks.ports.worker import peak_memory; print(peak_memory())"
    code = f"import subprocess, sys; b'1' * 10**9; subprocess.run([sys.executable, '-c', {peak!r}])"
    line = [sys.executable, "-c", code]
    assert 1e7 < int(subprocess.check_output(line, cwd=ROOT)) < 1e9


def test_a_worker_that_fails_says_why():
    worker = speed.start("plain", speed.WORKS["dcgan"]._replace(batch_size=-1), seed=0)
    with pytest.raises(UserError, match="batch-size"):
        speed.ask(worker, 1)
    speed.stop(worker)


def test_growth_finds_where_the_line_is_left():
    sizes = [16, 32, 64, 128, 256]
    times = [2 + 0.5 * size for size in sizes]
    assert growth.straight_line(sizes, times) == pytest.approx((2, 0.5))
    assert growth.leaves(sizes, times, (2, 0.5)) == []
    assert growth.leaves(sizes, [*times[:-1], 1.2 * times[-1]], (2, 0.5)) == [256]


def test_growth_plays_all_critic_updates_in_calls_that_the_engine_takes():
    calls = []
    engine = SimpleNamespace(longest=32, play=lambda game, *call, generator: calls.append(call[1]))
    assert growth.iteration("mnist_wgan", SimpleNamespace(engine=engine), 100) == 1
    assert calls == [32, 32, 32, 4]


def test_plots_are_written_of_what_there_is(tmp_path):
    config = plot_speed.Folder(tmp_path)
    with pytest.raises(UserError, match="has no results"):
        plot_speed.work(config)
    (tmp_path / "speed.json").write_text(json.dumps({"dcgan": RESULT}))
    curve = {"example": "dcgan", "what": "batch size", "sizes": [1, 2], "line": [0.0, 1.0]}
    curve["seconds"] = [[1.0, 1.1], [2.0, 2.1]]
    (tmp_path / "growth.json").write_text(json.dumps({"dcgan-batch": curve}))
    plot_speed.work(config)
    for name in ("speed.png", "growth.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
