# %% [markdown]
# # A Wasserstein GAN draws the digits it is asked for
#
# Beside Erik Spence's lecture "Advanced neural networks: generative adversarial networks" (SciNet,
# 30 October 2017), in its order. The code shown here is that of the package `mnist_wgan`; its
# [README](../mnist_wgan/README.md) says which slide is which function, and what the slides get
# wrong or leave open.
#
# **The idea.** A discriminative network learns $P(y|x)$: given this image, which digit? A
# generative one learns $P(x, y)$ well enough to make new pairs: give me a 7. A GAN does it with two
# networks that are adversaries:
#
# - the **generator** $G$ turns random noise $z$ into an image and wants it to be taken for real;
# - the **discriminator** $D$ sees real images and generated ones and wants to tell them apart.
#
# Each has a cost of its own, $C_G(\theta_D, \theta_G)$ and $C_D(\theta_D, \theta_G)$, but can
# change its own weights only. So training does not look for a minimum but for a Nash equilibrium: a
# point from which neither of the two can improve by itself.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import numpy as np
from scipy.stats import wasserstein_distance

from common import latent, losses
from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures import convolutions, curves, diagrams, gallery, parameters
from common.runs import history, live
from mnist_wgan import lecture, train
from mnist_wgan.lecture import LATENT, create_critic, create_generator

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The lecture's own program
#
# The slides' code in today's Keras, networks, losses, both loops and the log, is one file to be
# read from top to bottom: [mnist_wgan/lecture.py](../mnist_wgan/lecture.py).
#
#     python -m mnist_wgan.lecture
#
# plays 25,000 iterations with a hundred updates of the critic in each. Here are three, with two
# updates and small batches:

# %%
_ = lecture.main(
    iterations=3 if PRESET == "quick" else 1, critic_updates=2, batch_size=4, log_every=1
)

# %% [markdown]
# ## The costs
#
# The discriminator's cost is the cross-entropy of "real" and "fake". For the generator the lecture
# names three costs. What matters is their gradient where the discriminator is sure of a fake, at
# the left of both panels: the zero-sum game and maximum likelihood have none left there, the
# flipped target has its largest.

# %%
curves.generator_costs()

# %% [markdown]
# ## Why Wasserstein
#
# "Training GANs is non-trivial": the generator may collapse to few images, the discriminator may
# win so clearly that nothing is left to learn from, and the losses don't tell how far one is.
#
# One cause can be seen with two histograms. The fakes of an untrained generator have nothing in
# common with real images, so look at two bars of width 10 that move apart. The Kullback-Leibler
# divergence, which the lecture names, becomes infinite as soon as a real value has no fake. The
# Jensen-Shannon divergence, which the original game comes to if its discriminator is the best
# possible (Goodfellow et al. 2014), stays at $\ln 2 = 0.693$ however far away the fakes are: no
# slope leads them home. The Wasserstein distance says how far the fakes have to be carried.

# %%
places = np.arange(60)


def kl(p, q):
    """Kullback-Leibler divergence of two histograms, in nats."""
    with np.errstate(divide="ignore"):
        return np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0]))


