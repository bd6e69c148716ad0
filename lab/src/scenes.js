// Scenes that one click shows: two games that work, and the failures that the lectures name, each
// with its cure beside it. A scene is the settings that differ from the slides' game of
// distribution_gan; a cure is what it changes in its scene. tests/lab proves that each scene fails
// and each cure cures.

const RING = {
  data: "ring",
  optimizer: "adam",
  generatorLearningRate: 0.002,
  discriminatorLearningRate: 0.002,
  latent: 16,
  noise: "normal",
  generatorUnits: "32,32",
  discriminatorUnits: "32,32",
};

export const SCENES = {
  slides: { settings: {} },
  ring: { settings: RING },
  saturation: {
    settings: { data: "apart", generatorCost: "zero-sum", headStart: 300 },
    cures: { flipped: { generatorCost: "flipped" } },
  },
  collapse: {
    settings: { ...RING, discriminatorUpdates: 5 },
    cures: { penalty: { gradientPenalty: 1 }, spectral: { spectralNormalization: true } },
  },
  overconfident: {
    settings: { ...RING, discriminatorUpdates: 5, generatorCost: "zero-sum" },
    cures: { spectral: { spectralNormalization: true } },
  },
  oscillation: {
    settings: { ...RING, spectralNormalization: true },
    cures: { updates: { discriminatorUpdates: 5 } },
  },
};
