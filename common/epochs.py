"""What the games share that train for epochs: their batches, noise, rows, lines and pictures."""

import keras

from common import engines
from common.data.batches import Batches
from common.figures.pictures import grid
from common.randomness import streams
from common.runs import history
from common.runs.checkpoints import named_variables


class EpochGame:
    """A game without its algorithm: an example adds the two networks and their two steps.

    They are its `discriminator`, its `generator`, and its `gan`, one after the other with the
    discriminator frozen, each of the first and the last compiled with an optimizer of its own.

    Args:
        config: EpochSettings.
        images: array (N, ...), the training data as the discriminator sees it.
        latent: length of the generator's noise.
        buffer: images that the shuffle holds, see common.data.batches.Batches.
        black: a black pixel's value in the generator's images.
        grid_shape: rows and columns of a sample grid.
    """

    discriminator_updates = 1  # before each generator update
    shown_losses = ("d_loss", "g_loss")
    panels = {  # noqa: RUF012
        ("Loss", "nats"): shown_losses,
        ("Discriminator's accuracy", "share of the batch"): ("d_accuracy_real", "d_accuracy_fake"),
    }
    columns = (
        "iteration",
        "epoch",
        "d_loss",
        "g_loss",
        "d_accuracy_real",
        "d_accuracy_fake",
        "seconds",
    )

    def __init__(self, config, images, latent, buffer, black=0.0, grid_shape=(10, 10)):
        keras.utils.set_random_seed(config.seed)  # the initialisers' and dropout's randomness
        self.config, self.latent, self.black = config, latent, black
        self.engine = engines.create(config.engine)
        self.grid_rows, self.grid_columns = grid_shape
        self.batches = Batches(images, config.batch_size, buffer, config.seed)
        self.constants = [self.batches.images, self.batches.order]  # within an epoch
        self.per_epoch = self.batches.per_epoch
        self.iterations = config.total(self.per_epoch)
        self.sample_every = config.log_every
        self.streams = streams(config.seed, ("noise", "grid"))
        self.grid_noise = self.draw_noise(self.grid_rows * self.grid_columns, "grid")

    def updates_before(self, iteration):
        """Discriminator updates before an iteration's generator update: always as many."""
        return self.discriminator_updates

    def draw_noise(self, count=None, stream="noise"):
        """Noise (count, latent), standard normal; count is the batch size if it is not given."""
        shape = (count or self.config.batch_size, self.latent)
        return keras.random.normal(shape, seed=self.streams[stream])

    def prepare(self):
        """What comes before an epoch."""
        self.batches.prepare()

    def draw_discriminator(self):
        """What an update of the discriminator needs at random: noise and real images."""
        return self.draw_noise(), self.batches.next()

    def draw_generator(self):
        """What an update of the generator needs at random: noise."""
        return (self.draw_noise(),)

    def sample_grid(self):
        """A picture of generated images, always of the same noises."""
        images = self.generator.predict_on_batch(self.grid_noise)
        return grid(images, self.grid_columns, self.black)

    def result(self):
        """The generator as it is saved."""
        return self.generator

    def draw_history(self, folder):
        """The pictures of the whole run."""
        history.draw(folder, self.panels)

    def log_row(self, iteration, losses, seconds):
        """The row of losses.csv."""
        epoch = iteration // self.per_epoch
        values = {"iteration": iteration, "epoch": epoch, **losses, "seconds": round(seconds, 3)}
        return {column: values[column] for column in self.columns}

    def log_line(self, row):
        """The row in words; the sources print nothing."""
        return (
            f"{row['iteration']}: [epoch {row['epoch']}] "
            f"[D loss: {row['d_loss']:.4f}] [G loss: {row['g_loss']:.4f}] "
            f"[D accuracy: {row['d_accuracy_real']:.0%} of reals, "
            f"{row['d_accuracy_fake']:.0%} of fakes]"
        )

    def variables(self):
        """Every variable that the rest of the run depends on, by name, for a checkpoint."""
        return named_variables(
            discriminator=self.discriminator,
            generator=self.generator,
            discriminator_optimizer=self.discriminator.optimizer,
            generator_optimizer=self.gan.optimizer,
            batches=self.batches,
            **self.streams,
        )
