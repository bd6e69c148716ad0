# %% [markdown]
# # When GANs fail
#
# All the lectures end in warnings: saturation, mode collapse, a discriminator that is too sure, a
# game that goes round in circles. Here each of them happens, within a minute on a CPU, and then
# meets the cures that the lectures propose. Some cure, some do not, and some cure one thing and
# harm another: one play proves little, so that the table at the end has five of each.
#
# Two dimensions are enough, and every mode can be seen in them. The data are a ring of eight narrow
# Gaussians (Metz et al. 2016, arXiv:1611.02163).

# %%
# %matplotlib inline
import json
import os
from pathlib import Path

import numpy as np
from IPython.display import Markdown

import common
from common import cures
from common.data import ring
from common.engines import devices
from common.figures import curves, distributions
from common.runs import live, loop
from common.settings import flag
from common.two_phases import TwoPhaseGame, TwoPhaseSettings

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"
ITERATIONS = {"quick": 1500, "smoke": 8}[PRESET]
ENGINE = {"quick": "compiled", "smoke": "reference"}[PRESET]  # compiling takes longer than eight

# %%
print(devices.prepare(None, "float32").description)
reals = ring.points(1000, seed=1)
distributions.points(
    reals, {"as many again": ring.points(1000, seed=2)}, "Eight Gaussians in a ring"
)

# %% [markdown]
# ## The game
#
# It is that of `fashion_gan`, `dcgan` and `distribution_gan`: the discriminator D learns to answer
# 1 to real points and 0 to fakes, then the generator G learns to be answered with 1. Cures are
# settings of the game and off at first, so that what changes below is the cure's doing. This is D's
# step with the cures that have a part in it; the others are in the networks, the optimizers and G's
# cost. (G's step is that of [02_fashion_gan](02_fashion_gan.ipynb).) All that follows plays what
# stands in this cell. Change a line, and see. With `real = 1.0` for example, label smoothing does
# nothing.

# %%
from keras import ops


class Game(TwoPhaseGame):
    """The package's game, with D's step to be changed."""

    def update_discriminator(self, noise, reals, *chances):
        """D learns from a batch of fakes and one of real points."""
        config, batch = self.config, self.config.batch_size
        fakes = self.fakes(noise)
        if self.replay:  # some of them in exchange for earlier ones
            fakes = self.replay.exchange(fakes, chances[0], config.replay_share)
        x = ops.concatenate([fakes, reals])
        fake = 0.0 + config.fake_smoothing
        real = 1.0 - config.label_smoothing
        targets = ops.array([[fake]] * batch + [[real]] * batch, "float32")
        if self.learner is not self.discriminator:  # it is D with a penalty in its loss
            x = [x, *chances[-1:]]
        self.discriminator.trainable = True
        d = self.engine.train(self.learner, x, targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}


# %% [markdown]
# Both networks are dense:

# %%
live.show_networks(ring.create_generator(16), ring.create_discriminator())

# %% [markdown]
# What follows plays one game: G's samples at the end are scored by how many of the eight modes have
# at least 1 % of them within three standard deviations, by the share of such good samples, and by
# precision and recall.

# %%
import keras

plays = {}


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def play(name, optimizer=adam, head_start=0, away=0.0, **settings):
    """Play a game and keep it in plays; print how good its samples are at the end."""
    usual = {"batch_size": 128, "learning_rate": 1e-3, "epochs": 1000, "iterations": ITERATIONS}
    game = Game(
        TwoPhaseSettings(engine=ENGINE, **usual | settings),
        ring.points(2**14, seed=0),
        ring.create_generator,
        ring.create_discriminator,
        16,  # the noise's length, unless the settings have another
        optimizer=optimizer,
        shown=1000,
    )
    bias = game.generator.layers[-1].bias
    bias.assign(bias + np.array([away, 0.0]))
    if head_start:
        loop.play(game, min(head_start, ITERATIONS), generator=False)
    samples, part = {}, ITERATIONS // 4
    for done in range(0, ITERATIONS, part):
        loop.play(game, part, done)
        samples[done + part] = game.samples()
    last = samples[ITERATIONS]
    d_real, d_fake = (float(np.mean(game.discriminator(x))) for x in (reals, last))
    scores = ", ".join(f"{k} {v:.2g}" for k, v in ring.scores(last, reals)._asdict().items())
    print(f"{name}: D's mean answer to reals {d_real:.3f}, to fakes {d_fake:.3f}; {scores}")
    plays[name] = samples


