"""The same networks and steps in PyTorch, written for speed as somebody at home in it would.

That is: no gradient that nobody uses, channels last in memory, fused optimizers where PyTorch has
them on a CPU, all cores, and no waiting for a loss. Images are (batch, channels, rows, columns).
Discriminators end in logits, since PyTorch's losses take those. Every network begins with the
weights of the example's own.

Each ..._step() makes an example's networks and returns (discriminator, generator, step), where
step() plays one iteration and returns its losses, tensors. It takes the batch size; compiler,
torch.compile or a function that returns its argument; bfloat16, whether to use autocast; and the
arrays of benchmarks.ports.ours.for_ports.
"""

import importlib
import itertools
import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

torch.set_num_threads(os.cpu_count())


class Apply(nn.Module):
    """A layer that calls a function of a tensor."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def to_images(size):
    """A layer from (batch, size * size * C) to (batch, C, size, size), channels last in memory."""
    return Apply(lambda x: x.view(len(x), size, size, -1).permute(0, 3, 1, 2))


def to_vectors():
    """A layer from images to vectors in Keras's order: rows, columns, channels."""
    return Apply(lambda x: x.permute(0, 2, 3, 1).flatten(1))


def bilinear_upsampling(x):
    """As bilinear_gan.lecture: pixel j of the result is the source at j / 2, the last one twice."""
    if torch.compiler.is_compiling():  # PyTorch 2.13 cannot compile padding with channels last
        doubled = functional.interpolate(x, scale_factor=2)
        x = functional.avg_pool2d(doubled, 2, stride=1, padding=1, count_include_pad=False)
        return x[:, :, 1:, 1:]
    size = 2 * x.shape[-1] - 1
    x = functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=True)
    return functional.pad(x, (0, 1, 0, 1), mode="replicate")


def convolution(channels, maps, kernel, padding, slope, dropout, stride=2):
    """Layers of a discriminator; padding is (left, right, top, bottom): "same" may be lopsided."""
    convolve = nn.Conv2d(channels, maps, kernel, stride)
    return nn.ZeroPad2d(padding), convolve, nn.LeakyReLU(slope), nn.Dropout(dropout)


def upsampled(channels, maps):
    """Transposed convolution with stride 2, cut to twice the rows and columns as Keras does."""
    convolve = nn.ConvTranspose2d(channels, maps, 5, 2, padding=1)
    return convolve, Apply(lambda x: x[:, :, :-1, :-1])


def normalised(features, kind=nn.BatchNorm2d):
    """Keras's momentum, 0.99, is the old mean's share; PyTorch's is the new one's."""
    return kind(features, eps=1e-3, momentum=0.01)


def mnist_critic():
    """Images to the status and the ten classes' logits, (batch, 11)."""
    return nn.Sequential(
        *convolution(1, 64, 5, (1, 2, 1, 2), 0.2, 0.4),  # 14 rows and columns
        *convolution(64, 128, 5, (1, 2, 1, 2), 0.2, 0.4),  # 7
        *convolution(128, 256, 5, (2, 2, 2, 2), 0.2, 0.4),  # 4
        *convolution(256, 512, 5, (2, 2, 2, 2), 0.2, 0.4, stride=1),
        to_vectors(),
        nn.Linear(4 * 4 * 512, 1 + 10),
    )


