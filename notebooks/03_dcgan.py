# %% [markdown]
# # A convolutional GAN draws clothes
#
# Beside N. Rich Nguyen's slides "Generative Learning" (SYS 6016): "Deep Convolutional GANs
# (DCGANs)", "DCGANs: Latent Vector Arithmetics" and, of the bonus content, "DCGANs:
# Implementation". The code shown here is that of the package `dcgan`; its
# [README](../dcgan/README.md) says which slide is which function and what the slides leave open.
#
# **The idea.** The dense GAN of [02_fashion_gan](02_fashion_gan.ipynb) draws outlines in snow: its
# layers don't know that pixels have neighbours. A DCGAN plays the same game, with the same two
# phases, between two other networks. David, the discriminator, looks through small windows that
# slide over the picture; George, the generator, does the opposite and puts small stamps side by
# side, first coarse ones, then fine ones.

# %%
# %matplotlib inline
import os
from collections import Counter

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np

from common import latent
from common.commands import generators
from common.engines import devices
from common.figures import convolutions, gallery
from common.latent import great_circle, stroke_weight
from common.runs import live
from common.scores import classifier
from dcgan import lecture, train
from dcgan.lecture import BLACK, LATENT, create_discriminator, create_generator

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"
KINDS = "T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, boot".split(", ")

# %% [markdown]
# ## The lecture's own program
#
# The bonus slide's networks in today's Keras are one file,
# [dcgan/lecture.py](../dcgan/lecture.py); the loop around them is the dense GAN's.
#
#     python -m dcgan.lecture
#
# plays its 50 epochs. Here are two, ten iterations of each:

# %%
_ = lecture.main(n_epochs=2, iterations=10 if PRESET == "quick" else 1)

# %% [markdown]
# ## The data
#
# Fashion-MNIST again, but George ends in a tanh, so that the pixels go from -1 to 1.

# %%
config = train.PRESETS[PRESET]
print(devices.prepare(config.device, config.dtype).description)
(reals,) = train.EXAMPLE.load(config).arrays
print(reals.shape, reals.dtype, "from", reals.min(), "to", reals.max())
gallery.image_grid(reals[:40], 10, "Forty real pictures", black=BLACK)

# %% [markdown]
# ## The two networks, and the guidelines
#
# George turns 100 normal numbers into 128 pictures of 7x7 pixels and doubles their sides twice.
# David halves the sides twice and then gives one answer.

# %%
keras.utils.set_random_seed(0)
generator, discriminator = create_generator(), create_discriminator()
live.show_networks(generator, discriminator)

# %% [markdown]
# "Deep Convolutional GANs" gives five guidelines. What does the bonus slide's network make of them?
# Count its layers:

# %%
for network in (generator, discriminator):
    print(network.name, dict(Counter(type(layer).__name__ for layer in network.layers)))

# %% [markdown]
# 1. No pooling, but strided convolutions in David and transposed ones in George: followed, two of
#    each, all with stride 2.
# 2. "Batch Normalization in both George and David": twice in George. David has none, but dropout.
# 3. ReLU in George, except at the output: SELU, once, and between the dense layer and the first
#    transposed convolution nothing but BatchNorm.
# 4. Leaky ReLU in David, in all layers: followed, but for the sigmoid of his answer.
# 5. "Remove Dense layers": each has one, George at his start and David at his end. The paper
#    (Radford, Metz and Chintala, arXiv:1511.06434) keeps these two as well; it removes hidden ones.
#
# So guidelines they are, not conditions: this network bends three of the five and learns all the
# same.

# %% [markdown]
# ## BatchNorm has two modes
#
# While a network **trains**, BatchNorm takes mean and variance of each channel over the batch at
# hand. Beside that it keeps running means of both and moves them a hundredth of the way to this
# batch's. When the network is only **asked**, it normalises by the running means instead. For one
# channel, three lines, and then Keras:

# %%
x = np.array([1.0, 2.0, 3.0, 6.0])
mean, variance = x.mean(), x.var()
trained = (x - mean) / np.sqrt(variance + 0.001)  # 0.001: against a division by 0
asked = (x - 0.0) / np.sqrt(1.0 + 0.001)  # the running means start at 0 and 1