def show(title, *names, reach=None):
    """Draw the last samples of some plays."""
    last = {name: list(plays[name].values())[-1] for name in names}
    return distributions.points(reals, last, title, reach)


# %% [markdown]
# ## Saturation
#
# "This can happen when the discriminator gives an overly confident rejection": where D is sure of
# the fakes, the objective of the slides, $\log(1 - D(G(z)))$, is flat, and what is flat teaches
# nothing. The first lecture lists three costs for the generator (zero-sum and flipped are in
# Goodfellow et al. 2014, arXiv:1406.2661, all three in Goodfellow 2016, arXiv:1701.00160); the flag
# is `--generator-cost`:

# %%
live.show_code(cures.flipped, cures.zero_sum, cures.maximum_likelihood)
curves.generator_costs()

# %% [markdown]
# To see it, the fakes begin ten units to the right of the ring, D learns alone for 500 iterations,
# and both then learn by plain gradient descent, the algorithm of 2014.

# %%
far = {"optimizer": keras.optimizers.SGD, "learning_rate": 0.05, "head_start": 500, "away": 10.0}
play("zero-sum", generator_cost="zero-sum", **far)
play("flipped", generator_cost="flipped", **far)
play("maximum likelihood", generator_cost="maximum-likelihood", **far)
show(
    "Three costs, fakes that began far away", "zero-sum", "flipped", "maximum likelihood", reach=14
)

# %% [markdown]
# With the zero-sum cost the fakes stay where they began: D answers them with almost 0 and their
# gradient is almost 0 as well. So it is with maximum likelihood, whose slope is the zero-sum one's
# where D is sure. The flipped target, $-\log D(G(z))$, is steepest just there and brings the fakes
# to the ring. That it then finds no mode for long is another matter: gradient descent with this
# rate jumps about.
#
# ## Mode collapse
#
# "The generator latches on to a single feature of the input data and ignores all others." Five
# updates of D to one of G are enough on this ring: all the samples end at one mode. Two cures keep
# D smooth, so that its answers have a slope between the modes:
#
# - a **gradient penalty** (Gulrajani et al. 2017, arXiv:1704.00028; `--gradient-penalty`) pulls the
#   length of D's gradient towards 1 between real and generated points;
# - **spectral normalisation** (Miyato et al. 2018, arXiv:1802.05957; `--spectral-normalization`)
#   divides each kernel of D by its largest singular value. Of that the slides give a bound,
#   $\sqrt{\Vert W \Vert_1 \Vert W \Vert_\infty}$, and add it to the loss (`--norm-penalty`).

# %%
play("five updates of D", discriminator_updates=5)
play("gradient penalty", discriminator_updates=5, gradient_penalty=1.0)
play("spectral normalisation", discriminator_updates=5, spectral_normalization=True)
show("Mode collapse", "five updates of D", "gradient penalty", "spectral normalisation")

# %% [markdown]
# The collapsed one has the best precision and the worst recall: all its samples are at one mode,
# and seven modes have none. With both cures there are samples all along the ring, also between
# modes: recall goes up and precision goes down. A number alone would have told half of that.
#
# How the collapsed game got there:

# %%
distributions.points(reals, plays["five updates of D"], "Samples after so many iterations")

# %% [markdown]
# ## A discriminator that is too sure
#
# With the zero-sum cost and five updates, D's answers are near 0 and 1. **One-sided label
# smoothing** (Salimans et al. 2016, arXiv:1606.03498; `--label-smoothing 0.1`) asks for 0.9 instead
# of 1 on reals; the target of fakes stays 0.

# %%
sure = {"generator_cost": "zero-sum", "discriminator_updates": 5}
play("targets 1 and 0", **sure)
play("targets 0.9 and 0", label_smoothing=0.1, **sure)
show("Label smoothing", "targets 1 and 0", "targets 0.9 and 0")

