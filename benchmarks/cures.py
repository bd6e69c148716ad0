"""Lets a GAN fail in the ways that the lectures name, and tries the cures: see TRIALS.

All play the ring of eight Gaussians (common.data.ring) with the cures' game. Ten times in a play
the generator's samples are scored; what counts is the mean over those of the second half: a GAN
swings, and where it ends is chance.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import ops

from benchmarks.shared import Trials, earlier, main, play_trials, played, require_names
from common import cures, engines
from common.commands.example import Example, Training
from common.commands.on_ray import changes
from common.data import datasets, ring
from common.figures import distributions, pictures
from common.files import write_json
from common.runs.recorder import Recorder
from common.settings import require_least
from common.two_phases import TwoPhaseGame, TwoPhaseSettings

SCORES = ("modes", "good", "precision", "recall", "swing", "d_real", "d_fake", "gradient")
STOPS = 10  # of a play, to look at it
POINTS = 2**14  # to train on: an epoch of 128 batches
SAMPLES = 1000  # generated points that are judged, and real ones
REAL = ring.points(SAMPLES, seed=2**31)  # no run's

# Of a learning rate; Adam is Metz et al.'s.
OPTIMIZERS = {"Adam": partial(keras.optimizers.Adam, beta_1=0.5), "SGD": keras.optimizers.SGD}


@dataclass(frozen=True)
class Settings(TwoPhaseSettings):
    """Those of a trial."""

    optimizer: Literal["Adam", "SGD"] = "Adam"
    """Of both networks."""

    head_start: int = 0
    """Iterations before, in which only the discriminator learns."""

    away: float = 0.0
    """What is added to the first coordinate of the fakes that it starts with."""


OWN = ("latent", "optimizer", "head_start", "away", "iterations")
PLAIN = Settings(batch_size=128, latent=16, iterations=2000, epochs=10**6)  # ends by iterations

# Fakes begin far from the reals and gradient descent, the algorithm of 2014, has to bring them near
# while the discriminator is sure of them.
SURE = replace(
    PLAIN, generator_cost="zero-sum", learning_rate=0.05, optimizer="SGD", head_start=500,
    away=10.0, iterations=1500,
)  # fmt: skip
STRONG = replace(PLAIN, discriminator_updates=5, iterations=1500)
CERTAIN = replace(STRONG, generator_cost="zero-sum")
SMOOTH = replace(PLAIN, spectral_normalization=True)
KEPT = 100 * PLAIN.batch_size
TRIALS = {
    "saturation: zero-sum, D far ahead": {
        "zero-sum": SURE,
        "flipped": replace(SURE, generator_cost="flipped"),
        "maximum likelihood": replace(SURE, generator_cost="maximum-likelihood"),
        "zero-sum, gradient penalty 1": replace(SURE, gradient_penalty=1.0),
        "zero-sum, Adam": replace(SURE, learning_rate=1e-3, optimizer="Adam"),
        "zero-sum, D's learning rate 0.005": replace(SURE, discriminator_learning_rate=0.005),
    },
    "mode collapse: five updates of D": {
        "five updates": STRONG,
        "one update": replace(STRONG, discriminator_updates=1),
        "gradient penalty 1": replace(STRONG, gradient_penalty=1.0),
        "spectral normalization": replace(STRONG, spectral_normalization=True),
        "label smoothing 0.1": replace(STRONG, label_smoothing=0.1),
        "replay, half of D's fakes": replace(STRONG, replay=KEPT, replay_share=0.5),
        "latent 128": replace(STRONG, latent=128),
        "learning rate 1e-4": replace(STRONG, learning_rate=1e-4),
        "D's learning rate 1e-4": replace(STRONG, discriminator_learning_rate=1e-4),
        "cosine schedule": replace(STRONG, learning_rate_schedule="cosine"),
        "norm penalty 0.01": replace(STRONG, norm_penalty=0.01),
        "uniform noise": replace(STRONG, noise="uniform"),
    },
    "overconfident D: zero-sum, five updates": {
        "zero-sum, five updates": CERTAIN,
        "label smoothing 0.1": replace(CERTAIN, label_smoothing=0.1),
        "label smoothing 0.3": replace(CERTAIN, label_smoothing=0.3),
        "spectral normalization": replace(CERTAIN, spectral_normalization=True),
        "label and fake smoothing 0.1": replace(CERTAIN, label_smoothing=0.1, fake_smoothing=0.1),
        "dropout 0.4": replace(CERTAIN, dropout=0.4),
    },
    "latent too small": {
        "latent 1": replace(PLAIN, latent=1),
        "latent 2": replace(PLAIN, latent=2),
        "latent 16": PLAIN,
    },
    "oscillation: spectral normalization, one update of D": {
        "one update": SMOOTH,
        "replay, half of D's fakes": replace(SMOOTH, replay=KEPT, replay_share=0.5),
        "replay, all of D's fakes": replace(SMOOTH, replay=KEPT),
        "five updates": replace(SMOOTH, discriminator_updates=5),
    },
}


class Game(TwoPhaseGame):
    """The two-phase game on the ring as a trial begins it; points: float32 (N, 2)."""

    def __init__(self, config, points):
        optimizer = OPTIMIZERS[config.optimizer]
        super().__init__(
            config, points, ring.create_generator, ring.create_discriminator, config.latent,
            optimizer=optimizer, shown=SAMPLES,
        )  # fmt: skip
        self.generator.layers[-1].bias.assign([config.away, 0.0])  # 0 until now

    def updates_before(self, iteration):
        ahead = self.config.head_start if iteration == 0 else 0
        return (1 + ahead) * self.discriminator_updates


class RingRecorder(Recorder):
    """Records how good the samples are, and how sure the discriminator is of them."""

    columns = (*Recorder.columns[:-1], *SCORES, "seconds")
    panels = {**Recorder.panels, ("Modes", "of eight"): ("modes",)}
    before = None  # the samples of the last row

    def row(self, iteration, losses, seconds):
        samples = self.game.samples()
        moved = 0.0 if self.before is None else swing(self.before, samples)
        self.before = samples
        found = {**look(self.game, samples, REAL), "swing": moved}
        return super().row(iteration, losses | found, seconds)

    def keep(self):
        return {"points": self.game.samples()}

    def picture(self, kept, iteration):
        figure = distributions.points(REAL, {iteration: kept["points"]}, "Ring of eight Gaussians")
        return pictures.as_picture(figure)

    def strip(self, moments):
        return pictures.sheet(self.frames(moments), columns=3)


class RingExample(Example):
    """The ring is drawn from the run's seed."""

    def load(self, config):
        points = ring.points(POINTS, config.seed)
        return Training((points,), datasets.fingerprint(points))

    def scorer(self, config, training):
        return None


