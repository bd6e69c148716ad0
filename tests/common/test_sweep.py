"""The sweep without Ray, by its command line; tests/common/test_sweep_on_ray.py has the other."""

import json
import resource
import signal

import pytest

from common import sweep
from common.commands import trials
from common.errors import UserError
from common.runs import folders
from distribution_gan import train
from tests.commands import assert_same_run, command, interrupted, play, refused, state

TINY = ["distribution_gan", "--preset", "smoke"]
NAMES = [f"learning-rate-{rate}_seed-{seed}" for rate in ("0.3", "0.5") for seed in (0, 1)]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of two learning rates and two seeds."""
    folder = tmp_path_factory.mktemp("swept") / "sweep"
    play(sweep.main, *TINY, "--learning-rate", "0.3", "0.5", "--seeds", "0-1", "--folder", folder)
    return folder


def test_a_trial_is_the_run_that_train_makes(swept, tmp_path):
    assert json.loads((swept / "sweep.json").read_text())["trials"] == NAMES
    flags = ["--preset", "smoke", "--learning-rate", "0.5", "--seed", "1"]
    play(train.main, *flags, "--run-dir", tmp_path / "run")
    assert_same_run(swept / NAMES[3], tmp_path / "run")
    ran, alone = (folders.read_document(f, "distribution_gan") for f in
                  (swept / NAMES[3], tmp_path / "run"))  # fmt: skip
    assert ran["settings"] == alone["settings"]
    assert ran["ended"] == alone["ended"] == "finished"


def test_the_same_command_plays_nothing_again_and_more_values_are_added(swept, capsys):
    before = {name: (swept / name / "config.json").stat().st_mtime_ns for name in NAMES}
    rates = ["--learning-rate", "0.5", "0.3", "0.4"]
    play(sweep.main, *TINY, *rates, "--seeds", "0", "1", "--folder", swept)
    printed = capsys.readouterr().out
    assert printed.startswith("6 trials, 4 of them over already.")
    assert "1 of 2: learning-rate-0.4_seed-0" in printed and "3 of" not in printed
    assert {name: (swept / name / "config.json").stat().st_mtime_ns for name in NAMES} == before
    assert json.loads((swept / "sweep.json").read_text())["trials"][:4] == NAMES


def test_a_killed_sweep_goes_on_from_the_checkpoint_and_ends_as_one_that_was_not(tmp_path):
    flags = [*TINY, "--iterations", "9", "--epochs", "3", "--checkpoint-seconds", "0"]
    flags += ["--seeds", "0", "1", "--folder"]
    line = ["-c", KILLED, *flags, tmp_path / "killed"]
    status, printed, _ = interrupted(line, "2 updates", signal.SIGKILL)
    assert (status, printed[-1]) == (-signal.SIGKILL, "2 updates of seed 1")
    first, second = (tmp_path / "killed" / f"seed-{seed}" for seed in (0, 1))
    assert trials.ended(first) == "finished" and trials.ended(second) == ""
    before = (first / "config.json").read_bytes()
    play(sweep.main, *flags, tmp_path / "killed")
    play(sweep.main, *flags, tmp_path / "whole")
    assert (first / "config.json").read_bytes() == before
    assert len(folders.sessions(folders.read_document(second, "distribution_gan"))) == 2
    for seed in (0, 1):
        assert_same_run(tmp_path / "killed" / f"seed-{seed}", tmp_path / "whole" / f"seed-{seed}")


# Says on the real standard output when the second trial has saved its third checkpoint.
KILLED = """
import sys, time
from common import sweep
from common.runs import checkpoints

save = checkpoints.save

def saved(folder, *rest):
    path = save(folder, *rest)
    if folder.name == "seed-1" and len(list(path.parent.glob("*.npz"))) == 3:
        print("2 updates of seed 1", file=sys.__stdout__, flush=True)
        time.sleep(60)
    return path