# %% [markdown]
# D is less sure of reals, as it should be, and of fakes a little. G's samples were scattered far
# and wide and are now near one mode, so that precision goes up and recall down: another failure in
# place of the first. Over five seeds it finds no mode without and 0.6 with smoothing (the table
# below).
#
# ## Too small a latent
#
# "Increase latent size: more degrees of freedom to optimise" (`--latent`). With one number as
# noise, all that G can draw is a line, bent, and it has to run through the gaps from mode to mode.

# %%
play("one number", latent=1)
play("two numbers", latent=2)
play("sixteen numbers", latent=16)
show("The length of the noise", "one number", "two numbers", "sixteen numbers")

# %% [markdown]
# More is not always better. Here two numbers do about as well as sixteen; over the five seeds of
# the table they find twice as many modes. The points of the ring have two coordinates, too.
#
# ## Round in circles, and experience replay
#
# With a smooth D that learns once an iteration the two chase one another: all the samples run from
# mode to mode, and D forgets where they were. The second lecture's cure is **experience replay**: D
# also learns from fakes of earlier moments (as in Shrivastava et al. 2016, arXiv:1612.07828, half
# of its fakes come from a buffer; `--replay`, `--replay-share`). And the fourth's "regularisation
# trick": more updates of D, the $k$ of Algorithm 1 in arXiv:1406.2661 (`--discriminator-updates`).

# %%
play("one update", spectral_normalization=True)
play("replay", spectral_normalization=True, replay=12_800, replay_share=0.5)
play("five updates", spectral_normalization=True, discriminator_updates=5)
show("Spectral normalisation, at the end", "one update", "replay", "five updates")

# %%
distributions.points(reals, plays["one update"], "One update of D, after so many iterations")

# %% [markdown]
# Replay does not stop the circling here; five updates do.
#
# ## Every cure is a flag
#
# `fashion_gan`, `dcgan` and `distribution_gan` take all of them, as in
#
#     python -m dcgan.train --label-smoothing 0.1
#
# and `binarized_gan` the first six. Each is off unless it is named.
#
# - `--generator-cost zero-sum` or `maximum-likelihood`, another cost of G: Spence, the slide of
#   three costs; arXiv:1406.2661 and arXiv:1701.00160.
# - `--label-smoothing 0.1`, one-sided label smoothing: arXiv:1606.03498.
# - `--fake-smoothing 0.1` beside it, targets of 0.1 and 0.9: the tutorial, "Label Smoothing".
# - `--dropout 0.3`: Gale and Eglen, "Saturation Fixes"; the tutorial, "Dropout Layer"; Srivastava
#   et al. 2014.
# - `--latent 200`, longer noise: Gale and Eglen, "Mode Collapse Fixes"; the tutorial, "Higher
#   Dimension Latent Input".
# - `--noise uniform` or `normal`: Gale and Eglen, "Components".
# - `--discriminator-learning-rate 1e-4`, a slower D: Gale and Eglen, "Saturation Fixes";
#   arXiv:1706.08500.
# - `--learning-rate-schedule linear` or `cosine`, rates that fall: Gale and Eglen, "Mode Collapse
#   Fixes".
# - `--discriminator-updates 5`: Gale and Eglen, "Regularisation Tricks"; arXiv:1406.2661.
# - `--replay 3200 --replay-share 0.5`: Nguyen, "Experience Replay"; arXiv:1612.07828.
# - `--spectral-normalization`: Gale and Eglen, "Regularisation"; arXiv:1802.05957.
# - `--norm-penalty 0.001`, the penalty as that slide prints it: Gale and Eglen, "Regularisation".
# - `--gradient-penalty 10`: Gale and Eglen, "Regularisation"; arXiv:1704.00028.
#
# Every example takes `--early-stopping 5` beside `--evaluate-every`: Gale and Eglen,
# "Regularisation Tricks".
#
# ## What cured what
#
# Medians over five seeds, with the least and the most, each the mean over the second half of a
# play. The flags are those by which a row departs from the game that fails, the first one of its
# group. `python -m benchmarks.cures` measures them again; [RESULTS.md](../RESULTS.md) has more
# columns, versions, hardware and times. A game with four of the eight modes or more is called
# cured.