layer = keras.layers.BatchNormalization()
print("asked,   by hand ", asked.round(4), " Keras ", np.ravel(layer(x[:, None])).round(4))
training = np.ravel(layer(x[:, None], training=True))
print("trained, by hand ", trained.round(4), " Keras ", training.round(4))
print("running means, by hand", np.round([0.01 * mean, 0.99 + 0.01 * variance], 4), end="")
print("  Keras", np.ravel([layer.moving_mean, layer.moving_variance]).round(4))

# %% [markdown]
# In a George who has learned nothing yet, the running means are still 0 and 1, and the two modes
# draw two kinds of pictures of the same noise:

# %%
noise = latent.draw_noise(0, 32, LATENT)
modes = {
    mode: np.asarray(generator(noise, training=mode == "trained")) for mode in ("asked", "trained")
}
for mode, images in modes.items():
    print(f"{mode}: standard deviation of the pixels {images.std():.2f}")
both = np.concatenate([images[:10] for images in modes.values()])
gallery.image_grid(both, 10, "The same ten noises", BLACK, row_labels=list(modes))

# %% [markdown]
# ## Transposed convolution with stride 2
#
# A convolution with stride 2 reads windows two pixels apart. A transposed one writes: each number
# of its input stamps its multiple of the kernel on the output, two pixels from the stamp before,
# and what overlaps is added up.

# %%
convolutions.stamping([[1, 2], [3, 4]], [[1, 0, 2], [0, 1, 0], [2, 0, 1]])

# %% [markdown]
# With a kernel of 5x5, as George's, and steps of 2, some pixels are under more stamps than others:
# 4, 6 or 9. The upper left grid counts them. Below it, one kernel with random weights stamps an
# image of nothing but ones: a checkerboard. Upsampling first and then convolving, on the right, has
# no such pattern but at the edge; [05_bilinear_gan](05_bilinear_gan.ipynb) is built that way.

# %%
convolutions.checkerboard(5)

# %% [markdown]
# ## The loss
#
# That of the dense GAN, cross-entropy with targets $y$, 0 for fakes and 1 for reals,
#
# $$L = -\frac{1}{m} \sum_{i=1}^m \big[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\big],$$
#
# here of what an untrained David says of four fakes and four reals:

# %%
p = np.asarray(discriminator(np.concatenate([modes["asked"][:4], reals[:4]])), "float64")[:, 0]
y = np.array([0.0] * 4 + [1.0] * 4)
loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
print("answers", p.round(3))
print(f"by hand {loss:.4f}, Keras {float(keras.losses.binary_crossentropy(y, p)):.4f}")

# %% [markdown]
# ## The two steps
#
# Phase 1 is below, and what stands in its cell is what the training plays.

# %%
from keras import ops


class Game(train.Game):
    """The package's game, with its phase 1 to be changed."""

    def update_discriminator(self, noise, reals):
        """Phase 1: David learns from a batch of fakes and one of real pictures."""
        batch = self.config.batch_size
        fakes = self.engine.predict(self.generator, noise)
        fakes_and_reals = ops.concatenate([fakes, reals])
        targets = ops.array([[0.0]] * batch + [[1.0]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, fakes_and_reals, targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}


# %% [markdown]
# Phase 2 is the dense GAN's, the same method:

# %%
live.show_code(train.Game.update_generator)

# %% [markdown]
# So both read as they did without convolutions. But look where BatchNorm is: `predict` asks George,
# `train` trains him. So David learns from fakes of one kind and judges fakes of the other. The
# slides' own line `generator(noise)`, without `training=True`, does the same. Write
# `fakes = self.generator(noise, training=True)` to let David see the other kind as well.
#
# ## Play
#
# One of the slides' 50 epochs, 1,875 iterations, with all of their settings. Each point of the
# curves is a single batch of 32 fakes and 32 reals, hence their zigzag. David's two accuracies take
# turns: where one is high the other is low, and neither stays near 100 %.

# %%
game = Game(config, reals)
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))

# %% [markdown]
# Ten noises from the first iteration to the last. In the second row the stamps are plain to see, a
# regular pattern on all clothes; then George learns to balance them.

# %%
moments = list(drawn)[::3]
rows_of_ten = [drawn[moment][:10] for moment in moments]
gallery.over_time(rows_of_ten, moments, "The same ten noises", BLACK)