checkpoints.save = saved
sweep.main(sys.argv[1:])
"""


def test_a_trial_that_diverges_is_over_and_the_next_one_is_played(tmp_path, capsys):
    flags = [*TINY, "--learning-rate", "1e38", "0.5", "--folder", tmp_path / "sweep"]
    play(sweep.main, *flags)
    assert "learning-rate-1e38_seed-0 diverged" in capsys.readouterr().out.splitlines()
    assert trials.ended(tmp_path / "sweep/learning-rate-1e38_seed-0").startswith("diverged: iter")
    assert trials.ended(tmp_path / "sweep/learning-rate-0.5_seed-0") == "finished"
    play(sweep.main, *flags)
    assert capsys.readouterr().out.startswith("2 trials, 2 of them over already.")


def test_a_trial_that_dies_is_named_and_goes_on_with_the_next_command(
    tmp_path, capsys, monkeypatch
):
    flags = [*TINY, "--seeds", "0-1", "--folder", tmp_path / "sweep"]
    real = trials.train

    def dies(example, config, hear=None):
        if config.seed == 0:
            raise MemoryError("no room")
        return real(example, config, hear)

    monkeypatch.setattr(trials, "train", dies)
    assert sweep.main([str(flag) for flag in flags]) == 2
    out, err = capsys.readouterr()
    assert "seed-0 died of a MemoryError: no room" in out
    assert err == "error: 1 trials died; the same command goes on with them\n"
    monkeypatch.undo()
    play(sweep.main, *flags)
    assert trials.ended(tmp_path / "sweep/seed-0") == "finished"


def test_epochs_may_grow_and_other_settings_may_not_change(tmp_path, capsys):
    flags = [*TINY, "--iterations", "None", "--folder", tmp_path / "sweep", "--epochs"]
    play(sweep.main, *flags, "1")
    play(sweep.main, *flags, "2")
    assert state(tmp_path / "sweep/seed-0")["position"].tolist() == [6, 0]
    err = refused(capsys, sweep.main, *flags, "2", "--batch-size", "16")
    assert "seed-0 is a run with other settings: --batch-size was 32" in err


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["nothing"], "nothing is no example: there is no nothing.train; name an example's folder"),
        ([*TINY, "--learning", "1"], "Unrecognized options: --learning, 1; --help lists the opt"),
        ([*TINY, "--learning-rate", "0.1", "x"], "Error parsing --learning-rate: could not conv"),
        ([*TINY, "--batch-size", "8", "0"], "--batch-size is 0, but must be at least 1"),
        ([*TINY, "--seeds", "3-1"], "--seeds is 3-1, but must be a number from 0 to 4294967295"),
        ([*TINY, "--seeds"], "--seeds is empty, but must be one or more numbers"),
        ([*TINY, "--seed", "1"], "--seed is for a single run; take --seeds"),
        ([*TINY, "--resume", "r"], "--resume is for a single run; take the same command again"),
        ([*TINY, "--minutes", "5"], "--minutes is for a single run; take --epochs or --iterations"),
        ([*TINY, "--epochs", "1", "--epochs=2"], "--epochs stands there twice; put all its values"),
        ([*TINY, "--seeds", "0", "--epochs", "1", "2", "1"], "2 trials would be called epochs-1_s"),
        ([*TINY, "--workers", "0"], "--workers is 0, but must be at least 1, or auto"),
        ([*TINY, "--search", "4", "--epochs", "1..2", "--seeds", "0-1"], "--seeds is 0-1, but mus"),
        ([*TINY, "--search", "4"], "--search is 4, but must be beside a flag with several values"),
        ([*TINY, "--search", "4", "--epochs", "3..2"], "--epochs is 3..2, but must be a range th"),
        ([*TINY, "--search", "4", "--epochs", "1..2"], "--evaluate-every is None, but must be a"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_nothing_is_made(flags, line, tmp_path, capsys):
    assert line in refused(capsys, sweep.main, *flags, "--folder", tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()


def test_two_sweeps_in_one_folder_are_refused(swept, tmp_path, capsys):
    flags = [*TINY, "--learning-rate", "0.3", "0.5", "--folder", swept]
    with folders.alone(swept):
        assert "is being trained already" in refused(capsys, sweep.main, *flags)
    err = refused(capsys, sweep.main, *TINY, "--batch-size", "16", "32", "--folder", swept)
    assert f"holds another sweep ({folders.called()})" in err
    (tmp_path / "letter.txt").write_text("Dear reader")
    assert "is not empty and no sweep" in refused(capsys, sweep.main, *TINY, "--folder", tmp_path)


def test_a_full_disk_ends_the_sweep_with_a_line_and_what_is_there_stays(tmp_path, capsys):
    flags = [*TINY, "--seeds", "0-1", "--folder", tmp_path / "sweep"]
    play(sweep.main, *TINY, "--seeds", "0", "--folder", tmp_path / "sweep")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        assert sweep.main([str(flag) for flag in flags]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert capsys.readouterr().err.startswith("error: seed-1: cannot write ")
    assert trials.ended(tmp_path / "sweep/seed-0") == "finished"
    play(sweep.main, *flags)
    assert trials.ended(tmp_path / "sweep/seed-1") == "finished"


def test_every_preset_has_its_own_settings_in_a_grid():
    example = trials.load("distribution_gan")
    words = {"--preset": ["slides", "smoke"], "--generator-first": ["True", "False"]}
    found = list(trials.grid(example, "sweep", words, [3]))
    assert [trial.name for trial in found] == [
        f"{preset}_generator-first-{first}_seed-3"
        for preset in ("slides", "smoke")
        for first in (True, False)
    ]
    assert [(t.config.epochs, t.config.generator_first) for t in found] == [
        (32, True), (32, False), (1, True), (1, False),
    ]  # fmt: skip
    assert {trial.config.seed for trial in found} == {3}


def test_numbers_are_seeds_and_ranges_each_once():
    assert sweep.numbers(["2", "0-3", "9"]) == [2, 0, 1, 3, 9]
    with pytest.raises(UserError, match="--seeds is 1-x"):
        sweep.numbers(["1-x"])


def test_without_the_extra_a_line_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['ray'] = None; from common import sweep; sweep.main(sys.argv[1:])"
    )
    line = ["-c", code, *TINY, "--workers", "2", "--folder", tmp_path / "sweep"]
    status, printed, err = interrupted(line, "nothing")
    assert (status, printed) == (0, []) and not (tmp_path / "sweep").exists()
    assert err.startswith("error: --workers, --address and --search need packages more: pip inst")


def test_help_names_the_flags_and_where_the_examples_are():
    done = command("common.sweep", "--help")
    assert done.returncode == 0
    assert "--seeds" in done.stdout and "python -m EXAMPLE.train --help" in done.stdout
