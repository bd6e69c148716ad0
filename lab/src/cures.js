// What the lectures and their papers propose for GANs that fail, each piece by itself; common/cures.py
// has the same in Python.
import { tf } from "./backend.js";

/** What the generator minimizes, of the logits (batch, 1) of its fakes: a mean. */
export const COSTS = {
  // -log(D): the second of the three costs on Spence's slide, non-saturating.
  flipped: (logits) => tf.mean(tf.softplus(tf.neg(logits))),
  // log(1 - D): the first, saturating. Its slope at the logit is -D: none where D is sure.
  "zero-sum": (logits) => tf.neg(tf.mean(tf.softplus(logits))),
  // -exp(logit): the third.
  "maximum-likelihood": (logits) => tf.neg(tf.mean(tf.exp(logits))),
  // -critic: arXiv:1701.07875, where D gives a number instead of a belief.
  wasserstein: (logits) => tf.neg(tf.mean(logits)),
};

/** Cross-entropy of logits (batch, 1) with targets (batch, 1), a mean. */
export function crossEntropy(logits, targets) {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, targets)));
}

/** The critic's loss in a Wasserstein game: mean(critic(fakes)) - mean(critic(reals)). */
export function criticLoss(logits) {
  const [fakes, reals] = tf.split(logits, 2);
  return tf.sub(tf.mean(fakes), tf.mean(reals));
}

/** The newest fakes, the oldest of which make room for new ones. */
export class Replay {
  /**
   * @param {number} count how many are kept.
   * @param {number} width numbers of one.
   */
  constructor(count, width) {
    Object.assign(this, { count, width, kept: new Float32Array(count * width), seen: 0 });
  }

  /**
   * Keep fakes, and return as many: a share of them, rounded, in exchange for kept ones.
   *
   * @param {Float32Array} fakes (batch * width).
   * @param {Float32Array} chances (batch), uniform on [0, 1), which pick.
   * @param {number} share
   */
  exchange(fakes, chances, share) {
    const { count, width, kept } = this;
    const batch = fakes.length / width;
    for (let i = 0; i < batch; i++) {
      const one = fakes.subarray(i * width, (i + 1) * width);
      kept.set(one, ((this.seen + i) % count) * width);
    }
    this.seen += batch;
    const filled = Math.min(this.seen, count);
    const given = Float32Array.from(fakes);
    for (let i = 0; i < Math.round(share * batch); i++) {
      const place = Math.min(Math.floor(Math.fround(chances[i] * filled)), filled - 1);
      given.set(kept.subarray(place * width, (place + 1) * width), i * width);
    }
    return given;
  }
}

/** A vector, divided by its length. */
function unit(vector) {
  return tf.div(vector, tf.add(tf.norm(vector), 1e-12));
}

/**
 * One power iteration for each kernel (arXiv:1802.05957, Algorithm 1).
 *
 * @param {tf.Tensor[]} kernels (inputs, outputs) each.
 * @param {tf.Tensor[]} us (1, outputs) each.
 * @returns {{v, u}[]} vectors (1, inputs) and (1, outputs), of which no gradient is taken.
 */
export function powerIteration(kernels, us) {
  return kernels.map((kernel, i) => {
    const v = unit(tf.matMul(us[i], kernel, false, true));
    return { v, u: unit(tf.matMul(v, kernel)) };
  });
}

/** A kernel W / sigma(W), where sigma = v W u. */
export function normalized(kernel, { v, u }) {
  return tf.div(kernel, tf.sum(tf.mul(tf.matMul(v, kernel), u)));
}

/**
 * What Gale and Eglen's slide "Regularisation" adds to the loss: weight * sqrt(|W|_1 |W|_inf) of
 * each kernel, |W|_1 being the largest column's sum of absolute values, |W|_inf the largest row's.
 */
export function normPenalty(kernels, weight) {
  const each = kernels.map((kernel) => {
    const sizes = tf.abs(kernel);
    const [column, row] = [0, 1].map((axis) => tf.max(tf.sum(sizes, axis)));
    return tf.sqrt(tf.add(tf.mul(column, row), 1e-24));
  });
  return tf.mul(tf.addN(each), weight);
}

/**
 * The mean of (|gradient of the critic at x| - 1)^2 over x = share * real + (1 - share) * fake
 * (arXiv:1704.00028, Algorithm 1).
 *
 * @param {function} critic from samples to logits.
 * @param {tf.Tensor} fakes (batch, dimensions).
 * @param {tf.Tensor} reals (batch, dimensions).
 * @param {tf.Tensor} shares (batch, 1), uniform on [0, 1).
 */
export function gradientPenalty(critic, fakes, reals, shares) {
  const between = tf.add(tf.mul(shares, reals), tf.mul(tf.sub(1, shares), fakes));
  const gradient = tf.grad((x) => tf.sum(critic(x)))(between);
  const length = tf.sqrt(tf.add(tf.sum(tf.square(gradient), 1), 1e-12));
  return tf.mean(tf.square(tf.sub(length, 1)));
}

/** Masks of dropout for hidden layers of so many units: 0, or 1 / (1 - rate), (batch, units). */
export function dropoutMasks(random, batch, units, rate) {
  return units.map((width) =>
    tf.tensor2d(
      Float32Array.from({ length: batch * width }, () => (random() < rate ? 0 : 1 / (1 - rate))),
      [batch, width],
    ),
  );
}