EXAMPLE = RingExample(
    "ring", {"slides": PLAIN}, Game, ring.create_generator, what="points",
    recorder_class=RingRecorder, decisive="modes",
)  # fmt: skip


@dataclass(frozen=True)
class Config(Trials):
    """Which failures, and how often."""

    failures: tuple[str, ...] = tuple(TRIALS)
    """Names of failures, all of whose trials are played."""

    iterations: int | None = None
    """Updates of the generator in a play; None: each trial's own."""

    work: Path = Path("runs/cures")
    """Folder of the runs, needed only to go on with them."""

    out: Path = Path("benchmarks/results/cures.json")
    """File of the results; those of other failures in it stay."""

    def __post_init__(self):
        super().__post_init__()
        require_names("failures", self.failures, TRIALS)
        require_least(self, iterations=STOPS)


def look(game, samples, real):
    """What is measured of a game as it stands, a dict of floats.

    modes, good, precision, recall: see common.data.ring. d_real, d_fake: the discriminator's mean
    answer to real and to generated points. gradient: mean length of the gradient of the generator's
    cost at a generated point, which is all that the generator learns from.

    Args:
        game: the game.
        samples, real: float32 (N, 2) and (M, 2).
    """
    cost = cures.COSTS[game.config.generator_cost]

    def of(points):
        answers = game.discriminator(points)
        return cost(ops.ones_like(answers), answers)

    gradients = engines.input_gradient(of, ops.convert_to_tensor(samples))
    return {
        **ring.scores(samples, real)._asdict(),
        "d_real": float(np.mean(game.discriminator.predict_on_batch(real))),
        "d_fake": float(np.mean(game.discriminator.predict_on_batch(samples))),
        "gradient": float(np.mean(np.linalg.norm(gradients, axis=1))),
    }


def swing(before, after):
    """Share of the samples that would have to go to another mode for as many to be nearest to each
    of the eight in both (N, 2): 0 to 1, the total variation distance."""
    one, other = (np.bincount(ring.nearest(x), minlength=ring.MODES) for x in (before, after))
    return float(np.abs(one - other).sum() / 2 / len(before))


def second_half(rows):
    """Means of what look() measures and swing over the second half of a run's rows."""
    half = rows[STOPS // 2 + 1 :]  # the first row is of the beginning, the last of the end
    return {name: float(np.mean([row[name] for row in half])) for name in SCORES}


def described(failure, name):
    """A trial's settings as the file has them: its cures, with those that the failing game has
    otherwise, apart from how the game begins."""
    failing, trial = next(iter(TRIALS[failure].values())), TRIALS[failure][name]
    settings = changes(PLAIN, trial) | changes(failing, trial)
    cures = {name: value for name, value in settings.items() if name not in OWN}
    return {"settings": cures, **{name: getattr(trial, name) for name in OWN}}


def work(config):
    """Play the trials, and write the file."""
    wanted = {}
    for failure in config.failures:
        for name, trial in TRIALS[failure].items():
            every = (config.iterations or trial.iterations) // STOPS
            both = f"{failure}; {name}"
            wanted[both] = replace(trial, iterations=STOPS * every + 1, log_every=every)
    results = earlier(config.out) | {failure: {} for failure in config.failures}
    for both, runs in play_trials(config, EXAMPLE, wanted, config.work):
        failure, name = both.split("; ")
        # By seed, from 0 on; None where a loss left the numbers.
        plays = [second_half(run.rows) if run.word == "finished" else None for run in runs]
        results[failure][name] = {**described(failure, name), "plays": plays, **played(runs)}
        print(f"{both}: modes {[play and round(play['modes'], 1) for play in plays]}", flush=True)
    write_json(config.out, results)


if __name__ == "__main__":
    main("cures", Config, work, __doc__)