# %% [markdown]
# ## The finished generator
#
# What came of the slides' whole 50 epochs, 93,750 iterations, is in the package
# ([its card](../dcgan/pretrained/README.md)); to look at your own instead, write `game.result()`.

# %%
finished = generators.load(generators.Source(pretrained=True), train.EXAMPLE)
count = 4000 if PRESET == "quick" else 400
noise = latent.draw_noise(1, count, LATENT)
fakes = latent.generate(finished, noise)
gallery.image_grid(fakes[:50], 10, "Fifty fakes", black=BLACK)

# %% [markdown]
# No snow, but sleeves, collars, prints and heels; some are smudged or have holes. And now that he
# has learned, do George's two modes still differ?

# %%
learned = finished.get_weights()
modes = {"asked": fakes[:32], "trained": np.asarray(finished(noise[:32], training=True))}
finished.set_weights(learned)  # the call moved the running means
for mode, images in modes.items():
    print(f"{mode}: standard deviation of the pixels {images.std():.2f}")
print(f"a pixel's difference: {np.abs(modes['asked'] - modes['trained']).mean():.3f} on average")
both = np.concatenate([images[:10] for images in modes.values()])
gallery.image_grid(both, 10, "The same ten noises", BLACK, row_labels=list(modes))

# %% [markdown]
# Little: they show the same garments, the second row with more contrast. What is left has two
# reasons: the running means lag behind, and a picture drawn in training depends on the 31 others of
# its batch.
#
# ## Latent vector arithmetic
#
# The slide shows man with glasses - man + woman = woman with glasses, computed with the *noises*
# from which George drew such faces. Clothes have no glasses. Some have sleeves. So:
#
# 1. draw pictures, and let the package's classifier say what they show;
# 2. for each kind take the 40 noises of whose pictures it is surest;
# 3. take their mean, and draw *its* picture. (The paper took the mean of three; sums of single
#    noises were unstable.)

# %%
answers = classifier.load("fashion_mnist").predict(fakes, batch_size=500, verbose=0)["classes"]
surest = {kind: answers[:, k].argsort()[::-1][:40] for k, kind in enumerate(KINDS)}
mean = {kind: noise[numbers].mean(axis=0) for kind, numbers in surest.items()}
drawings = dict(zip(KINDS, latent.generate(finished, np.stack(list(mean.values()))), strict=True))
print("called so:", dict(Counter(KINDS[k] for k in answers.argmax(axis=1))))
images = np.stack(list(drawings.values()))
gallery.image_grid(images, 10, "From the mean noise of each kind", BLACK, column_labels=KINDS)

# %% [markdown]
# Now add sleeves to a dress: those that a pullover has and a T-shirt has not.

# %%
sleeves = mean["pullover"] - mean["T-shirt"]
signs = {"pullover": "+", "T-shirt": "-", "dress": "+"}
terms = [gallery.Term(kind, drawings[kind], fakes[surest[kind][:3]], signs[kind]) for kind in signs]
with_sleeves = latent.generate(finished, (mean["dress"] + sleeves)[np.newaxis])[0]
result = gallery.Term("dress with sleeves", with_sleeves)
gallery.arithmetic(terms, result, "Sleeves for a dress", BLACK)

# %% [markdown]
# Below each term are three of the pictures whose noises were averaged. It works, on means. On
# single dresses it works as far as the next figure shows, where each column has moved further along
# the same direction.

# %%
dresses = noise[surest["dress"]]
steps = (0, 0.5, 1, 1.5, 2)
moved = np.stack([latent.generate(finished, dresses + step * sleeves) for step in steps], axis=1)
gallery.directions(moved[:5], steps, "Five dresses", unit="times pullover - T-shirt", black=BLACK)

# %% [markdown]
# Two measures of all 40: how much ink there is where sleeves hang, and what the classifier calls
# them: more and more of them pullovers.

# %%
beside = [4, 5, 6, 7, 20, 21, 22, 23]  # columns, left and right of a dress
judge = classifier.load("fashion_mnist")
for place, step in enumerate(steps):
    images = moved[:, place]
    named = judge.predict(images, verbose=0)["classes"].argmax(axis=1)
    words = ", ".join(f"{n} {KINDS[k]}" for k, n in Counter(named.tolist()).most_common(4))
    print(f"{step:3}: ink {stroke_weight(images[:, 10:22, beside], BLACK).mean():.2f}; {words}")

