# %% [markdown]
# # What is a GAN?
#
# Two networks play against each other. One, the **generator** G, makes things up. The other, the
# **discriminator** D, is shown real things and made-up ones and says of each how probable it is
# that it is real. D learns to tell them apart; G learns to make what D calls real. Nobody tells G
# what real things look like: it learns from D's answers alone. When not even the best D could do
# better than guess, G's things are like the real ones. The two are a **generative adversarial
# network**.
#
# The lectures' GANs draw pictures. Here the things are single numbers, so that all of the game can
# be drawn: how the real numbers are distributed, how G's are, and what D believes of *every* number
# there is. The package is `distribution_gan`; [its own notebook](06_distribution_gan.ipynb) goes
# with its lecture and asks what the game is good for. This one only watches it.
#
# | word | here |
# |---|---|
# | noise $z$ | ten random numbers between 0 and 1, which G turns into one number |
# | density | how many numbers lie where: $p$ of the real ones, $q$ of G's |
# | batch | 128 numbers from which a network takes one step of learning, an update |
# | iteration | an update of D, then one of G |
# | epoch | 78 iterations: once through the 10,000 real numbers |

# %%
# %matplotlib inline
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import keras
import numpy as np
from IPython.display import Image, display
from scipy.special import xlogy
from scipy.stats import norm

from common.commands import generators
from common.engines import devices
from common.figures import curves, diagrams, distributions, pictures
from common.runs import live, loop
from distribution_gan import sample, train, values
from distribution_gan.lecture import INPUT, create_discriminator, create_generator
from distribution_gan.values import DISTRIBUTIONS, distances, unscale

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The data
#
# The real numbers are drawn from a mixture: 40 % from a normal distribution around -2, 60 % from a
# wider one around 1.5. So we know their density,
#
# $$p(x) = 0.4\,\mathcal{N}(x; -2, 0.5) + 0.6\,\mathcal{N}(x; 1.5, 1).$$
#
# Neither network is told this formula. We need it to see how well they do.

# %%
config = train.PRESETS[PRESET]
device = devices.prepare(config.device, config.dtype)
print(device.description)
reals = values.load(config)
print(f"{len(reals):,} real numbers, the first five: {reals[:5].round(2)}")
below = (reals < -0.5).mean()
print(f"{below:.1%} lie below -0.5")


def p(x):
    """The density of the real numbers."""
    return 0.4 * norm.pdf(x, -2, 0.5) + 0.6 * norm.pdf(x, 1.5, 1)


print(f"by the formula: {0.4 * norm.cdf(-0.5, -2, 0.5) + 0.6 * norm.cdf(-0.5, 1.5, 1):.1%}")

# %% [markdown]
# ## The two networks
#
# G: ten random numbers in, one number out.

# %%
generator, discriminator = create_generator(), create_discriminator()
generator.summary()
diagrams.network(generator)

# %% [markdown]
# D: one number in, one probability out. 0 means "surely made up", 1 "surely real".

# %%
discriminator.summary()
diagrams.network(discriminator)

# %% [markdown]
# ## What D wants
#
# D gets batches of which half is real and half is G's. It pays $-\log D(x)$ for a real number and
# $-\log(1 - D(x))$ for one of G's, nothing where it is sure and right and a lot where it is sure
# and wrong; the mean is its **loss**,
#
# $$L_D = -\tfrac12\,\mathbb{E}_{x \sim p}[\log D(x)]
#        - \tfrac12\,\mathbb{E}_{x \sim q}[\log(1 - D(x))].$$
#
# Four answers, the first two to real numbers; in three lines, and as Keras has it:

# %%
answers, is_real = np.array([0.9, 0.6, 0.2, 0.7]), np.array([1.0, 1.0, 0.0, 0.0])
paid = np.where(is_real == 1, -np.log(answers), -np.log(1 - answers))
loss = paid.mean()
print("paid for each:", paid.round(3))
print(f"loss {loss:.4f}, Keras {float(keras.losses.binary_crossentropy(is_real, answers)):.4f}")
print(f"0.5 to everything costs {-np.log(0.5):.4f}, whatever is real")

# %% [markdown]
# **The best answer.** Look at one place $x$ alone. Real numbers come there as often as $p(x)$ says,
# G's as often as $q(x)$. The answer $d$ costs $-p \log d - q \log(1 - d)$ there. Its derivative,
# $-p/d + q/(1 - d)$, is 0 at
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}.$$
#
# That is the share of real numbers among all that come there, and no discriminator can do better.
# Does trying all answers find it?

