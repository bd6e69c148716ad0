import random
from importlib import import_module
from itertools import combinations

import keras
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from PIL import Image

from common.figures import pictures, plots
from common.figures.plots import plot_losses

ROWS = [{"iteration": float(i), "a": i / 10, "b": 1e4 * (-1) ** i, "c": 0.5} for i in range(5)]


def test_a_panel_for_each_entry_and_the_same_bytes_each_time(tmp_path):
    panels = {("Small", "nats"): ("a", "c"), ("Large", "nats"): ("b",)}
    for name in ("one.png", "two.png"):
        plot_losses(tmp_path / name, ROWS, panels)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    plot_losses(tmp_path / "small.png", ROWS, {("Small", "nats"): ("a", "c")})
    assert Image.open(tmp_path / "one.png").size == (800, 600)
    assert Image.open(tmp_path / "small.png").size == (800, 300)
    colours = np.asarray(Image.open(tmp_path / "small.png").convert("RGB")).reshape(-1, 3)
    for colour in [(0, 114, 178), (213, 94, 0)]:  # a line for each column
        assert (colours == colour).all(axis=1).sum() > 20


def test_one_row_can_be_plotted(tmp_path):
    plot_losses(tmp_path / "p.png", ROWS[:1], {("Loss", "nats"): ("a",)})
    assert Image.open(tmp_path / "p.png").size == (800, 300)


def test_pyplot_keeps_no_figure(tmp_path):
    plot_losses(tmp_path / "p.png", ROWS, {("Loss", "nats"): ("a",)})
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("size", [(8, 3), (8, 2.4), (4.6, 3)])
@pytest.mark.parametrize("example", ["binarized_gan", "distribution_gan", "mnist_wgan"])
def test_panels_of_losses_have_titles_units_and_room_for_their_letters(example, size):
    panels = import_module(f"{example}.train").Game.panels
    columns = {name: 0.5 for names in panels.values() for name in names}
    rows = [{"iteration": iteration, **columns} for iteration in range(2)]
    figure = plots.draw_losses(rows, panels, size=size)
    for axis in figure.axes:
        axis.set(xticks=[0, 1], yticks=[0.5])  # matplotlib's own have some outside, not to be seen
    named = [(axis.get_title(loc="left"), axis.get_ylabel()) for axis in figure.axes]
    assert named == list(panels) and all(title and unit for title, unit in named)
    assert figure.axes[-1].get_xlabel() == "iteration"
    for axis in figure.axes:  # told apart without colours
        styles = [line.get_linestyle() for line in axis.lines]
        assert len(set(styles)) == len(styles)
    assert_letters_apart(figure)


def test_levels_are_lines_with_a_name():
    figure = plots.draw_losses(ROWS, {("Small", "nats"): ("a",)}, levels=[("cannot tell", 0.25)])
    (axis,) = figure.axes
    assert axis.lines[-1].get_ydata() == [0.25, 0.25] and texts(axis.texts) == ["cannot tell"]


def test_many_rows_have_no_markers_and_another_column_can_be_the_axis(tmp_path):
    def ink(rows, x):
        table = [{x: i, "a": 0.5} for i in range(rows)]
        plot_losses(tmp_path / "p.png", table, {("A", "nats"): ("a",)}, x)
        colours = np.asarray(Image.open(tmp_path / "p.png").convert("RGB")).reshape(-1, 3)
        return (colours == (0, 114, 178)).all(axis=1).sum()

    assert 0 < ink(501, "iteration") < ink(500, "batch") / 2


def test_density_shows_real_generated_and_belief_on_axes_that_stay():
    random = np.random.default_rng(0)
    real = random.uniform(0, 1, 1000)
    belief = (np.linspace(-1, 2, 5), np.linspace(0.1, 0.9, 5))
    wide = plots.density(random.uniform(-1, 2, 1000), (-1, 2), "wide", real, belief)
    peak = plots.density(np.append(np.full(999, 0.5), np.nan), (-1, 2), "peak", real, belief)
    for figure in (wide, peak):
        axis, right = figure.axes
        assert axis.get_xlim() == (-1, 2) and axis.get_ylim() == wide.axes[0].get_ylim()
        assert right.get_ylim() == (0.4, 0.6)
        np.testing.assert_array_equal(right.lines[0].get_ydata(), belief[1])
    filled, line = (patch.get_data() for patch in peak.axes[0].patches)
    widths = np.diff(line.edges)
    assert (filled.values * widths).sum() == pytest.approx(1)  # densities
    assert (line.values * widths).sum() == pytest.approx(1)
    assert (line.values > 0).sum() == 1
    picture = plots.as_picture(wide)
    assert picture.shape == (400, 640, 3) and picture.dtype == np.uint8
    colours = picture.reshape(-1, 3)
    assert (colours == (0xD5, 0x5E, 0x00)).all(axis=1).sum() > 200


