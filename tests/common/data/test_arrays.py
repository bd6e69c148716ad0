"""The one reader of a user's arrays: what is read, what is refused, and what is not believed."""

import gzip
import io
import math
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from common.data import arrays
from common.errors import UserError


def refused(read, path, *words):
    """Assert that reading fails with one line that names the path and has all of these words."""
    with pytest.raises(UserError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message and "allow_pickle" not in message
    assert all(str(word) in message for word in (path, *words)), message


def idx_bytes(array, magic=None, shape=None):
    """An IDX file's bytes; its header tells the truth unless magic or shape is given."""
    magic = 0x0800 + array.ndim if magic is None else magic
    shape = array.shape if shape is None else shape
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + array.tobytes()


def npy_bytes(array, **header):
    """An .npy file's bytes, with another shape or type in its header where one is given."""
    file = io.BytesIO()
    told = np.lib.format.header_data_from_array_1_0(array) | header
    np.lib.format.write_array_header_1_0(file, told)
    return file.getvalue() + array.tobytes()


IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_is_read_in_every_version_and_order(tmp_path, order, version):
    path = tmp_path / "images.dat"  # known by its bytes, not by its name
    with open(path, "wb") as file:
        np.lib.format.write_array(file, np.asarray(IMAGES, order=order), version)
    (array,) = arrays.read(path).values()
    np.testing.assert_array_equal(array, IMAGES)
    assert array.flags.writeable


def test_npz_is_read_whatever_it_is_called(tmp_path):
    path = tmp_path / "images.npy"
    with open(path, "wb") as file:
        np.savez_compressed(file, a=IMAGES, b=IMAGES > 7)
    found = arrays.read(path)
    assert list(found) == ["a", "b"] and found["b"].dtype == bool
    assert list(arrays.read(path, names=["b", "c"])) == ["b"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a zip file"),
        (b"hello", "not a zip file"),
        (pickle.dumps(print), "not a zip file"),
        (b"PK\x03\x04 and no more", "not a zip file"),
        (npy_bytes(IMAGES)[:9], "cannot be read"),
        (npy_bytes(IMAGES)[:40], "cannot be read"),
        (npy_bytes(IMAGES)[:-1], "1 bytes are missing"),
        (npy_bytes(IMAGES) + b"a", "goes on after the end"),
        (npy_bytes(IMAGES, shape=(10**14,)), "announces 100,000,000,000,000 bytes"),
        (npy_bytes(IMAGES, shape=(10**9,)), "999,999,940 bytes are missing"),
        (npy_bytes(IMAGES, descr="|O"), "holds Python objects, which are never loaded"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 99_999) + b" " * 99_999, "header is torn"),
    ],
)
def test_what_is_no_array_is_refused(tmp_path, content, words):
    path = tmp_path / "array.npy"
    path.write_bytes(content)
    tracemalloc.start()
    refused(arrays.read, path, words)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)
    refused(arrays.read, path, "x_train")


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]
)
def test_any_flipped_byte_in_an_npz_is_an_error_or_harmless(tmp_path, compression):
    path = tmp_path / "own.npz"
    random = np.random.default_rng(0)
    written = {"x": random.integers(0, 256, (2, 28, 28), np.uint8), "y": np.arange(2)}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for key, array in written.items():
            with archive.open(f"{key}.npy", "w") as member:
                np.save(member, array)
    whole = path.read_bytes()
    refusals = 0
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            found = arrays.read(path)
        except UserError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            refusals += 1
        else:  # a byte that means nothing, such as a date, or an array's name in the directory
            for key in set(found) & set(written):
                np.testing.assert_array_equal(found[key], written[key])
    assert refusals > len(whole) / 7 / 2


@pytest.mark.parametrize("name", ["images", "images.gz", "IMAGES.GZ"])
@pytest.mark.parametrize(
    ("kind", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_idx_is_read_in_every_type(tmp_path, name, kind, dtype):
    content = idx_bytes(IMAGES.astype(dtype), magic=(kind << 8) + 3)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if path.suffix else content)
    array = arrays.read_idx(path)
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, IMAGES)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (idx_bytes(IMAGES)[:9], "truncated"),
        (idx_bytes(IMAGES)[:-1], "1 bytes are missing"),
        (idx_bytes(IMAGES) + b"ab", "2 bytes too many"),
        (idx_bytes(IMAGES, magic=0x0A03), "the magic number 2563"),
        (idx_bytes(IMAGES, magic=0x0807), "the magic number 2055"),
        *[(idx_bytes(IMAGES, shape=shape), math.prod(shape) - IMAGES.size)
          for shape in [(0xFFFFFFFF, 28, 28), (40_000_000, 28, 28), (0xFFFFFFFF,) * 3]],
    ],
)  # fmt: skip
def test_bad_idx_files_are_refused_and_take_no_memory(tmp_path, content, words, packed):
    path = tmp_path / ("idx.gz" if packed else "idx")
    path.write_bytes(gzip.compress(content) if packed else content)
    tracemalloc.start()
    refused(arrays.read_idx, path, words)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_damaged_gzip_is_refused(tmp_path):
    path = tmp_path / "idx.gz"
    whole = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, (9, 28, 28), "u1")))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for damaged in (flipped, whole[:-20], whole + b"extra", b"not gzip", whole[:-8] + bytes(8)):
        path.write_bytes(damaged)
        refused(arrays.read_idx, path, "cannot be read")