# %%
d = np.arange(1, 1000) / 1000
for here, made_up in [(0.3, 0.1), (0.2, 0.2), (0.05, 0.45)]:
    best = d[np.argmin(-here * np.log(d) - made_up * np.log(1 - d))]
    print(
        f"p {here}, q {made_up}: best answer {best:.3f}, p / (p + q) {here / (here + made_up):.3f}"
    )

# %% [markdown]
# ## Only D learns
#
# A network knows neither $p$ nor $q$. It sees batches. Does it come to $D^*$ all the same? Let G
# stay as it was born and let D learn alone. We know $p$; $q$ is counted from 200,000 of G's
# numbers. `look` asks D at 201 places from end to end of what G can reach.

# %%
points = np.linspace(-0.5, 0.5, 201, dtype="float32")  # the networks' scale; see values.scale
reach = float(reals.min()), float(reals.max())
x = unscale(points, *reach)  # the same places in the data's units
edges = unscale(np.linspace(-0.5025, 0.5025, 202), *reach)  # of bins around them
noise = keras.random.uniform((200_000, INPUT), seed=1)


def look(game):
    """D's answers at x, the best ones, how often numbers come there, and 10,000 of G's."""
    made_up = unscale(game.generator.predict(noise, batch_size=10_000, verbose=0)[:, 0], *reach)
    q = np.histogram(made_up, edges)[0] / (len(made_up) * np.diff(edges))
    answers = game.discriminator.predict_on_batch(points[:, np.newaxis])[:, 0]
    return answers, p(x) / (p(x) + q), p(x) + q, made_up[:10_000]


def distance(game):
    """Mean of |D - D*| over the numbers that D is asked about, half of them real."""
    answers, best, often, _ = look(game)
    return np.average(np.abs(answers - best), weights=often)


def show_belief(game, title):
    answers, best, _, made_up = look(game)
    return distributions.belief(x, answers, title, best, reals, made_up)


alone = train.Game(config, reals)
show_belief(alone, f"before D learns: {distance(alone):.3f} from D* on average")

# %% [markdown]
# G's untrained weights are small, so that all its numbers lie close together: in the lower panel
# they are a peak so high that it leaves the plot. D says about 0.5 to everything. The best answer
# would be 1 almost everywhere, for there all numbers are real, and low where G's are.
#
# Now 80 epochs of D's updates, none of G's:


# %%
def learn_alone(game, epochs=80):
    """Play D's updates alone and print the distance between D and D* as they go."""
    for epoch in range(epochs + 1):
        if epoch in (0, 1, 5, 20, epochs):
            print(f"after {epoch * game.per_epoch:5,} updates of D: {distance(game):.3f} from D*")
        if epoch < epochs:
            game.engine.play(game, 1, game.per_epoch, generator=False)


learn_alone(alone)
show_belief(alone, f"after: {distance(alone):.3f} from D* on average")

# %% [markdown]
# D has found $D^*$ without knowing $p$ or $q$. Its way there was not straight, for its steps are
# large, and it is never quite there: every batch is another sample and pulls it another way.
#
# ## What G wants
#
# G's numbers should be called real, so that it pays $-\log D$ for each:
#
# $$L_G = -\mathbb{E}_{z}[\log D(G(z))].$$
#
# Three answers of D to numbers of G's, in two lines and as Keras has it, where their target is 1:

# %%
answers = np.array([0.4, 0.1, 0.7])
loss = np.mean(-np.log(answers))
print(f"loss {loss:.4f}, Keras {float(keras.losses.binary_crossentropy(np.ones(3), answers)):.4f}")

# %% [markdown]
# The real numbers do not occur in it. All that G gets is D's slope: D's answer at G's number, and
# on which side of it D's curve is higher. G changes its weights so that its numbers move uphill.
#
# What if **only G learns**, against the D of the last figure?

# %%
for iterations in (0, 13):
    if iterations:
        alone.engine.play(alone, iterations, 0)
    made_up = alone.generated()
    print(
        f"after {iterations:2} updates of G: its numbers lie from {made_up.min():.2f} to "
        f"{made_up.max():.2f}, and D calls them real with probability "
        f"{np.interp(made_up, x, look(alone)[0]).mean():.3f}"
    )

