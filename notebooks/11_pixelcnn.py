# %% [markdown]
# # A PixelCNN writes digits pixel by pixel and says exactly how probable they are
#
# Spence's slide of several types of generative networks names it in one sentence: "an
# auto-regressive model, the conditional distribution of each pixel is modeled given the left and
# above pixels". This notebook takes that sentence apart. The code is that of `beyond/pixelcnn`; its
# [README](../beyond/pixelcnn/README.md) has the papers.
#
# **The idea.** Any distribution of images is a product: the first pixel, the second given the
# first, the third given both, and so on.
#
# $$p(x) = \prod_i p(x_i \mid x_1, \dots, x_{i-1})$$
#
# One network gives all the factors in one pass, if none of its answers sees its own pixel or a
# later one. A GAN cannot say p(x), a VAE bounds it. Here it is a sum of 784 logarithms.

# %%
# %matplotlib inline
import itertools
import os
import time
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np

from beyond.pixelcnn import evaluate, generator, lecture, sample, train
from beyond.pixelcnn.lecture import BLACK, MaskedConv2D
from common import latent
from common.engines import devices, input_gradient
from common.figures import curves, gallery
from common.likelihood import binarized_test_images
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The plain program
#
# [beyond/pixelcnn/lecture.py](../beyond/pixelcnn/lecture.py) is one file to be read from top to
# bottom. `python -m beyond.pixelcnn.lecture` plays 100 epochs. Here are some batches of it.

# %%
_ = lecture.main(epochs=1, iterations=100 if PRESET == "quick" else 2)

# %% [markdown]
# ## Two masks
#
# A convolution sees all around. Mask A leaves what is above, and to the left in the pixel's own
# row. It is for the image. Mask B leaves the pixel itself, too: behind the first layer its features
# hold nothing of the pixel any more. Rows below are no part of the kernel.

# %%
for mask in "AB":
    print(mask, MaskedConv2D(mask, 1, 3).taps[:, :, 0, 0].tolist())
live.show_code(MaskedConv2D.call, MaskedConv2D.masked_kernel, lecture.residual_block)
live.show_networks(lecture.create_network(blocks=1))

# %% [markdown]
# ## Does it see what it should?
#
# Gradients tell: of one pixel's logit with respect to every pixel. With positive weights no two
# paths cancel, so that the gradient is 0 only where there is no path. White is what the grey
# pixel sees.


# %%
def seen(network, row=22, column=10):
    """Which pixels a logit depends on, (28, 28, 1), 1 or 0; the pixel itself is 0.5."""
    for weight in network.trainable_variables:
        weight.assign(np.full(weight.shape, 0.1))
    image = keras.ops.ones((1, 28, 28, 1))
    gradient = np.asarray(input_gradient(lambda x: network(x)[:, row, column], image))[0]
    picture = (gradient != 0).astype("float32")
    assert picture.ravel()[row * 28 + column :].sum() == 0  # its own and later pixels
    picture[row, column] = 0.5
    return picture


networks = {  # blocks and the size of their kernels
    "1 of 3x3": (2, 1, 3), "7 of 3x3": (2, 7, 3), "20 of 3x3": (2, 20, 3),
    "7 of 5x5": (2, 7, 5), "7 of 7x7": (2, 7, 7),
}  # fmt: skip
pictures = np.stack([seen(lecture.create_network(*settings)) for settings in networks.values()])
gallery.image_grid(pictures, 5, "What a pixel sees", BLACK, column_labels=list(networks))

# %% [markdown]
# Nothing below, nothing to the right in its row: the network is causal. But above to the right a
# wedge stays black however many blocks there are. That is the blind spot: a 3x3 kernel climbs a row
# for each column that it goes to the right. A 5x5 kernel goes two, a 7x7 kernel three. And where
# the rows end that a network sees, it forgets: seven blocks of 3x3 see ten rows up. The authors'
# next network (arXiv:1606.05328) has two stacks, one of whole rows above and one of the row itself,
# and no blind spot.
#
# ## What it lowers
#
# $$-\log p(x) = -\sum_i \log p(x_i \mid x_1, \dots, x_{i-1})$$
#
# By hand, of a network that gives every pixel an even chance, and then the proof that these are
# probabilities: of 2x2 pixels there are 16 images, and whatever the weights, all p(x) add up to 1.

