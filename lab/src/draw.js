// Drawing on canvas: the game's picture and the small charts. Colours are style.css's.

export const COLOURS = {
  real: "#0072b2",
  fake: "#d55e00",
  best: "#000000",
  belief: "#444444",
  d: "#009e73",
  g: "#aa3f87",
  ink: "#1b1b1b",
  quiet: "#555555",
  line: "#c9c9c9",
};
// Tints of D's belief: 0, fake; 1/2; 1, real. They are light, so that all else stands out on them.
const TINTS = [
  [250, 209, 172],
  [255, 255, 255],
  [172, 214, 242],
];
const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** Red, green and blue of a belief in [0, 1]. */
export function tint(belief) {
  if (!(belief >= 0)) return [238, 238, 238]; // NaN: nothing is known
  const side = belief < 0.5 ? 0 : 1;
  const part = Math.min(belief, 1) * 2 - side;
  return TINTS[side].map((from, i) => from + (TINTS[side + 1][i] - from) * part);
}

/** A canvas's context and size in CSS pixels, at the screen's resolution. */
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineJoin = "round";
  return { context, width, height };
}

const FLOOR = 46; // pixels under a one-dimensional picture's curves: its fakes and axis
const HEAD = 12;

/**
 * Draw a game of numbers.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Object} view places (N) scaled, in [-0.5, 0.5]; at each belief, best, real and fake
 *   densities; field, what colours the ground (N); fakes, and pulls of the first; reals, a batch or none; unscale; show, the
 *   names of what is shown, a Set; sure, whether beliefs are shares, with an axis from 0 to 1.
 */
export function drawNumbers(canvas, view) {
  const { context, width, height } = fit(canvas);
  const { places, show } = view;
  const floor = height - FLOOR;
  const across = (x) => (x + 0.5) * width;
  const rise = (share) => floor - share * (floor - HEAD);

  if (show.has("field")) drawField(context, view.field, places.length, 1, width, floor + 22);
  const top = Math.max(...view.real) * 1.15 || 1;
  // A collapsed generator's peak may leave the picture.
  const curve = (values, scale) => {
    context.beginPath();
    let drawing = false;
    places.forEach((x, i) => {
      if (Number.isNaN(values[i])) drawing = false;
      else {
        const y = rise(Math.min(values[i] / scale, 1.02));
        if (drawing) context.lineTo(across(x), y);
        else context.moveTo(across(x), y);
        drawing = true;
      }
    });
  };
  for (const [name, dash] of [
    ["real", []],
    ["fake", [7, 4]],
  ]) {
    if (!show.has(name)) continue;
    curve(view[name], top);
    stroke(context, COLOURS[name], 3, dash);
    context.lineTo(across(0.5), floor);
    context.lineTo(across(-0.5), floor);
    context.fillStyle = `${COLOURS[name]}22`;
    context.fill();
  }
  if (show.has("best") && view.best) {
    curve(view.best, 1);
    stroke(context, COLOURS.best, 2, [2, 4]);
  }
  if (show.has("belief")) {
    curve(view.belief, 1);
    stroke(context, COLOURS.belief, 2.5);
  }

  context.fillStyle = COLOURS.real;
  for (const x of view.reals) context.fillRect(across(x) - 0.75, floor - 10, 1.5, 10);
  context.fillStyle = COLOURS.fake;
  if (show.has("fake")) {
    for (const x of view.fakes) context.fillRect(across(x) - 0.75, floor + 2, 1.5, 10);
  }
  if (show.has("pulls")) {
    context.strokeStyle = context.fillStyle = COLOURS.ink;
    for (let i = 0; i < view.pulls.length; i++) {
      arrow(context, across(view.fakes[i]), floor + 17, pixels(view.pulls[i]), 0);
    }
  }
  line(context, 0, floor, width, floor, COLOURS.quiet);
  drawTicks(context, view.unscale, width, height);
  if (view.sure && (show.has("belief") || show.has("best"))) {
    for (const share of [0, 0.5, 1]) {
      label(context, String(share), width - 4, rise(share) + (share ? 4 : -6), "right");
    }
    line(context, 0, rise(0.5), width - 26, rise(0.5), COLOURS.line);
  }
}

/**
 * Draw a game of points.
 *
 * @param {Object} view grid and field, the colours' values on it; reals, fakes (N * 2), pulls;
 *   show.
 */
