"""The PixelCNN that Spence's lecture names, in today's Keras.

`python -m beyond.pixelcnn.lecture` plays it. The lecture has one sentence on it, on its slide
"There are several types of generative networks". The network is that of van den Oord et al. 2016,
arXiv:1601.06759, whose PixelCNN has -81.30 nats. README.md tells what was chosen where they are
silent. train.py has shorter ways, and the cached generator.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.optimizers import RMSprop

from common.data import datasets
from common.likelihood import binarize, log_likelihood

FILTERS = 16  # h
BLOCKS = 7
HEAD = 32  # filters of the 1x1 convolutions before the last
BLACK = 0.0  # a black pixel's value in the images


@keras.saving.register_keras_serializable(package="gan_lectures")
class MaskedConv2D(layers.Conv2D):
    """A convolution that sees only pixels above and to the left: figure 2 of the paper.

    A mask sets to 0 what the kernel has of the pixel's own row to the right, and with mask "A" the
    pixel itself. Rows below are no part of the kernel.

    Args:
        mask: "A", of images; or "B", of features, which do not contain their own pixel.
        filters: of the result.
        size: width of the kernel, odd; its height is (size + 1) / 2.
    """

    def __init__(self, mask, filters, size, **kwargs):
        super().__init__(filters, (size // 2 + 1, size), **kwargs)
        self.mask, self.size = mask, size
        self.half = size // 2
        self.taps = np.ones((self.half + 1, size, 1, 1), "float32")
        self.taps[-1, self.half + (mask == "B") :] = 0

    def call(self, x):
        """From (batch, rows, columns, channels) to (batch, rows, columns, filters)."""
        x = ops.pad(x, ((0, 0), (self.half, 0), (self.half, self.half), (0, 0)))
        return self.activation(ops.conv(x, self.masked_kernel(), padding="valid") + self.bias)

    def masked_kernel(self):
        """The kernel, ((size + 1) / 2, size, channels, filters), 0 where the mask is."""
        kernel = ops.convert_to_tensor(self.kernel)
        return kernel * ops.cast(self.taps, kernel.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        del config["kernel_size"]
        return {**config, "mask": self.mask, "size": self.size}


@keras.saving.register_keras_serializable(package="gan_lectures")
class PlaceBias(layers.Layer):
    """Biases for each pixel by itself, which the paper has not: they tell a network where it is."""

    def build(self, input_shape):
        self.bias = self.add_weight(input_shape[1:], "zeros", name="bias")

    def call(self, x):
        """From (batch, rows, columns, channels) to the same."""
        return x + self.bias


def residual_block(x, filters, size=3):
    """Figure 5, left: what three convolutions add to features (batch, rows, columns, 2 filters)."""
    added = MaskedConv2D("B", filters, 1)(ops.relu(x))
    added = MaskedConv2D("B", filters, size)(ops.relu(added))
    return x + MaskedConv2D("B", 2 * filters, 1)(ops.relu(added))


def create_network(filters=FILTERS, blocks=BLOCKS, size=3, places=False, side=28):
    """log p(pixel | pixels before it), table 1 of the paper.

    Args:
        filters: h.
        blocks: residual ones.
        size: width of the convolutions in them.
        places: whether a PlaceBias follows the first convolution; the paper has none.
        side: of the images.

    Returns:
        A Model from images (batch, side, side, 1), pixels 0 or 1, to the logits of each pixel's
        probability to be 1 given those above and to the left of it, of the same shape; float32
        under mixed_bfloat16, too.
    """
    images = layers.Input((side, side, 1))
    x = MaskedConv2D("A", 2 * filters, 7)(images)
    if places:
        x = PlaceBias()(x)
    for _ in range(blocks):
        x = residual_block(x, filters, size)
    for _ in range(2):
        x = MaskedConv2D("B", HEAD, 1)(ops.relu(x))
    logits = MaskedConv2D("B", 1, 1, dtype=floatx())(ops.relu(x))
    return keras.Model(images, logits, name="network")


def nats(images, logits):
    """-log p(x) of each image, (batch,), 0 or more: the sum over pixels of equation 1's terms.

    Args:
        images: x, (batch, rows, columns, 1), 0 or 1.
        logits: the network's of them, of the same shape.
    """
    pixels = images.shape[1] * images.shape[2]
    return -log_likelihood(*(ops.reshape(each, (-1, pixels)) for each in (images, logits)))


def compile_network(network, learning_rate=1e-3):
    """Compile the network with the paper's optimizer and its loss, the mean of nats()."""
    network.compile(RMSprop(learning_rate), nats)
    return network


def train_step(network, images):
    """Make images (batch, 28, 28, 1) of 0 and 1 more probable; returns the loss before that."""
    return network.train_on_batch(images, images)


def draw(network, chances):
    """Draw images pixel by pixel, each by a pass through the whole network.

    Args:
        chances: (batch, rows, columns, 1), uniform on [0, 1): a pixel is 1 where its chance is
            below its probability.

    Returns:
        float32 of the same shape, 0 or 1.
    """
    images = np.zeros_like(chances, "float32")
    for row, column in np.ndindex(*images.shape[1:3]):
        probabilities = ops.sigmoid(network.predict_on_batch(images)[:, row, column])
        images[:, row, column] = binarize(probabilities, chances[:, row, column])
    return images


def main(epochs=100, batch_size=16, learning_rate=1e-3, iterations=None, seed=0):
    """Train, in each epoch at most so many iterations; returns the network."""
    keras.utils.set_random_seed(seed)
    grey = datasets.scale(datasets.load("mnist").x_train, BLACK)
    network = compile_network(create_network(), learning_rate)
    for epoch in range(epochs):
        order = np.random.permutation(len(grey))
        losses = []
        for start in range(0, len(grey) - batch_size + 1, batch_size)[:iterations]:
            batch = grey[order[start : start + batch_size]]
            images = binarize(batch, keras.random.uniform(batch.shape))  # anew in each epoch
            losses.append(train_step(network, images))
        print(f"epoch {epoch}: [{np.mean(losses):.2f} nats]")
    return network


if __name__ == "__main__":
    main()
