"""The page's generators are the Python ones: each pixel to one grey level of 255."""

import numpy as np
import pytest

from common import latent
from common.commands.generators import load_pretrained
from common.data.datasets import pixels

BLACK = {"mnist_wgan": -1, "fashion_gan": 0, "dcgan": -1, "binarized_gan": 0, "bilinear_gan": -1}
COUNT = 100
DRAW = """async ([name, noise, digits]) => {
  const generator = await lab.generators.loadGenerator(name);
  return Array.from(generator.generate(Float32Array.from(noise), Int32Array.from(digits)));
}"""


@pytest.mark.parametrize("name", BLACK)
def test_images_are_pythons_to_one_grey_level(open_page, name):
    generator = load_pretrained(name)
    noise = latent.draw_noise(5, COUNT, generator.inputs[0].shape[-1])
    digits = np.arange(COUNT, dtype="int32") % 10
    inputs = [noise, digits[:, None]] if name == "mnist_wgan" else [noise]
    expected = pixels(latent.generate(generator, *inputs), BLACK[name]).astype(int)
    page = open_page("tab=follow", "!!window.lab")
    found = page.evaluate(DRAW, [name, noise.ravel().tolist(), digits.tolist()])
    difference = np.abs(np.reshape(found, expected.shape) - expected)
    assert difference.max() <= 1
    assert np.unique(expected.reshape(COUNT, -1), axis=0).shape[0] > COUNT / 2  # not one image
