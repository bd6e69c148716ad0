"""The numbers to learn: drawn, read, refused, scaled."""

from dataclasses import replace

import numpy as np
import pytest

from common.errors import UserError
from distribution_gan.evaluate import SPLITS, floor
from distribution_gan.train import PRESETS, Config
from distribution_gan.values import DISTRIBUTIONS, load, read, scale, unscale


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
    np.testing.assert_array_equal(read(tmp_path / "column.npy"), wanted)
    np.testing.assert_array_equal(read(tmp_path / "integers.npy"), [3.0, 1.0, 2.0])
    np.testing.assert_array_equal(read(tmp_path / "bare.csv"), wanted)
    np.testing.assert_array_equal(read(tmp_path / "header.csv"), [-1.5, 2.0])
    config = Config(data=tmp_path / "column.npy", batch_size=2, training_values=3)
    np.testing.assert_array_equal(load(config), wanted[:3])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "No such file"),
        ("values.txt", "1\n2\n", "neither a .npy nor a .csv"),
        ("words.csv", "value\n1\ntwo\n", "line 3: 'two' is not a number"),
        ("table.csv", "a,b\n1,2\n", "line 1: 'a,b' is not a number; give one value a line"),
        ("slip.csv", "1o.5\n2\n", "line 1: '1o.5' is not a number"),
        ("comma.csv", "1,5\n2,5\n", "line 1: '1,5' is not a number"),
        ("nan.csv", "1\nnan\n", "value 2 of 2 is nan"),
        ("inf.npy", np.array([1.0, -np.inf]), "value 2 of 2 is -inf"),
        ("empty.csv", "value\n", "no values"),
        ("empty.npy", np.zeros(0), "no values"),
        ("binary.csv", b"\xff\xfe\x00", "cannot be read"),
        ("text.npy", np.array(["a", "b"]), "holds <U1"),
        ("complex.npy", np.array([1j]), "holds complex128"),
        ("objects.npy", np.array([{}], object), "cannot be read"),
        ("wide.npy", np.zeros((5, 2)), "has the shape (5, 2)"),
        ("scalar.npy", np.float64(3), "has the shape ()"),
        ("damaged.npy", b"\x93NUMPY\x01", "cannot be read"),
        ("nothing.npy", b"", "cannot be read"),
        ("archive.npy", {"a": np.zeros(3)}, "several arrays"),
        ("constant.csv", "2\n2\n2\n", "values that differ"),
        ("close.csv", "1e16\n10000000000000002\n", "values that differ"),
        ("wide.csv", "-1e308\n1e308\n", "values that differ"),
        ("few.csv", "1\n2\n", "--batch-size 3 exceeds the 2 values"),
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
    batch = 3 if name == "few.csv" else 2
    with pytest.raises(UserError) as caught:
        load(Config(data=path, batch_size=batch))
    message = str(caught.value)
    assert words in message and "\n" not in message


def test_more_values_than_there_are_are_refused(tmp_path):
    (tmp_path / "two.csv").write_text("1\n2\n")
    with pytest.raises(UserError, match="--training-values is 3, but must be at most 2"):
        load(replace(Config(), data=tmp_path / "two.csv", training_values=3, batch_size=2))


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
