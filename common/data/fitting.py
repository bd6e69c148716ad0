"""A user's pictures, whatever their size, colours and values, made alike."""

import math
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from common.errors import UserError, one_line

FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP", ".webp": "WEBP", ".gif": "GIF",
    ".tif": "TIFF", ".tiff": "TIFF", ".pgm": "PPM", ".ppm": "PPM",
}  # fmt: skip
LARGEST = 50_000_000  # pixels of a picture: one that packs more into a small file is left out
LOOKED_AT = 200  # pictures, to decide what is done with all
ENOUGH = 256  # pixels along a side: 200 photographs as they are would fill the memory
NEAR = 24  # levels within which border pixels are of one ground
THINNEST = 25  # times as long as wide


def fit(pictures, size, channels, stretch=False, invert="auto"):
    """Make pictures alike.

    What is not square gets more of its own ground around it where the pictures have one, as letters
    and signs do, and loses its ends where they have none, as photographs. Pictures on a light
    ground are inverted where they are to be grey, so that the ground is black, as MNIST's.

    Args:
        pictures: paths, or an array (N, height, width, 1, 3 or 4) of numbers.
        size: height and width that they shall have, in pixels.
        channels: 1 for grey or 3 for colour.
        stretch: scale both sides to the size, whatever the shape.
        invert: "auto", "never" or "always".

    Returns:
        (uint8 (M, size, size) or (M, size, size, 3); int (M,), which pictures these are; lines that
        say what was found and done)

    Raises:
        UserError: most pictures cannot be read, their pixels are no numbers or all the same.
    """
    wrong, shapes = {}, set()  # what could not be read, and why; heights and widths
    every = max(1, len(pictures) // LOOKED_AT)
    looked = [p for p in (attempt(x, wrong, shapes) for x in pictures[::every]) if p is not None]
    if len(looked) <= len(wrong):
        path, why = next(iter(wrong.items()))
        raise UserError(f"{path} cannot be read: {why}; give pictures that an image viewer shows")
    whole = isinstance(pictures, np.ndarray)
    values = pictures if whole else np.concatenate([picture.ravel() for picture in looked])
    plan = decide(looked, *limits(values), channels, stretch, invert)
    if whole and pictures.shape[1:3] == (size, size):
        images, kept = all_at_once(pictures, plan, channels), np.arange(len(pictures))
    else:
        read = ((i, attempt(pictures[i], wrong, shapes)) for i in range(len(pictures)))
        done = {
            i: finished(pixels, plan, size, channels) for i, pixels in read if pixels is not None
        }
        images, kept = np.stack(list(done.values())), np.array(list(done))
    images = images[..., 0] if channels == 1 else images
    if plan.inverted:
        images = 255 - images
    return images, kept, told(plan, shapes, size, images, wrong)


class Plan(NamedTuple):
    """What is done with all pictures."""

    low: float  # the least and the greatest of their values
    high: float
    black: float  # the values that become 0 and 255
    white: float
    ground: int  # the level behind what can be seen through
    even: bool  # whether they have an even ground, and whether that is light
    light: bool
    inverted: bool
    how: str  # "stretch", "pad" or "crop"


def decide(looked, low, high, channels, stretch, invert):
    """Return the Plan, by a look at some pictures; see fit() for the rest."""
    black, white = span(low, high)
    looked = [as_bytes(picture, black, white) for picture in looked]
    ground = ground_behind(looked)
    even, light = seen_ground([border(flat(picture, ground, 1)[..., 0]) for picture in looked])
    inverted = invert == "always" or (invert == "auto" and light and channels == 1)
    how = "stretch" if stretch else "pad" if even else "crop"
    return Plan(low, high, black, white, ground, even, light, inverted, how)


def finished(picture, plan, size, channels):
    """A picture as a plan says, but for inversion: uint8 (size, size, channels)."""
    levels = as_bytes(picture, plan.black, plan.white)
    return resized(flat(levels, plan.ground, channels), size, plan.how)


def attempt(picture, wrong, shapes):
    """A picture's pixels (height, width, 1 to 4) as they were saved, but a large one's at a half, a
    third or less of its size; of 2 or 4 channels the last is the opacity. Its height and width are
    added to the set `shapes`. None, with the reason in the dict `wrong`, if it cannot be read."""
    if isinstance(picture, np.ndarray):
        shapes.add(picture.shape[:2])
        return picture
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, and of size, which is looked at here
            with Image.open(picture, formats=[*set(FORMATS.values())]) as image:
                if math.prod(image.size) > LARGEST or max(image.size) > THINNEST * min(image.size):
                    wrong[picture] = f"it has {image.width}x{image.height} pixels"
                    return None
                upright = ImageOps.exif_transpose(image)
                pixels = as_pixels(upright)
    except Exception as error:  # Pillow has as many kinds as there are formats
        wrong[picture] = one_line(error)
        return None
    shapes.add(upright.size[::-1])
    return pixels


def as_pixels(image):
    """A Pillow image's pixels (height, width, 1 to 4)."""
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits, which convert() would cut at 255
        return np.asarray(image)[..., np.newaxis]
    clear = "transparency" in image.info or image.mode in ("LA", "PA", "RGBA", "La", "RGBa")
    grey = image.mode in ("1", "L", "LA", "La")
    mode = ("LA" if clear else "L") if grey else ("RGBA" if clear else "RGB")
    pixels = np.asarray(image.convert(mode).reduce(max(1, max(image.size) // ENOUGH)))
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def limits(values):
    """The least and the greatest of pixels, floats; a UserError if they are none to be seen."""
    if values.dtype.kind not in "biuf":
        raise UserError(f"the pixels are {values.dtype}; save them as numbers, uint8 or float32")
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(low + high):
        raise UserError("some pixels are NaN or infinite; put numbers in their place")
    if low == high:
        raise UserError(f"every pixel is {low:g}: there is nothing to be seen; look at the images")
    return low, high


def span(low, high):
    """The values that stand for black and white, of pixels that lie between low and high."""
    if low < -0.05 * high or high < 0:
        return (-1.0, 1.0) if low >= -1.01 and high <= 1.01 else (low, high)
    if high <= 1.01:
        return 0.0, 1.0
    if high < 64 or high > 65535.5:  # such as 0 to 16: as 0 to 255 all of it would be black
        return 0.0, high
    return 0.0, 2.0 ** max(8, math.ceil(math.log2(high + 0.5))) - 1


def as_bytes(pixels, black, white):
    """Pixels of any numbers as uint8, black 0 and white 255."""
    if pixels.dtype == np.uint8 and (black, white) == (0, 255):
        return pixels
    levels = (pixels.astype(np.float32) - black) * (255 / (white - black))
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def ground_behind(pictures):
    """The grey level, 0 or 255, to be put behind transparent uint8 pictures: that which they are
    seen on."""
    drawn = [p for p in pictures if p.shape[-1] in (2, 4) and p[..., -1].any()]
    levels = [np.average(p[..., :-1].mean(axis=-1), weights=p[..., -1]) for p in drawn]
    return 255 if levels and np.mean(levels) < 128 else 0


def flat(picture, ground, channels):
    """A uint8 picture (height, width, 1 to 4) on a ground, (height, width, channels)."""
    image = Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
    if picture.shape[-1] in (2, 4):
        behind = Image.new("RGBA", image.size, (ground, ground, ground, 255))
        image = Image.alpha_composite(behind, image.convert("RGBA"))
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def border(picture):
    """The pixels along the edges of a picture (height, width, ...), in a row (M, ...)."""
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


def seen_ground(borders):
    """Whether pictures with such border pixels (M,), uint8, have an even ground, most of it of one
    level in all of them, and whether it is light."""
    pixels = np.concatenate(borders).astype(int)
    level = np.median(pixels)
    even = bool(np.mean(np.abs(pixels - level) <= NEAR) > 0.5)
    return even, even and bool(level > 127)


def resized(picture, size, how):
    """A uint8 picture (height, width, 1 or 3) as (size, size, 1 or 3)."""
    if picture.shape[:2] == (size, size):
        return picture
    image = Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
    smooth = Image.Resampling.BILINEAR  # which takes means where it shrinks
    if how == "stretch":
        image = image.resize((size, size), smooth)
    elif how == "crop":
        image = ImageOps.fit(image, (size, size), smooth)
    else:
        fill = tuple(np.median(border(picture), axis=0).astype(int).tolist())
        image = ImageOps.pad(image, (size, size), smooth, fill if len(fill) > 1 else fill[0])
    return np.asarray(image).reshape(size, size, -1)


def all_at_once(pictures, plan, channels):
    """Images (N, size, size, 1 to 4) that have the size already as (N, size, size, channels)."""
    count = len(pictures)
    images = np.empty((*pictures.shape[:3], channels), np.uint8)
    for start in range(0, count, 1000):  # in parts, because float32 takes four times as much
        part = as_bytes(pictures[start : start + 1000], plan.black, plan.white)
        if part.shape[-1] in (1, channels):
            images[start : start + 1000] = part
        else:
            images[start : start + 1000] = [flat(x, plan.ground, channels) for x in part]
    return images


def told(plan, shapes, size, images, wrong):
    """Lines that say what was found and done; see fit()."""
    values = f"values {plan.low:g} to {plan.high:g}"
    if (plan.black, plan.white) != (0, 255):
        values += f" ({plan.black:g} black, {plan.white:g} white)"
    ground = "dark on light" if plan.light else "light on dark"
    treated = (ground if plan.even else "without an even ground") + ", inverted" * plan.inverted
    if shapes != {(size, size)}:
        treated += f"; {told_fit(shapes, plan.how)} to {size}x{size}"
    rows = images.reshape(len(images), -1)
    if blank := int((rows.max(axis=1) == rows.min(axis=1)).sum()):
        treated += f"; {blank:,} show nothing"
    lines = [f"{told_sizes(shapes)}, {values}", treated]
    if wrong:
        path, why = next(iter(wrong.items()))
        many = f"{len(wrong):,} pictures were" if len(wrong) > 1 else "1 picture was"
        lines.append(f"{many} left out that cannot be read, such as {path}: {why}")
    return tuple(lines)


def told_sizes(shapes):
    """The sizes (height, width) of pictures in words."""
    widths, heights = [width for _, width in shapes], [height for height, _ in shapes]
    least, most = f"{min(widths)}x{min(heights)}", f"{max(widths)}x{max(heights)}"
    return f"{least} pixels" if least == most else f"{least} to {most} pixels"


def told_fit(shapes, how):
    """What was done with pictures of sizes (height, width), in words."""
    if how == "stretch":
        return "stretched"
    if all(height == width for height, width in shapes):
        return "scaled"
    return "scaled and " + ("padded with their ground" if how == "pad" else "cropped to squares")
