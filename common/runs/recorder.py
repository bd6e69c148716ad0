"""What is written of a game: rows of losses, lines, panels of curves, pictures of its samples."""

from pathlib import Path

import numpy as np

from common.data.datasets import pixels
from common.figures import pictures
from common.game import Game
from common.runs import failures, history

Row = dict[str, float]
Kept = dict[str, np.ndarray]  # of a moment's samples, by name
Panels = dict[tuple[str, str], tuple[str, ...]]  # columns by a panel's title and its axis's unit


class Recorder:
    """The recorder of games of images that train for epochs; others change what they do otherwise.

    Args:
        game: the game.
        black: a black pixel's value in the generator's images.

    Attributes:
        columns: of losses.csv, in order.
        shown: losses beside the progress bar.
        panels: see Panels; of the curves.
        width: images in a row of a picture.
        every: iterations between two samples.
    """

    columns: tuple[str, ...] = (
        "iteration", "epoch", "d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake", "seconds",
    )  # fmt: skip
    shown: tuple[str, ...] = ("d_loss", "g_loss")
    panels: Panels = {
        ("Loss", "nats"): shown,
        ("Discriminator's accuracy", "share of the batch"): ("d_accuracy_real", "d_accuracy_fake"),
    }
    width: int = 10

    def __init__(self, game: Game, black: float = 0.0):
        self.game, self.black = game, black
        self.every = game.config.log_every

    def row(self, iteration: int, losses: Row, seconds: float) -> Row:
        """The row of losses.csv of an iteration, after so many seconds of training."""
        epoch = iteration // self.game.per_epoch
        values = {"iteration": iteration, "epoch": epoch, **losses, "seconds": round(seconds, 3)}
        return {column: values[column] for column in self.columns}

    def line(self, row: Row) -> str:
        """The row in words; the sources print nothing."""
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] "
            f"[D loss: {row['d_loss']:.4f}] [G loss: {row['g_loss']:.4f}] "
            f"[D accuracy: {row['d_accuracy_real']:.0%} of reals, "
            f"{row['d_accuracy_fake']:.0%} of fakes]"
        )

    def keep(self) -> Kept:
        """What is kept of the game's samples as they are now, as on a screen: uint8 (N, 28, 28), or
        of another size, or (..., 3) in colour."""
        return {"images": pixels(self.game.samples(), self.black)}

    def picture(self, kept: Kept, iteration: int) -> np.ndarray:
        """A moment's samples as a picture, uint8 (height, width) or (height, width, 3)."""
        return pictures.tile(kept["images"], self.width)

    def failure(self, kept: Kept) -> str | None:
        """What is wrong with a moment's samples, see common.runs.failures, or None."""
        return failures.of_images(kept["images"]) if "images" in kept else None

    def draw_history(self, folder: Path) -> None:
        """Write the pictures of the whole run into its folder."""
        history.draw(folder, self)

    def strip(self, moments: list[tuple[int, Kept]]) -> np.ndarray:
        """Samples of several moments, (iteration, kept) each, on one picture: a row a moment, of
        the images on the grid's diagonal."""
        rows = [pictures.diagonal(kept["images"], self.width) for _, kept in moments]
        return pictures.strip(rows, [f"{iteration:,}" for iteration, _ in moments])

    def frames(self, moments: list[tuple[int, Kept]]) -> list[np.ndarray]:
        """The frames of an animation of several moments."""
        return [self.picture(kept, iteration) for iteration, kept in moments]