# %%
print(f"even chances: 784 log 2 = {784 * np.log(2):.2f} nats")
every = np.array(list(itertools.product((0, 1), repeat=4)), "float32").reshape(-1, 2, 2, 1)
for number in range(3):
    keras.utils.set_random_seed(number)
    small = lecture.create_network(4, 2, side=2)
    p = np.exp(-np.asarray(lecture.nats(every, small(every))))
    print(f"weights {number}: from {p.min():.4f} to {p.max():.4f}, sum {p.sum():.6f}")

# %% [markdown]
# ## Play

# %%
config = train.PRESETS[PRESET]
if PRESET == "quick":
    config = replace(config, iterations=1500, log_every=300)  # a seventh, to be done sooner
device = devices.prepare(config.device, config.dtype)
print(device.description)
(grey,) = train.EXAMPLE.load(config).arrays
game = train.Game(config, grey)
recorder = train.EXAMPLE.recorder(game)
rows, _ = live.play(game, recorder)

# %%
curves.draw_losses(rows, recorder.panels)

# %% [markdown]
# ## How probable is a test image?
#
# Exactly so much. The most probable and the least probable of some test digits:

# %%
count = 1000 if PRESET == "quick" else 20
images = binarized_test_images("dynamic", count)
found = evaluate.log_likelihood(game.network, images)
print(f"{count} test images: {found.mean():.2f} nats")
order = np.argsort(found)
extremes = images[np.concatenate([order[-10:][::-1], order[:10]])]
gallery.image_grid(extremes, 10, "Test digits", BLACK, row_labels=["most", "least"])

# %% [markdown]
# ## Draw
#
# Now one pixel after another: ask for its probability, toss a coin, go on. The plain way passes the
# whole image through the network for each of 784 pixels.
# [generator.py](../beyond/pixelcnn/generator.py) keeps what the pixels before have computed.

# %%
noise = latent.draw_noise(0, 100, generator.PIXELS)
game.generator.predict_on_batch(noise)  # compiles it
began = time.monotonic()
digits = latent.generate(game.generator, noise)
print(f"100 digits, kept activations: {time.monotonic() - began:.1f} s")
chances = np.random.default_rng(0).random((1, 28, 28, 1), "float32")
began = time.monotonic()
lecture.draw(game.network, chances)
print(f"1 digit, the whole network 784 times: {time.monotonic() - began:.1f} s")
gallery.image_grid(sample.grow(digits[:6]), sample.STAGES, "Digits that grow", BLACK)

# %% [markdown]
# It can also be given the first half of a digit and go on. A GAN has no way to do that.

# %%
halves = images[:4]
noise = latent.draw_noise(0, 8 * len(halves), generator.PIXELS)
noise = sample.hold(noise, halves.repeat(8, axis=0), generator.PIXELS // 2)
completed = latent.generate(game.generator, noise).reshape(-1, 8, 28, 28, 1)
rows = np.concatenate([halves[:, None], completed], axis=1).reshape(-1, 28, 28, 1)
gallery.image_grid(rows, 9, "A test digit, and its upper half with eight lower ones", BLACK)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** What would the loss come to if the first layer had mask B?
#
# <details><summary>Answer</summary>
#
# To 0. Each logit would see its own pixel and copy it. All p(x) of 2x2 pixels would add up to 16:
# it would be no distribution, and could draw nothing, for a pixel would have to be there before it
# is drawn.
#
# </details>
#
# **Exercise 2.** Who is right about a digit, the network or its samples? Compare the mean log p of
# the network's own digits with that of test digits.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: if the network were the true distribution, both would be the same: minus its entropy.
own = evaluate.log_likelihood(game.network, digits)
print(f"own digits {own.mean():.2f} nats, test digits {found.mean():.2f} nats")

# %% [markdown]
# **Exercise 3.** Why can it be trained on all pixels at once, but not draw them at once?
#
# <details><summary>Answer</summary>
#
# In training the image is there: every pixel's past is known, and one pass gives all 784 terms of
# the loss. In drawing a pixel's past is what has just been drawn. A GAN or a VAE draws all pixels
# in one pass; that is what they have over it.
#
# </details>