def test_density_of_generated_values_alone():
    figure = plots.density(np.array([0.2, 0.7]), (0, 1), "two")
    assert len(figure.axes) == 1 and len(figure.axes[0].patches) == 1


def texts(artists):
    return [artist.get_text().replace(plots.MINUS, "-") for artist in artists]


def numbers(axis):
    """The grid that draw_numbers() has written on axes, NaN where it wrote nothing."""
    grid = np.full(axis.images[0].get_array().shape, np.nan)
    for text in axis.texts:
        column, row = text.get_position()
        grid[row, column] = float(text.get_text().replace(plots.MINUS, "-"))
    return grid


def shown(axis):
    """The cells of draw_cells(), without the white pixel around each."""
    height = width = 30
    picture = axis.images[0].get_array()
    rows, columns = picture.shape[0] // height, picture.shape[1] // width
    cells = picture.reshape(rows, height, columns, width).transpose(0, 2, 1, 3)
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
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1
        assert inside and box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.overlaps(b), (one, other)


def test_image_grid_shows_every_image_and_white_where_there_is_none():
    images = flat(-1, 1, 0, 3, -9)
    figure = plots.image_grid(images, 2, "Five", row_labels=[7, 8, 9], column_labels=["a", "b"])
    (axis,) = figure.axes
    cells = shown(axis)
    assert (cells == cells[..., :1, :1]).all()
    assert cells[..., 0, 0].tolist() == [[0, 255], [128, 255], [0, 255]]
    assert texts(axis.get_yticklabels()) == ["7", "8", "9"]
    assert texts(axis.get_xticklabels()) == ["a", "b"]
    assert axis.get_title() == "Five"
    assert shown(plots.image_grid(flat(0.2), 1, "One", black=0.0).axes[0])[0, 0, 0, 0] == 51
    assert axis.get_ylim() == (2.5, -0.5)  # the first row on top


def test_over_time_has_a_row_for_each_moment_of_images_or_of_a_runs_grids():
    images = np.stack([flat(-1, 0, 1), flat(1, 1, -1)])
    figure = plots.over_time(images, [0, 12000], "Threes")
    assert shown_large(figure)[..., 5, 5].tolist() == [[0, 128, 255], [255, 255, 0]]
    assert texts(figure.axes[0].get_yticklabels()) == ["0", "12,000"]
    assert figure.axes[0].get_ylabel() == "iteration"
    assert figure.axes[0].get_title() == "Threes"
    grids = [pictures.grid(flat(-1, 1, 1, 0), 2), pictures.grid(flat(0, -1, -1, 1), 2)]
    figure = plots.over_time(grids, ["first", "last"], "Four", unit="epoch")
    assert shown_large(figure)[..., 5, 5].tolist() == [[0, 128], [128, 255]]  # the diagonals
    assert texts(figure.axes[0].get_yticklabels()) == ["first", "last"]
    assert figure.axes[0].get_ylabel() == "epoch"


def shown_large(figure):
    """shown() of cells that are enlarged already, as pictures.grid() makes them."""
    side = pictures.CELL + 2
    picture = figure.axes[0].images[0].get_array()
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    return picture.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)