print("shift      KL      JS   Wasserstein")
for shift in (0, 3, 6, 9, 10, 20, 40):
    p, q = (((places >= start) & (places < start + 10)) / 10 for start in (0, shift))
    js = (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2
    distance = wasserstein_distance(places, places, p, q)
    print(f"{shift:5} {kl(p, q):7.3f} {js:7.3f} {distance:13.3f}")

# %% [markdown]
# The distance is also the most that a function $f$ can hold the two apart, if its slope is nowhere
# above 1 (the theorem of Kantorovich and Rubinstein):
#
# $$W(P_r, P_\theta) = \max_f \;
# \mathbb{E}_{x \sim P_r}[f(x)] - \mathbb{E}_{x \sim P_\theta}[f(x)].$$
#
# The discriminator becomes this $f$. That is why the lecture's list of changes reads as it does: no
# sigmoid at the end, since $f$ is any number (hence the name **critic**); weights clipped to a
# fixed range, so that the slope cannot grow without bound; more updates of the critic than of the
# generator, since it should be near the maximum; no momentum, since what is asked of it keeps
# changing.
#
# ## The data
#
# "Our old friend": MNIST, of which the lecture takes 50,000 images. It never says how pixels are
# scaled. Its own log answers that. It begins with
#
#     0: [D true loss: -2837.692] [D fake loss: 3.050] [DG loss: 2.636] [Total loss: -2834.641]
#
# and the D true loss after those first 100 updates of the critic depends on the scale. Over five
# seeds (`python -m benchmarks.row_zero`, in [RESULTS.md](../RESULTS.md)) it is
#
# | pixels | RMSprop | D true loss, median and range |
# |---|---|---|
# | in [-1, 1] | that of 2017 | -2755 (-3071 to -2384) |
# | in [-1, 1] | that of Keras 3 | -1212 (-1412 to -1128) |
# | in [0, 1] | that of 2017 | -774 (-803 to -730) |
#
# Only the first row holds the lecture's number. So pixels are in [-1, 1] here, and the RMSprop is
# the one that Keras had in 2017.

# %%
config = train.PRESETS["quick"]
if PRESET == "smoke":  # compiling takes longer than three iterations
    config = replace(config, iterations=3, batch_size=4, engine="reference", dtype="float32")
device = devices.prepare(config.device, config.dtype)
print(f"{device.description}, in {device.dtype}")
pictures, digits, *_ = datasets.load_training("mnist", config, first=50_000)
reals = datasets.scale(pictures)
print(reals.shape, reals.dtype, "from", reals.min(), "to", reals.max())
three = np.stack([reals[digits == digit][:3] for digit in range(10)], axis=1)
gallery.image_grid(
    three.reshape(-1, *reals.shape[1:]), 10, "Three real images of each", column_labels=range(10)
)

# %% [markdown]
# ## The critic
#
# Four convolutions with 5x5 windows, each with a LeakyReLU, $f(z) = z$ for $z > 0$ and $0.2 z$
# otherwise, and dropout behind it:

# %%
live.show_code(lecture.add_critic_layers)

# %% [markdown]
# Two dense layers read the last maps: one number, "status", which is $f(x)$, and ten probabilities,
# "class", of the digit in the image.

# %%
critic = create_critic()
critic.summary()
diagrams.network(critic)

# %% [markdown]
# A convolution slides one window of weights over the image: each output pixel is the sum of 25
# products for each map of the input. A layer's parameters are therefore few, and they can be
# counted by hand:

# %%
from keras import layers

for layer in critic.layers:
    if isinstance(layer, layers.Conv2D):
        height, width, below, maps = layer.kernel.shape
        here = height * width * below * maps + maps
        print(f"{height} x {width} x {below:3} x {maps:3} + {maps:3} = {here:9,}", end=", ")
        print(f"Keras counts {layer.count_params():9,}")

# %% [markdown]
# ## "Deconvolution"
#
# The generator has to go the other way, from few pixels to many. The lecture has two ways of
# "transpose convolution". The first is the transpose of a convolution itself. Where a convolution
# *gathers* a window into one pixel, this *stamps* each pixel's multiple of the window on the
# output, and adds up where the stamps overlap:

# %%
kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
convolutions.stamping([[1, 2], [3, 4]], kernel, stride=1)

# %% [markdown]
# With stride 1 that makes an image only two pixels larger. So the second way doubles the image
# first, each pixel becoming four equal ones, "since there's more information available" than in
# zeros. Step by step, with one of the sums written out:

# %%
nearest = {"UpSampling2D": [layers.UpSampling2D(dtype="float32")]}
convolutions.upsampling([[1, 2], [3, 4]], kernel, nearest, mark=(1, 2))

# %% [markdown]
# This is what the lecture's generator does, with a `Conv2DTranspose` of stride 1 in the place of
# `Conv2D`: the same sums, with the window turned upside down (exercise 3).
#
# ## The generator
#
# What goes in is noise, 100 normal numbers, and the digit that is wanted. An **embedding** layer
# holds 100 weights for each digit and hands out the row that is asked for. The noise is
# *multiplied* by that row, number by number; a dense layer spreads the product over 7x7 pixels of
# 256 maps; two doublings make 28x28 of it. Nothing keeps the last LeakyReLU's pixels within [-1,
# 1]. The lecturer's own file, `create_generator("script")` here, ends in tanh instead, which makes
# black black.

# %%
live.show_code(create_generator, lecture.add_generator_layers)

# %%
generator = create_generator()
generator.summary()
diagrams.network(generator)

# %% [markdown]
# ## The loss
#
# $$C = \frac{1}{m} \sum_{i=1}^m y_i \hat{y}_i$$
#
# with $\hat{y} = f(x)$, $y = -1$ for images that are to be called real and $+1$ for fakes. Three
# lines:

# %%
y = np.array([-1.0, -1.0, 1.0, 1.0])  # two real images, two fakes
answers = np.array([3.0, 1.0, -0.5, 0.9])  # the critic's
loss = (y * answers).mean()
print(f"by hand {loss:.4f}, Keras {float(lecture.wasserstein(y[:, None], answers[:, None])):.4f}")
apart = answers[:2].mean() - answers[2:].mean()
print(f"mean answer to reals - mean answer to fakes = {apart:.4f} = -2 x {loss:.4f}")

# %% [markdown]
# So a critic that minimises the loss holds the two means apart, as the maximum above wants it. The
# generator's fakes get $y = -1$: it wants a high answer. The log's "D true loss" and "D fake loss"
# are two batches, one of each kind; their sum is minus the estimated distance.
#
# Beside that both networks are trained with the cross-entropy of the digit, $-\log p$ of the right
# one. Keras of 2017 clips $p$ to at least $10^{-7}$, so that this loss has an upper end:

# %%
probabilities = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [1.0, 0.0, 0.0]], "float32")
asked = np.array([0, 2, 1])
by_hand = -np.log(np.maximum(probabilities[np.arange(3), asked], 1e-7))
print("by hand", by_hand.round(4))
print(
    "Keras  ", np.array(losses.sparse_categorical_crossentropy_2017(asked, probabilities)).round(4)
)

