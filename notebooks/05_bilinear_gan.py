# %% [markdown]
# # A GAN without a checkerboard
#
# Beside Alex Olar's blog post "Generative adversarial networks". The code shown here is that of the
# package `bilinear_gan`; its [README](../bilinear_gan/README.md) says which function of the post is
# which here, and what the post gets wrong or leaves open.
#
# **The idea.** A **generator** turns a vector of normal noise into an image, which gets the label
# fake. Real images are collected ones. A **discriminator** learns to predict 0 for the ones and 1
# for the others, and the generator learns to spoil its predictions. Two things are this post's own.
# Its generator enlarges small maps to an image by *bilinear upsampling*, so that what it draws is
# smooth. And both networks learn in one and the same step, which has two slips worth knowing.

# %%
# %matplotlib inline
import os
from dataclasses import replace

import numpy as np

from bilinear_gan import lecture, train
from bilinear_gan.lecture import BLACK, LATENT, create_discriminator, create_generator
from common import latent
from common.commands import generators
from common.engines import devices
from common.figures import convolutions, curves, gallery
from common.latent import great_circle
from common.runs import history, live
from dcgan.lecture import create_generator as create_dcgan_generator

PRESET = os.environ.get("PRESET", "quick")  # the repository's tests take "smoke"

# %% [markdown]
# ## The post's own program
#
# The post's code in today's Keras, networks, losses and the step with its two gradient tapes, is
# one file to be read from top to bottom: [bilinear_gan/lecture.py](../bilinear_gan/lecture.py).
#
#     python -m bilinear_gan.lecture
#
# plays 50 epochs. Here are two, three small batches of each:

# %%
_ = lecture.main(epochs=2, iterations=3 if PRESET == "quick" else 1, batch_size=16)

# %% [markdown]
# ## The data
#
# MNIST, "since images with higher moments need larger and more advanced architectures". The post
# does not say how pixels are scaled; here they lie in [-1, 1], as in the tutorial that it names as
# its model.

# %%
config = train.PRESETS[PRESET]
(reals,) = train.EXAMPLE.load(config).arrays
print(reals.shape, reals.dtype, "from", reals.min(), "to", reals.max())
gallery.image_grid(reals[:20], 10, "Twenty real images", black=BLACK)

# %% [markdown]
# ## Two ways to enlarge
#
# A generator goes from few pixels to many. **Upsampling** repeats pixels, or puts averages of
# neighbours between them; it has nothing to learn, so that a convolution follows. The framed sum is
# written out below each row. The second row is the post's bilinear upsampling, as TensorFlow
# computed it then; the last row and column come twice. Keras 3, in the third, takes its samples a
# quarter of a pixel further to the upper left, which treats all four edges alike.

# %%
from keras import layers

ways = {
    "nearest": [layers.UpSampling2D()],
    "bilinear, as in the post": lecture.bilinear_upsampling(),
    "bilinear, as in Keras 3": [layers.UpSampling2D(interpolation="bilinear")],
}
kernel = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
convolutions.upsampling([[0, 4, 8], [4, 8, 4], [8, 4, 0]], kernel, ways)

# %%
live.show_code(lecture.bilinear_upsampling)

# %% [markdown]
# **Transposed convolution** does both at once: each pixel stamps its multiple of the kernel on the
# output, here two pixels apart, and where stamps overlap they are added up.

# %%
convolutions.stamping([[1, 1], [1, 1]], np.ones((3, 3)), stride=2)

# %% [markdown]
# The input was the same everywhere; the output is not. Kernels of 3x3 that are stamped two pixels
# apart overlap on every second row and column. That is the **checkerboard** (Odena et al. 2016,
# "Deconvolution and Checkerboard Artifacts"). Above: how many stamps touch each pixel of a larger
# image. Below: what a random kernel makes of a constant image, in place of the ones.

# %%
convolutions.checkerboard(3)

# %% [markdown]
# A network can learn kernels that balance this, but it has to. Upsampling and then convolving
# cannot make it: a constant image stays constant, but for the edge, whatever the kernel. That is
# why the post takes it: it "generally produces less checked-effect images than transpose- or
# deconvolution".
#
# ## The two networks
#
# Between and after the two enlargements convolutions without padding cut the maps down, in the end
# to 28x28.

# %%
import keras

keras.utils.set_random_seed(0)
generator, discriminator = create_generator(), create_discriminator()
live.show_networks(generator, discriminator)

# %% [markdown]
# The post gives the size of what a convolution without padding makes of $W$ pixels with a kernel of
# $K$ and a stride of $S$:
#
# $$o = \frac{W - K}{S} + 1$$
#
# Does it agree with the layers? The discriminator pads ("same"), for which the rule is $W / S$,
# rounded up.

