# %% [markdown]
# # Six generative networks beside each other
#
# Spence's slide says "There are several types of generative networks you may run into" and lists
# them:
#
# - "PixelCNN": `beyond.pixelcnn`, in [11_pixelcnn](11_pixelcnn.ipynb)
# - "Variational Autoencoders": `beyond.vae`, in [09_vae](09_vae.ipynb)
# - "Generative Adversarial networks": `mnist_wgan`, `bilinear_gan` and `binarized_gan`, in
#   [01](01_mnist_wgan.ipynb), [05](05_bilinear_gan.ipynb) and [04](04_binarized_gan.ipynb)
# - "Boltzmann Machines, Fully Visible Belief Networks, Generative Stochastic Networks, and others":
#   `beyond.rbm` is of the first kind, in [10_rbm](10_rbm.ipynb); a PixelCNN is of the second, too.
#
# Which is the best? **That depends on what for.** Here all six draw digits as they come, are timed
# and scored alike. Nothing is trained: weights come along with each. They are of one run each, of
# different sizes, schedules and machines. So this compares six trained networks. It does not say
# what their families could do at best.

# %%
# %matplotlib inline
import importlib
import logging
import os
import textwrap
import time

import common  # noqa: F401  # isort: skip  (first, so that TensorFlow starts quietly)
import numpy as np
from IPython.display import Markdown

from common.commands import generators
from common.data import datasets
from common.engines import devices
from common.figures import gallery, style
from common.likelihood import binarize, binarized_test_images, log_likelihood, log_odds
from common.runs import folders
from common.scores import classifier, evaluation, metrics

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of six networks to compile

FAMILIES = {
    "mnist_wgan": "Wasserstein GAN",
    "bilinear_gan": "GAN",
    "binarized_gan": "GAN, black and white",
    "beyond.vae": "VAE",
    "beyond.pixelcnn": "PixelCNN",
    "beyond.rbm": "Boltzmann machine",
}
examples = {name: importlib.import_module(f"{name}.train").EXAMPLE for name in FAMILIES}
cards = {name: folders.read_json(generators.pretrained(name) / "card.json") for name in FAMILIES}
print(devices.prepare(None, "float32").description)

# %% [markdown]
# ## Draw
#
# 1,000 digits of each, a hundred at a time, all networks in turn. The quickest of its ten draws is
# what counts: the first one compiles.

# %%
DRAWS, EACH = (10, 100) if PRESET == "quick" else (2, 10)
source, ready = generators.Source(pretrained=True), {}
for name, example in examples.items():
    ready[name] = generators.load(source, example), generators.settings(source, example)
draws, seconds = {name: [] for name in FAMILIES}, {name: np.inf for name in FAMILIES}
for seed in range(DRAWS):
    for name, (generator, settings) in ready.items():
        began = time.perf_counter()
        draws[name].append(examples[name].samples(generator, seed, EACH, settings))
        seconds[name] = min(seconds[name], time.perf_counter() - began)
drawn = {name: np.concatenate([images for images, _ in draws[name]]) for name in FAMILIES}
asked = dict.fromkeys(FAMILIES)
asked["mnist_wgan"] = np.concatenate([digits for _, digits in draws["mnist_wgan"]])
for name in FAMILIES:
    print(f"{FAMILIES[name]:21} {EACH} digits in {seconds[name]:.2g} s")

# %% [markdown]
# A GAN and a VAE send noise once through a network. The PixelCNN does it once a pixel. The
# Boltzmann machine has no network that draws: 1,000 Gibbs steps do.
#
# Real digits come in three kinds. Three families draw grey ones, and the two last of these below
# draw grey as a probability. `binarized_gan` learned digits that are white above one half. The
# PixelCNN learned digits whose pixels are white with their grey as the probability.

