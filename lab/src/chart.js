// Curves as SVG: a run's losses and scores against the iteration.
import { t } from "./texts.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [480, 260];
const EDGE = { left: 52, right: 12, top: 10, bottom: 34 };
// Of Okabe and Ito's colours those that stand out on white; dashes tell them apart as well.
const COLOURS = ["#0072b2", "#d55e00", "#007a5a", "#000000", "#a3477f"];
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "12 3"];

/**
 * Draw curves.
 *
 * @param {string} label for a screen reader, and what the y axis counts.
 * @param {number[]} iterations
 * @param {Object<string, (number|null)[]>} curves by their names, each as long as the iterations; null
 *   leaves a gap.
 * @returns {SVGElement}
 */
export function chart(label, iterations, curves) {
  const values = Object.values(curves).flat().filter(Number.isFinite);
  const ys = ticks(Math.min(...values), Math.max(...values));
  const xs = ticks(Math.min(...iterations), Math.max(...iterations));
  const x = scale(iterations[0], Math.max(iterations.at(-1), iterations[0] + 1), EDGE.left, WIDTH - EDGE.right);
  const y = scale(Math.min(ys[0], ...values), Math.max(ys.at(-1), ...values), HEIGHT - EDGE.bottom, EDGE.top);
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const value of ys) {
    svg.append(shape("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value), class: "grid" }));
    svg.append(text(short(value), { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }));
  }
  for (const value of xs.filter((each) => each >= iterations[0] && each <= iterations.at(-1))) {
    svg.append(text(value.toLocaleString("en"), { x: x(value), y: HEIGHT - EDGE.bottom + 16, "text-anchor": "middle" }));
  }
  svg.append(text(t.follow.iteration, { x: WIDTH - EDGE.right, y: HEIGHT - 4, "text-anchor": "end" }));
  Object.values(curves).forEach((curve, place) => {
    let pen = "M";
    const path = curve.map((value, i) => {
      if (!Number.isFinite(value)) {
        pen = "M";
        return "";
      }
      const step = `${pen}${x(iterations[i]).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
      return step;
    });
    svg.append(shape("path", {
      d: path.join(""), fill: "none", "stroke-width": 2, stroke: COLOURS[place % COLOURS.length],
      "stroke-dasharray": DASHES[place % DASHES.length],
    }));
  });
  return svg;
}

/** The names of curves, each with a piece of its line, for a legend; (name, SVG) pairs. */
export function legend(names) {
  return names.map((name, place) => {
    const svg = shape("svg", { viewBox: "0 0 30 8", width: 30, height: 8, "aria-hidden": true });
    svg.append(shape("path", {
      d: "M0 4L30 4", "stroke-width": 3, stroke: COLOURS[place % COLOURS.length],
      "stroke-dasharray": DASHES[place % DASHES.length],
    }));
    return [name, svg];
  });
}

/** About five round numbers from one to another. */
function ticks(low, high) {
  const wide = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(wide / 4));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => wide / each <= 5);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: Math.max(2, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function scale(low, high, from, to) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

function short(value) {
  const size = Math.abs(value);
  if (size && (size >= 1e5 || size < 1e-3)) return value.toExponential(0).replace("e+", "e");
  return value.toLocaleString("en", { maximumFractionDigits: 4 });
}

function shape(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(words, attributes) {
  const made = shape("text", attributes);
  made.textContent = words;
  return made;
}
