import numpy as np
from PIL import Image

from common.figures import pictures
from common.figures.pictures import CELL, ENLARGE, MARGIN


def test_images_go_row_by_row_and_the_rest_is_black(tmp_path):
    images = np.stack([np.full((2, 3, 1), value) for value in (-1.0, 1.0, 0.0, 0.5, 7.0)])
    picture = pictures.grid(images, columns=2)
    assert picture.shape == (3 * 2 * ENLARGE, 2 * 3 * ENLARGE)
    cells = picture[:: 2 * ENLARGE, :: 3 * ENLARGE]
    np.testing.assert_array_equal(cells, [[0, 255], [128, 191], [255, 0]])

    pictures.write_png(tmp_path / "p.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "p.png")), picture)
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


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
