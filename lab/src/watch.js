// The tab "Watch the game": a game that plays, its picture, what is measured of it, its controls.
import { startBackend } from "./backend.js";
import { ALL, CONTROLS, possible } from "./controls.js";
import {
  COLUMNS, DISTRIBUTIONS, MOST_PAINTED, REACH, RINGS, curveData, drawData, heightsOf, ownData,
  paintedData, parseOwn, pointsOf, textOfHeights, textOfPoints,
} from "./data.js"; // prettier-ignore
import { element } from "./dom.js";
import { COLOURS, drawChart, drawNumbers, drawPoints, short } from "./draw.js";
import { createFlow, stagesOf } from "./flow.js";
import { Game, SLIDES } from "./game.js";
import { History } from "./history.js";
import { SCENES } from "./scenes.js";
import { t } from "./texts.js";
import { View, sigmoid } from "./view.js";

const texts = t.watch;
const BUDGET = 14; // milliseconds of a picture in which updates may begin
const STAGE = 1800; // milliseconds that slow motion shows a stage
const MEASURE = 400; // milliseconds between two looks at the distance of points
const LONGEST = 300_000; // letters that are taken
const LINKED = 2000; // letters of one's own numbers that a link carries
const PAINTABLE = ["curve", "painted"];
const DATA = {
  numbers: [...Object.keys(DISTRIBUTIONS), "curve"],
  points: [...Object.keys(RINGS), "painted"],
};

/** The slides' settings as the address line has them. */
const SETTINGS = {
  ...SLIDES,
  generatorUnits: SLIDES.generatorUnits.join(),
  discriminatorUnits: SLIDES.discriminatorUnits.join(),
  headStart: 0,
  seed: 0,
  data: "mixture",
};
const LAYERS = {
  showReal: true, showFake: true, showBelief: true, showBest: true, showBestField: false,
  showPulls: true,
}; // prettier-ignore
const PAINTED = {
  curve: "0000000258bfjnqrrqnjfb85200000000000000000037eltzzztle730000000000",
  painted: "",
};
export const defaults = { ...SETTINGS, ...LAYERS, ...PAINTED, own: "" };

let session; // the tab that is open

export async function open(root, state) {
  const mine = (session = { open: true });
  await startBackend();
  if (mine.open) Object.assign(mine, createSession(root, state));
}

export function close() {
  session?.leave?.();
  session.open = false;
}

/** For the browser's console and the tests: what is open. */
export const current = () => session;

