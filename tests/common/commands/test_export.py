import numpy as np
import onnxruntime
import pytest

from common.commands import generators
from tests.commands import play, refused
from tests.games import in_float64, module
from tests.test_pretrained import SHIPPED

INPUTS = {  # of a generator, in its order; others have noise alone
    "mnist_wgan": ["noise", "digit"],
    "beyond.batch_equalisation": ["image", "experimenter"],
    "beyond.cycle_gan": ["x", "y"],
}
NUMBERS = {"digit": 10, "experimenter": 4}  # how many there are


@pytest.mark.parametrize("example", SHIPPED)
def test_the_file_draws_in_another_program_what_the_generator_draws(example, tmp_path):
    """The generator in float64, which has the digits to tell the other two's rounding apart."""
    out = tmp_path / "g.onnx"
    play(module(example, "export").main, "--pretrained", "--out", out)
    session = onnxruntime.InferenceSession(out)
    random, declared = np.random.default_rng(0), module(example).EXAMPLE
    inputs = {}
    for each in session.get_inputs():
        shape = 7, *each.shape[1:]
        if each.name in NUMBERS:
            inputs[each.name] = random.integers(0, NUMBERS[each.name], shape).astype("int32")
        else:
            inputs[each.name] = random.normal(size=shape).astype("float32")
    assert sorted(inputs) == sorted(INPUTS.get(example, ["noise"]))
    drawn = session.run(None, inputs)
    source = generators.Source(pretrained=True)
    shipped = generators.load(source, declared)
    with in_float64():
        exact = declared.create_generator(**generators.version(source, declared))
        exact.set_weights(shipped.get_weights())
        given = [inputs[name] for name in INPUTS.get(example, ["noise"])]
        answers = exact.predict_on_batch(given if len(given) > 1 else given[0])
    answers = [answers] if isinstance(answers, np.ndarray) else answers
    # A grey value between two of 256 may be rounded to either.
    within = 0.008 if example == "beyond.batch_equalisation" else 1e-5
    for images, expected in zip(drawn, answers, strict=True):
        assert images.dtype == np.float32
        differ = np.abs(images - expected).reshape(len(images), -1).max(axis=1)
        # Of a million draws of a Gibbs chain rounding turns one over now and then: another image.
        assert np.sum(differ < within) >= (4 if example == "beyond.rbm" else 7), differ


def test_what_cannot_be_is_one_line(capsys, tmp_path):
    main = module("fashion_gan", "export").main
    assert "an .onnx file" in refused(capsys, main, "--pretrained", "--out", tmp_path / "g.png")
    nowhere = tmp_path / "no" / "g.onnx"
    assert "cannot write" in refused(capsys, main, "--pretrained", "--out", nowhere)
