"""Spot the fake: it counts right, and links carry what a class has marked."""

import re

import pytest

READY = "document.querySelectorAll('.quiz .sheet button').length === 36"
PHONE = {"width": 360, "height": 740}


def play(page, right=True):
    """Mark all fakes of the sheet, or all others, and ask for the score; the page does not tell
    which they are, so it is played once to see it."""
    hidden = page.context.new_page()
    hidden.goto(page.url.split("&results")[0])
    hidden.wait_for_function(READY)
    hidden.click("text=How many are right?")
    words = hidden.locator(".sheet button").all_inner_texts()
    hidden.close()
    for place, word in enumerate(words):
        if word.endswith("fake") == right:
            page.locator(".sheet button").nth(place).click()
    page.click("text=How many are right?")
    return [word.split()[-1] for word in words]


def hand_in(page, name):
    """The link of who has played."""
    page.fill("#name", name)
    return page.input_value("#link")


@pytest.mark.parametrize("example", ["mnist_wgan", "fashion_gan", "dcgan", "bilinear_gan"])
def test_twelve_of_36_are_fake(open_page, example):
    page = open_page(f"tab=quiz&of={example}&sheet=3", READY, viewport=PHONE)
    words = play(page)
    assert words.count("fake") == 12 and words.count("real") == 24
    assert page.inner_text(".score") == "36 of 36 are right."
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_wrong_marks_count_as_wrong(open_page):
    page = open_page("tab=quiz", READY)
    tile = page.locator(".sheet button").first
    tile.click()
    assert page.inner_text("[role=status]") == "Marked: 1 of 12"
    tile.click()
    assert page.inner_text("[role=status]") == "Marked: 0 of 12"
    play(page, right=False)
    assert page.inner_text(".score") == "0 of 36 are right."
    assert "found 0 of 12 fakes and called 24 of 24 real" in page.inner_text(".answer")
    tile.click()  # too late
    assert page.inner_text(".score") == "0 of 36 are right."


def test_results_in_links_add_up(open_page):
    page = open_page("tab=quiz&sheet=5", READY)
    play(page)
    first = hand_in(page, "Zoë & Bo.")
    # The next one plays from that link, whose results go with theirs.
    page = open_page(first.split("#")[1], READY)
    assert page.locator(".results tbody").nth(1).locator("tr").count() == 1
    play(page, right=False)
    both = hand_in(page, "Ada")
    other = open_page("tab=quiz&sheet=5&of=dcgan", READY)
    play(other)
    third = hand_in(other, "")
    # The teacher pastes them, with a mail's words around; one comes twice.
    teacher = open_page("tab=quiz&sheet=5", READY)
    teacher.click("summary")
    teacher.fill("#pasted", f"Hello,\n{both}\nthanks <{third}>\n{first}")
    teacher.get_by_role("button", name="Add", exact=True).click()
    rows = teacher.locator(".results tbody").nth(1).locator("tr").all_inner_texts()
    assert [re.split(r"\t", row)[0] for row in rows] == ["Zoë & Bo", "without a name", "Ada"]
    assert [row.split("\t")[3] for row in rows] == ["36", "36", "0"]
    means = teacher.locator(".results tbody").nth(0).locator("tr").all_inner_texts()
    assert means == ["dcgan\t1\t36.0\t12.0\t0.0", "binarized_gan\t2\t18.0\t6.0\t12.0"]
    assert set(teacher.locator(".votes figcaption").all_inner_texts()) == {"1/2, fake", "1/2, real"}
    teacher.wait_for_function("location.hash.includes('results=')")
    again = open_page(teacher.evaluate("location.hash.slice(1)"), READY)
    assert again.locator(".results tbody").nth(1).locator("tr").count() == 3
    assert again.inner_text(".complaint") == ""


def test_damaged_results_get_one_line_and_change_nothing(open_page):
    page = open_page("tab=quiz", READY)
    play(page)
    good = hand_in(page, "Eve").split("results=")[1]
    damaged = good[:2] + ("a" if good[2] != "a" else "b") + good[3:]
    for pasted, line in [
        ("nothing at all", "There is no result in it"),
        (f"#results={damaged}", "One result is damaged"),
        (f"#results={good[:-1]}", "One result is damaged"),
        ("", "There is no result in it"),
        ("#results=9.1.0.Max.abc_4.zz", "2 results are damaged"),
    ]:
        teacher = open_page("tab=quiz", READY)
        teacher.click("summary")
        teacher.fill("#pasted", pasted)
        teacher.get_by_role("button", name="Add", exact=True).click()
        told = teacher.inner_text(".complaint")
        assert "\n" not in told and line in told
        assert teacher.locator(".results tbody").count() == 0
        assert "results=" not in teacher.evaluate("location.hash")
    opened = open_page(f"tab=quiz&results={good}_{damaged}", READY)
    assert opened.inner_text(".complaint").startswith("One result is damaged")
    assert opened.locator(".results tbody").nth(1).locator("tr").count() == 1
