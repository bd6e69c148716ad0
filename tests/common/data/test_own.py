"""A user's own images in the forms in which people have them. What real folders and files needed,
of scikit-learn, scikit-image, matplotlib, icon themes, MedMNIST and others, is here in small."""

import gzip
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from common.data import own
from common.errors import UserError
from tests.common.data.test_arrays import idx_bytes

LABELS = np.array([3, 1, 2, 0, 3, 1, 2, 0])


def strokes(count=8, size=28):
    """White strokes on black: uint8 (count, size, size), each another."""
    images = np.zeros((count, size, size), np.uint8)
    for k, image in enumerate(images):
        image[size // 4 + k % 5 : -size // 4, size // 3 : size // 2] = 255 - k
    return images


def load(path, *told, **options):
    """What own.load() gives, whose two lines have all of these words."""
    found = own.load(path, **options)
    for words in told:
        assert words in " ".join(found.found), found.found
    return found


def refused(path, *words, **options):
    """Assert that loading fails with one line that names the path and has all of these words."""
    with pytest.raises(UserError) as caught:
        own.load(path, **options)
    message = str(caught.value)
    assert "\n" not in message and all(str(w) in message for w in (path, *words)), message


def put(folder, name, picture, **options):
    """Write an array or a Pillow image as a picture."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(path, **options)


# Arrays


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x.reshape(-1, 784),
        lambda x: x[..., np.newaxis],
        lambda x: x[:, np.newaxis],
        lambda x: np.stack([x] * 3, axis=-1),
        lambda x: np.stack([x] * 3, axis=1),
        lambda x: (x / 255).astype("float32"),
        lambda x: (x / 255).astype("float16"),
        lambda x: x / 127.5 - 1,
        lambda x: (x / 255 - 0.1307) / 0.3081,
        lambda x: x.astype("float64"),
        lambda x: x.astype(">i4"),
        lambda x: x.astype("uint16") * 257,
        lambda x: (x.astype("int16") - 128).astype("int8"),
        np.asfortranarray,
    ],
)
def test_arrays_of_all_types_ranges_and_shapes_are_the_same_images(tmp_path, change):
    images = strokes()
    np.savez(tmp_path / "own.npz", images=change(images), labels=LABELS)
    found = load(tmp_path / "own.npz", "8 images, 28x28 pixels", "4 classes: 0, 1, 2, 3")
    assert found.images.shape == (8, 28, 28) and found.images.dtype == np.uint8
    assert np.abs(found.images.astype(int) - images).max() <= 1
    assert found.labels.tolist() == LABELS.tolist() and found.classes == tuple("0123")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.uint8([0, 1]), "values 0 to 1 (0 black, 1 white)"),
        (np.array([False, True]), "(0 black, 1 white)"),
        (np.array([0.0, 16.0]), "values 0 to 16 (0 black, 16 white)"),
        (np.uint16([0, 4095]), "(0 black, 4095 white)"),
        (np.float32([0, 1.0]), "(0 black, 1 white)"),
    ],
)
def test_whatever_is_brightest_is_white(tmp_path, values, told):
    np.save(tmp_path / "own.npy", values[(strokes() > 0).astype(int)])
    found = load(tmp_path / "own.npy", told, "no labels", "light on dark")
    assert np.unique(found.images).tolist() == [0, 255]
    assert found.classes == () and found.lack and not found.labels.any()


@pytest.mark.parametrize(
    "names",
    ["x_train y_train x_test y_test", "X_train Y_train X_test Y_test",
     "train_images train_labels test_images test_labels",
     "kmnist-train-imgs kmnist-train-labels kmnist-test-imgs kmnist-test-labels",
     "images labels x_val y_val"],
)  # fmt: skip
def test_training_and_test_arrays_are_known_by_their_names(tmp_path, names):
    images, keys = strokes(), names.split()
    parts = images[:5], LABELS[:5], images[5:], LABELS[5:]
    np.savez(tmp_path / "own.npz", **dict(zip(keys, parts, strict=True)))
    found = load(tmp_path / "own.npz")
    np.testing.assert_array_equal(found.images, images)
    assert found.training == 5 and found.labels.tolist() == LABELS.tolist()
    for key, part in zip(keys, parts, strict=True):  # the same as files of their own
        np.save(tmp_path / f"{key}.npy", part)
    (tmp_path / "own.npz").unlink()
    np.testing.assert_array_equal(load(tmp_path).images, images)


@pytest.mark.parametrize(
    "found",
    [
        {"arr_0": strokes(), "arr_1": LABELS},
        {"data": strokes().reshape(8, -1), "images": strokes(), "target": LABELS,
         "target_names": np.arange(4), "DESCR": np.array("Digits")},
        {"anything": strokes(), "whatever": LABELS},
        {"train_images": strokes()[:4], "val_images": strokes()[4:6], "test_images": strokes()[6:],
         "train_labels": LABELS[:4, None], "val_labels": LABELS[4:6, None],
         "test_labels": LABELS[6:, None]},
    ],
)  # fmt: skip
def test_files_of_numpy_scikit_learn_and_medmnist_are_read_as_they_come(tmp_path, found):
    np.savez(tmp_path / "own.NPZ", **found)
    path = next(tmp_path.iterdir())  # numpy adds an ending of its own
    path.rename(tmp_path / "own.NPZ")
    read = load(tmp_path / "own.NPZ")
    np.testing.assert_array_equal(read.images, strokes())
    assert read.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS - 7, "-7 -6 -5 -4"), (LABELS.astype("float32") * 10, "0 10 20 30"),
        (LABELS[:, np.newaxis], "0 1 2 3"), (np.eye(4)[LABELS], "0 1 2 3"),
        (np.array("ant bee cow dog".split())[LABELS], "ant bee cow dog"),
        (np.array([b"a", b"b", b"c", b"d"])[LABELS], "a b c d"),
        (np.array(["2", "10", "a", "b"])[LABELS], "2 10 a b"),
    ],
)  # fmt: skip
def test_labels_of_all_kinds_are_classes_with_names(tmp_path, labels, names):
    np.savez(tmp_path / "own.npz", x=strokes(), y=labels)
    found = load(tmp_path / "own.npz")
    assert found.classes == tuple(names.split())
    assert found.labels.tolist() == LABELS.tolist() and found.labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (LABELS + 0.5, "not whole numbers"), (np.ones((8, 3)), "the shape (8, 3)"),
        (LABELS * np.nan, "not whole numbers"), (LABELS * 1j, "complex128"),
    ],
)  # fmt: skip
def test_labels_that_are_no_classes_leave_the_images(tmp_path, labels, why):
    np.savez(tmp_path / "own.npz", x=strokes(), y=labels)
    found = load(tmp_path / "own.npz", "labels that are no classes", why)
    assert found.classes == () and why in found.lack and len(found.images) == 8


def test_files_of_a_class_each_are_classes_and_come_mixed(tmp_path):
    images = np.concatenate([strokes()] * 3).reshape(-1, 784)
    for name in ("cat", "x-ray", "The Eiffel Tower"):  # as Quick, Draw! has them
        np.save(tmp_path / f"full_numpy_bitmap_{name}.npy", images)
    found = load(tmp_path, "72 images", "3 classes: The Eiffel Tower, cat, x-ray")
    assert np.bincount(found.labels).tolist() == [24, 24, 24]
    assert set(found.labels[:20]) == {0, 1, 2}
    np.testing.assert_array_equal(load(tmp_path).labels, found.labels)


def test_images_sorted_by_class_are_mixed_and_keep_their_labels(tmp_path):
    images = strokes(200) // 2
    images[:, 0, 0] = labels = np.arange(200) // 100
    np.savez(tmp_path / "own.npz", x=images, y=labels)
    found = load(tmp_path / "own.npz")
    assert 20 < found.labels[:100].sum() < 80
    assert found.images[:, 0, 0].tolist() == found.labels.tolist()


def test_emnist_is_turned_and_its_letters_named(tmp_path):
    images, packed = strokes(), [gzip.compress, bytes]
    for part, pack in zip(("train", "test"), packed, strict=True):
        stem = tmp_path / f"emnist-letters-{part}"
        ending = ".GZ" if pack is gzip.compress else ""
        content = idx_bytes(np.ascontiguousarray(images.swapaxes(1, 2)))
        Path(f"{stem}-images-idx3-ubyte{ending}").write_bytes(pack(content))
        content = idx_bytes((LABELS + 1).astype("u1"))
        Path(f"{stem}-labels-idx1-ubyte{ending}").write_bytes(pack(content))
    for path in (tmp_path, tmp_path / "emnist-letters-test-labels-idx1-ubyte"):
        found = load(path, "4 classes: a, b, c, d", "turned as EMNIST's are")
        np.testing.assert_array_equal(found.images, np.concatenate([images, images]))
        assert found.training == 8
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx_bytes(images))
    refused(tmp_path, "MNIST's own, emnist-letters-", "name one")


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("both", [False, True])
def test_mnists_own_idx_files_are_read(tmp_path, separator, both):
    for name, array in [("images", strokes()), ("labels", LABELS.astype("u1"))]:
        path = tmp_path / f"train-{name}{separator}idx{array.ndim}-ubyte"
        path.write_bytes(idx_bytes(array))
        if both:  # programs that download it leave one beside the other
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(idx_bytes(array)))
    found = load(tmp_path)
    np.testing.assert_array_equal(found.images, strokes())
    assert found.labels.tolist() == LABELS.tolist() and found.training == 8


# Pictures


@pytest.mark.parametrize(
    ("name", "picture", "options"),
    [
        ("a.png", lambda x: Image.fromarray(x), {}),
        ("a.PNG", lambda x: Image.fromarray(x).convert("RGB"), {}),
        ("a.jpg", lambda x: Image.fromarray(x), {"quality": 100}),
        ("a.JPEG", lambda x: Image.fromarray(x).convert("RGB"), {"quality": 100}),
        ("a.bmp", lambda x: Image.fromarray(x).convert("1"), {}),
        ("a.webp", lambda x: Image.fromarray(x).convert("RGB"), {"lossless": True}),
        ("a.png", lambda x: Image.fromarray(x).convert("P"), {}),
        ("a.gif", lambda x: Image.fromarray(x).convert("RGB").quantize(16), {}),
        ("a.png", lambda x: Image.fromarray(x).convert("1"), {}),
        ("a.png", lambda x: Image.fromarray(x.astype("uint16") * 257), {}),
        ("a.tif", lambda x: Image.fromarray(x / np.float32(255)), {}),
        ("a.png", lambda x: Image.fromarray(x // 255), {}),  # 0 and 1, as masks are saved
        ("a.png", lambda x: Image.merge("LA", [Image.new("L", (28, 28), 255), Image.fromarray(x)]),
         {}),
        ("a.png", lambda x: Image.merge("RGBA", [Image.new("L", (28, 28), 0)] * 3
                                        + [Image.fromarray(x)]), {}),  # black icons
        ("a.png", lambda x: Image.fromarray(255 - x), {}),  # dark on light
    ],
)  # fmt: skip
def test_pictures_of_all_kinds_are_light_on_dark(tmp_path, name, picture, options):
    drawn = (strokes(1)[0] > 0).astype(np.uint8) * 255
    for k in range(3):
        put(tmp_path, f"{k}{name}", picture(drawn), **options)
    found = load(tmp_path, "3 images, 28x28 pixels")
    assert np.abs(found.images.astype(int) - drawn).max() <= 20  # JPEG
    assert found.training == 3


def test_a_subfolder_is_a_class_and_some_are_parts(tmp_path):
    drawn = strokes(1)[0]
    for k in range(12):
        put(tmp_path, f"training/{'10' if k % 3 else '9'}/{k}.png", drawn)
        put(tmp_path, f"testing/9/{k}.png", drawn)
    put(tmp_path, "__MACOSX/._0.png", drawn)
    put(tmp_path, ".hidden/0.png", drawn)
    found = load(tmp_path, "24 images", "2 classes: 9, 10")
    assert found.training == 12
    assert found.labels[:12].sum() == 8 and set(found.labels[:6]) == {0, 1}
    assert not found.labels[12:].any()
    put(tmp_path / "training", "stray.png", drawn)
    refused(tmp_path, "stray.png", "beside folders with pictures")


def test_pictures_with_a_ground_are_padded_with_it(tmp_path):
    for k in range(3):
        image = Image.new("L", (40 + 20 * k, 80), 230)  # signs of several sizes on light paper
        ImageDraw.Draw(image).rectangle((15, 20, 25, 60), fill=10)
        put(tmp_path, f"{k}.png", image)
    found = load(tmp_path, "40x80 to 80x80 pixels", "dark on light, inverted", "padded")
    assert (found.images[:, [0, -1]] == 25).all() and (found.images[:, :, [0, -1]] == 25).all()
    assert (found.images.max(axis=(1, 2)) > 200).all()
    kept = load(tmp_path, "dark on light;", invert="never")
    assert (kept.images[:, 0] == 230).all()
    stretched = load(tmp_path, "stretched to 32x32", size=32, stretch=True, channels=3)
    assert stretched.images.shape == (3, 32, 32, 3)
    assert (stretched.images[:, 0] == 230).all()  # in colour a light ground stays


def test_pictures_without_a_ground_are_cropped_and_never_inverted_of_themselves(tmp_path):
    random = np.random.default_rng(0)
    for k in range(4):
        picture = np.full((40, 100, 3), 255, np.uint8)
        picture[:, :25], picture[:, 75:] = random.integers(0, 200, (2, 40, 25, 1))
        put(tmp_path, f"{k}.jpg", picture)
    found = load(tmp_path, "without an even ground", "cropped to squares")
    assert (found.images > 240).all()  # the middle, without its ends
    assert (load(tmp_path, "inverted", invert="always").images < 15).all()


def test_colours_stay_or_become_grey(tmp_path):
    picture = np.zeros((28, 28, 3), np.uint8)
    picture[8:20, 8:20] = (255, 0, 0)
    np.save(tmp_path / "own.npy", np.stack([picture] * 2).transpose(0, 3, 1, 2) / 255)
    colour = load(tmp_path / "own.npy", channels=3).images
    np.testing.assert_array_equal(colour[0], picture)
    assert load(tmp_path / "own.npy").images[0, 10, 10] == 76  # 0.299 * 255


def test_large_pictures_are_shrunk_as_they_are_read(tmp_path):
    picture = np.zeros((1500, 3000, 3), np.uint8)
    picture[300:1200, 600:2400] = 200
    for k in range(3):
        put(tmp_path, f"a/b/{k}.png", picture)
    image = load(tmp_path, "3000x1500 pixels", "one class: b", "padded").images[0]
    assert (image[:7] == 0).all() and (image[12:16, 10:18] == 200).all()


def test_shrinking_averages(tmp_path):
    board = (np.indices((280, 280)).sum(axis=0) % 2 * 255).astype(np.uint8)
    np.save(tmp_path / "own.npy", np.stack([board] * 2))
    image = load(tmp_path / "own.npy").images[0]
    assert image.min() > 115 and image.max() < 140


def test_pictures_that_cannot_be_read_are_left_out_and_said(tmp_path):
    for k in range(6):
        put(tmp_path, f"{k}.png", strokes(6)[k])
    put(tmp_path, "bomb.png", Image.new("1", (10_000, 10_000)))
    put(tmp_path, "thin.png", Image.new("L", (400, 2), 9))
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    found = load(tmp_path, "3 pictures were left out", "bomb.png: it has 10000x10000 pixels")
    assert len(found.images) == len(found.labels) == 6
    for k in range(1, 6):
        (tmp_path / f"{k}.png").write_bytes(b"")
    refused(tmp_path, "cannot be read", "that an image viewer shows")


def test_pictures_that_show_nothing_are_counted(tmp_path):
    np.save(tmp_path / "own.npy", np.concatenate([strokes(), np.zeros((3, 28, 28), np.uint8)]))
    load(tmp_path / "own.npy", "3 show nothing")


def test_letters_of_matplotlibs_fonts(tmp_path):
    fonts = sorted(Path(matplotlib.get_data_path(), "fonts/ttf").glob("DejaVu*.ttf"))
    fonts = [font for font in fonts if "Display" not in font.name]  # which lack these letters
    for letter in "AGQ":
        for k, font in enumerate(fonts):
            image = Image.new("1" if k % 2 else "L", (50 + k, 60), 255)
            ImageDraw.Draw(image).text((8, 4), letter, 0, ImageFont.truetype(str(font), 36 + k))
            put(tmp_path, f"{letter}/{font.stem}.png", image)
    found = load(tmp_path, "3 classes: A, G, Q", "inverted; scaled and padded")
    assert found.images[:, 0].max() == 0 and (found.images.max(axis=(1, 2)) > 150).all()


def test_matplotlibs_icons():
    folder = Path(matplotlib.get_data_path(), "images")
    found = load(folder, "images, 24x24 to 48x48 pixels", "dark on light, inverted; scaled to")
    assert np.median(found.images[:, 0]) == 0 and len(found.images) > 10


# What cannot be meant


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"x": strokes()[:0]}, "no images"),
        ({"x": strokes(), "y": LABELS[:5]}, "8 images but y 5 labels"),
        ({"x": strokes() * 0}, "every pixel is 0"),
        ({"x": np.where(strokes() > 9, np.nan, 0)}, "NaN"),
        ({"x": strokes().astype(object)}, "Python objects, which are never loaded"),
        ({"x": strokes() * 1j}, "no array of images"),
        ({"x": strokes().reshape(-1, 392)}, "shape (16, 392)"),
        ({"x": strokes()[:, :, :0]}, "shape (8, 28, 0)"),
        ({"x": np.zeros((28, 28, 3))}, "shape (28, 28, 3)"),
        ({"x": np.zeros((8, 28, 28, 2))}, "shape (8, 28, 28, 2)"),
        ({"x": np.zeros((4, 200))}, "shape (4, 200)"),
        ({"y": LABELS}, "no array of images"),
        ({}, "no array of images"),
        ({"x_a": strokes(), "x_b": strokes(), "y": LABELS}, "several arrays of images, x_a, x_b"),
        ({"x_train": strokes(), "x_test": strokes(8, 32)}, "28x28 and 32x32"),
        ({"x_train": strokes(), "y_train": LABELS, "x_test": strokes()}, "no labels for x_test"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_images_are_refused(tmp_path, found, words):
    np.savez(tmp_path / "own.npz", **found)
    refused(tmp_path / "own.npz", words)


def test_places_without_images_are_refused(tmp_path):
    refused(tmp_path / "nowhere", "does not exist")
    refused(tmp_path, "holds no images; put PNG, JPEG, BMP or WebP pictures")
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", "no file of arrays")
    put(tmp_path, "a.png", strokes()[0])
    refused(tmp_path / "a.png", "one picture; name a folder")
    np.save(tmp_path / "b.npy", strokes())
    refused(tmp_path, "b.npy", "a.png", "name the one you mean")
    (tmp_path / "a.png").unlink()
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(strokes()))
    refused(tmp_path, "IDX files and")
    (tmp_path / "b.npy").unlink()
    refused(tmp_path, "3 dimensions: no labels")
    for name in ("train-images-idx3-ubyte", "train-images.idx3-ubyte"):
        (tmp_path / name).write_bytes(idx_bytes(strokes()))
    refused(tmp_path, "holds both train-images-idx3-ubyte and train-images.idx3-ubyte")
