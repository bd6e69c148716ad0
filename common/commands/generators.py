"""Where the commands that draw or score take a trained generator from: a run, a file, or the
weights that come along."""

import importlib
import importlib.resources
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import keras
import numpy as np
import tyro

from common.commands.example import Example
from common.engines import devices
from common.errors import UserError, one_line
from common.game import Noise
from common.runs import folders, weights
from common.runs.checkpoints import newest

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}  # of a .keras file
REMEDY = "make it anew with train and --resume"


@dataclass(frozen=True)
class Source:
    """Which generator; every command that needs one takes this."""

    run: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="RUN")] = None
    """Folder of a run that train made, or a file of its own kind: generator.keras, or an .npz as
    the weights that come along."""

    pretrained: bool = False
    """Take the weights that come along, of a recorded run, instead of a RUN."""

    def __post_init__(self):
        if self.pretrained == (self.run is not None):
            both = "a RUN and --pretrained" if self.pretrained else "no RUN"
            raise UserError(f"{both} is given; name a run that train made, or take --pretrained")

    @property
    def folder(self):
        """The folder of the run that was named, or whose generator.keras was; or None."""
        if self.run is None or self.run.suffix not in LOADERS or self.run.is_dir():
            return self.run
        beside = self.run.name == "generator.keras" and (self.run.parent / "config.json").is_file()
        return self.run.parent if beside else None

    def __str__(self):
        return "--pretrained" if self.pretrained else str(self.run)


def pretrained(example):
    """Return the folder of the weights that come along for an example: generator.npz, card.json."""
    return Path(str(importlib.resources.files(example))) / "pretrained"


def load_pretrained(name: str) -> keras.Model:
    """Return the generator that comes along with an example, say "dcgan"; see load()."""
    return load(Source(pretrained=True), importlib.import_module(f"{name}.train").EXAMPLE)


def facts(source: Source, example: Example) -> dict:
    """Return what config.json says of a source's run, or for --pretrained its copy in the card.

    Raises:
        UserError: there is no run, it is another example's, or the source is a file alone.
    """
    if source.pretrained:
        return folders.read_json(pretrained(example.name) / "card.json")["run"]
    if source.folder is None:
        raise UserError(f"{source.run} does not tell of its run; name the run's folder")
    return folders.read_document(source.folder, example.name)


def settings(source: Source, example: Example) -> dict:
    """Return the settings of a source's run, {} where the source is a file alone."""
    told = source.pretrained or source.folder is not None
    return facts(source, example)["settings"] if told else {}


def classes(source: Source, example: Example) -> tuple[str, ...]:
    """Return the names of the classes of a source's data, those of its own; () where it learned the
    embedded data or is a file alone.

    Raises:
        UserError: config.json of the run names them wrongly.
    """
    told = source.pretrained or source.folder is not None
    names = facts(source, example).get("classes", []) if told else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(f"{source} does not name its classes, a list of words; take another run")
    return tuple(names)


def version(source: Source, example: Example) -> dict[str, Any]:
    """Return what the example's create_generator takes to make a source's network."""
    chosen = settings(source, example) | {"classes": len(classes(source, example)) or None}
    return {
        theirs: chosen[name]
        for name, theirs in example.versions.items()
        if chosen.get(name) is not None
    }


def load(source: Source, example: Example) -> keras.Model:
    """Return a trained generator, a keras Model in float32 without its training state.

    The network is the example's own; only numbers are read from the files. No code in them is
    run, and no pickle. A file alone has to be of the preset's network.

    Raises:
        UserError: the folder is no run, the run has no generator yet, or the file is damaged or
            no generator of this example.
    """
    devices.prepare(None, "float32")
    path = source.run
    if source.pretrained:
        path = pretrained(example.name) / "generator.npz"
        if not path.is_file():
            raise UserError(
                f"no weights come along for {example.name}: {path} is not there; "
                "name a run that train made"
            )
    chosen = settings(source, example)
    if source.folder is not None:
        path = source.folder / "generator.keras"
        if not path.is_file():
            again = f"let it go on with --resume {source.folder}"
            if newest(source.folder) is None:
                again = "nor a checkpoint; start a new run"
            raise UserError(f"{source.folder} has no generator.keras; {again}")
    if path is None or not path.is_file():
        raise UserError(f"{path} does not exist; name a run that train made")
    if chosen.get("noise") not in (None, *get_args(Noise)):
        raise UserError(f"{source} has the noise {chosen['noise']}, unknown to this version")
    versions = version(source, example)
    try:
        generator = example.create_generator(**versions)
    except Exception as error:  # whatever Keras says of a length that is none
        message = f"{source} has the generator {one_line(error)[:200]}"
        raise UserError(f"{message}, unknown to this version") from error
    LOADERS[path.suffix](path, generator)
    return generator


def load_keras(path, generator):
    """Set a generator's weights from a .keras file of the same network; a UserError if it is none.

    Keras could make the network from the file as well, but would import and call what it names.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
            more = sorted(set(archive.namelist()) - MEMBERS)
        same = kinds(config["config"]) == kinds(generator.get_config())
        if same and not more:
            generator.load_weights(path)
    except Exception as error:  # zip, HDF5 and Keras have many ways to say that a file is damaged
        message = f"{path} cannot be read: {one_line(error)[:200]}"
        raise UserError(f"{message}; {REMEDY}") from error
    if not same:
        raise UserError(
            f"{path} holds another network than this example's generator; name its run's folder, "
            f"or {REMEDY}"
        )
    if more:
        raise UserError(f"{path} holds {more[0]}, which is no part of a saved network; {REMEDY}")
    if not all(np.isfinite(array).all() for array in generator.get_weights()):
        raise UserError(f"{path} holds weights that are NaN or infinite; {REMEDY}")


def kinds(config):
    """Module and name of the class of each layer in a network's config, its activation, how many
    units, filters or classes it has, and of an input its shape."""
    return [
        (
            layer["module"],
            layer["class_name"],
            *(
                layer["config"].get(name)
                for name in ("activation", "units", "filters", "input_dim")
            ),
            tuple(layer["config"].get("batch_shape") or ()),
        )
        for layer in config["layers"]
    ]


LOADERS = {".keras": load_keras, ".npz": weights.load}
