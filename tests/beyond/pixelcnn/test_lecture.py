"""lecture.py: masks and layers by hand, causality by gradients, all images add up to 1."""

import itertools

import keras
import numpy as np
import pytest

from beyond.pixelcnn import lecture
from beyond.pixelcnn.lecture import MaskedConv2D
from common.engines import input_gradient
from tests.games import in_float64

PIXELS = 28 * 28


def with_paths(network):
    """A network with positive weights: no ReLU is flat, and no two paths cancel."""
    random = np.random.default_rng(0)
    for weight in network.trainable_variables:
        weight.assign(random.uniform(0.1, 0.2, weight.shape))
    return network


def test_masks_by_hand():
    before, own = [[1, 1, 1], [1, 0, 0]], [[1, 1, 1], [1, 1, 0]]
    for mask, expected in (("A", before), ("B", own)):
        assert MaskedConv2D(mask, 1, 3).taps[:, :, 0, 0].tolist() == expected
    assert MaskedConv2D("B", 4, 1).taps.ravel().tolist() == [1]
    seven = MaskedConv2D("A", 1, 7).taps[:, :, 0, 0]
    assert seven.shape == (4, 7) and seven[:3].all() and seven[3].tolist() == [1] * 3 + [0] * 4


def test_a_masked_convolution_is_a_whole_one_with_zeros():
    """The paper multiplies a square kernel by a mask; here its lower rows are not even stored."""
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 6, 5, 3)).astype("float32")
    for mask, size in itertools.product("AB", (3, 5)):
        layer = MaskedConv2D(mask, 4, size)
        found = np.asarray(layer(x))
        whole = np.zeros((size, size, 3, 4), "float32")
        whole[: size // 2 + 1] = layer.kernel * layer.taps
        expected = keras.ops.conv(x, whole, padding="same")
        np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5)


def test_the_network_is_the_papers():
    masked = [x for x in lecture.create_network().layers if isinstance(x, MaskedConv2D)]
    block = [("B", 16, 1), ("B", 16, 3), ("B", 32, 1)]
    shapes = [(layer.mask, layer.filters, layer.size) for layer in masked]
    assert shapes == [("A", 32, 7), *block * 7, ("B", 32, 1), ("B", 32, 1), ("B", 1, 1)]
    network = lecture.compile_network(lecture.create_network())
    block = (32 * 16 + 16) + (6 * 16 * 16 + 16) + (16 * 32 + 32)  # 6 taps, one of them masked
    assert network.count_params() == (28 * 32 + 32) + 7 * block + 2 * (32 * 32 + 32) + 33
    assert type(network.optimizer).__name__ == "RMSprop"
    assert float(network.optimizer.learning_rate) == pytest.approx(1e-3)


def test_places_begin_as_nothing_and_are_each_pixels_own():
    keras.utils.set_random_seed(0)
    plain = lecture.create_network(2, 1)
    placed = lecture.create_network(2, 1, places=True)
    (layer,) = (x for x in placed.layers if isinstance(x, lecture.PlaceBias))
    assert layer.bias.shape == (28, 28, 4)
    weights = [weight for weight in placed.weights if weight is not layer.bias]
    for weight, value in zip(weights, plain.get_weights(), strict=True):
        weight.assign(value)
    image = np.random.default_rng(0).integers(0, 2, (1, 28, 28, 1)).astype("float32")
    before = np.asarray(plain(image))
    np.testing.assert_array_equal(np.asarray(placed(image)), before)
    layer.bias.assign(keras.ops.scatter_update(layer.bias.value, [[5, 7, 0]], [3.0]))
    moved = np.argwhere(np.asarray(placed(image)) != before)
    assert len(moved) > 0 and all(row > 5 or column >= 7 for _, row, column, _ in moved)


def jacobian(network):
    """The gradient of each logit at each pixel of an image, (784 logits, 784 pixels): of as many
    copies of it as there are pixels, each with its own logit."""
    image = np.random.default_rng(0).integers(0, 2, (1, 28, 28, 1)).astype("float32")
    copies = keras.ops.convert_to_tensor(image.repeat(PIXELS, axis=0))

    def own_logits(images):
        return keras.ops.diagonal(keras.ops.reshape(network(images), (PIXELS, PIXELS)))

    return np.asarray(input_gradient(own_logits, copies)).reshape(PIXELS, PIXELS)


