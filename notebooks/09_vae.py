# %% [markdown]
# # A variational autoencoder draws digits and says how probable they are
#
# Spence's slide of several types of generative networks names it in one sentence: an encoder
# "casts the input data into a lower-dimensional representation", a decoder "reconstructs the
# input". This notebook is about what that sentence leaves out, and without which nothing could be
# drawn. The code is that of `beyond/vae`; its [README](../beyond/vae/README.md) has the papers.
#
# **The idea.** A generator makes of two normal numbers z the probability of each pixel to be on.
# A GAN would give it an opponent. Here it learns from real images directly, and for that needs to
# know which z an image may come from. The encoder says it, not as one z but as a normal
# distribution q(z|x).

# %%
# %matplotlib inline
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import numpy as np
from scipy import stats

from beyond.vae import bounds, evaluate, lecture, sample, train
from beyond.vae.lecture import BLACK
from common import latent
from common.data import datasets
from common.engines import devices
from common.figures import curves, gallery, style
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The plain program
#
# [beyond/vae/lecture.py](../beyond/vae/lecture.py) is one file to be read from top to bottom.
# `python -m beyond.vae.lecture` plays 3,280 epochs, the paper's. Here are some batches of it. The
# ELBO is what both networks raise.

# %%
_ = lecture.main(epochs=1, iterations=100 if PRESET == "quick" else 2)

# %% [markdown]
# ## The digits: grey is a probability
#
# In each batch anew each pixel is on with its grey as the probability. So no digit comes twice in
# the same way, and that alone keeps the networks from learning the images by heart.

# %%
config = replace(train.PRESETS[PRESET], latent=2)
if PRESET == "quick":
    config = replace(config, epochs=4)  # of 20, to be done sooner
device = devices.prepare(config.device, config.dtype)
print(device.description)
(grey,) = train.EXAMPLE.load(config).arrays
random = np.random.default_rng(0)
drawn = [np.asarray(lecture.binarize(grey[:12], random.random((12, 28, 28, 1)))) for _ in range(2)]
rows = np.concatenate([grey[:12], *drawn])
gallery.image_grid(rows, 12, "Twelve digits", BLACK, row_labels=["grey", "drawn", "again"])

# %% [markdown]
# ## The two networks
#
# The encoder gives two answers, the mean of q(z|x) and the logarithm of its variance.

# %%
live.show_networks(lecture.create_encoder(2), lecture.create_generator(2))

# %% [markdown]
# ## What they raise
#
# $$\log p(x) \;\ge\; \mathrm{ELBO} = E_{q(z|x)}[\log p(x|z)] - KL(q(z|x) \,\|\, p(z))$$
#
# First how well z of q(z|x) redraw the image, in nats; then what q(z|x) says of the image beyond
# the prior, a standard normal. Both by hand, of three pixels and of one latent number.

# %%
x, p = np.array([1.0, 0.0, 1.0]), np.array([0.8, 0.3, 0.6])
by_hand = np.log(0.8) + np.log(1 - 0.3) + np.log(0.6)
loss = -float(lecture.log_likelihood(x, np.log(p / (1 - p))))
print(f"reconstruction  by hand {-by_hand:.6f}  the program's {loss:.6f}")

mean, deviation = 0.7, 0.3
z = np.random.default_rng(0).normal(mean, deviation, 1_000_000)
sampled = np.mean(stats.norm.logpdf(z, mean, deviation) - stats.norm.logpdf(z))
kl = lecture.kl_divergence(np.array([[mean]]), np.log([[deviation**2]]))
print(f"KL divergence   of a million z {sampled:.4f}  in closed form {float(kl[0]):.4f}")
live.show_code(lecture.sample, lecture.create_vae)

# %% [markdown]
# z is mean + deviation times noise: that is all of the famous trick. Noise comes from outside, so
# gradients go through z into the encoder.
#
# ## Play