class MnistGenerator(nn.Module):
    """Noise (batch, 100) and digits (batch,) to images."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 100)
        layers = [nn.Linear(100, 7 * 7 * 256), nn.LeakyReLU(0.3), to_images(7)]
        for channels, maps, size in ((256, 128, 2), (128, 64, 2), (64, 32, 1), (32, 1, 1)):
            if size > 1:
                layers.append(nn.Upsample(scale_factor=size))
            layers += [nn.ConvTranspose2d(channels, maps, 5, padding=2), nn.LeakyReLU(0.3)]
        self.layers = nn.Sequential(*layers)

    def forward(self, noise, digits):
        return self.layers(noise * self.embedding(digits))


def dense(*layers):
    """Linear layers and what stands between them: an int is a Linear's outputs, the first inputs.

    dense(784, 150, nn.SELU(), 1) is Linear(784, 150), SELU(), Linear(150, 1).
    """
    inputs, *layers = layers
    made = []
    for layer in layers:
        if isinstance(layer, int):
            made.append(nn.Linear(inputs, layer))
            inputs = layer
        else:
            made.append(layer)
    return nn.Sequential(*made)


def fashion_networks():
    """Discriminator and generator."""
    return (
        nn.Sequential(nn.Flatten(), dense(784, 150, nn.SELU(), 100, nn.SELU(), 1)),
        dense(30, 100, nn.SELU(), 150, nn.SELU(), 784, nn.Sigmoid(), to_images(28)),
    )


def dcgan_networks():
    """Discriminator and generator."""
    discriminator = nn.Sequential(
        *convolution(1, 64, 5, (1, 2, 1, 2), 0.2, 0.4),  # 14 rows and columns
        *convolution(64, 128, 5, (1, 2, 1, 2), 0.2, 0.4),  # 7
        to_vectors(),
        nn.Linear(7 * 7 * 128, 1),
    )
    generator = nn.Sequential(
        *(nn.Linear(100, 7 * 7 * 128), to_images(7), normalised(128)),
        *(*upsampled(128, 64), nn.SELU(), normalised(64)),  # 14
        *(*upsampled(64, 1), nn.Tanh()),  # 28
    )
    return discriminator, generator


def binarized_networks():
    """Discriminator, to the two units under the softmax, and generator."""
    return (
        nn.Sequential(nn.Flatten(), dense(784, 500, nn.Tanh(), 2, nn.Tanh())),
        dense(28, 500, nn.Tanh(), 784, nn.Sigmoid(), to_images(28)),
    )


def bilinear_networks():
    """Discriminator and generator."""
    discriminator = nn.Sequential(
        *convolution(1, 64, 3, (0, 1, 0, 1), 0.3, 0.3),
        *convolution(64, 128, 5, (1, 2, 1, 2), 0.3, 0.3),
        to_vectors(),
        nn.Linear(7 * 7 * 128, 1),
    )
    leaky, upsample = nn.LeakyReLU(0.3), Apply(bilinear_upsampling)
    generator = nn.Sequential(
        *(nn.Linear(100, 14_400), normalised(14_400, nn.BatchNorm1d), leaky, to_images(12)),
        *(nn.Conv2d(100, 128, 3), normalised(128), leaky, upsample),  # 10, then 20
        *(nn.Conv2d(128, 64, 3), normalised(64), leaky, upsample),  # 18, then 36
        *(nn.Conv2d(64, 32, 5), normalised(32), leaky),  # 32
        nn.Conv2d(32, 1, 5),  # 28
    )
    return discriminator, generator


def distribution_networks():
    """Discriminator and generator."""
    last = nn.Linear(1000, 1, bias=False)
    return (
        dense(1, 100, nn.ReLU(), 50, nn.ReLU(), 1),
        dense(10, 50, nn.ReLU(), 1000, nn.ReLU(), last, nn.Tanh(), Apply(lambda x: 0.5 * x)),
    )


NETWORKS = {
    "mnist_wgan": lambda: (mnist_critic(), MnistGenerator()),
    "fashion_gan": fashion_networks,
    "dcgan": dcgan_networks,
    "binarized_gan": binarized_networks,
    "bilinear_gan": bilinear_networks,
    "distribution_gan": distribution_networks,
}


def networks(example):
    """Return an example's (discriminator, generator) with the weights that its own begin with."""
    lecture = importlib.import_module(f"{example}.lecture")
    create = lecture.create_critic if example == "mnist_wgan" else lecture.create_discriminator
    originals = create(), lecture.create_generator()
    pair = NETWORKS[example]()
    for original, network in zip(originals, pair, strict=True):
        copy_weights(original, network)
        network.to(memory_format=torch.channels_last)
    return pair


