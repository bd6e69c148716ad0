import io
import zipfile

import numpy as np
import pytest

from common.data import datasets
from common.errors import UserError
from common.settings import ImageSettings


@pytest.fixture(scope="module")
def mnist():
    return datasets.load("mnist")


def fails(load, *words):
    with pytest.raises(UserError) as caught:
        load()
    message = str(caught.value)
    assert "\n" not in message and all(str(word) in message for word in words), message


# The embedded sets


@pytest.mark.parametrize(
    ("name", "mean", "deviation", "counts", "first"),
    [
        (
            "mnist", 0.1307, 0.3081,
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        ),
        ("fashion_mnist", 0.2860, 0.3530, [6000] * 10, [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]),
    ],
)  # fmt: skip
def test_an_embedded_set_has_its_known_constants(name, mean, deviation, counts, first):
    data = datasets.load(name)
    assert data.x_train.shape == (60_000, 28, 28) and data.x_test.shape == (10_000, 28, 28)
    assert data.y_train.shape == (60_000,) and data.y_test.shape == (10_000,)
    assert all(array.dtype == np.uint8 and not array.flags.writeable for array in data)
    assert datasets.load(name) is data  # it takes a second to unpack
    assert data.x_train.mean() / 255 == pytest.approx(mean, abs=5e-5)
    assert data.x_train.std() / 255 == pytest.approx(deviation, abs=5e-5)
    assert np.bincount(data.y_train).tolist() == counts
    assert name == "mnist" or np.bincount(data.y_test).tolist() == [1000] * 10
    assert data.y_train[:10].tolist() == first


def test_an_unknown_name_is_refused_with_the_known_ones():
    fails(lambda: datasets.load("mnits"), "'mnits'", "mnist, fashion_mnist")


@pytest.mark.parametrize("key", ["x_train", "y_test"])
def test_flipped_byte_in_an_embedded_file_is_named(tmp_path, key):
    content = bytearray((datasets.EMBEDDED / "mnist.npz").read_bytes())
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo(f"{key}.npy")
    content[member.header_offset + member.compress_size // 2] ^= 1
    path.write_bytes(content)
    fails(lambda: datasets.load_embedded("mnist", path), f"{key} in {path} cannot be read")


def test_changed_pixel_in_an_embedded_file_is_named(tmp_path, mnist):
    # The file is whole and well-formed: only the SHA-256 tells.
    path = tmp_path / "mnist.npz"
    arrays = mnist._asdict()
    arrays["x_test"] = arrays["x_test"].copy()
    arrays["x_test"][1234, 14, 14] ^= 1
    np.savez(path, **arrays)
    fails(lambda: datasets.load_embedded("mnist", path), f"x_test in {path} is damaged", "SHA-256")


def test_an_embedded_file_that_is_missing_incomplete_or_no_zip_is_named(tmp_path, mnist):
    path = tmp_path / "mnist.npz"
    fails(lambda: datasets.load_embedded("mnist", path), path, "No such file")

    np.savez(path, x_train=mnist.x_train)
    fails(lambda: datasets.load_embedded("mnist", path), path, "no array y_train")

    path.write_bytes((datasets.EMBEDDED / "mnist.npz").read_bytes()[:100_000])
    fails(lambda: datasets.load_embedded("mnist", path), path, "not a zip file")


# Scaling and the fingerprint


@pytest.mark.parametrize("black", [-1.0, 0.0])
def test_scale_goes_from_black_to_1_and_is_undone_by_unscale(black):
    levels = np.arange(256, dtype=np.float32)[:, None, None, None]
    images = np.arange(256, dtype=np.uint8).repeat(784).reshape(256, 28, 28)
    scaled = datasets.scale(images, black)
    assert scaled.dtype == np.float32 and scaled.shape == (256, 28, 28, 1)
    expected = levels / 255 if black == 0 else levels / np.float32(127.5) - 1
    np.testing.assert_array_equal(*np.broadcast_arrays(scaled, expected))
    np.testing.assert_array_equal(datasets.unscale(scaled, black), images[..., np.newaxis])


def test_scale_keeps_colours():
    images = np.zeros((2, 32, 32, 3), np.uint8)
    images[..., 1] = 255
    scaled = datasets.scale(images)
    assert scaled.shape == (2, 32, 32, 3)
    assert scaled[0, 0, 0].tolist() == [-1, 1, -1]


def test_scale_refuses_what_is_scaled_already():
    images = np.zeros((1, 28, 28), np.uint8)
    with pytest.raises(ValueError, match="float32"):
        datasets.scale(datasets.scale(images))


def test_unscale_rounds_clips_and_takes_any_shape():
    values = [[-np.inf, -1.5, -1.0, -1 + 0.6 / 127.5], [0.997, 1.0, 7.0, np.inf]]
    pixels = datasets.unscale(values)
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == [[0, 0, 0, 1], [255, 255, 255, 255]]
    assert datasets.unscale(np.nan).tolist() == 0
    assert datasets.unscale([-1.0, 0.5, 2.0], black=0.0).tolist() == [0, 128, 255]


def test_fingerprint_tells_data_apart():
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (12, 28, 28), np.uint8), random.integers(0, 10, 12, np.uint8)
    first = datasets.fingerprint(x, y)
    assert len(first) == 64 and set(first) <= set("0123456789abcdef")
    assert datasets.fingerprint(x.copy(), y.copy()) == first
    assert datasets.fingerprint(np.asfortranarray(x), y) == first
    changed = x.copy()
    changed[-1, -1, -1] ^= 1
    relabelled = y.copy()
    relabelled[0] ^= 1
    others = [(changed, y), (x, relabelled), (x[::-1], y), (x.reshape(6, 2, 28, 28), y), (x[:0], y)]
    prints = [datasets.fingerprint(*other) for other in others]
    assert len({first, *prints}) == 6


