# %% [markdown]
# # A dense GAN draws black and white digits
#
# Beside "Tutorial: Generative Adversarial Network", a StackEdit page of 14 printed pages with code
# in Julia, in its order. The code shown here is that of the package `binarized_gan`; its
# [README](../binarized_gan/README.md) says which page is which function and what the tutorial gets
# wrong or leaves open.
#
# **The idea.** Two networks play against each other. The generator G turns numbers drawn at random
# into a picture; the discriminator D is shown real pictures and G's, and says of each how probable
# it is that it is real. D learns to answer 1 to reals and 0 to fakes, G learns to make D answer 1.
# "Ideally, at the point of convergence, the discriminator can only achieve an accuracy of 50%":
# then no one can tell. This notebook measures how far from there one ends, and why.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np
from scipy import ndimage

from binarized_gan import lecture, train
from binarized_gan.lecture import BLACK, LATENT, binarize, create_discriminator, create_generator
from common import latent
from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures import curves, diagrams, gallery
from common.runs import live
from common.scores import classifier

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The tutorial's own program
#
# The tutorial's Julia in today's Keras is one file to be read from top to bottom:
# [binarized_gan/lecture.py](../binarized_gan/lecture.py).
#
#     python -m binarized_gan.lecture
#
# plays 20 epochs and counts at the end how often D is right. Here are two, twenty batches of each:

# %%
_ = lecture.main(nepochs=2, iterations=20 if PRESET == "quick" else 1)

# %% [markdown]
# ## The data: every pixel is on or off
#
# MNIST's pixels are grey. The tutorial turns on those above one half and turns off all others, so
# that a picture is 784 binary variables. Labels are not used.

# %%
config = train.PRESETS[PRESET]
device = devices.prepare(config.device, config.dtype)
print(device.description)
grey = datasets.scale(datasets.load_training("mnist", config)[0], BLACK)
(reals,) = train.EXAMPLE.load(config).arrays
print(reals.shape, reals.dtype, "with the values", np.unique(reals))
print(
    f"grey before: {np.mean((grey > 0) & (grey < 1)):.0%} of the pixels; on now: {reals.mean():.0%}"
)
pairs = np.concatenate([grey[:12], reals[:12]])
gallery.image_grid(pairs, 12, "Twelve real images", BLACK, row_labels=["MNIST", "binarized"])

# %% [markdown]
# ## The two networks
#
# The page calls itself a tutorial on the "Deep Convolutional" GAN, but its networks have no
# convolution. G's sigmoid gives each pixel a number between 0 and 1; the pictures that one looks at
# have the pixels above 0.5 on.

# %%
generator, discriminator = create_generator(), create_discriminator()
generator.summary()
diagrams.network(generator)

# %% [markdown]
# D ends in *two* units, a tanh for each and a softmax over both; the second is dropped.

# %%
discriminator.summary()
diagrams.network(discriminator)

# %% [markdown]
# Two units say no more than one. With $a$ and $b$ their values,
#
# $$p = \frac{e^a}{e^a + e^b} = \frac{1}{1 + e^{-(a - b)}},$$
#
# so that only their difference counts. But the tanh keeps $a$ and $b$ between -1 and 1, and that
# changes the game: D cannot be sure of anything.

# %%
a, b = np.array([0.0, 0.5, 1.0, -1.0]), np.array([0.0, -0.3, -1.0, 1.0])
p = np.exp(a) / (np.exp(a) + np.exp(b))
print("by hand     ", p.round(4))
print("as a sigmoid", (1 / (1 + np.exp(b - a))).round(4))
print("the layer's ", np.asarray(keras.layers.Softmax()(np.stack([a, b], axis=1)))[:, 0].round(4))
print(f"surest answers: {p.min():.4f} to fakes, {p.max():.4f} to reals")

# %% [markdown]
# ## The losses
#
# Cross-entropy, of the reals with target 1 and of the fakes with target 0, each a mean over the
# batch, and both added up. G's is that of its fakes with the target 1:
#
# $$L_D = -\frac{1}{m} \sum_i \log D(x_i) - \frac{1}{m} \sum_i \log (1 - D(G(z_i))), \qquad
# L_G = -\frac{1}{m} \sum_i \log D(G(z_i)).$$
#
# Three lines each, or less; below them the program's.

