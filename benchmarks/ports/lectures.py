"""The steps of each example's lecture.py: the sources' own loops in Keras 3."""

import importlib

import keras
import numpy as np

from fashion_gan.lecture import train_discriminator, train_generator


def create(example, batch_size, data, digits=None):
    """Return an example's networks and what plays one step of its lecture.py.

    Args:
        data: float32 (N, ...), what the discriminator sees.
        digits: int32 (N, 1), for mnist_wgan.

    Returns:
        (discriminator, generator, step), where step() plays one iteration, of mnist_wgan a critic
        update.
    """
    lecture = importlib.import_module(f"{example}.lecture")
    generator = lecture.create_generator()
    if example == "mnist_wgan":
        critic = lecture.create_critic()
        lecture.create_DG(critic, generator)

        def step():
            picked = np.random.choice(len(data), batch_size, replace=False)
            zz = np.random.normal(0.0, 1.0, (batch_size, 100))
            f_classes = np.random.randint(0, 10, (batch_size, 1))
            lecture.train_critic(critic, generator, data[picked], digits[picked], zz, f_classes)

        return critic, generator, step

    discriminator = lecture.create_discriminator()
    random = keras.random.uniform if example == "distribution_gan" else keras.random.normal

    def draw():
        noise = random((batch_size, *generator.input_shape[1:]))
        return noise, data[np.random.randint(0, len(data), batch_size)]

    if example == "bilinear_gan":
        both = generator, discriminator
        return discriminator, generator, lambda: lecture.train_step(*both, *draw())
    gan = lecture.create_gan(generator, discriminator)
    steps = vars(lecture)  # dcgan's are fashion_gan's
    learn = steps.get("train_discriminator", train_discriminator)
    fool = steps.get("train_generator", train_generator)

    def step():
        noise, real = draw()
        learn(gan, noise, real)
        fool(gan, noise if example == "binarized_gan" else draw()[0])
        if example == "binarized_gan":
            lecture.batch_losses(gan, noise, real)

    return discriminator, generator, step
