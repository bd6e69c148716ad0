"""Where a generator comes from, and every file that is refused."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from common.commands import generators
from common.errors import UserError
from common.runs import weights
from fashion_gan.lecture import LATENT, create_generator
from fashion_gan.train import EXAMPLE


def load(path):
    return generators.load(generators.Source(path), EXAMPLE)


def refused(path, message):
    """Assert that loading fails with one line that matches this."""
    with pytest.raises(UserError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def answers(generator):
    return np.asarray(generator(np.random.default_rng(0).normal(size=(5, LATENT)), training=False))


def test_a_run_its_file_and_its_weights_are_one_generator(reported, tmp_path):
    from_run = load(reported)
    weights.save(tmp_path / "w.npz", from_run, "float32")
    expected = answers(keras.models.load_model(reported / "generator.keras"))
    for generator in (from_run, load(reported / "generator.keras"), load(tmp_path / "w.npz")):
        np.testing.assert_array_equal(answers(generator), expected)
    assert not np.array_equal(answers(create_generator()), expected)


def test_a_source_is_a_run_or_the_pretrained_weights(reported, tmp_path):
    with pytest.raises(UserError, match="no RUN is given"):
        generators.Source()
    with pytest.raises(UserError, match="a RUN and --pretrained"):
        generators.Source(reported, pretrained=True)
    assert generators.Source(reported).folder == reported
    assert generators.Source(reported / "generator.keras").folder == reported
    alone = generators.Source(Path(shutil.copy(reported / "generator.keras", tmp_path)))
    assert alone.folder is None
    with pytest.raises(UserError, match="does not tell of its run"):
        generators.facts(alone, EXAMPLE)


class Evil(layers.Layer):
    """A layer that must never be made from a file."""

    made = 0

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        Evil.made += 1

    def call(self, x):
        return x


def same_shapes(extra):
    """The example's generator with a layer more."""
    own = create_generator()
    return keras.Sequential([layers.Input((LATENT,)), *own.layers, extra], name="generator")


@pytest.mark.parametrize(
    "extra", [lambda: layers.Lambda(lambda x: x * 2), lambda: Evil(), lambda: layers.ReLU()]
)
def test_a_file_with_code_or_another_network_is_refused(extra, tmp_path):
    path = tmp_path / "generator.keras"
    same_shapes(extra()).save(path)
    made = Evil.made
    refused(path, "another network")
    assert Evil.made == made


def test_a_config_that_names_a_module_imports_nothing(reported, tmp_path, monkeypatch):
    """The file's config with a layer's class in a module that would leave a mark."""
    (tmp_path / "evil.py").write_text("open('mark', 'w')\nclass Dense: pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "generator.keras"
    with zipfile.ZipFile(reported / "generator.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["module"] = "evil"
                content = json.dumps(config)
            new.writestr(name, content)
    refused(path, "another network")
    assert not (tmp_path / "mark").exists()


def test_another_activation_one_more_file_and_nan_are_refused(reported, tmp_path):
    path = tmp_path / "generator.keras"
    other = load(reported)
    other.layers[0].activation = keras.activations.relu
    other.save(path)
    refused(path, "another network")
    shutil.copy(reported / "generator.keras", path)
    load(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("evil.pkl", pickle.dumps([1]))
    refused(path, "evil.pkl, which is no part of a saved network")
    spoilt = load(reported)
    spoilt.weights[0].assign(np.full(spoilt.weights[0].shape, np.nan))
    spoilt.save(path)
    refused(path, "NaN or infinite")


def test_pickles_and_damaged_files_are_refused(reported, tmp_path):
    whole = (reported / "generator.keras").read_bytes()
    np.savez(tmp_path / "objects.npz", np.array([{"a": 1}], dtype=object))
    for name, content in [
        ("pickle.npz", pickle.dumps([1])), ("pickle.keras", pickle.dumps([1])),
        ("half.keras", whole[: len(whole) // 2]), ("empty.npz", b""),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(content)
    for path in (*tmp_path.iterdir(), tmp_path / "no.npz"):
        refused(path, path.name.replace(".", r"\."))
