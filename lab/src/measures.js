// How near the fakes are to the reals, and what the best discriminator would believe.

/**
 * Wasserstein-1 distance of two samples of numbers, both sorted: the area between their
 * distribution functions. As scipy.stats.wasserstein_distance.
 */
export function wasserstein1(some, others) {
  let [i, j, area] = [0, 0, 0];
  let last = Math.min(some[0], others[0]);
  while (i < some.length || j < others.length) {
    const next = j >= others.length || some[i] <= others[j] ? some[i] : others[j];
    area += Math.abs(i / some.length - j / others.length) * (next - last);
    last = next;
    while (i < some.length && some[i] === next) i++;
    while (j < others.length && others[j] === next) j++;
  }
  return area;
}

/**
 * Wasserstein-1 distance of two samples of as many points (N * 2): the mean length of the shortest
 * pairing, by the Hungarian method with potentials, in N^3 steps.
 */
export function wasserstein1OfPoints(some, others) {
  const count = some.length / 2;
  const distance = (i, j) =>
    Math.hypot(some[2 * i] - others[2 * j], some[2 * i + 1] - others[2 * j + 1]);
  // Rows and columns count from 1; column 0 stands for "none yet".
  const rowPotential = new Float64Array(count + 1);
  const columnPotential = new Float64Array(count + 1);
  const rowOf = new Int32Array(count + 1);
  const cameFrom = new Int32Array(count + 1);
  for (let row = 1; row <= count; row++) {
    const least = new Float64Array(count + 1).fill(Infinity);
    const used = new Uint8Array(count + 1);
    let column = 0;
    rowOf[0] = row;
    do {
      used[column] = 1;
      let [delta, next] = [Infinity, 0];
      for (let j = 1; j <= count; j++) {
        if (used[j]) continue;
        const reduced =
          distance(rowOf[column] - 1, j - 1) - rowPotential[rowOf[column]] - columnPotential[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          cameFrom[j] = column;
        }
        if (least[j] < delta) [delta, next] = [least[j], j];
      }
      for (let j = 0; j <= count; j++) {
        if (used[j]) {
          rowPotential[rowOf[j]] += delta;
          columnPotential[j] -= delta;
        } else least[j] -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column) {
      rowOf[column] = rowOf[cameFrom[column]];
      column = cameFrom[column];
    }
  }
  let sum = 0;
  for (let j = 1; j <= count; j++) sum += distance(rowOf[j] - 1, j - 1);
  return sum / count;
}

/** How many modes have enough of the points (N * dimensions) near them; see data.js. */
export function modesFound(points, dimensions, modes) {
  const count = points.length / dimensions;
  const enough = ({ centre, radius, least }) => {
    let near = 0;
    for (let i = 0; i < count; i++) {
      const far = centre.map((x, axis) => points[i * dimensions + axis] - x);
      near += Math.hypot(...far) <= radius;
    }
    return near >= least * count;
  };
  return modes.filter(enough).length;
}

/**
 * Density of numbers at places: each number counts as a normal of a deviation.
 *
 * @param {ArrayLike<number>} numbers
 * @param {number} low, high the ends of the places.
 * @param {number} count of places, from low to high.
 * @param {number} blur the deviation.
 */
export function density(numbers, low, high, count, blur) {
  const step = (high - low) / (count - 1);
  const bins = new Float64Array(count);
  for (const x of numbers) {
    const bin = Math.round((x - low) / step);
    if (bin >= 0 && bin < count) bins[bin] += 1 / (numbers.length * step);
  }
  return smooth(bins, count, 1, blur / step);
}

/**
 * Density of points (N * 2) on a grid, rows from the top.
 *
 * @param {{reach: number[], columns: number, rows: number}} grid over [-reach, reach] in both axes.
 */
export function density2d(points, { reach, columns, rows }, blur) {
  const [width, height] = [(2 * reach[0]) / columns, (2 * reach[1]) / rows];
  const bins = new Float64Array(columns * rows);
  const weight = 2 / (points.length * width * height);
  for (let i = 0; i < points.length; i += 2) {
    const column = Math.floor((points[i] + reach[0]) / width);
    const row = Math.floor((reach[1] - points[i + 1]) / height);
    if (column >= 0 && column < columns && row >= 0 && row < rows) {
      bins[row * columns + column] += weight;
    }
  }
  return smooth(smooth(bins, columns, 1, blur / width), rows, columns, blur / height);
}

/** Lines of `length` values, `stride` apart, as a normal of `deviation` steps smooths them. */
function smooth(values, length, stride, deviation) {
  const wide = Math.ceil(3.5 * deviation);
  const weights = Array.from({ length: 2 * wide + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - wide) / deviation) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const smoothed = new Float64Array(values.length);
  values.forEach((value, place) => {
    if (value === 0) return;
    const at = Math.floor(place / stride) % length;
    for (let k = -wide; k <= wide; k++) {
      if (at + k >= 0 && at + k < length) {
        smoothed[place + k * stride] += (value * weights[k + wide]) / sum;
      }
    }
  });
  return smoothed;
}

/**
 * The best belief D* = (target of reals * p + target of fakes * q) / (p + q) of Goodfellow et al.
 * 2014, where reals have the density p and fakes q: NaN where there are neither.
 *
 * @param {ArrayLike<number>} p, q densities at the same places.
 * @param {number} real, fake the targets, 1 and 0 without label smoothing.
 */
export function bestBelief(p, q, real = 1, fake = 0) {
  return Float64Array.from(p, (density_, i) => {
    const both = density_ + q[i];
    return both > 1e-6 ? (real * density_ + fake * q[i]) / both : NaN;
  });
}
