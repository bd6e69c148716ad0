"""For notebooks: the packages' code, a game played before one's eyes, a quiz to click."""

import base64
import inspect
import io
import time

import ipywidgets
import numpy as np
import PIL.Image
from IPython.display import Code, Image, display

from common.data.datasets import pixels, scale
from common.figures import curves, diagrams, gallery, pictures
from common.runs.checkpoints import Position
from common.runs.loop import CALL_SECONDS, calls
from common.runs.signals import held_signals

FACE = 84  # screen pixels along the side of an image of the quiz


def show_code(*objects):
    """Show the source of functions and classes as it stands in the packages."""
    for item in objects:
        display(Code(inspect.getsource(item), language="python"))


def show_networks(*networks):
    """Show a summary and a diagram of each Keras model."""
    for network in networks:
        network.summary()
        display(diagrams.network(network))


def play(game, recorder):
    """Play a game to its end without a run folder; its losses and samples are redrawn in place.

    That is whenever the recorder draws samples, and at the end. Interrupting the kernel ends it as
    well, with what was played so far.

    Args:
        game: an example's Game.
        recorder: its recorder, see common.runs.recorder.

    Returns:
        The rows that losses.csv would have, a list of dicts, and the samples, a dict by iteration:
        images (N, 28, 28, 1) in [black, 1], row by row as the picture has them, or what else the
        recorder keeps.
    """
    above, below = display(display_id=True), display(display_id=True)
    began, rows, drawn = time.monotonic(), [], {}
    played = calls(game, Position(0, 0), game.iterations, CALL_SECONDS, [recorder.every])
    with held_signals() as came:
        for done, _, losses in played:
            for place, iteration in enumerate(done):
                if iteration % game.config.log_every == 0:
                    here = {name: float(values[place]) for name, values in losses.items()}
                    rows.append(recorder.row(iteration, here, time.monotonic() - began))
            if done and (done[-1] % recorder.every == 0 or done.stop == game.iterations):
                kept = drawn[done[-1]] = recorder.keep()
                if "images" in kept:
                    drawn[done[-1]] = scale(kept["images"], recorder.black)
                figure = curves.draw_losses(rows, recorder.panels)
                above.update(as_image(pictures.as_picture(figure)))
                below.update(as_image(titled(recorder.picture(kept, done[-1]), done[-1])))
            if came:
                break
    return rows, drawn


def titled(picture, iteration):
    """A picture of samples with its iteration above it, unless it has colours, and so a title."""
    if picture.ndim == 3:
        return picture
    return pictures.as_picture(gallery.titled(picture, f"Samples, iteration {iteration:,}"))


def as_image(picture):
    """A uint8 picture (height, width), or (height, width, 3) in colour, as notebooks show it."""
    file = io.BytesIO()
    PIL.Image.fromarray(picture).save(file, "PNG")
    return Image(file.getvalue())


def quiz(reals, fakes, seed=0, black=-1.0):
    """Spot the fake: images with a button each, and one that counts the reader's right answers.

    Args:
        reals, fakes: (N, 28, 28, 1) and (M, 28, 28, 1) in [black, 1].
        seed: of their order.
        black: a black pixel's value.

    Returns:
        An ipywidgets box, shown where it is the last line of a cell; see Quiz.
    """
    order = np.random.default_rng(seed).permutation(len(reals) + len(fakes))
    faces, fake = pixels(np.concatenate([reals, fakes]), black)[order], order >= len(reals)
    pngs = [as_image(face).data for face in faces]
    marks = [
        ipywidgets.ToggleButton(description="fake?", layout={"width": f"{FACE}px"}) for _ in faces
    ]
    tiles = [
        ipywidgets.VBox([ipywidgets.Image(value=png, width=FACE, height=FACE), mark])
        for png, mark in zip(pngs, marks, strict=True)
    ]
    button, answer = ipywidgets.Button(description="How many are right?"), ipywidgets.Label()

    def count(_):
        right = sum(mark.value == wrong for mark, wrong in zip(marks, fake, strict=True))
        answer.value = f"{right} of {len(marks)}"

    button.on_click(count)
    columns = {"grid_template_columns": f"repeat(6, {FACE + 10}px)"}
    quiz = Quiz([ipywidgets.GridBox(tiles, layout=columns), ipywidgets.HBox([button, answer])])
    quiz.still = still_quiz(pngs, fake)
    return quiz


class Quiz(ipywidgets.VBox):
    """The quiz's widgets; a page that cannot show widgets, as on GitHub, shows .still, its HTML."""

    still = ""

    def _repr_mimebundle_(self, **kwargs):
        return {**super()._repr_mimebundle_(**kwargs), "text/html": self.still}


def still_quiz(pngs, fake):
    """The quiz as HTML: PNG files as bytes, numbered, and folded away which of them are fake."""
    tiles = "".join(
        f'<figure style="display: inline-block; margin: 4px"><img width="{FACE}" alt="{number}" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        f"<figcaption>{number}</figcaption></figure>"
        for number, png in enumerate(pngs, start=1)
    )
    fakes = ", ".join(str(number) for number, is_fake in enumerate(fake, start=1) if is_fake)
    return (
        f'<div style="max-width: {6 * (FACE + 10)}px">{tiles}</div>'
        f"<details><summary>Answer</summary>Fake are {fakes}.</details>"
    )
