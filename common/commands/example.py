"""What an example declares of itself, once; its commands come from that."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np

from common import latent
from common.data import datasets
from common.errors import UserError
from common.game import Game, Noise
from common.runs.recorder import Panels, Recorder, Row
from common.runs.run import Score
from common.scores import evaluation
from common.settings import Settings, as_json


class Training(NamedTuple):
    """What a run learns from."""

    arrays: tuple[np.ndarray, ...]  # as the example's game takes them behind its settings
    sha256: str  # of the data that they are made of
    facts: Mapping[str, Any] = {}  # what config.json is to hold of it besides
    named: Mapping[str, Any] = {}  # what the game takes by name
    settings: Mapping[str, Any] = {}  # in which the preset gives way to the data
    found: tuple[str, ...] = ()  # lines on the user's data, to be shown before training
    data: datasets.Loaded | None = None  # the images as they were loaded, where they are images


# Of settings and a run's rows of losses: a sentence, a table's heads, its rows of cells; or None.
Beside = Callable[[Any, list[Row]], tuple[str, tuple[str, ...], list[tuple]] | None]


@dataclass(frozen=True)
class Example:
    """What all examples declare.

    Args:
        name: of its folder.
        presets: settings by the name of the preset; "slides" are the source's own.
        game: function of settings and the training arrays that returns the game.
        create_generator: function that returns the generator, untrained.
        what: its samples in a word, the name of sample's file.
        versions: settings that create_generator takes, unless they are None, and its names for
            them. One of them may be "classes", of which it takes the number.
        recorder_class: Recorder, or what the example makes of it.
        decisive: the score, better where it is lower, that --early-stopping watches.
        usual: what to say of a failure, of common.runs.failures, that is usual under a preset, by
            both their names.
        beside: function that puts a run beside the numbers that the source prints, for its report.
    """

    name: str
    presets: Mapping[str, Settings]
    game: Callable[..., Game]
    create_generator: Callable[..., keras.Model]
    _: KW_ONLY
    what: str = "samples"
    versions: Mapping[str, str] = field(default_factory=lambda: {"latent": "latent"})
    recorder_class: type[Recorder] = Recorder
    decisive: str
    usual: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    beside: Beside | None = None

    @property
    def settings(self) -> type[Settings]:
        """The class of its settings."""
        return type(self.presets["slides"])

    @property
    def panels(self) -> Panels:
        """The recorder's."""
        return self.recorder_class.panels

    def recorder(self, game: Game) -> Recorder:
        """Return a game's recorder."""
        return self.recorder_class(game)

    def load(self, config: Any) -> Training:
        """Load what settings say that a run learns from."""
        raise NotImplementedError

    def yielding(self, config: Any, count: int, what: str = "images") -> dict[str, Any]:
        """Return the settings in which a preset gives way to data of so many.

        Raises:
            UserError: the batch size is larger and not the preset's.
        """
        size = config.batch_size
        if size <= count:
            return {}
        if size != self.presets[config.preset].batch_size:
            raise UserError(f"--batch-size {size} exceeds the {count} {what}")
        return {"batch_size": count}

    def scorer(self, config: Any, training: Training) -> Score | None:
        """Return the function of a generator that a run calls for metrics.csv; None for none."""
        raise NotImplementedError


def is_own(settings: Mapping[str, Any]) -> bool:
    """Whether a run's images are others than the shipped classifiers know."""
    usual = {"data_dir": None, "image_size": 28, "channels": 1}
    return any(settings.get(name, value) != value for name, value in usual.items())


Draw = Callable[[keras.Model, int, int, Noise], tuple[np.ndarray, np.ndarray | None]]


def drawing(black: float) -> Draw:
    """Return the function that draws samples of a generator whose one input is noise, see
    ImageExample; black is a black pixel's value in its images, -1 or 0."""

    def draw(generator, seed, count, noise):
        numbers = latent.draw_noise(seed, count, generator.input_shape[-1], noise)
        images = latent.generate(generator, numbers)
        return (2 * images - 1 if black == 0 else images), None

    return draw


@dataclass(frozen=True, kw_only=True)
class ImageExample(Example):
    """An example that learns images.

    Args:
        dataset: the embedded set, "mnist" or "fashion_mnist".
        black: a black pixel's value in the images of its networks, -1 or 0.
        arrays: function of uint8 images (N, 28, 28) and their labels (N,) that returns the arrays
            of a Training; None: the images as common.data.datasets.scale() has them.
        first: how many of the embedded images it learns, where its settings leave it open.
        change: function of real images (N, 28, 28, 1) in [-1, 1] that makes them what it learns.
        draw: function of a generator, a seed, a count and the kind of noise that returns images
            (count, 28, 28, 1) in [-1, 1] and the classes that were asked for, ints (count,), or
            None; None: see drawing().
        classes: how many it can tell apart at most; its game takes their names. 0: it does not ask
            what an image shows.
    """

    dataset: str
    black: float
    arrays: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]] | None = None
    first: int | None = None
    change: Callable[[np.ndarray], np.ndarray] | None = None
    draw: Draw | None = None
    classes: int = 0
    decisive: str = "frechet_distance"

    def recorder(self, game):
        return self.recorder_class(game, self.black)

    def load(self, config):
        data = datasets.load_training(self.dataset, config, self.first)
        sha256 = datasets.fingerprint(data.images, data.labels)
        named = {"classes": data.classes} if self.classes else {}
        if self.classes and not data.classes:
            raise UserError(f"{self.name} learns from labels: {data.lack}")
        if self.classes and len(data.classes) > self.classes:
            found = f"the images have {len(data.classes)} classes"
            raise UserError(f"{found}; {self.name} takes at most {self.classes}, leave some out")
        arrays = (datasets.scale(data.images, self.black),)
        if self.arrays is not None:
            arrays = self.arrays(data.images, data.labels)
        if config.data_dir is None:
            return Training(arrays, sha256, {}, named, data=data)
        changed = self.yielding(config, len(data.images))
        facts = named | {"data": data.found}
        return Training(arrays, sha256, facts, named, changed, data.found, data)

    def samples(self, generator, seed, count, settings):
        """Draw samples; see draw.

        Args:
            settings: dict of the generator's run, for the kind of its noise.
        """
        draw = self.draw or drawing(self.black)
        return draw(generator, seed, count, settings.get("noise") or "normal")

    def reference(self, settings, data):
        """Return what samples are compared with; of a user's images it says what that rests on.

        Args:
            settings: dict of the run's.
            data: common.data.datasets.Loaded of it.
        """
        if not is_own(settings):
            return evaluation.load_reference(self.dataset, self.change)
        reference, line = evaluation.own_reference(data, self.change)
        print(line, flush=True)
        return reference

    def scorer(self, config, training):
        if config.evaluate_every is None:
            return None
        reference = self.reference(as_json(config), training.data)

        def scores(generator):
            count, settings = config.evaluate_count, {"noise": getattr(config, "noise", None)}
            images, asked = self.samples(generator, 0, count, settings)
            found = evaluation.score(images, reference, asked)
            return {name: value for name, value in found.items() if name in evaluation.SCORES}

        return scores
