// "Spot the fake", page 11 of the tutorial of seed 001: 36 images, of which 12 are a generator's.
import { EXAMPLES } from "./digits.js";
import { element } from "./dom.js";
import { loadGenerator } from "./generators.js";
import { drawNoise } from "./latent.js";
import { unpack } from "./packed.js";
import { draw } from "./pictures.js";
import { shuffled, stream } from "./random.js";
import { SHEET, gather, read, write } from "./results.js";
import { t } from "./texts.js";

const SHEET_FAKES = 12;
const PIXELS = 28 * 28;

export const defaults = {
  of: "binarized_gan", // whose fakes
  sheet: 1, // its seed
  results: "", // see results.js
};

let close_ = () => {};

export function close() {
  close_();
}

/** Which of a sheet's images are fake, bools (SHEET,). */
export function fakePlaces(example, sheet) {
  const places = shuffled(stream(sheet, `sheet ${example}`), SHEET).slice(0, SHEET_FAKES);
  return Array.from({ length: SHEET }, (_, place) => places.includes(place));
}

/**
 * A sheet's images, grey levels (SHEET * 784): test images, which no generator has learned from, and
 * fakes. Those of binarized_gan are black and white, as it learned them.
 */
async function drawSheet(example, sheet) {
  const generator = await loadGenerator(example);
  const { arrays } = await unpack(generator.dataset);
  const test = arrays.test.values;
  const chosen = shuffled(stream(sheet, "real"), test.length / PIXELS);
  const random = stream(sheet, "digits");
  const digits = Int32Array.from({ length: SHEET_FAKES }, () => Math.floor(random() * generator.classes));
  const fakes = generator.generate(drawNoise(sheet, SHEET_FAKES, generator.latent), digits);
  const levels = new Uint8Array(SHEET * PIXELS);
  let drawn = 0;
  fakePlaces(example, sheet).forEach((fake, place) => {
    const [from, number] = fake ? [fakes, drawn++] : [test, chosen[place]];
    levels.set(from.subarray(number * PIXELS, (number + 1) * PIXELS), place * PIXELS);
  });
  return example === "binarized_gan" ? levels.map((level) => (level > 127.5 ? 255 : 0)) : levels;
}