function createSession(root, state) {
  const page = {}; // elements by name
  let game, view, data, history;
  let ahead = 0; // updates of D alone that are left
  let turn = 0; // updates of D since G's last
  let last = {}; // what the last updates gave
  let playing = false;
  let slow = null; // slow motion: the update that it shows, and its stage
  let inSlow = false;
  let timer, frameRequest;
  let measured = -Infinity;
  let ranAway = false; // losses or fakes are no numbers any more
  let own = null; // one's own numbers, also those too many for the link

  // ---------------------------------------------------------------- the game

  const value = (name) =>
    name in ALL ? possible(name, state.get(name), SETTINGS[name]) : state.get(name);

  function settings() {
    const all = Object.fromEntries(Object.keys(SLIDES).map((name) => [name, value(name)]));
    for (const name of ["generatorUnits", "discriminatorUnits"]) {
      all[name] = all[name].split(",").map(Number);
    }
    // A batch of fakes has to fit in.
    if (all.replay) all.replay = Math.max(all.replay, all.batchSize);
    return all;
  }

  /** The data that the state names; null where they are painted and too few. */
  function chosenData() {
    const name = state.get("data");
    if (name === "curve") return curveData(heightsOf(state.get("curve")), value("seed"));
    if (name === "painted") return paintedData(pointsOf(state.get("painted")));
    if (name === "own") {
      try {
        own ??= parseOwn(state.get("own"));
        return ownData(own);
      } catch (error) {
        tell(error.message, true);
      }
    }
    const known = name in DISTRIBUTIONS || name in RINGS;
    return drawData(known ? name : SETTINGS.data, value("seed"));
  }

  /** Begin the game from its seed. */
  function begin() {
    stopSlow();
    const chosen = chosenData();
    if (!chosen) {
      const few =
        state.get("data") === "curve"
          ? texts.paint.nothing
          : texts.paint.few(pointsOf(state.get("painted")).length / 2, 8);
      tell(few);
    }
    data = chosen ?? data ?? drawData("ring", 0);
    game?.dispose();
    game = new Game(settings(), data.samples, data.dimensions, value("seed"));
    view = new View(game, data);
    history = new History();
    ahead = value("headStart");
    ranAway = false;
    turn = 0;
    last = {};
    measured = -Infinity;
    look();
    show();
  }

  const next = () =>
    ahead > 0 || turn < game.settings.discriminatorUpdates ? "discriminator" : "generator";

  /** Take one update. */
  function update(kind, drawn) {
    if (kind === "discriminator") {
      last.d = game.updateDiscriminator(drawn);
      if (ahead > 0) ahead--;
      else turn++;
    } else {
      last.g = game.updateGenerator(drawn);
      turn = 0;
      history.add({
        dLoss: last.d?.loss, gLoss: last.g.loss, distance: last.distance,
        real: last.d?.accuracyReal, fake: last.d?.accuracyFake,
      }); // prettier-ignore
    }
    const { loss } = kind === "discriminator" ? last.d : last.g;
    if (!Number.isFinite(loss)) ranAway = true;
  }

  /** Updates for one picture, and the picture. */
  function frame() {
    const end = performance.now() + BUDGET;
    do update(next());
    while (!ranAway && performance.now() < end);
    look();
    show();
  }

  function loop() {
    frameRequest = requestAnimationFrame(() => {
      if (!playing) return;
      frame();
      loop();
    });
  }

  function play() {
    playing = true;
    tell(ahead ? texts.ahead(ahead) : "");
    showPlaying();
    if (inSlow) slowMotion(next());
    else loop();
  }

  function pause() {
    playing = false;
    cancelAnimationFrame(frameRequest);
    stopSlow();
    showPlaying();
    measured = -Infinity;
    look();
    show();
  }

  // ---------------------------------------------------------------- slow motion

  /** Show an update stage by stage; then take it. */
  function slowMotion(kind) {
    const drawn = kind === "discriminator" ? game.drawDiscriminator() : game.drawGenerator();
    const fakes = game.fakes(drawn.noise);
    const mean = (points) => {
      const answers = game.logits(points);
      const beliefs = game.settings.wasserstein ? answers : answers.map(sigmoid);
      return short(beliefs.reduce((sum, x) => sum + x, 0) / beliefs.length);
    };
    const { batchSize, labelSmoothing, fakeSmoothing } = game.settings;
    slow = {
      kind, drawn, fakes, stage: 0,
      numbers: {
        batch: batchSize,
        fake: mean(fakes),
        real: drawn.reals && mean(drawn.reals),
        targets: `${1 - labelSmoothing} (reals) and ${fakeSmoothing} (fakes)`,
      },
    }; // prettier-ignore
    showStage();
  }

  function showStage() {
    const { kind, stage, numbers, fakes, drawn } = slow;
    page.flow.light(kind, stage);
    page.caption.textContent = `${texts.flow[kind === "discriminator" ? "d" : "g"]}: ${texts.flow.stages[kind][stage](numbers)}`;
    const showsPulls = kind === "generator" && stage >= 3;
    const reals = kind === "discriminator" && stage >= 1 ? drawn.reals : [];
    drawPicture({ fakes, reals }, showsPulls);
    page.stage.disabled = false;
    clearTimeout(timer);
    if (playing) timer = setTimeout(nextStage, STAGE);
  }

  /** Go to slow motion's next stage; after the last one the update is taken. */
  function nextStage() {
    if (!slow) return slowMotion(next());
    const { kind, drawn } = slow;
    if (slow.stage + 1 < stagesOf(kind)) {
      slow.stage++;
      return showStage();
    }
    slow = null;
    update(kind, drawn);
    measured = -Infinity;
    look();
    show();
    if (playing) slowMotion(next());
    else stopSlow();
  }

  function stopSlow() {
    clearTimeout(timer);
    // What was drawn for the update that is left: its tensors.
    if (slow) {
      slow.drawn.masks?.forEach((mask) => mask.dispose());
      slow = null;
    }
    page.flow.light();
    page.caption.textContent = texts.flow.idle;
    page.stage.disabled = !inSlow;
  }

  /** One update by its button: at once, or in slow motion stage by stage. */
  function one(kind) {
    if (playing) pause();
    stopSlow();
    if (inSlow) return slowMotion(kind);
    update(kind);
    measured = -Infinity;
    look();
    show();
  }

  // ---------------------------------------------------------------- what is shown

  function look() {
    const fakes = view.look();
    if (ranAway || !fakes.every(Number.isFinite)) {
      ranAway = true;
      Object.assign(last, { distance: NaN, modes: null });
      if (playing) pause();
      tell(texts.ranAway, true);
      return;
    }
    // The distance of points takes some milliseconds.
    const now = performance.now();
    if (data.dimensions === 2 && now - measured < MEASURE) return;
    measured = now;
    last.distance = view.distance();
    last.modes = view.modes();
  }

  /** Draw the picture, of a batch in slow motion, else of the fakes and reals always shown. */
  function drawPicture(batch = {}, showsPulls = true) {
    const names = {
      real: "showReal", fake: "showFake", belief: "showBelief", field: "showBelief",
      best: "showBest", pulls: "showPulls",
    }; // prettier-ignore
    const layers = new Set(Object.keys(names).filter((name) => state.get(names[name])));
    if (data.dimensions === 2 && state.get("showBestField")) layers.add("bestField").add("field");
    if (!showsPulls) layers.delete("pulls");
    const { clientWidth: width, clientHeight: height } = page.canvas;
    if (!width) return;
    const picture = view.picture(layers, width / height, batch);
    (data.dimensions === 1 ? drawNumbers : drawPoints)(page.canvas, picture);
  }

  function show() {
    drawPicture();
    const column = (name) => history.column(name);
    const curves = {
      loss: [[COLOURS.d, [], "dLoss"], [COLOURS.g, [6, 3], "gLoss"]],
      accuracy: [[COLOURS.real, [], "real"], [COLOURS.fake, [6, 3], "fake"]],
      wasserstein: [[COLOURS.ink, [], "distance"]],
    }; // prettier-ignore
    for (const [name, lines] of Object.entries(curves)) {
      const drawn = lines.map(([colour, dash, key]) => ({ colour, dash, values: column(key) }));
      drawChart(
        page.charts[name],
        drawn,
        name === "loss" ? [0, 1] : [0, name === "accuracy" ? 1 : 0.1],
        name === "accuracy",
      );
    }
    const percent = (x) =>
      x === undefined || game.settings.wasserstein ? "–" : `${Math.round(100 * x)} %`;
    const figures = {
      iteration: game.iteration.toLocaleString("en"),
      distance: short(last.distance),
      between: texts.measures.between(short(view.between)),
      modes:
        last.modes === null
          ? texts.measures.none
          : texts.measures.of(last.modes, data.modes.length),
      dLoss: last.d ? short(last.d.loss) : "–",
      gLoss: last.g ? short(last.g.loss) : "–",
      accuracyReal: percent(last.d?.accuracyReal),
      accuracyFake: percent(last.d?.accuracyFake),
      chartDistance: short(last.distance),
    };
    for (const [name, text] of Object.entries(figures)) {
      if (page.figures[name].textContent !== text) page.figures[name].textContent = text;
    }
    if (ahead > 0 && playing) tell(texts.ahead(ahead));
    else if (page.message.dataset.ahead) tell("");
    if (!playing) {
      const modes = last.modes === null ? "" : `${texts.measures.modes}: ${figures.modes}.`;
      const told = { iteration: figures.iteration, distance: figures.distance, modes };
      page.canvas.setAttribute("aria-label", `${texts.picture}. ${texts.summary(told)}`);
    }
  }

  function tell(text, wrong = false) {
    page.message.textContent = text;
    page.message.classList.toggle("wrong", wrong);
    page.message.toggleAttribute("data-ahead", text !== "" && ahead > 0 && !wrong);
  }

  function showPlaying() {
    page.play.textContent = playing ? `❚❚ ${texts.buttons.pause}` : `▶ ${texts.buttons.play}`;
  }

  // ---------------------------------------------------------------- changes

  /** Change settings; the game goes on, or begins again where networks or data change. */
  function change(changes) {
    state.set(changes);
    const anew = Object.keys(changes).some((name) => name === "data" || ALL[name]?.anew);
    if (anew) restart();
    else {
      game.change(settings());
      view.look();
      show();
    }
    showControls();
    return anew;
  }

  function restart() {
    const was = playing;
    if (playing) pause();
    tell("");
    begin();
    if (was) play();
  }

  function showScene(name, cure) {
    const scene = SCENES[name];
    own = null;
    change({ ...SETTINGS, ...scene.settings, ...(cure ? scene.cures[cure] : {}) });
  }

  /** The scene, and its cure, that the settings are; undefined if they are none. */
  function sceneNow() {
    for (const [name, scene] of Object.entries(SCENES)) {
      for (const cure of [undefined, ...Object.keys(scene.cures ?? {})]) {
        const wanted = { ...SETTINGS, ...scene.settings, ...(cure ? scene.cures[cure] : {}) };
        if (Object.keys(wanted).every((key) => state.get(key) === wanted[key])) return [name, cure];
      }
    }
    return [];
  }

  // ---------------------------------------------------------------- elements

  const button = (name, onclick, attributes = {}) =>
    (page[name] = element(
      "button",
      { type: "button", onclick, ...attributes },
      texts.buttons[name],
    ));

  function buildScenes() {
    page.scenes = {};
    const group = (label, names) =>
      element(
        "span",
        { class: "group" },
        element("span", { class: "label" }, label),
        ...names.map((name) => {
          const click = () => showScene(name);
          page.scenes[name] = element(
            "button",
            { type: "button", onclick: click },
            texts.scenes[name].name,
          );
          return page.scenes[name];
        }),
      );
    const names = Object.keys(SCENES);
    page.about = element("p", { class: "about" });
    return element(
      "div",
      { class: "scenes", role: "group", "aria-label": texts.scenesLabel },
      group(
        texts.works,
        names.filter((name) => !SCENES[name].cures),
      ),
      group(
        texts.fails,
        names.filter((name) => SCENES[name].cures),
      ),
      page.about,
    );
  }

  function showScenes() {
    const [name, cure] = sceneNow();
    if (name) page.lastScene = name;
    for (const [key, one_] of Object.entries(page.scenes))
      one_.setAttribute("aria-pressed", key === name);
    const scene = name && texts.scenes[name];
    const cures = Object.keys((name && SCENES[name].cures) ?? {});
    const cureButton = (key) => {
      const text = key ? scene.cures[key] : texts.asItFails;
      const pressed = String(key === cure);
      return element(
        "button",
        {
          type: "button",
          class: "cure",
          "aria-pressed": pressed,
          onclick: () => showScene(name, key),
        },
        text,
      );
    };
    page.about.replaceChildren(
      ...(scene ? [scene.about] : []),
      ...(cures.length
        ? [
            element(
              "span",
              { class: "cures" },
              texts.cure,
              cureButton(undefined),
              ...cures.map(cureButton),
            ),
          ]
        : []),
    );
  }

  function buildData() {
    const option = (name) => element("option", { value: name }, texts.data[name]);
    const groups = Object.entries(DATA).map(([name, names]) =>
      element("optgroup", { label: texts.data[name] }, ...names.map(option)),
    );
    page.data = element(
      "select",
      { id: "data", onchange: () => chooseData(page.data.value) },
      ...groups,
      option("own"),
    );
    return element("label", { class: "learns" }, texts.data.label, page.data);
  }

  function chooseData(name) {
    if (name === "own" && !own) {
      page.data.value = state.get("data");
      page.ownGroup.open = true;
      page.ownText.focus();
      return;
    }
    // A game of points does not learn with the rates of the game of numbers, nor the other way.
    const points = (which) =>
      DATA.points.includes(which) || (which === "own" && own?.dimensions === 2);
    const changes = { data: name };
    if (points(name) !== (data.dimensions === 2)) {
      Object.assign(changes, SETTINGS, points(name) ? SCENES.ring.settings : {}, {
        data: name,
        seed: value("seed"),
      });
    }
    change(changes);
    if (PAINTABLE.includes(name) && !chosenData()) pause();
  }

  function buildOwn() {
    // What a browser would take seconds to put in, thousands of lines, is in at once.
    const paste = (event) => {
      const text = event.clipboardData.getData("text");
      event.preventDefault();
      if (text.length > LONGEST)
        page.ownError.textContent = texts.own.letters(text.length, LONGEST);
      else
        page.ownText.setRangeText(
          text,
          page.ownText.selectionStart,
          page.ownText.selectionEnd,
          "end",
        );
    };
    page.ownText = element("textarea", {
      rows: 5,
      onpaste: paste,
      placeholder: texts.own.example.replaceAll("\\n", "\n"),
      "aria-describedby": "own-error",
    });
    page.ownError = element("p", { id: "own-error", class: "wrong", role: "alert" });
    const learn = () => {
      try {
        const read = parseOwn(page.ownText.value);
        own = read;
      } catch (error) {
        page.ownError.textContent = error.message;
        return;
      }
      page.ownError.textContent = "";
      const { values, dimensions } = own;
      const step = dimensions;
      const rows = Array.from({ length: values.length / step }, (_, i) =>
        values.slice(i * step, (i + 1) * step),
      );
      const text = rows.map((row) => row.map((x) => Number(x.toPrecision(6))).join(" ")).join("|");
      const fits = text.length <= LINKED;
      state.set("own", fits ? text : "");
      chooseData("own");
      tell(
        texts.own.read(rows.length, texts.own.kinds[dimensions]) +
          (fits ? "" : ` ${texts.own.long}`),
      );
    };
    page.ownGroup = element(
      "details",
      {},
      element("summary", {}, texts.own.summary),
      element("label", {}, texts.own.label, page.ownText),
      element("button", { type: "button", onclick: learn }, texts.own.learn),
      page.ownError,
    );
    return page.ownGroup;
  }

  function buildControls(group) {
    const rows = Object.entries(CONTROLS[group]).map(([name, { slider, menu, box }]) => {
      const id = `set-${name}`;
      let input;
      if (box) {
        input = element("input", {
          type: "checkbox",
          id,
          onchange: () => change({ [name]: input.checked }),
        });
      } else if (menu) {
        const options = menu.map((one_) =>
          element("option", { value: one_ }, texts.values[one_] ?? texts.values.units(one_)),
        );
        input = element(
          "select",
          { id, onchange: () => change({ [name]: input.value }) },
          ...options,
        );
      } else {
        input = element("input", {
          type: "range", id, min: 0, max: slider.length - 1, step: 1,
          oninput: () => change({ [name]: slider[input.valueAsNumber] }),
        }); // prettier-ignore
      }
      page.inputs[name] = input;
      page.outputs[name] = element("output", { for: id });
      return element(
        "div",
        { class: `control${box ? " box" : ""}` },
        element("label", { for: id }, texts.settings[name]),
        input,
        ...(slider ? [page.outputs[name]] : []),
      );
    });
    return element("details", {}, element("summary", {}, texts.groups[group]), ...rows);
  }

  /** Let all controls show the state. */
  function showControls() {
    for (const [name, { slider, box }] of Object.entries(ALL)) {
      const now = value(name);
      const input = page.inputs[name];
      if (box) input.checked = now;
      else if (slider) {
        const nearest = slider.reduce((a, b) => (Math.abs(b - now) < Math.abs(a - now) ? b : a));
        input.value = slider.indexOf(nearest);
        const text = now === 0 && groupOf(name) === "cures" ? texts.values.off : String(now);
        page.outputs[name].textContent = text;
        input.setAttribute("aria-valuetext", text);
      } else input.value = now;
    }
    for (const [name, box] of Object.entries(page.layers)) box.checked = state.get(name);
    page.data.value = data && state.get("data") in texts.data ? state.get("data") : SETTINGS.data;
    const painted = PAINTABLE.includes(state.get("data"));
    page.paint.hidden = !painted;
    page.paintText.textContent = painted
      ? `${texts.paint[state.get("data")]} ${texts.paint.keyboard}`
      : "";
    page.canvas.classList.toggle("paintable", painted);
    const wasserstein = value("wasserstein");
    page.inputs.generatorCost.disabled =
      page.inputs.labelSmoothing.disabled =
      page.inputs.fakeSmoothing.disabled =
        wasserstein;
    page.inputs.clip.disabled = !wasserstein;
    page.inputs.replayShare.disabled = !value("replay");
    root.classList.toggle("points", data.dimensions === 2);
    showScenes();
  }

  function groupOf(name) {
    return Object.keys(CONTROLS).find((key) => name in CONTROLS[key]);
  }

  function buildLayers() {
    page.layers = {};
    const boxes = Object.keys(LAYERS).map((name) => {
      const toggle = () => {
        state.set(name, page.layers[name].checked);
        show();
      };
      page.layers[name] = element("input", { type: "checkbox", onchange: toggle });
      const swatch = element("span", { class: `swatch ${name}`, "aria-hidden": "true" });
      return element("label", { class: name }, page.layers[name], swatch, texts.layers[name]);
    });
    return element(
      "div",
      { class: "layers", role: "group", "aria-label": texts.layers.label },
      ...boxes,
    );
  }

  function buildCharts() {
    page.charts = {};
    const { charts } = texts;
    const key = (kind, text, figure) =>
      element(
        "span",
        { class: `key ${kind}` },
        element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }),
        text,
        " ",
        (page.figures[figure] = element("b")),
      );
    const chart = (name, ...keys) => {
      page.charts[name] = element("canvas", { role: "img", "aria-label": charts[name] });
      return element(
        "figure",
        { class: "chart" },
        element("figcaption", {}, charts[name], ...keys),
        page.charts[name],
      );
    };
    return element(
      "div",
      { class: "charts" },
      chart("loss", key("d", charts.d, "dLoss"), key("g", charts.g, "gLoss")),
      chart(
        "accuracy",
        key("showReal", charts.real, "accuracyReal"),
        key("showFake", charts.fake, "accuracyFake"),
      ),
      chart("wasserstein", key("w", "", "chartDistance")),
    );
  }

  function buildMeasures() {
    const { measures } = texts;
    const item = (label, ...children) =>
      element("div", {}, element("dt", {}, label), element("dd", {}, ...children));
    const figure = (name) => (page.figures[name] = element("span", { class: name }));
    return element(
      "dl",
      { class: "measures" },
      item(measures.iteration, figure("iteration")),
      item(measures.wasserstein, figure("distance"), " ", figure("between")),
      item(measures.modes, figure("modes")),
    );
  }

  // ---------------------------------------------------------------- painting

  /** Paint at a pointer's place. */
  function paint(event) {
    const box = page.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (state.get("data") === "curve") {
      const heights = heightsOf(state.get("curve"));
      // The picture goes from -0.5 to 0.5, the numbers lie between -0.4 and 0.4.
      const column = Math.floor(((x - 0.5) / 0.8 + 0.5) * COLUMNS);
      const height = Math.round(Math.min(Math.max(1 - y / 0.85, 0), 1) * 35);
      for (const near of [-1, 0, 1]) if (column + near in heights) heights[column + near] = height;
      state.set("curve", textOfHeights(heights));
    } else {
      const aspect = box.width / box.height;
      const points = pointsOf(state.get("painted"));
      for (const [dx, dy] of [
        [0, 0],
        [0.09, 0.05],
        [-0.06, 0.08],
        [-0.04, -0.09],
      ]) {
        const place = [(x - 0.5) * 2 * REACH * aspect + dx, (0.5 - y) * 2 * REACH + dy];
        if (points.length < 2 * MOST_PAINTED && Math.abs(place[0]) <= REACH) points.push(...place);
      }
      if (points.length >= 2 * MOST_PAINTED) tell(texts.paint.full(MOST_PAINTED));
      state.set("painted", textOfPoints(points));
    }
    learnPainted();
  }

  /** Let the game that plays learn what is painted now. */
  function learnPainted() {
    const chosen = chosenData();
    if (!chosen || chosen.dimensions !== data.dimensions) return showPainted();
    data = chosen;
    Object.assign(game, {
      samples: data.samples,
      count: data.samples.length / data.dimensions,
      order: [],
    });
    view = new View(game, data);
    look();
    show();
  }

  /** Painted points that are too few to be learnt. */
  function showPainted() {
    if (data.dimensions === 2) view.reals = Float32Array.from(pointsOf(state.get("painted")));
    drawPicture();
  }

  function painting() {
    let down = false;
    const paintable = () => PAINTABLE.includes(state.get("data"));
    const start = (event) => {
      if (!paintable()) return;
      down = true;
      page.canvas.setPointerCapture(event.pointerId);
      paint(event);
    };
    return {
      onpointerdown: start,
      onpointermove: (event) => down && paint(event),
      onpointerup: () => (down = false),
      onpointercancel: () => (down = false),
    };
  }

  // ---------------------------------------------------------------- the tab

  page.inputs = {};
  page.outputs = {};
  page.figures = {};
  page.flow = createFlow();
  page.caption = element("p", { class: "caption" });
  page.message = element("p", { class: "message", role: "status" });
  page.canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": texts.picture,
    ...painting(),
  });
  page.paintText = element("span");
  const clear = () => {
    const name = state.get("data");
    state.set(name, name === "curve" ? "0" : "");
    if (name === "curve") state.set("curve", textOfHeights(new Array(COLUMNS).fill(0)));
    if (playing) pause();
    showPainted();
    tell(name === "curve" ? texts.paint.nothing : "");
  };
  page.paint = element(
    "p",
    { class: "paint", hidden: true },
    page.paintText,
    " ",
    element("button", { type: "button", onclick: clear }, texts.paint.clear),
  );
  const slowBox = element("input", {
    type: "checkbox",
    id: "slow",
    onchange: () => {
      inSlow = slowBox.checked;
      stopSlow();
      if (playing) {
        cancelAnimationFrame(frameRequest);
        if (inSlow) slowMotion(next());
        else loop();
      }
    },
  });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      tell(texts.copied);
    } catch {
      tell(texts.notCopied);
    }
  };

  root.append(
    buildScenes(),
    element(
      "div",
      { class: "stage" },
      element(
        "div",
        { class: "left" },
        page.canvas,
        element(
          "div",
          { class: "bar" },
          button("play", () => (playing ? pause() : play()), { class: "first" }),
          button("discriminator", () => one("discriminator")),
          button("generator", () => one("generator")),
          button("restart", restart, { title: texts.tips.restart }),
          element("label", { class: "slow", title: texts.tips.slow }, slowBox, texts.buttons.slow),
          button("stage", nextStage, { disabled: true }),
          buildData(),
          button("link", copy),
        ),
        buildLayers(),
        page.paint,
        page.message,
      ),
      element(
        "div",
        { class: "right" },
        buildMeasures(),
        page.flow.element,
        page.caption,
        buildCharts(),
      ),
    ),
    element(
      "div",
      { class: "groups" },
      buildControls("learning"),
      buildControls("networks"),
      buildControls("cures"),
      buildOwn(),
    ),
  );
  begin();
  showControls();
  showPlaying();
  const resized = new ResizeObserver(() => show());
  resized.observe(page.canvas);

  function leave() {
    resized.disconnect();
    if (playing) pause();
    stopSlow();
    game.dispose();
  }

  return { frame, leave, game: () => game, view: () => view, update, next };
}