# %%
changes = {  # by what each family learned: how to make real digits so
    "grey": None,
    "by a threshold": examples["binarized_gan"].change,
    "by chance": examples["beyond.pixelcnn"].change,
}
data = datasets.load("mnist")
test = datasets.scale(data.x_test[:: 10 if PRESET == "quick" else 500])  # as many as are drawn
real = {words: test if change is None else change(test) for words, change in changes.items()}
kind = {
    name: next(words for words, change in changes.items() if change is example.change)
    for name, example in examples.items()
}
rows = np.concatenate([images[:12] for images in (*drawn.values(), *real.values())])
labels = [*FAMILIES.values(), *(f"real, {words}" for words in real)]
gallery.image_grid(rows, 12, "The first twelve digits of each", row_labels=labels)

# %% [markdown]
# Nobody chose them. Only `mnist_wgan` is asked for a digit; it was asked for 0 to 9 in turn.
#
# ## Do they copy?
#
# Each digit over the training image that is nearest to it, pixel by pixel.


# %%
def create_reference(change):
    """What digits are compared with: all training images of a kind, and what the classifier makes
    of the first 10,000."""
    train = datasets.scale(data.x_train[: 60_000 if PRESET == "quick" else 1200])
    train = train if change is None else change(train)
    judge = classifier.load("mnist")
    features = evaluation.classify(judge, train[:10_000])["features"]
    radii = metrics.radii(features, evaluation.NEIGHBOURS)
    return evaluation.Reference(judge, train, metrics.fit_normal(features), features, radii, {})


references = {words: create_reference(change) for words, change in changes.items()}
rows, labels = [], []
for name, images in drawn.items():
    others = references[kind[name]].images
    numbers, _ = metrics.nearest(images[:12], others)
    rows += [images[:12], others[numbers]]
    labels += [FAMILIES[name], "nearest"]
gallery.image_grid(np.concatenate(rows), 12, "Drawn and learned", row_labels=labels)

# %% [markdown]
# ## Score
#
# A classifier of real digits looks at them; [what the scores
# tell](../docs/runs.md#what-the-scores-tell). In brackets are real test digits of the same kind, as
# many of them: as good as it gets.

# %%
SHOWN = (
    "classifier_score", "frechet_distance", "precision", "recall", "coverage",
    "nearest_training_image",
)  # fmt: skip
scores = {
    name: evaluation.score(images, references[kind[name]], asked[name])
    for name, images in drawn.items()
}
of_real = {words: evaluation.score(real[words], references[words]) for words in real}
print(f"mnist_wgan: {scores['mnist_wgan']['asked_label_accuracy']:.1%} show the asked digit")
for name in FAMILIES:
    print(f"{FAMILIES[name]:21} {scores[name]['modes']} of ten digits")

# %% [markdown]
# ## How probable is a test image?
#
# A GAN cannot say. The others can, each in its own way. The numbers are those of the cards beside
# the weights, of all 10,000 test images, the same for all: each pixel white by chance. For a scale:
# what a network would say that knows how often each pixel is white, but nothing of how pixels go
# together.

# %%
NATS = {  # where a card has it, and what sort of number it is
    "beyond.vae": ("bound_5000", "at least"),
    "beyond.pixelcnn": ("log_likelihood", "exactly"),
    "beyond.rbm": ("log_p", "about"),
}
told = {name: cards[name]["evaluation"]["likelihood"] for name in NATS}
nats = {name: told[name][key] for name, (key, _) in NATS.items()}
for name, (_, sort) in NATS.items():
    print(f"{FAMILIES[name]:21} {sort:8} {nats[name]:.2f} nats")
apart = log_odds(datasets.scale(data.x_train, 0.0))
white = binarized_test_images("dynamic").reshape(-1, 784)
print(f"each pixel by itself  exactly  {np.mean(log_likelihood(white, apart)):.2f} nats")
print(f"Boltzmann machine, annealed in reverse: {told['beyond.rbm']['log_p_reverse']:.2f} nats")

