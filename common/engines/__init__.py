"""The engines: what plays a game's steps. The game and the loop don't know which one it is.

A game draws what a step needs at random (draw_discriminator, draw_generator) and takes the step
with it (update_discriminator, update_generator). In a step it trains and asks its networks through
its engine's train() and predict(); all else in it is keras.ops. So the same two steps are
train_on_batch calls in one engine and part of a compiled graph in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np

from common.engines.algebra import faster

if TYPE_CHECKING:
    from common.game import Game

Table = dict[str, np.ndarray]  # losses by name, a value an iteration


class Reference:
    """Keras's train_on_batch and predict_on_batch, a call a step: the definition of correct."""

    longest: int = 1  # updates of the discriminator, or iterations, in a call of play()

    def train(self, model: keras.Model, x: Any, y: Any) -> dict[str, Any]:
        """Train a compiled model on one batch; returns the batch's loss and metrics by name."""
        return model.train_on_batch(x, y, return_dict=True)

    def predict(self, model: keras.Model, x: Any) -> Any:
        """A model's answers to one batch, as at inference."""
        return model.predict_on_batch(x)

    def play(self, game: Game, iterations: int, updates: int, generator: bool = True) -> Table:
        """Play some iterations of a game, or a part of one.

        Args:
            game: the game. No epoch may end before the last iteration.
            iterations: how many, at least 1.
            updates: discriminator updates in each; 0 plays none.
            generator: whether a generator update follows them.

        Returns:
            A dict from the losses' names to arrays (iterations,): those of an iteration's last
            update of each kind. In an engine that takes more updates in a call, the first that is
            NaN or infinite stays.
        """
        game.prepare()
        rows = []
        for _ in range(iterations):
            losses: dict[str, Any] = {}
            for _ in range(updates):
                losses |= game.update_discriminator(*game.draw_discriminator())
            if generator:
                losses |= game.update_generator(*game.draw_generator())
            rows.append(losses)
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


class Compiled(Reference):
    """The same arithmetic in one compiled graph, which a backend's engine adds to this.

    It has gradients(model, x, y, variables), which returns the loss, the answers and the loss's
    gradient with respect to each variable; build(game), which traces the game's steps and sets
    self.names, the losses' names of each kind of step; and call(kinds, iterations, updates), which
    plays those kinds and returns the losses, (iterations, names).
    """

    tiles = False  # whether convolutions may be taken tile by tile, see common.engines.algebra
    longest = 128  # and no call plays more: on TensorFlow its draws are all held in memory

    def __init__(self):
        self.game, self.part, self.names = None, 0, {}

    def play(self, game, iterations, updates, generator=True):
        if iterations * max(1, updates) > self.longest:
            raise ValueError(f"{iterations} iterations of {updates} updates: over {self.longest}")
        game.prepare()
        if self.game is not game or self.part != game.part:
            self.game, self.part = game, game.part
            self.build(game)
        kinds = (("discriminator",) if updates else ()) + (("generator",) if generator else ())
        table = np.asarray(self.call(kinds, iterations, updates), "float64")
        names = [name for kind in kinds for name in self.names[kind]]
        return dict(zip(names, table.T, strict=True))

    def train(self, model, x, y):
        """What train_on_batch does, in the order in which it does it."""
        variables = model.trainable_variables
        model.reset_metrics()
        with faster(parts(model), self.tiles):
            loss, answers, gradients = self.gradients(model, x, y, variables)
        self.apply(model.optimizer, gradients, variables)
        return {**model.compute_metrics(x, y, answers), "loss": loss}

    def predict(self, model, x):
        with faster(parts(model), self.tiles):
            return model(x, training=False)

    def apply(self, optimizer, gradients, variables):
        """Let an optimizer change the variables."""
        optimizer.apply(gradients, variables)


def parts(model: keras.Model) -> Iterator[keras.Model]:
    """A model and the models in it, from the outermost on."""
    yield model
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from parts(layer)


def input_gradient(function, x):
    """The gradient of a function's answers, summed, at its input: with the shape of x, and with
    gradients of its own, so that a loss may contain it.

    Args:
        function: from a tensor like x to a tensor. On JAX it may assign to no variable.
        x: tensor.
    """
    if keras.backend.backend() == "jax":
        from common.engines import on_jax as backend_engine
    else:
        from common.engines import on_tensorflow as backend_engine
    return backend_engine.input_gradient(function, x)


def last(losses: Table) -> dict[str, float]:
    """The last iteration's losses of those that play() returned, as a dict of floats."""
    return {name: float(values[-1]) for name, values in losses.items()}


def create(name: Literal["reference", "compiled"]) -> Reference:
    """Return a new engine, "reference" or "compiled", for Keras's backend."""
    if name == "reference":
        return Reference()
    if keras.backend.backend() == "jax":
        from common.engines.on_jax import JaxEngine

        return JaxEngine()
    from common.engines.on_tensorflow import TensorFlowEngine

    return TensorFlowEngine()
