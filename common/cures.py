"""What the lectures and their papers propose for GANs that fail, each piece by itself.

The lectures go by their authors: Spence (mnist_wgan), the tutorial (binarized_gan), Nguyen
(fashion_gan and dcgan), Gale and Eglen (distribution_gan).
"""

import keras
from keras import layers, ops
from keras.losses import binary_crossentropy

from common import engines


def logit(answers):
    """sigma^-1(D): what the probabilities (batch, 1) were made of, (batch,).

    It is the difference of two cross-entropies, -log(1 - D) + log(D), for which Keras on TensorFlow
    looks behind the sigmoid: exact however sure D is. On other backends Keras clips the
    probabilities to [1e-7, 1 - 1e-7], so that nothing passes +-16.1.
    """
    fake, real = ops.zeros_like(answers), ops.ones_like(answers)
    return binary_crossentropy(fake, answers) - binary_crossentropy(real, answers)


def flipped(y_true, y_pred):
    """-log(D(G(z))) of each fake, (batch,): the second of the three costs on Spence's slide.

    The source sums over the batch and halves; here, as in fashion_gan, the mean is taken. So the
    three costs have one factor, 2 / batch, to the source's.

    Args:
        y_true: (batch, 1), 1, what the fakes are to be called.
        y_pred: (batch, 1), D(G(z)).
    """
    return binary_crossentropy(y_true, y_pred)


def zero_sum(y_true, y_pred):
    """log(1 - D(G(z))), (batch,): C_G = -C_D, the slide's first cost, without D's share on reals,
    which the generator can't change. Its gradient at the logit is -D(G(z)): none where D is sure
    that a fake is fake. Args: see flipped()."""
    return -binary_crossentropy(1 - y_true, y_pred)


def maximum_likelihood(y_true, y_pred):
    """-exp(sigma^-1(D(G(z)))), (batch,): the slide's third cost. It is its own gradient at the
    logit: none where D is sure of a fake, without bound where it is fooled. Args: see flipped()."""
    return -ops.exp(logit(y_pred))


COSTS = {"flipped": flipped, "zero-sum": zero_sum, "maximum-likelihood": maximum_likelihood}


class Replay:
    """The newest fakes, the oldest of which make room for new ones: state of the game.

    Args:
        count: how many are kept.
        shape: of one.
    """

    def __init__(self, count, shape):
        self.count = count
        self.kept = keras.Variable(ops.zeros((count, *shape)), trainable=False, name="kept")
        self.seen = keras.Variable(0, dtype="int32", trainable=False, name="seen")
        self.variables = [self.kept, self.seen]

    def keep(self, fakes):
        """Keep new fakes (batch, ...)."""
        places = (self.seen + ops.arange(fakes.shape[0], dtype="int32")) % self.count
        self.kept.assign(ops.scatter_update(self.kept.value, places[:, None], fakes))
        self.seen.assign(self.seen + fakes.shape[0])

    def pick(self, chances):
        """Fakes (n, ...) out of those kept, for chances (n,), uniform on [0, 1)."""
        filled = ops.minimum(self.seen, self.count)
        places = ops.cast(ops.floor(chances * ops.cast(filled, "float32")), "int32")
        return ops.take(self.kept.value, ops.minimum(places, filled - 1), axis=0)

    def exchange(self, fakes, chances, share):
        """Keep the fakes (batch, ...), and return as many: a share of them, rounded, in exchange
        for kept ones, which chances (batch,) pick."""
        self.keep(fakes)
        count = round(share * fakes.shape[0])
        return ops.concatenate([self.pick(chances[:count]), fakes[count:]])


class SpectralNormalization(layers.Wrapper):
    """A layer whose kernel W, as a matrix, acts as W / sigma(W) (arXiv:1802.05957, Algorithm 1).

    As in the paper W itself stays and is learnt through the quotient; keras.layers has a layer of
    this name that writes W / sigma(W) into W, also while the discriminator is frozen. A power
    iteration is made at each update of the layer, none where it is frozen or only answers.

    Args:
        layer: a layer with a kernel, (..., outputs).
    """

    def build(self, input_shape):
        super().build(input_shape)
        outputs = self.layer.kernel.shape[-1]
        self.u = self.add_weight((outputs,), "random_normal", trainable=False, name="u")

    def call(self, inputs, training=False):
        kernel = self.layer.kernel
        matrix = as_matrix(kernel)
        fixed = ops.stop_gradient(matrix)
        v = unit(ops.matmul(fixed, self.u))
        u = unit(ops.matmul(v, fixed))
        if training and self.trainable:
            self.u.assign(u)
        sigma = ops.matmul(ops.matmul(v, matrix), u)
        # Inside the scope the layer's kernel is the quotient.
        variables = [(variable, variable.value) for variable in self.layer.variables]
        with keras.StatelessScope([*variables, (kernel, kernel / sigma)]):
            return self.layer(inputs)


