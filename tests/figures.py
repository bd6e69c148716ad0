"""What the tests of figures share: what stands on axes, and whether its letters can be read."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from common.figures.style import MINUS


def texts(artists):
    return [artist.get_text().replace(MINUS, "-") for artist in artists]


def numbers(axis):
    """The grid that draw_numbers() has written on axes, NaN where it wrote nothing."""
    grid = np.full(axis.images[0].get_array().shape, np.nan)
    for text, number in zip(axis.texts, texts(axis.texts), strict=True):
        column, row = text.get_position()
        grid[row, column] = float(number)
    return grid


def shown(axis):
    """The images of draw_images(), (rows, columns, 28, 28), without the white around each."""
    picture = axis.images[0].get_array()
    cells = picture.reshape(len(picture) // 30, 30, -1, 30).transpose(0, 2, 1, 3)
    assert (cells[:, :, [0, -1]] == 255).all() and (cells[..., [0, -1]] == 255).all()
    return cells[:, :, 1:-1, 1:-1]


def flat(*values):
    """Images (N, 28, 28, 1), each of one value."""
    return np.broadcast_to(np.reshape(values, (-1, 1, 1, 1)), (len(values), 28, 28, 1))


def assert_letters_apart(figure):
    """No text of the figure lies on another one, or leaves the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [
        (text.get_text(), text.get_window_extent(canvas.get_renderer()))
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible() and text.axes in (None, *figure.axes)
    ]
    assert len(boxes) > 3
    for text, box in boxes:
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text
        assert box.y0 >= 0 and box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.overlaps(b), (one, other)