export async function open(root, state) {
  let open_ = true;
  close_ = () => (open_ = false);
  root.append(element("p", { role: "status" }, t.quiz.loading));
  const example = EXAMPLES.includes(state.get("of")) ? state.get("of") : defaults.of;
  const sheet = Math.abs(Math.round(state.get("sheet")));
  const levels = await drawSheet(example, sheet).catch(() => null);
  if (!open_) return;
  if (!levels) return root.replaceChildren(element("p", { class: "complaint", role: "alert" }, t.digits.old));
  const fake = fakePlaces(example, sheet);
  const marks = Array(SHEET).fill(false);
  let told = false;

  const tiles = marks.map((_, place) => {
    const canvas = element("canvas", { "aria-hidden": true });
    draw(canvas, image(place));
    return element("button", {
      type: "button", "aria-pressed": false, "aria-label": t.quiz.image(place + 1),
      onclick: () => mark(place) }, canvas, element("span", {}));
  });
  const count = element("p", { role: "status" });
  const ask = element("button", { type: "button", class: "first", onclick: tell }, t.quiz.ask);
  const answer = element("div", { class: "answer", "aria-live": "polite" });
  const pasted = element("textarea", { id: "pasted", rows: 3, placeholder: t.quiz.pastedHint });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const table = element("div", { class: "results" });
  const folded = element("details", {},
    element("summary", {}, t.quiz.results),
    element("p", { class: "quiet" }, t.quiz.howTo),
    element("label", { for: "pasted" }, t.quiz.pasted), pasted,
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => add(pasted.value) }, t.quiz.add),
      element("button", { type: "button", onclick: (event) => copy(event.target, state.get("results")) }, t.quiz.copyAll)),
    complaint, table);

  root.replaceChildren(
    element("div", { class: "asking" },
      element("span", { class: "labelled" }, element("label", { for: "of" }, t.quiz.of),
        element("select", { id: "of", onchange: (event) => another({ of: event.target.value }) },
          ...EXAMPLES.map((each) => element("option", { value: each, selected: each === example }, t.digits.examples[each])))),
      element("span", { class: "labelled" }, element("label", { for: "sheet" }, t.quiz.sheet),
        element("input", { id: "sheet", type: "number", min: 0, value: sheet,
          onchange: (event) => another({ sheet: Math.abs(Math.round(Number(event.target.value))) || 0 }) })),
      element("button", { type: "button", onclick: () => another({ sheet: sheet + 1 }) }, t.quiz.next)),
    element("p", {}, t.quiz.task(SHEET, SHEET_FAKES, t.digits.sets[(await loadGenerator(example)).dataset])),
    element("div", { class: "columns" },
      element("div", { class: "sheet", role: "group", "aria-label": t.quiz.images }, ...tiles),
      element("div", {}, element("div", { class: "row" }, ask, count), answer, folded)),
  );
  showCount();
  const given = gather(state.get("results"), EXAMPLES.length);
  folded.open = state.get("results") !== "";
  complain(given.damaged, state.get("results") !== "" && given.found.length === 0);
  showResults(given.found);

  function image(place) {
    return levels.subarray(place * PIXELS, (place + 1) * PIXELS);
  }

  function another(changes) {
    state.set(changes);
    close();
    open(root, state);
  }

  function mark(place) {
    if (told) return;
    marks[place] = !marks[place];
    tiles[place].setAttribute("aria-pressed", marks[place]);
    showCount();
  }

  function showCount() {
    count.textContent = t.quiz.marked(marks.filter(Boolean).length, SHEET_FAKES);
  }

  /** Tell which are fake, and the score. */
  function tell() {
    told = true;
    ask.disabled = true;
    count.textContent = "";
    tiles.forEach((tile, place) => {
      const right = marks[place] === fake[place];
      const words = `${right ? "✓" : "✗"} ${fake[place] ? t.quiz.fake : t.quiz.real}`;
      tile.classList.add(right ? "right" : "wrong");
      tile.lastElementChild.textContent = words;
      tile.setAttribute("aria-label", `${t.quiz.image(place + 1)}: ${words}`);
    });
    const { found, suspected, right } = score({ marks }, fake);
    const name = element("input", { id: "name", maxlength: 20, autocomplete: "off", oninput: showLink });
    const link = element("input", { id: "link", readonly: true, onfocus: () => link.select() });
    answer.replaceChildren(
      element("p", { class: "score" }, t.quiz.right(right, SHEET)),
      element("p", {}, t.quiz.found(found, SHEET_FAKES, suspected, SHEET - SHEET_FAKES)),
      element("div", { class: "row" },
        element("span", { class: "labelled" }, element("label", { for: "name" }, t.quiz.name), name),
        element("span", { class: "labelled" }, element("label", { for: "link" }, t.quiz.link), link),
        element("button", { type: "button", onclick: (event) => copy(event.target, mine()) }, t.quiz.copy)),
      element("p", { class: "quiet" }, t.quiz.handIn),
    );
    /** What the link carries: what this page's carries, and the reader's own. */
    function mine() {
      const own = write({ example: EXAMPLES.indexOf(example), sheet, marks, name: name.value });
      return gather([state.get("results"), own].join("_"), EXAMPLES.length).found.join("_");
    }
    function showLink() {
      link.value = address(mine());
    }
    showLink();
    ask.closest(".row").remove();
    answer.scrollIntoView({ block: "nearest" });
  }

  /** The address of this sheet with some results. */
  function address(results) {
    const params = new URLSearchParams({ tab: "quiz", of: example, sheet });
    if (results) params.set("results", results);
    return `${location.href.split("#")[0]}#${params}`;
  }

  async function copy(button, results) {
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(address(results));
      button.textContent = t.quiz.copied;
    } catch {
      button.textContent = t.quiz.copyYourself; // the browser does not let it
    }
    setTimeout(() => (button.textContent = words), 2000);
  }

  /** Add the results of pasted links to those that the page has. */
  function add(text) {
    const more = gather(text, EXAMPLES.length);
    complain(more.damaged, more.found.length === 0);
    if (more.found.length === 0) return;
    const { found } = gather([state.get("results"), ...more.found].join("_"), EXAMPLES.length);
    state.set("results", found.join("_"));
    pasted.value = "";
    showResults(found);
  }

  function complain(damaged, none) {
    const start = (damaged[0] ?? "").slice(0, 24);
    if (damaged.length) complaint.textContent = t.quiz.damaged(damaged.length, start);
    else complaint.textContent = none ? t.quiz.none : "";
  }

  /** The class on one screen: each example's mean, who has what, and what was taken for fake. */
  function showResults(found) {
    const all = found.map((text) => read(text, EXAMPLES.length));
    const scores = all.map((one) => ({ ...one, ...score(one, fakePlaces(EXAMPLES[one.example], one.sheet)) }));
    if (!all.length) return table.replaceChildren();
    const rows = EXAMPLES.map((each, number) => scores.filter((one) => one.example === number)).filter((ones) => ones.length);
    const here = scores.filter((one) => EXAMPLES[one.example] === example && one.sheet === sheet);
    table.replaceChildren(
      element("table", {},
        element("caption", {}, t.quiz.byExample),
        element("thead", {}, row("th", t.quiz.heads)),
        element("tbody", {}, ...rows.map((ones) => row("td", [
          EXAMPLES[ones[0].example], ones.length,
          bar(mean(ones, "right") / SHEET, mean(ones, "right").toFixed(1)),
          bar(mean(ones, "found") / SHEET_FAKES, mean(ones, "found").toFixed(1)),
          bar(mean(ones, "suspected") / (SHEET - SHEET_FAKES), mean(ones, "suspected").toFixed(1)),
        ])))),
      element("table", {},
        element("caption", {}, t.quiz.byName),
        element("thead", {}, row("th", t.quiz.nameHeads)),
        element("tbody", {}, ...scores.toSorted((a, b) => b.right - a.right).map((one) => row("td", [
          one.name || t.quiz.nameless, EXAMPLES[one.example], one.sheet,
          bar(one.right / SHEET, one.right), one.found, one.suspected])))),
      ...(here.length ? [element("h3", {}, t.quiz.byImage(here.length)), byImage(here)] : []),
    );
  }

  /** This sheet's images, those first that most of the class called fake. */
  function byImage(ones) {
    const votes = marks.map((_, place) => ones.filter((one) => one.marks[place]).length);
    const order = votes.map((_, place) => place).toSorted((a, b) => votes[b] - votes[a]);
    return element("div", { class: "votes" }, ...order.map((place) => {
      const canvas = element("canvas", { role: "img", "aria-label": t.quiz.image(place + 1) });
      draw(canvas, image(place));
      const what = fake[place] ? t.quiz.fake : t.quiz.real;
      return element("figure", { class: fake[place] ? "fake" : "real" }, canvas,
        element("figcaption", {}, t.quiz.votes(votes[place], ones.length, what)));
    }));
  }
}

/** How many fakes a result has found, how many reals it suspected, and how many images are right. */
export function score({ marks }, fake) {
  const found = marks.filter((marked, place) => marked && fake[place]).length;
  const suspected = marks.filter((marked, place) => marked && !fake[place]).length;
  return { found, suspected, right: found + SHEET - SHEET_FAKES - suspected };
}

function mean(ones, name) {
  return ones.reduce((sum, one) => sum + one[name], 0) / ones.length;
}

function row(kind, cells) {
  return element("tr", {}, ...cells.map((cell) => element(kind, {}, cell)));
}

/** A number with a bar as long as its share. */
function bar(share, text) {
  return element("span", { class: "share", style: `--share: ${share}` }, String(text));
}
