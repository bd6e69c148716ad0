"""Sums in the space of the noise, as every image example's sample --show arithmetic draws them.

"Man with glasses" - "man" + "woman" (Radford et al. 2015, arXiv:1511.06434, figure 7). Clothes and
digits have no glasses, but a kind, ink and a slant, which can be measured.
"""

import numpy as np

from common.commands.example import is_own
from common.data import datasets
from common.figures import gallery
from common.files import whole
from common.latent import draw_noise, slant, stroke_weight
from common.scores import classifier, evaluation
from common.settings import require

DRAWN = 2000  # noises among which those of a term are looked for
AVERAGED = 40  # of them for a term; the paper's three give another sum each time
MEASURED = ("bold", "thin", "right", "left")
USUAL = {"clothes": ("pullover", "T-shirt", "dress"), "digits": ("left", "right", "7")}


def measure(example, images, own):
    """How much images (N, 28, 28, 1) in [black, 1] are of each kind: arrays (N,) by its name.

    Args:
        example: ImageExample.
        own: whether it learned the user's images, of which no classifier comes along.
    """
    images = np.clip(images, example.black, 1)
    ink, lean = stroke_weight(images, example.black), slant(images, example.black)
    found = dict(zip(MEASURED, (ink, -ink, lean, -lean), strict=True))
    if own:
        return found
    middle = (1 + example.black) / 2
    model = classifier.load(example.dataset)
    answers = evaluation.classify(model, (images - middle) / (1 - middle))["classes"]
    return dict(zip(datasets.NAMES[example.dataset], answers.T, strict=True)) | found


def add(noise, measures, terms, count):
    """Add means of noises: the first of three terms, less the second, plus the third.

    Args:
        noise: (N, latent).
        measures: see measure(), of the noises' images.
        terms: three of their names.
        count: how many noises, those with most of a term, are averaged for it.

    Returns:
        means: (4, latent), of each term and the sum.
        chosen: ints (3, count), those averaged, the best first.
    """
    chosen = np.stack([np.argsort(-measures[term], kind="stable")[:count] for term in terms])
    first, second, third = means = noise[chosen].mean(axis=1)
    return np.stack([*means, first - second + third]), chosen


def draw(example, config, settings, length, generate):
    """Draw a sum that a Sampling asks for, write it and say what each of its images shows.

    Args:
        example: ImageExample.
        config: its Sampling.
        settings: of the generator's run.
        length: of the noise.
        generate: function of noise (N, length) that returns images (N, 28, 28, 1) in [black, 1].

    Raises:
        UserError: a term is unknown, or the file cannot be written.
    """
    terms, own = config.terms or USUAL[example.what], is_own(settings)
    known = MEASURED if own else (*datasets.NAMES[example.dataset], *MEASURED)
    for term in terms:
        require(term in known, "terms", term, f"among: {', '.join(known)}")
    noise = draw_noise(config.seed, DRAWN, length, settings.get("noise") or "normal")
    images = generate(noise)
    measures = measure(example, images, own)
    means, chosen = add(noise, measures, terms, config.count or AVERAGED)
    drawn = generate(means)
    labels = [*terms, "the sum"]
    for label, *values in zip(labels, *measure(example, drawn, own).values(), strict=True):
        *classes, ink, _, lean, _ = values
        read = f"read as {known[np.argmax(classes)]} ({max(classes):.0%}), " if classes else ""
        print(f"{label}: {read}ink on {ink:.0%} of it, leaning by {lean:.0f} degrees")
    if config.out.suffix == ".png":
        parts = [
            gallery.Term(label, image, images[some[:3]], sign)
            for label, image, some, sign in zip(terms, drawn, chosen, "+-+", strict=False)
        ]
        result = gallery.Term(labels[-1], drawn[-1])
        figure = gallery.arithmetic(parts, result, "Arithmetic with noise", example.black)
        with whole(config.out) as file:
            figure.savefig(file, format="png")
    else:
        with whole(config.out) as file:
            np.savez_compressed(file, images=drawn, noise=means, averaged=noise[chosen])
    print(f"{' - '.join(terms[:2])} + {terms[2]}: {config.out}")
