"""Gale and Eglen's batch equalisation, in today's Keras: a generator makes batches look alike.

`python -m beyond.batch_equalisation.lecture` plays it. The slides "Problem: How to control
variance?" and "Batch Equalisation" have words only and name Qian et al. 2020, Bioinformatics 36,
i875-i883. Of that paper only the abstract was read here: it has a StarGAN. README.md tells what was
chosen where the slides are silent.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.config import floatx
from keras.initializers import RandomUniform
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import Adam

from beyond.batch_equalisation import experimenters
from common.data import datasets

BLACK = -1.0  # a black pixel's value in the images of all networks
EXPERIMENTERS = len(experimenters.NAMES)
REFERENCE = 0  # the experimenter whom the others are to look like
FILTERS = 32
UNIT = 16  # pixels of a map's number 1
KEEP = 10.0  # weight of the reconstruction


def convolve(x, filters, strides=1, size=3):
    """A convolution of features (batch, rows, columns, channels), with leaky rectifiers."""
    x = layers.Conv2D(filters, size, strides=strides, padding="same")(x)
    return layers.LeakyReLU(0.2)(x)


def create_generator(experimenters=EXPERIMENTERS, filters=FILTERS, name="generator"):
    """A network from an image and a number of an experimenter to another image.

    The generator equalises: the number tells who recorded the image. What the reference recorded
    stays as it is.

    Returns:
        A Model from [images (batch, 28, 28, 1) in [-1, 1], int32 (batch, 1)] to such images.
    """
    images = layers.Input((28, 28, 1), name="image")
    numbers = layers.Input((1,), dtype="int32", name="experimenter")
    known = layers.Embedding(experimenters, 28 * 28 * 4)(numbers)  # of each pixel by itself
    x = Move(experimenters, dtype=floatx())([images, numbers])
    x = layers.Concatenate()([x, layers.Reshape((28, 28, 4))(known)])
    wide = convolve(x, filters // 2)
    half = convolve(wide, filters, 2)
    x = convolve(half, 2 * filters, 2)
    x = layers.Add()([x, convolve(x, 2 * filters)])
    x = convolve(layers.Concatenate()([layers.UpSampling2D()(x), half]), filters // 2)
    x = convolve(layers.Concatenate()([layers.UpSampling2D()(x), wide]), filters // 2)
    x = layers.Conv2D(1, 3, padding="same", dtype=floatx())(x)
    x = Grey(dtype=floatx())(x)
    return keras.Model([images, numbers], Stay(dtype=floatx())([images, numbers, x]), name=name)


def create_decoder(experimenters=EXPERIMENTERS):
    """The way back: such a network, half as wide, from an equalised image to its recording."""
    return create_generator(experimenters, FILTERS // 2, "decoder")


@keras.saving.register_keras_serializable(package="gan_lectures")
class Move(layers.Layer):
    """Moves what an experimenter recorded by an affine map, learned for each: convolutions of a few
    pixels cannot set slanted digits upright.

    Args:
        experimenters: how many.
    """

    def __init__(self, experimenters, **kwargs):
        super().__init__(**kwargs)
        self.experimenters = experimenters

    def build(self, input_shape):
        self.maps = self.add_weight(
            (self.experimenters, 2, 3), RandomUniform(-0.02, 0.02), name="maps"
        )

    def call(self, inputs):
        """From [images (batch, 28, 28, 1), numbers (batch, 1)] to such images."""
        images, numbers = inputs
        across, down = ops.unstack(ops.take(self.maps, numbers[:, 0], axis=0), axis=1)
        images = shift_columns(images[..., 0], across)
        images = ops.transpose(shift_columns(ops.transpose(images, (0, 2, 1)), down), (0, 2, 1))
        return images[..., None]

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "experimenters": self.experimenters}


def shift_columns(images, maps):
    """Fetch each pixel from another place of its row, between two pixels by their weighted mean.

    Args:
        images: (batch, 28, 28).
        maps: (batch, 3): how far to the right the place lies, how much further at the lower edge
            than in the middle, and how much further at the right edge, all in UNITs.
    """
    columns = ops.arange(28, dtype=floatx())
    edge = (columns - 13.5) / 13.5  # -1 to 1
    basis = ops.stack([ops.ones((28, 28)), *ops.meshgrid(edge, edge, indexing="ij")], axis=-1)
    places = ops.clip(columns + UNIT * ops.einsum("bk,rck->brc", maps, basis), 0, 27)
    weights = ops.relu(1 - ops.abs(places[..., None] - columns))  # (batch, row, to, from)
    return ops.einsum("brtf,brf->brt", weights, images)


@keras.saving.register_keras_serializable(package="gan_lectures")
class Grey(layers.Layer):
    """Makes real numbers the 256 grey values of a file, in [-1, 1], or the discriminator would tell
    what is equalised by grounds that are not quite black. The slope is as if nothing was rounded.
    """

    def call(self, x):
        """From numbers to grey values of the same shape."""
        smooth = 1.1 * ops.tanh(x)  # reaches black and white
        levels = ops.round((ops.clip(smooth, -1, 1) + 1) * 127.5) / 127.5 - 1
        return smooth + ops.stop_gradient(levels - smooth)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="gan_lectures")
class Stay(layers.Layer):
    """What the reference recorded stays as it is."""

    def call(self, inputs):
        """Of images, numbers (batch, 1) and other images, the images where the number is 0."""
        images, numbers, others = inputs
        return choose(ops.equal(numbers, REFERENCE), images, others)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


def create_discriminator(experimenters=EXPERIMENTERS, filters=FILTERS):
    """A Model from images (batch, 28, 28, 1) to logits (batch, experimenters): whose is it?"""
    images = layers.Input((28, 28, 1))
    x = convolve(images, filters // 2)
    x = convolve(x, filters, 2)
    x = convolve(x, 2 * filters, 2)
    x = convolve(x, 2 * filters)
    x = layers.LeakyReLU(0.2)(layers.Dense(128)(layers.Flatten()(x)))
    x = layers.Dense(experimenters, dtype=floatx())(x)
    return keras.Model(images, x, name="discriminator")


def cross_entropy():
    """-log p(experimenter | image), of logits."""
    return SparseCategoricalCrossentropy(from_logits=True)


def adam(learning_rate):
    """Adam as GANs of images have it; 0.5 is that of Radford et al., arXiv:1511.06434."""
    return Adam(learning_rate, beta_1=0.5)


def create_gan(generator, decoder, discriminator, d_rate=4e-4, g_rate=2e-4, keep=KEEP):
    """Compile the networks; returns the generator with the two others around it.

    Its loss is that of images whose recorder the discriminator should take for the reference, and
    `keep` times how far they are from themselves when they went there and back, a mean over pixels
    in [-1, 1]: recordings by generator and decoder, the reference's by decoder and generator, as if
    one of the others had recorded them. The discriminator learns faster, for it has to find what is
    left (Heusel et al., arXiv:1706.08500).
    """
    discriminator.compile(adam(d_rate), cross_entropy())
    discriminator.trainable = False
    images = layers.Input((28, 28, 1), name="image")
    numbers, others = (layers.Input((1,), dtype="int32", name=x) for x in ("experimenter", "other"))
    there = ops.equal(numbers, REFERENCE)  # these need no equalising
    imitated = ops.stop_gradient(decoder([images, others]))
    recorders = ops.where(there, others, numbers)
    restored = generator([choose(there, imitated, images), recorders])
    equalised = choose(there, images, restored)
    again = choose(there, restored, decoder([restored, recorders]))
    outputs = {"answers": discriminator(equalised), "again": again}
    gan = keras.Model([images, numbers, others], outputs, name="gan")
    losses = {"answers": cross_entropy(), "again": "mean_absolute_error"}
    gan.compile(adam(g_rate), losses, {"answers": 1.0, "again": keep})
    return gan


def choose(which, these, those):
    """Of two batches of images the one's where `which`, bools (batch, 1), else the other's."""
    return ops.where(which[:, :, None, None], these, those)


def train_discriminator(gan, images, numbers):
    """Teach it to tell who recorded what is equalised; returns the loss before the update.

    Args:
        images: (batch, 28, 28, 1), as they were recorded.
        numbers: int32 (batch, 1), of the experimenters who did.
    """
    generator, discriminator = gan.get_layer("generator"), gan.get_layer("discriminator")
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    return discriminator.train_on_batch(generator([images, numbers]), numbers)


def train_generator(gan, images, numbers, others):
    """Teach generator and decoder; returns the loss before the update and its two parts.

    Args:
        images, numbers: see train_discriminator().
        others: int32 (batch, 1), whom to imitate where the number is the reference's, 1 or more.
    """
    gan.get_layer("discriminator").trainable = False
    targets = {"answers": ops.full_like(numbers, REFERENCE), "again": images}
    return gan.train_on_batch([images, numbers, others], targets, return_dict=True)


def main(epochs=20, batch_size=64, iterations=None, seed=0):
    """Play the game, of each epoch at most so many iterations; returns the three networks."""
    keras.utils.set_random_seed(seed)
    recordings, numbers = experimenters.record_each_once(datasets.load("mnist").x_train)
    images, numbers = datasets.scale(recordings, BLACK), numbers[:, None].astype("int32")
    networks = create_generator(), create_decoder(), create_discriminator()
    gan = create_gan(*networks)
    for epoch in range(epochs):
        order = np.random.permutation(len(images))
        for start in range(0, len(images) - batch_size + 1, batch_size)[:iterations]:
            batch = order[start : start + batch_size]
            d_loss = train_discriminator(gan, images[batch], numbers[batch])
            others = np.random.randint(1, EXPERIMENTERS, (batch_size, 1), "int32")
            g_losses = train_generator(gan, images[batch], numbers[batch], others)
        print(f"epoch {epoch}: [D loss: {d_loss:.4f}] [G loss: {g_losses['answers_loss']:.4f}]")
    return networks


if __name__ == "__main__":
    main()
