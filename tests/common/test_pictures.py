import numpy as np
from PIL import Image

from common.pictures import ENLARGE, grid, write_png


def test_images_go_row_by_row_and_the_rest_is_black(tmp_path):
    images = np.stack([np.full((2, 3, 1), value) for value in (-1.0, 1.0, 0.0, 0.5, 7.0)])
    picture = grid(images, columns=2)
    assert picture.shape == (3 * 2 * ENLARGE, 2 * 3 * ENLARGE)
    cells = picture[:: 2 * ENLARGE, :: 3 * ENLARGE]
    np.testing.assert_array_equal(cells, [[0, 255], [128, 191], [255, 0]])

    write_png(tmp_path / "p.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "p.png")), picture)
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]
