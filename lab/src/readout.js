// What is measured of the game, in figures and as curves.
import { element } from "./dom.js";
import { COLOURS, drawChart, short } from "./draw.js";
import { t } from "./texts.js";

const texts = t.watch;
// Of each chart: its curves, of history.js's columns, and the range that it has at least.
const CHARTS = {
  loss: {
    curves: [
      { colour: COLOURS.d, dash: [], column: "dLoss" },
      { colour: COLOURS.g, dash: [6, 3], column: "gLoss" },
    ],
    range: [0, 1],
  },
  accuracy: {
    curves: [
      { colour: COLOURS.real, dash: [], column: "real" },
      { colour: COLOURS.fake, dash: [6, 3], column: "fake" },
    ],
    range: [0, 1],
    fixed: true,
  },
  wasserstein: { curves: [{ colour: COLOURS.ink, dash: [], column: "distance" }], range: [0, 0.1] },
};

/**
 * Make the readout.
 *
 * @returns {{measures: HTMLElement, charts: HTMLElement, show: function}} show(figures, history)
 *   shows: iteration, between, distance, modes, allModes, d and g, the last updates' results, and
 *   whether there are accuracies; what is undefined or null is a dash. It returns the words for a
 *   screen reader.
 */
export function createReadout() {
  const cells = {};
  const canvases = {};
  const cell = (name, tag = "span") => (cells[name] = element(tag, { class: name }));
  const item = (label, ...children) =>
    element("div", {}, element("dt", {}, label), element("dd", {}, ...children));
  const measures = element(
    "dl",
    { class: "measures" },
    item(texts.measures.iteration, cell("iteration")),
    item(texts.measures.wasserstein, cell("distance"), " ", cell("between")),
    item(texts.measures.modes, cell("modes")),
  );

  const key = (kind, text, name) => {
    const swatch = element("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
    return element("span", { class: "key" }, swatch, text, " ", cell(name, "b"));
  };
  const chart = (name, ...keys) => {
    canvases[name] = element("canvas", { role: "img", "aria-label": texts.charts[name] });
    const caption = element("figcaption", {}, texts.charts[name], ...keys);
    return element("figure", { class: "chart" }, caption, canvases[name]);
  };
  const charts = element(
    "div",
    { class: "charts" },
    chart("loss", key("d", texts.charts.d, "dLoss"), key("g", texts.charts.g, "gLoss")),
    chart(
      "accuracy",
      key("showReal", texts.charts.real, "accuracyReal"),
      key("showFake", texts.charts.fake, "accuracyFake"),
    ),
    chart("wasserstein", key("w", "", "lastDistance")),
  );

  function show({ iteration, between, distance, modes, allModes, d, g, accuracies }, history) {
    const none = texts.measures.none;
    const number = (value) => (value === undefined ? none : short(value));
    const percent = (value) =>
      value === undefined || !accuracies ? none : `${Math.round(100 * value)} %`;
    const found = modes === null ? none : texts.measures.of(modes, allModes);
    const shown = {
      iteration: iteration.toLocaleString("en"),
      distance: number(distance),
      lastDistance: number(distance),
      between: texts.measures.between(short(between)),
      modes: found,
      dLoss: number(d?.loss),
      gLoss: number(g?.loss),
      accuracyReal: percent(d?.accuracyReal),
      accuracyFake: percent(d?.accuracyFake),
    };
    for (const [name, text] of Object.entries(shown)) {
      if (cells[name].textContent !== text) cells[name].textContent = text;
    }
    for (const [name, { curves, range, fixed }] of Object.entries(CHARTS)) {
      const drawn = curves.map((curve) => ({ ...curve, values: history.column(curve.column) }));
      drawChart(canvases[name], drawn, range, fixed);
    }
    return texts.summary(shown);
  }
  return { measures, charts, show };
}
