"""The program of "Tutorial: Generative Adversarial Network", in today's Keras.

README.md tells where the tutorial is wrong or silent and what was done. `python -m
binarized_gan.lecture` plays it. The tutorial prints an epoch's number; here its last losses stand
beside it. The row of 15 samples before each epoch (page 6) is drawn by train.py, which plays the
same game faster and can be stopped and resumed.
"""

import keras
import numpy as np
from keras import Sequential, layers, ops
from keras.config import floatx

from common.data import datasets
from common.optimizers import AdamPaper

LATENT = 28  # the tutorial's Dz
HIDDEN = 500  # its Dh
BLACK = 0.0  # a black pixel's value in the images of both networks


def binarize(images):
    """Page 4, binarize: float32 of the same shape, 1 where a pixel is above 0.5 and 0 elsewhere."""
    return ops.cast(images > 0.5, "float32")


def create_generator(latent=LATENT):
    """Page 4, generator: 407,284 parameters.

    Returns:
        A Model from noise (batch, latent), standard normal, to images (batch, 28, 28, 1) in [0, 1].
    """
    return Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(HIDDEN, activation="tanh"),
            layers.Dense(28 * 28, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        name="generator",
    )


def create_discriminator():
    """Page 4, discriminator: 393,502 parameters.

    The two units have a tanh before the softmax, so that no answer leaves
    [1 / (1 + e^2), 1 / (1 + e^-2)], about [0.119, 0.881].

    Returns:
        A Model from images (batch, 28, 28, 1) in [0, 1] to the probability (batch, 1) that they
        are real; float32 under mixed_bfloat16, too.
    """
    images = layers.Input((28, 28, 1))
    x = layers.Flatten()(images)
    x = layers.Dense(HIDDEN, activation="tanh")(x)
    x = layers.Dense(2, activation="tanh", dtype=floatx())(x)
    probabilities = layers.Softmax(dtype=floatx())(x)
    real = probabilities[:, :1]  # the second unit is dropped
    return keras.Model(images, real, name="discriminator")


def generator_loss(y_true, y_pred):
    """Page 5, generator_loss: -log p, the mean over the images to be called real; a scalar.

    Args:
        y_true: (batch, 1), 1 for images that are to be called real, 0 for the others.
        y_pred: (batch, 1), the discriminator's probability that an image is real.
    """
    return -ops.sum(y_true * ops.log(y_pred)) / ops.sum(y_true)


def discriminator_loss(y_true, y_pred):
    """Page 5, discriminator_loss: the mean of -log p over the reals plus that of -log(1 - p) over
    the fakes; see generator_loss()."""
    return generator_loss(y_true, y_pred) + generator_loss(1 - y_true, 1 - y_pred)


def create_gan(generator, discriminator, learning_rate=1e-3):
    """Give each network an Adam, and return the generator with the discriminator behind it.

    Page 6 has one `opt = ADAM()`. Flux keeps its moments for each array of weights, so that two are
    the same. Its formula and its epsilon are the paper's; those of Keras differ.
    """
    discriminator.compile(AdamPaper(learning_rate, epsilon=1e-8), discriminator_loss)
    discriminator.trainable = False
    gan = Sequential([generator, discriminator])
    gan.compile(AdamPaper(learning_rate, epsilon=1e-8), generator_loss)
    return gan


def real_and_fake(gan, fake_batch, real_batch):
    """Reals and fakes, (2 * batch, 28, 28, 1), and their labels (2 * batch, 1): 1 and 0, page 2."""
    fakes = gan.layers[0](fake_batch)
    labels = ops.concatenate([ops.ones((len(real_batch), 1)), ops.zeros((len(fakes), 1))])
    return ops.concatenate([real_batch, fakes]), labels


def train_discriminator(gan, fake_batch, real_batch):
    """Page 6, "update discriminator".

    Args:
        gan: see create_gan().
        fake_batch: (batch, 28), the noise, as the tutorial calls it.
        real_batch: (batch, 28, 28, 1), pixels 0 or 1.
    """
    discriminator = gan.layers[1]
    discriminator.trainable = True  # Keras 3 reads it when train_on_batch is first called
    discriminator.train_on_batch(*real_and_fake(gan, fake_batch, real_batch))


def train_generator(gan, fake_batch):
    """Page 6, "update generator": fakes of the same noise, to be called real."""
    gan.layers[1].trainable = False
    gan.train_on_batch(fake_batch, np.ones((len(fake_batch), 1)))


def batch_losses(gan, fake_batch, real_batch):
    """Page 6, "Keep track of losses": d and g of a batch, which has just served both updates."""
    images, labels = real_and_fake(gan, fake_batch, real_batch)
    answers = gan.layers[1](images)
    return float(discriminator_loss(labels, answers)), float(generator_loss(1 - labels, answers))


def discriminator_accuracy(gan, fake_batch, real_batch):
    """Page 10, of one batch: the share that is told right of its reals and its binarized fakes."""
    generator, discriminator = gan.layers
    fake_pred = discriminator(binarize(generator(fake_batch)))
    real_pred = discriminator(real_batch)
    total_correct = ops.sum(fake_pred < 0.5) + ops.sum(real_pred >= 0.5)
    return int(total_correct) / 2 / len(real_batch)


def main(nepochs=20, batch_size=200, learning_rate=1e-3, iterations=None, seed=0):
    """Play the tutorial's game, of each epoch at most so many iterations, and judge it at the end.

    Returns:
        The generator and the discriminator.
    """
    keras.utils.set_random_seed(seed)
    greyscale_MNIST = datasets.scale(datasets.load("mnist").x_train, BLACK)
    binarized_MNIST = np.asarray(binarize(greyscale_MNIST))
    # Flux's DataLoader does not shuffle.
    starts = range(0, len(binarized_MNIST), batch_size)[:iterations]
    batches = [binarized_MNIST[start : start + batch_size] for start in starts]
    gan = create_gan(create_generator(), create_discriminator(), learning_rate)

    for epoch in range(1, nepochs + 1):
        for real_batch in batches:
            fake_batch = keras.random.normal((len(real_batch), LATENT))
            train_discriminator(gan, fake_batch, real_batch)
            train_generator(gan, fake_batch)
            d, g = batch_losses(gan, fake_batch, real_batch)
        print(f"Epoch: {epoch} [D loss: {d:.4f}] [G loss: {g:.4f}]")

    noises = [keras.random.normal((len(real_batch), LATENT)) for real_batch in batches]
    accuracies = [discriminator_accuracy(gan, *pair) for pair in zip(noises, batches, strict=True)]
    print(f"Accuracy: {np.mean(accuracies):.1%}")
    return gan.layers


if __name__ == "__main__":
    main()
