import keras
import pytest
from keras import layers
from matplotlib.patches import FancyBboxPatch

from common.figures.diagrams import TIMES, network
from tests.figures import assert_letters_apart, texts
from tests.games import EXAMPLES, module


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("judge", [False, True])
def test_every_network_can_be_drawn_and_read(example, judge):
    opponent = "critic" if example == "mnist_wgan" else "discriminator"
    create = f"create_{opponent if judge else 'generator'}"
    model = getattr(module(example, "lecture"), create)()
    figure = network(model)
    assert_letters_apart(figure)
    title, *written = texts(figure.axes[0].texts)
    assert title.startswith(f"{model.name}: {model.count_params():,} parameters")
    for layer in model.layers:
        assert type(layer).__name__ in written
        if layer.count_params():
            assert f"{layer.count_params():,}" in written


def test_network_shows_shapes_parameters_and_branches():
    noise, side = keras.Input((2, 3), name="noise"), keras.Input((1,), name="side")
    x = layers.Flatten()(noise)
    x = layers.Dense(4, activation="relu", use_bias=False)(x)  # 24 parameters
    x = layers.BatchNormalization()(x)  # 16, 8 of them statistics
    x = layers.Concatenate()([x, side])
    outputs = [layers.Dense(5)(x), layers.Dense(1200, name="wide")(x)[:, :7]]  # 30 and 7,200
    figure = network(keras.Model([noise, side], outputs, name="two"))
    (axis,) = figure.axes
    assert_letters_apart(figure)
    title, *written = texts(axis.texts)
    assert title == "two: 7,270 parameters, 8 of them not trained"
    boxes = [patch for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == 9
    expected = {'"noise"', '"side"', '"wide"', "relu", f"2 {TIMES} 3", "6", "1,200", "7,200", "30"}
    assert expected | {"GetItem", "7"} <= set(written)
    arrows = [text for text in axis.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 8
    assert all(arrow.xy[1] > arrow.xyann[1] for arrow in arrows)  # downwards: y counts from above
    # The second input is drawn beside the layer above the one that takes it.
    assert len({box.get_y() for box in boxes}) == 7
    coloured = [box for box in boxes if box.get_facecolor() != (1, 1, 1, 1)]
    assert len(coloured) == 4  # two of them in the last rows


def test_network_draws_models_within_models():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="generator")
    outer = keras.Sequential([inner, layers.Dense(1)], name="gan")
    assert {'"generator"', "gan: 11 parameters"} <= set(texts(network(outer).axes[0].texts))
