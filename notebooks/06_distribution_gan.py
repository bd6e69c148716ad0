# %% [markdown]
# # A GAN learns a distribution
#
# Beside Nicholas Gale and Stephen Eglen's slides "Generative Adverserial Networks" (the title is
# quoted as it is), from "What are GANs" to "Summary" and in their order. The code is the package
# `distribution_gan`; its [README](../distribution_gan/README.md) says which slide is which
# function, and what the slides' code leaves open or gets wrong.
#
# What the game is, what D believes at every point and why 0.5 everywhere is its end is shown in
# [00_what_is_a_gan](00_what_is_a_gan.ipynb) and not again here. Here is what the lecture does with
# it: other distributions, a game that fails, and what generated data may be used for.

# %%
# %matplotlib inline
import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np

from common.commands import generators
from common.engines import devices
from common.figures import distributions, pictures
from common.runs import live, loop
from distribution_gan import lecture, sample, train, values
from distribution_gan.lecture import create_discriminator, create_generator
from distribution_gan.values import DISTRIBUTIONS, distances, unscale

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it counts how many networks are asked

# %% [markdown]
# ## The lecture's own program
#
# The slide "Training Code" in today's Keras is one file to be read from top to bottom:
# [distribution_gan/lecture.py](../distribution_gan/lecture.py).
#
#     python -m distribution_gan.lecture
#
# plays 32 epochs. Here are three:

# %%
_ = lecture.main(epochs=3, iterations=None if PRESET == "quick" else 1)

# %% [markdown]
# ## Components
#
# - Data from a distribution nobody knows, $x \sim \text{Dist}(\alpha, \ldots)$: here five that we
#   do know, so that we can judge.
# - A discriminator $D$, which judges one number. The slide has it answer 0 or 1; the code, and
#   every gradient, needs a probability between them.
# - A latent vector $z \sim U(0, 1)^k$, which is easy to draw; here $k = 10$, chosen.
# - A generator $G$ that turns it into a number, $G(z) \sim \text{Dist}_\text{Gen}$.
#
# The slide "A simple example" asks for "a non-trivial probability distribution" and does not name
# it. The package has five. Each is drawn here with what an untrained G makes of its noise: one
# narrow heap, higher than the plot.

# %%
config = train.PRESETS[PRESET]
device = devices.prepare(config.device, config.dtype)
print(device.description)


def start(config):
    """The game of a config before its first iteration."""
    return train.Game(config, values.load(config))


def show_density(title, game):
    """G's numbers on the real ones, as a picture."""
    reach = unscale([-0.5, 0.5], *game.range)
    return pictures.as_picture(distributions.density(game.generated(), reach, title, game.values))


games = {name: start(replace(config, distribution=name)) for name in DISTRIBUTIONS}
live.as_image(pictures.sheet([show_density(*item) for item in games.items()], columns=2))

# %% [markdown]
# `mixture`, the default, has two unequal peaks that touch; in `apart` there is nothing between
# them. `uniform` has two hard edges, `exponential` one, and a long tail.
#
# ## Construction
#
# "G and D are arbitrary probability transforms", and "neural networks are common choices". The
# slide "Training Code" builds both from dense layers, `Dense(samples=>100, relu)` and so on in
# Julia's Flux. In Keras:

# %%
live.show_code(create_generator, create_discriminator)

# %%
generator, discriminator = create_generator(), create_discriminator()
live.show_networks(generator, discriminator)

# %% [markdown]
# "A GAN is really a composition of two models", and that is an object in the code: `gan` is G with
# D behind it, noise in, D's answer out. D is frozen in it, so that only G's 52,550 parameters are
# trainable there.

# %%
games["mixture"].gan.summary()

# %% [markdown]
# ## Loss functions
#
# D "is acting as a binary classifier", so its loss is the classifier's,
#
# $$L = -\mathbb{E}_{x \in \text{Dist}_\text{Data}}[\log D(x)]
#      - \mathbb{E}_{y \in \text{Dist}_\text{Gen}}[\log(1 - D(y))].$$
#
# The slide calls it logit cross-entropy, and its code takes `log.(dsc(x))` of a sigmoid. That is
# the same only on paper. A logit is what goes into the sigmoid; where D is sure, float32 rounds the
# sigmoid to 0 or 1, and the log of 0 is no number. From the logit $a$ the same loss of a fake is
# $\log(1 + e^a)$. Keras computes that one where the last layer is a sigmoid:

# %%
for logit in np.float32([2, 20, 100]):
    answer = 1 / (1 + np.exp(-logit))
    with np.errstate(divide="ignore"):
        print(f"logit {logit:3.0f}: -log(1 - D) = {-np.log(1 - answer):8.4f}, ", end="")
    print(f"from the logit {np.logaddexp(0, logit):8.4f}")

# %% [markdown]
# ### Discriminator loss
#
# With a label $y$, 1 for data and 0 for generated, it is for one number
#
# $$L_D(x, y) = -y \log D(x) - (1 - y) \log(1 - D(x)).$$
#
# The slide's `lossD` in three lines. Its minus signs are lost in Julia (`-.mean` is no word of it),
# its mean runs over both halves of the batch, so that it is half of $L$; Keras has the same:

# %%
d, y = np.array([0.8, 0.4, 0.1, 0.7]), np.array([1.0, 1.0, 0.0, 0.0])
real_part = -np.mean(y * np.log(d))
fake_part = -np.mean((1 - y) * np.log(1 - d))
loss = real_part + fake_part
print(f"lossD {loss:.6f}, Keras {float(keras.losses.binary_crossentropy(y, d)):.6f}")

# %% [markdown]
# ### Generator loss
#
# "Natural reward is to flip the classification loss": G's numbers, labelled 1,
#
# $$L_G(z) = -\log D(G(z)).$$
#
# "It doesn't need to know the data." For three of G's numbers, in two lines and as Keras has it:

# %%
d = np.array([0.5, 0.1, 0.7])  # D's answers
loss = -np.mean(np.log(d))
print(f"lossG {loss:.6f}, Keras {float(keras.losses.binary_crossentropy(np.ones(3), d)):.6f}")

# %% [markdown]
# That is not the min-max game of the slide "Game Theory", in
# which G would minimise $\log(1 - D(G(z)))$. The two want the same, but look at their derivatives
# with respect to D's logit, where D is sure of a fake:

# %%
for d in (0.5, 0.1, 0.001):
    print(f"D(G(z)) = {d:5}: of log(1 - D) {-d:6.3f}, of -log D {-(1 - d):6.3f}")

# %% [markdown]
# The flipped loss pulls hardest where G is worst; the other lets go there.
#
# ## Training
#
# "Training proceeds in a two-step fashion", on the slide G first (`--generator-first`); in the code
# below it D first, and that is the order here. Both networks get an optimizer each:

# %%
live.show_code(lecture.create_gan)

# %% [markdown]
# What stands in the next cell is what the game below it plays. Change a line, run the cell and the
# training anew. With 0.5 in the place of G's 1.0, for example, G only wants D to be unsure; with
# 0.9 in the place of D's 1.0, D is no longer asked to be sure.

# %%
from keras import ops


class Game(train.Game):
    """The package's game, with its two steps to be changed."""

    def update_discriminator(self, noise, reals):
        """The first `train!`, with lossD: D learns from generated and from real numbers."""
        batch = self.config.batch_size
        x = ops.concatenate([self.fakes(noise), reals])
        y = ops.array([[0.0]] * batch + [[1.0]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, x, y)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}

    def update_generator(self, noise):
        """The second `train!`, with lossG: G learns from new numbers of its own, labelled 1."""
        y = ops.array([[1.0]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, y)["loss"]}


# %% [markdown]
# The slide's `train_discriminator` cannot run as printed: it makes `gendata` once and lets a whole
# pass of D go over it, feeds G its own output, has no labels, and spells `real_data` in two ways.
# Its optimizer `opt`, the batch size and the length of training are never said. The README's table
# lists what was put in each place, and the trials behind it. Plain gradient descent with the rate
# 0.5 is one of them: with Adam, Flux's usual rate 0.001, the Wasserstein-1 distance stayed at 2.0
# to 2.4 ([README](../distribution_gan/README.md#how-the-open-settings-were-chosen)).
#
# ## Play
#
# The default game, with seed 1. (Notebook 00 plays seed 0. Other noise, other first weights:
# another game that ends in the same kind of swing.)

# %%
another = replace(config, seed=1)
game = Game(another, values.load(another))
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))

