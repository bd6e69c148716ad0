"""A run: a game that is played and recorded in a folder."""

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common import engines
from common.engines import Table
from common.errors import Interrupted, UserError, one_line
from common.figures import pictures, terminal
from common.files import append_lines, writing
from common.game import Game
from common.runs import checkpoints, failures, folders, history, tables
from common.runs.checkpoints import Position
from common.runs.loop import CALL_SECONDS, calls
from common.runs.progress import Screen
from common.runs.recorder import Kept, Recorder, Row
from common.runs.signals import held_signals
from common.runs.tensorboard import Board
from common.settings import Settings

MOST = 10_000_000  # iterations: progress keeps some numbers for each
PAGE_SECONDS = 60  # between two times that the page of a run is written while it trains
WARN_SECONDS = 60  # between two lines on the screen that name a failure
Score = Callable[..., dict[str, float]]  # of a generator, the scores by name


class Diverged(UserError):
    """A loss or a weight is NaN or infinite; what was saved before stays."""


@dataclass
class Run:
    """A game, and where and how it is recorded."""

    game: Game
    recorder: Recorder
    config: Settings
    folder: Path
    screen: Screen
    position: Position  # where it stands
    earlier: float  # seconds trained in earlier sessions
    score: Score | None  # for metrics.csv, where config.evaluate_every asks for it
    decisive: str  # the score, better where it is lower, that config.early_stopping watches
    usual: Mapping[str, str] = field(default_factory=dict)  # see Example.usual, of this preset
    page: Callable[[], object] | None = None  # writes report.html, while the run trains
    hear: Callable[[Row], object] | None = None  # is told each row of metrics.csv

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.rows: list[Row] = []  # since the last samples
        self.scores: list[Row] = []
        self.watch = failures.Watch(failures.last_told(self.folder))
        self.warning, self.warned = "", -math.inf
        start = self.position.iteration
        used = self.config.tensorboard
        self.board = Board(self.folder / "tensorboard", start) if used else None

    def seconds(self) -> float:
        """Seconds trained in all."""
        return self.earlier + time.monotonic() - self.began

    def save(self) -> None:
        """Save a checkpoint."""
        try:
            checkpoints.save(self.folder, self.game.variables(), self.position, self.seconds())
        except checkpoints.NotFinite as error:
            what = f"weight {error}"
            raise left_the_numbers(what, self.position.iteration, self.folder) from error
        self.saved = time.monotonic()

    def log(self, iterations: range, losses: Table) -> None:
        """Write the rows of the iterations that are to be logged."""
        rows = []
        for place, iteration in enumerate(iterations):
            if iteration % self.config.log_every == 0:
                here = {name: float(values[place]) for name, values in losses.items()}
                rows.append(self.recorder.row(iteration, here, self.seconds()))
        lines = [self.recorder.line(row) for row in rows]
        if rows:
            tables.log_rows(self.folder / "losses.csv", rows)
            append_lines(self.folder / "log.txt", lines)
            self.rows += rows
        # On the screen all rows, or where samples are rarer the first from each sample on.
        often = max(self.config.log_every, self.recorder.every)
        for row, line in zip(rows, lines, strict=True):
            if self.board is not None:
                self.board.numbers("losses", row)
            if row["iteration"] % often < self.config.log_every:
                self.screen.line(line)

    def look(self, iteration: int) -> None:
        """Draw samples and score them, where it is time."""
        if iteration % self.recorder.every == 0:
            kept = self.recorder.keep()
            path = folders.sample_path(self.folder, iteration)
            history.write_samples(path, kept, self.recorder.picture(kept, iteration))
            self.name_failure(iteration, kept)
            if self.board is not None:
                self.board.picture(iteration, path)
        every = self.config.evaluate_every
        if self.score is not None and every is not None and iteration % every == 0:
            row = {"iteration": iteration, **self.score(self.game.result())}
            tables.log_rows(self.folder / "metrics.csv", [row])
            self.scores.append(row)
            if self.hear is not None:
                self.hear(row)
            if self.board is not None:
                self.board.numbers("metrics", row)

    def show_first(self) -> None:
        """Draw a new run's samples before training, to be seen at once, and write its page."""
        text = f"Watch it train: {self.folder / 'report.html'}"
        images = None
        if self.position == Position(0, 0):
            kept = self.recorder.keep()
            path = self.folder / "first.png"
            pictures.write_png(path, self.recorder.picture(kept, 0))
            text += f"; samples before training: {path}"
            images = kept.get("images")
        self.screen.line(text)
        if images is not None:
            terminal.show(self.screen.console, pictures.diagonal(images, self.recorder.width))
        self.write_page()

    def write_page(self) -> None:
        """Write the page of the run so far; it must never cost the run."""
        self.paged = time.monotonic()
        try:
            if self.page is not None:
                self.page()
        except Exception as error:
            self.page = None
            self.screen.line(f"No page while it trains: {one_line(error)}")

    def name_failure(self, iteration: int, kept: Kept) -> None:
        """Write into failures.txt which failure has come and lasted, or is over, and say it, but no
        more than one in WARN_SECONDS, the newest."""
        found = failures.of_losses(self.rows, self.recorder.shown)
        found.add(self.recorder.failure(kept))
        if getattr(self.config, "data_dir", None) is None:  # own data may have few classes
            found.add(failures.of_scores(self.scores))
        self.rows = []
        before, news = self.watch.told, self.watch.look(iteration, found)
        if news:
            name, since = news
            text = failures.line(name, since, before, self.config, self.usual)
            append_lines(self.folder / "failures.txt", [f"{iteration}: {text}"])
            self.warning = f"iteration {iteration:,}: {text}"
        if self.warning and time.monotonic() - self.warned >= WARN_SECONDS:
            self.screen.line(self.warning)
            self.warning, self.warned = "", time.monotonic()

    def exhausted(self) -> bool:
        """Whether the last evaluations, as many as config.early_stopping says, were no better than
        the best one before."""
        if self.config.early_stopping is None:
            return False
        rows = tables.read_table(self.folder / "metrics.csv")
        scores = [row[self.decisive] for row in rows if self.decisive in row]
        # A resume from before the first evaluation leaves a table without rows.
        return bool(scores) and (
            len(scores) - 1 - scores.index(min(scores)) >= self.config.early_stopping
        )

    def draw(self) -> None:
        """Write the generator and the pictures of the whole run, which do not cost it."""
        folders.save_generator(self.folder, self.game.result())
        try:
            self.recorder.draw_history(self.folder)
        except Exception as error:
            self.screen.line(f"Not all pictures of the run are drawn: {one_line(error)}")

    def finish(self) -> None:
        """Save what has been played, at the end of an iteration, as the result."""
        if self.position.iteration < self.game.iterations:
            self.screen.line(
                f"Stopped early: {self.decisive} was not bettered in the last "
                f"{self.config.early_stopping} evaluations; to go on: --early-stopping None"
            )
        self.save()
        kept = self.recorder.keep()
        picture = self.recorder.picture(kept, self.position.iteration - 1)
        history.write_samples(self.folder / "final.png", kept, picture)
        self.draw()
        checkpoints.forget_set_aside(self.folder)