# %%
real, fake = np.array([0.8, 0.6, 0.7]), np.array([0.3, 0.2, 0.4])  # D's answers
loss_x, loss_fakes = -np.log(real).mean(), -np.log(1 - fake).mean()
d_loss = loss_x + loss_fakes
g_loss = -np.log(fake).mean()
print(f"by hand       {d_loss:.6f}  {g_loss:.6f}")

# %%
answers = np.concatenate([real, fake])[:, np.newaxis]
targets = np.array([[1.0]] * 3 + [[0.0]] * 3)
d_loss = float(lecture.discriminator_loss(targets, answers))
g_loss = float(lecture.generator_loss(np.ones((3, 1)), answers[3:]))
print(f"the program's {d_loss:.6f}  {g_loss:.6f}")
live.show_code(lecture.generator_loss, lecture.discriminator_loss)

# %% [markdown]
# Since D's answers have bounds, so have the losses. These numbers are needed to read the plots
# below.

# %%
least, most = p.min(), p.max()
lowest, unsure = -np.log(most) - np.log(1 - least), 2 * np.log(2)
print(f"D's loss: {lowest:.3f} where it is as sure as it can be, {unsure:.3f} where it cannot tell")
print(f"G's loss: from {-np.log(most):.3f}, all fakes believed, to {-np.log(least):.3f}, none")

# %% [markdown]
# ## The two updates
#
# In each iteration D learns from a batch of 200 reals and 200 fakes, and then G from the same
# noise. They are methods of the game, and what stands in this cell is what the next ones play.
# Change a line, run the cell and the training anew. With 0.9 and 0.1 in the place of D's 1.0 and
# 0.0, D is no longer asked to be sure (exercise 4). With `self.draw_noise()` in the place of the
# first `self.noise.value` in G's update, G learns on noise of its own, as in the other lectures.

# %%
from keras import ops


