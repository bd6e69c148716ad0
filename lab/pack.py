"""Pack what the page draws with: the generators that come along, and some real images.

    python -m lab.pack

writes a .bin for each into lab/build/, which build.mjs puts into the page. A file is a length
(uint32, little endian), a head of so many bytes, and the pieces of its arrays one after the other.
Head and pieces are deflated (zlib). The head is JSON: "facts", and of each array its name, shape,
kind, step, and the lengths of its pieces. The kinds:

    float32  one piece, the numbers
    steps    whole numbers q times the step; two pieces, of q + 128 the lowest byte and, int16, the
             rest
    greys    images of sixteen greys; one piece, two pixels a byte, the left one high
    uint8    one piece, the numbers

Weights are rounded to steps. An array's step is the wider, the less an image depends on its
numbers: the same mean squared change of a pixel comes from each number of each array, which for a
given change takes the fewest bits. All steps together are then as wide as they can be while no
pixel of CHECKED images changes by more than MOST grey levels.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from common import latent, status
from common.commands.generators import load_pretrained
from common.data import datasets
from common.engines.algebra import faster
from common.scores import metrics

BUILD = Path(__file__).parent / "build"
NETWORKS = {  # names of the layers that have weights, in order, and what black is
    "mnist_wgan": (("embedding", "dense", "first", "second", "third", "last"), -1.0),
    "fashion_gan": (("first", "second", "last"), 0.0),
    "dcgan": (("dense", "first", "last"), -1.0),
    "binarized_gan": (("first", "last"), 0.0),
    "bilinear_gan": (("dense", "first", "second", "third", "last"), -1.0),
}
DATASETS = {
    "mnist_wgan": "mnist", "fashion_gan": "fashion_mnist", "dcgan": "fashion_mnist",
    "binarized_gan": "mnist", "bilinear_gan": "mnist",
}  # fmt: skip
CLASSES = {"mnist_wgan": 10}  # where there are any
MOST = 0.95  # grey levels; rounded to whole ones, a pixel then differs by at most one
CHECKED = 500  # images
SMALL = 2000  # numbers of an array that is kept as it is
GRADIENTS = 4  # directions along which images' dependence on weights is measured
MEASURED = (
    1000  # images of a class for the directions of slant and stroke weight, as in notebook 01
)
REAL = {"mnist": 5000, "fashion_mnist": 2500}  # training images among which to look
SHOWN = 500  # test images for the quiz


def fold(generator):
    """Put each BatchNormalization that follows a linear layer into that layer's weights: at
    inference it is one factor and one summand a channel. It is then left with neither."""
    before = None
    for layer in generator.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and before is not None:
            scale, shift = as_affine(layer)
            kernel, bias = before.get_weights()
            # A Dense layer's units are pixels of so many channels, the channels side by side.
            scale, shift = (np.tile(x, bias.size // x.size) for x in (scale, shift))
            before.set_weights([kernel * scale, bias * scale + shift])
            one = np.ones(layer.moving_mean.shape)
            layer.set_weights([one * np.sqrt(1 + layer.epsilon), 0 * one, 0 * one, one])
        elif hasattr(layer, "kernel"):
            linear = layer.activation is keras.activations.linear
            before = layer if linear else None
        elif not isinstance(layer, keras.layers.Reshape):
            before = None


def as_affine(layer):
    """A BatchNormalization at inference as a factor and a summand, float64 (channels,) each."""
    gamma, beta, mean, variance = (w.astype("float64") for w in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale, beta - mean * scale


def weights_of(generator, names):
    """A generator's weights, keras.Variables by the page's name of each, and its affine layers,
    arrays by name."""
    variables, affine = {}, {}
    names = iter(names)
    for layer in generator.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            scale, shift = as_affine(layer)
            if not np.allclose(scale, 1) or shift.any():
                affine |= {"scale": scale, "shift": shift}
        elif layer.weights:
            name = next(names)
            variables[name] = layer.weights[0]
            if len(layer.weights) > 1:
                variables[f"{name}_bias"] = layer.weights[1]
    return variables, affine


def inputs(name, generator, seed, count):
    """Inputs of a generator: noise (count, latent), and digits (count, 1) in turn where it takes
    them; a list."""
    noise = latent.draw_noise(seed, count, generator.inputs[0].shape[-1])
    if name not in CLASSES:
        return [noise]
    return [noise, (np.arange(count, dtype="int32") % CLASSES[name])[:, np.newaxis]]


def levels(images, black):
    """Images in [black, 1] as grey levels in [0, 255], not rounded."""
    return keras.ops.clip((images - black) * (255 / (1 - black)), 0, 255)


def draw(generator, given, black):
    """The grey levels (N, 28, 28, 1) of what a generator makes of inputs."""
    return np.asarray(levels(latent.generate(generator, *given), black))


def dependences(generator, given, variables, black):
    """How much a pixel depends on the numbers of each of some weights: the mean squared derivative
    of a grey level by a number, a list.

    The derivative of a sum of pixels under random signs is measured: its mean square over the signs
    is the sum of the pixels' squared derivatives.
    """
    random = np.random.default_rng(0)
    pixels = len(given[0]) * 28 * 28
    sums = np.zeros(len(variables))
    for _ in range(GRADIENTS):
        signs = random.choice(np.array([-1, 1], "float32"), (len(given[0]), 28, 28, 1))
        with tf.GradientTape() as tape:
            images = generator(given if len(given) > 1 else given[0], training=False)
            total = tf.reduce_sum(levels(images, black) * signs)
        slopes = tape.gradient(total, [variable.value for variable in variables])
        sums += [np.mean(np.square(tf.convert_to_tensor(slope))) for slope in slopes]
    return sums / GRADIENTS / pixels


def choose_steps(name, generator, variables, black):
    """Return the step of each of some weights, a list, and leave the weights rounded to them."""
    dependence = dependences(generator, inputs(name, generator, 1, 50), variables, black)
    exact = [variable.numpy() for variable in variables]
    given = inputs(name, generator, 2, CHECKED)
    before = draw(generator, given, black)

    def change(width):
        for variable, numbers, step in zip(
            variables, exact, width / np.sqrt(dependence), strict=True
        ):
            variable.assign(np.rint(numbers / step) * step)
        return np.abs(draw(generator, given, black) - before).max()

    width, found = 1e-4, None
    for _ in range(8):  # the largest change is nearly proportional to the width
        largest = change(width)
        if largest <= MOST:
            found = max(width, found or 0)
            if largest > 0.9 * MOST:
                break
        width *= 0.95 * MOST / largest
    largest = change(found)
    print(f"{name}: no pixel of {CHECKED} images changes by more than {largest:.2f} grey levels")
    return list(found / np.sqrt(dependence))


def measure(function, images):
    """Slant or stroke weight (N,) of images (N, 28, 28, 1) in [0, 255], of their strokes alone, as
    notebook 01 measures it: each pixel counts as white or black, whichever is nearer between the
    image's darkest and brightest."""
    low, high = (f(images, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    return function(np.where(images > (low + high) / 2, 1.0, -1.0))


def find_directions(name, generator, black):
    """The directions of the noise along which slant and stroke weight grow, float32 (classes,
    latent) each, of one class where there are none; which share each explains; and which of the
    noise's numbers count most for the image, the first one first, ints (classes, latent)."""
    noise = latent.draw_noise(2, MEASURED, generator.inputs[0].shape[-1])
    directions, explained, order = {"slant": [], "stroke_weight": []}, {}, []
    for digit in range(CLASSES.get(name, 1)):
        digits = [np.full((MEASURED, 1), digit, "int32")] if name in CLASSES else []
        images = draw(generator, [noise, *digits], black)
        for measured, found in directions.items():
            function = getattr(latent, measured)
            direction, share = latent.find_direction(noise, measure(function, images))
            found.append(direction)
            explained.setdefault(measured, []).append(round(share, 2))
        # Of the image as a linear function of the noise, the length of each number's slope.
        centred = noise - noise.mean(axis=0)
        slopes, *_ = np.linalg.lstsq(centred, images.reshape(MEASURED, -1))
        order.append(np.argsort(-np.linalg.norm(slopes, axis=1)).tolist())
    return {k: np.stack(v) for k, v in directions.items()}, explained, order


def as_steps(numbers, step):
    """The head and the pieces of an array that is rounded to whole steps."""
    shifted = np.rint(numbers.astype("float64") / step).astype("int64") + 128
    high, low = np.divmod(shifted, 256)
    if np.abs(high).max() >= 2**15:
        raise ValueError(f"the step {step} is too small for 24 bits")
    return {"kind": "steps", "step": float(step)}, [low.astype("uint8"), high.astype("<i2")]


def write(name, facts, arrays):
    """Write a .bin; arrays are (head, pieces) each, by name with the shape in front."""
    heads, body = [], []
    for key, (shape, head, pieces) in arrays.items():
        packed = [deflate(piece) for piece in pieces]
        body += packed
        heads.append({"name": key, "shape": shape, **head, "pieces": [len(p) for p in packed]})
    head = deflate(json.dumps({"facts": facts, "arrays": heads}).encode())
    content = b"".join([struct.pack("<I", len(head)), head, *body])
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"{name}.bin").write_bytes(content)
    print(f"{name}: {len(content):,} bytes", flush=True)


def deflate(piece):
    """The shorter one of two ways: with repeats looked for, or without."""
    ways = zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY
    found = []
    for way in ways:
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, way)
        found.append(packer.compress(bytes(memoryview(piece).cast("B"))) + packer.flush())
    return min(found, key=len)


