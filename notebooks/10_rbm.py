# %% [markdown]
# # A Boltzmann machine: energies in place of a generator
#
# Spence's slide of several types of generative networks gives it two words, "Boltzmann Machines".
# It is the oldest on that slide, and has neither a generator nor an encoder: only an energy for
# each image. The code is that of `beyond/rbm`; its [README](../beyond/rbm/README.md) has the
# papers.
#
# **The idea.** Pixels v and hidden units h are 0 or 1. Weights W, b and c give each state of all of
# them an energy, and a low energy means a high probability:
#
# $$E(v, h) = -b \cdot v - c \cdot h - v W h, \qquad p(v, h) = \frac{e^{-E(v, h)}}{Z}$$
#
# Z is the sum of the upper part over all states. Of 784 pixels and 500 hidden units there are
# $2^{1284}$. Everything here is about living with that.

# %%
# %matplotlib inline
import itertools
import os
from dataclasses import replace

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import numpy as np
from scipy.special import logsumexp

from beyond.rbm import ais, evaluate, lecture, sample, train
from beyond.rbm.lecture import BLACK
from common.data import datasets
from common.engines import devices
from common.figures import curves, gallery
from common.latent import draw_noise
from common.runs import live

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The plain program
#
# [beyond/rbm/lecture.py](../beyond/rbm/lecture.py) is one file to be read from top to bottom.
# `python -m beyond.rbm.lecture` plays 100 epochs. Here are some batches of it.

# %%
_ = lecture.main(epochs=1, iterations=100 if PRESET == "quick" else 2)

# %% [markdown]
# ## A machine small enough to count
#
# Three pixels and two hidden units have 32 states. Hidden units can be summed out by hand, since
# given v they are independent. What is left of the energy is the free energy F(v):
#
# $$p(v) = \frac{e^{-F(v)}}{Z}, \qquad F(v) = -b \cdot v - \sum_j \log(1 + e^{c_j + (v W)_j})$$

# %%
W, b, c = np.array([[2.0, -1.0], [2.0, 0.0], [-3.0, 1.0]]), np.array([-1.0, 0.0, 1.0]), np.zeros(2)
v = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
h = np.array(list(itertools.product([0.0, 1.0], repeat=2)))
energy = -(v @ b)[:, None] - h @ c - v @ W @ h.T
Z = np.exp(-energy).sum()
for state, all_h, free in zip(v, energy, ais.free_energy((W, b, c), v), strict=True):
    by_hand = np.exp(-all_h).sum() / Z
    print(f"v = {state.astype(int)}  by all h {by_hand:.4f}  by F(v) {np.exp(-free) / Z:.4f}")

# %% [markdown]
# ## What it learns from
#
# $$-\frac{\partial \log p(v)}{\partial W} =
#   \frac{\partial F(v)}{\partial W} - E_p\left[\frac{\partial F}{\partial W}\right]$$
#
# Lower the free energy of the data, raise that of what the machine itself believes in. Z has gone,
# but samples of p are needed. A Gibbs chain draws them: all of h given v, all of v given h, and so
# on. **Persistent** contrastive divergence never begins its chains anew: between two small changes
# of W they need only go a step.

# %%
live.show_code(lecture.gibbs_step, lecture.train_step)

# %% [markdown]
# ## Play

# %%
config = replace(train.PRESETS[PRESET], chain_length=200 if PRESET == "quick" else 10)
if PRESET == "quick":
    config = replace(config, epochs=5, log_every=600)  # of 20, to be done sooner
device = devices.prepare(config.device, config.dtype)
print(device.description)
(grey,) = train.EXAMPLE.load(config).arrays
game = train.Game(config, grey)
recorder = train.EXAMPLE.recorder(game)
rows, _ = live.play(game, recorder)

# %%
curves.draw_losses(rows, recorder.panels)

# %% [markdown]
# The loss says little: where data and chains have the same free energy it is 0, from the first step
# on. Nor is it a likelihood. For that Z is needed.
#
# ## What hidden units want to see
#
# Each has 784 weights, here as an image: white where it wants a pixel on, black where off.

# %%
gallery.image_grid(sample.filters(game.rbm)[:60], 12, "Weights of 60 hidden units")

