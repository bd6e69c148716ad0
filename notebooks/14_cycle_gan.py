# %% [markdown]
# # Horses and zebras of 28 pixels: CycleGAN
#
# Nguyen's slide "CycleGAN: domain transformation" says that it "learns transformation across
# domains with unpaired data". Here the horses are plain digits and the zebras striped ones. The
# code is that of `beyond/cycle_gan`; its [README](../beyond/cycle_gan/README.md) has the paper.
#
# **The idea.** One generator makes zebras of horses, another horses of zebras. A judge for each
# domain says which images are real. That alone would allow any horse to become any zebra. So
# what went there and back has to be what it was.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import numpy as np

from beyond.cycle_gan import domains, lecture, scoring, train
from beyond.cycle_gan.lecture import BLACK
from common.commands.generators import Source, load
from common.data import datasets
from common.engines import devices
from common.figures import curves, gallery
from common.runs import live
from common.scores import classifier

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## Two domains
#
# The stripes are made by a rule, each image's with a phase and a slant of its own. So it is known
# what the same digit is in the other domain. In training nobody sees such a pair: one half of the
# digits is plain, the other half striped.

# %%
live.show_code(domains.striped, domains.unpaired)
digits = datasets.load("mnist").x_test[:10]
pairs = datasets.scale(np.concatenate(domains.both(digits, "stripes")))
gallery.image_grid(pairs, 10, "Known pairs", BLACK, row_labels=("x, plain", "y, striped"))

# %% [markdown]
# ## The networks
#
# Two translators that go by the same plan, and two judges. A judge has 49 answers, one for each
# patch of the image. The two translators together are "the generator", the judges "the
# discriminator".

# %%
live.show_networks(lecture.create_translator("x_to_y"), lecture.create_judge("judge_y"))

# %% [markdown]
# ## The two steps
#
# The generator takes x and y and gives a y and an x. So calling it again brings both back.

# %%
live.show_code(lecture.create_gan, lecture.train_discriminator, lecture.train_generator)

# %% [markdown]
# The losses by hand: a judge that answers 1/2 to everything is wrong by a half, squared.

# %%
print(f"D: {2 * (0.5**2 + 0.5**2) / 2} for both judges, G: {2 * (1 - 0.5) ** 2}")
config = train.PRESETS[PRESET]
if PRESET == "quick":
    config = replace(config, iterations=100, log_every=25)  # a taste: quick has 1,875
device = devices.prepare(config.device, config.dtype)
print(device.description)
game = train.Game(config, *train.EXAMPLE.load(config).arrays)
rows, _ = live.play(game, train.EXAMPLE.recorder(game))

# %%
curves.draw_losses(rows, train.CycleRecorder.panels)

# %% [markdown]
# ## With the weights that come along
#
# They have played the whole of preset quick.

# %%
generator = load(Source(pretrained=True), train.EXAMPLE)
count = 300 if PRESET == "quick" else 50
test = scoring.test_domains(Source(pretrained=True), train.EXAMPLE, count)
fake_y, fake_x, again_x, again_y = scoring.there_and_back(generator, test)
shown = [test.x, fake_y, again_x, test.y, fake_x, again_y]
gallery.image_grid(
    np.concatenate([row[:10] for row in shown]), 10, "There and back", BLACK,
    row_labels=train.ways(test.names),
)  # fmt: skip

# %% [markdown]
# ## What it keeps, and what else it changes
#
# On the slide a horse's grass turns yellow when it becomes a zebra. Here the grass is the black
# ground: the rule never touches it.

# %%
known = classifier.load("mnist")
for name, images in [("plain", test.x), ("striped as plain", fake_x), ("plain, and back", again_x)]:
    read = classifier.accuracy(known, datasets.pixels(images), test.digits)
    print(f"{name}: digits read {read:.1%}")
print(f"striped as plain: error per pixel {scoring.error(fake_x, test.x):.4f}")
print(f"  not translated: error per pixel {scoring.error(test.y, test.x):.4f}")
print(f"plain as striped: from the nearest stripes {scoring.error_there(test, fake_y):.4f}")
print(f"  not translated: from the nearest stripes {scoring.error_there(test, test.x):.4f}")
print(f"light on the ground: {scoring.ground(test, fake_y):.4f} on striped ones,")
print(f"                     {scoring.ground(test, fake_x):.4f} on plain ones")

# %% [markdown]
# ## How does it know where the stripes were?
#
# A plain digit does not tell the phase of the stripes that it had. Yet they come back, nearly where
# they were. Chu et al. 2017 ([arXiv:1712.02950](https://arxiv.org/abs/1712.02950)) call CycleGAN a
# master of steganography: one translator hides in its image what the other needs. The true plain
# digit hides nothing.

# %%
from_true = datasets.as_on_a_screen(train.translate(generator, test.x, test.x)[0])
print(f"striped, as plain, and back: error per pixel {scoring.error(again_y, test.y):.4f}")
print(f"the same from the true plain digit: {scoring.error(from_true, test.y):.4f}")
hidden = np.abs(fake_x - test.x) / 2
labels = ("striped", "as plain", "and back", "truly plain", "striped anew", "where it hides")
gallery.image_grid(
    np.concatenate(
        [test.y[:10], fake_x[:10], again_y[:10], test.x[:10], from_true[:10],
         np.clip(8 * hidden[:10] - 1, -1, 1)]
    ),
    10, "The last row: eight times what differs from the truth", BLACK, row_labels=labels,
)  # fmt: skip

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** What may the generator do with `--cycle 0`?
#
# <details><summary>Answer</summary>
#
# Make any striped digit of any plain one. The judges see single images and cannot say which digit
# it was. (With small convolutions it often stays the same digit, for that is the easiest way. The
# paper's table 4 shows what the GAN loss alone gives.)
#
# </details>
#
# **Exercise 2.** All plain digits are threes, all striped ones fives. What becomes of a three?
#
# <details><summary>Answer</summary>
#
# A striped five: the judge of stripes has never seen a three. Whatever differs between the domains
# is changed, wanted or not. So the grass turns yellow: zebras stand in dry grass.
#
# </details>
#
# **Exercise 3.** Is the phase hidden in faint greys, or in the outlines of the strokes? Round the
# plain translations to black and white, and look what comes back.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer:
rounded = np.where(fake_x > 0, 1, -1).astype("float32")
again = train.translate(generator, rounded, rounded)[0]
print(
    f"in 256 greys {scoring.error(again_y, test.y):.4f}, in two {scoring.error(again, test.y):.4f}"
)
rounded = np.where(test.x > 0, 1, -1).astype("float32")
again = train.translate(generator, rounded, rounded)[0]
print(f"from the true plain digit in two greys {scoring.error(again, test.y):.4f}")
