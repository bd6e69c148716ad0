// Gradient descent, and the two that go by running means, as Keras and common/optimizers.py have
// them.
import { tf } from "./backend.js";
import { variable } from "./networks.js";

const RHO = 0.9;
const BETA_1 = 0.5; // Radford et al. 2015, arXiv:1511.06434; Keras's own is 0.9
const BETA_2 = 0.999;
const EPSILON = 1e-7;

const zeros = (weight) => variable(new Float32Array(weight.size), weight.shape);

/** What each optimizer keeps of a weight, and how it changes it. */
const RULES = {
  // w <- w - rate * g
  sgd: {
    keep: () => [],
    step: (weight, gradient, _, rate) => weight.assign(tf.sub(weight, tf.mul(gradient, rate))),
  },
  // Keras 2's: v <- rho v + (1 - rho) g^2; w <- w - rate * g / (sqrt(v) + epsilon)
  rmsprop: {
    keep: (weight) => [zeros(weight)],
    step: (weight, gradient, [v], rate) => {
      v.assign(tf.add(tf.mul(v, RHO), tf.mul(tf.square(gradient), 1 - RHO)));
      const change = tf.div(gradient, tf.add(tf.sqrt(v), EPSILON));
      weight.assign(tf.sub(weight, tf.mul(change, rate)));
    },
  },
  // Keras's Adam
  adam: {
    keep: (weight) => [zeros(weight), zeros(weight)],
    step: (weight, gradient, [m, v], rate, time) => {
      m.assign(tf.add(m, tf.mul(tf.sub(gradient, m), 1 - BETA_1)));
      v.assign(tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), 1 - BETA_2)));
      const corrected = (rate * Math.sqrt(1 - BETA_2 ** time)) / (1 - BETA_1 ** time);
      const change = tf.div(m, tf.add(tf.sqrt(v), EPSILON));
      weight.assign(tf.sub(weight, tf.mul(change, corrected)));
    },
  },
};

/** An optimizer with its state. */
export class Optimizer {
  /**
   * @param {string} name "sgd", "rmsprop" or "adam".
   * @param {tf.Variable[]} weights
   */
  constructor(name, weights) {
    Object.assign(this, { name, weights, time: 0 });
    this.kept = weights.map((weight) => RULES[name].keep(weight));
  }

  /** Change the weights by gradients like them, at a learning rate. */
  apply(gradients, rate) {
    this.time += 1;
    const { step } = RULES[this.name];
    this.weights.forEach((weight, i) => step(weight, gradients[i], this.kept[i], rate, this.time));
  }

  dispose() {
    tf.dispose(this.kept);
  }
}
