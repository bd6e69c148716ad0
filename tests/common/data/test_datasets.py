import gzip
import io
import math
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from common.data import datasets
from common.errors import UserError
from common.settings import ImageSettings


@pytest.fixture(scope="module")
def mnist():
    return datasets.load("mnist")


def own_arrays(size=28, train=12, test=4):
    """A small data set such as a user might bring."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (train, size, size), np.uint8),
        "y_train": rng.integers(0, 10, train, np.uint8),
        "x_test": rng.integers(0, 256, (test, size, size), np.uint8),
        "y_test": rng.integers(0, 10, test, np.uint8),
    }


def idx_bytes(array, magic=None, shape=None):
    """An IDX file's bytes; its header tells the truth unless magic or shape is given."""
    magic = 0x0800 + array.ndim if magic is None else magic
    shape = array.shape if shape is None else shape
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + array.tobytes()


def write_idx(path, content):
    """Write an IDX file, packed if its name says so."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_idx_folder(folder, arrays, separator="-", packed=False):
    """Write the IDX files of a data set: the path of each, by the array's name."""
    paths = {}
    for key, array in arrays.items():
        stem, dimensions = datasets.IDX_FILES[key]
        name = f"{stem}{separator}idx{dimensions}-ubyte" + (".gz" if packed else "")
        paths[key] = write_idx(folder / name, idx_bytes(array))
    return paths


def write_npz(folder, arrays):
    np.savez_compressed(folder / "own.npz", **arrays)
    return folder / "own.npz"


def assert_same(dataset, arrays):
    assert isinstance(dataset, datasets.Dataset)
    for key, array in arrays.items():
        loaded = getattr(dataset, key)
        assert loaded.dtype == np.uint8
        assert loaded.flags.c_contiguous and loaded.flags.writeable
        np.testing.assert_array_equal(loaded, array)


def refused(path, *words, resize=False):
    """Assert that loading the user's data fails with one line that has all of these words."""
    fails(lambda: datasets.load(data_dir=path, resize=resize), path, *words)


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


# The user's own data: what is read


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("packed", [[False], [True], [False, True]])
def test_idx_files_give_the_same_as_npz(tmp_path, separator, packed):
    """Plain ones, packed ones and both beside one another."""
    arrays = own_arrays()
    npz = write_npz(tmp_path, arrays)
    (folder := tmp_path / "idx").mkdir()
    for each in packed:
        write_idx_folder(folder, arrays, separator, each)
    assert_same(datasets.load(data_dir=npz), arrays)
    assert_same(datasets.load(data_dir=str(tmp_path)), arrays)  # the folder that holds the .npz
    assert_same(datasets.load(data_dir=folder), arrays)


@pytest.mark.parametrize("write", [write_idx_folder, write_npz])
def test_test_images_may_be_missing(tmp_path, write):
    arrays = own_arrays()
    del arrays["x_test"], arrays["y_test"]
    write(tmp_path, arrays)
    dataset = datasets.load(data_dir=tmp_path)
    assert_same(dataset, arrays)
    assert dataset.x_test.shape == (0, 28, 28) and dataset.y_test.shape == (0,)
    assert dataset.x_test.dtype == dataset.y_test.dtype == np.uint8


def test_a_channel_axis_other_types_and_orders_and_a_needless_resize_change_nothing(tmp_path):
    arrays = own_arrays()
    other = {
        "x_train": np.asfortranarray(arrays["x_train"]),
        "y_train": arrays["y_train"].astype(np.int64),
        "x_test": arrays["x_test"][..., np.newaxis],
        "y_test": arrays["y_test"].astype(">u2"),
    }
    path = write_npz(tmp_path, other)
    for resize in (False, True):  # they are 28x28 already
        assert_same(datasets.load(data_dir=path, resize=resize), arrays)


def test_other_sizes_are_resized_if_that_is_asked_for(tmp_path):
    # Each image is white in its left half, black in its right half, in two sizes.
    x_train = np.zeros((3, 56, 56), np.uint8)
    x_train[:, :, :28] = 255
    x_test = np.zeros((2, 14, 20, 1), np.uint8)
    x_test[:, :, :10] = 255
    labels = {"y_train": [1, 2, 3], "y_test": [4, 5]}
    path = write_npz(tmp_path, {"x_train": x_train, "x_test": x_test, **labels})
    refused(path, "x_train", "56x56", "--resize")
    dataset = datasets.load(data_dir=path, resize=True)
    for images, count in ((dataset.x_train, 3), (dataset.x_test, 2)):
        assert images.shape == (count, 28, 28) and images.dtype == np.uint8
        assert (images[:, :, :12] == 255).all() and (images[:, :, 16:] == 0).all()