def test_fingerprint_stays_the_same_between_versions():
    # Resuming a run compares with a fingerprint that an earlier version may have written.
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    expected = "4560181c5a1bd9b85b3eb69c9d169143b45729029a7862907ccf73c5083aad08"
    assert datasets.fingerprint(images, np.array([3, 4], np.uint8)) == expected


def test_training_images_are_the_first_and_test_images_come_after_them(tmp_path, mnist):
    for asked, first, count in [
        (None, None, 60_000), (None, 50_000, 50_000), (70, 50_000, 70), (60_003, 50_000, 60_003),
    ]:  # fmt: skip
        settings = ImageSettings(training_images=asked)
        images, labels, *_ = datasets.load_training("mnist", settings, first)
        assert len(images) == len(labels) == count
        np.testing.assert_array_equal(images[:60_000], mnist.x_train[:count])
        np.testing.assert_array_equal(labels[:60_000], mnist.y_train[:count])
        np.testing.assert_array_equal(images[60_000:], mnist.x_test[: max(0, count - 60_000)])
        np.testing.assert_array_equal(labels[60_000:], mnist.y_test[: max(0, count - 60_000)])
    path = tmp_path / "own.npz"
    np.savez(path, x_train=mnist.x_train[:40], x_test=mnist.x_test[:5])
    for asked, count in [(None, 40), (43, 43), (100, 45)]:  # a preset's 100 gives way to what is
        own = ImageSettings(data_dir=path, training_images=asked)
        images, *_ = datasets.load_training("mnist", own, first=50_000)  # `first` is the lecture's
        assert len(images) == count
    for count, words in [
        (70_001, "--training-images is 70001, but must be at most 70000"),
        (31, "--batch-size 32 exceeds the 31 images"),
    ]:
        with pytest.raises(UserError, match=words):
            datasets.load_training("mnist", ImageSettings(training_images=count))
