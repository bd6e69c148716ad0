"""Small pictures in a terminal: as pictures where it can show them, or in half blocks of colour."""

import base64
import io
import os

import numpy as np
from PIL import Image
from rich.color import Color
from rich.segment import ControlType, Segment, Segments
from rich.style import Style
from rich.text import Text

from common.figures.pictures import tile

MOST = 10  # images in the row
WIDTH = 60  # letters, of the row as a picture


def show(console, images):
    """Show the first uint8 images (N, height, width) or (N, height, width, 3), at most MOST, in a
    row; nothing where a rich Console has no terminal, no colours or no Unicode.

    Whether a terminal knows Kitty's or iTerm2's protocol stands in its environment. Whether it
    knows sixels it would have to be asked, so that it gets half blocks.
    """
    protocol = graphics(os.environ)
    colours = console.color_system in ("256", "truecolor") and not console.no_color
    if not console.is_terminal:
        return
    if protocol is not None:
        file = io.BytesIO()
        Image.fromarray(tile(images[:MOST], len(images[:MOST]))).save(file, "PNG")
        escape = protocol(base64.b64encode(file.getvalue()).decode())
        # As control it is written as it is, and above a progress bar that goes on.
        raw = Segment(escape, control=[(ControlType.CURSOR_FORWARD, 0)])
        console.print(Segments([raw, Segment.line()]))
    elif colours and console.encoding.startswith("utf"):
        across = images.shape[2] // 2 + 1
        console.print(half_blocks(images[: min(MOST, console.width // across)]))


def graphics(environment):
    """The function from a PNG file in base64 to what shows it in the terminal of an environment, a
    dict such as os.environ; None where none is known."""
    terminal, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM")
    if terminal in ("xterm-kitty", "xterm-ghostty"):
        return kitty
    within = terminal.startswith(("screen", "tmux"))  # which pass no pictures on
    return iterm if program in ("iTerm.app", "WezTerm") and not within else None


def kitty(content):
    """Kitty's graphics protocol: in parts of at most 4,096 letters, m=0 with the last one."""
    parts = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    last = len(parts) - 1
    return "".join(
        f"\033_G{f'a=T,f=100,c={WIDTH},' if i == 0 else ''}m={int(i < last)};{part}\033\\"
        for i, part in enumerate(parts)
    )


def iterm(content):
    """iTerm2's inline images, which WezTerm shows as well."""
    return f"\033]1337;File=inline=1;width={WIDTH}:{content}\a"


def half_blocks(images):
    """A row of uint8 images (N, height, width) or (N, height, width, 3), of even sides, at half
    their size as a rich Text: each letter is a pixel above, its colour, and one below, its
    background; seven lines of 28 pixels."""
    colours = images if images.ndim == 4 else images[..., np.newaxis].repeat(3, axis=-1)
    count, height, width, _ = colours.shape
    small = colours.reshape(count, height // 2, 2, width // 2, 2, 3).mean(axis=(2, 4)).astype(int)
    row = np.pad(small, ((0, 0), (0, 0), (0, 1), (0, 0))).transpose(1, 0, 2, 3)
    row = row.reshape(height // 2, -1, 3)
    lines = []
    for above, below in zip(row[::2], row[1::2], strict=True):
        lines.append(Text())
        for pair in zip(above.tolist(), below.tolist(), strict=True):
            shown = [Color.from_rgb(*pixel) for pixel in pair]
            lines[-1].append("▀", Style(color=shown[0], bgcolor=shown[1]))
    return Text("\n").join(lines)
