# %% [markdown]
# # A dense GAN draws clothes
#
# Beside N. Rich Nguyen's slides "Generative Learning" (SYS 6016), from "Density distribution:
# Building or Sampling?" to "The difficulties of training GANs". The code shown here is that of the
# package `fashion_gan`; its [README](../fashion_gan/README.md) says which slide is which function
# and what the slides leave open.
#
# **The idea.** To draw new clothes one could learn the density of all pictures of clothes, which is
# hard: it lives in 784 dimensions. A GAN learns no density. It learns a *transformation*: numbers
# that are easy to draw, here 30 normal ones, go in; a picture comes out. What makes the pictures
# good is an opponent. The slides call the two George and David:
#
# - George, the **generator**, turns noise into pictures and wants David to call them real;
# - David, the **discriminator**, says how probable it is that a picture is real, and wants to be
#   right.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import numpy as np

from common import engines, latent
from common.commands import generators
from common.engines import devices
from common.figures import curves, gallery
from common.latent import great_circle
from common.runs import history, live
from common.scores import classifier, metrics
from fashion_gan import lecture, train
from fashion_gan.lecture import BLACK, LATENT, create_discriminator, create_generator

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The lecture's own program
#
# The slides' code in today's Keras, networks, both phases and the loop, is one file to be read from
# top to bottom: [fashion_gan/lecture.py](../fashion_gan/lecture.py).
#
#     python -m fashion_gan.lecture
#
# plays its 50 epochs. Here are two, a hundred iterations of each:

# %%
_ = lecture.main(n_epochs=2, iterations=100 if PRESET == "quick" else 2)

# %% [markdown]
# ## The data
#
# Fashion-MNIST: 60,000 pictures of clothes of ten kinds, 28x28 pixels. The slides never say how the
# pixels are scaled; the generator ends in a sigmoid, so that its pictures lie in [0, 1], and the
# real ones have to as well.

# %%
config = train.PRESETS[PRESET]
print(devices.prepare(config.device, config.dtype).description)
(reals,) = train.EXAMPLE.load(config).arrays
print(reals.shape, reals.dtype, "from", reals.min(), "to", reals.max())
gallery.image_grid(reals[:40], 10, "Forty real pictures", black=BLACK)

# %% [markdown]
# ## The two networks
#
# Nothing but dense layers: neither network knows that pixels have neighbours. George widens 30
# numbers to 784, David narrows 784 to one.

# %%
generator, discriminator = create_generator(), create_discriminator()
live.show_networks(generator, discriminator)

# %% [markdown]
# ## The loss
#
# The slides write the game as one objective,
#
# $$\min_G \max_D V(D, G) = \mathbb{E}_{x}[\log D(x)] + \mathbb{E}_{z}[\log(1 - D(G(z)))],$$
#
# and the code as cross-entropy with targets $y$, 1 for what should be called real and 0 for fakes:
#
# $$L = -\frac{1}{m} \sum_{i=1}^m \big[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\big].$$
#
# With half of a batch real and half fake this is $-V/2$, so David minimises what the objective
# maximises. Three lines compute it, and Keras agrees:

# %%
import keras

p, y = np.array([0.9, 0.2, 0.6, 0.3]), np.array([1.0, 0.0, 0.0, 1.0])
terms = y * np.log(p) + (1 - y) * np.log(1 - p)
loss = -terms.mean()
print(f"by hand {loss:.6f}, Keras {float(keras.losses.binary_crossentropy(y, p)):.6f}")
print(f"a David who cannot tell answers 0.5 to all: {-np.log(0.5):.4f}")

# %% [markdown]
# George does *not* minimise $\log(1 - D(G(z)))$, as the objective says. His targets are 1, so that
# he minimises $-\log D(G(z))$. Both want the same, but where David is sure of a fake the first is
# flat and the second is steep. [07_when_gans_fail](07_when_gans_fail.ipynb) makes the first one
# fail.

# %%
curves.generator_costs()

# %% [markdown]
# ## The two steps
#
# An iteration is two updates, on the slide "phase 1" and "phase 2". They are methods of the game,
# and what stands in this cell is what the next ones play. Change a line, run the cell and the
# training anew. With 0.9 in the place of David's 1.0 he is no longer asked to be sure, and his loss
# cannot fall below 0.162; with 0.0 in the place of George's 1.0, George wants to be found out.

# %%
from keras import ops


