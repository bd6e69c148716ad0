"""The sources' loops in Keras 3, line by line: what a reader has after porting the slides.

Each function makes an example's networks and returns them with the body of the source's loop:
(discriminator, generator, step), where step() plays one iteration.
"""

import keras
import numpy as np
import tensorflow as tf
from keras.losses import BinaryCrossentropy
from keras.optimizers import SGD, Adam, RMSprop

import bilinear_gan.model
import binarized_gan.model
import dcgan.model
import distribution_gan.model
import fashion_gan.model
import mnist_wgan.model
from binarized_gan.train import discriminator_loss, generator_loss
from common.losses import sparse_categorical_crossentropy_2017, wasserstein


def mnist_wgan_step(batch_size, images, labels):
    """The body of the slides' "for d_it in range(100)"."""
    critic, generator = mnist_wgan.model.create_critic(), mnist_wgan.model.create_generator()
    losses = {"status": wasserstein, "class": sparse_categorical_crossentropy_2017}
    critic.compile(RMSprop(5e-5), losses)

    def step():
        critic.trainable = True
        for layer in critic.layers:
            layer.trainable = True
            layer.set_weights([np.clip(w, -0.01, 0.01) for w in layer.get_weights()])

        indices = np.random.choice(len(images), batch_size, replace=False)
        real = {"status": -np.ones((batch_size, 1)), "class": labels[indices]}
        critic.train_on_batch(images[indices], real)

        noise = np.random.normal(0.0, 1.0, (batch_size, 100))
        digits = np.random.randint(0, 10, (batch_size, 1))
        fakes = generator.predict([noise, digits], verbose=0)
        critic.train_on_batch(fakes, {"status": np.ones((batch_size, 1)), "class": digits})

    return critic, generator, step


def two_phases(model, optimizer, noise, latent, buffer, batch_size, data):
    """train_gan of the slide "Implementing the training of GAN"; fashion_gan's and dcgan's.

    A reader of distribution_gan's slides, which have the same two phases, ends there too.

    Args:
        model: module with create_generator() and create_discriminator().
        optimizer: function that returns a new optimizer.
        noise: function of a shape, tf.random.normal or tf.random.uniform.
        latent: length of the noise.
        buffer: elements that the shuffle holds.
        batch_size: real elements in a batch.
        data: float32 (N, ...).
    """
    generator, discriminator = model.create_generator(), model.create_discriminator()
    discriminator.compile(loss="binary_crossentropy", optimizer=optimizer())
    discriminator.trainable = False
    gan = keras.Sequential([generator, discriminator])
    gan.compile(loss="binary_crossentropy", optimizer=optimizer())
    dataset = tf.data.Dataset.from_tensor_slices(data).shuffle(buffer)
    dataset = dataset.batch(batch_size, drop_remainder=True).prefetch(1)
    batches = iter(dataset.repeat())

    def step():
        real = next(batches)
        generated = generator(noise(shape=[batch_size, latent]))
        fake_and_real = tf.concat([generated, real], axis=0)
        y1 = tf.constant([[0.0]] * batch_size + [[1.0]] * batch_size)
        discriminator.trainable = True
        discriminator.train_on_batch(fake_and_real, y1)
        y2 = tf.constant([[1.0]] * batch_size)
        discriminator.trainable = False
        gan.train_on_batch(noise(shape=[batch_size, latent]), y2)

    return discriminator, generator, step


def fashion_gan_step(batch_size, images):
    """See two_phases()."""
    return two_phases(fashion_gan.model, RMSprop, tf.random.normal, 30, 1000, batch_size, images)


def dcgan_step(batch_size, images):
    """See two_phases()."""
    return two_phases(dcgan.model, RMSprop, tf.random.normal, 100, 1000, batch_size, images)


def distribution_gan_step(batch_size, values):
    """See two_phases()."""
    return two_phases(
        distribution_gan.model,
        lambda: SGD(0.5),
        tf.random.uniform,
        10,
        len(values),
        batch_size,
        values,
    )


def binarized_gan_step(batch_size, images):
    """Page 6, train!: both updates, then both losses of the same batch."""
    model = binarized_gan.model
    generator, discriminator = model.create_generator(), model.create_discriminator()
    discriminator.compile(Adam(), discriminator_loss)
    discriminator.trainable = False
    gan = keras.Sequential([generator, discriminator])
    gan.compile(Adam(), generator_loss)
    batches = iter(tf.data.Dataset.from_tensor_slices(images).batch(batch_size, True).repeat())
    called_real = tf.ones((batch_size, 1))
    targets = tf.concat([called_real, tf.zeros((batch_size, 1))], axis=0)

    def step():
        real, noise = next(batches), tf.random.normal((batch_size, 28))
        discriminator.trainable = True
        discriminator.train_on_batch(tf.concat([real, generator(noise)], axis=0), targets)
        discriminator.trainable = False
        gan.train_on_batch(noise, called_real)
        fakes = generator(noise)
        answers = tf.concat([discriminator(real), discriminator(fakes)], axis=0)
        return float(discriminator_loss(targets, answers)), float(
            generator_loss(called_real, discriminator(fakes))
        )

    return discriminator, generator, step


def bilinear_gan_step(batch_size, images):
    """The post's _train_step, with the new Adam that it makes for each network in each step."""
    model = bilinear_gan.model
    generator, discriminator = model.create_generator(), model.create_discriminator()
    cross_entropy = BinaryCrossentropy(from_logits=True)
    dataset = tf.data.Dataset.from_tensor_slices(images).shuffle(60_000)
    batches = iter(dataset.batch(batch_size, drop_remainder=True).repeat())

    def step():
        real_images, noise = next(batches), tf.random.normal((batch_size, 100))
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            generated = generator(noise)
            real, fake = discriminator(real_images), discriminator(generated)
            gen_loss = -cross_entropy(tf.zeros_like(fake), fake)
            disc_loss = cross_entropy(tf.ones_like(real), real)
            disc_loss += cross_entropy(tf.zeros_like(fake), fake)
        gen_grads = gen_tape.gradient(gen_loss, generator.trainable_variables)
        disc_grads = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
        Adam(1e-3).apply_gradients(zip(gen_grads, generator.trainable_variables, strict=True))
        capped = [tf.clip_by_value(gradient, -1.0, 1.0) for gradient in disc_grads]
        Adam(1e-3).apply_gradients(zip(capped, discriminator.trainable_variables, strict=True))

    return discriminator, generator, step


STEPS = {
    "mnist_wgan": mnist_wgan_step,
    "fashion_gan": fashion_gan_step,
    "dcgan": dcgan_step,
    "binarized_gan": binarized_gan_step,
    "bilinear_gan": bilinear_gan_step,
    "distribution_gan": distribution_gan_step,
}