# %% [markdown]
# - **PixelCNN: exact.** A sum of 784 logarithms.
# - **VAE: a lower bound**, of 5,000 importance samples. The true number is as high or higher.
# - **Boltzmann machine: an estimate.** Its energies are exact, but not log Z, which annealed
#   importance sampling finds. Forwards it tends to say too little for log Z, in reverse too much.
#
# ## All of it in one table
#
# Times to train are the cards': of one run, on what is named.


# %%
def row_of(name):
    """A family's cells."""
    cells = []
    for score in SHOWN:
        form = evaluation.SCORES[score][1]
        ours, theirs = scores[name][score], of_real[kind[name]][score]
        cells.append(f"{form.format(ours)} ({form.format(theirs)})")
    log_p = f"{NATS[name][1]} {nats[name]:.1f}" if name in NATS else "none"
    minutes, device = cards[name]["seconds"] / 60, cards[name]["run"]["device"]
    trained = f"{minutes:.0f} min, {device.partition(',')[0]}"
    return [f"**{FAMILIES[name]}**", *cells, log_p, f"{seconds[name]:.2g} s", trained]


titles = [evaluation.SCORES[score][0] for score in SHOWN]
heads = ["", *titles, "log p(x), nats", f"{EACH} digits in", "trained in"]
rows = [heads, ["---"] * len(heads), *map(row_of, FAMILIES)]
Markdown("\n".join(f"| {' | '.join(row)} |" for row in rows))

# %% [markdown]
# Scores of 1,000 samples differ from those of 10,000 in
# [RESULTS.md](../RESULTS.md#generative-families-beside-each-other): of few the Fréchet distance is
# larger and the coverage lower, that of the real ones, too. Compare within this table only. And two
# Fréchet distances to different kinds of real digits are not on one scale. Times to draw depend on
# what else the machine does; those in RESULTS.md are of a quiet one.
#
# The same, a row for each family. Orange is the family, the grey line real digits of its kind.