def seen(blocks, size):
    """Which pixels a pixel sees: those that steps of the layers lead to, as a function of its row
    and column; no network is asked."""

    def steps(half, own):
        up = [(-r, c) for r in range(1, half + 1) for c in range(-half, half + 1)]
        return up + [(0, -c) for c in range(1, half + 1)] + [(0, 0)] * own

    def inside(row, column):
        return 0 <= row < 28 and 0 <= column < 28

    def field(row, column):
        places = {(row, column)}
        for layer in [steps(size // 2, True)] * blocks + [steps(3, False)]:
            places = {
                (r + dr, c + dc) for r, c in places for dr, dc in layer if inside(r + dr, c + dc)
            }
        return places

    return field


@pytest.mark.parametrize(("blocks", "size"), [(1, 3), (7, 3), (3, 5)])
def test_a_logit_depends_on_pixels_before_it_and_on_no_others(blocks, size):
    found = jacobian(with_paths(lecture.create_network(2, blocks, size)))
    assert not np.triu(found).any()  # of its own pixel and of later ones: exactly 0
    field = seen(blocks, size)
    for row, column in ((0, 0), (0, 1), (1, 0), (14, 14), (27, 3), (27, 27)):
        there = {divmod(int(pixel), 28) for pixel in np.flatnonzero(found[row * 28 + column])}
        assert there == field(row, column), (row, column)


def test_a_network_whose_first_mask_is_b_is_not_causal(monkeypatch):
    monkeypatch.setattr(
        lecture, "MaskedConv2D", lambda _, *args, **kw: MaskedConv2D("B", *args, **kw)
    )
    assert np.diagonal(jacobian(with_paths(lecture.create_network(2, 1)))).all()


def test_the_blind_spot():
    """Above to the right there are pixels that no depth reaches, fewer with wider kernels.

    k rows up the first layer looks 3 columns to the right, and every row more adds as many as half
    a kernel has.
    """

    def unseen(blocks, size, row=20, column=8):
        return row * 28 + column - len(seen(blocks, size)(row, column))

    for size, slope in ((3, 1), (5, 2), (7, 3)):
        blind = sum(max(0, 27 - (8 + 3 + slope * (k - 1))) for k in range(1, 21))
        assert unseen(40, size) == blind == {3: 136, 5: 72, 7: 51}[size]
    assert (unseen(7, 3), unseen(7, 5)) == (398, 174)  # of 568: they see 10 and 17 rows up


@pytest.mark.parametrize("side", [2, 3])
def test_probabilities_of_all_images_add_up_to_1(side, monkeypatch):
    """All 16 images of 2x2 pixels, all 512 of 3x3."""
    every = np.array(list(itertools.product((0.0, 1.0), repeat=side**2)))
    every = every.reshape(-1, side, side, 1)

    def total(network):
        random = np.random.default_rng(1)
        for weight in network.trainable_variables:
            weight.assign(random.normal(size=weight.shape))
        probabilities = np.exp(-np.asarray(lecture.nats(every, network(every))))
        assert probabilities.max() > 3 / len(every)  # far from all the same
        return probabilities.sum()

    with in_float64():
        for places in (False, True):
            network = lecture.create_network(3, 2, side=side, places=places)
            assert total(network) == pytest.approx(1, abs=1e-12)
        monkeypatch.setattr(
            lecture, "MaskedConv2D", lambda _, *args, **kw: MaskedConv2D("B", *args, **kw)
        )
        assert abs(total(lecture.create_network(3, 2, side=side)) - 1) > 0.1


def test_nats_by_hand():
    images = np.array([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 2, 1)
    logits = np.log(np.array([[3.0, 3.0], [1 / 3, 1]])).reshape(1, 2, 2, 1)
    expected = -np.log([3 / 4, 1 / 4, 3 / 4, 1 / 2]).sum()
    assert np.asarray(lecture.nats(images, logits)) == pytest.approx([expected])
    network = lecture.create_network(2, 1)
    network.set_weights([0 * weight for weight in network.get_weights()])
    blank = np.zeros((3, 28, 28, 1), "float32")
    found = np.asarray(lecture.nats(blank, network(blank)))
    np.testing.assert_allclose(found, PIXELS * np.log(2), rtol=1e-6)


def test_digits_are_drawn_pixel_by_pixel():
    """Of 2x2 pixels, drawn often, each image comes as often as it is probable."""
    keras.utils.set_random_seed(0)
    network = lecture.create_network(3, 1, side=2)
    for weight in network.trainable_variables:
        weight.assign(np.random.default_rng(3).normal(size=weight.shape))
    drawn = lecture.draw(network, np.random.default_rng(0).random((20_000, 2, 2, 1), "float32"))
    every = np.array(list(itertools.product((0, 1), repeat=4)), "float32").reshape(-1, 2, 2, 1)
    expected = np.exp(-np.asarray(lecture.nats(every, network(every))))
    numbers = drawn.reshape(-1, 4) @ [8, 4, 2, 1]
    found = np.bincount(numbers.astype(int), minlength=16) / len(drawn)
    np.testing.assert_allclose(found, expected, atol=0.012)  # three deviations of a half
    assert np.ptp(expected) > 0.05