# %% [markdown]
# It is no grammar of clothes: exercise 3 has sums that mean nothing.
#
# ## Walks
#
# From one noise to another along a great circle, and the garment changes without a jump.

# %%
ends = latent.draw_noise(2, 8, LATENT).reshape(4, 2, LATENT)
walks = [latent.generate(finished, great_circle(*pair, 10)) for pair in ends]
gallery.walk(np.stack(walks), "Four walks", black=BLACK)

# %% [markdown]
# Can you tell? Six of these are fake. Mark them and count.

# %%
live.quiz(reals[100:106], fakes[50:56], seed=1, black=BLACK)

# %% [markdown]
# ## In the browser
#
# `python -m lab` opens a page on which the finished generator [draws
# clothes](../lab/lab.html#tab=digits&ask=dcgan), with the noise at hand, walks, and the nearest
# real images.
#
# ## Exercises
#
# **Exercise 1.** Suppose that David had BatchNorm, as the second guideline wants it. Keras lets a
# BatchNorm whose `trainable` is False always normalise by its running means. What would happen in
# the two steps above?
#
# <details><summary>Answer</summary>
#
# In phase 1 David is trained, and would normalise by a batch that is half fakes and half reals. In
# phase 2 he is frozen, would normalise by the running means, and would judge a batch of fakes alone
# by the statistics of both kinds. In the Keras of 2017 a frozen BatchNorm took the batch's; there
# he would in phase 2 have normalised away whatever all fakes have in common.
#
# </details>
#
# **Exercise 2.** The noises have a length of about 10; the means of 40 are shorter. How long are
# they, and what does George draw if they are made 1, 3, 6 or 10 long?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: about 2 to 3 long. Close to 0 all kinds are alike, a blur of all clothes; at a noise's
# own length most lose all grey, and sandal and sneaker vanish. What sets a kind apart is a short
# vector; the rest of a noise is the garment's own.
means = np.stack(list(mean.values()))
sizes = np.linalg.norm(means, axis=1)
print("noises", np.linalg.norm(noise, axis=1).mean().round(1), " means", sizes.round(1))
lengths = (1, 3, 6, 10)
longer = np.concatenate([means / sizes[:, None] * length for length in lengths]).astype("float32")
images = latent.generate(finished, longer)
labels = [f"length {length}" for length in lengths]
gallery.image_grid(images, 10, "From mean noises of other lengths", BLACK, labels, KINDS)

# %% [markdown]
# **Exercise 3.** Try other sums: boot - sneaker + bag, dress - trousers + T-shirt, or your own.
# Which ones mean something?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: boot - sneaker + sandal gives an open boot with a heel, a sandal with a shaft if one
# likes. A bag has no shaft to be lengthened: it grows, and takes a boot's outline. A T-shirt has no
# legs to be closed, and becomes a dress with short sleeves.
sums = (("boot", "sneaker", "sandal"), ("boot", "sneaker", "bag"), ("dress", "trousers", "T-shirt"))
inputs = [[mean[a], mean[b], mean[c], mean[a] - mean[b] + mean[c]] for a, b, c in sums]
images = latent.generate(finished, np.reshape(inputs, (-1, LATENT)))
labels = [f"{a} - {b} + {c}" for a, b, c in sums]
gallery.image_grid(
    images, 4, "Sums of mean noises", BLACK, labels, ["first", "second", "third", "sum"]
)

# %% [markdown]
# **Exercise 4.** Is there a checkerboard in George's pictures? Look for what they all have in
# common: their mean. And measure it: the mean of the pixels with alternating signs, like the
# squares of a chess board.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: yes, a faint one that is the same in every picture: the kernels' uneven stamps. In the
# mean of as many real pictures it is many times weaker.
signs = (-1.0) ** np.add.outer(np.arange(28), np.arange(28))
average = {"real": reals[:count].mean(axis=0), "fake": fakes.mean(axis=0)}
for name, image in average.items():
    print(f"{name}: {abs(np.mean(signs * image[..., 0])):.5f}, of pixels from -1 to 1")
images = np.stack(list(average.values()))
gallery.image_grid(images, 2, "The mean picture", BLACK, (), list(average))