def pack_generator(name):
    """Write the .bin of an example's generator."""
    names, black = NETWORKS[name]
    generator = load_pretrained(name)
    with faster([generator]):
        directions, explained, order = find_directions(name, generator, black)
        fold(generator)
        variables, affine = weights_of(generator, names)
        large = {k: v for k, v in variables.items() if np.prod(v.shape) > SMALL}
        widths = choose_steps(name, generator, list(large.values()), black)
    steps = dict(zip(large, widths, strict=True))
    arrays = {}
    for key, variable in variables.items():
        numbers = variable.numpy()
        if key in steps:
            arrays[key] = (numbers.shape, *as_steps(numbers, steps[key]))
        else:
            arrays[key] = as_floats(numbers)
    arrays |= {key: as_floats(numbers) for key, numbers in affine.items()}
    arrays |= {key: as_floats(numbers) for key, numbers in directions.items()}
    facts = {
        "latent": generator.inputs[0].shape[-1],
        "classes": CLASSES.get(name, 0),
        "dataset": DATASETS[name],
        "explained": explained,
        "order": order,
    }
    write(name, facts, arrays)


def as_floats(numbers):
    """Shape, head and piece of an array that is kept in float32."""
    return numbers.shape, {"kind": "float32"}, [numbers.astype("<f4")]


