import io
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from common.errors import UserError
from common.settings import EpochSettings, ImageSettings, as_json, from_json, parse
from tests.commands import resumed


@dataclass(frozen=True)
class Toy(ImageSettings):
    iterations: int = 10
    """Generator updates."""


PRESETS = {"slides": Toy(), "quick": Toy(preset="quick", iterations=3, learning_rate=0.5)}
RUN = Toy(seed=7, batch_size=8)


def read(*argv):
    return parse("toy", PRESETS, "A toy.", lambda path: RUN, list(argv))


def test_preset_sets_defaults_and_a_flag_beside_it_wins():
    assert read() == PRESETS["slides"]
    assert read("--preset", "quick") == PRESETS["quick"]
    assert read("--learning-rate", "2", "--preset=quick") == replace(
        PRESETS["quick"], learning_rate=2.0
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--preset", "slow"], ["slow", "--preset"]),
        (["--preset"], ["--preset"]),
        (["--iteration", "3"], ["--iteration"]),
        (["--d-iters", "3"], ["--d-iters"]),
        (["--iterations", "three"], ["--iterations", "three"]),
        (["--iterations", "2.5"], ["--iterations", "2.5"]),
        (["7"], ["7"]),
        (["--device", "tpu"], ["tpu"]),
        (["--batch-size", "0"], ["--batch-size", "0", "at least 1"]),
        (["--seed", "-1"], ["--seed", "-1"]),
        (["--seed", "4294967296"], ["--seed"]),
        (["--learning-rate", "0"], ["--learning-rate", "above 0"]),
        (["--learning-rate", "nan"], ["--learning-rate", "nan"]),
        (["--learning-rate", "inf"], ["--learning-rate", "inf"]),
        (["--log-every", "0"], ["--log-every"]),
        (["--training-images", "0"], ["--training-images"]),
        (["--checkpoint-seconds", "-1"], ["--checkpoint-seconds"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])  # tyro draws boxes in one, not the other
def test_unknown_names_and_impossible_values_are_one_line(argv, words, encoding, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(UserError) as caught:
        read(*argv)
    message = str(caught.value)
    assert "\n" not in message and "│" not in message
    assert all(word in message for word in words), message


def test_resume_takes_the_runs_settings_and_may_raise_iterations_and_say_where_the_data_is():
    for same in ([], ["--seed", "7", "--batch-size", "8", "--preset", "slides"]):
        assert read("--resume", "r", *same) == replace(RUN, resume=Path("r"))
    assert read("--resume", "r", "--iterations", "11").iterations == 11
    moved = read("--resume", "r", "--data-dir", "elsewhere", "--resize")
    assert moved.data_dir == Path("elsewhere") and moved.resize
    assert read("--resume", "r", "--checkpoint-seconds", "600").checkpoint_seconds == 600
    for flag, value in [
        ("--iterations", "9"), ("--seed", "8"), ("--preset", "quick"), ("--dtype", "bfloat16"),
        ("--run-dir", "elsewhere"),
    ]:  # fmt: skip
        with pytest.raises(UserError, match=flag):
            read("--resume", "r", flag, value)


def test_resume_may_raise_the_epochs_and_the_cap_on_iterations():
    capped, whole = EpochSettings(epochs=3, iterations=10), EpochSettings(epochs=3)
    assert resumed(capped, "--iterations", "11").iterations == 11
    assert resumed(capped, "--iterations", "None").iterations is None
    assert resumed(capped, "--epochs", "4").epochs == 4
    assert resumed(whole).iterations is None
    for before, flag, value in [
        (capped, "--iterations", "9"), (whole, "--iterations", "10"), (whole, "--epochs", "2"),
    ]:  # fmt: skip
        with pytest.raises(UserError, match=flag):
            resumed(before, flag, value)


def test_epochs_and_the_cap_on_iterations_make_the_total():
    assert EpochSettings(epochs=3).total(per_epoch=7) == 21
    assert EpochSettings(epochs=3, iterations=10).total(per_epoch=7) == 10
    assert EpochSettings(epochs=3, iterations=100).total(per_epoch=7) == 21
    for wrong in ({"epochs": 0}, {"iterations": 0}):
        with pytest.raises(UserError, match=f"--{next(iter(wrong))}"):
            EpochSettings(**wrong)
    assert from_json(EpochSettings, as_json(EpochSettings()), "x") == EpochSettings()


def test_json_round_trip_leaves_out_the_folders():
    full = Toy(seed=3, data_dir=Path("d"), run_dir=Path("r"), resume=Path("s"))
    stored = as_json(full)
    assert not {"run_dir", "resume"} & set(stored)
    assert from_json(Toy, stored, "x") == Toy(seed=3, data_dir=Path("d").resolve())
    exact = Toy(learning_rate=1 / 3, checkpoint_seconds=1e-30, device="cpu", resize=True)
    assert from_json(Toy, json.loads(json.dumps(as_json(exact))), "x") == exact


@pytest.mark.parametrize(
    "change",
    [
        {"dics_iters": 5}, {"seed": -1}, {"seed": None}, {"seed": "x"}, {"iterations": 2.5},
        {"dtype": "int7"}, {"preset": "other"}, {"resize": "maybe"}, {"learning_rate": []},
    ],
)  # fmt: skip
def test_stored_settings_with_unknown_names_or_impossible_values_are_refused(change):
    with pytest.raises(UserError, match=r"^config\.json "):
        from_json(Toy, {**as_json(Toy()), **change}, "config.json")


def test_stored_settings_that_lack_a_name_or_all_are_refused():
    stored = as_json(Toy())
    del stored["seed"]
    for lacking, words in [(stored, "seed"), *((x, r"^config\.json ") for x in (None, 5, []))]:
        with pytest.raises(UserError, match=words):
            from_json(Toy, lacking, "config.json")


def test_a_run_from_before_an_option_that_changes_nothing_in_it_is_read():
    stored = as_json(Toy(seed=3))
    for name in ("engine", "evaluate_every", "evaluate_count", "tensorboard"):
        del stored[name]
    assert from_json(Toy, stored, "config.json") == Toy(seed=3)


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        Toy().seed = 3
