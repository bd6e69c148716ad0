"""How a run of so many minutes is chosen. The clock that it measures with goes on by a tenth of a
second each time it is read, so that tests on slow and busy machines choose the same."""

import json
import shlex
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from common.commands import train
from common.errors import UserError
from common.runs import budget, loop
from common.runs.budget import Costs
from common.settings import EpochSettings, ImageSettings
from tests.commands import assert_same_run, interrupted, on_jax, play, refused, state
from tests.games import EXAMPLES, module

SMALL = ["--preset", "smoke", "--training-images", "20", "--batch-size", "4"]
# Its running mean makes the game a new one, so do learning rates that fall.
MEAN = ["--preset", "quick", "--dtype", "float32", *SMALL[2:]]


class Ticking:
    """A clock that goes on by so many seconds each time it is read."""

    def __init__(self, seconds):
        self.seconds, self.now = seconds, 0.0

    def monotonic(self):
        self.now += self.seconds
        return self.now


CLOCKS = {budget: 0.1, train: 0.1, loop: 1.0}  # so slow that a call has one update


@pytest.fixture
def ticking(monkeypatch):
    for user, seconds in CLOCKS.items():
        monkeypatch.setattr(user, "time", Ticking(seconds))


@dataclass(frozen=True)
class Iterations(ImageSettings):
    iterations: int = 100
    """As mnist_wgan has them."""

    averaging: float = 0.0
    """The running mean's momentum."""


@dataclass(frozen=True)
class Epochs(EpochSettings, ImageSettings):
    epochs: int = 10
    """As the others have them."""


def toy(config, updates=lambda iteration: 1, per_epoch=float("inf")):
    """As much of a game as a choice looks at."""
    total = config.total(per_epoch) if isinstance(config, Epochs) else config.iterations
    return SimpleNamespace(
        iterations=total, per_epoch=per_epoch, updates_before=updates, config=config
    )


def fitted(monkeypatch, config, costs, game=None, every=None, score=None, now=10.0):
    """What fit() gives of settings that are their own preset's, `now` s after the start."""
    monkeypatch.setattr(budget, "measure", lambda *_: costs)
    monkeypatch.setattr(budget.time, "monotonic", lambda: now)
    game = game or toy(config)
    recorder = SimpleNamespace(every=every or config.log_every)
    return budget.fit(game, recorder, config, replace(config, minutes=None), score, began=0.0)


COSTS = Costs(
    step={1: 0.25}, compiling=7.0, call=0.5, look=0.0, save=0.0, score=0.0, end=5.2
)  # fmt: skip


def test_iterations_fill_92_percent_of_the_minutes(monkeypatch):
    """55.2 s, of which 10 are gone and 5.2 are for the end; two updates take 0.5 s."""
    config = Iterations(minutes=1.0)
    chosen, seconds = fitted(monkeypatch, config, COSTS)
    assert (chosen.iterations, chosen.minutes) == (80, None)
    assert seconds == pytest.approx(10 + 5.2 + 80 * 0.5)
    # One more does not fit.
    slower = COSTS._replace(step={1: 0.2501})
    assert fitted(monkeypatch, config, slower)[0].iterations == 79


def test_a_run_with_bursts_of_updates_counts_them(monkeypatch):
    """40.1 s are two iterations of a hundred updates, at 0.1 s a step, and 33 of five at 0.1 s."""
    config = Iterations(minutes=1.0)
    game = toy(config, lambda iteration: 100 if iteration < 2 else 5)
    costs = COSTS._replace(step={100: 0.1, 5: 0.1}, end=5.1)
    assert fitted(monkeypatch, config, costs, game)[0].iterations == 2 + 33
    unlike = COSTS._replace(step={100: 0.05, 5: 0.15})  # 10.1 s, and 0.9 s each
    assert fitted(monkeypatch, config, unlike, game)[0].iterations == 2 + 33
    unlike = COSTS._replace(step={100: 0.05, 5: 0.3})
    assert fitted(monkeypatch, config, unlike, game)[0].iterations == 2 + 16


