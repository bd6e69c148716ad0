import numpy as np
from PIL import Image

from common.figures import pictures
from common.figures.pictures import CAPTION, CELL, ENLARGE, MARGIN


def test_images_go_row_by_row_and_the_rest_is_black(tmp_path):
    images = np.stack([np.full((2, 3, 1), value) for value in (-1.0, 1.0, 0.0, 0.5, 7.0)])
    picture = pictures.grid(images, columns=2)
    assert picture.shape == (3 * 2 * ENLARGE, 2 * 3 * ENLARGE)
    cells = picture[:: 2 * ENLARGE, :: 3 * ENLARGE]
    np.testing.assert_array_equal(cells, [[0, 255], [128, 191], [255, 0]])

    pictures.write_png(tmp_path / "p.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "p.png")), picture)
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


def test_images_in_colour_keep_it_and_a_grey_grid_stays_grey():
    images = np.stack([np.full((2, 2, 3), colour) for colour in ((1, -1, -1), (0, 0.5, 7))])
    picture = pictures.grid(images, columns=1)
    assert picture.shape == (4 * ENLARGE, 2 * ENLARGE, 3)
    np.testing.assert_array_equal(picture[:: 2 * ENLARGE, 0], [[255, 0, 0], [128, 191, 255]])
    strip = pictures.strip([picture[None, :4, :4], picture[None, 4:, :4]], ["", "5"])
    assert strip.shape == (8 * ENLARGE, MARGIN + 4 * ENLARGE, 3)
    assert strip[4 * ENLARGE :, :MARGIN].max() > 100
    np.testing.assert_array_equal(strip[0, MARGIN], [255, 0, 0])


def captions(names, columns):
    """For each row of a picture of black images with names: whether it has text, by column."""
    images = np.full((len(names), 28, 28, 1), -1.0)
    picture = pictures.grid(images, columns, names=names)
    rows, written = -(-len(names) // columns), []
    while len(picture):
        height = CELL + CAPTION if picture[:CAPTION].any() else CELL
        cells = picture[:height].reshape(height, columns, CELL)
        written.append([bool(cells[:, column].any()) for column in range(columns)])
        picture = picture[height:]
    assert len(written) == rows
    return written


def test_a_name_stands_above_an_image_unless_its_neighbour_to_the_left_or_above_has_it():
    assert captions(["a", "a", "b", "b"], 2) == [[True, False], [True, False]]  # a row a class
    assert captions(["a", "b", "a", "b"], 2) == [[True, True], [False, False]]  # a column a class
    assert captions(["a", "b", "c"], 2) == [[True, True], [True, False]]
    assert captions(["a", "a"], 2) == [[True, False]]


def test_a_long_name_ends_before_the_next_one_begins_and_a_line_break_is_a_blank():
    images = np.full((2, 28, 28, 1), -1.0)
    plain, long = (
        pictures.grid(images, 2, names=names) for names in (["", "i"], ["W" * 50 + "\n", "i"])
    )
    np.testing.assert_array_equal(plain[:, CELL:], long[:, CELL:])
    assert not plain[:, :CELL].any() and long[:, :CELL].any()


def test_a_diagonal_has_one_image_of_each_column_and_begins_anew_below_the_last_row():
    assert pictures.diagonal(np.arange(6), columns=3).tolist() == [0, 4, 2]
    assert pictures.diagonal(np.arange(6), columns=2).tolist() == [0, 3]
    assert pictures.diagonal(np.arange(3), columns=3).tolist() == [0, 1, 2]


def test_a_strip_has_a_row_for_each_label():
    rows = np.broadcast_to(np.reshape([1, 2, 3, 7, 8, 9], (2, 3, 1, 1)), (2, 3, 28, 28))
    picture = pictures.strip(rows.astype("uint8"), ["", "5"])
    labels, cells = picture[:, :MARGIN], picture[:, MARGIN:]
    np.testing.assert_array_equal(cells, np.kron([[1, 2, 3], [7, 8, 9]], np.ones((CELL, CELL))))
    assert not labels[:CELL].any() and labels[CELL:].max() > 100


def test_sheet_lays_out_row_by_row_on_white():
    grey = [np.full((2, 3, 3), shade, "uint8") for shade in (10, 20, 30, 40)]
    laid_out = pictures.sheet(grey, columns=3)
    assert laid_out.shape == (4, 9, 3)
    np.testing.assert_array_equal(laid_out[::2, ::3, 0], [[10, 20, 30], [40, 255, 255]])
    assert pictures.sheet(grey[:1], columns=3).shape == (2, 3, 3)


def test_an_animation_keeps_its_colours(tmp_path):
    red, blue = np.zeros((2, 8, 8, 3), "uint8")
    red[..., 0], blue[..., 2] = 200, 200
    blue[:4] = red[:4]  # the palette is the last frame's
    pictures.write_gif(tmp_path / "film.gif", [red, blue])
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 2
        np.testing.assert_array_equal(np.asarray(film.convert("RGB")), red)
        film.seek(1)
        np.testing.assert_array_equal(np.asarray(film.convert("RGB")), blue)