# %%
game = train.Game(config, grey)
recorder = train.EXAMPLE.recorder(game)
rows, _ = live.play(game, recorder)

# %%
curves.draw_losses(rows, recorder.panels)

# %% [markdown]
# Both parts have their price. A larger KL divergence means that z says more of the image, and then
# the image is redrawn better.
#
# ## All that it can draw
#
# With two latent numbers one picture shows everything: z goes through the quantiles of the normal
# distribution, so that each image is as probable as the next. In a terminal:
#
#     python -m beyond.vae.train --preset quick --latent 2
#     python -m beyond.vae.sample RUN --show map --out map.png

# %%
steps = sample.quantiles(16)
right, up = np.meshgrid(steps, steps[::-1])
z = np.stack([right.ravel(), up.ravel()], axis=1)
gallery.image_grid(latent.generate(game.generator, z), 16, "The map of z", BLACK)

# %% [markdown]
# And where the encoder puts test digits, each by the mean of its q(z|x). Nobody has told it what a
# digit is.

# %%
images = evaluate.binarized_test_images("dynamic", 2000)
labels = datasets.load("mnist").y_test[:2000]
means, _ = game.encoder.predict(images, verbose=0)


def draw_plane(places, labels):
    """Draw where images lie in the plane of z, places (N, 2), in a colour for each digit."""
    figure = style.new_figure(7, 6)
    axis = figure.add_subplot()
    for digit in range(10):
        axis.scatter(*places[labels == digit].T, s=6, label=str(digit), color=f"C{digit}")
    axis.set_xlabel("first latent number")
    axis.set_ylabel("second latent number")
    axis.legend(title="digit", markerscale=3)
    return figure


draw_plane(means, labels)

# %% [markdown]
# ## How probable is a test image?
#
# A GAN cannot say. Here log p(x) is bounded from below: by the ELBO, and closer by the logarithm of
# the mean of k weights p(x, z) / q(z|x) with z of q(z|x) (Burda et al. 2016, equation 8).

# %%
for k in (50, 500, 5000) if PRESET == "quick" else (50,):
    found = bounds.bounds(game.encoder, game.generator, images[:20], k)
    print(f"k = {k:5}: ELBO {found['elbo'].mean():8.2f}, bound {found['bound_k'].mean():8.2f} nats")

# %% [markdown]
# The bounds grow with k and settle: that is about log p(x). Nats of other digits cannot be
# compared: those of `binarized_gan`, with every pixel above one half on, have less chance in them,
# and so a higher likelihood.
#
# ## Exercises
#
# **Exercise 1.** What does the KL divergence do? Leave it out in your mind: which variance would
# the encoder choose, and what would the generator draw of z of the prior?
#
# <details><summary>Answer</summary>
#
# A variance near 0, for noise in z only makes the redrawn image worse. Each image would have a
# place of its own, far from the others and anywhere, and the generator would have learned nothing
# of all z between. It would be an autoencoder: it redraws, but draws nothing new.
#
# </details>
#
# **Exercise 2.** A z of the prior that the encoder never uses draws nonsense. Does the encoder use
# the prior as a whole? Compare the mean and the variance of z of q(z|x) over many images with those
# of a standard normal.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: roughly. Together the q(z|x) of all images have a mean near 0 and a variance near 1, the
# better the longer it has trained.
mean, log_variance = game.encoder.predict(images, verbose=0)
z = mean + np.exp(log_variance / 2) * random.standard_normal(mean.shape)
print("mean", z.mean(axis=0).round(2), "variance", z.var(axis=0).round(2))

# %% [markdown]
# **Exercise 3.** Why are the samples softer than a GAN's?
#
# <details><summary>Answer</summary>
#
# The picture shows probabilities, not an image. Where several strokes are possible for one z, each
# pixel gets the mean of them, for that raises log p(x|z). A GAN's discriminator would see at once
# that no real digit is grey there.
#
# </details>
