"""The cached generator against the plain way, the whole network at each pixel."""

import keras
import numpy as np
import pytest
from scipy import stats

from beyond.pixelcnn import generator, lecture
from common.runs import folders

NOISE = np.random.default_rng(0).normal(size=(2, 784)).astype("float32")


def create(*settings, seed=0):
    """A generator with weights such that neighbours matter: no image is all noise."""
    keras.utils.set_random_seed(0)
    made = generator.create_generator(*settings)
    random = np.random.default_rng(seed)
    for weight in generator.network_of(made).trainable_variables:
        weight.assign(random.normal(0, 0.5, size=weight.shape))
    return made


@pytest.mark.parametrize("settings", [(3, 2, 3), (2, 1, 7, True)])
def test_cached_digits_are_those_of_the_whole_network(settings):
    made = create(*settings)
    chances = stats.norm.cdf(NOISE).astype("float32").reshape(2, 28, 28, 1)
    expected = lecture.draw(generator.network_of(made), chances)
    assert 0.1 < expected.mean() < 0.9
    np.testing.assert_array_equal(made.predict_on_batch(NOISE), expected)
    # As often as the chances alone say, they would be others.
    assert not np.array_equal(expected, chances < expected.mean())


def test_a_pixel_is_on_with_its_probability_and_the_noises_order_is_kept():
    made = create(2, 1, 3)
    network = generator.network_of(made)
    network.set_weights([0 * weight for weight in network.get_weights()])
    network.layers[-1].bias.assign([np.log(0.3 / 0.7)])
    images = made.predict_on_batch(NOISE)
    np.testing.assert_array_equal(images.reshape(2, 784), stats.norm.ppf(0.3) > NOISE)


def test_a_saved_generator_is_loaded_as_it_was(tmp_path):
    made = create(2, 1, 5, True)
    folders.save_model(tmp_path, made, "generator")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(NOISE), made.predict_on_batch(NOISE))
    assert loaded.layers[-1].settings == {"filters": 2, "blocks": 1, "size": 5, "places": True}


def test_it_draws_in_float32_what_it_learned_in_bfloat16(tmp_path):
    exact = create(2, 1, 3)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        coarse = create(2, 1, 3)
        assert generator.network_of(coarse).layers[1].compute_dtype == "bfloat16"
        expected = exact.predict_on_batch(NOISE)
        np.testing.assert_array_equal(coarse.predict_on_batch(NOISE), expected)
        folders.save_model(tmp_path, coarse, "generator")
    finally:
        keras.config.set_dtype_policy("float32")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(NOISE), expected)
