"""Lets a GAN fail in the ways that the lectures name, and tries the cures: see TRIALS.

All play the ring of eight Gaussians (common.data.ring) with the cures' game. At STOPS equal
distances the generator's samples are scored; what counts is the mean over those of the second half:
a GAN swings, and where it ends is chance.
"""

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from benchmarks.shared import earlier, main, require_names
from common import cures, engines
from common.data import ring
from common.engines import devices
from common.files import write_json
from common.runs import folders
from common.runs.loop import play
from common.settings import require
from common.two_phases import TwoPhaseGame, TwoPhaseSettings

STOPS = 10  # of a play, to look at it
POINTS = 2**14  # to train on: an epoch of 128 batches
SAMPLES = 1000  # generated points that are judged, and real ones


# Of a learning rate; Adam is Metz et al.'s.
OPTIMIZERS = {"Adam": partial(keras.optimizers.Adam, beta_1=0.5), "SGD": keras.optimizers.SGD}

BASE = TwoPhaseSettings(
    batch_size=128, learning_rate=1e-3, epochs=1_000_000, log_every=1_000_000
)  # of a game that ends when it is told to


class Trial(NamedTuple):
    """A game and how it begins."""

    settings: dict  # departures from BASE
    latent: int = 16
    optimizer: str = "Adam"  # of OPTIMIZERS
    head_start: int = 0  # iterations before, in which only the discriminator learns
    away: float = 0.0  # what is added to the first coordinate of the fakes that it starts with
    iterations: int = 2000


def but(trial, **settings):
    """A trial with some settings changed."""
    return trial._replace(settings={**trial.settings, **settings})


# Fakes begin far from the reals and gradient descent, the algorithm of 2014, has to bring them near
# while the discriminator is sure of them.
SURE = Trial({"generator_cost": "zero-sum", "learning_rate": 0.05}, 16, "SGD", 500, 10.0, 1500)
STRONG = Trial({"discriminator_updates": 5}, iterations=1500)
PLAIN = Trial({})
SMOOTH = Trial({"spectral_normalization": True})
KEPT = 100 * BASE.batch_size
TRIALS = {
    "saturation: zero-sum, D far ahead": {
        "zero-sum": SURE,
        "flipped": but(SURE, generator_cost="flipped"),
        "maximum likelihood": but(SURE, generator_cost="maximum-likelihood"),
        "zero-sum, gradient penalty 1": but(SURE, gradient_penalty=1.0),
        "zero-sum, Adam": but(SURE, learning_rate=1e-3)._replace(optimizer="Adam"),
        "zero-sum, D's learning rate 0.005": but(SURE, discriminator_learning_rate=0.005),
    },
    "mode collapse: five updates of D": {
        "five updates": STRONG,
        "one update": but(STRONG, discriminator_updates=1),
        "gradient penalty 1": but(STRONG, gradient_penalty=1.0),
        "spectral normalization": but(STRONG, spectral_normalization=True),
        "label smoothing 0.1": but(STRONG, label_smoothing=0.1),
        "replay, half of D's fakes": but(STRONG, replay=KEPT, replay_share=0.5),
        "latent 128": STRONG._replace(latent=128),
        "learning rate 1e-4": but(STRONG, learning_rate=1e-4),
        "D's learning rate 1e-4": but(STRONG, discriminator_learning_rate=1e-4),
        "cosine schedule": but(STRONG, learning_rate_schedule="cosine"),
        "norm penalty 0.01": but(STRONG, norm_penalty=0.01),
        "uniform noise": but(STRONG, noise="uniform"),
    },
    "overconfident D: zero-sum, five updates": {
        "zero-sum, five updates": but(STRONG, generator_cost="zero-sum"),
        "label smoothing 0.1": but(STRONG, generator_cost="zero-sum", label_smoothing=0.1),
        "label smoothing 0.3": but(STRONG, generator_cost="zero-sum", label_smoothing=0.3),
        "spectral normalization": but(
            STRONG, generator_cost="zero-sum", spectral_normalization=True
        ),
        "label and fake smoothing 0.1": but(
            STRONG, generator_cost="zero-sum", label_smoothing=0.1, fake_smoothing=0.1
        ),
        "dropout 0.4": but(STRONG, generator_cost="zero-sum", dropout=0.4),
    },
    "latent too small": {
        "latent 1": PLAIN._replace(latent=1),
        "latent 2": PLAIN._replace(latent=2),
        "latent 16": PLAIN,
    },
    "oscillation: spectral normalization, one update of D": {
        "one update": SMOOTH,
        "replay, half of D's fakes": but(SMOOTH, replay=KEPT, replay_share=0.5),
        "replay, all of D's fakes": but(SMOOTH, replay=KEPT),
        "five updates": but(SMOOTH, discriminator_updates=5),
    },
}