class Game(train.Game):
    """The package's game, with its two steps to be changed."""

    def update_discriminator(self, noise, reals):
        """Phase 1: David learns from a batch of fakes and one of real pictures."""
        batch = self.config.batch_size
        fakes_and_reals = ops.concatenate([self.fakes(noise), reals])
        targets = ops.array([[0.0]] * batch + [[1.0]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, fakes_and_reals, targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}

    def update_generator(self, noise):
        """Phase 2: George learns from new fakes, which David should call real."""
        targets = ops.array([[1.0]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}


# %% [markdown]
# `self.gan` is George with David behind him; David is frozen in it. Both are compiled once, each
# with an optimizer of its own, as in the lecture's program:

# %%
live.show_code(lecture.create_gan)

# %% [markdown]
# `self.engine` is what plays the steps. The reference engine makes the slides' own calls,
# `train_on_batch` and a prediction, one after another:

# %%
live.show_code(engines.Reference)

# %% [markdown]
# The compiled engine plays the same steps, with the same random numbers, in one graph of many
# iterations; the losses agree, and only the time differs.
#
# ## Play
#
# Four epochs with a fifth of the slides' learning rate. The curves and samples below change while
# it plays; interrupt the kernel when you have seen enough. David's accuracy on real and on fake
# pictures is drawn apart, as it should be: "Convergence: D(x) = D(G(z)) = 0.5 (David cannot tell
# real/fake anymore)" would be 50 % of both.

# %%
game = Game(config, reals)
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))

# %% [markdown]
# The same ten noises from the first to the last iteration, a row for each moment:

# %%
moments = history.spread(list(drawn), 7)
rows_of_ten = [drawn[moment][:10] for moment in moments]
gallery.over_time(rows_of_ten, moments, "The same ten noises", BLACK)

# %% [markdown]
# ## The finished generator
#
# What came of the slides' whole 50 epochs, 93,750 iterations, is in the package
# ([its card](../fashion_gan/pretrained/README.md)). "Unfortunately, the images never really get
# much better than this", and kinds of clothes get lost: there are no shoes among them, and hardly a
# bag (exercise 3 counts).

# %%
shipped = generators.load(generators.Source(pretrained=True), train.EXAMPLE)
fakes = latent.generate(shipped, latent.draw_noise(0, 40, LATENT))
gallery.image_grid(fakes, 10, "Forty fakes after 50 epochs", black=BLACK)

# %% [markdown]
# A walk through the latent space: each row goes from one noise to another along a great circle. The
# clothes change smoothly; a generator that had learned pictures by heart would jump.

# %%
ends = latent.draw_noise(1, 10, LATENT).reshape(5, 2, LATENT)
walks = [latent.generate(shipped, great_circle(*pair, 10)) for pair in ends]
gallery.walk(np.stack(walks), "Five walks", black=BLACK)

# %% [markdown]
# Can you tell? Six of these are fake. Mark them and count.

# %%
live.quiz(reals[100:106], fakes[:6], seed=1, black=BLACK)

# %% [markdown]
# ## In the browser
#
# `python -m lab` opens a page on which a class [spots the fake
# clothes](../lab/lab.html#tab=quiz&of=fashion_gan) and compares what it found.
#
# ## Exercises
#
# **Exercise 1.** What is the loss of a discriminator that answers 0.5 to everything? David's first
# one, before he has learned anything, is a little lower. Where does he get that from?
#
# <details><summary>Answer</summary>
#
# Each of the terms is $-\log 0.5 = 0.693$, whatever its target. David's first weights are random
# and not 0. So he gives noise and clothes different answers from the start, and here happens to be
# right about most: his first accuracies are over 80 %.
#
# </details>
#
# **Exercise 2.** Play with the slides' learning rate, 1e-3, for as many epochs. What changes in the
# curves and in the pictures? As a command:
#
#     python -m fashion_gan.train --preset quick --learning-rate 1e-3

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: at first David runs ahead, and George's loss starts three times as high. Then the curves
# settle where they did with the smaller rate. The pictures show the difference: a coarser grain of
# black and white.
faster = train.Game(replace(config, learning_rate=1e-3), reals)
rows, drawn = live.play(faster, train.EXAMPLE.recorder(faster))

# %% [markdown]
# **Exercise 3.** How many of the ten kinds of clothes does the shipped generator draw? The package
# `common` has a classifier of them.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: five of ten, by the rule of common.scores.metrics.modes_found.
many = latent.generate(shipped, latent.draw_noise(2, 1000, LATENT))
answers = classifier.load("fashion_mnist").predict(2 * many - 1, verbose=0)["classes"]
found = np.bincount(answers.argmax(axis=1), minlength=10)
names = "T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, boot".split(", ")
print(dict(zip(names, found.tolist(), strict=True)))
print(f"{metrics.modes_found(answers.argmax(axis=1), 10)} of 10 kinds")

# %% [markdown]
# **Exercise 4.** George's noise has 30 numbers, his pictures 784 pixels. Are 30 few? Draw a
# thousand pictures and look at how much of their variance how many directions hold.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: not by this measure. Thirty directions hold 88 % of the fakes' variance and 83 % of the
# real ones', and George may bend his thirty, so that they reach into more. Pictures of clothes are
# far fewer than 784 numbers could make.
for label, images in {"real": reals[:1000], "fake": many}.items():
    flat = images.reshape(len(images), -1)
    sizes = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    shares = np.cumsum(sizes) / sizes.sum()
    print(label, {k: f"{shares[k - 1]:.0%}" for k in (1, 5, 10, 30, 100)})