def test_looks_scores_checkpoints_and_a_second_compilation_take_their_time(monkeypatch):
    config = Iterations(minutes=1.0, log_every=4)
    # A hundred iterations have 25 looks: 40 - 25 * 0.38 s.
    chosen, _ = fitted(monkeypatch, config, COSTS._replace(look=0.38))
    assert (chosen.iterations, chosen.log_every) == (61, 3)
    # Where a look has another rhythm: at 0, 25, 50.
    chosen, _ = fitted(monkeypatch, config, COSTS._replace(look=2.0), every=25)
    assert chosen.iterations == 68
    # Evaluations at 0 and 50.
    often = replace(config, evaluate_every=50)
    chosen, _ = fitted(monkeypatch, often, COSTS._replace(score=3.0), score=lambda generator: {})
    assert chosen.iterations == 68
    # A second a checkpoint, one every 4 s, makes 0.625 s of 0.5.
    often = replace(config, checkpoint_seconds=4.0)
    assert fitted(monkeypatch, often, COSTS._replace(save=1.0))[0].iterations == 64
    # One after each call of half a second makes 1.5.
    often = replace(config, checkpoint_seconds=0.0)
    assert fitted(monkeypatch, often, COSTS._replace(save=1.0))[0].iterations == 26
    mean = replace(config, averaging=0.9)
    assert fitted(monkeypatch, mean, COSTS)[0].iterations == 66


def test_the_running_mean_is_as_long_as_the_presets_or_a_part_of_the_run():
    """0.998 is 500 iterations long: of 1,250 so it is of 2,500, half of it of 625, an eighth of
    8,000 is 1,000."""
    config = Iterations(iterations=1250, averaging=0.998)
    for iterations, averaging in [(625, 0.996), (1250, 0.998), (2500, 0.998), (8000, 0.999)]:
        chosen = budget.lasting(toy(config), config, config, iterations)
        assert chosen.averaging == averaging


def test_the_running_mean_and_the_rows_keep_their_share_of_the_run():
    """Of 4,000 iterations 0.998 is an eighth, 500; so it is of 1,000, 125 long."""
    config = Iterations(iterations=4000, averaging=0.998, log_every=50)
    game = toy(config)
    for iterations, averaging, every in [
        (1000, 0.992, 13), (4000, 0.998, 50), (80_000, 0.9999, 1000), (9137, 0.999124, 120),
        (3, 0.0, 1), (10_000_000, 0.999999, 130_000),
    ]:  # fmt: skip
        chosen = budget.lasting(game, config, config, iterations)
        assert (chosen.iterations, chosen.averaging, chosen.log_every) == (
            iterations, averaging, every,
        )  # fmt: skip
        assert budget.iterations(chosen, game) == iterations
    few = toy(replace(config, iterations=40))  # one row, and so 20
    assert budget.lasting(few, config, config, 1000).log_every == 50
    own = replace(config, averaging=0.99, log_every=7)  # a user's, beside that preset
    chosen = budget.lasting(game, own, config, 1000)
    assert (chosen.averaging, chosen.log_every) == (0.99, 7)


def test_epochs_are_as_many_as_the_iterations_and_the_last_may_be_a_part():
    config = Epochs(log_every=5)
    game = toy(config, per_epoch=30)
    for iterations, expected in [
        (7, (1, 7, 1)), (30, (1, None, 1)), (31, (2, 31, 1)), (300, (10, None, 5)),
    ]:  # fmt: skip
        chosen = budget.lasting(game, config, config, iterations)
        assert (chosen.epochs, chosen.iterations, chosen.log_every) == expected
        assert budget.iterations(chosen, game) == iterations


def test_too_few_minutes_are_one_line_with_enough_of_them(monkeypatch):
    """10 + 5.2 + 0.5 s are 89 % of 17.6 s, 0.29 minutes; 3 % are for measuring."""
    with pytest.raises(UserError, match=r"^--minutes 0.28 .* at least --minutes 0\.3$"):
        fitted(monkeypatch, Iterations(minutes=0.28), COSTS)
    assert fitted(monkeypatch, Iterations(minutes=0.3), COSTS)[0].iterations == 2


OF_IMAGES = [name for name in EXAMPLES if name != "distribution_gan"]


def asked_and_written_out(main, folder, capsys, *argv, minutes=0.15):
    """The folders of a run of so many minutes, and of the one whose command it printed."""
    asked, written = folder / "asked", folder / "written"
    play(main, *argv, "--minutes", minutes, "--run-dir", asked)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Measuring ")
    (line,) = [line for line in lines if line.startswith(f"--minutes {minutes:g}, ")]
    words = shlex.split(line.split(" planned: ")[1])
    if "KERAS_BACKEND=jax" in words:
        words.remove("KERAS_BACKEND=jax")
    assert words[:2] == ["python", "-m"] and "--minutes" not in words
    play(main, *words[3:], "--run-dir", written)
    settings = [
        json.loads((run / "config.json").read_text())["settings"] for run in (asked, written)
    ]
    assert settings[0] == settings[1] and "minutes" not in settings[0]
    return asked, written


def assert_same(asked, written):
    assert_same_run(asked, written)
    assert (asked / "first.png").read_bytes() == (written / "first.png").read_bytes()


