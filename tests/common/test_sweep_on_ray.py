"""The sweep on Ray: what needs the extra "sweep", and is left out where that is missing."""

import json
import os
import subprocess
import sys
import time

import pytest

from benchmarks import quick_trials
from common.commands import on_ray, trials
from common.runs import checkpoints, folders
from tests.benchmarks import test_claims
from tests.commands import ROOT, command, state, without_seconds

pytest.importorskip("ray")
pytest.importorskip("optuna")
pytestmark = pytest.mark.slow

TINY = ["distribution_gan", "--preset", "smoke", "--log-every", "1"]
SMALL = ["--memory", "0.5"]  # GiB


def sweep_plainly(flags, folder):
    """The same sweep one run after another, in as many threads as a trial has on Ray: with others
    sums are added up in another order."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    done = command("common.sweep", *flags, folder, env=os.environ | dict.fromkeys(names, "1"))
    assert (done.returncode, done.stderr) == (0, "")


def assert_same(one, other):
    """Two runs have the same losses and weights."""
    assert without_seconds(one) == without_seconds(other)
    states = state(one), state(other)
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        assert (states[0][name] == states[1][name]).all(), name


def sessions(folder):
    return folders.sessions(folders.read_document(folder, "distribution_gan"))


def wait_for(what, process):
    """Wait until what() is true; the process must live meanwhile."""
    while not what():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def test_two_at_a_time_give_what_one_after_another_give(tmp_path):
    flags = [*TINY, "--learning-rate", "0.3", "0.5", "1e38", "--folder"]
    done = command("common.sweep", *flags, tmp_path / "ray", "--workers", "2", *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    sweep_plainly(flags, tmp_path / "plain")
    for rate in ("0.3", "0.5"):
        name = f"learning-rate-{rate}_seed-0"
        assert f"{name} finished" in done.stdout
        assert_same(tmp_path / "ray" / name, tmp_path / "plain" / name)
        (session,) = sessions(tmp_path / "ray" / name)
        assert session["command"].startswith("python -m common.sweep distribution_gan ")
    assert trials.ended(tmp_path / "ray/learning-rate-1e38_seed-0").startswith("diverged")
    again = command("common.sweep", *flags, tmp_path / "ray", "--workers", "2")
    assert again.stdout.startswith("3 trials, 3 of them over already.")
    name = tmp_path / "ray" / "learning-rate-0.3_seed-0"
    before = folders.read_losses(name)
    longer = ["--workers", "2", *SMALL, "--epochs", "9", "--iterations", len(before) + 2]
    done = command("common.sweep", *flags, tmp_path / "ray", *longer)
    assert (done.returncode, done.stderr) == (0, "")
    rows = folders.read_losses(name)
    assert rows[: len(before)] == before and len(rows) == len(before) + 2


def test_trials_of_a_node_that_is_killed_go_on_from_their_checkpoints_on_another(tmp_path):
    from ray.cluster_utils import Cluster

    flags = [*TINY, "--epochs", "1000", "--iterations", "200", "--checkpoint-seconds", "0"]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        _, killed = (cluster.add_node(num_cpus=1, resources={n: 1}) for n in ("one", "two"))
        line = [*flags, "--seeds", "0-2", "--folder", tmp_path / "ray", *SMALL]
        line += ["--address", cluster.address]
        process = subprocess.Popen(
            [sys.executable, "-m", "common.sweep", *map(str, line)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        of_seeds = [tmp_path / "ray" / f"seed-{seed}" for seed in range(3)]

        def both_play():
            reached = [checkpoints.newest(folder) for folder in of_seeds]
            return (
                sum(path is not None and checkpoints.numbers(path) >= (5, 0) for path in reached)
                > 1
            )

        wait_for(both_play, process)
        cluster.remove_node(killed, allow_graceful=False)
        out, err = process.communicate()
    finally:
        cluster.shutdown()
    assert (process.returncode, err) == (0, "")
    counts = [len(sessions(folder)) for folder in of_seeds]
    assert sorted(counts) == [1, 1, 2], counts
    lost = of_seeds[counts.index(2)]
    assert f"{lost.name} has lost its worker and goes on from its last checkpoint" in out
    assert "ended" not in sessions(lost)[0]
    assert [sessions(folder)[-1]["ended"] for folder in of_seeds] == ["finished"] * 3
    sweep_plainly([*flags, "--seeds", counts.index(2), "--folder"], tmp_path / "plain")
    assert_same(lost, tmp_path / "plain" / lost.name)


def test_a_search_plays_as_many_trials_as_it_is_told_and_goes_on_with_more(tmp_path):
    flags = [*TINY, "--evaluate-every", "1", "--evaluate-count", "100", "--learning-rate"]
    flags += ["0.01..1.0", "--generator-first", "True", "False", "--workers", "1", *SMALL]
    flags += ["--folder", tmp_path / "sweep", "--search"]
    names = []
    for count in (3, 4):
        done = command("common.sweep", *flags, count)
        assert (done.returncode, done.stderr) == (0, "")
        before, names = names, json.loads((tmp_path / "sweep/sweep.json").read_text())["trials"]
        assert names[: len(before)] == before and len(names) == count
        assert f"{count} trials, {len(before)} of them over already." in done.stdout
    for name in names:
        document = folders.read_document(tmp_path / "sweep" / name, "distribution_gan")
        assert 0.01 <= document["settings"]["learning_rate"] <= 1.0
        assert document["ended"] == "finished" or document["ended"].startswith("stopped")


def test_an_address_where_nobody_answers_is_one_line(tmp_path):
    line = [*TINY, "--folder", tmp_path / "sweep", "--address", "127.0.0.1:1"]
    done = command("common.sweep", *line)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: --address 127.0.0.1:1: no Ray cluster answers there")


def test_more_than_this_machine_has_is_one_line(tmp_path):
    line = [*TINY, "--folder", tmp_path / "sweep", "--workers", "1", "--cpus", "4000"]
    done = command("common.sweep", *line)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: --cpus is 4000, but this machine has ")


def test_a_benchmarks_seeds_are_spread_by_a_flag(tmp_path):
    """Two seeds of the lecture's row 0 with batches of one image, and one of them plainly."""
    losses = {}
    for name, more in (("ray", ["0", "1", "--workers", "2", "--memory", "1"]), ("plain", ["1"])):
        out = tmp_path / f"{name}.json"
        argv = ["--iterations", "1", "--batch-size", "1", "--work", tmp_path / name, "--out", out]
        done = command("benchmarks.slide_rows", *argv, "--seeds", *more)
        assert (done.returncode, done.stderr) == (0, "")
        losses[name] = [play["losses"] for play in json.loads(out.read_text())["plays"]]
    assert len(losses["ray"]) == 2
    for column, values in losses["plain"][0].items():
        assert losses["ray"][1][column] == pytest.approx(values, rel=1e-4), column


