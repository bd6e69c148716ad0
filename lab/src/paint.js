// Painting with mouse or finger: how often each number occurs, or points.
import {
  COLUMNS,
  MOST_PAINTED,
  REACH,
  heightsOf,
  pointsOf,
  textOfHeights,
  textOfPoints,
} from "./data.js";

const BRUSH = [
  [0, 0],
  [0.09, 0.05],
  [-0.06, 0.08],
  [-0.04, -0.09],
]; // points that one touch leaves

/** What there is to begin with: a curve of two hills, and a face. */
export const PAINTED = {
  curve: "0000000258bfjnqrrqnjfb85200000000000000000037eltzzztle7300000000",
  painted: textOfPoints(face()),
};

/** Nothing painted. */
export const CLEAR = { curve: "0".repeat(COLUMNS), painted: "" };

function face() {
  const points = [];
  for (let i = 0; i <= 24; i++) {
    const angle = Math.PI * (1.15 + (0.7 * i) / 24);
    points.push(1.6 * Math.cos(angle), 1.6 * Math.sin(angle));
  }
  for (const x of [-0.7, 0.7]) for (const [dx, dy] of BRUSH) points.push(x + dx, 0.7 + dy);
  return points;
}

/**
 * Let a canvas be painted on.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {function} kind returns "curve", "painted", or what cannot be painted.
 * @param {function} text returns what is painted so far, as the address line has it.
 * @param {function} painted takes the new text.
 */
export function letPaint(canvas, kind, text, painted) {
  let down = false;
  const paint = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    const add = kind() === "curve" ? withHill : withPoints;
    painted(add(text(), x, y, box.width / box.height));
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!(kind() in PAINTED)) return;
    down = true;
    canvas.setPointerCapture(event.pointerId);
    paint(event);
  });
  canvas.addEventListener("pointermove", (event) => down && paint(event));
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => (down = false));
  }
}

/** A curve with a hill at shares x and y of the picture's width and height. */
function withHill(text, x, y) {
  const heights = heightsOf(text);
  // The picture goes from -0.5 to 0.5, the numbers lie between -0.4 and 0.4.
  const column = Math.floor(((x - 0.5) / 0.8 + 0.5) * COLUMNS);
  const height = Math.round(Math.min(Math.max(1 - y / 0.88, 0), 1) * 35);
  for (const near of [-1, 0, 1]) {
    if (column + near in heights) heights[column + near] = height;
  }
  return textOfHeights(heights);
}

/** Points with those of a touch. */
function withPoints(text, x, y, aspect) {
  const points = pointsOf(text);
  for (const [dx, dy] of BRUSH) {
    const place = [(x - 0.5) * 2 * REACH * aspect + dx, (0.5 - y) * 2 * REACH + dy];
    const inside = Math.max(...place.map(Math.abs)) <= REACH;
    if (inside && points.length < 2 * MOST_PAINTED) points.push(...place);
  }
  return textOfPoints(points);
}
