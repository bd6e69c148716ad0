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
    settings: {
      data: "exponential",
      generatorCost: "zero-sum",
      generatorLearningRate: 0.05,
      discriminatorLearningRate: 0.3,
      generatorUnits: "32,32",
      discriminatorUnits: "32,32",
      headStart: 1000,
    },
    cures: { flipped: { generatorCost: "flipped" } },
  },
  collapse: {
    settings: { ...RING, discriminatorUpdates: 5 },
    cures: { penalty: { gradientPenalty: 1 }, spectral: { spectralNormalization: true } },
  },
  overconfident: {
    settings: {
      ...RING,
      discriminatorUpdates: 5,
      generatorLearningRate: 0.005,
      discriminatorLearningRate: 0.01,
      discriminatorUnits: "64,64",
      generatorCost: "zero-sum",
    },
    cures: { spectral: { spectralNormalization: true } },
  },
  oscillation: {
    settings: {
      data: "normal",
      optimizer: "adam",
      generatorLearningRate: 0.005,
      discriminatorLearningRate: 0.005,
      latent: 4,
      noise: "normal",
      generatorUnits: "16,16",
      discriminatorUnits: "16,16",
    },
    cures: { updates: { discriminatorUpdates: 5 } },
  },
};
