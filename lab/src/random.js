// Random numbers from a seed: Bob Jenkins' sfc32, small and fast, which passes PractRand. Each
// purpose has a stream of its own, so that purposes do not disturb one another, and a game that
// begins again from its seed is the same game.

/**
 * A stream of random numbers.
 *
 * @param {number} seed a whole number.
 * @param {string} purpose such as "noise".
 * @returns {function(): number} uniform on [0, 1), with 32 bits.
 */
export function stream(seed, purpose) {
  let a = seed >>> 0;
  let b = hash(purpose);
  let c = 0x9e3779b9;
  let counter = 1;
  function next() {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let i = 0; i < 15; i++) next(); // the seed reaches every bit
  return next;
}

/** FNV-1a's 32 bits of a text. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const letter of text) {
    value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193);
  }
  return value;
}

/** A standard normal number, by Box and Muller. */
export function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Noise, Float32Array (count * latent): standard "normal", or "uniform" on (0, 1). */
export function noise(random, count, latent, kind) {
  const draw = kind === "uniform" ? random : () => normal(random);
  return Float32Array.from({ length: count * latent }, draw);
}

/** The numbers 0 to count - 1 in random order, by Fisher and Yates. */
export function shuffled(random, count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