def test_walks_and_directions_name_their_steps():
    images = np.stack([flat(-1, 0, 1), flat(1, 0, -1)])
    (axis,) = plots.walk(images, "Walks").axes
    assert shown(axis)[..., 0, 0].tolist() == [[0, 128, 255], [255, 128, 0]]
    assert texts(axis.get_xticklabels()) == ["start", "1", "2"] and axis.get_xlabel() == "step"
    (axis,) = plots.walk(images[1], "A walk").axes
    assert shown(axis)[..., 0, 0].tolist() == [[255, 128, 0]]
    (axis,) = plots.directions(images, [-1.5, 0, 1.5], "Slant", labels=(1, 7)).axes
    assert shown(axis)[..., 0, 0].tolist() == [[0, 128, 255], [255, 128, 0]]
    assert texts(axis.get_xticklabels()) == ["-1.5", "0", "+1.5"]
    assert texts(axis.get_yticklabels()) == ["1", "7"]
    assert axis.get_xlabel() == "moved along the direction (standard deviations of the noise)"


def test_arithmetic_draws_means_signs_and_examples():
    terms = [
        plots.Term("glasses", flat(1, 0), flat(1, 0)),
        plots.Term("man", flat(0)[0], sign="-"),
        plots.Term("woman", flat(-1)),
    ]
    figure = plots.arithmetic(terms, plots.Term("sum", flat(1)), "Faces")
    above, below = figure.axes[:8], figure.axes[8:]
    assert [text for axis in above[::2] for text in texts(axis.texts)] == ["", "-", "+", "="]
    assert [axis.get_title() for axis in above[1::2]] == ["glasses", "man", "woman", "sum"]
    assert [shown(axis)[0, 0, 0, 0] for axis in above[1::2]] == [191, 128, 0, 255]
    assert [len(axis.images) for axis in below] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert shown(below[1])[..., 0, 0].tolist() == [[255, 128]]
    assert_letters_apart(figure)
    plain = plots.arithmetic(terms[1:], plots.Term("sum", flat(1)), "Plain")
    assert [text for axis in plain.axes[::2] for text in texts(axis.texts)] == ["-", "+", "="]


@pytest.mark.parametrize(
    ("example", "names"),
    [
        ("bilinear_gan", ("create_generator", "create_discriminator")),
        ("binarized_gan", ("create_generator", "create_discriminator")),
        ("dcgan", ("create_generator", "create_discriminator")),
        ("distribution_gan", ("create_generator", "create_discriminator")),
        ("fashion_gan", ("create_generator", "create_discriminator")),
        ("mnist_wgan", ("create_generator", "create_critic")),
    ],
)
def test_every_network_can_be_drawn_and_read(example, names):
    for name in names:
        model = getattr(import_module(f"{example}.lecture"), name)()
        figure = plots.network(model)
        assert_letters_apart(figure)
        title, *written = texts(figure.axes[0].texts)
        assert title.startswith(f"{model.name}: {model.count_params():,} parameters")
        for layer in model.layers:
            assert type(layer).__name__ in written
            if layer.count_params():
                assert f"{layer.count_params():,}" in written


