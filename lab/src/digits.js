// "Ask for digits": the trained generators answer to noise that the reader moves about in.
import { element } from "./dom.js";
import { loadGenerator } from "./generators.js";
import { drawNoise, greatCircle, move, nearest, slant, strokeWeight } from "./latent.js";
import { unpack } from "./packed.js";
import { draw, save } from "./pictures.js";
import { t } from "./texts.js";

export const EXAMPLES = ["mnist_wgan", "fashion_gan", "dcgan", "binarized_gan", "bilinear_gan"];
const DIRECTIONS = ["slant", "stroke_weight"];
const MOST = { slant: 4, stroke_weight: 4 }; // steps along a direction, each of length 1
const FEW = 6; // numbers of the noise that have sliders at once
const FAR = 3; // a slider's end, in standard deviations
const STEPS = 10; // pictures of a walk, as in sample --show walk
const WALK_SECONDS = 4;
const NEAREST = 6;
const PIXELS = 28 * 28;
const PAUSE = 120; // milliseconds without a change until what is slower is drawn too

export const defaults = {
  ask: "mnist_wgan",
  digit: 7,
  from: 1, // the noise's seed
  to: 2, // that of the noise at the walk's end
  walked: 0, // share of the walk
  slant: 0, // steps along the directions
  stroke_weight: 0,
  numbers: "", // of the noise that were set: "37:1.5,4:-2"
  across: "slant", // what the pad moves: a direction, or the place of one of the noise's numbers
  up: "stroke_weight",
};

let close_ = () => {};

export function close() {
  close_();
}

