"""Ask for digits: each control does what it says, and the address line carries it."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from common.data import datasets

READY = "document.querySelector('.digits .told')?.textContent"
SHOWN = """(kind) => {
  const canvas = document.querySelector(`canvas.${kind}`);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, Array.from(data.filter((_, i) => i % 4 === 0))];
}"""
PHONE = {"width": 360, "height": 740}


def shown(page, kind="image"):
    """What a canvas shows, uint8 (height, width)."""
    height, width, levels = page.evaluate(SHOWN, kind)
    return np.array(levels, "uint8").reshape(height, width)


def changes(page, act, kind="image"):
    """Do something, wait until a canvas shows something else, and return it."""
    before = shown(page, kind)
    act()
    page.wait_for_function(
        f"([kind, before]) => ({SHOWN})(kind)[2].some((level, i) => level !== before[i])",
        arg=[kind, before.ravel().tolist()],
    )
    return shown(page, kind)


def set_to(page, name, value):
    """Move a slider."""
    page.locator(f"#slider-{name}").fill(str(value))


def degrees(page):
    """How far the image leans, as the page says; to the left negative."""
    number, side = re.match(r"leans (\d+)° to the (\w+)", page.inner_text(".told")).groups()
    return int(number) * (-1 if side == "left" else 1)


def test_every_control_moves_the_image(open_page):
    page = open_page("tab=digits&digit=3", READY)
    first = shown(page)
    assert first.shape == (28, 28) and first.max() > 200
    changes(page, lambda: page.click("[data-digit='8']"))
    assert page.get_attribute("[data-digit='8']", "aria-pressed") == "true"
    changes(page, lambda: page.click("[data-digit='3']"))
    number = page.locator(".sliders input[data-of]").nth(2).get_attribute("data-of")
    for name in ("slant", "stroke_weight", number):
        changes(page, lambda name=name: set_to(page, name, 3))
    pad = page.locator(".pad")
    changes(page, lambda: pad.press("ArrowLeft"))
    changes(page, lambda: pad.press("ArrowDown"))
    changes(page, lambda: pad.click(position={"x": 10, "y": 10}))
    page.select_option("#across", number)
    changes(page, lambda: pad.click(position={"x": 150, "y": 10}))
    page.click("summary:has-text('other numbers')")
    changes(page, lambda: page.locator("details .sliders input").last.fill("-3"))
    changes(page, lambda: set_to(page, "walked", 0.5))
    page.click("text=Back to the noise as drawn")
    page.wait_for_function("document.querySelector('#slider-slant').value === '0'")
    np.testing.assert_array_equal(shown(page), first)
    changes(page, lambda: page.click("text=New noise"))
    assert page.input_value("#from") == "2"
    page.fill("#from", "1")
    changes(page, lambda: page.keyboard.press("Tab"))
    np.testing.assert_array_equal(shown(page), first)


def test_a_walk_is_played_and_stopped(open_page):
    page = open_page("tab=digits", READY)
    page.get_by_role("button", name="Walk", exact=True).click()
    seen = [shown(page)]
    for _ in range(3):
        seen.append(changes(page, lambda: None))
    page.click("text=Stop")
    strip = shown(page, "walk")
    assert strip.shape == (28, 280)
    first, last = strip[:, :28], strip[:, -28:]
    assert (first != last).any()


def test_walk_begins_and_ends_at_its_noises(open_page):
    ends = []
    for number in (4, 5):
        page = open_page(f"tab=digits&digit=2&from={number}&to={number + 1}", READY)
        ends.append(shown(page))
    page = open_page("tab=digits&digit=2&from=4&to=5", READY)
    page.wait_for_function(f"({SHOWN})('walk')[1] === 280")
    strip = shown(page, "walk")
    np.testing.assert_array_equal(strip[:, :28], ends[0])
    np.testing.assert_array_equal(strip[:, -28:], ends[1])


def test_ten_digits_come_of_one_noise(open_page):
    page = open_page("tab=digits&from=3", READY)
    page.wait_for_function(f"({SHOWN})('tens')[1] === 280")
    tens = shown(page, "tens")
    for digit in (0, 6):
        changes(page, lambda digit=digit: page.click(f"[data-digit='{digit}']"))
        np.testing.assert_array_equal(tens[:, 28 * digit : 28 * digit + 28], shown(page))


@pytest.mark.parametrize("digit", [3, 7])
def test_digits_lean_along_the_direction_of_slant(open_page, digit):
    page = open_page(f"tab=digits&digit={digit}&from=11&slant=-3", READY)
    left = degrees(page)
    changes(page, lambda: set_to(page, "slant", 3))
    assert degrees(page) > left + 15


def test_nearest_image_is_the_one_that_numpy_finds(open_page):
    page = open_page("tab=digits&digit=5", READY)
    page.wait_for_selector(".nearest li")
    train = datasets.load("mnist").x_train[:5000]
    greys = np.rint(train / 17) * 17
    squares = ((greys - shown(page).astype(float)) ** 2).mean(axis=(1, 2))
    order = squares.argsort()[:6]
    found = page.locator(".nearest canvas")
    labels = [found.nth(i).get_attribute("aria-label") for i in range(found.count())]
    known = datasets.load("mnist").y_train
    assert labels == [f"Training image {i}: {known[i]}" for i in order]
    distance = np.sqrt(squares[order[0]]) * 2 / 255
    assert page.inner_text(".nearest li >> nth=0").endswith(f"{distance:.2f}")


def test_address_line_carries_the_image(open_page):
    page = open_page("tab=digits&digit=4", READY)
    changes(page, lambda: set_to(page, "slant", 2))
    moved = changes(page, lambda: page.locator(".sliders input[data-of]").nth(3).fill("-2.5"))
    page.wait_for_function("location.hash.includes('numbers=')")
    again = open_page(page.evaluate("location.hash.slice(1)"), READY)
    np.testing.assert_array_equal(shown(again), moved)


@pytest.mark.parametrize(
    "settings",
    [
        "ask=nonsense&digit=77",
        "numbers=1:x,,9999:1,3:1e9&across=none",
        "walked=-4&slant=1e99&from=-3",
    ],
)
def test_impossible_settings_become_possible_ones(open_page, settings):
    page = open_page(f"tab=digits&{settings}", READY)
    assert shown(page).shape == (28, 28)


def test_picture_is_saved(open_page):
    page = open_page("tab=digits&digit=9", READY)
    with page.expect_download() as saved:
        page.click(".shown >> text=PNG")
    assert saved.value.suggested_filename == "mnist_wgan-9-noise1.png"
    picture = np.asarray(Image.open(io.BytesIO(saved.value.path().read_bytes())).convert("L"))
    np.testing.assert_array_equal(picture, shown(page).repeat(10, axis=0).repeat(10, axis=1))


@pytest.mark.parametrize("example", ["fashion_gan", "dcgan", "binarized_gan", "bilinear_gan"])
def test_each_example_draws_on_a_phone(open_page, example):
    page = open_page("tab=digits", READY, viewport=PHONE)
    changes(page, lambda: page.select_option("#ask", example))
    page.wait_for_selector(".nearest li")
    assert shown(page).max() > 128 and page.locator("[data-digit]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
