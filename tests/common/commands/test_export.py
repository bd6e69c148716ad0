import numpy as np
import onnxruntime
import pytest

from common.commands import generators
from tests.commands import play, refused
from tests.games import in_float64, module
from tests.test_pretrained import SHIPPED


@pytest.mark.parametrize("example", SHIPPED)
def test_the_file_draws_in_another_program_what_the_generator_draws(example, tmp_path):
    """The generator in float64, which has the digits to tell the other two's rounding apart."""
    out = tmp_path / "g.onnx"
    play(module(example, "export").main, "--pretrained", "--out", out)
    session = onnxruntime.InferenceSession(out)
    random, declared = np.random.default_rng(0), module(example).EXAMPLE
    inputs = {}
    for each in session.get_inputs():
        if each.name == "digit":
            inputs[each.name] = random.integers(0, 10, (7, 1)).astype("int32")
        else:
            inputs[each.name] = random.normal(size=(7, each.shape[1])).astype("float32")
    assert sorted(inputs) in (["noise"], ["digit", "noise"])
    (images,) = session.run(None, inputs)
    source = generators.Source(pretrained=True)
    shipped = generators.load(source, declared)
    with in_float64():
        exact = declared.create_generator(**generators.version(source, declared))
        exact.set_weights(shipped.get_weights())
        answers = exact.predict_on_batch([*inputs.values()] if len(inputs) > 1 else inputs["noise"])
    assert images.dtype == np.float32
    differ = np.abs(images - answers).reshape(len(images), -1).max(axis=1)
    # Of a million draws of a Gibbs chain rounding turns one over now and then: another image then.
    assert np.sum(differ < 1e-5) >= (4 if example == "beyond.rbm" else 7), differ


def test_what_cannot_be_is_one_line(capsys, tmp_path):
    main = module("fashion_gan", "export").main
    assert "an .onnx file" in refused(capsys, main, "--pretrained", "--out", tmp_path / "g.png")
    nowhere = tmp_path / "no" / "g.onnx"
    assert "cannot write" in refused(capsys, main, "--pretrained", "--out", nowhere)
