"""The two networks of the lecture "Generative adversarial networks" (SciNet, 30 October 2017).

The slides print a shortened form of the lecturer's own file, MNIST_wgan.py. The critic is the same
in both; the generator is not.
"""

from keras import Model, layers
from keras.initializers import RandomNormal

LATENT = 100
CLASSES = 10


def add_critic_layers(x, feature_maps, stride):
    """Slide "Our discriminator, continued", add_D_layers: convolution, LeakyReLU, dropout."""
    x = layers.Conv2D(
        feature_maps,
        (5, 5),
        strides=stride,
        padding="same",
        kernel_initializer=RandomNormal(stddev=0.02),
    )(x)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    return layers.Dropout(0.4)(x)


def create_critic():
    """Slide "Create the discriminator.": 4,393,483 parameters.

    Returns:
        A Model from images (batch, 28, 28, 1) in [-1, 1] to a dict of "status" (batch, 1),
        unbounded, higher for images the critic believes real, and "class" (batch, 10), a
        probability for each digit. Both outputs are float32 under any dtype policy.
    """
    image = layers.Input(shape=(28, 28, 1))
    x = add_critic_layers(image, 64, 2)  # (14, 14, 64)
    x = add_critic_layers(x, 128, 2)  # (7, 7, 128)
    x = add_critic_layers(x, 256, 2)  # (4, 4, 256)
    x = add_critic_layers(x, 512, 1)  # (4, 4, 512)
    last = layers.Flatten()(x)
    status = layers.Dense(1, activation="linear", dtype="float32", name="status")(last)
    classes = layers.Dense(CLASSES, activation="softmax", dtype="float32", name="class")(last)
    return Model(image, {"status": status, "class": classes}, name="critic")


def add_generator_layers(x, feature_maps, upsample, activation=None):
    """Slide "Our generator, continued", add_G_layers: upsampling or not, convolution, LeakyReLU
    or, if one is named, another activation."""
    if upsample:
        x = layers.UpSampling2D(size=(2, 2))(x)
    x = layers.Conv2DTranspose(
        feature_maps, (5, 5), padding="same", kernel_initializer=RandomNormal(stddev=0.02)
    )(x)
    if activation is None:
        return layers.LeakyReLU(negative_slope=0.3)(x)
    # Under any dtype policy: bfloat16 rounds what is nearly black to -1, where tanh has no slope.
    return layers.Activation(activation, dtype="float32")(x)


def create_generator(version="slides"):
    """Slide "Create the generator.": 2,344,169 parameters.

    Args:
        version: "slides": as printed there, with an embedding that starts in +-0.05, Keras's
            default, and a last LeakyReLU(0.3), so that pixels aim at [-1, 1] but nothing holds them
            there; or "script": as in MNIST_wgan.py, whose embedding starts in +-0.234 (Glorot) and
            whose last activation is tanh.

    Returns:
        A Model from [noise (batch, 100), standard normal; digit (batch, 1), int32 in 0..9] to
        images (batch, 28, 28, 1).
    """
    initializer = {"slides": "uniform", "script": "glorot_uniform"}[version]
    noise = layers.Input(shape=(LATENT,), name="noise")
    digit = layers.Input(shape=(1,), dtype="int32", name="digit")
    embedded = layers.Flatten()(layers.Embedding(CLASSES, LATENT, initializer)(digit))
    x = layers.Multiply()([noise, embedded])
    x = layers.Dense(256 * 7 * 7)(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    x = layers.Reshape((7, 7, 256))(x)
    x = add_generator_layers(x, 128, True)  # (14, 14, 128)
    x = add_generator_layers(x, 64, True)  # (28, 28, 64)
    x = add_generator_layers(x, 32, False)  # (28, 28, 32)
    x = add_generator_layers(x, 1, False, None if version == "slides" else "tanh")  # (28, 28, 1)
    return Model([noise, digit], x, name="generator")