export async function open(root, state) {
  const name = EXAMPLES.includes(state.get("ask")) ? state.get("ask") : defaults.ask;
  let open_ = true;
  let frame;
  let timer;
  let playing;
  let drawn; // what the last drawRest() holds to know whether it still is the last
  close_ = () => {
    open_ = false;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  root.append(element("p", { role: "status" }, t.digits.loading));
  const loaded = await load(name).catch(() => null);
  if (!open_) return;
  if (!loaded) return root.replaceChildren(element("p", { class: "complaint", role: "alert" }, t.digits.old));
  const [generator, real] = loaded;
  const { latent, classes } = generator;
  const asked = () => (classes ? Math.min(classes - 1, Math.max(0, Math.round(state.get("digit")))) : 0);
  const order = () => generator.order[asked()];

  // What is shown.
  const image = canvas("image", "");
  const told = element("p", { class: "told", "aria-live": "polite" });
  const tens = canvas("tens", t.digits.tensLabel);
  const walk = canvas("walk", t.digits.walkLabel);
  const others = element("ol", { class: "nearest" });

  // What moves it.
  const pad = makePad();
  const sliders = element("div", { class: "sliders" });
  const rest = element("div", { class: "sliders" });
  const along = slider(t.digits.walked, 0, 1, 0.01, "walked");
  const playButton = element("button", { type: "button", onclick: play }, t.digits.play);
  const seed = element("input", {
    type: "number", min: 0, step: 1, id: "from", onchange: () => set({ from: whole(seed.value), to: whole(seed.value) + 1, walked: 0 }, true),
  });
  const all = element("details", { ontoggle: fillRest }, element("summary", {}, t.digits.all(latent)), rest);

  root.replaceChildren(
    element("div", { class: "asking" },
      labelled("ask", t.digits.example, element("select", { id: "ask", onchange: (event) => choose({ ask: event.target.value }) },
        ...EXAMPLES.map((each) => element("option", { value: each, selected: each === name }, t.digits.examples[each])))),
      classes ? element("div", { class: "classes", role: "group", "aria-label": t.digits.classes },
        ...real.facts.names.map((each, digit) => element("button", {
          type: "button", "data-digit": digit, onclick: () => set({ digit }, true) }, each))) : ""),
    element("div", { class: "columns" },
      element("section", { class: "shown" },
        image,
        told,
        element("div", { class: "row" },
          element("button", { type: "button", class: "first", onclick: renew }, t.digits.renew),
          labelled("from", t.digits.from, seed),
          png(image, "", 10))),
      element("section", { class: "moving" },
        element("h2", {}, t.digits.move),
        pad.box,
        element("p", { class: "quiet" }, t.digits.explained(
          ...DIRECTIONS.map((each) => Math.round(100 * generator.explained[each][asked()])))),
        sliders,
        all,
        element("button", { type: "button", onclick: reset }, t.digits.reset)),
      element("section", { class: "compared" },
        element("h2", {}, t.digits.nearest),
        others,
        element("p", { class: "quiet" }, t.digits.searched(
          real.arrays.train.shape[0], real.facts.of, t.digits.sets[generator.dataset], real.facts.usual)))),
    element("section", { class: "strip" },
      element("h2", {}, t.digits.walk),
      walk,
      element("div", { class: "row" }, playButton, along.box, png(walk, "-walk", 4))),
    classes ? element("section", { class: "strip" },
      element("h2", {}, t.digits.tens),
      tens,
      element("div", { class: "row" }, png(tens, "-all", 4))) : "",
  );
  fillSliders();
  change(true);

  /** A canvas for pictures, as one picture to a screen reader. */
  function canvas(kind, label) {
    return element("canvas", { class: kind, role: "img", "aria-label": label, width: 28, height: 28 });
  }

  function png(from, what, enlarge) {
    const called = () => `${name}${classes && !what.includes("all") ? `-${asked()}` : ""}-noise${state.get("from")}${what}.png`;
    return element("button", { type: "button", onclick: () => save(from, called(), enlarge) }, t.digits.png);
  }

  /** Another example: the tab begins anew. */
  function choose(changes) {
    state.set({ ...changes, numbers: "", across: defaults.across, up: defaults.up });
    close();
    open(root, state);
  }

  function set(changes, anew) {
    state.set(changes);
    change(anew);
  }

  function renew() {
    set({ from: state.get("from") + 1, to: state.get("from") + 2, walked: 0, numbers: "" }, true);
  }

  function reset() {
    set({ slant: 0, stroke_weight: 0, numbers: "", walked: 0 }, true);
  }

  /** The numbers that the reader has set, by their places. */
  function chosen() {
    const pairs = state.get("numbers").split(",").map((pair) => pair.split(":").map(Number));
    return new Map(pairs.filter(([place, value]) => place in order() && Math.abs(value) <= FAR));
  }

  function setNumber(place, value) {
    const numbers = chosen().set(Number(place), value);
    set({ numbers: Array.from(numbers, (pair) => pair.join(":")).join(",") });
  }

  function walkAt(share) {
    const ends = [state.get("from"), state.get("to")].map((each) => drawNoise(whole(each), 1, latent));
    return greatCircle(...ends, share);
  }

  /** The noise before the steps along directions: where the walk is, with the numbers that were set. */
  function base(share = limited(state.get("walked"), 0, 1)) {
    const noise = walkAt(share);
    for (const [place, value] of chosen()) noise[place] = value;
    return noise;
  }

  function moved(noise, digit) {
    return DIRECTIONS.reduce((at, each) => {
      const direction = generator.directions[each].subarray(digit * latent, (digit + 1) * latent);
      return move(at, direction, limited(state.get(each), -MOST[each], MOST[each]));
    }, noise);
  }

  function generate(noises, digits) {
    const flat = new Float32Array(noises.length * latent);
    noises.forEach((noise, i) => flat.set(noise, i * latent));
    return generator.generate(flat, Int32Array.from(digits));
  }

  /** Draw after a change: the image at once, the rest a moment later. `anew`: sliders as well. */
  function change(anew) {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      if (!open_) return;
      drawn = undefined;
      drawImage();
      if (anew) fillSliders();
      showControls();
      clearTimeout(timer);
      timer = setTimeout(drawRest, PAUSE);
    });
  }

  function drawImage() {
    const digit = asked();
    const levels = generate([moved(base(), digit)], [digit]);
    draw(image, levels);
    const what = classes ? t.digits.oneOf(real.facts.names[digit]) : t.digits.one[generator.dataset];
    image.setAttribute("aria-label", what);
    told.textContent = t.digits.told(Math.round(slant(levels)), Math.round(100 * strokeWeight(levels)));
    return levels;
  }

  /** Draw what is slower, an image at a time, so that a change in the meantime is shown at once. */
  async function drawRest() {
    const mine = (drawn = {});
    const digit = asked();
    const shares = Array.from({ length: STEPS }, (_, i) => i / (STEPS - 1));
    await drawStrip(walk, shares.map((share) => [moved(base(share), digit), digit]));
    if (classes) {
      const digits = Array.from({ length: classes }, (_, i) => i);
      await drawStrip(tens, digits.map((each) => [moved(base(), each), each]));
    }
    if (!open_ || drawn !== mine) return;
    const train = real.arrays.train.values;
    const found = nearest(generate([moved(base(), digit)], [digit]), train, NEAREST);
    others.replaceChildren(...found.map(({ number, distance }) => {
      const label = real.facts.names[real.arrays.train_labels.values[number]];
      const picture = canvas("other", t.digits.other(number, label));
      draw(picture, train.subarray(number * PIXELS, (number + 1) * PIXELS));
      return element("li", {}, picture, element("span", {}, t.digits.distance(label, distance)));
    }));

    async function drawStrip(strip, asks) {
      const levels = new Uint8Array(asks.length * PIXELS);
      for (const [place, [noise, each]] of asks.entries()) {
        if (!open_ || drawn !== mine) return;
        levels.set(generate([noise], [each]), place * PIXELS);
        await new Promise((go) => setTimeout(go));
      }
      draw(strip, levels, asks.length);
    }
  }

  /** Let every control show what the state says. */
  function showControls() {
    if (document.activeElement !== seed) seed.value = state.get("from");
    for (const button of root.querySelectorAll("[data-digit]")) {
      button.setAttribute("aria-pressed", Number(button.dataset.digit) === asked());
    }
    const noise = base();
    for (const input of root.querySelectorAll("input[data-of]")) {
      const value = valueOf(input.dataset.of, noise);
      if (document.activeElement !== input) input.value = value;
      input.nextElementSibling.textContent = value.toFixed(input.step < 0.1 ? 2 : 1).replace("-", "−");
    }
    pad.show(noise);
  }

  /** What a slider or the pad moves: a direction, or the place of a number of the noise. */
  function valueOf(what, noise) {
    return what in defaults ? Number(state.get(what)) : noise[what];
  }

  function setValue(what, value) {
    if (what in defaults) set({ [what]: value });
    else setNumber(what, value);
  }

  function slider(label, least, most, step, what) {
    const id = `slider-${what}`;
    const input = element("input", {
      type: "range", id, min: least, max: most, step, "data-of": what,
      oninput: () => setValue(what, Number(input.value)),
    });
    return { input, box: labelled(id, label, input, element("output", { for: id })) };
  }

  function fillSliders() {
    const directions = DIRECTIONS.map((each) => slider(t.digits[each], -MOST[each], MOST[each], 0.1, each));
    const numbers = order().slice(0, FEW).map((place) => slider(t.digits.number(place), -FAR, FAR, 0.1, String(place)));
    sliders.replaceChildren(...[...directions, ...numbers].map(({ box }) => box));
    pad.fill();
    fillRest();
  }

  function fillRest() {
    if (!all.open) return rest.replaceChildren();
    const places = order().slice(FEW);
    rest.replaceChildren(...places.map((place) => slider(t.digits.number(place), -FAR, FAR, 0.1, String(place)).box));
    showControls();
  }

  /** A square in which a dot is dragged, or moved by the arrow keys: two values at once. */
  function makePad() {
    const dot = element("span", { class: "dot" });
    const square = element("div", {
      class: "pad", tabindex: 0, role: "application", "aria-label": t.digits.pad,
      onpointerdown: (event) => { square.setPointerCapture(event.pointerId); drag(event); },
      onpointermove: (event) => { if (square.hasPointerCapture(event.pointerId)) drag(event); },
      onkeydown: step,
    }, dot);
    const [across, up] = ["across", "up"].map((axis) => element("select", {
      id: axis, onchange: (event) => set({ [axis]: event.target.value }, true) }));
    const box = element("div", { class: "padbox" }, square,
      element("div", { class: "axes" }, labelled("across", t.digits.across, across), labelled("up", t.digits.up, up)));

    function known(axis) {
      const what = state.get(axis);
      return DIRECTIONS.includes(what) || Number(what) in order() ? what : defaults[axis];
    }
    function end(what) {
      return MOST[what] ?? FAR;
    }
    function drag(event) {
      const { left, top, width, height } = square.getBoundingClientRect();
      put(2 * ((event.clientX - left) / width) - 1, 1 - 2 * ((event.clientY - top) / height));
    }
    function put(x, y) {
      const [first, second] = [known("across"), known("up")];
      setValue(first, tenth(limited(x, -1, 1) * end(first)));
      setValue(second, tenth(limited(y, -1, 1) * end(second)));
    }
    function step(event) {
      const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
      if (x === undefined) return;
      event.preventDefault();
      const noise = base();
      for (const [axis, sign] of [["across", x], ["up", y]]) {
        const what = known(axis);
        if (sign) setValue(what, tenth(limited(valueOf(what, noise) + sign * 0.2, -end(what), end(what))));
      }
    }
    function show(noise) {
      const [x, y] = ["across", "up"].map((axis) => limited(valueOf(known(axis), noise) / end(known(axis)), -1, 1));
      dot.style.left = `${50 + 50 * x}%`;
      dot.style.top = `${50 - 50 * y}%`;
    }
    function fill() {
      for (const [select, axis] of [[across, "across"], [up, "up"]]) {
        const options = [...DIRECTIONS, ...order().slice(0, FEW).map(String)];
        if (!options.includes(known(axis))) options.push(known(axis));
        select.replaceChildren(...options.map((what) => element("option", { value: what, selected: what === known(axis) },
          DIRECTIONS.includes(what) ? t.digits[what] : t.digits.number(what))));
      }
    }
    return { box, show, fill };
  }

  /** Walk to the end, and from there on to the next noise, until it is stopped. */
  function play() {
    playing = !playing;
    playButton.textContent = playing ? t.digits.stop : t.digits.play;
    playButton.setAttribute("aria-pressed", Boolean(playing));
    let before = performance.now();
    let walked = limited(state.get("walked"), 0, 1);
    function tick(now) {
      if (!open_) return;
      walked += (now - before) / 1000 / WALK_SECONDS;
      before = now;
      const arrived = walked >= 1;
      if (arrived) state.set({ from: state.get("to"), to: state.get("to") + 1 });
      if (arrived) walked = 0;
      state.set({ walked: Math.round(100 * walked) / 100 });
      drawImage();
      showControls();
      if (arrived) drawRest();
      if (playing) requestAnimationFrame(tick);
    }
    if (playing) requestAnimationFrame(tick);
  }
}

async function load(name) {
  const generator = await loadGenerator(name);
  return [generator, await unpack(generator.dataset)];
}

function labelled(id, text, ...controls) {
  return element("span", { class: "labelled" }, element("label", { for: id }, text), ...controls);
}

function limited(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

function tenth(value) {
  return Math.round(10 * value) / 10;
}

function whole(value) {
  return Math.abs(Math.round(Number(value))) || 0;
}
