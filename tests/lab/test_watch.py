"""The tab "Watch the game" in a browser: what it shows, its controls, its link, bad input, and how
much work and memory it takes."""

import math
import re

import pytest

SMALL = "generatorUnits=8,8&discriminatorUnits=8,8&batchSize=32"
TAB = "lab.watch.current()"
# Updates, and what the generator then makes of always the same noise.
PLAYED = f"""(updates) => {{
  const tab = {TAB};
  for (let i = 0; i < updates; i++) tab.update(tab.next());
  return Array.from(tab.view().look());
}}"""
PIXELS = """() => {
  const canvas = document.querySelector("canvas.picture");
  return canvas.toDataURL();
}"""


def click(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def address(page):
    """The settings in a link to the page as it is; the address line follows within half a second,
    as often as browsers allow."""
    return page.evaluate("lab.state.link()").partition("#")[2]


def played(page, updates):
    """Begin again, and take some updates."""
    click(page, "Restart")
    return page.evaluate(PLAYED, updates)


def iteration(page):
    return page.evaluate(f"{TAB}.game().iteration")


def test_first_view_is_the_game_already_drawn(open_page):
    page = open_page()
    colours = page.evaluate(
        """() => {
          const canvas = document.querySelector("canvas.picture");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const colours = new Set();
          for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 3).join());
          return [...colours];
        }"""
    )
    assert {"0,114,178", "213,94,0"} <= set(colours)  # real and generated
    assert iteration(page) == 0
    assert page.get_by_role("button", name="Play").is_visible()
    text = page.inner_text("body")
    assert not re.search(r"undefined|NaN|\[object|=>", text)


def test_play_and_pause(open_page):
    page = open_page(SMALL)
    click(page, "▶ Play")
    page.wait_for_function(f"{TAB}.game().iteration > 5")
    click(page, "❚❚ Pause")
    stopped = iteration(page)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert iteration(page) == stopped


def test_one_update_trains_one_network(open_page):
    page = open_page(SMALL)
    weights = f"() => {TAB}.game().weights()"
    start = page.evaluate(weights)
    click(page, "One D update")
    after_d = page.evaluate(weights)
    assert after_d["discriminator"] != start["discriminator"]
    assert after_d["generator"] == start["generator"]
    click(page, "One G update")
    after_g = page.evaluate(weights)
    assert after_g["discriminator"] == after_d["discriminator"]
    assert after_g["generator"] != start["generator"]
    assert iteration(page) == 1


def test_restart_is_the_same_game(open_page):
    page = open_page(SMALL)
    assert played(page, 40) == played(page, 40)


def test_slow_motion_takes_the_same_update_stage_by_stage(open_page):
    page = open_page(SMALL)
    want = played(page, 2)
    click(page, "Restart")
    page.get_by_label("Slow motion").check()
    captions = []
    for _ in range(12):  # five stages and the update itself, of D and of G
        click(page, "Next stage")
        captions.append(page.inner_text(".caption"))
    assert len(set(captions)) == 11
    assert captions[0].startswith("Update of D: G turns 32")
    assert captions[6].startswith("Update of G: ")
    assert page.evaluate(f"Array.from({TAB}.view().look())") == want


def test_slow_motion_plays_by_itself(open_page):
    page = open_page(SMALL)
    page.clock.install()
    page.get_by_label("Slow motion").check()
    click(page, "▶ Play")
    first = page.inner_text(".caption")
    page.clock.run_for(2000)
    assert page.inner_text(".caption") != first
    page.clock.run_for(18_000)
    assert iteration(page) == 1


def test_every_setting_does_something(open_page):
    page = open_page(SMALL)
    for group in page.query_selector_all(".groups summary"):
        group.click()
    controls = page.evaluate("Object.assign({}, ...Object.values(lab.controls))")
    assert set(controls) == set(page.evaluate(
        "[...document.querySelectorAll('.groups [id^=set-]')].map(({ id }) => id.slice(4))"
    ))  # fmt: skip
    needs = {"replayShare": "replay", "clip": "wasserstein"}
    for name in controls:
        if name in needs:
            change(page, needs[name])
        before = played(page, 24)
        change(page, name)
        assert played(page, 24) != before, name
        assert f"{name}=" in address(page)
        click(page, "The slides' game")
        page.evaluate(
            "lab.state.set({ generatorUnits: '8,8', discriminatorUnits: '8,8', batchSize: 32 })"
        )


def change(page, name):
    """Change a setting by its control."""
    control = page.locator(f"#set-{name}")
    kind = control.evaluate("(it) => it.type")
    if kind == "checkbox":
        control.check()
    elif kind == "range":
        control.press("ArrowRight")
        if control.evaluate("(it) => it.value === it.max"):
            control.press("ArrowLeft")
            control.press("ArrowLeft")
    else:
        control.select_option(index=(control.evaluate("(it) => it.selectedIndex") + 1) % 3)


@pytest.mark.parametrize("settings", ["", "data=ring"])
def test_every_layer_shows_something(open_page, settings):
    page = open_page(f"{SMALL}&{settings}")
    page.evaluate(PLAYED, 30)
    for box in page.locator(".layers input:visible").all():
        click(page, "One D update")
        before = page.evaluate(PIXELS)
        box.set_checked(not box.is_checked())
        assert page.evaluate(PIXELS) != before


def test_every_data_set_can_be_learnt(open_page):
    page = open_page(SMALL)
    for name in page.evaluate(
        "[...document.querySelectorAll('#data option')].map((it) => it.value)"
    ):
        if name in ("own", "painted"):
            continue
        page.select_option("#data", name)
        assert played(page, 10) != played(page, 12)
        measured = page.inner_text(".measures .distance")
        assert float(measured) > 0


def test_scenes_and_cures_are_links(open_page):
    page = open_page()
    scenes = page.locator(".scenes .group button")
    assert scenes.count() == 6
    for scene in scenes.all():
        scene.click()
        assert scene.get_attribute("aria-pressed") == "true"
        assert page.inner_text(".about")
        for cure in page.locator(".cures button").all():
            cure.click()
        link = address(page)
        settings = page.evaluate(f"{TAB}.game().settings")
        again = open_page(link)
        assert again.evaluate(f"{TAB}.game().settings") == settings
        again.close()


def test_scene_has_a_short_link_as_the_notebooks_have_it(open_page):
    page = open_page("scene=collapse")
    scene = page.get_by_role("button", name="Mode collapse", exact=True)
    assert scene.get_attribute("aria-pressed") == "true"
    assert open_page("scene=constructor").url.endswith("lab.html#scene=constructor")


def test_link_carries_the_game(open_page):
    page = open_page(f"{SMALL}&data=apart&seed=3&gradientPenalty=1")
    again = open_page(address(page))
    assert again.evaluate(PLAYED, 20) == page.evaluate(PLAYED, 20)


def test_link_with_impossible_values_has_the_nearest_or_the_default(open_page):
    page = open_page(
        "batchSize=1e9&latent=-3&generatorLearningRate=NaN&generatorUnits=9999&optimizer=x"
        "&seed=1.5&data=nothing&spectralNormalization=maybe&wrong=1&headStart=Infinity"
    )
    settings = page.evaluate(f"{TAB}.game().settings")
    assert (settings["batchSize"], settings["latent"]) == (512, 1)
    assert settings["generatorLearningRate"] == 0.5
    assert settings["generatorUnits"] == [50, 1000]
    assert settings["optimizer"] == "sgd"
    assert settings["spectralNormalization"] is False


LEAST = "\n".join(str(number) for number in range(8))
BAD = {
    "words": ("three blind mice", "“three” (entry 1) is no number; leave it out."),
    "a word among numbers": (f"{LEAST}\nx", "“x” (entry 9) is no number; leave it out."),
    "one number": ("3.5", "1 are too few to learn from; give 8 or more."),
    "NaN": (f"{LEAST} NaN", "“NaN” (entry 9) is no number; leave it out."),
    "infinite": (f"{LEAST} 1e999", "“1e999” (entry 9) is no number; leave it out."),
    "nothing": ("  \n ", "There are no numbers; give 8 or more, one in a line."),
    "all the same": ("2 " * 10, "The numbers lie between 2 and 2: there is no distribution"),
    "too many": (
        "\n".join(str(number) for number in range(100_000)),
        "100,000 are too many for this page; give at most 10,000.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_numbers_give_one_line_and_change_nothing(open_page, case):
    text, message = BAD[case]
    page = open_page(SMALL)
    page.evaluate(PLAYED, 10)
    before = address(page), page.evaluate(f"{TAB}.game().weights()"), iteration(page)
    give(page, text)
    shown = page.inner_text("#own-error")
    assert shown.startswith(message) and "\n" not in shown
    assert (address(page), page.evaluate(f"{TAB}.game().weights()"), iteration(page)) == before


def test_pasted_numbers_are_in_at_once_or_refused(open_page):
    page = open_page(SMALL)
    page.get_by_text("My own numbers", exact=True).last.click()
    for text, shown, inside in (
        (LEAST, "", LEAST),
        (BAD["too many"][0], "588,889 letters are", LEAST),
    ):
        page.locator("textarea").evaluate(
            """(it, text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData("text", text);
              it.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
            }""",
            text,
        )
        assert page.inner_text("#own-error").startswith(shown)
        assert page.input_value("textarea") == inside


def give(page, text):
    page.get_by_text("My own numbers", exact=True).last.click()
    page.locator("textarea").evaluate("(it, text) => { it.value = text; }", text)
    click(page, "Learn these")


def test_own_numbers_are_learnt_and_in_the_link(open_page):
    page = open_page()
    give(page, "10, 11, 12, 13; 14\n15 16 17.5")
    assert page.evaluate(f"Array.from({TAB}.view().data.values)") == [
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17.5,
    ]
    assert page.input_value("#data") == "own"
    assert "8 numbers are learnt now." in page.inner_text(".message")
    again = open_page(address(page))
    assert again.evaluate(f"{TAB}.view().data.values.length") == 8


def test_own_points_are_pairs(open_page):
    page = open_page()
    give(page, "\n".join(f"{x} {x * x}" for x in range(9)))
    assert page.evaluate(f"{TAB}.game().dimensions") == 2
    assert page.evaluate(f"{TAB}.game().count") == 9
    assert page.evaluate(f"Math.max(...{TAB}.game().samples)") == 2  # the longer side from -2 to 2


def test_too_many_own_numbers_for_a_link_are_learnt_all_the_same(open_page):
    page = open_page()
    give(page, "\n".join(str(number / 7) for number in range(3000)))
    assert page.evaluate(f"{TAB}.game().count") == 3000
    assert "too many for the link" in page.inner_text(".message")
    assert len(address(page)) < 3000


def test_painting_numbers(open_page):
    page = open_page(f"{SMALL}&data=curve")
    some = f"Array.from({TAB}.game().samples.slice(0, 50))"
    before = page.evaluate(some)
    stroke(page, 0.2, 0.3)
    assert page.evaluate(some) != before
    again = open_page(address(page))
    assert again.evaluate(some) == page.evaluate(some)
    click(page, "Clear")
    assert page.inner_text(".message") == "Nothing is painted yet."
    assert page.get_by_role("button", name="Play").is_disabled()
    page.select_option("#data", "normal")
    assert page.get_by_role("button", name="Play").is_enabled()


def test_painting_points(open_page):
    page = open_page(SMALL)
    page.select_option("#data", "painted")
    count = f"{TAB}.game().count"
    face = page.evaluate(count)
    stroke(page, 0.4, 0.6)
    assert face < page.evaluate(count) <= 500
    again = open_page(address(page))
    assert again.evaluate(count) == page.evaluate(count)
    click(page, "Clear")
    assert page.inner_text(".message") == "0 painted points are too few; paint 8 or more."
    assert page.get_by_role("button", name="Play").is_disabled()
    stroke(page, 0.4, 0.6)
    assert page.get_by_role("button", name="Play").is_enabled()
    assert page.evaluate(count) == 36  # nine places, four points each


def stroke(page, start, end):
    """Paint from left to right, over shares of the picture's width."""
    box = page.locator("canvas.picture").bounding_box()
    page.mouse.move(box["x"] + start * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + box["height"] / 3, steps=8)
    page.mouse.up()


def test_keyboard_reaches_everything(open_page):
    page = open_page(SMALL)
    page.get_by_role("tab", name="Watch the game").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("lab.state.get('tab') === 'digits'")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"lab.state.get('tab') === 'watch' && !!{TAB}?.frame")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.textContent || document.activeElement.id")
        )
    for name in ("Mode collapse", "▶ Play", "One D update", "One G update", "Restart", "Learning"):
        assert name in reached
    assert page.evaluate(
        """[...document.querySelectorAll("input, select, textarea, button")].every((it) =>
          it.labels?.length || it.textContent.trim() || it.getAttribute("aria-label"))"""
    )
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{TAB}.game().iteration > 0")


@pytest.mark.parametrize("settings", ["", "data=ring"])
def test_360_pixels_are_wide_enough(open_page, settings):
    page = open_page(settings, viewport={"width": 360, "height": 740}, has_touch=True)
    for group in page.query_selector_all(".groups summary"):
        group.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    right = page.evaluate(
        """Math.max(...[...document.querySelectorAll("main *")].map(
          (it) => it.getBoundingClientRect().right))"""
    )
    assert right <= 360


@pytest.mark.parametrize("data", ["normal", "ring"])
def test_numbers_that_run_away_pause_the_game(open_page, data):
    page = open_page(f"{SMALL}&data={data}")
    click(page, "▶ Play")
    page.evaluate(f"{TAB}.game().load({{ generator: [Array(80).fill(NaN)] }})")
    page.get_by_text("The numbers have run away.").wait_for()
    assert page.get_by_role("button", name="▶ Play").is_visible()
    click(page, "Restart")
    assert page.inner_text(".message") == ""
    assert all(map(math.isfinite, page.evaluate(PLAYED, 2)))


def cpu_seconds(session):
    """Seconds that the page's thread has computed so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def test_thirty_pictures_a_second_of_the_game_of_numbers(open_page):
    """A picture of the slides' game, with the updates in it, takes less than 1/30 s of one core."""
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    frames = f"(count) => {{ for (let i = 0; i < count; i++) {TAB}.frame(); }}"
    page.evaluate(frames, 20)
    before = cpu_seconds(session)
    page.evaluate(frames, 60)
    assert (cpu_seconds(session) - before) / 60 < 1 / 30
    assert iteration(page) > 0


CURED = (
    "optimizer=adam&dropout=0.2&replay=1280&gradientPenalty=1&normPenalty=0.001&labelSmoothing=0.1"
)
MEMORY = """() => ({
  tensors: lab.tf.memory().numTensors,
  wasm: lab.tf.backend().wasm?.HEAPU8.length ?? 0,
})"""


@pytest.mark.parametrize(
    "settings, pictures",
    [
        ("", 300),
        (CURED, 200),
        (f"data=ring&spectralNormalization=true&{CURED.replace('&normPenalty=0.001', '')}", 200),
        ("wasserstein=true", 200),
        # Ten minutes of 30 pictures a second.
        pytest.param("", 18_000, marks=pytest.mark.slow),
    ],
)
def test_memory_does_not_grow(open_page, settings, pictures):
    page = open_page(f"{SMALL}&{settings}")
    session = page.context.new_cdp_session(page)
    frames = f"(count) => {{ for (let i = 0; i < count; i++) {TAB}.frame(0); }}"

    def memory():
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        return page.evaluate(MEMORY) | {"used": used}

    page.evaluate(frames, 100)
    before = memory()
    for _ in range(pictures // 100):  # of an update each
        page.evaluate(frames, 100)
    after = memory()
    assert after["tensors"] == before["tensors"]
    assert after["wasm"] == before["wasm"]
    assert after["used"] < before["used"] + 1_000_000


def test_nothing_is_left_when_a_tab_closes(open_page):
    page = open_page(f"{SMALL}&{CURED}")
    click(page, "▶ Play")
    page.wait_for_function(f"{TAB}.game().iteration > 2")
    page.get_by_role("tab", name="Follow a run").click()
    assert page.evaluate("lab.tf.memory().numTensors") == 0