# %% [markdown]
# A network's whole loss is the first plus `class_weight` times the second; the slides add them as
# they are, preset quick weighs the class thirty times.
#
# ## Clipping the weights
#
# To keep the slope of $f$ bounded, the slides cut each weight of the critic back to [-0.01, 0.01].
# Here is what that does to a critic with the slides' settings. Its convolutions start with a
# standard deviation of 0.02, so that the very first clip moves most of the weights to the two ends.
# Then come updates, of which each first clips and then moves every weight twice.

# %%
slides = replace(train.SLIDES, batch_size=32, engine="reference", seed=config.seed)
probe = train.Game(slides, reals, digits)
probe.critic.trainable = True  # a frozen critic has no weights to clip
moments = {"as initialised": probe.critic.get_weights()}
train.clip_weights(probe.critic, slides.clip)
moments["clipped"] = probe.critic.get_weights()
updates = 20 if PRESET == "quick" else 2
for _ in range(updates):
    probe.update_discriminator(*probe.draw_discriminator())
moments[f"after {updates} updates"] = probe.critic.get_weights()
train.clip_weights(probe.critic, slides.clip)
moments["clipped again"] = probe.critic.get_weights()
parameters.weight_histogram(moments, slides.clip, "The critic's weights, clipped to ±0.01")

# %% [markdown]
# Bounded weights bound the slope, but by some number far from the theorem's 1, and they leave the
# critic few functions to choose from. The lecture says so itself: "this is obviously not ideal;
# improvements to this have been developed". Two of them take the clip's place by a flag: the
# gradient penalty of arXiv:1704.00028, `python -m mnist_wgan.train --lipschitz gradient-penalty`,
# and spectral normalisation, arXiv:1802.05957, `--lipschitz spectral`.
#
# ## The two steps
#
# The combined network is the critic on top of the generator, and is compiled while the critic is
# frozen, so that training it moves the generator alone:

