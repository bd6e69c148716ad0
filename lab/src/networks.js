// The two networks: dense layers as plain tensors, the weights in the order in which Keras has them.
import { tf } from "./backend.js";
import { normalized } from "./cures.js";

/**
 * New weights for dense layers, as Keras draws them: kernels Glorot-uniform, biases 0.
 *
 * @param {number[]} widths of the input, the hidden layers and the output.
 * @param {function} random see random.js.
 * @param {boolean} lastBias whether the last layer has a bias.
 * @returns {tf.Variable[]} kernel, bias, kernel, bias ...
 */
export function createWeights(widths, random, lastBias = true) {
  const weights = [];
  for (let layer = 1; layer < widths.length; layer++) {
    const [inputs, outputs] = widths.slice(layer - 1, layer + 1);
    const limit = Math.sqrt(6 / (inputs + outputs));
    const kernel = Float32Array.from(
      { length: inputs * outputs },
      () => limit * (2 * random() - 1),
    );
    weights.push(variable(kernel, [inputs, outputs]));
    if (lastBias || layer < widths.length - 1) {
      weights.push(variable(new Float32Array(outputs), [outputs]));
    }
  }
  return weights;
}

/** A tf.Variable of numbers. */
export function variable(values, shape) {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/**
 * A matrix product. tfjs's own gradient multiplies by transposed matrices, for which WebAssembly has
 * slow code only; transposed first, an iteration of the slides' game takes half the time.
 */
const matMul = tf.customGrad((a, b, save) => {
  save([a, b]);
  const gradFunc = (dy, [left, right]) => [
    matMul(dy, tf.transpose(right)),
    matMul(tf.transpose(left), dy),
  ];
  return { value: tf.matMul(a, b), gradFunc };
});

/** The kernels among weights. */
export function kernelsOf(weights) {
  return weights.filter((weight) => weight.rank === 2);
}

/**
 * The discriminator's logit, (batch, 1); D's belief that x is real is its sigmoid.
 *
 * @param {tf.Tensor[]} weights
 * @param {tf.Tensor} x (batch, 1 or 2).
 * @param {{masks, iterated}} cures masks of dropout, a tensor (batch, units) for each hidden layer;
 *   and what powerIteration() gave for each kernel, which is then spectrally normalized.
 */
export function discriminator(weights, x, { masks, iterated } = {}) {
  const kernels = kernelsOf(weights);
  kernels.forEach((weight, layer) => {
    const kernel = iterated ? normalized(weight, iterated[layer]) : weight;
    x = tf.add(matMul(x, kernel), weights[2 * layer + 1]);
    if (layer < kernels.length - 1) {
      x = tf.relu(x);
      if (masks) x = tf.mul(x, masks[layer]);
    }
  });
  return x;
}

/**
 * The generator's samples of noise (batch, latent): numbers in [-0.5, 0.5], or, where its last
 * layer has a bias, points.
 */
export function generator(weights, noise) {
  const layers = kernelsOf(weights).length;
  let x = noise;
  for (let layer = 0; layer < layers; layer++) {
    x = matMul(x, weights[2 * layer]);
    if (weights[2 * layer + 1]) x = tf.add(x, weights[2 * layer + 1]);
    if (layer < layers - 1) x = tf.relu(x);
  }
  const bounded = weights.length % 2 === 1;
  return bounded ? tf.mul(tf.tanh(x), 0.5) : x; // the slide's x -> 0.5 * tanh(x)
}
