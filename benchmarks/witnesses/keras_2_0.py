"""mnist_wgan's lecture on Keras 2.0.8 with TensorFlow 1.4.0, the libraries of its time.

Runs by itself on Python 3.6; benchmarks/genuine.py makes the environment and calls this:

    python keras_2_0.py play INPUTS.npz OUTPUT.npz ordered|raced     what a golden file holds
    python keras_2_0.py rows INPUTS.npz OUTPUT.json ordered|raced    preset script, from a seed

TensorFlow 1.4 lets the two networks' updates race: an optimizer's assignment to a layer may come
before the gradient of the layers below has passed through that layer. With "ordered" every
assignment waits for all gradients; "raced" is the library as it was.
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from arrays import save, set_weights
from keras import backend as K
from keras.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LeakyReLU,
    Reshape,
    UpSampling2D,
    multiply,
)
from keras.models import Model
from keras.optimizers import Optimizer, RMSprop

CLIP = 0.01


def wait_for_all_gradients():
    """Order the updates: no gradient is handed out before all of them are computed."""
    racing = Optimizer.get_gradients

    def get_gradients(self, loss, params):
        gradients = [tf.convert_to_tensor(g) for g in racing(self, loss, params)]
        with tf.control_dependencies(gradients):
            return [tf.identity(g) for g in gradients]

    Optimizer.get_gradients = get_gradients


def wasserstein(y_true, y_pred):
    return K.mean(y_true * y_pred)


LOSSES = [wasserstein, "sparse_categorical_crossentropy"]


def create_networks(generator, dropout):
    """The critic D and the generator G, "slides" or "script", each as the lecture has it."""
    normal = keras.initializers.RandomNormal(stddev=0.02)
    image = x = Input(shape=(28, 28, 1))
    for feature_maps, stride in ((64, 2), (128, 2), (256, 2), (512, 1)):
        x = Conv2D(feature_maps, (5, 5), strides=stride, padding="same", kernel_initializer=normal)(
            x
        )
        x = LeakyReLU(alpha=0.2)(x)
        x = Dropout(dropout)(x)
    x = Flatten()(x)
    answers = [Dense(1, activation="linear")(x), Dense(10, activation="softmax")(x)]
    D = Model(inputs=image, outputs=answers, name="D")
    D.compile(optimizer=RMSprop(lr=5e-5), loss=LOSSES)

    script = generator == "script"
    z, digit = Input(shape=(100,)), Input(shape=(1,), dtype="int32")
    start = "glorot_uniform" if script else "uniform"
    x = multiply([z, Flatten()(Embedding(10, 100, embeddings_initializer=start)(digit))])
    x = LeakyReLU()(Dense(256 * 7 * 7)(x))
    x = Reshape((7, 7, 256))(x)
    for feature_maps, upsample in ((128, True), (64, True), (32, False), (1, False)):
        if upsample:
            x = UpSampling2D(size=(2, 2))(x)
        tanh = script and feature_maps == 1
        x = Conv2DTranspose(
            feature_maps, (5, 5), padding="same", kernel_initializer=normal,
            activation="tanh" if tanh else None,
        )(x)  # fmt: skip
        if not tanh:
            x = LeakyReLU(alpha=0.3)(x)
    G = Model(inputs=[z, digit], outputs=x)

    fakes = G(inputs=[z, digit])
    DG = Model(inputs=[z, digit], outputs=D(fakes))
    DG.get_layer("D").trainable = False
    DG.compile(optimizer=RMSprop(lr=5e-5), loss=LOSSES)
    return D, G, DG


def freeze(D, trainable):
    D.trainable = trainable
    for layer in D.layers:
        layer.trainable = trainable


def train_critic(D, G, images, labels, z, digits):
    """One critic update; the losses of reals and of fakes, [sum, Wasserstein, class] each."""
    freeze(D, True)
    for layer in D.layers:
        layer.set_weights([np.clip(w, -CLIP, CLIP) for w in layer.get_weights()])
    ones = np.ones(len(images))
    d_true = D.train_on_batch(images, [-ones, labels])
    d_fake = D.train_on_batch(G.predict([z, digits]), [ones, digits])
    return d_true + d_fake


def train_generator(D, DG, z, digits):
    freeze(D, False)
    return DG.train_on_batch([z, digits], [-np.ones(len(z)), digits])


def play(inputs, output):
    """Play the given batches from the given weights, and save losses and weights."""
    D, G, DG = create_networks(str(inputs["generator"]), dropout=0.0)
    networks = {"D": D, "G": G}
    places = set_weights(networks, inputs)
    rows = []
    for it in range(len(inputs["zg"])):
        for update in range(inputs["x"].shape[1]):
            drawn = [inputs[name][it, update] for name in ("x", "y", "z", "d")]
            row = train_critic(D, G, *drawn)
        rows.append(row + train_generator(D, DG, inputs["zg"][it], inputs["dg"][it]))
    save(output, rows, networks, places)


def rows(inputs, output):
    """Play preset script's first iterations, and write their losses after each: [sum, Wasserstein,
    class] of reals, of fakes and of the generator."""
    seed, batch = int(inputs["seed"]), int(inputs["batch"])
    iterations = int(inputs["iterations"])
    np.random.seed(seed)
    tf.set_random_seed(seed)
    D, G, DG = create_networks("script", dropout=0.4)
    images, labels = inputs["images"], inputs["labels"]
    began, table = time.time(), []
    for it in range(iterations):
        burst = it % 1000 < 25 or it % 500 == 0
        for _ in range(100 if burst else 5):
            picked = np.random.choice(len(images), batch, replace=False)
            z, digits = np.random.normal(size=(batch, 100)), np.random.randint(0, 10, (batch, 1))
            row = train_critic(D, G, images[picked], labels[picked], z, digits)
        z, digits = np.random.normal(size=(batch, 100)), np.random.randint(0, 10, (batch, 1))
        row = row + train_generator(D, DG, z, digits)
        table.append([float(loss) for loss in row])
        with open(output + ".part", "w") as file:
            json.dump({"rows": table, "seconds": round(time.time() - began, 1)}, file)
        os.replace(output + ".part", output)


if __name__ == "__main__":
    how, inputs_path, output_path, order = sys.argv[1:]
    if order == "ordered":
        wait_for_all_gradients()
    {"play": play, "rows": rows}[how](np.load(inputs_path), output_path)
