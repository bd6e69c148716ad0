// The tab "Watch the game": a game that plays, its picture, what is measured of it, its controls.
import { startBackend } from "./backend.js";
import { ALL, possible } from "./controls.js";
import {
  DISTRIBUTIONS,
  FEWEST,
  MOST_PAINTED,
  RINGS,
  curveData,
  drawData,
  heightsOf,
  ownData,
  paintedData,
  parseOwn,
  pointsOf,
} from "./data.js";
import { element } from "./dom.js";
import { drawNumbers, drawPoints, short } from "./draw.js";
import { createFlow, stagesOf } from "./flow.js";
import { Game, SLIDES } from "./game.js";
import { History } from "./history.js";
import { createOwn } from "./own.js";
import { CLEAR, PAINTED, letPaint } from "./paint.js";
import { createPanel } from "./panel.js";
import { createReadout } from "./readout.js";
import { SCENES } from "./scenes.js";
import { t } from "./texts.js";
import { View, sigmoid } from "./view.js";

const texts = t.watch;
const BUDGET = 14; // milliseconds of a picture in which updates may begin
const STAGE = 1800; // milliseconds that slow motion shows a stage
const MEASURE = 400; // milliseconds between two looks at the distance of points
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
export const defaults = { ...SETTINGS, ...LAYERS, ...PAINTED, own: "", scene: "" };

let session; // the tab that is open

export async function open(root, state) {
  const mine = (session = { open: true });
  const name = state.get("scene"); // a short link to a scene: its settings take its place
  if (Object.hasOwn(SCENES, name)) state.set({ ...SCENES[name].settings, scene: "" });
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
    // Where too little is painted nothing of this is learnt.
    data = chosen ?? drawData(state.get("data") === "curve" ? "normal" : "ring", 0);
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
    letPlay(true);
    if (state.get("data") in PAINTED) tellPainted(chosen);
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

  /** Updates for one picture, one at least, as many as begin within so many ms; and the picture. */
  function frame(budget = BUDGET) {
    const end = performance.now() + budget;
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
    const summary = readout.show(
      {
        ...last,
        iteration: game.iteration,
        between: view.between,
        allModes: data.modes.length,
        accuracies: !game.settings.wasserstein,
      },
      history,
    );
    if (ahead > 0 && playing) tell(texts.ahead(ahead));
    else if (page.message.hasAttribute("data-ahead")) tell("");
    if (!playing) page.canvas.setAttribute("aria-label", `${texts.picture}. ${summary}`);
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
      scene ? scene.about : texts.ownGame,
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
      return page.own.ask();
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
  }

  /** Let all controls show the state. */
  function showControls() {
    panel.show();
    for (const [name, box] of Object.entries(page.layers)) box.checked = state.get(name);
    page.data.value = data && state.get("data") in texts.data ? state.get("data") : SETTINGS.data;
    const painted = state.get("data") in PAINTED;
    page.paint.hidden = !painted;
    page.paintText.textContent = painted
      ? `${texts.paint[state.get("data")]} ${texts.paint.keyboard}`
      : "";
    page.canvas.classList.toggle("paintable", painted);
    root.classList.toggle("points", data.dimensions === 2);
    showScenes();
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

  // ---------------------------------------------------------------- painting

  /** Let the game that plays learn what is painted, a text of the address line. */
  function learnPainted(text) {
    const name = state.get("data");
    state.set(name, text);
    const chosen = chosenData();
    if (chosen) {
      data = chosen;
      game.learn(data.samples);
      view = new View(game, data);
      look();
    }
    tellPainted(chosen);
    show();
  }

  function letPlay(able) {
    for (const name of ["play", "discriminator", "generator"]) page[name].disabled = !able;
  }

  /** What is to be said of what is painted; too little of it cannot be played. */
  function tellPainted(chosen) {
    const count = pointsOf(state.get("painted")).length / 2;
    const curve = state.get("data") === "curve";
    letPlay(Boolean(chosen));
    if (!chosen) {
      if (playing) pause();
      if (!curve) view.reals = Float32Array.from(pointsOf(state.get("painted")));
      tell(curve ? texts.paint.nothing : texts.paint.few(count, FEWEST));
    } else tell(!curve && count >= MOST_PAINTED ? texts.paint.full(MOST_PAINTED) : "");
  }

  // ---------------------------------------------------------------- the tab

  const panel = createPanel(value, change);
  const readout = createReadout();
  page.flow = createFlow();
  page.caption = element("p", { class: "caption" });
  page.message = element("p", { class: "message", role: "status" });
  page.canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": texts.picture,
  });
  const kind = () => state.get("data");
  letPaint(page.canvas, kind, () => state.get(kind()), learnPainted);
  page.own = createOwn((read, text, line) => {
    own = read;
    state.set("own", text);
    chooseData("own");
    tell(line);
  });
  page.paintText = element("span");
  const clear = () => {
    learnPainted(CLEAR[kind()]);
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
      await navigator.clipboard.writeText(new URL(state.link(), location.href).href);
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
        page.paint,
        page.message,
        buildLayers(),
      ),
      element(
        "div",
        { class: "right" },
        readout.measures,
        page.flow.element,
        page.caption,
        readout.charts,
      ),
    ),
    element("div", { class: "groups" }, ...panel.groups, page.own),
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