export function drawPoints(canvas, view) {
  const { context, width, height } = fit(canvas);
  const { grid, show } = view;
  const across = (x) => ((x / grid.reach[0] + 1) / 2) * width;
  const down = (y) => ((1 - y / grid.reach[1]) / 2) * height;
  if (show.has("field")) drawField(context, view.field, grid.columns, grid.rows, width, height);
  const dots = (points, colour, size) => {
    context.fillStyle = colour;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [across(points[i]), down(points[i + 1])];
      context.moveTo(x + size, y);
      context.arc(x, y, size, 0, 2 * Math.PI);
    }
    context.fill();
  };
  if (show.has("real")) dots(view.reals, COLOURS.real, 2.2);
  if (show.has("pulls")) {
    context.strokeStyle = context.fillStyle = COLOURS.ink;
    for (let i = 0; i < view.pulls.length; i += 2) {
      const size = Math.hypot(view.pulls[i], view.pulls[i + 1]) || 1;
      const long = pixels(size) / size;
      const [x, y] = [across(view.fakes[i]), down(view.fakes[i + 1])];
      arrow(context, x, y, view.pulls[i] * long, -view.pulls[i + 1] * long);
    }
  }
  if (show.has("fake")) dots(view.fakes, COLOURS.fake, 2.2);
}

/** The length of an arrow: no pull none, a strong one 40 pixels. */
function pixels(pull) {
  return (40 * pull) / (Math.abs(pull) + 0.3);
}

function arrow(context, x, y, dx, dy) {
  const long = Math.hypot(dx, dy);
  if (long < 1.5) return;
  const [a, b] = [dx / long, dy / long];
  context.lineWidth = 1.3;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  context.stroke();
  const head = Math.min(5, long);
  context.beginPath();
  context.moveTo(x + dx, y + dy);
  context.lineTo(x + dx - head * (a + b / 2), y + dy - head * (b - a / 2));
  context.lineTo(x + dx - head * (a - b / 2), y + dy - head * (b + a / 2));
  context.fill();
}

let scratch;

/** Beliefs (rows * columns) as a ground of colours. */
function drawField(context, field, columns, rows, width, height) {
  scratch ??= document.createElement("canvas");
  Object.assign(scratch, { width: columns, height: rows });
  const inner = scratch.getContext("2d");
  const image = inner.createImageData(columns, rows);
  field.forEach((belief, i) => image.data.set([...tint(belief), 255], 4 * i));
  inner.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(scratch, 0, 0, columns, rows, 0, 0, width, height);
}

function stroke(context, colour, width, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

function line(context, x0, y0, x1, y1, colour) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  stroke(context, colour, 1);
}

function label(context, text, x, y, align, colour = COLOURS.ink, size = 13) {
  context.font = `${size}px ${FONT}`;
  context.textAlign = align;
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Round numbers under the picture, in the data's own units. */
function drawTicks(context, unscale, width, height) {
  const [low, high] = [unscale(-0.5), unscale(0.5)];
  const rough = (high - low) / Math.max(4, width / 110);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= rough) * power;
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    const x = ((tick - low) / (high - low)) * width;
    if (x > 14 && x < width - 14) label(context, short(tick), x, height - 7, "center");
  }
}

/** A number in few letters. */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(3));
  return String(Math.abs(rounded) < 1e-9 ? 0 : rounded).replace("-", "−");
}

/**
 * Draw curves over iterations.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{colour, dash, values}[]} curves as many values each, NaN where there is none.
 * @param {number[]} range the lowest and the highest value at least, or the only ones.
 * @param {boolean} fixed whether the range is all that is shown.
 */
export function drawChart(canvas, curves, range, fixed) {
  const { context, width, height } = fit(canvas);
  const values = curves
    .flatMap((curve) => curve.values.filter(Number.isFinite))
    .sort((a, b) => a - b);
  let [low, high] = range;
  if (!fixed && values.length) {
    // A hundredth of the values at each end may leave the picture.
    low = Math.min(low, values[Math.floor(values.length * 0.01)]);
    high = Math.max(high, values[Math.ceil(values.length * 0.99) - 1]);
  }
  const left = 40;
  const down = (value) => 6 + (1 - (value - low) / (high - low)) * (height - 12);
  for (const value of [low, high]) {
    label(
      context,
      short(value),
      left - 6,
      down(value) + (value === high ? 8 : 2),
      "right",
      COLOURS.quiet,
      12,
    );
    line(context, left, down(value), width, down(value), COLOURS.line);
  }
  for (const { colour, dash, values: heights } of curves) {
    context.beginPath();
    let drawing = false;
    heights.forEach((value, i) => {
      if (!Number.isFinite(value)) {
        drawing = false;
        return;
      }
      const x = left + (i / Math.max(heights.length - 1, 1)) * (width - left - 2);
      const y = down(Math.min(Math.max(value, low), high));
      if (drawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      drawing = true;
    });
    stroke(context, colour, 2, dash);
  }
}
