// The two-phase game of common/two_phases.py, with the networks of distribution_gan or of the ring.
import {
  COSTS,
  Replay,
  criticLoss,
  crossEntropy,
  dropoutMasks,
  gradientPenalty,
  normPenalty,
  powerIteration,
} from "./cures.js";
import { tf } from "./backend.js";
import { createWeights, discriminator, generator, kernelsOf, variable } from "./networks.js";
import { Optimizer } from "./optimizers.js";
import { noise, normal, shuffled, stream } from "./random.js";

/** The slides' game of distribution_gan, without any cure. */
export const SLIDES = {
  batchSize: 128,
  generatorLearningRate: 0.5,
  discriminatorLearningRate: 0.5,
  discriminatorUpdates: 1, // before each of the generator
  optimizer: "sgd",
  generatorCost: "flipped",
  latent: 10,
  noise: "uniform",
  generatorUnits: [50, 1000],
  discriminatorUnits: [100, 50],
  labelSmoothing: 0,
  fakeSmoothing: 0,
  replay: 0, // newest fakes that are kept
  replayShare: 0.5,
  gradientPenalty: 0,
  spectralNormalization: false,
  normPenalty: 0,
  wasserstein: false,
  clip: 0.01, // in a Wasserstein game: no weight of the critic is larger
  dropout: 0,
};

export class Game {
  /**
   * @param {Object} settings see SLIDES. Those that shape no network may change while it plays.
   * @param {Float32Array} samples (N * dimensions), what the discriminator is to call real.
   * @param {number} dimensions 1 or 2.
   * @param {number} seed
   */
  constructor(settings, samples, dimensions, seed) {
    Object.assign(this, { settings, dimensions, seed });
    this.learn(samples);
    this.iteration = 0;
    const names = ["discriminator", "generator", "noise", "batches", "chances", "masks", "u"];
    this.streams = Object.fromEntries(names.map((name) => [name, stream(seed, name)]));
    const { latent, generatorUnits, discriminatorUnits } = settings;
    const hidden = discriminatorUnits;
    this.discriminator = createWeights([dimensions, ...hidden, 1], this.streams.discriminator);
    this.generator = createWeights(
      [latent, ...generatorUnits, dimensions],
      this.streams.generator,
      dimensions === 2, // the slides' generator of numbers has no bias there
    );
    this.us = [...hidden, 1].map((width) =>
      variable(
        Float32Array.from({ length: width }, () => 0.05 * normal(this.streams.u)),
        [1, width],
      ),
    );
    this.change({});
  }

  /**
   * Take weights, flat lists of numbers in Keras's order.
   *
   * @param {{discriminator, generator, us}} lists `us` of spectral normalization.
   */
  load(lists) {
    for (const [name, weights] of Object.entries(lists)) {
      weights.forEach((numbers, i) => {
        const { shape } = this[name][i];
        tf.tidy(() => this[name][i].assign(tf.tensor(numbers, shape, "float32")));
      });
    }
  }

  /** The weights as load() takes them. */
  weights() {
    const lists = (weights) => weights.map((weight) => Array.from(weight.dataSync()));
    return { discriminator: lists(this.discriminator), generator: lists(this.generator) };
  }

  /** Change settings that shape no network. */
  change(changes) {
    this.settings = { ...this.settings, ...changes };
    const { optimizer, replay } = this.settings;
    if (this.learner?.name !== optimizer) {
      this.learner?.dispose();
      this.gan?.dispose();
      this.learner = new Optimizer(optimizer, this.discriminator);
      this.gan = new Optimizer(optimizer, this.generator);
    }
    if ((this.replay?.count ?? 0) !== replay) {
      this.replay = replay ? new Replay(replay, this.dimensions) : null;
    }
  }

  /** Learn other samples from now on. */
  learn(samples) {
    Object.assign(this, {
      samples,
      count: samples.length / this.dimensions,
      order: [],
      position: 0,
    });
  }

  /** The next batch of reals, (batch, dimensions), of the epoch's order. */
  nextBatch() {
    const { batchSize } = this.settings;
    const batch = new Float32Array(batchSize * this.dimensions);
    for (let i = 0; i < batchSize; i++) {
      if (this.position >= this.order.length) {
        this.order = shuffled(this.streams.batches, this.count);
        this.position = 0;
      }
      const start = this.order[this.position++] * this.dimensions;
      batch.set(this.samples.subarray(start, start + this.dimensions), i * this.dimensions);
    }
    return batch;
  }

  drawNoise() {
    const { batchSize, latent, noise: kind } = this.settings;
    return noise(this.streams.noise, batchSize, latent, kind);
  }

  drawChances() {
    return Float32Array.from({ length: this.settings.batchSize }, this.streams.chances);
  }

  drawMasks(batch) {
    const { dropout, discriminatorUnits } = this.settings;
    return dropout
      ? dropoutMasks(this.streams.masks, batch, discriminatorUnits, dropout)
      : undefined;
  }

  /** Masks of dropout, flat lists of numbers, as tensors. */
  asMasks(masks) {
    const { discriminatorUnits } = this.settings;
    return masks.map((mask, i) => {
      const units = discriminatorUnits[i];
      return tf.tensor2d(mask, [mask.length / units, units], "float32");
    });
  }

  /** What an update of the discriminator needs at random. */
  drawDiscriminator() {
    const { replay, gradientPenalty: penalty, batchSize } = this.settings;
    return {
      noise: this.drawNoise(),
      reals: this.nextBatch(),
      picks: replay ? this.drawChances() : undefined,
      shares: penalty ? this.drawChances() : undefined,
      masks: this.drawMasks(2 * batchSize),
    };
  }

