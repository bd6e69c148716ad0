"""The networks, and the losses by hand."""

import keras
import numpy as np
import pytest

from beyond.cycle_gan import lecture
from tests.games import in_float64


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def images(count=3):
    """Random images of two domains."""
    random = np.random.default_rng(0)
    x, y = random.uniform(-1, 1, (2, count, 28, 28, 1)).astype("float32")
    return x, y**3


def test_each_translator_goes_one_way():
    x, y = images()
    generator = lecture.create_generator()
    fake_y, fake_x = map(np.asarray, generator([x, y]))
    for fake in (fake_y, fake_x):
        assert fake.shape == x.shape and np.abs(fake).max() <= 1
    np.testing.assert_array_equal(fake_y, generator.get_layer("x_to_y")(x))
    np.testing.assert_array_equal(fake_x, generator.get_layer("y_to_x")(y))
    weights = [np.asarray(w) for w in generator.get_layer("x_to_y").weights]
    others = [np.asarray(w) for w in generator.get_layer("y_to_x").weights]
    assert not np.array_equal(weights[0], others[0])


def test_a_judge_has_an_answer_for_each_of_49_patches_of_18_pixels():
    judge = lecture.create_judge("judge")
    assert judge(images()[0]).shape == (3, 7, 7, 1)
    middle = np.zeros((1, 28, 28, 1), "float32")
    # Normalisation sees all of an image, so its place is taken by one that sees nothing of it.
    seen = set()
    for layer in judge.layers:
        if isinstance(layer, keras.layers.GroupNormalization):
            layer.call = lambda x: x
    base = np.asarray(judge(middle))[0, 3, 3, 0]
    for row in range(28):
        changed = middle.copy()
        changed[0, row] = 1
        if np.asarray(judge(changed))[0, 3, 3, 0] != base:
            seen.add(row)
    assert len(seen) == 18 and max(seen) - min(seen) == 17


def test_convolutions_are_normalised_for_each_image_and_channel():
    x, _ = images()
    inputs = keras.Input((28, 28, 1))
    made = np.asarray(keras.Model(inputs, lecture.convolve(inputs, 4))(x))
    np.testing.assert_allclose(made.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(made.std(axis=(1, 2)), 1, atol=0.03)


@pytest.mark.parametrize("identity", [5.0, 0.0])
def test_losses_by_hand(identity):
    with in_float64():
        x, y = images()
        generator, discriminator = lecture.create_generator(), lecture.create_discriminator()
        gan = lecture.create_gan(generator, discriminator, identity=identity)
        there, back = generator.get_layer("x_to_y"), generator.get_layer("y_to_x")
        judges = [discriminator.get_layer(f"judge_{name}") for name in "xy"]
        fake_y, fake_x = there(x), back(y)

        def far(a, b):
            return np.abs(np.asarray(a) - b).mean()

        def squares(judge, faces, target):
            return ((np.asarray(judge(faces)) - target) ** 2).mean()

        fooled = squares(judges[0], fake_x, 1) + squares(judges[1], fake_y, 1)
        cycle = far(back(fake_y), x) + far(there(fake_x), y)
        same = far(there(y), y) + far(back(x), x)
        told = sum(
            (squares(judge, fake, 0) + squares(judge, real, 1)) / 2
            for judge, fake, real in zip(judges, (fake_x, fake_y), (x, y), strict=True)
        )
        assert lecture.train_discriminator(gan, x, y) == pytest.approx(told, rel=1e-6)
        fooled = squares(judges[0], fake_x, 1) + squares(judges[1], fake_y, 1)  # now
        g = lecture.train_generator(gan, x, y)
        assert g["loss"] == pytest.approx(fooled + 10 * cycle + identity * same, rel=1e-6)
        assert g["again_x_loss"] + g["again_y_loss"] == pytest.approx(cycle, rel=1e-6)
        assert ("same_x_loss" in g) == (identity > 0)
