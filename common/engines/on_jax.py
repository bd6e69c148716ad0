"""The compiled engine on JAX: the loop and its steps in one jitted function."""

import functools

import jax
import jax.numpy as jnp
import keras

from common.engines import Compiled


class JaxEngine(Compiled):
    """Plays a game in one jitted function from its variables' values to their new ones.

    Keras's variables can't change in it. Within a keras.StatelessScope they seem to: the scope
    keeps their values, tensors of the graph, and what is assigned to them.
    """

    longest = 2048  # draws are made one by one; a GPU takes so many in half a second

    def gradients(self, model, x, y, variables):
        def loss_of(values):
            with keras.StatelessScope() as inner:
                inner.state_mapping = {**self.scope.state_mapping, **named(variables, values)}
                answers = model(x, training=True)
                loss = model.compute_loss(x, y, answers, training=True)
            return loss, (answers, inner.state_mapping)  # of dropout and of metrics

        values = [self.scope.get_current_value(variable) for variable in variables]
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (answers, mapping)), gradients = gradient(values)
        self.scope.state_mapping |= {**mapping, **named(variables, values)}
        return loss, answers, gradients

    def call(self, kinds, iterations, updates):
        state = [variable.value for variable in self.variables]
        constants = [variable.value for variable in self.game.constants]
        table, state = self.stretch(kinds, state, constants, iterations, updates)
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)
        return jax.device_get(table)[:iterations]

    def build(self, game):
        """Trace each kind of step once, so that Keras makes metrics' variables and losses' names
        are known."""
        self.variables = list(game.variables().values())
        state = [variable.value for variable in self.variables]
        constants = [variable.value for variable in game.constants]
        for kind in ("discriminator", "generator"):
            if kind == "generator" or game.discriminator_updates > 0:
                jax.eval_shape(functools.partial(self.step, kind), state, constants)
        with keras.StatelessScope():
            pass  # variables made in a scope get their values when the outermost one ends
        self.stretch = jax.jit(self.take_steps, static_argnums=0, donate_argnums=1)

    def step(self, kind, state, constants):
        """One step of a kind, from the variables' values: (losses (names,), new values)."""
        draw = getattr(self.game, f"draw_{kind}")
        update = getattr(self.game, f"update_{kind}")
        self.scope = keras.StatelessScope(
            [
                *zip(self.variables, state, strict=True),
                *zip(self.game.constants, constants, strict=True),
            ],
            initialize_variables=False,
        )
        with self.scope:
            losses = update(*draw())
        self.names[kind] = list(losses)
        values = [jnp.float32(loss) for loss in losses.values()]
        row = jnp.stack(values) if values else jnp.zeros(0, "float32")
        return row, [self.scope.get_current_value(variable) for variable in self.variables]

    def take_steps(self, kinds, state, constants, iterations, updates):
        """See play(). Returns the losses, float32 (longest, names), and the new values."""
        widths = [len(self.names[kind]) for kind in kinds]

        def update(_, carried):
            losses, state = carried
            new, state = self.step("discriminator", state, constants)
            # The first that is NaN or infinite stays.
            return jnp.where(jnp.isfinite(losses), new, losses), state

        def iteration(place, carried):
            rows, state = carried
            row = []
            if "discriminator" in kinds:
                before = jnp.zeros(widths[0], "float32"), state
                losses, state = jax.lax.fori_loop(0, updates, update, before)
                row.append(losses)
            if "generator" in kinds:
                losses, state = self.step("generator", state, constants)
                row.append(losses)
            return rows.at[place].set(jnp.concatenate(row)), state

        rows = jnp.zeros((self.longest, sum(widths)), "float32")
        return jax.lax.fori_loop(0, iterations, iteration, (rows, state))


def input_gradient(function, x):
    """See common.engines.input_gradient()."""
    return jax.grad(lambda x: jnp.sum(function(x)))(x)


def named(variables, values):
    """A dict from the variables, as a StatelessScope names them, to values."""
    return {id(variable): value for variable, value in zip(variables, values, strict=True)}