  /** What an update of the generator needs at random. */
  drawGenerator() {
    return { noise: this.drawNoise(), masks: this.drawMasks(this.settings.batchSize) };
  }

  /** The generator's samples of noise, Float32Array (N * latent), as Float32Array. */
  fakes(numbers) {
    return tf.tidy(() => generator(this.generator, this.asNoise(numbers)).dataSync());
  }

  asNoise(numbers) {
    return tf.tensor2d(numbers, [numbers.length / this.settings.latent, this.settings.latent]);
  }

  /** Spectral normalization's vectors for the discriminator's kernels as they are now. */
  iterated() {
    const { spectralNormalization } = this.settings;
    return spectralNormalization
      ? powerIteration(kernelsOf(this.discriminator), this.us)
      : undefined;
  }

  /**
   * Phase 1, training the discriminator: fakes and reals in one batch.
   *
   * @param {Object} drawn see drawDiscriminator().
   * @returns {Object} loss, with the penalties; accuracyReal and accuracyFake, shares of the batch;
   *   of the same answers, those before the update; fakes and reals, what they were about.
   */
  updateDiscriminator({ noise: numbers, reals, picks, shares, masks } = this.drawDiscriminator()) {
    const { settings, dimensions } = this;
    const { batchSize, wasserstein } = settings;
    let fakes = this.fakes(numbers);
    if (this.replay) fakes = this.replay.exchange(fakes, picks, settings.replayShare);
    let answers;
    const loss = tf.tidy(() => {
      const [fake, real] = [fakes, reals].map((x) => tf.tensor2d(x, [batchSize, dimensions]));
      const x = tf.concat([fake, real]);
      const targets = tf.concat([
        tf.fill([batchSize, 1], settings.fakeSmoothing),
        tf.fill([batchSize, 1], 1 - settings.labelSmoothing),
      ]);
      const iterated = this.iterated();
      iterated?.forEach(({ u }, i) => this.us[i].assign(u));
      const again = settings.gradientPenalty ? this.iterated() : undefined;

      const lossOf = (...weights) => {
        const logits = discriminator(weights, x, { masks, iterated });
        answers = logits.dataSync();
        let sum = wasserstein ? criticLoss(logits) : crossEntropy(logits, targets);
        if (settings.normPenalty) {
          sum = tf.add(sum, normPenalty(kernelsOf(weights), settings.normPenalty));
        }
        if (settings.gradientPenalty) {
          const critic = (points) => discriminator(weights, points, { iterated: again });
          const penalty = gradientPenalty(critic, fake, real, tf.tensor2d(shares, [batchSize, 1]));
          sum = tf.add(sum, tf.mul(penalty, settings.gradientPenalty));
        }
        return sum;
      };
      const { value, grads } = tf.valueAndGrads(lossOf)(this.discriminator);
      this.learner.apply(grads, settings.discriminatorLearningRate);
      if (wasserstein) {
        for (const weight of this.discriminator) {
          weight.assign(tf.clipByValue(weight, -settings.clip, settings.clip));
        }
      }
      return value.dataSync()[0];
    });
    tf.dispose(masks);
    return {
      loss,
      accuracyReal: share(answers.subarray(batchSize), (logit) => logit > 0),
      accuracyFake: share(answers.subarray(0, batchSize), (logit) => logit <= 0),
      fakes,
      reals,
    };
  }

  /**
   * Phase 2, training the generator: new fakes, to be called real.
   *
   * @param {Object} drawn see drawGenerator().
   * @returns {Object} loss, the generator's cost, before the update.
   */
  updateGenerator({ noise: numbers, masks } = this.drawGenerator()) {
    const { settings } = this;
    const cost = COSTS[settings.wasserstein ? "wasserstein" : settings.generatorCost];
    const loss = tf.tidy(() => {
      const iterated = this.iterated();
      const z = this.asNoise(numbers);
      const lossOf = (...weights) =>
        cost(discriminator(this.discriminator, generator(weights, z), { masks, iterated }));
      const { value, grads } = tf.valueAndGrads(lossOf)(this.generator);
      this.gan.apply(grads, settings.generatorLearningRate);
      return value.dataSync()[0];
    });
    tf.dispose(masks);
    this.iteration += 1;
    return { loss };
  }

  /** An iteration: updates of the discriminator, then one of the generator. Returns the losses. */
  play() {
    let d;
    for (let i = 0; i < this.settings.discriminatorUpdates; i++) d = this.updateDiscriminator();
    const g = this.updateGenerator();
    return { d, g };
  }

  /** D's logits at points, Float32Array (N * dimensions), as at inference. */
  logits(points) {
    return tf.tidy(() =>
      discriminator(this.discriminator, this.asPoints(points), {
        iterated: this.iterated(),
      }).dataSync(),
    );
  }

  /** Where the generator's cost would move each of N points, and how fast: minus its gradient
   * there, Float32Array (N * dimensions). */
  pulls(points) {
    const { wasserstein, generatorCost } = this.settings;
    const cost = COSTS[wasserstein ? "wasserstein" : generatorCost];
    return tf.tidy(() => {
      const iterated = this.iterated();
      const lossOf = (x) => cost(discriminator(this.discriminator, x, { iterated }));
      const count = points.length / this.dimensions;
      return tf.mul(tf.grad(lossOf)(this.asPoints(points)), -count).dataSync();
    });
  }

  asPoints(points) {
    return tf.tensor2d(points, [points.length / this.dimensions, this.dimensions]);
  }

  dispose() {
    tf.dispose([this.discriminator, this.generator, this.us]);
    this.learner.dispose();
    this.gan.dispose();
  }
}

function share(values, holds) {
  return values.reduce((sum, value) => sum + holds(value), 0) / values.length;
}