def copy_weights(keras_model, network):
    """Copy a Keras model's weights into a network with the same layers in the same order."""
    arrays = keras_model.get_weights()
    if keras_model.name == "critic":  # its two heads, the last layers, are one layer here
        heads = [keras_model.get_layer(name).get_weights() for name in ("status", "class")]
        arrays[-4:] = [np.concatenate(pair, axis=-1) for pair in zip(*heads, strict=True)]
    arrays = iter(arrays)
    for module in network.modules():
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is None or name == "num_batches_tracked":
                continue
            array = next(arrays)
            if array.ndim == 4:  # Keras: rows, columns, in, out; transposed: rows, columns, out, in
                array = array.transpose(3, 2, 0, 1)
            elif isinstance(module, nn.Linear):
                array = array.T
            tensor.data.copy_(torch.from_numpy(array.copy()))


def batches(batch_size, *arrays):
    """Yield shuffled batches without end, a list of tensors each."""
    tensors = [torch.from_numpy(array) for array in arrays]
    while True:
        for picked in torch.randperm(len(tensors[0])).split(batch_size):
            if len(picked) == batch_size:
                yield [tensor[picked] for tensor in tensors]


def update(optimizer, loss_function, *inputs, bfloat16=False):
    """One step of an optimizer; returns the loss."""
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        loss = loss_function(*inputs)
    loss.backward()
    optimizer.step()
    return loss.detach()


def channels_first(images):
    """(N, 28, 28, 1) to (N, 1, 28, 28): with one channel the same numbers in the same order."""
    return images.reshape(len(images), 1, 28, 28)


def mnist_wgan_step(batch_size, compiler, bfloat16, images, labels):
    """A critic update: clip, real images, fakes."""
    critic, generator = networks("mnist_wgan")
    optimizer = torch.optim.RMSprop(critic.parameters(), 5e-5, alpha=0.9, foreach=True)
    real_batches = batches(batch_size, channels_first(images), labels[:, 0].astype("int64"))
    draw_fakes = compiler(generator)

    @compiler
    def loss(images, digits, target):
        answers = critic(images).float()
        classes = functional.softmax(answers[:, 1:], dim=1).clamp(1e-7, 1 - 1e-7)
        return target * answers[:, 0].mean() + functional.nll_loss(classes.log(), digits)

    def step():
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.clamp_(-0.01, 0.01)
        d_true = update(optimizer, loss, *next(real_batches), -1.0, bfloat16=bfloat16)
        noise, digits = torch.randn(batch_size, 100), torch.randint(10, (batch_size,))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            fakes = draw_fakes(noise, digits)
        return d_true, update(optimizer, loss, fakes, digits, 1.0, bfloat16=bfloat16)

    return critic, generator, step


def two_phases(example, optimizer, draw_noise, batch_size, compiler, data):
    """fashion_gan, dcgan and distribution_gan: fakes and reals in one batch, then new fakes.

    Args:
        example: one of them.
        optimizer: function from parameters to an optimizer.
        draw_noise: function without arguments.
        data: float32 (N, ...).
    """
    discriminator, generator = networks(example)
    of_discriminator = optimizer(discriminator.parameters())
    of_generator = optimizer(generator.parameters())
    real_batches = batches(batch_size, data)
    called_real = torch.ones(batch_size, 1)
    targets = torch.cat([torch.zeros(batch_size, 1), called_real])
    draw_fakes = compiler(generator)

    @compiler
    def discriminator_loss(fakes, reals):
        return cross_entropy(discriminator(torch.cat([fakes, reals])), targets)

    @compiler
    def generator_loss(noise):
        return cross_entropy(discriminator(generator(noise)), called_real)

    def step():
        generator.eval()  # dcgan's fakes are made with BatchNorm's moving statistics
        with torch.no_grad():
            fakes = draw_fakes(draw_noise())
        discriminator.requires_grad_(True)
        d_loss = update(of_discriminator, discriminator_loss, fakes, *next(real_batches))
        generator.train()
        discriminator.requires_grad_(False)
        return d_loss, update(of_generator, generator_loss, draw_noise())

    return discriminator, generator, step


def rmsprop(parameters):
    """The "rmsprop" of fashion_gan and dcgan."""
    return torch.optim.RMSprop(parameters, 1e-3, alpha=0.9, eps=1e-7, foreach=True)


def fashion_gan_step(batch_size, compiler, bfloat16, images):
    """See two_phases()."""
    draw = lambda: torch.randn(batch_size, 30)  # noqa: E731
    return two_phases("fashion_gan", rmsprop, draw, batch_size, compiler, channels_first(images))