# %%
live.show_code(lecture.create_DG)

# %% [markdown]
# An iteration is `critic_updates` times the first step, then once the second. What stands in the
# next cell is what the game below plays. The slides train the critic on reals, then on fakes:

# %%
live.show_code(lecture.train_critic)

# %% [markdown]
# Preset quick does both in one update. Change a line, run the cell and the training anew. Without
# the two lines of the clip nothing bounds the slope (exercise 5). With `targets(1.0, digits)` in
# the generator's step it wants what the critic wants: a low answer to its fakes (exercise 2).

# %%
from keras import ops

from mnist_wgan.train import joint_columns, loss_columns, targets


class Game(train.Game):
    """The package's game, with its two steps to be changed."""

    def update_discriminator(self, images, labels, noise, digits):
        """The body of the slides' "for d_it in range(100)": clip, train on reals and fakes."""
        self.critic.trainable = True
        for variable in self.critic.trainable_variables:
            variable.assign(ops.clip(variable, -self.config.clip, self.config.clip))

        fakes = self.engine.predict(self.generator, [noise, digits])
        y = {"d_true": targets(-1.0, labels), "d_fake": targets(1.0, digits)}
        losses = self.engine.train(self.learner, [images, fakes], y)
        return joint_columns(losses, self.class_weights)

    def update_generator(self, noise, digits):
        """Slides "We are done training D. Now train G.": fakes to be called real."""
        self.critic.trainable = False
        dg = self.engine.train(self.combined, [noise, digits], targets(-1.0, digits))
        return loss_columns("dg", dg)


# %% [markdown]
# `targets` are $y$, the same for the whole batch, and the digits; `loss_columns` names a loss and
# its two parts. `self.engine` plays the steps, by default in one compiled graph; with
# `engine="reference"` they are the slides' own `train_on_batch` calls, as in the histogram above.
#
# ## Play
#
# The slides' schedule, 25,000 iterations with 100 critic updates each, is for a GPU. Preset quick
# has 1,250 iterations with one critic update each; what else it changes, and why, is in the
# [README](../mnist_wgan/README.md). Here are 700, in which the digits that are asked for appear,
# with class weight 10: they come sooner than with 30, if not as surely. They take two minutes on
# two cores, without instructions for bfloat16 five. **You may interrupt the kernel at any time**:
# the cells below then go on. What you see drawn is the running mean of the generator's weights
# (`averaging`), since single ones still change from one iteration to the next.
#
# The embedding above is multiplied with noise whose mean is 0.6 here, not 0: else all digits would
# have the same mean at the start, and differ in their variances alone.

# %%
short = replace(config, iterations=min(config.iterations, 700), class_weight=10.0)
print({name: getattr(short, name) for name in ("iterations", "critic_updates", "learning_rate")})
print({name: getattr(short, name) for name in ("clip", "class_weight", "batch_size", "averaging")})
game = Game(short, reals, digits)
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))

# %% [markdown]
# Above, the two parts of each loss are drawn apart. The class losses begin at $\ln 10 = 2.3$, that
# of a guess, and fall within fifty iterations, the fakes' first: what the critic takes for a 3 is
# easily drawn, long before it is one. The critic learns real digits, its view of them becomes
# stricter, and the fakes have to follow.
#
# Below, the two networks: the critic's two losses and their sum, then the generator's. The last
# panel is the distance that the critic sees between reals and fakes, minus the Wasserstein part of
# the sum. Its unit is the critic's own, since clipping bounds the slope by some number, not by 1.
# It stays at a few units and is below 0 at times: with one update for each of the generator's, the
# critic is not near the maximum.

# %%
for row in rows:
    row["distance"] = -(row["d_true_wasserstein"] + row["d_fake_wasserstein"])
panels = {
    ("Critic's losses", "loss"): ("d_true", "d_fake", "total"),
    ("Generator's loss", "loss"): ("dg",),
    ("Estimated distance", "the critic's answer"): ("distance",),
}
curves.draw_losses(rows, panels, size=(8, 2.4))

# %% [markdown]
# A sample of each digit from the same noise, from the first iteration to the last:

