// The controls: for each setting how it is shown and which values it may have.

const RATES = [];
for (const power of [1e-4, 1e-3, 1e-2, 1e-1]) {
  for (const digit of [1, 2, 3, 5]) RATES.push(Number((digit * power).toPrecision(1)));
}
RATES.push(1);

const UNITS = ["4", "16", "64", "8,8", "16,16", "32,32", "64,64", "128,128"];

/**
 * A control is a list of values, which a slider (numbers) or a menu (texts) walks through, or a
 * boolean. `anew`: the game begins again when it changes, since the networks or the data do.
 */
export const CONTROLS = {
  learning: {
    generatorLearningRate: { slider: RATES },
    discriminatorLearningRate: { slider: RATES },
    batchSize: { slider: [8, 16, 32, 64, 128, 256, 512] },
    discriminatorUpdates: { slider: [1, 2, 3, 4, 5, 8, 10] },
    optimizer: { menu: ["sgd", "rmsprop", "adam"] },
    generatorCost: { menu: ["flipped", "zero-sum", "maximum-likelihood"] },
  },
  networks: {
    generatorUnits: { menu: [...UNITS, "50,1000"], anew: true },
    discriminatorUnits: { menu: [...UNITS, "100,50"], anew: true },
    latent: { slider: [1, 2, 3, 4, 6, 8, 10, 16, 32, 64, 128], anew: true },
    noise: { menu: ["uniform", "normal"] },
    headStart: { slider: [0, 50, 100, 200, 300, 500, 1000], anew: true },
    seed: { slider: Array.from({ length: 20 }, (_, i) => i), anew: true },
  },
  cures: {
    labelSmoothing: { slider: [0, 0.05, 0.1, 0.2, 0.3, 0.4] },
    fakeSmoothing: { slider: [0, 0.05, 0.1, 0.2, 0.3, 0.4] },
    dropout: { slider: [0, 0.1, 0.2, 0.3, 0.4, 0.5] },
    replay: { slider: [0, 1280, 3200, 12800] },
    replayShare: { slider: [0.25, 0.5, 0.75, 1] },
    gradientPenalty: { slider: [0, 0.1, 0.3, 1, 3, 10] },
    normPenalty: { slider: [0, 0.0001, 0.001, 0.01, 0.1] },
    spectralNormalization: { box: true },
    wasserstein: { box: true },
    clip: { slider: [0.01, 0.03, 0.1, 0.3, 1] },
  },
};

export const ALL = Object.assign({}, ...Object.values(CONTROLS));

/**
 * The possible value of a setting that is nearest to a wanted one: numbers within the slider's
 * ends, whole where those are, texts out of the menu.
 */
export function possible(name, value, byDefault) {
  const { slider, menu } = ALL[name];
  if (slider) {
    const within = Math.min(Math.max(value, slider[0]), slider.at(-1));
    return slider.every(Number.isInteger) ? Math.round(within) : within;
  }
  return menu && !menu.includes(value) ? byDefault : value;
}