class Game(train.Game):
    """The package's game, with its two updates to be changed."""

    def update_discriminator(self, noise, reals):
        """Page 6, "update discriminator": a batch of reals and one of fakes."""
        self.noise.assign(noise)  # for the generator's update
        self.reals.assign(reals)
        batch = self.config.batch_size
        reals_and_fakes = ops.concatenate([reals, self.fakes(noise)])
        targets = ops.array([[1.0]] * batch + [[0.0]] * batch, "float32")
        self.discriminator.trainable = True
        self.engine.train(self.discriminator, reals_and_fakes, targets)
        return {}  # the tutorial looks at the losses after both updates

    def update_generator(self):
        """Page 6, "update generator": fakes of the same noise, to be called real."""
        targets = ops.array([[1.0]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        self.engine.train(self.gan, self.noise.value, targets)
        return self.judge(self.reals.value, self.noise.value)


# %% [markdown]
# `self.gan` is G with D behind it; D is frozen in it. `self.engine.train` is Keras's
# `train_on_batch` ([02_fashion_gan](02_fashion_gan.ipynb) shows it). After both updates the
# tutorial writes down the two losses, and so does the game. It also counts how often D is right, as
# page 10 does: the fakes are binarized first.

# %%
live.show_code(train.Game.judge)

# %% [markdown]
# ## Play
#
# The tutorial does not say for how many epochs. This is the package's preset quick, 14 epochs; the
# curves and the samples change while it plays.

# %%
game = Game(config, reals)
recorder = train.EXAMPLE.recorder(game)
rows, drawn = live.play(game, recorder)

# %% [markdown]
# ## "Generator Improvement over each Epoch"
#
# Fifteen fresh noises before each epoch, a row for each, as on page 8: "pure randomness" first,
# then "patterns in the middle of each image", then what "somewhat" resembles digits.

# %%
starts = [iteration for iteration in drawn if iteration % game.batches.per_epoch == 0]
epochs = [iteration // game.batches.per_epoch for iteration in starts]
rows_of_epochs = [drawn[iteration] for iteration in starts]
gallery.over_time(rows_of_epochs, epochs, "Fresh samples", BLACK, unit="epochs before it")

# %% [markdown]
# ## "Training Loss"
#
# Page 7 warns that "it is hard to tell the progress of training from these loss plots". The black
# lines are D's floor, D's loss where it cannot tell, and G's ceiling, as worked out above. In the
# first epochs D's loss lies just above its floor and G's just below its ceiling; then both come
# away a little, and stay. D's is far from the line where it could not tell. The pictures get better
# all the same.

# %%
levels = [("D's floor", lowest), ("D cannot tell", unsure), ("G's ceiling", -np.log(least))]
panels = {("Loss of each minibatch", "nats"): recorder.shown}
curves.draw_losses(rows, panels, levels=levels)

# %% [markdown]
# ## "Discriminator Accuracy"
#
# When all is done, D is asked about each batch of 200 reals and 200 new fakes. The tutorial shows
# one curve; here reals and fakes are apart below it.

# %%
accuracies = game.accuracies()
names = {"accuracy": "all", "real": "reals", "fake": "fakes"}
for name, words in names.items():
    print(f"right about {np.mean([row[name] for row in accuracies]):.1%} of {words}")
curves.draw_losses(accuracies, train.ACCURACY_PANELS, "batch")

# %% [markdown]
# ## Why it stays high
#
# "The generator is not powerful enough", says the tutorial. What does D hold on to? Some
# suspicions, each with pictures to ask it about:
#
# - *The fakes are grey.* In training D sees them as the sigmoid draws them, and a real picture has
#   no grey at all. But binarized fakes hardly fool it more often than grey ones, and grey reals it
#   calls real.
# - *It has learned the training images by heart.* Then it would call test images fake. It does not.
# - *It sees ragged edges and loose pixels.* Then it must call reals fake in which some pixels are
#   flipped at random. It does. And fakes that a median filter has smoothed should pass for real;
#   but only a few more do, so there is more to it.

# %%
noise = latent.draw_noise(3, 2000, LATENT)
fakes = latent.generate(game.result(), noise)
sharp = np.asarray(binarize(fakes))
test = np.asarray(binarize(datasets.scale(datasets.load("mnist").x_test[:2000], BLACK)))
random = np.random.default_rng(0)


def flipped(images, share):
    return np.abs(images - (random.random(images.shape) < share))


def smoothed(images):
    return ndimage.median_filter(images, (1, 3, 3, 1))


asked = {
    "reals": reals[:2000],
    "grey reals": grey[:2000],
    "test images": test,
    "reals, 1 % of pixels flipped": flipped(reals[:2000], 0.01),
    "reals, 5 % of pixels flipped": flipped(reals[:2000], 0.05),
    "fakes as drawn": fakes,
    "fakes, binarized": sharp,
    "fakes, binarized and smoothed": smoothed(sharp),
}
for name, images in asked.items():
    p = game.discriminator.predict(images, batch_size=500, verbose=0)
    print(f"{name:31} called real {np.mean(p >= 0.5):4.0%}, mean answer {p.mean():.2f}")

# %% [markdown]
# - *Digits hang together.* Nearly every real one is a single piece, most fakes are several. A rule
#   that counts pieces, and looks at nothing else, is already right this often:

# %%


def pieces(images):
    touching = np.ones((3, 3))  # also corner to corner
    return np.array([ndimage.label(image[..., 0], touching)[1] for image in images])


print(f"one piece: {np.mean(pieces(reals[:2000]) == 1):.0%} of the reals")
print(f"more than one: {np.mean(pieces(sharp) > 1):.0%} of the fakes")

# %% [markdown]
# That is hard for G: it draws 784 pixels side by side, and nothing in it knows which ones are
# neighbours. Nor does anything in D, but D need not draw. It is easier to find one fault than to
# make none.
#
# Yet a D that is right so often still teaches: the pictures above went on getting better all the
# while. An answer is right if it is on the right side of 0.5. What G follows is its slope, and D is
# not at its limit: its mean answer to fakes is 0.17, not 0.119.
#
# ## The finished generator
#
# The one that comes along with the package ([its card](../binarized_gan/pretrained/README.md)) has
# played 20 epochs, 6,000 iterations.

# %%
shipped = generators.load(generators.Source(pretrained=True), train.EXAMPLE)
finished = np.asarray(binarize(latent.generate(shipped, noise)))
gallery.image_grid(finished[:60], 12, "Sixty fakes after 20 epochs, binarized", BLACK)

# %% [markdown]
# Are they better? Ask our D, which has seen none of them:

# %%
p = game.discriminator.predict(finished, batch_size=500, verbose=0)
print(f"called real: {np.mean(p >= 0.5):.0%}")
print(f"more than one piece: {np.mean(pieces(finished) > 1):.0%}")

# %% [markdown]
# It calls most of them real, though most come in pieces as well: whatever D goes by, it is not
# their number. D is no judge of pictures. It knows the faults of the one G that it plays against,
# and when that one makes others, D has to learn anew. It does: after 20 epochs the package's
# [README](../binarized_gan/README.md#results) has a D that is right about 97.8 % of its own G's
# fakes. An accuracy tells about a pair of networks, not about pictures.
#
# ## "Challenge: Spot the Fake"
#
# The tutorial's sheet, 36 pictures and a third of them fake, to click: mark the fakes and count.
# Whoever marks none has 24 of 36 right.

# %%
some = np.random.default_rng(1).integers(len(reals), size=24)
live.quiz(reals[some], finished[:12], seed=1, black=BLACK)

# %% [markdown]
# What D has to say about this sheet, and about one with its own opponent's fakes:

# %%
for name, images in {"this sheet": finished, "its own opponent's": sharp}.items():
    real, fake = (game.discriminator.predict(x, verbose=0) for x in (reals[some], images[:12]))
    print(f"{name}: {np.sum(real >= 0.5) + np.sum(fake < 0.5)} of 36")

# %% [markdown]
# ## In the browser
#
# `python -m lab` opens a page on which a class [spots the
# fakes](../lab/lab.html#tab=quiz&of=binarized_gan) of the whole sheet and compares what it found.
#
# ## Exercises
#
# **Exercise 1.** The text on page 4 has a softmax, the code a tanh before it. Without the tanh,
# between which numbers would the two losses lie? Which of them would grow without end if D were
# always right?
#
# <details><summary>Answer</summary>
#
# $p$ could be anything between 0 and 1. D's loss would have the floor 0 instead of 0.254. G's,
# $-\log D(G(z))$, would have no ceiling: it grows without end as $D(G(z))$ goes to 0. With the tanh
# it cannot exceed $-\log 0.119 = 2.127$.
#
# </details>
#
# **Exercise 2.** Can you see from the losses that the pictures get better? Compute the means of
# each epoch. From which epoch on can you no longer tell one from the next?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: from the fifth or sixth on. Both hardly change then, and go up as well as down.
for epoch in epochs:
    of_it = [row for row in rows if row["epoch"] == epoch]
    d_mean, g_mean = (np.mean([row[name] for row in of_it]) for name in recorder.shown)
    print(f"epoch {epoch:2}: D {d_mean:.3f}, G {g_mean:.3f}")

# %% [markdown]
# **Exercise 3.** Which digits does G draw, and which ones does it leave out? Compare our 14 epochs
# with the 20 of the one that comes along. The package `common` has a classifier of MNIST.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: mostly 3s, then 8s and 5s; hardly a 0, 1 or 6. With more epochs fewer digits are left.
# (The classifier has to choose one also for a heap of dots.) The losses show nothing of it.
judge = classifier.load("mnist")
for name, images in {"14 epochs": sharp, "20 epochs": finished}.items():
    answers = judge.predict(2 * images - 1, batch_size=500, verbose=0)["classes"]
    counts = np.bincount(answers.argmax(axis=1), minlength=10)
    print(name, dict(enumerate(counts.tolist())))

# %% [markdown]
# **Exercise 4.** "Label Smoothing" is one of the tutorial's improvements: D is told 0.9 and 0.1
# instead of 1 and 0, so that it does not become too sure. Try it for three epochs: the settings are
# `label_smoothing` and `fake_smoothing`. What do you expect, given the bounds of its answers? As a
# command:
#
#     python -m binarized_gan.train --epochs 3 --label-smoothing 0.1 --fake-smoothing 0.1

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: little. The tanh already keeps D from being surer than 0.881. D's loss has a higher floor
# now, 0.654, and comes near it; G's loss and the accuracies stay about what they were.
told = {"label_smoothing": 0.1, "fake_smoothing": 0.1}
smooth = train.Game(replace(config, epochs=min(3, config.epochs), **told), reals)
smooth.targets = smooth.smoothed  # so that d_loss is what D learns from; a run logs the tutorial's
smooth_rows, _ = live.play(smooth, train.EXAMPLE.recorder(smooth))
print(f"floor {-2 * (0.9 * np.log(most) + 0.1 * np.log(least)):.3f}")
for name, some_rows in {"told 1 and 0": rows, "told 0.9 and 0.1": smooth_rows}.items():
    third = [row for row in some_rows if row["epoch"] == smooth_rows[-1]["epoch"]]
    columns = ("d_loss", "g_loss", "d_accuracy_real", "d_accuracy_fake")
    print(name, {column: f"{np.mean([row[column] for row in third]):.3f}" for column in columns})