# %%
late = [row["wasserstein_1"] for row in rows[len(rows) // 2 :]]
print(f"Wasserstein-1 in the second half: {min(late):.2f} to {max(late):.2f}")

# %% [markdown]
# ## Result
#
# A finished generator comes with the package: what the game of seed 0 had made of G after its
# 2,496 iterations ([its card](../distribution_gan/pretrained/README.md)). Nothing was picked: it is
# the last iteration, wherever the swing was then.

# %%
source = generators.Source(pretrained=True)
shipped = generators.load(source, train.EXAMPLE)
reach = sample.read_range(source)
reals = values.load(train.PRESETS["slides"])  # what it learned from
made_up = train.draw(shipped, 0, 10_000, reach)
print("ten of them:", made_up[:10].round(2))
far = distances(made_up, reals)
print("from the data:", {name: round(value, 3) for name, value in far.items()})
distributions.density(
    made_up, unscale([-0.5, 0.5], *reach), "The shipped generator's numbers", reals
)

# %% [markdown]
# Two peaks at about the right places, and no copy: the left one is too low and too wide, the right
# one sits a little too far right, and the valley between them is too full. How much that matters
# comes below, under "Data augmentation".
#
# The other distributions, as many iterations each, seed 0. Their units differ, so the distance is
# given in standard deviations of the data, and beside it that of two draws of real numbers:

# %%
for name in ("normal", "uniform", "exponential"):
    game = games[name]
    loop.play(game, game.iterations)
    others = DISTRIBUTIONS[name](np.random.default_rng(1), len(game.values))
    ours, floor = (
        distances(some, game.values)["wasserstein_1"] / game.values.std()
        for some in (game.generated(), others)
    )
    print(f"{name:12} generated {ours:.3f}, another real draw {floor:.3f}")
three = [show_density(name, games[name]) for name in ("normal", "uniform", "exponential")]
live.as_image(pictures.sheet(three, columns=2))

# %% [markdown]
# Each is many times as far from the data as another real draw, 6 to 25 times. A hard edge comes out
# as a slope, with some numbers where no real ones can be, and the exponential's long tail is too
# thin.
#
# ## Game theory
#
# "G and D are playing a two player game", a min-max game whose global minimum is
# $\text{Dist}_\text{Data} = \text{Dist}_\text{Gen}$; at a Nash equilibrium neither player gains by
# moving alone. [00](00_what_is_a_gan.ipynb) shows that this point exists. The slide's "Training
# converges to a Nash equilibrium" is another claim, and the curves above do not bear it out: the
# distance swings to the end. Each network steps downhill on a slope that the other one's next step
# changes. In [07_when_gans_fail](07_when_gans_fail.ipynb) such swings can be seen in the plane.
#
# **MNIST**, the slides' next step, is in [01_mnist_wgan](01_mnist_wgan.ipynb),
# [04_binarized_gan](04_binarized_gan.ipynb) and [05_bilinear_gan](05_bilinear_gan.ipynb).
#
# ## Instability
#
# "Some common GAN instabilities: saturation and mode collapse." Numbers are enough to see both. In
# `apart` there is nothing between the peaks, so that a G who holds one has no slope to the other.

# %%
recorder = train.EXAMPLE.recorder(games["apart"])
rows, drawn = live.play(games["apart"], recorder)

# %%
some = [list(drawn.items())[i * (len(drawn) - 1) // 5] for i in range(6)]
live.as_image(pictures.sheet(recorder.frames(some), columns=2))

# %% [markdown]
# **Mode collapse.** For a while G holds both peaks, if badly, and the distance falls. Then it loses
# one. All its numbers are at the other: each of them is convincing, and half of the data is
# missing. The losses come to rest there, D's below $\log 2 = 0.693$ and G's above it. Where, the
# best answer $p/(p+q)$ of notebook 00 tells. At the peak that G holds there is half of the real
# numbers and all of G's, so D should say $\frac12 / (\frac12 + 1) = \frac13$, and 1 at the other:

# %%
last = rows[-len(rows) // 4 :]
third = np.log(3)  # what an answer of 1/3 costs for a real number, and G
print("              mean of the last quarter   for D = 1/3 and 1")
print(f"G's loss     {np.mean([row['g_loss'] for row in last]):9.3f} {third:27.3f}")
d_loss = (0.5 * third + 0.5 * 0) / 2 - np.log(1 - 1 / 3) / 2
print(f"D's loss     {np.mean([row['d_loss'] for row in last]):9.3f} {d_loss:27.3f}")

game, places = games["apart"], np.linspace(-0.5, 0.5, 201, dtype="float32")
answers = game.discriminator.predict_on_batch(places[:, np.newaxis])[:, 0]
x = unscale(places, *game.range)
distributions.belief(x, answers, "apart, collapsed", None, game.values, game.generated())

# %% [markdown]
# D does its work as well as can be, and the game stands still: D calls the other peak real, but no
# slope leads there from where G's numbers are.
#
# **Loss saturation.** "This can happen when the discriminator gives an overly confident rejection."
# The logged row in which D was surest of G's numbers:

# %%
row = max(rows, key=lambda row: row["g_loss"])
print(
    f"iteration {row['iteration']:,}: G's loss {row['g_loss']:.3f}, so D says "
    f"{np.exp(-row['g_loss']):.3f}; Wasserstein-1 {row['wasserstein_1']:.2f}"
)

# %% [markdown]
# With $\log(1 - D)$ for its loss G would hardly be pulled there; see the table under "Generator
# loss". Exercise 2 has a game in which $-\log D$ does not help either.
#
# **Fixes.** The slides list: a lower learning rate of D, another size of D, dropout; a larger
# latent space; a slower schedule; normalisation. All but the size are flags of the command `train`:
# `--discriminator-learning-rate`, `--dropout`, `--latent`, `--learning-rate-schedule`,
# `--spectral-normalization`. Exercise 2 tries a lower rate, of both.
# The Wasserstein loss, with which D does not saturate, is [01_mnist_wgan](01_mnist_wgan.ipynb)'s.
#
# ## Training practice
#
# "GANs should be monitored": both losses apart, both accuracies apart, and the generated data, for
# the eye. That is what the plots above are, and each run of
#
#     python -m distribution_gan.train
#
# leaves them in its folder, with a page `report.html`. The distances are a luxury of one dimension;
# for pictures the other examples' `evaluate` has what there is.
#
# ## Regularisation
#
# The slide ties mode collapse to a D that is too steep (not Lipschitz), and keeps its weights small
# with a penalty called spectral normalisation,
# $\sqrt{\lVert W \rVert_1 \lVert W \rVert_\infty}$. That root is an upper bound of the largest
# singular value (the spectral norm); spectral normalisation divides $W$ by the norm itself. The
# flags are `--norm-penalty` for the root, with a weight, and `--spectral-normalization`. How close
# is the bound, for D's three matrices in the collapsed game?

# %%
for layer in games["apart"].discriminator.layers:
    weights = layer.get_weights()[0]
    bound = np.sqrt(np.linalg.norm(weights, 1) * np.linalg.norm(weights, np.inf))
    norm = np.linalg.norm(weights, 2)
    print(f"{weights.shape!s:10} spectral norm {norm:6.2f}, the slide's root {bound:6.2f}")

# %% [markdown]
# ## Regularisation tricks
#
# Several updates of D for each of G, `--discriminator-updates`: exercise 2 below and exercise 4 of
# notebook 00, with opposite results. Early stopping: `--evaluate-every 78 --early-stopping 5` stops
# after five epochs without a smaller Wasserstein-1 distance. The Wasserstein loss:
# [01_mnist_wgan](01_mnist_wgan.ipynb).
#
# ## Data augmentation
#
# "We simply generate data by sampling in the latent space", as much as we like. "This is only
# useful when we are certain the GAN has converged correctly - serious error potential." How
# serious? Let us ask the shipped generator three questions whose answers we know: the mean, how
# many numbers lie between -1 and 0, in the valley, and how many above 4. From a hundred to a
# hundred thousand made-up numbers, and from the 10,000 real ones:

# %%
many = train.draw(shipped, 1, 100_000, reach)
exact = DISTRIBUTIONS["mixture"](np.random.default_rng(2), 10_000_000)


def ask(numbers):
    valley = np.mean((numbers > -1) & (numbers < 0))
    return f"mean {numbers.mean():6.3f}, valley {valley:6.2%}, above 4 {np.mean(numbers > 4):.2%}"


for count in (100, 1_000, 10_000, 100_000):
    print(f"{count:7,} made up: {ask(many[:count])}")
print(f" 10,000 real:    {ask(reals)}")
print(f"the truth:       {ask(exact)}")

# %% [markdown]
# The made-up answers come to rest, and not at the truth. More numbers make the estimate steadier,
# never truer: G knows no more than what it learned from 10,000 real ones, and its own errors are
# added. "Any mismatch between reality and generator will carry to downstream analysis."
#
# **Batch equalisation**, the slides' last subject, gives a generator measured data of one
# experiment in place of noise, and a D that knows those of another, so that what is left of the
# differences between experimenters is what D cannot see. The warning holds there as well: what the
# pair removes need not be the experimenter, and what it leaves need not be the biology.
#
# ## Summary
#
# A generator and a discriminator play; the end of the game is
# $\text{Dist}_\text{Gen} = \text{Dist}_\text{Data}$; gradient steps come near it and swing around
# it, or lose it. One dimension shows which, a loss near 0.693 does not.
#
# ## In the browser
#
# `python -m lab` opens [this game](../lab/lab.html) as a page: an update at a time, in slow motion,
# with every setting and cure, and with your own numbers.
#
# ## Exercises
#
# **Exercise 1.** The made-up numbers miss the share in the valley by some percentage points,
# however many there are. How many *real* numbers have as large a random error (standard deviation)?
#
# <details><summary>Answer</summary>
#
# A share $s$ estimated from $n$ numbers has the standard deviation $\sqrt{s(1-s)/n}$. Set it equal
# to the generator's error $e$: $n = s(1-s)/e^2$. The cell below has it: about ten. As to the
# valley, a hundred thousand made-up numbers are worth no more than that.
#
# </details>

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer, in numbers:
share, wrong = (np.mean((numbers > -1) & (numbers < 0)) for numbers in (exact, many))
print(
    f"truth {share:.4f}, made up {wrong:.4f}: n = {share * (1 - share) / (wrong - share) ** 2:.1f}"
)

# %% [markdown]
# **Exercise 2.** Save `apart`. Try two of the slides' fixes, each alone: a learning rate of 0.3 in
# place of 0.5, for both networks; and, from "Regularisation Tricks", three updates of D for each of
# G, with the rate 0.5 and three times as many epochs, so that G learns as often. As commands:
#
#     python -m distribution_gan.train --distribution apart --learning-rate 0.3
#     python -m distribution_gan.train --distribution apart --discriminator-updates 3 --epochs 96

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: with the lower rate there are two peaks to the end, which swing around the data's and are
# beside them when it stops. Three updates make it worse: D is sure at once and throws G's numbers
# to the end of the tanh, where no slope leads back. More updates want a loss that does not
# saturate, as the Wasserstein loss; in the mixture, where D is never sure, they help (notebook 00,
# exercise 4).
apart = replace(config, distribution="apart")
slower = start(replace(apart, learning_rate=0.3))
stronger = start(replace(apart, discriminator_updates=3, epochs=3 * config.epochs))
for game in (slower, stronger):
    loop.play(game, game.iterations)
    rate, updates = game.config.learning_rate, game.config.discriminator_updates
    far = distances(game.generated(), game.values)["wasserstein_1"]
    print(f"rate {rate}, D's updates {updates}: Wasserstein-1 {far:.2f}")
both = {"learning rate 0.3": slower, "three updates of D": stronger}
live.as_image(pictures.sheet([show_density(*item) for item in both.items()], columns=2))

# %% [markdown]
# **Exercise 3.** Let it learn your own numbers, a .csv with one a line, named by `data`. (On the
# command line: `python -m distribution_gan.train --data own.csv`.) Take 10,000 throws of a die.
# Does G find out that they are whole?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: no. G is a continuous function of ten numbers that vary continuously: if it makes 3 and 4,
# it makes all between them. Of numbers spread evenly 20 % lie within 0.1 of a whole one; of G's not
# many more, if any.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "own.csv"
    path.write_text("\n".join(map(str, np.random.default_rng(0).integers(1, 7, 10_000))))
    dice = start(replace(config, data=path))
loop.play(dice, dice.iterations)
thrown = dice.generated()
near = np.abs(thrown - thrown.round()) < 0.1
print(f"{near.mean():.0%} within 0.1 of a whole number; the first ten: {thrown[:10].round(2)}")
live.as_image(show_density("throws of a die", dice))

# %% [markdown]
# **Exercise 4.** Someone fills up the 10,000 real numbers with 90,000 made-up ones and counts how
# many of the 100,000 lie above 4. What share will they find, and what is true?
#
# <details><summary>Answer</summary>
#
# By the table under "Data augmentation" one part of the 0.28 % of the real numbers and nine of the
# 0.03 % of the made-up ones: $(0.28 + 9 \cdot 0.03)/10 \approx 0.06$ %, where the truth is 0.38 %.
# The real numbers alone were nearer. What is rare in the data is rarer still in this generator.
#
# </details>
