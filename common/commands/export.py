"""Every example's export command: the generator as an ONNX file, for programs without Keras."""

import importlib.util
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from common import status
from common.commands import generators
from common.commands.example import Example
from common.errors import UserError
from common.files import whole
from common.settings import command_line, require


@dataclass(frozen=True)
class Export(generators.Source):
    """What every example's export takes."""

    out: Path | None = None
    """The .onnx file; None: generator.onnx in the run's folder, or here where there is none."""

    def __post_init__(self):
        super().__post_init__()
        require(self.out is None or self.out.suffix == ".onnx", "out", self.out, "an .onnx file")


def command(example: Example, description: str, argv: list[str] | None = None) -> int:
    """The command line; returns its exit status. Args: see common.commands.train.command()."""
    prog = f"python -m {example.name}.export"
    return status.run(lambda: export(example, command_line(prog, Export, description, argv)))


def export(example: Example, config: Export) -> Path:
    """Write a trained generator as an ONNX file for any number of samples, and return its path.

    Its inputs are "noise", float32 (N, latent), and of mnist_wgan "digit", int32 (N, 1); its one
    output is what the generator gives, in the same range.

    Raises:
        UserError: there is no such generator, the packages are missing, the backend is not
            TensorFlow, or the file cannot be written.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError("export needs TensorFlow; leave KERAS_BACKEND out")
    if importlib.util.find_spec("tf2onnx") is None:
        raise UserError('export needs tf2onnx: pip install -e ".[onnx]"')
    generator = generators.load(config, example)
    names = [x.name for x in generator.inputs] if len(generator.inputs) > 1 else ["noise"]
    specs = [
        keras.InputSpec(x.dtype, x.shape, name=name)
        for x, name in zip(generator.inputs, names, strict=True)
    ]
    out = config.out or (config.folder or Path()) / "generator.onnx"
    # Keras exports a network only after its first call.
    blank = [np.zeros((1, *x.shape[1:]), x.dtype) for x in generator.inputs]
    generator.predict_on_batch(blank if len(blank) > 1 else blank[0])
    with tempfile.TemporaryDirectory() as folder, whole(out) as file:
        path = Path(folder) / "generator.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Keras's about numpy's old names
            generator.export(
                path,
                format="onnx",
                verbose=False,
                input_signature=[specs] if len(specs) > 1 else specs,
            )
        file.write(path.read_bytes())
    print(out)
    return out
