from pathlib import Path

import numpy as np
import pytest

from common import latent
from common.commands.sample import Sampling
from common.errors import UserError


def test_generate_takes_any_number_of_inputs_in_parts():
    class Adds:
        sizes = ()

        def predict_on_batch(self, inputs):
            inputs = inputs if isinstance(inputs, list) else [inputs]
            self.sizes = (*self.sizes, len(inputs[0]))
            return sum(inputs).astype("float16")

    a, adds = np.arange(250), Adds()
    np.testing.assert_array_equal(latent.generate(adds, a, a), 2 * a)
    assert adds.sizes == (100, 100, 50)
    assert latent.generate(adds, a).dtype == np.float32


def test_noise_follows_from_the_seed():
    noise = latent.draw_noise(3, 2000, 5)
    assert noise.shape == (2000, 5) and noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.05) and noise.std() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(noise, latent.draw_noise(3, 2000, 5))
    assert not np.array_equal(noise, latent.draw_noise(4, 2000, 5))


@pytest.mark.parametrize("wrong", [{"count": 1, "show": "walk"}, {"seed": -1}, {"seed": 2**32}])
def test_impossible_settings_name_their_flag(wrong):
    with pytest.raises(UserError, match=f"--{next(iter(wrong))}"):
        Sampling(run=Path("r"), **wrong)
