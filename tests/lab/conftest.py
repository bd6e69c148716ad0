"""A browser that shows the lab's page as it is committed, without a network."""

import shutil
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "lab" / "lab.html"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window. Closed with the module: while it is open, an event loop of its
    own runs in this thread, where other modules want theirs."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("there is no Chromium; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser):
    """A function of the address line's settings ("tab=quiz") and what a new context takes, such as
    a viewport, that opens the page from disk, offline, and waits for the game. After the test no
    error may be in the console, and nothing but the page itself may have been asked for."""
    contexts, wrong, asked = [], [], []

    def opened(settings="", ready="!!lab.watch.current()?.frame", **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda line: line.type in ("error", "warning") and wrong.append(line.text)
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url.split("#")[0]))
        page.goto(f"{PAGE.as_uri()}{'#' if settings else ''}{settings}")
        page.wait_for_function(ready)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
    assert set(asked) <= {PAGE.as_uri()}