# %%
moments = history.spread(list(drawn), 5)
of_one_noise = [drawn[moment][::10] for moment in moments]  # each digit has ten noises
gallery.over_time(of_one_noise, moments, "One noise, asked for 0 to 9")

# %% [markdown]
# And the critic's weights now, just after an update, beside those of a new critic. A third of these
# lie beyond the bounds; the clip has brought them back, and they stand at the two ends. In the
# middle little has changed:

# %%
moments = {"a new one": critic.get_weights(), "after the game": game.critic.get_weights()}
parameters.weight_histogram(
    moments, config.clip, f"The critic's weights, clipped to ±{config.clip:g}"
)

# %% [markdown]
# ## The finished generator
#
# The one just trained is a beginning. What follows looks at the weights that come along: 8,000
# iterations on a GPU, with three critic updates each at batch 64, twice preset long's class weight
# and a smaller learning rate ([card](../mnist_wgan/pretrained/README.md)). A classifier reads the
# asked digit in 99.2 % of their samples; flecks or smudges lie beside about a third. To look at
# your own instead, write `generator = game.result()`.

# %%
generator = generators.load(generators.Source(pretrained=True), train.EXAMPLE)


def draw(noise, digit):
    """Images (N, 28, 28, 1) of one digit from noise (N, 100)."""
    return latent.generate(generator, noise, np.full((len(noise), 1), digit, "int32"))


noise = latent.draw_noise(0, 4, LATENT)
fakes = np.concatenate([draw(noise, digit) for digit in range(10)])
gallery.image_grid(fakes, 4, "A row for each digit, a column for each noise", row_labels=range(10))

# %% [markdown]
# A walk through the space of the noise, along a great circle from one noise to another, for two
# digits:

# %%
ends = latent.draw_noise(1, 4, LATENT).reshape(2, 2, LATENT)
asked = (0, 3)
walks = [
    draw(latent.great_circle(*pair, 8), digit) for pair, digit in zip(ends, asked, strict=True)
]
gallery.walk(np.stack(walks), "Two walks", labels=asked)

# %% [markdown]
# ## What the embedding has learned
#
# Ten rows of 100 numbers. They were set by chance, all about 1.35 long; what has become of them?

# %%
vectors = next(x for x in generator.layers if isinstance(x, layers.Embedding)).get_weights()[0]
parameters.embedding(vectors, title="The embedding of the ten digits")

# %% [markdown]
# The cosines are near 0, at most 0.25 of either sign, as large as those of rows whose numbers are
# shuffled: they do not tell which digits look alike. That makes sense, since a row multiplies noise
# of either sign: turning a row's sign around changes nothing. What a row can say is *which* of the
# 100 numbers count. How unequal are they? If all 100 counted alike, the ten largest would hold a
# tenth of the squared length; in rows as they were set by chance they hold about 27 %.

# %%
squares = np.sort(vectors**2, axis=1)[:, ::-1]
for digit in range(10):
    share = squares[digit, :10].sum() / squares[digit].sum()
    largest = np.sort(np.argsort(-np.abs(vectors[digit]))[:5])
    print(
        f"{digit}: length {np.linalg.norm(vectors[digit]):.2f}, ten largest {share:4.0%}", end=", "
    )
    print("the five largest are number", ", ".join(map(str, largest)))

# %% [markdown]
# Most of it, from half for the 5 to nine tenths for the 1: each digit has a handful of the noise's
# numbers to itself, which few others share.
#
# ## Arithmetic with noise
#
# "Man with glasses" minus "man" plus "woman" is a woman with glasses (Radford et al., which the
# lecture lists: arXiv:1511.06434). Digits have no glasses, but they lean, and their strokes have
# weight. Both can be measured: how many degrees the ink leans from upright, and how much of the
# image is ink. So that grey does not count as ink, every pixel is made black or white first,
# whichever of the image's darkest and brightest it is nearer to. Is there a direction of the
# noise along which they grow? Least squares finds the best one, and $R^2$ says which share of the
# differences it explains: 0 none, 1 all of them.

