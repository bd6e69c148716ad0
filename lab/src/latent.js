// The space of the noise, as common/latent.py has it: drawing from it, moving through it, and what
// changes on the way. And as common/scores/metrics.py: the nearest of other images.

import { noise, stream } from "./random.js";

const SIDE = 28;

/** Standard normal noise of a seed, Float32Array (count * latent). */
export function drawNoise(seed, count, latent) {
  return noise(stream(seed, "noise"), count, latent, "normal");
}

/**
 * Go from one noise to another, (latent,), along a great circle (White 2016, arXiv:1609.04468), for
 * normal noise in many dimensions lies near a sphere.
 *
 * @param {number} share of the way, 0 to 1.
 * @returns {Float32Array} (latent,).
 */
export function greatCircle(start, end, share) {
  const cosine = dot(start, end) / Math.sqrt(dot(start, start) * dot(end, end));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  let [one, other] = [1 - share, share]; // the same direction: the arc is a line
  if (Math.sin(angle) >= 1e-6) {
    [one, other] = [one, other].map((part) => Math.sin(part * angle) / Math.sin(angle));
  }
  return start.map((value, i) => one * value + other * end[i]);
}

/** Noise moved by so many steps along a direction, each (latent,). */
export function move(start, direction, steps) {
  return start.map((value, i) => value + steps * direction[i]);
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** Which share of an image, grey levels (784,), is ink; of its strokes alone, see strokes(). */
export function strokeWeight(image) {
  const ink = strokes(image);
  return ink.reduce((a, b) => a + b) / ink.length;
}

/**
 * How far an image, grey levels (784,), leans, in degrees from upright; positive is to the right, as
 * in italics. Of the ink's central moments, the tangent is -mu11 / mu02.
 */
export function slant(image) {
  const ink = strokes(image);
  const total = ink.reduce((a, b) => a + b) || 1;
  function mean(value) {
    return ink.reduce((sum, weight, i) => sum + weight * value(Math.floor(i / SIDE), i % SIDE), 0) / total;
  }
  const [y, x] = [mean((row) => row), mean((_, column) => column)];
  const mu11 = mean((row, column) => (row - y) * (column - x));
  const mu02 = mean((row) => (row - y) ** 2);
  return (Math.atan2(-mu11, mu02 > 1e-9 ? mu02 : Infinity) * 180) / Math.PI;
}

/** An image with each pixel 1 or 0: the nearer of its brightest and its darkest. */
function strokes(image) {
  const [low, high] = [Math.min(...image), Math.max(...image)];
  return Array.from(image, (level) => (level > (low + high) / 2 ? 1 : 0));
}

/**
 * The nearest others of an image, pixel by pixel.
 *
 * @param {Uint8Array} image grey levels (784,).
 * @param {Uint8Array} others (N * 784).
 * @returns {{number: number, distance: number}[]} so many, the nearest first; a distance is the root of
 *   the mean squared difference of a pixel, black being -1 and white 1.
 */
export function nearest(image, others, count) {
  const found = [];
  for (let number = 0; number < others.length / image.length; number++) {
    const start = number * image.length;
    const least = found.length < count ? Infinity : found[count - 1].squares;
    let squares = 0;
    for (let i = 0; i < image.length && squares < least; i++) {
      squares += (image[i] - others[start + i]) ** 2;
    }
    if (squares >= least) continue;
    found.push({ number, squares });
    found.sort((a, b) => a.squares - b.squares);
    found.length = Math.min(found.length, count);
  }
  return found.map(({ number, squares }) => ({
    number,
    distance: (Math.sqrt(squares / image.length) * 2) / 255,
  }));
}