def kernel_of(layer):
    """A layer's kernel, or that of the layer it wraps; None if it has none."""
    return getattr(getattr(layer, "layer", layer), "kernel", None)


def as_matrix(kernel):
    """A kernel (..., inputs, outputs) as a matrix (rest, outputs)."""
    return ops.reshape(kernel, (-1, kernel.shape[-1]))


def unit(vector):
    """A vector, divided by its length."""
    return vector / (ops.norm(vector) + 1e-12)


def spectrally_normalized(model):
    """A new model, with new weights, whose layers that have a kernel are spectrally normalized."""

    def wrapped(layer):
        copy = type(layer).from_config(layer.get_config())
        if not hasattr(layer, "kernel"):
            return copy
        # W / sigma is taken in the precision of W, whatever the layer computes in.
        exact = {"dtype": layer.variable_dtype, "autocast": False}
        return SpectralNormalization(copy, name=layer.name, **exact)

    return keras.models.clone_model(model, clone_function=wrapped)


def with_dropout(model, rate):
    """A model of the same layers, with their weights, that in training drops a share of what each
    hidden layer with a kernel gives on. Where a model has dropouts, they get that rate instead."""
    hidden = [layer for layer in model.layers if kernel_of(layer) is not None][:-1]
    present = any(isinstance(layer, layers.Dropout) for layer in model.layers)

    def call(layer, *args, **kwargs):
        answers = layer(*args, **kwargs)
        add = layer in hidden and not present
        return layers.Dropout(rate)(answers) if add else answers

    def shared(layer):
        return layers.Dropout(rate) if isinstance(layer, layers.Dropout) else layer

    graph = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return keras.models.clone_model(graph, clone_function=shared, call_function=call)


class NormPenalty(keras.regularizers.Regularizer):
    """A kernel W's share of what Gale and Eglen's slide "Regularisation" adds to the loss:

        weight * sqrt(|W|_1 |W|_inf)

    Of W as a matrix |W|_1 is the largest column's sum of absolute values, |W|_inf the largest
    row's. The root is a bound of W's largest singular value.
    """

    def __init__(self, weight):
        self.weight = weight

    def __call__(self, kernel):
        sizes = ops.abs(as_matrix(kernel))
        column, row = (ops.max(ops.sum(sizes, axis=axis)) for axis in (0, 1))
        return self.weight * ops.sqrt(column * row + 1e-24)  # whose slope at 0 would be infinite


def penalize_norms(model, weight):
    """Let a model's loss have the norm penalty of each of its kernels, while it learns."""
    for layer in model.layers:
        if kernel_of(layer) is not None:
            kernel_of(layer).regularizer = NormPenalty(weight)


def gradient_penalty(critic, fakes, reals, shares):
    """arXiv:1704.00028, Algorithm 1: the mean of (|gradient of the critic at x| - 1)^2 over

        x = share * real + (1 - share) * fake

    Args:
        critic: function of samples (batch, ...) to (batch,) or (batch, 1), unbounded.
        fakes, reals: (batch, ...).
        shares: (batch,), uniform on [0, 1).
    """
    share = ops.reshape(ops.cast(shares, reals.dtype), (-1, *[1] * (len(reals.shape) - 1)))
    gradient = engines.input_gradient(critic, share * reals + (1 - share) * fakes)
    squares = ops.sum(gradient**2, axis=tuple(range(1, len(gradient.shape))))
    length = ops.sqrt(squares + 1e-12)  # whose own gradient at 0 would be infinite
    return ops.mean((length - 1) ** 2)


class Penalized(keras.Model):
    """A discriminator that learns with a gradient penalty, weight times that of its logit.

    The paper's critic ends in a number; of a discriminator it is the logit, which a sigmoid doesn't
    bound either. Its layers answer x as at inference.

    Args:
        discriminator: the Model; this one trains its weights and has the same answers.
        weight: of the penalty.
    """

    def __init__(self, discriminator, weight):
        super().__init__(name="penalized")
        self.discriminator, self.weight = discriminator, weight

    def call(self, x, training=False):
        """Answers to the first of [fakes and reals (2 * batch, ...), shares (batch,)]."""
        return self.discriminator(x[0], training=training)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        fakes, reals = ops.split(x[0], 2)
        penalty = gradient_penalty(lambda x: logit(self.discriminator(x)), fakes, reals, x[1])
        return loss + self.weight * penalty