def pack_images(name):
    """Write the .bin of real images: the first of the training images in sixteen greys, and the
    first of the test images whole."""
    data = datasets.load(name)
    train, test = data.x_train[: REAL[name]], data.x_test[:SHOWN]
    greys = np.rint(train.reshape(len(train), -1) / 17).astype("uint8")
    shown = datasets.scale((greys * 17).reshape(train.shape))
    _, distance = metrics.nearest(datasets.scale(test), shown)
    usual = round(float(np.median(distance)), 3)
    write(
        name,
        {"names": datasets.NAMES[name], "of": len(data.x_train), "usual": usual},
        {
            "train": (train.shape, {"kind": "greys"}, [greys[:, ::2] * 16 + greys[:, 1::2]]),
            "train_labels": (
                data.y_train[: len(train)].shape, {"kind": "uint8"}, [data.y_train[: len(train)]],
            ),
            "test": (test.shape, {"kind": "uint8"}, [test]),
        },
    )  # fmt: skip


def pack(names=(*NETWORKS, *REAL)):
    """Write the .bin of each name."""
    for name in names:
        (pack_images if name in REAL else pack_generator)(name)


if __name__ == "__main__":
    names = sys.argv[1:] or (*NETWORKS, *REAL)
    sys.exit(status.run(lambda: pack(names)))