def test_resize_averages_when_it_shrinks(tmp_path):
    # Without antialiasing a fine checkerboard would turn black or white.
    board = (np.indices((280, 280)).sum(axis=0) % 2 * 255).astype(np.uint8)
    path = write_npz(tmp_path, {"x_train": board[np.newaxis], "y_train": [0]})
    image = datasets.load(data_dir=path, resize=True).x_train[0]
    assert image.min() > 120 and image.max() < 135


# The user's own data: what is refused


def test_a_missing_empty_or_ambiguous_folder_is_refused(tmp_path):
    refused(tmp_path / "nowhere", "does not exist")
    refused(tmp_path, "holds no data")
    np.savez(tmp_path / "a.npz", **own_arrays())
    np.savez(tmp_path / "b.npz", **own_arrays())
    refused(tmp_path, "2 .npz files")
    (tmp_path / "b.npz").unlink()
    write_idx_folder(tmp_path, own_arrays())
    refused(tmp_path, "IDX files and a.npz")
    (tmp_path / "a.npz").unlink()
    write_idx_folder(tmp_path, own_arrays(), separator=".")
    refused(tmp_path, "train-images-idx3-ubyte and train-images.idx3-ubyte")
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", "not an .npz file")


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_file_or_array_is_named(tmp_path, key):
    path = write_idx_folder(tmp_path, own_arrays())[key]
    path.unlink()
    refused(tmp_path, f"no {path.name}")
    arrays = own_arrays()
    del arrays[key]
    refused(write_npz(tmp_path, arrays), f"no array {key}")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda images: b"", ["truncated", "0 bytes"]),
        (lambda images: idx_bytes(images)[:9], ["truncated", "9 bytes"]),
        (lambda images: idx_bytes(images)[:-1], ["truncated", "1 bytes are missing"]),
        (lambda images: idx_bytes(images) + b"ab", ["2 bytes too many"]),
        (lambda images: idx_bytes(images, magic=0x0801), ["magic number 2049, not 2051"]),
        (lambda images: idx_bytes(images, magic=0x0D03), ["magic number 3331, not 2051"]),
        (lambda images: idx_bytes(images.reshape(-1, 14, 56)), ["14x56"]),
        (lambda images: idx_bytes(images[:0]), ["0 images", "12 labels"]),
        (lambda images: idx_bytes(images[:-1]), ["11 images", "12 labels"]),
    ],
)
def test_bad_idx_images_are_refused(tmp_path, damage, words, packed):
    path = write_idx_folder(tmp_path, own_arrays(), packed=packed)["x_train"]
    refused(tmp_path, write_idx(path, damage(own_arrays()["x_train"])), *words)


def test_bad_idx_labels_are_refused(tmp_path):
    arrays = own_arrays()
    path = write_idx_folder(tmp_path, arrays)["y_train"]
    bad = np.where(np.arange(12) == 3, 10, arrays["y_train"]).astype("uint8")
    for array, words in [
        (arrays["x_train"], "magic number 2051, not 2049"), (bad, "the label 10"),
    ]:  # fmt: skip
        write_idx(path, idx_bytes(array))
        refused(tmp_path, path, words)


@pytest.mark.parametrize(
    ("write", "name"), [(write_idx_folder, "train-images-idx3-ubyte"), (write_npz, "x_train")]
)
def test_data_without_training_images_is_refused(tmp_path, write, name):
    write(tmp_path, own_arrays(train=0))
    refused(tmp_path, name, "no images")