def play(run: Run) -> None:
    """Play a run from where it stands to its end.

    Raises:
        Interrupted: a signal came; the run is saved.
        Diverged: a loss is NaN or infinite. What was saved stays.
        UserError: a file cannot be written. What was saved stays.
    """
    game, config = run.game, run.config
    seconds = min(CALL_SECONDS, config.checkpoint_seconds)
    looks = run.recorder.every, config.evaluate_every
    with held_signals() as came, run.screen, run.board or contextlib.nullcontext():
        run.save()  # a new run's first: a kill at any moment can be resumed
        if run.position.iteration < game.iterations:
            run.show_first()
        end = run.position.iteration if run.exhausted() else game.iterations
        for done, position, losses in calls(game, run.position, end, seconds, looks):
            run.position = position
            run.log(done[: finite_rows(losses)], losses)
            check_finite(losses, done.start, run.folder)
            if done:
                run.look(done[-1])
            if position.iteration == game.iterations or run.exhausted():
                break
            run.screen.show(position, engines.last(losses))
            if came:
                run.save()
                run.draw()
                raise Interrupted(came[0])
            if time.monotonic() - run.paged >= PAGE_SECONDS:
                run.write_page()
            if time.monotonic() - run.saved >= config.checkpoint_seconds:
                run.save()
        run.finish()


def finite_rows(losses: Table) -> int:
    """How many iterations there are before the first with a loss that is NaN or infinite."""
    rows = zip(*losses.values(), strict=True)
    return sum(1 for _ in itertools.takewhile(lambda row: all(map(math.isfinite, row)), rows))


def check_finite(losses: Table, iteration: int, folder: Path) -> None:
    """Stop the run if a loss is NaN or infinite, at the first iteration in which one is; losses are
    those from `iteration` on."""
    place = finite_rows(losses)
    for name, values in losses.items():
        if not all(map(math.isfinite, values[place : place + 1])):
            raise left_the_numbers(f"loss {name}", iteration + place, folder)


def left_the_numbers(what: str, iteration: int, folder: Path) -> Diverged:
    """Return the error that ends a run with NaN or infinity in it."""
    saved = checkpoints.newest(folder)
    kept = f"its last good checkpoint is {saved}" if saved else "and it has no checkpoint"
    return Diverged(
        f"iteration {iteration}: {what} is NaN or infinite; the run stopped, {kept}; "
        "start a new run with a lower --learning-rate"
    )


@contextlib.contextmanager
def opened(
    example: str,
    config: Settings,
    variables: Callable,
    iterations: int,
    data_sha256: str,
    columns: tuple[str, ...],
    decisive: str,
) -> Iterator[tuple[Path, Position, float]]:
    """Make a new run's folder, or with config.resume go on in an old one, alone inside the block.

    Yields:
        (the folder, the Position to go on from, seconds trained before)

    Args:
        variables: function that returns the game's variables, which an old run's checkpoint sets.
        iterations: of the whole run.
        data_sha256: common.data.datasets.fingerprint of the training data.
        columns, decisive: those that losses.csv must have, and one of metrics.csv.

    Raises:
        UserError: the folder is no run, is another process's or refuses to be written, data or
            backend are not the run's, a checkpoint is damaged, or the iterations are more than
            MOST.
    """
    if iterations > MOST:
        raise UserError(f"{iterations:,} iterations are too many; ask for at most {MOST:,}")
    if config.resume is None:
        folder = folders.create(example, config)
        with folders.alone(folder):
            yield folder, Position(0, 0), 0.0
        return
    folder = checkpoints.folder_of(config.resume)
    with folders.alone(folder):
        folders.read_document(folder, example)
        folders.check_data(folder, data_sha256)
        folders.check_backend(folder)
        folders.check_samples(folder)
        chosen = checkpoints.choose(config.resume)
        position, seconds = checkpoints.load(chosen, variables())
        if position > (iterations, 0):
            raise UserError(f"{chosen} is of iteration {position.iteration}, beyond the run's end")
        with writing(folder):
            for name in ("samples", "checkpoints"):
                (folder / name).mkdir(exist_ok=True)  # somebody may have removed it
        checkpoints.set_aside(folder, position)
        folders.cut_logs(folder, position.iteration, columns, (decisive,))
        yield folder, position, seconds
