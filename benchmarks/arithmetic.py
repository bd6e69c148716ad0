"""Counts the multiply-adds that a step cannot do without, by walking the networks' layers.

Counted are dense layers and convolutions, the forward pass and both gradients; not the elementwise
rest, which takes memory's time rather than the multipliers'. Two things in them are no use and not
counted: taps of a kernel that only ever touch padding, and taps that touch the same source pixel
after an upsampling without weights, since those can be summed before they are multiplied.
"""

import functools
import importlib
import math

from keras import layers


def pairs(kernel, stride, padding, inputs, outputs, sources=None):
    """Count the pairs of an output and a source pixel that a convolution joins along one axis.

    Args:
        kernel, stride: of the convolution, along this axis.
        padding: "same" or "valid".
        inputs, outputs: pixels along the axis.
        sources: for each input the set of source pixels that it is made of; None: itself.
    """
    sources = sources or [{pixel} for pixel in range(inputs)]
    whole = (outputs - 1) * stride + kernel  # pixels, with padding
    before = max(whole - inputs, 0) // 2 if padding == "same" else 0
    joined = set()
    for output in range(outputs):
        for pixel in range(output * stride - before, output * stride - before + kernel):
            if 0 <= pixel < inputs:
                joined |= {(output, source) for source in sources[pixel]}
    return len(joined)


def transposed_pairs(kernel, stride, padding, inputs, outputs, sources=None):
    """The same for a transposed convolution: one from its outputs back to its inputs."""
    if sources is None:
        return pairs(kernel, stride, padding, outputs, inputs)
    if stride > 1:
        raise ValueError("no network has a strided transposed convolution after an upsampling")
    # With stride 1 it is a convolution with the kernel turned around.
    return pairs(kernel, 1, padding, inputs, outputs, sources)


def of_layers(model):
    """Yield, for each layer with weights, its multiply-adds for one element forward.

    Either gradient of such a layer takes as many again.
    """
    sources = None  # of the pixels that come next, where an upsampling without weights made them
    for layer in model.layers:
        if isinstance(layer, layers.UpSampling2D):
            sources = [{pixel // 2} for pixel in range(2 * layer.input.shape[1])]
        elif isinstance(layer, layers.AveragePooling2D):  # of 2, with stride 1: two neighbours
            sources = [a | b for a, b in zip(sources, [*sources[1:], set()], strict=True)]
        elif isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
            count = transposed_pairs if isinstance(layer, layers.Conv2DTranspose) else pairs
            _, rows, _, channels = layer.input.shape  # images here are squares
            _, output_rows, _, maps = layer.output.shape
            kernel, stride = layer.kernel_size[0], layer.strides[0]
            along = count(kernel, stride, layer.padding, rows, output_rows, sources)
            yield along**2 * channels * maps
            sources = None
        elif isinstance(layer, layers.Dense):
            yield layer.input.shape[-1] * math.prod(layer.output.shape[1:])
        elif layer.weights:  # BatchNorm, embedding
            yield 0


def forward(model):
    """Multiply-adds of a network's answer to one element, or of the gradient with respect to it."""
    return sum(of_layers(model))


def gradient_of_weights(model):
    """Multiply-adds of the weights' gradient for one element, after its forward pass.

    A layer's inputs need a gradient only where weights come before it.
    """
    first, *others = of_layers(model)
    return first + 2 * sum(others)


@functools.cache
def step(example, batch_size):
    """Multiply-adds of a step: an iteration of an example, a critic update of mnist_wgan.

    Args:
        example: name of its folder.
        batch_size: real elements in a batch, and fakes.
    """
    lecture = importlib.import_module(f"{example}.lecture")
    generator = lecture.create_generator()
    if example == "mnist_wgan":
        critic = lecture.create_critic()
        learn = forward(critic) + gradient_of_weights(critic)
        return batch_size * (2 * learn + forward(generator))
    discriminator = lecture.create_discriminator()
    # The discriminator learns from reals and fakes, the generator through the discriminator.
    judge = 2 * (forward(discriminator) + gradient_of_weights(discriminator))
    through = 2 * forward(discriminator)
    learn = forward(generator) + gradient_of_weights(generator)
    if example == "bilinear_gan":  # both from one gradient, which goes on through D's first layer
        return batch_size * (judge + next(of_layers(discriminator)) + learn)
    if example == "binarized_gan":  # the fakes for both; then its losses of reals and fakes anew
        after = forward(generator) + 2 * forward(discriminator)
        return batch_size * (judge + through + learn + after)
    return batch_size * (forward(generator) + judge + through + learn)