def test_a_damaged_gzip_is_refused(tmp_path):
    path = write_idx_folder(tmp_path, own_arrays(), packed=True)["x_train"]
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for damaged in (flipped, whole[:-20], whole + b"extra", b"not gzip", whole[:-8] + bytes(8)):
        path.write_bytes(damaged)
        refused(tmp_path, path, "cannot be read")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "shape", [(0xFFFFFFFF, 28, 28), (40_000_000, 28, 28), (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)]
)
def test_hostile_idx_header_takes_no_memory(tmp_path, shape, packed):
    images = own_arrays()["x_train"]
    path = write_idx_folder(tmp_path, own_arrays(), packed=packed)["x_train"]
    write_idx(path, idx_bytes(images, shape=shape))
    tracemalloc.start()
    refused(tmp_path, path, "truncated", math.prod(shape) - images.size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "key, change, words",
    [
        ("x_train", lambda x: x.astype(np.float32) / 255, ["pixels are float32", "uint8"]),
        ("x_train", lambda x: x.astype(np.int64), ["pixels are int64"]),
        ("x_train", lambda x: x.reshape(-1, 784), ["shape (12, 784)"]),
        ("x_train", lambda x: np.stack([x] * 3, axis=-1), ["shape (12, 28, 28, 3)"]),
        ("x_train", lambda x: x[:, :, :0], ["shape (12, 28, 0)"]),
        ("x_train", lambda x: x[:, :27], ["27x28"]),
        ("x_train", lambda x: x[:5], ["5 images", "12 labels"]),
        ("x_train", lambda x: x[0, 0, 0], ["shape ()"]),
        ("x_test", lambda x: x.astype(np.float64), ["pixels are float64"]),
        ("y_train", lambda y: y.astype(np.float32), ["labels are float32"]),
        ("y_train", lambda y: y[:, np.newaxis], ["shape (12, 1)"]),
        ("y_train", lambda y: y.astype(np.int8) - 10, ["the label -"]),
        ("y_train", lambda y: np.full(12, 300), ["the label 300"]),
        ("y_train", lambda y: y[:11], ["12 images", "11 labels"]),
        ("y_test", lambda y: y.astype(str), ["labels are <U"]),
        ("y_test", lambda y: y[:3], ["4 images", "3 labels"]),
        ("x_train", lambda x: x.astype(object), ["Object arrays cannot be loaded"]),
        ("y_test", lambda y: y.astype(object), ["Object arrays cannot be loaded"]),
    ],
)
def test_a_bad_npz_array_is_refused(tmp_path, key, change, words):
    arrays = own_arrays()
    arrays[key] = change(arrays[key])
    path = write_npz(tmp_path, arrays)
    refused(path, f"{key} in {path}", *words)


def test_a_file_named_npz_that_is_none_is_refused(tmp_path):
    np.save(tmp_path / "images.npy", own_arrays()["x_train"])
    path = tmp_path / "own.npz"
    for content in (b"", b"hello", b"\x80\x04K\x01.", (tmp_path / "images.npy").read_bytes()):
        path.write_bytes(content)
        refused(path, "cannot be read", "not a zip file")


def test_an_npz_array_shorter_or_longer_than_its_header_is_refused(tmp_path):
    np.save(tmp_path / "images.npy", own_arrays()["x_train"])
    whole, path = (tmp_path / "images.npy").read_bytes(), tmp_path / "own.npz"
    larger = whole.replace(b"(12, 28, 28)", b"(99, 28, 28)")
    for content, words in ((larger, "EOF"), (whole[:-1], "EOF"), (whole + b"a", "goes on after")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x_train.npy", content)
        refused(path, f"x_train in {path} cannot be read", words)


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]
)
def test_any_flipped_byte_in_an_npz_is_an_error_or_harmless(tmp_path, compression):
    path = tmp_path / "own.npz"
    arrays = own_arrays(train=3, test=1)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w") as member:
                np.save(member, array)
    whole = path.read_bytes()
    refusals = 0
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            dataset = datasets.load(data_dir=path)
        except UserError as error:
            assert "\n" not in str(error)
            assert str(path) in str(error)
            refusals += 1
        else:
            # A byte that means nothing, such as a date, or a test array's name in the directory.
            for key, array in dataset._asdict().items():
                assert len(array) == 0 or np.array_equal(array, arrays[key])
    assert refusals > len(whole) / 7 / 2


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
    arrays = own_arrays()
    x, y = arrays["x_train"], arrays["y_train"]
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
    own = ImageSettings(data_dir=write_npz(tmp_path, own_arrays(train=40)))
    images, *_ = datasets.load_training("mnist", own, first=50_000)  # `first` is the lecture's
    assert len(images) == 40
    for count, words in [
        (70_001, "--training-images is 70001, but must be at most 70000"),
        (31, "--batch-size 32 exceeds the 31 images"),
    ]:
        with pytest.raises(UserError, match=words):
            datasets.load_training("mnist", ImageSettings(training_images=count))
