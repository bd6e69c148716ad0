// The data flow of an update, as a diagram of which slow motion lights up a stage at a time.
import { t } from "./texts.js";

const SPACE = "http://www.w3.org/2000/svg";

// Which parts each stage lights up; a part's gradient is "back ..." and drawn in the other direction.
const STAGES = {
  discriminator: [
    ["noise", "noise-g", "g", "g-fakes", "fakes"],
    ["reals", "fakes"],
    ["fakes-d", "reals-d", "d", "d-belief", "belief"],
    ["belief", "belief-loss", "loss"],
    ["loss", "back belief-loss", "back d-belief", "d", "learns d"],
  ],
  generator: [
    ["noise", "noise-g", "g", "g-fakes", "fakes"],
    ["fakes-d", "d", "d-belief", "belief"],
    ["belief", "belief-loss", "loss"],
    ["loss", "back belief-loss", "back d-belief", "back fakes-d", "fakes"],
    ["back g-fakes", "g", "learns g"],
  ],
};

export const stagesOf = (kind) => STAGES[kind].length;

const NODES = {
  noise: [34, 84, "noise"],
  g: [118, 84, "network"],
  fakes: [200, 84, "fake"],
  reals: [200, 28, "real"],
  d: [284, 56, "network"],
  belief: [356, 56, "noise"],
  loss: [430, 56, "noise"],
};
const EDGES = ["noise-g", "g-fakes", "fakes-d", "reals-d", "d-belief", "belief-loss"];

function svg(name, attributes, text = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

/**
 * Make the diagram.
 *
 * @returns {{element: SVGElement, light: function}} light(kind, stage) lights a stage up; without
 *   arguments none.
 */
export function createFlow() {
  const root = svg("svg", { viewBox: "0 0 464 112", class: "flow", role: "img" });
  root.setAttribute("aria-label", t.watch.flow.label);
  const parts = {};
  for (const edge of EDGES) {
    const [from, to] = edge.split("-").map((name) => NODES[name]);
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const long = Math.hypot(dx, dy);
    const [a, b] = [dx / long, dy / long];
    const [x0, y0] = [from[0] + a * 29, from[1] + b * 20];
    const [x1, y1] = [to[0] - a * 31, to[1] - b * 20];
    const group = svg("g", { class: "edge" });
    group.append(svg("line", { x1: x0, y1: y0, x2: x1, y2: y1 }));
    const head = (x, y, sign, name) => {
      const points = [
        [x + 5 * a * sign, y + 5 * b * sign],
        [x - 4 * b, y + 4 * a],
        [x + 4 * b, y - 4 * a],
      ];
      return svg("polygon", { points: points.join(" "), class: name });
    };
    group.append(head(x1, y1, 1, "forth"), head(x0, y0, -1, "back"));
    parts[edge] = group;
    root.append(group);
  }
  for (const [name, [x, y, kind]] of Object.entries(NODES)) {
    const group = svg("g", { class: `node ${kind}` });
    const wide = 29;
    const corner = kind === "network" ? 3 : 16;
    group.append(
      svg("rect", { x: x - wide, y: y - 16, width: 2 * wide, height: 32, rx: corner }),
      svg("text", { x, y: y + 5 }, { g: "G", d: "D" }[name] ?? t.watch.flow[name]),
    );
    parts[name] = group;
    root.append(group);
  }

  function light(kind, stage) {
    for (const part of Object.values(parts)) part.classList.remove("on", "gradient", "learns");
    root.classList.toggle("lit", kind !== undefined);
    for (const words of kind === undefined ? [] : STAGES[kind][stage]) {
      const [name, mark] = words.split(" ").reverse();
      parts[name].classList.add("on");
      if (mark === "back") parts[name].classList.add("gradient");
      if (mark === "learns") parts[name].classList.add("learns");
    }
  }
  return { element: root, light };
}