def test_network_shows_shapes_parameters_and_branches():
    noise = keras.Input((2, 3), name="noise")
    side = keras.Input((1,), name="side")
    x = keras.layers.Flatten()(noise)
    x = keras.layers.Dense(4, activation="relu", use_bias=False)(x)  # 24 parameters
    x = keras.layers.BatchNormalization()(x)  # 16, 8 of them statistics
    x = keras.layers.Concatenate()([x, side])
    shared = keras.layers.Dense(5)  # 30
    outputs = [shared(x), keras.layers.Dense(1200, name="wide")(x)[:, :7]]  # 7,200
    figure = plots.network(keras.Model([noise, side], outputs, name="two"))
    (axis,) = figure.axes
    assert_letters_apart(figure)
    written = texts(axis.texts)
    assert written[0] == "two: 7,270 parameters, 8 of them not trained"
    boxes = [patch for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == 9
    for text in (
        '"noise"',
        '"side"',
        '"wide"',
        "relu",
        f"2 {plots.TIMES} 3",
        "6",
        "1,200",
        "7,200",
        "30",
    ):
        assert text in written
    assert "GetItem" in written and "7" in written
    arrows = [text for text in axis.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 8
    for arrow in arrows:  # downwards: y counts from the top
        assert arrow.xy[1] > arrow.xyann[1]
    # The second input is drawn beside the layer above the one that takes it.
    rows = {box.get_y() for box in boxes}
    assert len(rows) == 7
    coloured = [box for box in boxes if box.get_facecolor() != (1, 1, 1, 1)]
    assert len(coloured) == 4  # two of them in the last rows


def test_network_draws_models_within_models():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="generator")
    outer = keras.Sequential([inner, keras.layers.Dense(1)], name="gan")
    written = texts(plots.network(outer).axes[0].texts)
    assert '"generator"' in written and "gan: 11 parameters" in written


def test_weight_histogram_names_the_share_at_the_bounds():
    clip = 0.01
    weights = {
        0: np.array([[0.0, 0.001], [-0.004, 0.02]]),
        1500: [np.array([0.01, -0.01], "float32"), np.array([0.0, 0.005], "float32")],
    }
    figure = plots.weight_histogram(weights, clip, "Critic")
    first, second = figure.axes
    assert first.get_title() == "iteration 0" and second.get_title() == "iteration 1,500"
    assert texts(first.texts) == ["0% at ±0.01\n25% beyond"]
    assert texts(second.texts) == ["50% at ±0.01"]
    values = second.patches[0].get_data().values
    assert values.sum() == pytest.approx(100) and values.max() == pytest.approx(25)
    assert first.patches[0].get_data().values.sum() == pytest.approx(75)
    assert [line.get_xdata()[0] for line in second.lines] == [-clip, clip]
    assert first.get_ylabel() == "share of the weights (%)" and first.get_xlabel() == "weight"


def test_embedding_shows_cosines_and_principal_components():
    vectors = np.array([[3.0, 0, 1], [0, 4, 1], [-3, 0, 1], [0, -4, 1]])
    figure = plots.embedding(vectors, "Four vectors", labels="abcd")
    heat, plane = figure.axes
    expected = [
        [1, 1 / np.sqrt(170), -0.8, 1 / np.sqrt(170)],
        [1 / np.sqrt(170), 1, 1 / np.sqrt(170), -15 / 17],
    ]
    np.testing.assert_allclose(numbers(heat)[:2], expected, atol=0.005)
    assert texts(heat.get_xticklabels()) == texts(heat.get_yticklabels()) == list("abcd")
    assert plane.get_xlabel() == "first, 64% of the variance"  # 16 to 9
    assert plane.get_ylabel() == "second, 36% of the variance"
    dots = np.array([line.get_xydata()[0] for line in plane.lines if line.get_marker() == "o"])
    np.testing.assert_allclose(np.abs(dots), [[0, 3], [4, 0], [0, 3], [4, 0]], atol=1e-9)
    assert texts(plane.texts) == list("abcd")


def test_letters_of_ten_embeddings_that_are_nearly_alike_stay_apart():
    vectors = np.random.default_rng(0).normal(1, 1e-3, (10, 100))
    vectors[3] += 5  # the others are one spot beside it
    plane = plots.embedding(vectors, "Ten vectors").axes[1]
    places = np.array([text.get_position() for text in plane.texts])
    gaps = [np.linalg.norm(a - b) for a, b in combinations(places, 2)]
    dots = [line.get_xydata()[0] for line in plane.lines if line.get_marker() == "o"]
    assert min(gaps) > 0.07 * np.ptp(dots, axis=0).max()


def test_upsampling_by_hand():
    grid, kernel = [[1, 2, 0], [0, 3, 1], [2, 0, 1]], [[0, 1, 0], [1, -4, 1], [0, 2, 0]]
    figure = plots.upsampling(grid, kernel)
    assert_letters_apart(figure)
    nearest, bilinear = figure.axes[:4], figure.axes[4:]
    titles = [axis.get_title() for axis in nearest]
    assert titles == ["input", "upsampled", "kernel", "convolved"]
    np.testing.assert_array_equal(numbers(nearest[0]), grid)
    np.testing.assert_array_equal(numbers(nearest[1]), np.kron(grid, np.ones((2, 2))))
    np.testing.assert_array_equal(numbers(nearest[2]), kernel)
    convolved = numbers(nearest[3])
    assert convolved[2, 2] == 2 * 1 + 0 * 1 + 3 * -4 + 3 * 1 + 3 * 2 == -1
    assert convolved[0, 0] == 1 * -4 + 1 * 1 + 1 * 2 == -1  # zeros around
    assert convolved[5, 5] == 1 * 1 + 1 * 1 + 1 * -4 == -2
    # Half-pixel centres: between 1 and 2 lie 1.25 and 1.75, at the edge the pixel itself.
    np.testing.assert_array_equal(numbers(bilinear[1])[0], [1, 1.25, 1.75, 1.5, 0.5, 0])
    words = texts(figure.findobj(Text))
    assert "framed: 2·1 + 0·1 + 3·(-4) + 3·1 + 3·2 = -1" in words
    assert "UpSampling2D, bilinear, then Conv2D" in words
    for axis, place in ((nearest[1], (0.5, 0.5, 3, 3)), (nearest[3], (1.5, 1.5, 1, 1))):
        (frame,) = axis.patches
        assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == place


def test_upsampling_takes_other_layers():
    ways = {"thrice": [keras.layers.UpSampling2D(3)]}
    figure = plots.upsampling([[1, 2]], [[1]], ways, mark=(2, 4))
    np.testing.assert_array_equal(numbers(figure.axes[1]), [[1, 1, 1, 2, 2, 2]] * 3)
    assert "framed: 2·1 = 2" in texts(figure.findobj(Text))


def test_stamping_by_hand():
    kernel = np.arange(1, 10).reshape(3, 3)  # not symmetric: not flipped
    figure = plots.stamping([[1, 0], [2, 10]], kernel)
    assert_letters_apart(figure)
    grid, shown_kernel, output, _, *stamps = figure.axes
    np.testing.assert_array_equal(numbers(grid), [[1, 0], [2, 10]])
    np.testing.assert_array_equal(numbers(shown_kernel), kernel)
    expected = [
        [1, 2, 3, 0, 0],
        [4, 5, 6, 0, 0],
        [7 + 2, 8 + 4, 9 + 6 + 10, 20, 30],
        [8, 10, 12 + 40, 50, 60],
        [14, 16, 18 + 70, 80, 90],
    ]
    np.testing.assert_array_equal(numbers(output), expected)
    blank = np.full((5, 5), np.nan)
    for axis, (row, column, value) in zip(
        stamps, [(0, 0, 1), (0, 2, 0), (2, 0, 2), (2, 2, 10)], strict=True
    ):
        stamp = blank.copy()
        stamp[row : row + 3, column : column + 3] = value * kernel
        np.testing.assert_array_equal(numbers(axis), stamp)
        (frame,) = axis.patches
        assert (*frame.get_xy(), frame.get_width()) == (column - 0.5, row - 0.5, 3)
    assert stamps[3].get_title() == "stamp 4: 10 · kernel"
    gaps = plots.stamping([[1, 2]], [[1, 1]], stride=3).axes[2]
    np.testing.assert_array_equal(numbers(gaps)[0], [1, 1, 0, 2, 2, 0])


@pytest.mark.parametrize(
    ("kernel", "line", "counts"),
    [
        (3, [1, 1, 2, 1, 2, 1, 2, 1], "1, 2, 4"),
        (4, [1, 2, 2, 2, 2, 2, 2, 1], "4"),
        (5, [1, 2, 2, 3, 2, 3, 2, 2], "4, 6, 9"),
    ],
)
def test_checkerboard_counts_by_hand(kernel, line, counts):
    figure = plots.checkerboard(kernel, stride=2, size=4)
    transposed, upsampled, uneven, even = figure.axes[:4]
    np.testing.assert_array_equal(numbers(transposed), np.outer(line, line))
    assert transposed.get_title() == (
        f"Conv2DTranspose, kernel {kernel}, stride 2\ninside, touched {counts} times"
    )
    edge = kernel // 2
    inside = np.s_[edge:-edge, edge:-edge]
    assert (numbers(upsampled)[inside] == kernel**2).all()
    assert upsampled.get_title().endswith(f"inside, touched {kernel**2} times")
    # The same random kernel: its sum everywhere, or in parts that alternate.
    total = np.random.default_rng(0).normal(size=(kernel, kernel)).sum()
    values = even.images[0].get_array()[inside]
    np.testing.assert_allclose(values, total, atol=1e-5)
    values = uneven.images[0].get_array()[inside]
    assert values.std() > 0.1
    np.testing.assert_allclose(values[:2, :2].sum(), total, atol=1e-5)  # each weight once
    assert even.images[0].get_clim() == uneven.images[0].get_clim()


def test_generator_costs_by_hand_and_by_difference():
    figure = plots.generator_costs()
    left, right = figure.axes
    half = np.log(0.5) / 2
    expected = {"zero-sum": (half, 0.25), "flipped": (-half, 0.25), "maximum": (-0.5, 0.5)}
    for cost, gradient, (name, at_half) in zip(
        left.lines, right.lines, expected.items(), strict=True
    ):
        assert cost.get_label().startswith(name)
        assert cost.get_color() == gradient.get_color()
        answers, costs = cost.get_data()
        (middle,) = np.flatnonzero(np.isclose(answers, 0.5))
        np.testing.assert_allclose([costs[middle], gradient.get_ydata()[middle]], at_half)
        logits = np.log(answers / (1 - answers))
        slopes = np.abs(np.gradient(costs, logits))[100:-100]
        np.testing.assert_allclose(slopes, gradient.get_ydata()[100:-100], rtol=1e-3)
    assert left.get_xlabel() == "D(G(z)), D's probability of real"
    assert left.get_ylabel() == "cost of one image (nats)"
    assert len(figure.legends[0].get_texts()) == 3


def test_belief_is_drawn_from_0_to_1_above_the_densities():
    values = np.linspace(-2, 3, 11)
    answers, best = np.linspace(0, 1, 11), np.full(11, 0.5)
    real, generated = np.random.default_rng(0).normal(size=(2, 500))
    figure = plots.belief(values, answers, "Belief", best, real, generated)
    above, below = figure.axes
    assert above.get_ylim() == (0, 1) and below.get_xlim() == above.get_xlim() == (-2, 3)
    np.testing.assert_array_equal(above.lines[0].get_xydata(), np.transpose([values, answers]))
    np.testing.assert_array_equal(above.lines[1].get_ydata(), best)
    assert texts(above.get_legend().get_texts()) == ["D", "D* = p / (p + q)"]
    assert texts(below.get_legend().get_texts()) == ["real", "generated"]
    one = plots.density(generated, (-2, 3), "", real).axes[0]
    for patch, other in zip(below.patches, one.patches, strict=True):
        np.testing.assert_array_equal(patch.get_data().values, other.get_data().values)
    (alone,) = plots.belief(values, answers, "Belief").axes
    assert alone.get_xlabel() == "value" and texts(alone.get_legend().get_texts()) == ["D"]


def test_points_share_their_axes_and_count_what_is_outside():
    real = np.array([[2.0, 0], [0, -4]])
    near, far = np.zeros((3, 2)), np.array([[9.0, 0], [1, 1], [0, -6], [np.nan, 0]])
    figure = plots.points(real, {0: near, 2000: far, "a": near, "b": near, "c": near}, "Two")
    assert len(figure.axes) == 5
    for axis in figure.axes:
        assert axis.get_xlim() == axis.get_ylim() == (-5, 5) and axis.get_aspect() == 1
        np.testing.assert_array_equal(axis.lines[0].get_xydata(), real)
    np.testing.assert_array_equal(figure.axes[1].lines[1].get_xydata(), far)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["0", "2,000 (3 outside)", "a", "b", "c"]
    assert figure.axes[0].lines[0].get_color() != figure.axes[0].lines[1].get_color()
    assert plots.points(real, {"a": far}, "Two", reach=7).axes[0].get_title() == "a (2 outside)"


def test_the_figures_leave_pyplot_and_the_seeded_random_numbers_alone():
    keras.utils.set_random_seed(3)
    before = keras.random.normal((3,)), random.random(), np.random.normal()
    keras.utils.set_random_seed(3)
    plots.upsampling([[1, 2]], [[1]], mark=(0, 0))
    plots.stamping([[1, 2]], [[1]])
    plots.checkerboard(3)
    plots.image_grid(flat(0), 1, "Grey")
    after = keras.random.normal((3,)), random.random(), np.random.normal()
    np.testing.assert_array_equal(before[0], after[0])
    assert before[1:] == after[1:]
    assert pyplot.get_fignums() == []
