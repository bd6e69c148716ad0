# %% [markdown]
# # Digits that grow: progressive GANs
#
# Nguyen's history of GANs has "Progressive Growing GANs: on CelebA-HQ". Here the faces of 1024
# pixels are digits of 28, with a border that makes them 32. The code is that of
# `beyond/progressive_gan`; its [README](../beyond/progressive_gan/README.md) has the paper.
#
# **The idea.** Both networks begin with images of 4 x 4 pixels, which say little more than where
# the ink is. When they have learned these, layers for 8 x 8 pixels fade in, then for 16 and 32.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np

from beyond.progressive_gan import lecture, train
from beyond.progressive_gan.lecture import BLACK, SIDES
from common.commands.generators import Source, load
from common.data import datasets
from common.engines import devices
from common.figures import curves, gallery
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## Real digits at four sizes
#
# A smaller image is the mean of four pixels. While a stage fades in, its real images are mixed with
# those of the stage before: below, 16 x 16 pixels at alpha 0, 0.5 and 1.

# %%
live.show_code(lecture.reals_at)
digits = lecture.padded(datasets.scale(datasets.load("mnist").x_test[:10]))


def at(side, alpha=1.0):
    """The ten digits as a stage has them, enlarged to 32 pixels again."""
    images = np.asarray(lecture.reals_at(digits, side, alpha))
    return images.repeat(32 // side, axis=1).repeat(32 // side, axis=2)[:, 2:-2, 2:-2]


rows = [at(side) for side in SIDES] + [at(16, alpha) for alpha in (0.0, 0.5, 1.0)]
labels = [f"{side} x {side}" for side in SIDES] + [f"alpha {alpha}" for alpha in (0, 0.5, 1)]
gallery.image_grid(np.concatenate(rows), 10, "Reals, stage by stage", BLACK, row_labels=labels)

# %% [markdown]
# ## The blocks
#
# An equalised layer multiplies its weights by He's scale in each call. Pixel norm keeps features
# from running away. The minibatch deviation lets the discriminator see a whole batch.

# %%
live.show_code(lecture.equalised, lecture.pixel_norm, lecture.minibatch_deviation, lecture.Fade)
print("pixel norm of (3, 4):", np.asarray(lecture.pixel_norm(np.array([3.0, 4.0]))))
print("by hand:             ", np.array([3, 4]) / np.sqrt((3**2 + 4**2) / 2))
alike, unlike = np.ones((4, 4, 4, 8)), np.random.default_rng(0).normal(size=(4, 4, 4, 8))
for name, batch in (("images that are all alike", alike), ("images that differ", unlike)):
    seen = np.asarray(lecture.minibatch_deviation(batch))[0, 0, 0, -1]
    print(f"minibatch deviation of {name}: {seen:.4f}")

# %% [markdown]
# ## The networks
#
# All layers are there from the start. A stage takes out what it needs: here the discriminator of
# 8 x 8 pixels. The old way in is on the left, the new one on the right.

# %%
keras.utils.set_random_seed(0)
networks = lecture.create_generator(), lecture.create_discriminator()
live.show_networks(lecture.at_side(*networks, 8)[1])

# %% [markdown]
# At alpha 0 the new layers change nothing: the larger images are the smaller ones, enlarged. So no
# step of the growing is a shock to either network.

# %%
noise = np.random.default_rng(0).normal(size=(1, lecture.LATENT))
fours, eights = (lecture.at_side(*networks, side)[0] for side in (4, 8))
small = np.asarray(lecture.enlarged(fours(noise)))
for alpha in (0.0, 0.5, 1.0):
    lecture.fade_in(networks, 8, alpha)
    print(f"alpha {alpha}: differs by {np.abs(eights(noise) - small).max():.3f}")

# %% [markdown]
# ## The two steps
#
# The loss is WGAN-GP's: the discriminator's slope between fakes and reals is to be 1. A small drift
# keeps its answers near 0.

# %%
live.show_code(lecture.Learner, lecture.train_discriminator, lecture.train_generator)
config = train.PRESETS[PRESET]
if PRESET == "quick":  # a taste, of the first three stages
    config = replace(config, iterations=900, stage_images=4_800, log_every=100, averaging=0.98)
device = devices.prepare(config.device, config.dtype)
print(device.description)
game = train.Game(config, *train.EXAMPLE.load(config).arrays)
rows, samples = live.play(game, train.EXAMPLE.recorder(game))

# %%
curves.draw_losses(rows, train.StagesRecorder.panels)

# %% [markdown]
# The last samples of each stage that was played:

# %%
last = {game.stage(iteration)[0]: images for iteration, images in samples.items()}
gallery.image_grid(
    np.concatenate([images[:10] for images in last.values()]),
    10, "Samples, stage by stage", BLACK, row_labels=[f"{side} x {side}" for side in last],
)  # fmt: skip

# %% [markdown]
# ## With the weights that come along
#
# They have played the whole of preset quick, at 32 x 32 pixels, too.

# %%
generator = load(Source(pretrained=True), train.EXAMPLE)
images, _ = train.EXAMPLE.samples(generator, 0, 60, {})
gallery.image_grid(images, 10, "Digits of the weights that come along", BLACK)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Why does the discriminator's new end fade in as well, not only the generator's?
#
# <details><summary>Answer</summary>
#
# Its new layers are random at first. Without a fade it would judge by noise, and the generator
# would follow that noise: what both learned at 4 x 4 pixels would be lost in a few steps.
#
# </details>
#
# **Exercise 2.** A generator draws one perfect digit again and again. What does the discriminator
# see of it, with and without the minibatch deviation?
#
# <details><summary>Answer</summary>
#
# Without it each image is looked at alone, and each is perfect. With it the last feature of the
# fakes is near 0, that of reals is not: one weight is enough to tell them apart.
#
# </details>
#
# **Exercise 3.** How much processor time does growing save in preset quick, if an iteration takes
# 13, 43, 88 and 141 ms at the four sizes?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer:
quick = train.PRESETS["quick"]
stage = quick.stage_images // quick.batch_size
grown = stage * (13 + 43 + 88) + (quick.iterations - 3 * stage) * 141
saved = 1 - grown / (quick.iterations * 141)
print(f"growing saves {saved:.0%} of the time at 32 x 32 pixels at once")