def test_claims_seeds_are_spread_by_a_flag_and_played_from_moment_to_moment(tmp_path, monkeypatch):
    """Two seeds of fashion_gan for one epoch and for two, twenty iterations each; one plainly."""
    losses = {}
    for name, more in (
        ("ray", {"seeds": (0, 1), "fleet": on_ray.Fleet(workers=2, memory=1)}),
        ("plain", {"seeds": (1,)}),
    ):
        plays = test_claims.play(tmp_path / name, monkeypatch, epochs=2, **more)
        moments = [(epochs, seed) for epochs in (1, 2) for seed in more["seeds"]]
        assert [(play["epochs"], play["seed"]) for play in plays] == moments
        run = tmp_path / name / "work" / "fashion_gan" / "seed-1"
        assert len(folders.sessions(folders.read_document(run, "fashion_gan"))) == 2
        losses[name] = [row["d_loss"] for row in folders.read_losses(run)]
    assert losses["ray"] == pytest.approx(losses["plain"], rel=0.01) and len(losses["ray"]) == 40


def test_the_best_of_a_benchmarks_search_are_played_longer(tmp_path, monkeypatch):
    """One trial of mnist_wgan's preset quick, two iterations long, and the best for three."""
    for name, images in (("EVERY", 16), ("SEARCHED", 32), ("PLAYED", 48)):
        monkeypatch.setattr(quick_trials, name, images)
    counts = {"batches": (16,), "search": 1, "best": 1, "seeds": 1}
    places = {"work": tmp_path / "work", "out": tmp_path / "quick_trials.json"}
    fleet = on_ray.Fleet(workers=1, memory=1)
    quick_trials.work(quick_trials.Config(**counts, **places, fleet=fleet))
    document = json.loads((tmp_path / "quick_trials.json").read_text())
    (found,), (longer, quick) = document["search"], document["best"]
    assert found["images"] == [0, 16, 32] and longer["images"] == quick["images"] == [0, 16, 32, 48]
    names = ("batch_size", *quick_trials.SPACE)
    wanted = {name: found[name] for name in names} | {"averaging": quick_trials.LONGER}
    assert {name: longer[name] for name in names} == wanted
    assert {name: quick[name] for name in names} == {n: vars(quick_trials.QUICK)[n] for n in names}
    assert (tmp_path / "quick_trials" / "compare.html").exists()