# %% [markdown]
# ## Chains
#
# From noise on, each column a chain. Early steps find digits; later ones change a digit slowly.
# Between two digits lie images of high energy, which a chain seldom crosses.

# %%
moments = [1, 2, 3, 5, 10, 20, 50, 100, 200] if PRESET == "quick" else [1, 2, 5, 10]
noise = draw_noise(0, 12, game.latent)
chains = sample.chain_moments(game.generator, noise, moments)
gallery.over_time(chains, moments, "Twelve chains", BLACK, unit="Gibbs steps")

# %% [markdown]
# ## How probable is a test image?
#
# log p(v) = -F(v) - log Z. Of a machine with ten hidden units Z can be counted, $2^{10}$ states of
# h, with v summed out. Annealed importance sampling does without: from a machine whose Z is known
# its chains go in many small steps to this one (Salakhutdinov and Murray 2008). It goes also from
# this machine back. Forwards it tends to say too little, backwards too much.

# %%
small = replace(config, hidden=10, epochs=1, log_every=100 if PRESET == "quick" else 1)
little = train.Game(small, grey)
live.play(little, train.EXAMPLE.recorder(little))
W, b, c = machine = evaluate.machine_of(little.generator)
h = np.array(list(itertools.product([0.0, 1.0], repeat=10)))
exact = logsumexp(h @ c + ais.softplus(b + h @ W.T).sum(axis=1))

test = evaluate.binarized(datasets.load("mnist").x_test, "dynamic").reshape(-1, 784)
b0 = lecture.log_odds(grey)
print(f"counted: log Z {exact:.3f}, log p(v) {-ais.free_energy(machine, test).mean() - exact:.3f}")
for temperatures in (29, 290, 2900) if PRESET == "quick" else (29,):
    betas = ais.schedule(temperatures)
    forwards = ais.forwards(machine, b0, betas)
    backwards = ais.backwards(machine, b0, betas, ais.run_chains(machine, test[:100], 100))
    print(f"{temperatures:5} steps: {forwards.log_z:.3f} forwards, {backwards.log_z:.3f} backwards")

# %% [markdown]
# And the machine of 500 units, of which nobody can count Z:

# %%
machine, betas = (
    evaluate.machine_of(game.generator),
    ais.schedule(29 if PRESET == "smoke" else 1450),
)
samples = ais.run_chains(machine, test[:100], 2 if PRESET == "smoke" else 200)
forwards, backwards = ais.forwards(machine, b0, betas), ais.backwards(machine, b0, betas, samples)
mean = -ais.free_energy(machine, test).mean()
for words, found in (("forwards", forwards), ("backwards", backwards)):
    print(f"{words:9}  log Z {found.log_z:.2f}  mean log p(v) {mean - found.log_z:.2f} nats")

# %% [markdown]
# How far they are apart tells how far to trust them, if the samples at which the second begins are
# the machine's.
# `python -m beyond.rbm.evaluate` takes the paper's 14,500 steps.
#
# ## Exercises
#
# **Exercise 1.** Why are units of one layer not connected?
#
# <details><summary>Answer</summary>
#
# So that given the other layer they are independent, and a Gibbs step draws all of them at once
# with one product of matrices. In a machine where all are connected each unit has to be drawn by
# itself, again and again. The restriction costs less than it seems: hidden units still connect any
# pixel with any other.
#
# </details>
#
# **Exercise 2.** Contrastive divergence (Hinton 2002) begins its chains at the batch's images in
# each step. What does it never learn?
#
# <details><summary>Answer</summary>
#
# That images far from all data are improbable. Its chains see only the surroundings of data, so
# nothing raises the free energy elsewhere: log Z grows unseen. Persistent chains go wherever the
# free energy is low.
#
# </details>
#
# **Exercise 3.** How far do chains get that begin at test images? Compare an image with where its
# chain is after 1, 10 and 100 steps.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: a chain stays with its digit for long. Pictures are of the chain itself, 0 or 1.
walk = [test[:12], *(ais.run_chains(machine, test[:12], steps) for steps in (1, 10, 100))]
rows = np.concatenate(walk).reshape(-1, 28, 28, 1)
gallery.image_grid(rows, 12, "From test images", BLACK, row_labels=["image", 1, 10, 100])
