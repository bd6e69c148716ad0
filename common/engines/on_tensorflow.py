"""The compiled engine on TensorFlow: the loop and its steps in one tf.function."""

import math

import keras
import tensorflow as tf
from keras import layers

from common.engines import Compiled, parts

CONVOLUTIONS = (layers.Conv2D, layers.Conv2DTranspose)
LARGE = 2_000_000  # weights, more than a cache holds


class TensorFlowEngine(Compiled):
    """Plays a game in two graphs, one call of both for many updates.

    The first graph draws what all of the updates need at random, the second takes the steps. XLA
    draws other random numbers than TensorFlow does and is slow at picking images out of a large
    array, so that the first is never compiled by it and the second where it is faster: on a GPU
    for any network, on a CPU for networks without convolutions, which are oneDNN's there, and
    without layers that draw at random. On a GPU dropout's masks are therefore others than the
    reference engine's.
    """

    rehearsing = False

    def gradients(self, model, x, y, variables):
        often_flat = getattr(model, "often_flat", False)
        with tf.GradientTape(persistent=often_flat) as tape:
            answers = model(x, training=True)
            loss = model.compute_loss(x, y, answers, training=True)
        if not often_flat or model.losses:  # regularizers have slopes of their own
            return loss, answers, tape.gradient(loss, variables)
        # Where no answer could lower the loss, all gradients are 0 and need not be computed.
        ends = tf.nest.flatten(answers)
        slopes = tape.gradient(loss, ends)
        gradients = tf.cond(
            tf.reduce_any([tf.reduce_any(slope != 0) for slope in slopes]),
            lambda: tape.gradient(ends, variables, slopes),
            lambda: [tf.zeros(variable.shape, variable.dtype) for variable in variables],
        )
        return loss, answers, gradients

    def train(self, model, x, y):
        if not self.rehearsing:
            return super().train(model, x, y)
        answers = model(x, training=False)
        loss = model.compute_loss(x, y, answers, training=False)
        return {**model.compute_metrics(x, y, answers), "loss": loss}

    def apply(self, optimizer, gradients, variables):
        if self.xla or sum(math.prod(variable.shape) for variable in variables) < LARGE:
            return super().apply(optimizer, gradients, variables)

        # XLA makes one pass over the memory of what are ten elementwise operations otherwise.
        @tf.function(jit_compile=True, autograph=False)
        def fused(gradients):
            optimizer.apply(gradients, variables)

        # An embedding's gradient comes as rows, which XLA does not know.
        return fused([tf.convert_to_tensor(gradient) for gradient in gradients])

    def call(self, kinds, iterations, updates):
        # Where it is always 1, a number of Python's spares the loop within the loop. Elsewhere it
        # would be traced as a graph of its own.
        if self.game.discriminator_updates != 1 or updates != 1:
            updates = tf.constant(updates)
        return self.stretch(kinds, tf.constant(iterations), updates).numpy()

    def build(self, game):
        """Trace each kind of step once."""
        self.draws, self.steps = {}, {}
        on_gpu = bool(tf.config.get_visible_devices("GPU"))
        self.tiles = not on_gpu
        self.xla = on_gpu or not any(map(needs_tensorflow, layers_of(game)))
        floatx = keras.config.floatx()
        for kind in ("discriminator", "generator"):
            if kind == "discriminator" and game.discriminator_updates == 0:
                continue
            draw, update = getattr(game, f"draw_{kind}"), getattr(game, f"update_{kind}")

            def step(*drawn, kind=kind, update=update):
                losses = update(*drawn)
                self.names[kind] = list(losses)
                values = [tf.cast(loss, floatx) for loss in losses.values()]
                return tf.stack(values) if values else tf.zeros(0, floatx)

            self.draws[kind] = tf.function(draw, autograph=False).get_concrete_function()
            self.steps[kind] = tf.function(step, autograph=False)
            drawn = self.draws[kind].structured_outputs
            self.rehearse(game, update, [tf.zeros(x.shape, x.dtype) for x in drawn])
            self.steps[kind].get_concrete_function(
                *[tf.TensorSpec(x.shape, x.dtype) for x in drawn]
            )
        self.stretch = tf.function(self.draw_and_take, autograph=False)
        self.take = tf.function(self.take_steps, jit_compile=self.xla, autograph=False)

    def rehearse(self, game, update, drawn):
        """Take a step without learning, so that its metrics have their variables, which Keras makes
        at first use: a tf.function in which some are made is traced twice."""
        before = [(variable, tf.identity(variable.value)) for variable in game.variables().values()]
        self.rehearsing = True
        update(*drawn)
        self.rehearsing = False
        for variable, value in before:
            variable.assign(value)

    def draw_and_take(self, kinds, iterations, updates):
        """All draws, then all steps; returns the losses, (iterations, names)."""
        drawn = self.draw(kinds, iterations, updates)
        return self.take(kinds, iterations, tf.convert_to_tensor(updates), drawn)[:iterations]

    def draw(self, kinds, iterations, updates):
        """What the updates need at random: for each kind a list of tensors (updates, ...), which
        for XLA are filled up to a fixed length, (longest, ...)."""
        counts = {"discriminator": iterations * updates, "generator": iterations}
        arrays = {
            kind: [
                tf.TensorArray(
                    x.dtype, self.longest if self.xla else counts[kind], element_shape=x.shape
                )
                for x in self.draws[kind].structured_outputs
            ]
            for kind in kinds
        }

        def write(kind, place, arrays):
            drawn = zip(arrays[kind], self.draws[kind](), strict=True)
            return {**arrays, kind: [array.write(place, x) for array, x in drawn]}

        def iteration(place, arrays):
            if "discriminator" in kinds:
                first = place * updates
                arrays = repeat(
                    updates, lambda i, arrays: write("discriminator", first + i, arrays), arrays
                )
            return write("generator", place, arrays) if "generator" in kinds else arrays

        arrays = repeat(iterations, iteration, arrays)
        return {kind: [array.stack() for array in arrays[kind]] for kind in kinds}

    def take_steps(self, kinds, iterations, updates, drawn):
        """The steps themselves. Returns the losses, (longest, names)."""
        floatx = keras.config.floatx()
        widths = [len(self.names[kind]) for kind in kinds]

        def step(kind, place):
            return self.steps[kind](*[tensor[place] for tensor in drawn[kind]])

        def iteration(place, rows):
            row = []
            if "discriminator" in kinds:
                first = place * updates

                def update(i, losses):  # the first that is NaN or infinite stays
                    return tf.where(
                        tf.math.is_finite(losses), step("discriminator", first + i), losses
                    )

                row.append(repeat(updates, update, tf.zeros((widths[0],), floatx)))
            if "generator" in kinds:
                row.append(step("generator", place))
            return rows.write(place, tf.concat(row, 0))

        rows = tf.TensorArray(floatx, self.longest, element_shape=(sum(widths),))
        return repeat(iterations, iteration, rows).stack()


def repeat(times, body, state):
    """In the graph, replace state by body(place, state) for each place in range(times); without a
    loop where times is a number of Python's."""
    if isinstance(times, int):
        for place in range(times):
            state = body(place, state)
        return state
    return tf.while_loop(
        lambda place, _: place < times,
        lambda place, state: (place + 1, body(place, state)),
        (tf.constant(0), state),
    )[1]


def input_gradient(function, x):
    """See common.engines.input_gradient()."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        answers = function(x)
    return tape.gradient(answers, x)


def layers_of(game):
    """All layers of a game's networks."""
    for network in vars(game).values():
        if isinstance(network, keras.Model):
            for part in parts(network):
                yield from part.layers


def needs_tensorflow(layer):
    """Whether a layer is one that a CPU should not leave to XLA: a convolution, itself or in a
    wrapper, or one with random numbers of its own, as dropout is."""
    return isinstance(getattr(layer, "layer", layer), CONVOLUTIONS) or hasattr(
        layer, "seed_generator"
    )
