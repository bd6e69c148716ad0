// What is shown of a game: fakes of always the same noise, densities, beliefs, distances.
import {
  bestBelief,
  density,
  density2d,
  modesFound,
  wasserstein1,
  wasserstein1OfPoints,
} from "./measures.js";
import { noise, shuffled, stream } from "./random.js";

const SHOWN = 600; // fakes
const PAIRED = 128; // points of which the distance is taken
const ARROWS = { 1: 36, 2: 90 };
const PLACES = Float32Array.from({ length: 161 }, (_, i) => i / 160 - 0.5);
const BLUR = { 1: 0.012, 2: 0.12 }; // of densities that are estimated
const ROWS = 36;
const REACH = 3;

export const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

export class View {
  /**
   * @param {Game} game
   * @param {Object} data see data.js's dataset().
   */
  constructor(game, data) {
    Object.assign(this, { game, data });
    this.seen = stream(game.seed, "shown");
    this.drawNoise();
    const { dimensions, values, samples } = data;
    const count = samples.length / dimensions;
    const order = shuffled(this.seen, count);
    if (dimensions === 1) {
      this.sorted = Float64Array.from(values).sort();
      const some = Float64Array.from(order.subarray(0, SHOWN), (i) => values[i]).sort();
      this.between = wasserstein1(some, this.sorted);
      this.realDensity = this.densityOfReals();
    } else {
      const pick = (from, to) => {
        const places = Array.from({ length: to - from }, (_, i) => order[(from + i) % count]);
        return Float32Array.from(places.flatMap((i) => [samples[2 * i], samples[2 * i + 1]]));
      };
      this.reals = pick(0, Math.min(SHOWN, count));
      this.paired = pick(0, PAIRED);
      this.between = wasserstein1OfPoints(pick(PAIRED, 2 * PAIRED), this.paired);
    }
  }

  /** Draw the noise of the shown fakes, anew where its kind has changed. */
  drawNoise() {
    const { latent, noise: kind } = this.game.settings;
    if (this.kind === kind) return;
    this.kind = kind;
    this.noise = noise(stream(this.game.seed, "shown noise"), SHOWN, latent, kind);
  }

  /** Density of the reals at PLACES, a unit being one of the scaled numbers. */
  densityOfReals() {
    const { data } = this;
    if (!data.density) return density(data.samples, -0.5, 0.5, PLACES.length, BLUR[1]);
    const unit = data.unscale(1) - data.unscale(0);
    return Float64Array.from(PLACES, (x) => data.density(data.unscale(x), BLUR[1] * unit) * unit);
  }

  /** The shown fakes now, scaled. */
  look() {
    this.drawNoise();
    this.fakes = this.game.fakes(this.noise);
    return this.fakes;
  }

  /** D's belief at points; in a Wasserstein game the critic's answer, its range stretched to 0 to 1. */
  beliefs(points) {
    const logits = this.game.logits(points);
    if (!this.game.settings.wasserstein) return Float64Array.from(logits, sigmoid);
    const [low, high] = [Math.min(...logits), Math.max(...logits)];
    return Float64Array.from(logits, (x) => (x - low) / (high - low || 1));
  }

  /**
   * What draw.js needs.
   *
   * @param {Set} show names of layers.
   * @param {number} aspect the picture's width to its height.
   * @param {{fakes, reals}} batch what slow motion shows instead of look()'s fakes.
   */
  picture(show, aspect, { fakes = this.fakes, reals = this.reals ?? [] }) {
    const { game, data } = this;
    const { wasserstein, labelSmoothing, fakeSmoothing } = game.settings;
    const best = (p, q) => bestBelief(p, q, 1 - labelSmoothing, fakeSmoothing);
    const arrows = Math.min(ARROWS[data.dimensions] * data.dimensions, fakes.length);
    const pulls = show.has("pulls") ? game.pulls(fakes.slice(0, arrows)) : [];
    if (data.dimensions === 1) {
      const belief = this.beliefs(PLACES);
      const fake = density(fakes, -0.5, 0.5, PLACES.length, BLUR[1]);
      const real = this.realDensity;
      return {
        places: PLACES, belief, field: belief, real, fake, fakes, reals, pulls, show,
        best: wasserstein ? null : best(real, fake),
        sure: !wasserstein,
        unscale: data.unscale,
      }; // prettier-ignore
    }
    const grid = { reach: [REACH * aspect, REACH], rows: ROWS, columns: Math.round(ROWS * aspect) };
    let field = [];
    if (show.has("bestField") && !wasserstein) {
      field = best(this.densityOfPoints(grid), density2d(fakes, grid, BLUR[2]));
    } else if (show.has("field")) field = this.beliefs(placesOf(grid));
    return { grid, field, reals, fakes, pulls, show };
  }

  /** Density of the real points on a grid, kept for the next picture. */
  densityOfPoints(grid) {
    if (this.grid?.columns !== grid.columns) {
      this.grid = grid;
      const { data } = this;
      const places = placesOf(grid);
      this.pointDensity = data.density
        ? Float64Array.from({ length: places.length / 2 }, (_, i) =>
            data.density(places[2 * i], places[2 * i + 1], BLUR[2]),
          )
        : density2d(data.samples, grid, BLUR[2]);
    }
    return this.pointDensity;
  }

  /** Wasserstein-1 distance of the shown fakes, in the data's own unit. */
  distance() {
    const { data, fakes } = this;
    if (data.dimensions === 2) return wasserstein1OfPoints(fakes.slice(0, 2 * PAIRED), this.paired);
    return wasserstein1(Float64Array.from(fakes, data.unscale).sort(), this.sorted);
  }

  /** How many modes the shown fakes have found; null where none are known. */
  modes() {
    const { modes, dimensions, unscale } = this.data;
    return modes.length ? modesFound(Array.from(this.fakes, unscale), dimensions, modes) : null;
  }
}

/** The middles of a grid's cells, rows from the top: Float32Array (rows * columns * 2). */
function placesOf({ reach, columns, rows }) {
  const places = new Float32Array(rows * columns * 2);
  for (let i = 0; i < rows * columns; i++) {
    places[2 * i] = (((i % columns) + 0.5) / columns - 0.5) * 2 * reach[0];
    places[2 * i + 1] = (0.5 - (Math.floor(i / columns) + 0.5) / rows) * 2 * reach[1];
  }
  return places;
}
