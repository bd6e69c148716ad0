import pytest
from keras import Sequential, layers

from benchmarks import arithmetic
from bilinear_gan import lecture as bilinear_gan
from bilinear_gan.lecture import bilinear_upsampling
from mnist_wgan.lecture import create_critic, create_generator
from tests.games import EXAMPLES


def forward(shape, *stack):
    return arithmetic.forward(Sequential([layers.Input(shape), *stack]))


def test_dense_is_inputs_times_outputs_at_each_place():
    assert forward((7,), layers.Dense(3)) == 21
    assert forward((5, 7), layers.Dense(3)) == 5 * 21


def test_same_padding_counts_only_taps_on_the_image():
    """Five taps on four pixels: the outputs see 3, 4, 4 and 3 of them, 14 of 20."""
    assert forward((4, 4, 1), layers.Conv2D(1, 5, padding="same")) == 196
    assert forward((4, 4, 3), layers.Conv2D(2, 5, padding="same")) == 6 * 196
    assert forward((4, 4, 1), layers.Conv2D(1, 3)) == 4 * 9  # "valid": no padding


def test_with_stride_2_the_windows_at_the_edges_miss_pixels():
    """Of 28 pixels padded by 1 and 2 the first window misses one, the last two: 14 * 5 - 3."""
    assert forward((28, 28, 1), layers.Conv2D(1, 5, strides=2, padding="same")) == 67**2
    # Seven pixels, padded by 2 and 2.
    assert forward((7, 7, 1), layers.Conv2D(1, 5, strides=2, padding="same")) == 16**2


def test_a_transposed_convolution_is_a_convolution_backwards():
    layer = layers.Conv2DTranspose(1, 5, strides=2, padding="same")
    assert forward((14, 14, 1), layer) == 67**2
    assert forward((4, 4, 1), layers.Conv2DTranspose(1, 5, padding="same")) == 196


@pytest.mark.parametrize("convolution", [layers.Conv2D, layers.Conv2DTranspose])
def test_nearest_upsampling_leaves_three_taps_of_five(convolution):
    """Two sources are in sight of each output at either end, three of the others."""
    for size, along_an_axis in [(2, 4 * 2), (10, 20 * 3 - 4)]:
        stack = layers.UpSampling2D(2), convolution(1, 5, padding="same")
        assert forward((size, size, 1), *stack) == along_an_axis**2


def test_bilinear_upsampling_leaves_the_source_pixels_in_sight():
    """Three taps on a, (a+b)/2, b, (b+c)/2, c, c: two or three source pixels, in turn."""
    assert forward((3, 3, 1), *bilinear_upsampling(), layers.Conv2D(1, 3)) == (2 + 3 + 2 + 2) ** 2


def test_the_first_layer_owes_its_inputs_no_gradient():
    model = Sequential([layers.Input((7,)), layers.Dense(3), layers.Dense(2)])
    assert arithmetic.gradient_of_weights(model) == 21 + 2 * 6


def test_the_critics_layers_take_what_counting_by_hand_gives():
    convolutions = [67**2 * 64, 32**2 * 64 * 128, 16**2 * 128 * 256, 14**2 * 256 * 512]
    counted = list(arithmetic.of_layers(create_critic()))
    assert counted[:4] == convolutions and sum(counted[4:]) == 8192 * (1 + 10)


def test_a_critic_update_takes_what_the_networks_take():
    """Two batches through the critic and back, one through the generator: 50.6 GFLOP.

    104.7 GFLOP with every tap of the slides' layers, 53 with the padding around the generator's.
    """
    flop = 2 * arithmetic.step("mnist_wgan", 64)
    assert flop == pytest.approx(50.6e9, rel=0.01)
    # The generator's embedding has no products; its first Dense passes a gradient on to it.
    first, second, *others = arithmetic.of_layers(create_generator())
    assert (first, second) == (0, 100 * 12_544) and len(others) == 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_step_grows_with_the_batch(example):
    assert arithmetic.step(example, 6) == 6 * arithmetic.step(example, 1) > 0


def test_a_dense_step_trains_d_on_two_batches_and_g_through_d():
    """D learns from two, G's image is drawn twice and once goes back through D into G."""
    d, g = 784 * 150 + 150 * 100 + 100, 30 * 100 + 100 * 150 + 150 * 784
    learn_d, learn_g = 3 * d - 784 * 150, 3 * g - 30 * 100
    assert arithmetic.step("fashion_gan", 1) == g + 2 * learn_d + 2 * d + learn_g


def test_binarized_gans_step_takes_both_losses_anew():
    """D learns from two; G's image goes through D and back; after both updates the losses of two
    are taken anew."""
    d, g = 784 * 500 + 500 * 2, 28 * 500 + 500 * 784
    learn_d, learn_g = 3 * d - 784 * 500, 3 * g - 28 * 500
    assert arithmetic.step("binarized_gan", 1) == 2 * learn_d + 2 * d + learn_g + g + 2 * d


def test_bilinear_gans_step_has_one_gradient_for_both_networks():
    """One gradient serves both: from D's first layer it goes on into the fakes."""
    discriminator, generator = bilinear_gan.create_discriminator(), bilinear_gan.create_generator()
    first = 41**2 * 64  # 3x3 with stride 2 on 28 pixels: the last window misses one, 14 * 3 - 1
    d, g = arithmetic.forward(discriminator), arithmetic.forward(generator)
    learn_d, learn_g = 3 * d - first, 3 * g - 100 * 12 * 12 * 100
    assert arithmetic.step("bilinear_gan", 1) == 2 * learn_d + first + learn_g
