"""What a game is: two networks, what their steps need at random, and the two steps."""

import math
import sys
from collections.abc import Mapping
from typing import Any, Literal

import keras
import numpy as np

from common import engines
from common.data.batches import Batches
from common.randomness import streams
from common.settings import EpochSettings, Settings

Losses = Mapping[str, Any]  # scalars by name
Noise = Literal["normal", "shifted", "uniform"]


class Game:
    """The contract: all that an engine, the loop and a recorder ask of a game.

    An example adds its networks, what its steps need at random, and the steps. A step computes
    with self.engine.train(), self.engine.predict() and keras.ops alone, so that it is a few calls
    of train_on_batch in one engine and part of a compiled graph in the other.

    Args:
        config: Settings.

    Attributes:
        generator, discriminator: keras Models; the discriminator may be called a critic, too.
        iterations: generator updates of the whole run.
        per_epoch: iterations in an epoch; infinite where there are no epochs.
        discriminator_updates: before each generator update; 0 where one step trains both networks.
        constants: variables that the steps read and never change.
        part: of the run, as prepare() has it. In another one the steps are others: what an engine
            has compiled of them is compiled anew.
    """

    generator: keras.Model
    discriminator: keras.Model
    iterations: int
    per_epoch: float = math.inf
    discriminator_updates: int = 1
    constants: tuple[keras.Variable, ...] = ()
    part: int = 0

    def __init__(self, config: Settings):
        keras.utils.set_random_seed(config.seed)  # the initialisers' and dropout's randomness
        self.config, self.engine = config, engines.create(config.engine)

    def updates_before(self, iteration: int) -> int:
        """Discriminator updates before an iteration's generator update."""
        return self.discriminator_updates

    def left_in_epoch(self) -> int:
        """Updates of the discriminator, or iterations where they are fewer, that can be played
        before prepare() has to be called again."""
        return sys.maxsize

    def prepare(self) -> None:
        """What comes between two calls of the engine, and so before each epoch."""

    def draw_discriminator(self) -> tuple:
        """What an update of the discriminator needs at random, tensors of fixed shapes."""
        raise NotImplementedError

    def draw_generator(self) -> tuple:
        """What an update of the generator needs at random."""
        raise NotImplementedError

    def update_discriminator(self, *drawn) -> Losses:
        """Train the discriminator once on what was drawn; returns scalars by name."""
        raise NotImplementedError

    def update_generator(self, *drawn) -> Losses:
        """Train the generator once on what was drawn; returns scalars by name."""
        raise NotImplementedError

    def samples(self) -> np.ndarray:
        """What the generator makes, always of the same noises: float (N, ...)."""
        raise NotImplementedError

    def result(self) -> keras.Model:
        """The generator as it is shown and saved."""
        return self.generator

    def variables(self) -> dict[str, keras.Variable]:
        """Every variable that the rest of the run depends on, by name, for a checkpoint."""
        raise NotImplementedError


def named_variables(**holders: Any) -> dict[str, keras.Variable]:
    """Name every variable of models, optimizers and seed generators.

    Args:
        holders: objects with a list `variables` (keras Model, Optimizer) or a `state`
            (SeedGenerator), by name.

    Returns:
        dict from "holder/number" to keras.Variable, in a fixed order.
    """
    named = {}
    for name, holder in holders.items():
        variables = holder.variables if hasattr(holder, "variables") else [holder.state]
        named.update({f"{name}/{i:03d}": variable for i, variable in enumerate(variables)})
    return named


class EpochGame(Game):
    """A game whose real samples come in batches, epoch by epoch, and its fakes of noise alone.

    An example adds the networks and the steps.

    Args:
        config: EpochSettings.
        samples: array (N, ...), the training data as the discriminator sees it.
        latent: length of the generator's noise.
        buffer: samples that the shuffle holds, see common.data.batches.Batches.
        shown: noises of which samples() are made.
        noise: "normal", standard, or "uniform" on (0, 1).
    """

    def __init__(
        self,
        config: EpochSettings,
        samples: np.ndarray,
        latent: int,
        buffer: int,
        shown: int = 100,
        noise: Noise = "normal",
    ):
        super().__init__(config)
        self.latent = latent
        self.random = {"normal": keras.random.normal, "uniform": keras.random.uniform}[noise]
        self.batches = Batches(samples, config.batch_size, buffer, config.seed)
        self.constants = (self.batches.images, self.batches.order)  # within an epoch
        self.per_epoch = self.batches.per_epoch
        self.iterations = config.total(self.batches.per_epoch)
        self.streams = streams(config.seed, ("noise", "grid"))
        self.grid_noise = self.draw_noise(shown, "grid")

    def draw_noise(self, count: int | None = None, stream: str = "noise"):
        """Noise (count, latent); count is the batch size if it is not given."""
        shape = (count or self.config.batch_size, self.latent)
        return self.random(shape, seed=self.streams[stream])

    def left_in_epoch(self):
        return self.batches.per_epoch - int(self.batches.position) % self.batches.per_epoch

    def prepare(self):
        self.batches.prepare()

    def draw_discriminator(self):
        """Noise (batch, latent) and real samples (batch, ...)."""
        return self.draw_noise(), self.batches.next()

    def draw_generator(self):
        """Noise (batch, latent)."""
        return (self.draw_noise(),)

    def fakes(self, noise):
        """The generator's samples of noise (N, latent), as at inference, under any dtype policy in
        the precision of the real ones."""
        return keras.ops.cast(self.engine.predict(self.generator, noise), keras.config.floatx())

    def samples(self):
        return np.asarray(self.generator.predict_on_batch(self.grid_noise), "float32")