@dataclass(frozen=True)
class Config:
    """Which failures, and how often."""

    failures: tuple[str, ...] = tuple(TRIALS)
    """Names of failures, all of whose trials are played, but for those that the file has already
    with the same settings and as many seeds."""

    seeds: int = 5
    """Seeds 0 to seeds - 1."""

    again: bool = False
    """Play those, too."""

    iterations: int | None = None
    """Updates of the generator in a play; None: each trial's own."""

    out: Path = Path("benchmarks/results/cures.json")
    """File of the results; those of other failures in it stay."""

    def __post_init__(self):
        require_names("failures", self.failures, TRIALS)
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")
        iterations = self.iterations
        enough = iterations is None or iterations >= STOPS
        require(enough, "iterations", iterations, f"at least {STOPS}")


def create_game(trial, seed):
    """The game of a trial as it begins."""
    game = TwoPhaseGame(
        replace(BASE, seed=seed, iterations=trial.iterations, **trial.settings),
        ring.points(POINTS, seed),
        ring.create_generator,
        ring.create_discriminator,
        trial.latent,
        optimizer=OPTIMIZERS[trial.optimizer],
        shown=SAMPLES,
    )
    game.generator.layers[-1].bias.assign([trial.away, 0.0])  # 0 until now
    return game


def restart(game, fresh):
    """Let a game that was played begin as a fresh one of the same trial and another seed would,
    without being compiled again."""
    for variable, new in zip(game.variables().values(), fresh.variables().values(), strict=True):
        variable.assign(new)
    game.batches.images.assign(fresh.batches.images)
    game.batches.seed, game.batches.epoch = fresh.batches.seed, None
    game.grid_noise = fresh.grid_noise


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


def measure(game, trial, real):
    """Play a game that has just begun.

    Returns:
        What look() measures and swing, between one stop and the next, means over the second half's
        stops; None where a loss left the numbers.
    """
    rows, before = [], None
    for stop in range(STOPS):
        if stop == 0 and trial.head_start:
            play(game, trial.head_start, generator=False)
        losses = play(game, trial.iterations // STOPS)
        if not all(np.isfinite(values).all() for values in losses.values()):
            return None
        samples = game.samples()
        rows.append(look(game, samples, real))
        rows[-1]["swing"] = 0.0 if before is None else swing(before, samples)
        before = samples
    half = rows[STOPS // 2 :]
    return {name: float(np.mean([row[name] for row in half])) for name in half[0]}


def is_of(result, trial, seeds):
    """Whether a result of the file is that of a Trial, or None, over so many seeds."""
    if trial is None or len(result["plays"]) != seeds:
        return False
    return trial._asdict() == {name: result.get(name) for name in trial._fields}


def work(config):
    """Play the trials; the file is written anew after each."""
    session = folders.describe_session(devices.prepare(None, "float32"))
    results = earlier(config.out)
    real = ring.points(SAMPLES, seed=2**31)  # no run's
    for failure in config.failures:
        trials = {
            name: trial._replace(iterations=config.iterations or trial.iterations)
            for name, trial in TRIALS[failure].items()
        }
        there = {} if config.again else results.get(failure, {})
        done = {name: x for name, x in there.items() if is_of(x, trials.get(name), config.seeds)}
        for name, trial in trials.items():
            if name in done:
                continue
            began, game, plays = time.monotonic(), None, []
            for seed in range(config.seeds):
                fresh = create_game(trial, seed)
                if game is None:
                    game = fresh
                else:
                    restart(game, fresh)
                plays.append(measure(game, trial, real))
            done[name] = {
                **trial._asdict(),
                "plays": plays,  # by seed, from 0 on
                "seconds": round(time.monotonic() - began, 1),
                **session,
            }
            results[failure] = {name: done[name] for name in trials if name in done}
            modes = [play and round(play["modes"], 1) for play in plays]
            print(f"{failure}, {name}: modes {modes}", flush=True)
            write_json(config.out, results)


if __name__ == "__main__":
    main("cures", Config, work, __doc__)
