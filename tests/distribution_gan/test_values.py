"""The numbers to learn: drawn, read, refused, scaled."""

from dataclasses import replace

import numpy as np
import pytest

from common.errors import UserError
from common.figures import distributions, pictures
from distribution_gan.evaluate import SPLITS, floor
from distribution_gan.train import EXAMPLE, PRESETS, Config
from distribution_gan.values import DISTRIBUTIONS, LEAST, load, read, scale, unscale
from tests.common.data.test_arrays import npy_bytes

VAST = npy_bytes(np.zeros(3), shape=(10**14,))


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        # 0.4 * -2 + 0.6 * 1.5; sqrt(0.4 * (0.25 + 4) + 0.6 * (1 + 2.25) - 0.01)
        ("mixture", 0.1, 1.906),
        ("apart", 0.0, 4.031),  # sqrt(16 + 0.25)
        ("normal", 0.0, 1.0),
        ("uniform", 0.5, 0.289),
        ("exponential", 1.0, 1.0),
    ],
)
def test_distributions_have_their_means_and_deviations(name, mean, deviation):
    values = load(Config(distribution=name))
    assert values.shape == (10_000,) and values.dtype == np.float64
    assert values.mean() == pytest.approx(mean, abs=4 * deviation / 100)
    assert values.std() == pytest.approx(deviation, rel=0.05)


def test_mixture_has_two_components():
    values = load(Config())
    # By the normal distribution's table: below -2 lies 0.4 / 2 and, of the other, 0.6 * 0.0002;
    # between -0.5 and 0, 0.4 * 0.0013 and 0.6 * (0.0668 - 0.0228).
    assert (values < -2).mean() == pytest.approx(0.2, abs=0.015)
    assert ((values > -0.5) & (values < 0)).mean() == pytest.approx(0.027, abs=0.006)


def test_every_distribution_was_tested():
    (mark,) = test_distributions_have_their_means_and_deviations.pytestmark
    assert {case[0] for case in mark.args[1]} == set(DISTRIBUTIONS)


def test_values_follow_from_the_seed():
    values = load(Config(seed=3))
    np.testing.assert_array_equal(values, load(Config(seed=3)))
    assert not np.array_equal(values, load(Config(seed=4)))
    assert len(load(PRESETS["smoke"])) == 100