# %% [markdown]
# D believed everything but the one place where G had been. Thirteen updates take all of G's numbers
# out of it, and they end in one spot, the rightmost that G can reach, where D has never seen
# anything. G has won against this D and learned nothing about the real numbers. So neither may run
# ahead: they have to learn in turn.
#
# ## The two steps
#
# An iteration is one update of each. These two methods are the whole algorithm, and the game below
# plays what stands here. Change it, and see. With 0.0 in the place of 1.0 in G's step, for example,
# G wants what D wants: to be found out. The lecture's own program, all of the game in one file, is
# [distribution_gan/lecture.py](../distribution_gan/lecture.py).

# %%
from keras import ops


class Game(train.Game):
    """The package's game, with its two steps to be changed."""

    def update_discriminator(self, noise, reals):
        """D learns from a batch of G's numbers and one of real ones."""
        batch = self.config.batch_size
        made_up_and_real = ops.concatenate([self.fakes(noise), reals])
        targets = ops.array([[0.0]] * batch + [[1.0]] * batch, "float32")
        self.discriminator.trainable = True
        d = self.engine.train(self.discriminator, made_up_and_real, targets)
        return {f"d_{name}": d[name] for name in ("loss", "accuracy_real", "accuracy_fake")}

    def update_generator(self, noise):
        """G learns from new numbers of its own, which D should call real. D stays as it is."""
        targets = ops.array([[1.0]] * self.config.batch_size, "float32")
        self.discriminator.trainable = False
        return {"g_loss": self.engine.train(self.gan, noise, targets)["loss"]}


# %% [markdown]
# `self.gan` is G with D behind it, from noise to D's answer; `self.engine.train` is one update of a
# network on one batch.
#
# ## Play
#
# Both start anew. Below, while it plays, are the two losses apart, D's accuracies on real and on
# made-up numbers apart, and two distances between G's numbers and the real ones. Below the curves
# are both densities, with D's answers as a dashed line on an axis from 0.4 to 0.6.
#
# What records the game is the package's; what is added is that it remembers both networks' weights
# once an epoch, so that we can go back to any moment.

# %%
moments = {}


class Remembering(train.DensityRecorder):
    """The recorder; each row that it writes leaves both networks' weights in moments."""

    def row(self, iteration, losses, seconds):
        networks = self.game.generator, self.game.discriminator
        moments[iteration] = tuple(network.get_weights() for network in networks)
        return super().row(iteration, losses, seconds)


game = Game(config, reals)
recorder = Remembering(game)
rows, drawn = live.play(game, recorder)

# %% [markdown]
# ## A density that moves
#
# The same plots as a film, one for each epoch:

# %%
with tempfile.TemporaryDirectory() as folder:
    pictures.write_gif(Path(folder) / "film.gif", recorder.frames(list(drawn.items())))
    display(Image(filename=Path(folder) / "film.gif"))

# %% [markdown]
# And six of its moments. G's numbers begin as one heap. The heap swings from side to side: G runs
# to where D's line is high, D learns that numbers there are now G's and bends its line down, G runs
# back. In the end it has spread over both peaks and holds them at once, with too many numbers
# between them.

