# %% [markdown]
# # Four experimenters, one look: batch equalisation
#
# Two slides of Gale and Eglen, "Problem: How to control variance?" and "Batch Equalisation", ask
# what a GAN is good for in a laboratory. The same thing looks different on another day or in other
# hands. A generator takes that away. The code is that of `beyond/batch_equalisation`; its
# [README](../beyond/batch_equalisation/README.md) has the paper.
#
# **The idea.** A discriminator learns to tell who recorded an image. A generator changes images
# until it cannot, and all look like the reference's. A decoder finds the recording again, so that
# the digit has to stay.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import numpy as np

from beyond.batch_equalisation import experimenters, lecture, scoring, train
from beyond.batch_equalisation.histograms import Matching
from beyond.batch_equalisation.lecture import BLACK
from common.commands.generators import Source, load
from common.data import datasets
from common.engines import devices
from common.figures import curves, gallery
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The batches
#
# They are made, so that the truth is known: what the reference would have recorded of the same
# digit. In training nobody sees it, each digit is recorded by one experimenter only.

# %%
live.show_code(experimenters.bold, experimenters.pale, experimenters.slanted)
digits = datasets.load("mnist").x_test[:10]
recordings = np.concatenate([experimenters.record(digits, name) for name in experimenters.NAMES])
gallery.image_grid(
    datasets.scale(recordings), 10, "The same digits", BLACK, row_labels=experimenters.NAMES
)

# %% [markdown]
# ## Can they be told apart?
#
# A fresh classifier learns it from 8,000 recordings and is tested on as many of other digits. That
# takes minutes, so `python -m beyond.batch_equalisation.evaluate --pretrained` does it.
# Batches told:
#
# | | raw | histogram matched | equalised | by chance |
# |---|---|---|---|---|
# | in grey | 100.0 % | 99.0 % | 38.6 % | 25 % |
# | as ink, black or white | 68.9 % | 63.1 % | 30.1 % | 25 % |
#
# So the batches are nearly removed. Grey values in edges and grounds still give some images away,
# the shapes hardly any. The rest of this notebook shows how, and what is left.

# %%
count = 1000 if PRESET == "quick" else 100
batches = scoring.test_batches(Source(pretrained=True), train.EXAMPLE, count)

# %% [markdown]
# ## Histogram matching
#
# The usual cure: for each batch a curve from its grey values to those of the reference. It knows
# nothing of shapes.

# %%
matched = Matching(batches.learned, batches.learned_numbers)(batches.images, batches.numbers)

# %% [markdown]
# ## The game
#
# [lecture.py](../beyond/batch_equalisation/lecture.py) is the plain program. Its two steps:

# %%
live.show_code(lecture.create_gan, lecture.train_discriminator, lecture.train_generator)
live.show_networks(lecture.create_discriminator())

# %% [markdown]
# The loss by hand: a discriminator that knows nothing of four experimenters is at log 4.

# %%
print(f"log 4 = {np.log(4):.4f} nats")
config = train.PRESETS[PRESET]
if PRESET == "quick":
    config = replace(config, iterations=200, log_every=50)  # a taste: quick has 3,748
device = devices.prepare(config.device, config.dtype)
print(device.description)
game = train.Game(config, *train.EXAMPLE.load(config).arrays)
recorder = train.EXAMPLE.recorder(game)
rows, _ = live.play(game, recorder)

# %%
curves.draw_losses(rows, recorder.panels)

# %% [markdown]
# ## With the weights that come along
#
# They have played the whole of preset long.

# %%
generator = load(Source(pretrained=True), train.EXAMPLE)
equalised = train.equalise(generator, batches.images, batches.numbers)
ways = {"raw": batches.images, "histogram matched": matched, "equalised": equalised}
for name, images in ways.items():
    images = datasets.as_on_a_screen(images)
    read, far = scoring.digit_accuracies(images, batches), scoring.errors(images, batches)
    print(f"{name}: digits read " + ", ".join(f"{batch} {x:.1%}" for batch, x in read.items()))
    print(f"{name}: error per pixel " + ", ".join(f"{batch} {x:.4f}" for batch, x in far.items()))

# %%
shown = [images[batches.numbers == number][:10] for number in (1, 2, 3) for images in ways.values()]
labels = [f"{name}, {way}" for name in batches.names[1:] for way in ways]
shown.append(batches.images[:10])
gallery.image_grid(
    np.concatenate(shown), 10, "Before and after", BLACK, row_labels=[*labels, "reference"]
)

# %% [markdown]
# ## What it found out about slant
#
# The generator may move each experimenter's images by an affine map before it changes pixels. It
# was told nothing: the maps come from the discriminator's complaints. In pixels, at the edges:

# %%
(move,) = (layer for layer in generator.layers if isinstance(layer, lecture.Move))
for name, maps in zip(batches.names, lecture.UNIT * np.asarray(move.maps), strict=True):
    print(f"{name}: rows at the lower edge are fetched {maps[0, 1]:+.1f} pixels to the right")
print(f"slanted, the truth: {-0.3 * 13.5:+.1f}")

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** What may the generator do if the decoder is left out (`--keep 0`)?
#
# <details><summary>Answer</summary>
#
# Draw any digit, as long as it looks like the reference's: a discriminator that tells experimenters
# does not ask which digit it was. Nothing else in the game holds on to it.
#
# </details>
#
# **Exercise 2.** All threes are recorded by one experimenter, all fives by another. What becomes of
# them?
#
# <details><summary>Answer</summary>
#
# The batch is now told by the digit, so the generator has to take that away as well: it makes
# threes of fives. Correction of batches needs batches that differ in nothing else. Gale and Eglen
# assume it with the words "same underlying biology". It happened here: of MNIST's training digits
# every other one leans more. When the experimenters recorded them in turn, two of four had all of
# these, and the generator set them upright, too.
#
# </details>
#
# **Exercise 3.** Half of a digit's pixels are equal in all batches. Is 0.02 per pixel little?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: beside the mean brightness of a digit, which a black image would miss, it is a share of:
black = (batches.images[batches.numbers == 0] + 1).mean() / 2
print(f"a black image is wrong by {black:.4f} per pixel: 0.02 is {0.02 / black:.0%} of that")
