# %% [markdown]
# # Five guidelines, and what each is worth
#
# Nguyen's slide "Deep Convolutional GANs" (SYS 6016) gives five guidelines; the network that the
# next slide prints keeps two of them, see [03_dcgan](03_dcgan.ipynb). Here is one that keeps all
# five, and a switch that takes any of them back. The code is that of `beyond/guideline_dcgan`; its
# [README](../beyond/guideline_dcgan/README.md) has the paper.
#
# **The idea.** Whoever wants to know what a rule is worth breaks it, it alone, and looks.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np

from beyond.guideline_dcgan import guidelines, lecture, train
from beyond.guideline_dcgan.lecture import BLACK
from common.commands.generators import Source, load
from common.engines import devices
from common.figures import curves, gallery
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The networks
#
# No dense layer, no pooling; BatchNorm in both, ReLU in George, leaky ReLU in David.

# %%
keras.utils.set_random_seed(0)
generator, discriminator = lecture.create_generator(), lecture.create_discriminator()
live.show_networks(generator, discriminator)

# %% [markdown]
# ## One taken back
#
# A function for each guideline says what becomes of a layer without it.

# %%
live.show_code(guidelines.pooled, guidelines.unnormalised, guidelines.with_dense)
for name in guidelines.WITHOUT:
    networks = guidelines.create_generator(take_back=name), guidelines.create_discriminator(name)
    print(f"{name}:")
    for network in networks:
        print("  ", network.name, *(type(layer).__name__ for layer in network.layers))

# %% [markdown]
# ## Why David needs a BatchNorm of his own
#
# BatchNorm makes an answer depend on the other images of the batch. David's mean over a batch of
# blank fakes and real clothes is neither's:

# %%
config = train.PRESETS[PRESET]
print(devices.prepare(config.device, config.dtype).description)
(images,) = train.EXAMPLE.load(config).arrays
reals, fakes = images[:32], np.full_like(images[:32], BLACK)
alone = np.asarray(discriminator(fakes, training=True))
mixed = np.asarray(discriminator(np.concatenate([fakes, reals]), training=True))[:32]
print(
    f"David's answer to a blank fake among fakes {alone[0, 0]:.4f}, among reals {mixed[0, 0]:.4f}"
)

# %% [markdown]
# While George learns, his batch has fakes only. So David has to have learned on such batches, and
# has to go by this batch even while he is frozen, where Keras's own layer would go by its moving
# statistics.

# %%
live.show_code(lecture.BatchNorm, lecture.create_pair)

# %% [markdown]
# ## The two steps, and a taste

# %%
live.show_code(train.Game.update_discriminator, train.Game.update_generator)

# %%
if PRESET == "quick":
    config = replace(config, iterations=300, log_every=75)  # a taste: quick has 3,750
game = train.Game(config, images)
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))
curves.draw_losses(rows, train.EXAMPLE.panels)

# %% [markdown]
# The same without BatchNorm:

# %%
game = train.Game(replace(config, take_back="batchnorm"), images)
rows, drawn_without = live.play(game, train.EXAMPLE.recorder(game))
curves.draw_losses(rows, train.EXAMPLE.panels)

# %%
gallery.image_grid(
    np.concatenate([of_game[max(of_game)][:20] for of_game in (drawn, drawn_without)]), 10,
    "Two rows with all five, two without BatchNorm", BLACK,
)  # fmt: skip

# %% [markdown]
# One seed and a few hundred iterations say little. Over seeds, on two data sets, for every
# guideline: [RESULTS.md](../RESULTS.md#what-the-guidelines-of-a-convolutional-gan-are-worth).
#
# ## With the weights that come along
#
# They have played the whole of preset quick.

# %%
finished = load(Source(pretrained=True), train.EXAMPLE)
clothes, _ = train.EXAMPLE.samples(finished, 0, 50, {})
gallery.image_grid(clothes, 10, "Fifty fakes", BLACK)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** A 7x7 convolution turns 64 pictures of 7x7 pixels into one number. How many
# weights does it have, and how many would a dense layer from the same numbers to one?
#
# <details><summary>Answer</summary>
#
# 7 x 7 x 64 + 1 = 3,137, both. They are the same function: where the window is as large as the
# picture, there is one place for it. "Remove dense layers" can only mean hidden ones, and so the
# paper says.
#
# </details>
#
# **Exercise 2.** Without BatchNorm, does it matter that fakes and reals are batches of their own?
#
# <details><summary>Answer</summary>
#
# No: then every answer depends on its own image alone, and the mean of the two losses is the loss
# of the mixed batch.
#
# </details>
#
# **Exercise 3.** Where does ReLU in David cost George something that ReLU in George does not?
#
# <details><summary>Answer</summary>
#
# George learns through David: where David's ReLU is off, no gradient comes back to the image. With
# the leak a fifth of it does.
#
# </details>
#
# **Exercise 4.** Show that David's answers to fakes do not depend on the reals beside them.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer:
pair = lecture.create_pair(discriminator)
one = np.asarray(pair([fakes, reals], training=True))[:32]
other = np.asarray(pair([fakes, images[32:64]], training=True))[:32]
print("differ by at most", np.abs(one - other).max())