def test_own_values_are_read_from_npy_and_csv(tmp_path):
    wanted = np.array([-1.5, 2.0, 1e-3, 1e6])
    np.save(tmp_path / "column.npy", wanted[:, np.newaxis])
    np.save(tmp_path / "integers.npy", np.array([3, 1, 2]))
    (tmp_path / "bare.csv").write_text("-1.5\n2\n0.001\n1e6")
    (tmp_path / "header.csv").write_text('\ufeff"height"\n"-1.5"\r\n2\n')
    for name, values in [
        ("column.npy", wanted), ("integers.npy", [3, 1, 2]), ("bare.csv", wanted),
        ("header.csv", [-1.5, 2]),
    ]:  # fmt: skip
        np.testing.assert_array_equal(read(tmp_path / name)[0], values)
    config = Config(data=tmp_path / "column.npy", batch_size=2, training_values=3)
    np.testing.assert_array_equal(load(config), wanted[:3])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "No such file"),
        ("values.doc", "1\n2\n", "neither an .npy, an .npz, a .csv nor a .txt"),
        ("words.csv", "value\n1\ntwo\n", "line 3: 'two' is not a number"),
        ("table.csv", "a,b\n1,2\n", "has the columns a, b; choose one with --column"),
        ("columns.txt", "1 2\n3 4\n", "has the columns 1, 2; choose one with --column"),
        ("slip.csv", "1o.5\n2\n", "line 1: '1o.5' is not a number"),
        ("inf.csv", "1\ninf\n", "value 2 of 2 is inf"),
        ("inf.npy", np.array([1.0, -np.inf]), "value 2 of 2 is -inf"),
        ("empty.csv", "value\n", "no values"),
        ("missing.CSV", "value\nNA\n", "no values"),
        ("empty.npy", np.zeros(0), "no values"),
        ("binary.csv", b"\xff\xfe\x00", "cannot be read"),
        ("binary.txt", b"1\n\x00\n", "it is no text"),
        ("text.npy", np.array(["a", "b"]), "holds <U1"),
        ("complex.npy", np.array([1j]), "holds complex128"),
        ("objects.npy", np.array([{}], object), "holds Python objects, which are never loaded"),
        ("wide.npy", np.zeros((5, 2)), "has the shape (5, 2)"),
        ("scalar.npy", np.float64(3), "has the shape ()"),
        ("damaged.npy", b"\x93NUMPY\x01", "cannot be read"),
        ("zip.npy", b"PK\x03\x04", "cannot be read"),
        ("vast.npy", VAST, "announces 800,000,000,000,000 bytes"),
        ("nothing.npy", b"", "cannot be read"),
        ("archive.npy", {"a": np.zeros(3), "b": np.zeros(3)}, "the arrays a, b; choose one"),
        ("constant.csv", "2\n2\n2\n", "values that differ"),
        ("close.csv", "1e16\n10000000000000002\n", "values that differ"),
        ("wide.csv", "-1e308\n1e308\n", "values that differ"),
        ("tiny.csv", "1e-308\n2e-308\n", "values that differ, by more than 1e-100"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_learned_are_refused(tmp_path, name, content, words):
    path = tmp_path / name
    if isinstance(content, str):
        path.write_text(content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        with open(path, "wb") as file:
            np.savez(file, **content)
    elif content is not None:
        np.save(path, content)
    with pytest.raises(UserError) as caught:
        load(Config(data=path))
    message = str(caught.value)
    assert words in message and "\n" not in message


@pytest.mark.parametrize(
    ("content", "column", "wanted", "words"),
    [
        ("wert\n1,5\n-2\n", None, [1.5, -2], "with decimal commas"),
        ("1,5\n2,5\n", None, [1.5, 2.5], "with decimal commas"),
        ("# of 2017\n% cm\n1.5\n\n2.5\n", None, [1.5, 2.5], ""),
        ("Höhe;Masse\n1,75;80\n1,8;NA\n;70\n", "höhe", [1.75, 1.8], "1 missing left out"),
        ("Höhe;Masse\n1.234,5;80\n1,8;NA\n;70\n", "2", [80, 70], "column 2, 1 missing left out"),
        ("x y\n1 2\n3 4\n", "y", [2, 4], "column y"),
        ("x\ty\n1\t2\n3\t4\n", "x", [1, 3], "column x"),
        ('name,"height, cm"\nA,1\nB,2\n', None, [1, 2], "column height, cm"),
        (",value\n0,1.5\n1,2.5\n", None, [1.5, 2.5], "column value"),  # as pandas writes them
        ("1,2,3\n4,5,6\n", "2", [2, 5], "column 2"),
        ("1\nnan\n\n-\n3\n", None, [1, 3], "2 missing left out"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_column_is_read_as_spreadsheets_write_it(
    tmp_path, content, column, wanted, words, encoding
):
    (tmp_path / "own.TXT").write_bytes(content.encode(encoding))
    values, found = read(tmp_path / "own.TXT", column)
    assert values.tolist() == wanted and words in found


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="has no column 'c'; it has a, b"):
        read(tmp_path / "own.csv", "c")
    with pytest.raises(UserError, match="--column is c, but must be left out without --data"):
        Config(column="c")


def test_arrays_are_chosen_by_name_and_lose_what_is_missing(tmp_path):
    np.savez(tmp_path / "own.npz", a=np.arange(3), b=[1.0, np.nan, 2.0])
    values, words = read(tmp_path / "own.npz", "b")
    assert values.tolist() == [1, 2] and words == "1 missing left out"
    with pytest.raises(UserError, match="no array 'c'; it has a, b"):
        read(tmp_path / "own.npz", "c")


def test_a_preset_gives_way_to_few_values_and_a_flag_is_refused(tmp_path):
    (tmp_path / "own.csv").write_text("\n".join(map(str, range(20))))
    smoke = replace(PRESETS["smoke"], data=tmp_path / "own.csv")
    training = EXAMPLE.load(smoke)  # of 100 values, in batches of 32
    assert training.settings == {"batch_size": 20} and len(training.arrays[0]) == 20
    assert "20 values from 0 to 19" in training.found[0]
    with pytest.raises(UserError, match="--batch-size 21 exceeds the 20 values"):
        EXAMPLE.load(replace(smoke, batch_size=21))
    assert EXAMPLE.load(PRESETS["smoke"]).found == ()


def test_the_least_spread_that_is_taken_can_be_drawn():
    values = np.linspace(0, 2 * LEAST, 50)
    picture = pictures.as_picture(distributions.density(values, (-LEAST, 3 * LEAST), "", values))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 9


def test_scale_is_undone_by_unscale():
    low, high = -30.0, 10.0
    scaled = scale([-30, -10, 10], low, high)
    np.testing.assert_allclose(scaled, [-0.4, 0.0, 0.4], atol=1e-7)
    assert scaled.dtype == np.float32
    # The ends of 0.5 * tanh lie an eighth of the range outside.
    np.testing.assert_allclose(unscale([-0.5, 0.5], low, high), [-35, 15])
    values = np.random.default_rng(0).uniform(low, high, 100)
    np.testing.assert_allclose(unscale(scale(values, low, high), low, high), values, atol=1e-5)


def test_the_floor_is_a_mean_over_splits():
    assert set(floor(np.zeros(8)).values()) == {0.0}
    found = floor(np.array([0.0, 0.0, 1.0, 1.0]))  # 1 in a third of the splits, else 0
    assert found["wasserstein_1"] == found["kolmogorov_smirnov"]
    ones = found["wasserstein_1"] * SPLITS
    assert ones == pytest.approx(round(ones)) and 1 <= ones < SPLITS