# %%
for network in (generator, discriminator):
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            before, after = layer.input.shape[1], layer.output.shape[1]
            size, stride = layer.kernel_size[0], layer.strides[0]
            if layer.padding == "valid":
                by_formula, text = (
                    (before - size) // stride + 1,
                    f"({before} - {size}) / {stride} + 1",
                )
            else:
                by_formula, text = -(-before // stride), f"{before} / {stride}, rounded up"
            print(f"{network.name:13} {text:18} = {by_formula}, Keras: {after}")

# %% [markdown]
# ## The checkerboard in pictures
#
# It can be seen before any training. Above, eight images of this generator as it is initialised;
# below, of the one of [03_dcgan](03_dcgan.ipynb), which enlarges with two transposed convolutions,
# 5x5 with stride 2. Each image is stretched to the full range from black to white. What the ninth
# shows is how far each pixel is from 0 in a thousand such images, the root of the mean square.


# %%
def untrained(network, count):
    """Images (count, 28, 28, 1) and the root mean square of each pixel, scaled to [0, 1]."""
    noise = latent.draw_noise(0, count, LATENT)
    images = np.concatenate([network(part) for part in np.split(noise, 10)])
    size = np.sqrt((images**2).mean(axis=0))
    low, high = (f(images[:8], axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return np.concatenate([(images[:8] - low) / (high - low), size[None] / size.max()])


def squares(pixels):
    """The means of the four pixels of all 2x2 squares but those near the edge."""
    inside = pixels[4:-4, 4:-4, 0]
    return np.round([inside[row::2, column::2].mean() for row in (0, 1) for column in (0, 1)], 2)


networks = {"upsampling": generator, "transposed": create_dcgan_generator()}
seen = {name: untrained(network, 1000) for name, network in networks.items()}
for name, images in seen.items():
    print(f"{name}: mean size of the four pixels of each 2x2 square", squares(images[8]))
gallery.image_grid(
    np.concatenate(list(seen.values())),
    9,
    "Untrained",
    black=0.0,
    row_labels=seen,
    column_labels=[*range(1, 9), "size"],
)

# %% [markdown]
# The transposed one's grain is as fine as the pixels, and under it lies the regular pattern of the
# ninth image: inside, kernels of 5x5 touch one pixel in four nine times, two of them six times and
# one four times, so that a sum of random weights is larger by about the root of 9 / 4 on the first
# than on the last. In the images of the upsampling one the four are alike; it has clouds, no grid.
# That is where training starts, not where it ends.
#
# ## The loss
#
# The discriminator's answer $x$ is a logit: $\sigma(x) = 1 / (1 + e^{-x})$ is how probable "real"
# is. Its loss is the cross-entropy of reals with 1 plus that of fakes with 0,
#
# $$L_D = -\frac{1}{m} \sum_i \log \sigma(x_i) - \frac{1}{m} \sum_i \log (1 - \sigma(\tilde x_i)),$$
#
# and the generator's is *minus* the second term:
#
# $$L_G = \frac{1}{m} \sum_i \log (1 - \sigma(\tilde x_i)).$$

# %%
from keras.losses import BinaryCrossentropy

real, fake = np.array([[2.0], [-0.5]]), np.array([[0.3], [-1.0]])  # the discriminator's answers
real_loss = np.log(1 + np.exp(-real)).mean()  # -log sigmoid(x)
fake_loss = np.log(1 + np.exp(fake)).mean()  # -log (1 - sigmoid(x))
d_loss, g_loss = real_loss + fake_loss, -fake_loss
entropy = BinaryCrossentropy(from_logits=True)
keras_real, keras_fake = (float(entropy(np.full_like(x, y), x)) for x, y in ((real, 1), (fake, 0)))
print(f"by hand D {d_loss:.6f}, G {g_loss:.6f}")
print(f"Keras   D {keras_real + keras_fake:.6f}, G {-keras_fake:.6f}")
print(f"a discriminator that cannot tell: D {2 * np.log(2):.4f}, G {-np.log(2):.4f}")

# %% [markdown]
# This is the game's own objective (Goodfellow's paper, equation 1), the solid line below. The same
# paper advises against it: where the discriminator is sure of a fake, at the left, it has no
# gradient. The tutorial that the post follows flips the target instead, the dashed line.

# %%
curves.generator_costs()

# %% [markdown]
# ## The step
#
# Both networks learn from the same batches in one step, at whose start neither has changed. The
# generator has a hand in the fakes' term alone, and wants it large where the discriminator wants it
# small. So one gradient serves both, if its sign is turned on its way back into the generator. (The
# post takes two tapes; a test holds both to the same losses and weights.) What stands in this cell
# is what the next ones play. Change a line, run the cell and the training anew. Without the turn,
# with `self.discriminator(generated, ...)`, the generator wants what the discriminator wants: that
# its images are found out.

# %%
from keras import ops


def turn_gradient(x):
    """x itself; the gradient that comes back through it is multiplied by -1."""
    return 2.0 * ops.stop_gradient(x) - x


class Networks(train.Networks):
    """Both networks, with the calls of the step to be changed."""

    def call(self, inputs):
        noise, images = inputs
        generated = self.generator(noise, training=self.train_mode)
        real_out = self.discriminator(images, training=self.train_mode)
        gen_out = self.discriminator(turn_gradient(generated), training=self.train_mode)
        return {"real": real_out, "generated": gen_out}


class Game(train.Game):
    """The package's game, with its one step to be changed."""

    joined = Networks

    def update_generator(self, noise, reals):
        """The post's _train_step: it updates both networks, from the same weights and images."""
        batch = self.config.batch_size
        labels = {"real": ops.full((batch, 1), 1.0), "generated": ops.full((batch, 1), 0.0)}
        losses = self.engine.train(self.networks, (noise, reals), labels)
        return {
            "d_loss": losses["loss"],
            "g_loss": -losses["generated_loss"],
            "d_accuracy_real": losses["real_accuracy"],
            "d_accuracy_fake": losses["generated_accuracy"],
        }


# %% [markdown]
# ## Two slips
#
# **The optimizer.** The post makes a new Adam in every step, `tf.train.AdamOptimizer(1e-3)`, and
# with it new moments. Each step is then an Adam's first. Its two means are of one gradient $g$, so
# that of their quotient hardly more than the sign is left:
#
# $$\text{step} = \text{learning rate} \cdot \frac{g}{|g| + 3.2 \cdot 10^{-7}}$$

# %%
live.show_code(train.PostAdam)

# %% [markdown]
# "Basically only thing you need to do is to clip the gradients of the discriminator": the clip to
# [-1, 1] comes before that, and changes nothing in a step that only sees the sign.

# %%
rate, epsilon = config.learning_rate, train.EPSILON / np.sqrt(0.001)
for gradient in (100.0, 1.0, 1e-2, 1e-4, 1e-6, 1e-8):
    clipped = np.clip(gradient, -train.CLIP, train.CLIP)
    step, step_clipped = (rate * g / (abs(g) + epsilon) for g in (gradient, clipped))
    print(f"gradient {gradient:7g}: step {step:.3g}, clipped first {step_clipped:.3g}")

# %% [markdown]
# Gradients from 100 down to $10^{-4}$ all move a weight nearly equally far. Nothing slows down near
# the goal. The smallest example is one weight $w$ with the loss $w^2 / 2$, whose gradient is $w$:

# %%
from keras import Variable
from keras.optimizers import Adam

lasting, weight, new = Adam(rate, epsilon=train.EPSILON), Variable([0.0205]), 0.0205
lasting.build([weight])
steps = []
for step in range(200):
    steps.append({"step": step, "new_adam_each_step": new, "adam": float(weight[0])})
    new -= rate * new / (abs(new) + epsilon)
    lasting.apply([weight + 0.0])
columns = ("new_adam_each_step", "adam")
curves.draw_losses(steps, {("A weight whose best value is 0", "weight"): columns}, x="step")

# %% [markdown]
# The one that lasts swings through and comes to rest. The new one walks straight to the goal and
# then steps over it, to and fro, as long as one lets it.
#
# **The mode.** The post calls both networks without `training=True`, which in the TensorFlow of
# that time meant inference: BatchNorm never sees a batch's statistics and dropout never drops.
# Preset quick has `train_mode=True`, since nothing like a digit comes without (exercise 4).
#
# ## Play
#
# Preset quick: 1,000 iterations with batches of 32, about a minute on two quiet cores. The
# optimizer is the post's, new in each step. The curves and samples change while it plays; interrupt
# the kernel when you have seen enough.

# %%
print(devices.prepare(config.device, config.dtype).description)
game = Game(config, reals)
rows, drawn = live.play(game, train.EXAMPLE.recorder(game))

# %% [markdown]
# The discriminator's losses jump up and down, and so do its accuracies on reals and on fakes, drawn
# apart: each of its 211,841 weights takes a whole step each time, near the goal or not. Eight
# noises from the first to the last iteration:

# %%
moments = history.spread(list(drawn), 5)
rows_of_eight = [drawn[moment][:8] for moment in moments]
gallery.over_time(rows_of_eight, moments, "The same eight noises", BLACK)

# %% [markdown]
# ## The finished generator
#
# A minute makes a few digits and many tangles. What 46 minutes made, with batches of 64 and steps a
# third as long, is in the package ([its card](../bilinear_gan/pretrained/README.md)); it is not the
# post's schedule, under which no digit comes. To look at your own instead, write `game.result()`.

# %%
shipped = generators.load(generators.Source(pretrained=True), train.EXAMPLE)
fakes = latent.generate(shipped, latent.draw_noise(0, 1000, LATENT))
gallery.image_grid(fakes[:40], 10, "Forty fakes", black=BLACK)

# %% [markdown]
# Is there a grid in them now? How far each of the four pixels of a 2x2 square is from black, on
# average, beside real digits:

# %%
for name, images in {"fakes": fakes, "reals": reals[:1000]}.items():
    ink = (images - BLACK).mean(axis=0)
    print(f"{name}: mean of the four pixels of each 2x2 square", squares(ink))

# %% [markdown]
# The four are alike among the fakes as among the reals: training has brought no grid. What it has
# brought is ink, for the fakes' strokes are thicker. More than half of the fakes can be read as a
# digit; the others have a digit's strokes wrongly put together.
#
# A walk through the latent space: each row goes from one noise to another along a great circle.

# %%
ends = latent.draw_noise(1, 10, LATENT).reshape(5, 2, LATENT)
walks = [latent.generate(shipped, great_circle(*pair, 10)) for pair in ends]
gallery.walk(np.stack(walks), "Five walks", black=BLACK)

# %% [markdown]
# ## What the slip does
#
# Now the same game with the Adam that was surely meant, one that keeps its moments; all else is as
# above. As a command:
#
#     python -m bilinear_gan.train --preset quick --optimizer adam

# %%
meant = train.Game(replace(config, optimizer="adam", iterations=min(config.iterations, 300)), reals)
meant_rows, meant_drawn = live.play(meant, train.EXAMPLE.recorder(meant))

# %%
for name, played in {"new Adam each step": rows, "one Adam": meant_rows}.items():
    late = [row for row in played if 150 <= row["iteration"] < 300] or played
    d_loss, g_loss = (np.mean([row[column] for row in late]) for column in ("d_loss", "g_loss"))
    print(f"{name}: iterations 150 to 299, d_loss {d_loss:.4f}, g_loss {g_loss:.4f}")

# %% [markdown]
# With the slip the losses stay near those of a discriminator that cannot tell, 1.39 and -0.69. The
# Adam without it makes the discriminator too good: its loss falls to near 0, and the generator's,
# minus the fakes' cross-entropy, comes near 0 too, the flat end of the solid curve above. The
# images are blots.
# So the slip hides the weakness of the loss: a step that sees only the sign is as long where the
# gradient is nearly nothing. One run each; the [README](../bilinear_gan/README.md) has what else
# was tried.
#
# ## In the browser
#
# `python -m lab` opens a page on which the finished generator [draws
# digits](../lab/lab.html#tab=digits&ask=bilinear_gan), with the noise at hand, walks, and the
# nearest real images.
#
# ## Exercises
#
# **Exercise 1.** Kernels of 4x4 with stride 2: is there a checkerboard?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: the stamps touch all pixels alike, since 2 divides 4. But each of the four pixels of a 2x2
# square is touched by other weights of the kernel, so that a random one still makes a pattern.
convolutions.checkerboard(4)

# %% [markdown]
# **Exercise 2.** The generator starts with 12x12 pixels. With how many would it have to start for
# images of 32x32?
#
# <details><summary>Answer</summary>
#
# From $n$ pixels the layers make $n - 2$, then $2n - 4$, $2n - 6$, $4n - 12$, $4n - 16$ and
# $4n - 20$. That is 28 for $n = 12$ and 32 for $n = 13$.
#
# </details>
#
# **Exercise 3.** Between which numbers can the generator's loss lie, and what does a 0 mean?
#
# <details><summary>Answer</summary>
#
# $\log(1 - \sigma(x))$ is below 0 for every $x$. It comes near 0 where the discriminator is sure of
# every fake, the worst that can happen to a generator, and has no lower end. A loss of 0 looks like
# success and is defeat.
#
# </details>
#
# **Exercise 4.** Play as the post's code does, with `train_mode=False`. Who wins? As a command:
#
#     python -m bilinear_gan.train --preset quick --no-train-mode

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: the discriminator. Its losses shoot up now and then; between, it is right about every
# image.
settings = replace(config, train_mode=False, iterations=min(config.iterations, 300))
printed = train.Game(settings, reals)
_ = live.play(printed, train.EXAMPLE.recorder(printed))

# %% [markdown]
# **Exercise 5.** Along one axis, what do the two bilinear upsamplings make of the pixels 0, 4, 8?

# %% jupyter={"outputs_hidden": true, "source_hidden": true}
# Answer: the post's takes pixel j from the source at j / 2, Keras 3's from j / 2 - 1/4.
row = np.array([[0, 4, 8]])
for name, steps in ways.items():
    print(f"{name:25}", convolutions.apply(steps, row)[0])
