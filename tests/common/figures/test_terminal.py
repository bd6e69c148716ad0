import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from common.figures import terminal

TERMINAL = {
    "width": 80,
    "force_terminal": True,
    "color_system": "truecolor",
    "legacy_windows": False,
}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype="uint8")


def shown(monkeypatch, images, environment=(), encoding="utf-8", **kwargs):
    """What a terminal of an environment gets."""
    for name in ("TERM", "TERM_PROGRAM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in dict(environment).items():
        monkeypatch.setenv(name, value)
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    terminal.show(Console(file=file, **{**TERMINAL, **kwargs}), images)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def test_half_blocks_have_the_mean_greys_of_two_by_two_pixels():
    """By hand: the first letter is of the means of 0, 10, 20, 30 and of 100, 100, 100, 200."""
    image = np.zeros((1, 28, 28), "uint8")
    image[0, :4, :2] = [[0, 10], [20, 30], [100, 100], [100, 200]]
    text = terminal.half_blocks(image)
    first = text.spans[0].style
    assert first.color.triplet == (15, 15, 15) and first.bgcolor.triplet == (125, 125, 125)
    assert text.plain.splitlines() == ["▀" * 15] * 7


def test_half_blocks_have_the_colours_of_a_larger_image():
    image = np.zeros((1, 32, 32, 3), "uint8")
    image[0, :2, :2] = [10, 20, 30]
    text = terminal.half_blocks(image)
    assert text.spans[0].style.color.triplet == (10, 20, 30)
    assert text.plain.splitlines() == ["▀" * 17] * 8


def test_as_many_as_fit_stand_in_a_row(monkeypatch, images):
    lines = re.sub(r"\033\[[\d;]*m", "", shown(monkeypatch, images)).splitlines()
    assert lines == ["▀" * 15 * 5] * 7
    wide = re.sub(r"\033\[[\d;]*m", "", shown(monkeypatch, images, width=300)).splitlines()
    assert wide == ["▀" * 15 * 10] * 7


@pytest.mark.parametrize(
    "dumb",
    [
        {"force_terminal": False},
        {"color_system": None},
        {"color_system": "standard"},
        {"no_color": True},
        {"encoding": "ascii"},
    ],
)
def test_nothing_is_shown_where_it_could_not_be_seen(monkeypatch, images, dumb):
    assert shown(monkeypatch, images, **dumb) == ""


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_kitty_gets_the_picture_in_parts(monkeypatch, images):
    escapes = shown(monkeypatch, images, {"TERM": "xterm-kitty"})
    parts = re.findall(r"\033_G([^;]*);([^\033]*)\033\\", escapes)
    assert len(parts) > 1 and all(len(part) <= 4096 for _, part in parts)
    assert [keys for keys, _ in parts] == [
        "a=T,f=100,c=60,m=1", *["m=1"] * (len(parts) - 2), "m=0",
    ]  # fmt: skip
    picture = pixels("".join(part for _, part in parts))
    assert picture.shape == (56, 560) and (picture[::2, 504::2] == images[9]).all()


@pytest.mark.parametrize("program", ["iTerm.app", "WezTerm"])
def test_iterm_and_wezterm_get_the_picture_but_not_through_tmux(monkeypatch, images, program):
    escapes = shown(monkeypatch, images[:3], {"TERM_PROGRAM": program, "TERM": "xterm-256color"})
    (content,) = re.fullmatch(r"\033\]1337;File=inline=1;width=60:(.*)\a\r?\n", escapes).groups()
    assert (pixels(content)[::2, ::2] == np.hstack(images[:3])).all()
    through = shown(monkeypatch, images, {"TERM_PROGRAM": program, "TERM": "tmux-256color"})
    assert "\033]" not in through and "▀" in through