# %%
some = [list(drawn.items())[i * (len(drawn) - 1) // 5] for i in range(6)]
live.as_image(pictures.sheet(recorder.frames(some), columns=2))

# %% [markdown]
# ## What D believes, beside the best it could
#
# Four moments, from the first iteration to the last epoch, with D and $D^*$ from 0 to 1:

# %%
times = [list(moments)[i * (len(moments) - 1) // 24] for i in (0, 3, 9, 24)]
then = train.Game(config, reals)


def back_to(iteration):
    """Give the game `then` the weights of a moment."""
    generator_weights, discriminator_weights = moments[iteration]
    then.generator.set_weights(generator_weights)
    then.discriminator.set_weights(discriminator_weights)
    return then


figures = []
for iteration in times:
    title = f"iteration {iteration:,}: {distance(back_to(iteration)):.3f} from D*"
    figures.append(pictures.as_picture(show_belief(then, title)))
live.as_image(pictures.sheet(figures, columns=2))

# %% [markdown]
# D is flat. $D^*$ is anything but flat in the first three, and D follows it slowly: it makes one
# step, then G has moved and there is another $D^*$. Its small slope is enough to move G. What
# brings the two curves nearer to each other in the last is not that D has come to $D^*$, but that
# $D^*$ has come to D: where the densities agree $D^*$ is 0.5. Between the peaks they do not yet.
#
# At any of these moments D would find $D^*$ if G waited for it. The second one, frozen:

# %%
learn_alone(back_to(times[1]))
show_belief(then, f"G of iteration {times[1]:,}, D alone: {distance(then):.3f} from D*")

# %% [markdown]
# Where neither density has numbers, at the far ends, nobody asks and D may say what it likes.
#
# ## Why 0.5 everywhere is the end
#
# Two facts make it one.
#
# 1. **If $q = p$, the best answer is 0.5.** $D^* = p/(p + p)$. D's curve is then flat, G's numbers
#    have no uphill, and neither network has a reason to change.
# 2. **Only then.** Put $D^*$ into D's loss: it becomes $\log 2 - \mathrm{JSD}(p, q)$, where JSD is
#    the Jensen-Shannon divergence, a distance that is 0 only if $q = p$. Anywhere else a D better
#    than guessing exists, and its slope moves G.
#
# So the best loss that a discriminator could have says how far the game is from its end. The loss
# that D has in the game does not:


# %%
def loss_of(answers, best, often):
    """D's loss for answers at x, the exact mean instead of a batch's."""
    return -np.average(xlogy(best, answers) + xlogy(1 - best, 1 - answers), weights=often)


print("iteration  D's loss  D*'s loss    JSD  Wasserstein-1")
for iteration in times:
    answers, best, often, made_up = look(back_to(iteration))
    least = loss_of(best, best, often)
    far = distances(made_up, reals)["wasserstein_1"]
    print(
        f"{iteration:9,}  {loss_of(answers, best, often):8.4f}  {least:9.4f}"
        f"  {np.log(2) - least:.3f}  {far:13.3f}"
    )

# %% [markdown]
# The best loss rises towards $\log 2 = 0.693$ as G gets better. D's own is within 0.02 of that in
# every line, whatever G does. A D at 0.5 says "I cannot tell". It says so at the end of a perfect
# game, and just as well before its first lesson.
#
# ## Losses apart, accuracies apart
#
# What can be read from the curves then? Not much from a mean. The row of the game in which D's two
# accuracies differ most:

# %%
row = max(rows, key=lambda row: abs(row["d_accuracy_real"] - row["d_accuracy_fake"]))
print(f"iteration {row['iteration']:,}")
print(f"accuracy on real numbers {row['d_accuracy_real']:.0%}, on G's {row['d_accuracy_fake']:.0%}")
print(f"their mean {(row['d_accuracy_real'] + row['d_accuracy_fake']) / 2:.0%}")
print(f"D's loss {row['d_loss']:.4f}, G's {row['g_loss']:.4f}; log 2 is {np.log(2):.4f}")

# %% [markdown]
# D calls all of this batch made up. The mean of the accuracies is that of a fair guess and hides
# it. Neither does D's loss show it, for what D loses on one half it gains on the other. G's loss
# does: where it is above $\log 2$ D gives G's numbers less than 0.5, where it is below it more. So
# the four curves belong apart.
#
# ## It comes near, and never to 0
#
# Two distances between G's 10,000 numbers and the real ones. **Wasserstein-1**: how far a number
# has to be carried on average to turn one heap into the other, in the data's units.
# **Kolmogorov-Smirnov**: the largest difference of the shares that lie below some value, from 0 to
# 1. Even two draws of real numbers are not the same numbers; their distance is the floor.

# %%
draw, random = DISTRIBUTIONS["mixture"], np.random.default_rng(0)
pairs = [distances(draw(random, len(reals)), draw(random, len(reals))) for _ in range(20)]
floor = {name: np.mean([pair[name] for pair in pairs]) for name in pairs[0]}
late = rows[len(rows) // 2 :]
for name, value in floor.items():
    seen = [row[name] for row in late]
    print(
        f"{name}: {rows[0][name]:.3f} at first; in the second half of the game "
        f"{min(seen):.3f} to {max(seen):.3f}, median {np.median(seen):.3f}; "
        f"two real draws {value:.3f}"
    )
shown = [{**row, **{f"floor_{name}": value for name, value in floor.items()}} for row in rows]
curves.draw_losses(
    shown,
    {
        ("Wasserstein-1 distance", "the numbers' unit"): (
            "wasserstein_1",
            "floor_wasserstein_1",
        ),
        ("Kolmogorov-Smirnov distance", "probability"): (
            "kolmogorov_smirnov",
            "floor_kolmogorov_smirnov",
        ),
    },
)

# %% [markdown]
# Both go down, by jumps. Neither reaches the floor and neither comes to rest: whichever network is
# ahead, the other has a slope to follow. Where a GAN's training stops is a moment of a swing.
#
# ## The finished generator
#
# Training is over; D is thrown away. What is kept is G, a machine for numbers that nobody has seen.
# This is the one that comes with the package, from a game as the one above
# ([its card](../distribution_gan/pretrained/README.md)); the one just played is `game.result()`.

# %%
source = generators.Source(pretrained=True)
finished = generators.load(source, train.EXAMPLE)
made_up = train.draw(finished, 0, 10_000, sample.read_range(source))
print("ten new numbers:", made_up[:10].round(2))
print(f"of 10,000, {(made_up < -0.5).mean():.1%} lie below -0.5; of the real ones {below:.1%}")
wide = unscale([-0.5, 0.5], *sample.read_range(source))
distributions.density(made_up, wide, "The shipped generator's numbers on the real ones", reals)

# %% [markdown]
# Where next: [02_fashion_gan](02_fashion_gan.ipynb) is the same game on pictures,
# [06_distribution_gan](06_distribution_gan.ipynb) the lecture about this one, with four more
# distributions and a game that fails.
#
# ## In the browser
#
# `python -m lab` opens [this game](../lab/lab.html) as a page: an update at a time, in slow motion,
# with the gradients as arrows, and with your own numbers.
#
# ## Exercises
#
# **Exercise 1.** At some place a perfect discriminator says 0.8. Real numbers have the density 0.2
# there. What is the density of G's? And what would D say if G never went there?
#
# <details><summary>Answer</summary>
#
# $0.8 = 0.2 / (0.2 + q)$, so $q = 0.05$: one in five of the numbers there is G's. With $q = 0$ it
# would say 1.
#
# </details>
#
# **Exercise 2.** Suppose G is perfect, but D's batches hold nine of G's numbers for each real one.
# What does the best D say, and what is 0.5's place in the argument above then?
#
# <details><summary>Answer</summary>
#
# The share of real numbers is $D^* = p/(p + 9q) = 0.1$ everywhere. Flat again, so G still has no
# uphill; that it is 0.5 is owed to the halves. What marks the end is a $D^*$ that is the same
# everywhere.
#
# </details>
#
# **Exercise 3.** Freeze the G of the last epoch and let D learn alone. How far from 0.5 does it
# get, and what does it find out?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: what the game's own D never had time to see. Between the peaks, where G makes too many
# numbers, it goes down to a quarter; on the left peak and on the inner side of the right one, where
# G makes too few, up to 0.6. D* at the far ends is not found: hardly a number comes there.
learn_alone(back_to(list(moments)[-1]))
show_belief(then, f"G of the last epoch, D alone: {distance(then):.3f} from D*")

# %% [markdown]
# **Exercise 4.** Give D six updates for each of G's, in the game of the same seed. Is D nearer to
# $D^*$ then? Is G nearer to the real numbers? The setting is `discriminator_updates`. An epoch has
# a sixth of G's updates then, so that it takes six times as many epochs. As a command:
#
#     python -m distribution_gan.train --discriminator-updates 6 --epochs 192

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: both, as far as one game can tell. A D that follows D* more closely shows G the way to the
# numbers that are missing, not only away from where it is. It is no rule: with real numbers in two
# peaks far apart such a D is sure at once, and G is lost; see notebook 06, exercise 2.
updates = min(6, game.per_epoch)
more = replace(config, discriminator_updates=updates, epochs=updates * config.epochs)
patient = train.Game(more, reals)
seen = []
for played in range(0, patient.iterations, patient.per_epoch):
    loop.play(patient, patient.per_epoch, played)
    if played >= patient.iterations // 2:
        seen.append(distances(patient.generated(), reals)["wasserstein_1"])
usual = [row["wasserstein_1"] for row in late]
for count, it, far in ((1, game, usual), (updates, patient, seen)):
    print(
        f"D's updates {count}: in the end {distance(it):.3f} from D*; Wasserstein-1 in the second "
        f"half, median {np.median(far):.3f}"
    )
