"""Optimizers as the lectures' own library versions defined them."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gan_lectures")
class RMSpropKeras2(keras.optimizers.Optimizer):
    """RMSprop as Keras 2 defined it, epsilon outside the root: mnist_wgan, fashion_gan, dcgan.

        v <- rho * v + (1 - rho) * g^2
        w <- w - learning_rate * g / (sqrt(v) + epsilon)

    Keras 2.0.8 (October 2017) has epsilon = 1e-8. tf.keras from TensorFlow 2.0 to 2.10 has 1e-7
    and, without momentum, the same formula (optimizer_v2/rmsprop.py).

    Keras 3 computes g / sqrt(v + epsilon) with epsilon = 1e-7 instead. Where gradients are small
    (|g| below 3e-4) its step is then far shorter than the learning rate, so the same network with
    the same learning rate learns much more slowly: the losses on mnist_wgan's slides cannot be
    reached with it.

    Args:
        learning_rate: float > 0 or a keras schedule.
        rho: float in [0, 1), decay of the running mean of squared gradients.
        epsilon: float > 0, added outside the root.
    """

    def __init__(
        self, learning_rate=0.001, rho=0.9, epsilon=1e-8, name="rmsprop_keras_2", **kwargs
    ):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.mean_squares = self.add_optimizer_variables(variables, "mean_square")

    def update_step(self, gradient, variable, learning_rate):
        rate = ops.cast(learning_rate, variable.dtype)
        if hasattr(gradient, "indices"):
            # On TensorFlow an embedding's gradient is a list of rows, one for each lookup. The
            # formula wants the square of their sum; Keras 3's own RMSprop sums their squares.
            gradient = ops.add(ops.zeros_like(variable), gradient)
        gradient = ops.cast(gradient, variable.dtype)
        mean_square = self.mean_squares[self._get_variable_index(variable)]
        self.assign(mean_square, self.rho * mean_square + (1 - self.rho) * ops.square(gradient))
        self.assign_sub(variable, rate * gradient / (ops.sqrt(mean_square) + self.epsilon))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="gan_lectures")
class AdamPaper(keras.optimizers.Adam):
    """Adam as Algorithm 1 of its paper defines it (Kingma and Ba 2015): for binarized_gan.

        m <- beta_1 * m + (1 - beta_1) * g          v <- beta_2 * v + (1 - beta_2) * g^2
        w <- w - learning_rate * (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Flux 0.11 to 0.13 computes this with epsilon = 1e-8, as PyTorch does. Keras adds epsilon to
    sqrt(v) and corrects both by sqrt(1 - beta_2^t), as if epsilon were 32 times as large in the
    first step. Where gradients are small then (|g| near 1e-6) its steps are shorter.

    Args: those of keras.optimizers.Adam; amsgrad is not used.
    """

    def update_step(self, gradient, variable, learning_rate):
        rate, gradient = (ops.cast(x, variable.dtype) for x in (learning_rate, gradient))
        step = ops.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        # 1 - beta^t: as such it would lose half of float32's digits where beta^t is close to 1.
        correction_m, correction_v = (
            -ops.expm1(step * math.log(beta)) for beta in (self.beta_1, self.beta_2)
        )
        corrected_m, corrected_v = m / correction_m, v / correction_v
        self.assign_sub(variable, rate * corrected_m / (ops.sqrt(corrected_v) + self.epsilon))