@pytest.mark.parametrize(
    ("example", "argv"),
    [
        *((name, SMALL) for name in OF_IMAGES),
        ("mnist_wgan", MEAN),
        ("fashion_gan", [*SMALL, "--learning-rate-schedule", "cosine", "--replay", 8]),
        ("dcgan", [*SMALL, "--engine", "reference"]),
        ("mnist_wgan", [*SMALL, "--engine", "reference"]),
    ],
)
def test_a_run_of_minutes_is_the_run_whose_command_it_prints(
    example, argv, tmp_path, capsys, ticking
):
    """Bit for bit, after all that was played to measure."""
    asked, written = asked_and_written_out(module(example).main, tmp_path, capsys, *argv)
    assert_same(asked, written)
    assert int(state(asked)["position"][0]) >= 3


def test_so_it_is_on_jax(tmp_path):
    code = "import sys; from tests.common.runs import test_budget; test_budget.compare(sys.argv[1])"
    assert on_jax(code, str(tmp_path)).endswith("alike\n")


def compare(folder):
    """Play both runs in this process and say that they are alike."""
    import contextlib
    import io

    for user, seconds in CLOCKS.items():
        user.time = Ticking(seconds)
    out = io.StringIO()

    def readouterr():
        return SimpleNamespace(out=out.getvalue())

    with contextlib.redirect_stdout(out):
        runs = asked_and_written_out(
            module("fashion_gan").main, Path(folder), SimpleNamespace(readouterr=readouterr), *SMALL
        )
    assert_same(*runs)
    print("alike")


def test_a_run_of_minutes_goes_on_as_any_other(tmp_path, capsys, ticking):
    """From the middle, and longer."""
    main, folder = module("fashion_gan").main, tmp_path / "run"
    play(main, *SMALL, "--minutes", 0.15, "--checkpoint-seconds", 0, "--run-dir", folder)
    whole = state(folder)
    play(main, "--resume", min((folder / "checkpoints").iterdir()))
    assert {name: array.tobytes() for name, array in state(folder).items()} == {
        name: array.tobytes() for name, array in whole.items()
    }
    iterations = int(whole["position"][0])
    play(main, "--resume", folder, "--iterations", iterations + 2, "--epochs", iterations)
    assert int(state(folder)["position"][0]) == iterations + 2


def test_too_few_minutes_make_no_folder_and_those_that_are_said_suffice(tmp_path, capsys, ticking):
    main, folder = module("fashion_gan").main, tmp_path / "run"
    line = refused(capsys, main, *SMALL, "--minutes", 0.01, "--run-dir", folder)
    assert line.startswith("error: --minutes 0.01 is too little on this machine: ")
    assert not folder.exists()
    play(main, *SMALL, "--minutes", line.split()[-1], "--run-dir", folder)
    assert int(state(folder)["position"][0]) >= 1


def test_losses_that_run_away_are_told_before_a_run_is_made(tmp_path, capsys):
    argv = [*SMALL, "--learning-rate", "1e38", "--minutes", 1, "--run-dir", tmp_path / "run"]
    line = refused(capsys, module("fashion_gan").main, *argv)
    assert "a loss soon becomes NaN or infinite; take a lower --learning-rate" in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--minutes", "0"], "--minutes is 0.0, but must be above 0"),
        (["--minutes", "-1"], "--minutes is -1.0, but must be above 0"),
        (["--minutes", "nan"], "--minutes is nan"),
        (["--minutes", "soon"], "--minutes"),
        (["--minutes", "1", "--epochs", "3"], "--epochs cannot go with --minutes"),
        (["--iterations=3", "--minutes=1"], "--iterations cannot go with --minutes"),
        (["--minutes", "1", "--resume", "RUN"], "--minutes is 1.0, but must be left out beside"),
    ],
)
def test_what_cannot_go_with_minutes_is_one_line(argv, words, reported, capsys):
    argv = [str(reported) if word == "RUN" else word for word in argv]
    assert words in refused(capsys, module("fashion_gan").main, *argv)


def test_the_real_command_measures_says_what_it_chose_and_can_be_stopped(tmp_path, capsys):
    """An hour, by the real clock: stopped as soon as it trains."""
    folder = tmp_path / "run"
    line = ["-m", "fashion_gan.train", *SMALL, "--minutes", 60, "--run-dir", folder]
    status, printed, err = interrupted(line, "--minutes 60, ", signal.SIGINT)
    assert (status, err) == (130, "") and printed[0].startswith("Measuring ")
    (told,) = [text for text in printed if text.startswith("--minutes 60, ")]
    settings = json.loads((folder / "config.json").read_text())["settings"]
    epochs = settings["epochs"]
    assert f"--epochs {epochs}" in told and epochs > 1 and "minutes" not in settings
    main = module("fashion_gan").main
    assert "left out beside" in refused(capsys, main, "--resume", folder, "--minutes", 1)