# %%
count = 2000 if PRESET == "quick" else 300
many = latent.draw_noise(2, count, LATENT)
measures = {"slant": latent.slant, "stroke weight": latent.stroke_weight}


def measure(name, images):
    """Slant in degrees, or stroke weight as a share of the image, of its strokes alone: (N,)."""
    images = np.clip(images, -1, 1)
    low, high = (f(images, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return measures[name](np.where(images > (low + high) / 2, 1.0, -1.0))


images = {digit: draw(many, digit) for digit in (3, 7)}
found = {}
for digit in images:
    for name in measures:
        values = measure(name, images[digit])
        found[digit, name], r2 = latent.find_direction(many, values)
        _, r2_squares = latent.find_direction(np.hstack([many, many**2]), values)
        print(
            f"{digit}, {name:13}: mean {values.mean():6.3f}, deviation {values.std():6.3f}",
            end="; ",
        )
        print(f"R^2 {r2:.2f}, with the noise's squares as well {r2_squares:.2f}")

# %% [markdown]
# One direction explains more than eight tenths of either; squares add little. Each row moves one
# noise along the direction of its digit. The images follow, but not evenly: the ink of this 7
# hardly changes up to the step 1.

# %%
offsets = np.arange(-3, 4)
steps = offsets[:, None].astype("float32")
pairs = [(3, 0), (7, 1)]  # a digit, and which noise
labels = [digit for digit, _ in pairs]
moved = [draw(many[i] + steps * found[digit, "slant"], digit) for digit, i in pairs]
for digit, row in zip(labels, moved, strict=True):
    angles = measure("slant", row)
    print(digit, "leans by", ", ".join(f"{angle:.0f}" for angle in angles), "degrees")
gallery.directions(np.stack(moved), offsets, "Slant", labels)

# %%
moved = [draw(many[i] + steps * found[digit, "stroke weight"], digit) for digit, i in pairs]
for digit, row in zip(labels, moved, strict=True):
    weights = measure("stroke weight", row)
    print(digit, "has ink on", ", ".join(f"{weight:.0%}" for weight in weights), "of the image")
gallery.directions(np.stack(moved), offsets, "Stroke weight", labels)

# %% [markdown]
# Now the sums. The first two terms are images of *mean noises*: of the 3s above that have most of a
# measure, and of those that have least of it. Their difference is added to the noise of one more 3
# that has little. Its lean to the left becomes one to the right, and its thin strokes bold ones, as
# the printed measures say.


# %%
def add_difference(name, most, least):
    """Draw a 3 that has least of a measure with the difference between most and least added."""
    values = measure(name, images[3])
    order, some = values.argsort(), count // 40
    groups = {most: order[-some:], least: order[:some]}
    means = [many[places].mean(axis=0) for places in groups.values()]
    one = many[order[some]]
    drawings = draw(np.stack([*means, one, means[0] - means[1] + one]), 3)
    for label, value in zip((most, least, "one", "sum"), measure(name, drawings), strict=True):
        print(f"{name}, {label}: {value:.3f}")
    terms = [
        gallery.Term(f"3s, {label}", drawing, images[3][places[:3]], sign)
        for (label, places), drawing, sign in zip(groups.items(), drawings[:2], "+-", strict=True)
    ]
    one, result = gallery.Term(f"one 3, {least}", drawings[2]), gallery.Term("the sum", drawings[3])
    return gallery.arithmetic([*terms, one], result, f"Arithmetic with {name}")


add_difference("slant", "to the right", "to the left")

# %%
add_difference("stroke weight", "bold", "thin")

# %% [markdown]
# Does a 7 lean if it is moved along the direction of the 3s?

# %%
cosine = found[3, "slant"] @ found[7, "slant"]
print(f"cosine of the angle between the two digits' directions: {cosine:.2f}")
for digit in (3, 7):
    step = 3 * found[digit, "slant"]
    left, right = (measure("slant", draw(many[:100] + move, 7)).mean() for move in (-step, step))
    print(f"7s along the direction of the {digit}s: from {left:.1f} to {right:.1f} degrees")

# %% [markdown]
# Hardly: each digit reads numbers of its own, as the embedding above shows. Exercise 4 looks at all
# ten.
#
# Can you tell? Six of these are fake. Mark them and count.

# %%
quiz_fakes = np.concatenate(
    [draw(many[i : i + 1], digit) for i, digit in enumerate((0, 2, 3, 5, 8, 9))]
)
live.quiz(reals[100:106], quiz_fakes, seed=1)

# %% [markdown]
# ## In the browser
#
# `python -m lab` opens a page on which the finished generator [draws the digits you ask
# for](../lab/lab.html#tab=digits&ask=mnist_wgan), with the noise, slant and stroke weight at hand.
#
# ## Exercises
#
# **Exercise 1.** In the last rows of the lecture's log all losses are positive and small, such as
# "24950: [D true loss: 0.0455] [D fake loss: 0.0729] [DG loss: 0.0829] [Total loss: 0.1185]". What
# has become of the distance that the critic estimates?
#
# <details><summary>Answer</summary>
#
# The total is the two class losses, which are never below 0, minus the distance. It is positive, so
# the distance that the critic still sees is smaller than what it does not know about the digits.
# Its answers to reals and to fakes hardly differ.
#
# </details>
#
# **Exercise 2.** Someone swaps the signs: $y = +1$ for real and $-1$ for fake, in all three places.
# What happens to the images?
#
# <details><summary>Answer</summary>
#
# Nothing. The critic learns $-f$ instead of $f$, and the generator wants a low answer instead of a
# high one. If only one of the three is swapped, critic and generator want the same, or the critic
# wants all answers high, and no game is left.
#
# </details>
#
# **Exercise 3.** The lecture: a deconvolution "is the convolution of a padded version of the input
# data". Show it for a 4x4 image and a 3x3 window.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: with two rows and columns of zeros around it, and the window turned by half a turn.
rng = np.random.default_rng(0)
small, window = rng.normal(size=(4, 4)), rng.normal(size=(3, 3))
stamps = convolutions.convolution(layers.Conv2DTranspose, window)
slides_over = convolutions.convolution(layers.Conv2D, window[::-1, ::-1])
one, other = (
    convolutions.apply([stamps], small),
    convolutions.apply([slides_over], np.pad(small, 2)),
)
print(one.shape, other.shape, f"largest difference {np.abs(one - other).max():.1e}")

# %% [markdown]
# **Exercise 4.** Ten digits are drawn from the same noise. Do they lean alike, as if one hand had
# written them?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: no. A correlation of 1 would be one hand; beside the diagonal it is 0 in the mean and of
# either sign, at most 0.4.
several = many[: count // 10]
angles = np.stack([measure("slant", draw(several, digit)) for digit in range(10)])
correlations = np.corrcoef(angles)
print("3 and 7:", correlations[3, 7].round(2))
apart = correlations[~np.eye(10, dtype=bool)]
print(f"all pairs: mean {apart.mean():.2f}, from {apart.min():.2f} to {apart.max():.2f}")

# %% [markdown]
# **Exercise 5.** Does the clip keep the losses small? Play a hundred iterations without it, of
# preset long, whose critic trains on reals, then on fakes, as the slides' does. As a command:
#
#     python -m mnist_wgan.train --preset long --iterations 100 --log-every 10 --clip 1e9

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: not by itself, though without it they are larger by far. Its bound on the slope is a loose
# one, since millions of small weights add up if they agree. In this run, in bfloat16, losses stay
# about a hundred or below with it and reach a million without.
long = replace(train.PRESETS["long"], engine=config.engine)
if PRESET == "smoke":
    long = replace(long, batch_size=4)
for clip in (long.clip, 1e9):
    other = train.Game(replace(long, clip=clip), reals, digits)
    played = other.engine.play(other, min(config.iterations, 100), long.critic_updates)
    seen = ", ".join(f"{loss:,.1f}" for loss in played["d_true_wasserstein"][::11])
    print(f"clip {clip:g}: every eleventh Wasserstein part of D true loss: {seen}")
