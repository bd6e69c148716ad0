"""The program on the slides of the lecture "Generative adversarial networks", in today's Keras.

Erik Spence, SciNet, 30 October 2017. README.md tells where the slides are wrong and what was done.
`python -m mnist_wgan.lecture` plays all of it: 2.5 million updates of the critic, for a GPU.
train.py plays the same game faster, draws pictures, and can be stopped and resumed.
"""

import keras
import numpy as np
import numpy.random as npr
from keras import Model, layers, ops
from keras.config import floatx
from keras.initializers import RandomNormal

from common.data import datasets
from common.losses import sparse_categorical_crossentropy_2017
from common.optimizers import RMSpropKeras2

LATENT = 100
CLASSES = 10


def add_critic_layers(x, feature_maps, stride):
    """Slide "Our discriminator, continued", add_D_layers: convolution, LeakyReLU, dropout."""
    w_init = RandomNormal(stddev=0.02)
    x = layers.Conv2D(
        feature_maps, (5, 5), strides=stride, padding="same", kernel_initializer=w_init
    )(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    return layers.Dropout(0.4)(x)


def create_critic(classes=CLASSES, size=28, channels=1):
    """Slide "Create the discriminator.": 4,393,483 parameters.

    Args:
        classes, size, channels: see create_generator().

    Returns:
        A Model from images (batch, 28, 28, 1) in [-1, 1] to a dict of "status" (batch, 1),
        unbounded, higher for images the critic believes real, and "class" (batch, 10), a
        probability for each digit. Both are float32 under mixed_bfloat16, too.
    """
    image = layers.Input(shape=(size, size, channels))
    x = add_critic_layers(image, 64, 2)  # (14, 14, 64)
    x = add_critic_layers(x, 128, 2)  # (7, 7, 128)
    x = add_critic_layers(x, 256, 2)  # (4, 4, 256)
    x = add_critic_layers(x, 512, 1)  # (4, 4, 512)
    last = layers.Flatten()(x)
    status = layers.Dense(1, activation="linear", dtype=floatx(), name="status")(last)
    digit = layers.Dense(classes, activation="softmax", dtype=floatx(), name="class")(last)
    return Model(image, {"status": status, "class": digit}, name="critic")


def add_generator_layers(x, feature_maps, upsample, activation=None):
    """Slide "Our generator, continued", add_G_layers: upsampling or not, convolution, LeakyReLU
    or, if one is named, another activation."""
    w_init = RandomNormal(stddev=0.02)
    if upsample:
        x = layers.UpSampling2D(size=(2, 2))(x)
    x = layers.Conv2DTranspose(feature_maps, (5, 5), padding="same", kernel_initializer=w_init)(x)
    if activation is None:
        return layers.LeakyReLU(negative_slope=0.3)(x)
    # Not in bfloat16, which rounds what is nearly black to -1, where tanh has no slope.
    return layers.Activation(activation, dtype=floatx())(x)


def create_generator(version="slides", classes=CLASSES, size=28, channels=1):
    """Slide "Create the generator.": 2,344,169 parameters.

    Args:
        version: "slides": as printed there, with an embedding that starts in +-0.05, Keras's
            default, and a last LeakyReLU(0.3), so that pixels aim at [-1, 1] but nothing holds them
            there; or "script": as in the lecturer's file MNIST_wgan.py, whose embedding starts in
            +-0.234 (Glorot) and whose last activation is tanh.
        classes, size, channels: how many digits there are, and the pixels along a side and the
            colours of an image, where they are not the lecture's. The size is a multiple of 4.

    Returns:
        A Model from [noise (batch, 100), standard normal; digit (batch, 1), int32 in 0..9] to
        images (batch, 28, 28, 1).
    """
    side = size // 4  # 7, doubled twice
    initializer = {"slides": "uniform", "script": "glorot_uniform"}[version]
    noise = layers.Input(shape=(LATENT,), name="noise")
    digit = layers.Input(shape=(1,), dtype="int32", name="digit")
    embedded = layers.Flatten()(layers.Embedding(classes, LATENT, initializer)(digit))
    x = layers.Multiply()([noise, embedded])
    x = layers.Dense(256 * side * side)(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    x = layers.Reshape((side, side, 256))(x)
    x = add_generator_layers(x, 128, True)  # (14, 14, 128)
    x = add_generator_layers(x, 64, True)  # (28, 28, 64)
    x = add_generator_layers(x, 32, False)  # (28, 28, 32)
    last = None if version == "slides" else "tanh"
    x = add_generator_layers(x, channels, False, last)  # (28, 28, 1)
    return Model([noise, digit], x, name="generator")


def wasserstein(y_true, y_pred):
    """Slide "How are Wasserstein GANs (WGANs) different from regular GANs?": a scalar.

    Args:
        y_true: (batch, 1), -1 for images that are to be called real, +1 for fake.
        y_pred: (batch, 1), the critic's "status".
    """
    return ops.mean(y_true * y_pred)


def create_DG(D, G, learning_rate=5e-5):
    """Compile D, and return the combined network: G, and D with its weights fixed; compiled, too.

    RMSprop and the class loss are those of Keras 2.0.8, which the lecture had: today's differ.
    """
    losses = {"status": wasserstein, "class": sparse_categorical_crossentropy_2017}
    D.compile(RMSpropKeras2(learning_rate), losses)

    # Turn off D before compiling.
    D.trainable = False
    DG = Model(G.inputs, D(G.outputs[0]), name="DG")
    DG.compile(RMSpropKeras2(learning_rate), losses)
    return DG


def train_critic(D, G, r_images, r_classes, zz, f_classes):
    """One pass of the slides' "for d_it in range(100)".

    Args:
        r_images, r_classes: real images (batch, 28, 28, 1) and their digits (batch, 1).
        zz, f_classes: noise (batch, 100) and the digits (batch, 1) to ask G for.

    Returns:
        D true loss and D fake loss: each the Wasserstein loss plus the class loss.
    """
    # Turn on D, and clip weights. (Keras 3 reads the flag when train_on_batch is first called.)
    D.trainable = True
    for layer in D.layers:
        layer.set_weights([np.clip(w, -0.01, 0.01) for w in layer.get_weights()])

    # Train on the real images.
    y_true = {"status": -np.ones(r_classes.shape), "class": r_classes}
    D_true = D.train_on_batch(r_images, y_true, return_dict=True)

    # Create some fake images, and train on them.
    f_images = G.predict([zz, f_classes], verbose=0)
    y_true = {"status": np.ones(f_classes.shape), "class": f_classes}
    D_fake = D.train_on_batch(f_images, y_true, return_dict=True)
    return D_true["loss"], D_fake["loss"]


def train_generator(D, DG, zz, f_classes):
    """Slide "We are done training D. Now train G.": fakes that D should call real; the DG loss."""
    D.trainable = False
    y_true = {"status": -np.ones(f_classes.shape), "class": f_classes}
    return DG.train_on_batch([zz, f_classes], y_true, return_dict=True)["loss"]


def log_line(it, D_true, D_fake, DG_loss):
    """A row of the slides' log: three decimals, four where all losses are below 1."""
    names = ("D true loss", "D fake loss", "DG loss", "Total loss")
    losses = D_true, D_fake, DG_loss, D_true + D_fake
    decimals = 4 if all(abs(loss) < 1 for loss in losses) else 3
    row = (f"[{name}: {loss:.{decimals}f}]" for name, loss in zip(names, losses, strict=True))
    return " ".join([f"{it}:", *row])


def main(
    iterations=25_000, critic_updates=100, batch_size=64, learning_rate=5e-5, log_every=50, seed=0
):
    """Play the slides' game and print their log.

    Returns:
        D, G and DG.
    """
    keras.utils.set_random_seed(seed)
    mnist = datasets.load("mnist")
    X_train, y_train = datasets.scale(mnist.x_train[:50_000]), mnist.y_train[:50_000, np.newaxis]
    D, G = create_critic(), create_generator()
    DG = create_DG(D, G, learning_rate)

    def random_input():
        return npr.normal(0.0, 1.0, (batch_size, LATENT)), npr.randint(0, CLASSES, (batch_size, 1))

    for it in range(iterations):
        for _ in range(critic_updates):
            # Pick some random real images.
            indices = npr.choice(len(X_train), batch_size, replace=False)
            D_true, D_fake = train_critic(D, G, X_train[indices], y_train[indices], *random_input())

        # We are done training D. Now train G.
        DG_loss = train_generator(D, DG, *random_input())
        if it % log_every == 0:
            print(log_line(it, D_true, D_fake, DG_loss))
    return D, G, DG


if __name__ == "__main__":
    main()
