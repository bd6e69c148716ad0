"""What the notebooks show: code, a game that plays in place, a quiz."""

import base64
import io
import os
import re
import signal
from dataclasses import replace

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from common.figures.pictures import grid
from common.runs import live
from fashion_gan import train
from tests.games import picture

CONFIG = replace(train.PRESETS["smoke"], iterations=5, batch_size=8, log_every=2)


@pytest.fixture(autouse=True)
def notebook():
    """display() needs a shell to show something in."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def game():
    images = np.random.default_rng(0).random((100, 28, 28, 1), "float32")
    return train.Game(CONFIG, images)


def test_play_returns_the_rows_and_samples_that_a_run_would_log(game):
    recorder = train.EXAMPLE.recorder(game)
    with capture_output() as shown:
        rows, drawn = live.play(game, recorder)
    assert [row["iteration"] for row in rows] == [0, 2, 4]
    assert set(rows[0]) == set(recorder.columns)
    assert rows[0]["seconds"] <= rows[-1]["seconds"]
    assert list(drawn) == [0, 2, 4]
    assert drawn[0].shape == (100, 28, 28, 1) and (drawn[0] != drawn[4]).any()
    np.testing.assert_array_equal(grid(drawn[4], 10, black=0.0), picture(recorder))
    # Two places, and in each a picture for every moment; samples are below a title.
    pngs = [output.data["image/png"] for output in shown.outputs if "image/png" in output.data]
    assert len(pngs) == 6
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(pngs[-1]))).convert("L"))
    assert shown.shape == (590, 560) and (shown[:30] < 255).any()
    np.testing.assert_array_equal(shown[30:], picture(recorder))


def test_an_interrupt_keeps_what_was_played(game):
    recorder = train.EXAMPLE.recorder(game)
    keep = recorder.keep

    def keep_and_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        return keep()

    recorder.keep = keep_and_interrupt
    with capture_output():
        rows, drawn = live.play(game, recorder)
    assert [row["iteration"] for row in rows] == [0] and list(drawn) == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_code_is_that_of_the_package():
    with capture_output() as shown:
        live.show_code(train.Game.update_generator)
    assert "def update_generator(self, noise):" in shown.outputs[0].data["text/plain"]


def test_networks_are_tabulated_and_drawn(game):
    with capture_output() as shown:
        live.show_networks(game.generator, game.discriminator)
    for network in (game.generator, game.discriminator):
        assert f'Model: "{network.name}"' in shown.stdout
    assert len(shown.outputs) == 2  # the diagrams


def test_quiz_counts_right_answers():
    reals, fakes = np.zeros((3, 28, 28, 1)), np.ones((2, 28, 28, 1))
    sheet, (button, answer) = (box.children for box in live.quiz(reals, fakes, black=0).children)
    pngs = [tile.children[0].value for tile in sheet]
    marks = [tile.children[1] for tile in sheet]
    white = next(png for png in pngs if pngs.count(png) == 2)
    button.click()
    assert answer.value == "3 of 5"  # all taken for real
    for png, mark in zip(pngs, marks, strict=True):
        mark.value = png == white
    button.click()
    assert answer.value == "5 of 5"
    marks[0].value = not marks[0].value
    button.click()
    assert answer.value == "4 of 5"


def test_a_page_that_shows_no_widgets_has_the_quizs_pictures_and_its_answer():
    reals, fakes = np.zeros((3, 28, 28, 1)), np.ones((2, 28, 28, 1))
    quiz = live.quiz(reals, fakes, black=0)
    bundle, _ = InteractiveShell.instance().display_formatter.format(quiz)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    tiles = re.findall(r'base64,([^"]+)"><figcaption>(\d)<', bundle["text/html"])
    pictures = [Image.open(io.BytesIO(base64.b64decode(png))) for png, _ in tiles]
    assert [number for _, number in tiles] == list("12345")
    white = [i for i, picture in enumerate(pictures, 1) if picture.getpixel((0, 0)) == 255]
    assert len(white) == 2
    assert f"<summary>Answer</summary>Fake are {white[0]}, {white[1]}." in bundle["text/html"]
