"""A run ends where its score gets no better: where exactly, with which files, how it goes on."""

import os
from types import SimpleNamespace

import pytest

from common.errors import UserError
from common.runs import folders, tables
from common.runs.run import Run
from common.settings import Settings
from distribution_gan import train
from tests.commands import assert_same_run, play, refused

GAME = ["--preset", "smoke", "--epochs", "10", "--iterations", "None", "--evaluate-count", "100"]
EVALUATED = [*GAME, "--evaluate-every", "2"]  # 30 iterations, 15 evaluations


@pytest.mark.parametrize(
    ("scores", "patience", "exhausted"),
    [
        ([3.0], 1, False),
        ([3.0, 2.0], 1, False),
        ([3.0, 2.0, 2.5], 1, True),
        ([3.0, 2.0, 2.5], 2, False),
        ([3.0, 2.0, 2.5, 2.1], 2, True),
        ([3.0, 2.0, 2.5, 1.9], 2, False),  # better than the best, and the count begins anew
        ([3.0, 2.0, 2.0, 2.0], 2, True),  # as good is not better
        ([3.0, 2.0, 2.5, 2.4], 3, False),  # than the one before does not count
        ([], 1, False),
    ],
)
def test_the_best_score_so_far_is_what_has_to_be_bettered(tmp_path, scores, patience, exhausted):
    lines = ["iteration,other,distance", *(f"{i},{-i},{x}" for i, x in enumerate(scores))]
    (tmp_path / "metrics.csv").write_text("\n".join(lines) + "\n")
    config = Settings(evaluate_every=1, early_stopping=patience)
    run = SimpleNamespace(config=config, folder=tmp_path, decisive="distance")
    assert Run.exhausted(run) == exhausted
    run.config = Settings(evaluate_every=1)
    assert not Run.exhausted(run)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of all its iterations."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    play(train.main, *EVALUATED, "--run-dir", folder)
    return folder


def scores_of(folder):
    return [row["wasserstein_1"] for row in tables.read_table(folder / "metrics.csv")]


def evaluations(scores, patience):
    """After how many evaluations a run has to stop, counted one by one."""
    best, waited = float("inf"), 0
    for count, score in enumerate(scores, start=1):
        best, waited = (score, 0) if score < best else (best, waited + 1)
        if waited == patience:
            return count
    return len(scores)


def test_a_run_stops_at_that_evaluation_and_goes_on_when_told_to(whole, tmp_path, capsys):
    scores, folder = scores_of(whole), tmp_path / "run"
    stops = {patience: evaluations(scores, patience) for patience in (1, 2, 3)}
    patience, count = max(item for item in stops.items() if 2 < item[1] < len(scores) - 1)
    play(train.main, *EVALUATED, "--early-stopping", patience, "--run-dir", folder)
    said = (
        f"Stopped early: wasserstein_1 was not bettered in the last {patience} evaluations; to go "
        "on: --early-stopping None\n"
    )
    out = capsys.readouterr().out
    assert said in out and "Done in " in out
    assert scores_of(folder) == scores[:count]
    last = 2 * (count - 1)
    rows = folders.read_losses(folder)
    assert [row["iteration"] for row in rows] == list(range(last + 1))
    for ours, theirs in zip(rows, folders.read_losses(whole), strict=False):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
    made = {"generator.keras", "final.png", "losses.png", "progress.png", "report.html"}
    assert made <= set(os.listdir(folder))
    assert f"{last + 1:06d}-0000.npz" in os.listdir(folder / "checkpoints")

    # A resume alone stops again, where it is.
    play(train.main, "--resume", folder)
    assert said in capsys.readouterr().out
    assert len(folders.read_losses(folder)) == last + 1
    # With more patience or none it is the run that never stopped.
    play(train.main, "--resume", folder, "--early-stopping", None)
    assert "Stopped early" not in capsys.readouterr().out
    assert_same_run(folder, whole)
    assert scores_of(folder) == scores


def test_a_run_killed_before_its_first_score_was_safe_can_stop_early(whole, tmp_path):
    """A checkpoint of before any iteration, beside a score: its resume begins with no score."""
    argv = [*EVALUATED, "--checkpoint-seconds", "0", "--early-stopping", "99", "--run-dir"]
    play(train.main, *argv[:2], "--iterations", 1, *argv[6:], tmp_path)
    first = tmp_path / "checkpoints" / "000000-0000.npz"
    play(train.main, "--resume", first, "--epochs", 10, "--iterations", None)
    assert_same_run(tmp_path, whole)


def test_early_stopping_without_evaluations_is_one_line(tmp_path, capsys):
    argv = [*GAME, "--early-stopping", 2, "--run-dir", tmp_path / "run"]
    message = refused(capsys, train.main, *argv)
    assert "--evaluate-every is None, but must be a number beside --early-stopping" in message
    with pytest.raises(UserError, match="--early-stopping is 0"):
        Settings(evaluate_every=1, early_stopping=0)
    assert not (tmp_path / "run").exists()