# %%
path = Path(common.__file__).parents[1] / "benchmarks/results/cures.json"
measured = json.loads(path.read_text()) if path.exists() else {}  # a wheel comes without it
columns = ("modes", "precision", "recall")
heads = ["", "flags", *columns, "cured"]


def settings_of(trial):
    return {"latent": trial["latent"], **trial["settings"]}


def row_of(name, trial, failing):
    """A trial's cells: its flags beside the failing game's, its scores, whether it is cured."""
    before, now = settings_of(failing), settings_of(trial)
    changed = {key: value for key, value in now.items() if before.get(key) != value}
    flags = [
        flag(key) if value is True else f"{flag(key)} {value}" for key, value in changed.items()
    ]
    played = [one for one in trial["plays"] if one is not None]  # None: a loss left the numbers
    cells = [" ".join(f"`{text}`" for text in flags)]
    for column in columns:
        values = [one[column] for one in played] or [np.nan]
        cells.append(f"{np.median(values):.2g} ({min(values):.2g} to {max(values):.2g})")
    modes = [0 if one is None else one["modes"] for one in trial["plays"]]
    return [name, *cells, "yes" if np.median(modes) >= 4 else "no"]


rows = [heads, ["---"] * len(heads)]
for failure, trials in measured.items():
    rows.append([f"**{failure}**"] + [""] * (len(heads) - 1))
    failing = next(iter(trials.values()))
    rows += [row_of(name, trial, failing) for name, trial in trials.items()]
Markdown("\n".join(f"| {' | '.join(row)} |" for row in rows))

# %% [markdown]
# What cured: a gradient penalty or spectral normalisation the collapse, five updates of D the
# circling, a noise of two numbers that of one. Spectral normalisation helped the overconfident D to
# three modes, the norm penalty the collapsed game to two. What did not: label smoothing
# of one side or both, dropout, replay, longer or uniform noise, a learning rate that falls, and a
# lower one, D's alone as well. They left one mode or none. Nothing in the first group finds modes.
# What the flipped target, the penalty, Adam and a slower D cure there is the standstill: the
# gradient at a fake, 0.001 with the zero-sum cost, becomes 0.3 to 0.9, with the slower D 0.06
# (RESULTS.md), and the fakes leave the place where they began.
#
# ## In the browser
#
# `python -m lab` opens a page with a scene for each failure, its cure beside it:
# [saturation](../lab/lab.html#scene=saturation), [mode collapse](../lab/lab.html#scene=collapse),
# [a discriminator that is too sure](../lab/lab.html#scene=overconfident), [round in
# circles](../lab/lab.html#scene=oscillation).
#
# ## Exercises
#
# **Exercise 1.** Why do both cures of mode collapse lower precision?
#
# <details><summary>Answer</summary>
#
# They keep D from being steep. The modes are narrow, 0.02 beside a ring of radius 2, and a smooth D
# cannot tell a point on a mode from one a little beside it. So G has no reason to be exact. Does
# longer training, or a weaker penalty, bring the points nearer? `ITERATIONS` and `gradient_penalty`
# are there to be changed.
#
# </details>
#
# **Exercise 2.** Does a slower D save the zero-sum game of the first section? Play it without D's
# head start.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: yes. While D is not yet sure, the zero-sum cost has a slope, and the fakes come to the
# ring. They lie all over it and are at no mode, for plain gradient descent is coarse.
play("no head start", generator_cost="zero-sum", **far | {"head_start": 0})
show("Zero-sum", "zero-sum", "no head start", reach=14)

# %% [markdown]
# **Exercise 3.** Label smoothing of *both* sides asks for 0.1 on fakes (`fake_smoothing=0.1` beside
# `label_smoothing=0.1`, or the two flags). What does D then answer at best, where reals and fakes
# have densities p and q?
#
# <details><summary>Answer</summary>
#
# $D = (0.9\,p + 0.1\,q) / (p + q)$. Where there are fakes and no reals that is 0.1, and where p is
# small it follows q: G would be rewarded for staying where it is. With fakes at 0 it is
# $0.9\,p / (p + q)$, a scaled optimum with the same slopes, which is why smoothing is one-sided.
#
# </details>
