// What the game learns: distributions of numbers (distribution_gan/values.py), the ring of eight
// Gaussians (common/data/ring.py), and one's own, painted or pasted.
import { normal, stream } from "./random.js";
import { t } from "./texts.js";

const COUNT = 10_000; // numbers or points drawn of a distribution
export const FEWEST = 8; // of one's own
const MOST = 10_000;
const SPAN = 0.8; // of the scaled numbers: tanh reaches the ends, -0.5 and 0.5, at infinity only

const bell = (x, mean, deviation) =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

/** The standard normal's distribution function, by Abramowitz and Stegun's 7.1.26: to 1e-7. */
function below(x) {
  const s = Math.abs(x) / Math.SQRT2;
  const k = 1 / (1 + 0.3275911 * s);
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const tail = terms.reduceRight((sum, term) => (sum + term) * k, 0) * Math.exp(-s * s);
  return x < 0 ? tail / 2 : 1 - tail / 2;
}

/** Normals: draw() one number, and the density where noise of a deviation `blur` is added. */
function normals(parts) {
  return {
    draw(random) {
      let chance = random();
      const [, mean, deviation] = parts.find(([share]) => (chance -= share) < 0) ?? parts.at(-1);
      return mean + deviation * normal(random);
    },
    density: (x, blur) =>
      parts.reduce(
        (sum, [share, mean, sd]) => sum + share * bell(x, mean, Math.hypot(sd, blur)),
        0,
      ),
    modes: parts.map(([, mean, deviation]) => ({ centre: [mean], radius: deviation, least: 0.05 })),
  };
}

/** Distributions of one number; `modes` are found where `least` of the fakes lie within radius. */
export const DISTRIBUTIONS = {
  mixture: normals([
    [0.4, -2, 0.5],
    [0.6, 1.5, 1],
  ]),
  apart: normals([
    [0.5, -4, 0.5],
    [0.5, 4, 0.5],
  ]),
  normal: normals([[1, 0, 1]]),
  uniform: {
    draw: (random) => random(),
    density: (x, blur) => below(x / blur) - below((x - 1) / blur),
    modes: [],
  },
  exponential: {
    draw: (random) => -Math.log(1 - random()),
    density: (x, blur) => Math.exp(blur ** 2 / 2 - x) * below(x / blur - blur),
    modes: [],
  },
};

const MODES = 8;
const RADIUS = 2;
/** Deviations of the rings' Gaussians: `narrow` is the project's, `ring` is better to be seen. */
export const RINGS = { ring: 0.1, narrow: 0.02 };

/** The ring's centres, from (2, 0) on against the clock. */
export function centres() {
  return Array.from({ length: MODES }, (_, i) => {
    const angle = (2 * Math.PI * i) / MODES;
    return [RADIUS * Math.cos(angle), RADIUS * Math.sin(angle)];
  });
}

/**
 * Draw what the game is to learn.
 *
 * @param {string} name of DISTRIBUTIONS or RINGS.
 * @param {number} seed
 * @returns {Object} see dataset().
 */
export function drawData(name, seed) {
  const random = stream(seed, "data");
  if (name in RINGS) {
    const spread = RINGS[name];
    const middles = centres();
    const points = new Float32Array(2 * COUNT);
    for (let i = 0; i < COUNT; i++) {
      const middle = middles[Math.floor(random() * MODES)];
      for (const axis of [0, 1]) points[2 * i + axis] = middle[axis] + spread * normal(random);
    }
    return dataset(points, 2, {
      modes: middles.map((centre) => ({ centre, radius: 3 * spread, least: 0.01 })),
      density: (x, y, blur) => {
        const deviation = Math.hypot(spread, blur);
        const near = middles.map(([a, b]) => bell(x, a, deviation) * bell(y, b, deviation));
        return near.reduce((sum, one) => sum + one, 0) / MODES;
      },
    });
  }
  const { draw, density, modes } = DISTRIBUTIONS[name];
  const values = Float64Array.from({ length: COUNT }, () => draw(random));
  return dataset(values, 1, { density, modes });
}

/**
 * Data as the game takes them.
 *
 * @param {Float64Array|Float32Array} values (N * dimensions), in their own units.
 * @param {number} dimensions 1: scaled into [-0.4, 0.4] for the networks; 2: taken as they are, but
 *   for one's own pasted points.
 * @param {Object} known density and modes, where they are.
 * @param {number[]} range the lowest and the highest number, where they are not the values' own.
 * @returns {{dimensions, values, samples, scale, unscale, density, modes}} samples: Float32Array,
 *   what the discriminator sees; scale and unscale: functions of a number.
 */