def dcgan_step(batch_size, compiler, bfloat16, images):
    """See two_phases()."""
    draw = lambda: torch.randn(batch_size, 100)  # noqa: E731
    return two_phases("dcgan", rmsprop, draw, batch_size, compiler, channels_first(images))


def distribution_gan_step(batch_size, compiler, bfloat16, values):
    """See two_phases()."""
    sgd = lambda parameters: torch.optim.SGD(parameters, 0.5, fused=True)  # noqa: E731
    draw = lambda: torch.rand(batch_size, 10)  # noqa: E731
    return two_phases("distribution_gan", sgd, draw, batch_size, compiler, values)


def binarized_gan_step(batch_size, compiler, bfloat16, images):
    """Both updates on the same noise, then both losses."""
    discriminator, generator = networks("binarized_gan")
    of_discriminator = torch.optim.Adam(discriminator.parameters(), fused=True)
    of_generator = torch.optim.Adam(generator.parameters(), fused=True)
    images = torch.from_numpy(channels_first(images))
    whole = len(images) // batch_size * batch_size
    real_batches = itertools.cycle(images[:whole].split(batch_size))  # not shuffled
    draw_fakes = compiler(generator)

    @compiler
    def discriminator_loss(reals, fakes):
        log_p = functional.log_softmax(discriminator(torch.cat([reals, fakes])), dim=1)
        return -log_p[:batch_size, 0].mean() - log_p[batch_size:, 1].mean()

    @compiler
    def generator_loss(noise):
        return -functional.log_softmax(discriminator(generator(noise)), dim=1)[:, 0].mean()

    @compiler
    def both_losses(reals, noise):
        fakes = generator(noise)
        log_p = functional.log_softmax(discriminator(torch.cat([reals, fakes])), dim=1)
        g_loss = -log_p[batch_size:, 0].mean()
        return -log_p[:batch_size, 0].mean() - log_p[batch_size:, 1].mean(), g_loss

    def step():
        reals, noise = next(real_batches), torch.randn(batch_size, 28)
        with torch.no_grad():
            fakes = draw_fakes(noise)
        discriminator.requires_grad_(True)
        update(of_discriminator, discriminator_loss, reals, fakes)
        discriminator.requires_grad_(False)
        update(of_generator, generator_loss, noise)
        with torch.no_grad():
            return both_losses(reals, noise)

    return discriminator, generator, step


def bilinear_gan_step(batch_size, compiler, bfloat16, images):
    """Both gradients from the same weights; one Adam each, which is cheaper than new ones."""
    discriminator, generator = networks("bilinear_gan")
    discriminator.eval()  # as the post's code calls both networks
    generator.eval()
    of_discriminator = torch.optim.Adam(discriminator.parameters(), fused=True)
    of_generator = torch.optim.Adam(generator.parameters(), fused=True)
    real_batches = batches(batch_size, channels_first(images))

    @compiler
    def losses(reals, noise):
        real, fake = discriminator(reals), discriminator(generator(noise))
        called_fake = cross_entropy(fake, torch.zeros_like(fake))
        return cross_entropy(real, torch.ones_like(real)) + called_fake, -called_fake

    weights_of_d, weights_of_g = [*discriminator.parameters()], [*generator.parameters()]

    def step():
        d_loss, g_loss = losses(*next(real_batches), torch.randn(batch_size, 100))
        gradients = torch.autograd.grad(d_loss, weights_of_d, retain_graph=True)
        for weight, gradient in zip(weights_of_d, gradients, strict=True):
            weight.grad = gradient.clamp_(-1, 1)
        gradients = torch.autograd.grad(g_loss, weights_of_g)
        for weight, gradient in zip(weights_of_g, gradients, strict=True):
            weight.grad = gradient
        of_discriminator.step()
        of_generator.step()
        return d_loss.detach(), g_loss.detach()

    return discriminator, generator, step


STEPS = {
    "mnist_wgan": mnist_wgan_step,
    "fashion_gan": fashion_gan_step,
    "dcgan": dcgan_step,
    "binarized_gan": binarized_gan_step,
    "bilinear_gan": bilinear_gan_step,
    "distribution_gan": distribution_gan_step,
}
