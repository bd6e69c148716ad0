import numpy as np

from common.figures import gallery
from common.figures.gallery import Term
from tests.figures import assert_letters_apart, flat, shown, texts


def test_image_grid_shows_every_image_and_white_where_there_is_none():
    images = flat(-1, 1, 0, 3, -9)
    (axis,) = gallery.image_grid(images, 2, "Five", -1.0, [7, 8, 9], ["a", "b"]).axes
    cells = shown(axis)
    assert (cells == cells[..., :1, :1]).all()
    assert cells[..., 0, 0].tolist() == [[0, 255], [128, 255], [0, 255]]
    assert texts(axis.get_yticklabels()) == ["7", "8", "9"]
    assert texts(axis.get_xticklabels()) == ["a", "b"]
    assert axis.get_title() == "Five"
    assert shown(gallery.image_grid(flat(0.2), 1, "One", black=0.0).axes[0])[0, 0, 0, 0] == 51
    assert axis.get_ylim() == (2.5, -0.5)  # the first row on top


def test_images_in_colour_keep_it():
    images = np.stack([np.full((4, 4, 3), colour) for colour in ((1, -1, -1), (0, 0.5, 7))])
    (axis,) = gallery.image_grid(images, 2, "Two").axes
    picture = np.asarray(axis.images[0].get_array())
    assert picture.shape == (6, 12, 3)
    np.testing.assert_array_equal(picture[2, [2, 8, 0]], [[255, 0, 0], [128, 191, 255], [255] * 3])


def test_samples_over_time_have_a_row_for_each_moment():
    images = np.stack([flat(-1, 0, 1), flat(1, 1, -1)])
    (axis,) = gallery.over_time(images, [0, 12000], "Threes").axes
    assert shown(axis)[..., 5, 5].tolist() == [[0, 128, 255], [255, 255, 0]]
    assert texts(axis.get_yticklabels()) == ["0", "12,000"]
    assert axis.get_ylabel() == "iteration" and axis.get_title() == "Threes"
    (axis,) = gallery.over_time(list(images), ["first", "last"], "Threes", 0.0, "epoch").axes
    assert shown(axis)[..., 5, 5].tolist() == [[0, 0, 255], [255, 255, 0]]
    assert texts(axis.get_yticklabels()) == ["first", "last"] and axis.get_ylabel() == "epoch"


def test_walks_and_directions_name_their_steps():
    images = np.stack([flat(-1, 0, 1), flat(1, 0, -1)])
    (axis,) = gallery.walk(images, "Walks").axes
    assert shown(axis)[..., 0, 0].tolist() == [[0, 128, 255], [255, 128, 0]]
    assert texts(axis.get_xticklabels()) == ["start", "1", "2"] and axis.get_xlabel() == "step"
    (axis,) = gallery.walk(images[1], "A walk").axes
    assert shown(axis)[..., 0, 0].tolist() == [[255, 128, 0]]
    (axis,) = gallery.directions(images, [-1.5, 0, 1.5], "Slant", labels=(1, 7)).axes
    assert shown(axis)[..., 0, 0].tolist() == [[0, 128, 255], [255, 128, 0]]
    assert texts(axis.get_xticklabels()) == ["-1.5", "0", "+1.5"]
    assert texts(axis.get_yticklabels()) == ["1", "7"]
    assert axis.get_xlabel() == "moved along the direction (standard deviations of the noise)"


def test_arithmetic_draws_means_signs_and_examples():
    glasses, man = Term("glasses", flat(1, 0), flat(1, 0)), Term("man", flat(0)[0], sign="-")
    woman, result = Term("woman", flat(-1)), Term("sum", flat(1))
    figure = gallery.arithmetic([glasses, man, woman], result, "Faces")
    above, below = figure.axes[:8], figure.axes[8:]
    assert [text for axis in above[::2] for text in texts(axis.texts)] == ["", "-", "+", "="]
    assert [axis.get_title() for axis in above[1::2]] == ["glasses", "man", "woman", "sum"]
    assert [shown(axis)[0, 0, 0, 0] for axis in above[1::2]] == [191, 128, 0, 255]
    assert [len(axis.images) for axis in below] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert shown(below[1])[..., 0, 0].tolist() == [[255, 128]]
    assert_letters_apart(figure)
    plain = gallery.arithmetic([man, woman], result, "Plain")
    assert [text for axis in plain.axes[:6:2] for text in texts(axis.texts)] == ["-", "+", "="]