# %%
def draw_rows(panels):
    """Draw a panel for each measure, and in it a row for each family.

    Args:
        panels: by title, numbers of the families and of real digits in their order, NaN where there
            is none, and whether the axis is logarithmic.
    """
    figure = style.new_figure(6)
    axes = figure.subplots(2, len(panels) // 2, sharey=True).flat
    places = np.arange(len(FAMILIES))
    for axis, (title, (ours, theirs, logarithmic)) in zip(axes, panels.items(), strict=True):
        axis.plot(theirs, places, "|", color="0.6", markersize=20, markeredgewidth=3)
        axis.plot(ours, places, "o", color=style.COLOURS[1])
        axis.set_title("\n".join(textwrap.wrap(title, 18)), fontsize="medium")
        axis.set_xscale("log" if logarithmic else "linear")
        axis.set_yticks(places, FAMILIES.values())
        axis.grid(alpha=0.4)
    axis.set_ylim(len(FAMILIES) - 0.4, -0.6)  # the first family on top
    return figure


panels = {}
for score in SHOWN:
    title, _, better = evaluation.SCORES[score]
    title = title.partition(" (")[0]
    ours = [scores[name][score] for name in FAMILIES]
    theirs = [of_real[kind[name]][score] for name in FAMILIES]
    panels[f"{title}: {better}"] = ours, theirs, score == "frechet_distance"
none = [np.nan] * len(FAMILIES)
panels["log p(x), nats: higher"] = [nats.get(name, np.nan) for name in FAMILIES], none, False
panels[f"seconds for {EACH} digits: lower"] = list(seconds.values()), none, True
draw_rows(panels)

# %% [markdown]
# ## What each is good at
#
# - **Wasserstein GAN: digits like real ones.** It has the best classifier score, precision and
#   coverage, and the least Fréchet distance, that of real digits: 1,000 samples cannot tell the two
#   apart (exercise 4). 10,000 can: 0.25 beside 0.04. It alone draws the digit that you ask for. But
#   its recall is below that of all but the black and white GAN: its digits do not vary as real ones
#   do.
# - **GAN: nothing here.** Its recall is no lower than the Wasserstein GAN's, but its precision is
#   the lowest: its digits vary, and many are none.
# - **GAN, black and white: speed.** It draws a hundred digits in hundredths of a second or less.
#   It draws five kinds of ten.
# - **VAE: speed, and a bound.** It draws as fast, all ten digits, and its recall is above that of
#   the GANs. Its likelihood is the lowest of the three, if its bound is tight.
# - **PixelCNN: likelihood and variety.** It has the highest log p(x), exact at that, and the
#   highest recall. It took the shortest training of the three that tell one. A quarter of its
#   digits is not like real ones, and it draws slowly.
# - **Boltzmann machine: digits and a likelihood.** Of the three that tell one its digits have the
#   best classifier score, precision and coverage. It draws the slowest, and was trained the
#   longest. Its likelihood is an estimate.
#
# None copies: the median digit is as far from the nearest training image as a real test digit (the
# Wasserstein GAN's) or farther.
#
# ## Exercises
#
# **Exercise 1.** The VAE and the Boltzmann machine are compared with grey digits, the PixelCNN with
# black and white ones. Make the three alike: draw each pixel by its probability, and compare all
# with digits made by chance.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: on one scale the PixelCNN's Fréchet distance is the least. The best precision and coverage
# are the Boltzmann machine's. The VAE's precision gains the most: its greys were no ink.
random = np.random.default_rng(0)
for name in NATS:
    p = (drawn[name] + 1) / 2  # the PixelCNN's are 0 and 1 already, and stay so
    white = 2 * np.asarray(binarize(p, random.random(p.shape, "float32"))) - 1
    found = evaluation.score(white, references["by chance"])
    words = (f"{score} {evaluation.SCORES[score][1].format(found[score])}" for score in SHOWN[1:5])
    print(f"{FAMILIES[name]:18}", ", ".join(words))

# %% [markdown]
# **Exercise 2.** Which column of the table would catch a network that only returns training images?
# Try it: take 1,000 of them for samples.

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: the last of the scores alone, the distance, which is 0. By all others they are as good as
# test digits; their Fréchet distance is what some thousands of test digits have (exercise 4).
copies = references["grey"].images[-50 * len(test) :: 50]  # none of the first 10,000
copied = evaluation.score(copies, references["grey"])
for score in SHOWN:
    _, form, _ = evaluation.SCORES[score]
    print(f"{score:22} {form.format(copied[score])}, real {form.format(of_real['grey'][score])}")

# %% [markdown]
# **Exercise 3.** The PixelCNN says the most of test images, yet its digits are not the best. How
# can that be? Mix it with noise: of 100 images one is its own, and 99 are noise. How many nats does
# that cost?
#
# <details><summary>Answer</summary>
#
# At most log 100 = 4.6 nats: the mixture gives an image at least p(x) / 100. It would still say
# more of test images than pixels that know nothing of each other, by far, and 99 of 100 of its
# samples would be noise (Theis et al. 2016, arXiv:1511.01844). A likelihood asks whether every test
# image has its probability; samples ask where all the rest of it goes.
#
# </details>
#
# **Exercise 4.** How does the Fréchet distance of real digits change with their number? And from a
# thousand to another thousand?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: it falls, though the digits are as real as before: the mean and the covariance of a few
# are off by chance, and every error adds to the distance. So compare equal numbers alone, and of a
# thousand digits no differences as small as that between thousands.
some = datasets.scale(data.x_test[: 10_000 if PRESET == "quick" else 200])
judge, normal = references["grey"].classifier, references["grey"].normal
features = evaluation.classify(judge, some)["features"]
for times in (100, 10, 1):  # as many parts, ten of which are enough
    parts = [features[start::times] for start in range(min(10, times))]
    found = [metrics.frechet_distance(metrics.fit_normal(part), normal) for part in parts]
    print(f"{len(parts[0]):6,} real digits: from {min(found):.3f} to {max(found):.3f}")
