// What lab/pack.py packed: the generators' weights and some real images. See its docstring for the
// form; every piece is unpacked when it is first asked for.

import { fromLetters } from "./letters.js";

const unpacked = {};

/**
 * Unpack a file by its name.
 *
 * @returns {Promise<{facts: Object, arrays: Object<string, {shape: number[], values}>}>} the values
 *   are a Float32Array, of images a Uint8Array.
 */
export function unpack(name) {
  return (unpacked[name] ??= read(packed(`${name}.bin`)));
}

/** The content of a file that build.mjs itself has deflated. */
export function bytesOf(file) {
  return inflate(packed(file));
}

function packed(file) {
  return fromLetters(document.getElementById(file).textContent);
}

async function read(bytes) {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(await inflate(bytes.subarray(4, 4 + length)).then((b) => new TextDecoder().decode(b)));
  let place = 4 + length;
  const arrays = {};
  for (const { name, shape, kind, step, pieces } of head.arrays) {
    const parts = [];
    for (const size of pieces) {
      parts.push(await inflate(bytes.subarray(place, place + size)));
      place += size;
    }
    arrays[name] = { shape, values: READERS[kind](parts, shape, step) };
  }
  return { facts: head.facts, arrays };
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const READERS = {
  float32: ([bytes]) => new Float32Array(bytes.buffer),
  // Sixteen greys, two pixels a byte.
  greys: ([bytes], shape) => {
    const values = new Uint8Array(shape.reduce((a, b) => a * b));
    bytes.forEach((byte, i) => {
      values[2 * i] = (byte >> 4) * 17;
      values[2 * i + 1] = (byte & 15) * 17;
    });
    return values;
  },
  uint8: ([bytes]) => bytes,
  // Whole numbers, their lowest bytes and the rest apart, times a step.
  steps: ([low, rest], _, step) => {
    const high = new Int16Array(rest.buffer);
    return Float32Array.from(low, (byte, i) => (byte + 256 * high[i] - 128) * step);
  },
};