export function dataset(values, dimensions, known = {}, range = extent(values)) {
  const [low, high] = range;
  const inside = dimensions === 1;
  const scale = (x) => (inside ? ((x - low) / (high - low) - 0.5) * SPAN : x);
  const unscale = (x) => (inside ? (x / SPAN + 0.5) * (high - low) + low : x);
  const samples = Float32Array.from(values, scale);
  return { dimensions, values, samples, scale, unscale, modes: [], ...known };
}

/** The lowest and the highest of values. */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * Read one's own numbers: one in a line, or points, two in a line; or all in one line.
 *
 * @param {string} text numbers parted by white space, commas or semicolons.
 * @returns {{values: number[], dimensions: number}}
 * @throws {Error} with one line for the user.
 */
export function parseOwn(text) {
  const lines = text
    .split(/[\n|]+/)
    .map((line) => line.trim())
    .filter(Boolean);
  const rows = lines.map((line) => line.split(/[\s,;]+/).filter(Boolean));
  const words = rows.flat();
  if (words.length === 0) throw new Error(t.watch.own.empty);
  const values = words.map(Number);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new Error(t.watch.own.word(shorten(words[wrong]), wrong + 1));
  const pairs = rows.length > 1 && rows.every((row) => row.length === 2);
  const count = pairs ? rows.length : values.length;
  if (count < FEWEST) throw new Error(t.watch.own.few(count, FEWEST));
  if (count > MOST) throw new Error(t.watch.own.many(count, MOST));
  const [low, high] = extent(values);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (!(high - low > 1e-6 * size) || size > 1e12) throw new Error(t.watch.own.same(low, high));
  return { values, dimensions: pairs ? 2 : 1 };
}

/** One's own numbers or points as a dataset; points are moved and scaled to lie around 0. */
export function ownData({ values, dimensions }) {
  if (dimensions === 1) return dataset(Float64Array.from(values), 1);
  const axes = [0, 1].map((axis) => extent(values.filter((_, i) => i % 2 === axis)));
  const span = Math.max(...axes.map(([low, high]) => high - low));
  const middle = axes.map(([low, high]) => (low + high) / 2);
  return dataset(
    Float32Array.from(values, (x, i) => ((x - middle[i % 2]) / span) * 4),
    2,
  );
}

function shorten(word) {
  return word.length > 20 ? `${word.slice(0, 20)}…` : word;
}

// A painted curve has so many columns, of heights from 0 to 35: a letter each in the address line.
export const COLUMNS = 64;
// A painted point's coordinate is one of so many steps from -REACH to REACH: two letters each.
const STEPS = 36 ** 2;
export const REACH = 3;
export const MOST_PAINTED = 500;

/** Heights (COLUMNS) from 0 to 35, out of the address line's letters. */
export function heightsOf(text) {
  return Array.from({ length: COLUMNS }, (_, i) => parseInt(text[i] ?? "0", 36) || 0);
}

export function textOfHeights(heights) {
  return heights.map((height) => height.toString(36)).join("");
}

/** Points (N * 2) in [-REACH, REACH], out of the address line's letters. */
export function pointsOf(text) {
  const points = [];
  for (let i = 0; i + 4 <= text.length && points.length < 2 * MOST_PAINTED; i += 4) {
    for (const j of [i, i + 2]) {
      const step = parseInt(text.slice(j, j + 2), 36) || 0;
      points.push((step / (STEPS - 1) - 0.5) * 2 * REACH);
    }
  }
  return points;
}

export function textOfPoints(points) {
  const text = (x) => {
    const step = Math.round((x / (2 * REACH) + 0.5) * (STEPS - 1));
    return Math.min(Math.max(step, 0), STEPS - 1)
      .toString(36)
      .padStart(2, "0");
  };
  return points.map(text).join("");
}

/** Numbers from -1 to 1 as a painted curve has them, or null where nothing is painted. */
export function curveData(heights, seed) {
  const total = heights.reduce((sum, height) => sum + height, 0);
  if (total === 0) return null;
  const random = stream(seed, "data");
  const values = Float64Array.from({ length: COUNT }, () => {
    let rest = random() * total;
    let column = 0;
    while (column < COLUMNS - 1 && (rest -= heights[column]) >= 0) column++;
    return ((column + random()) / COLUMNS) * 2 - 1;
  });
  return dataset(values, 1, {}, [-1, 1]);
}

/** Painted points as a dataset, or null where they are too few. */
export function paintedData(points) {
  return points.length < 2 * FEWEST ? null : dataset(Float32Array.from(points), 2);
}
