// The five generators that draw images, as each lecture.py has them, from the weights that come
// along. Their images are tensors (batch, 28, 28, 1).

import { startBackend, tf } from "./backend.js";
import { unpack } from "./packed.js";

/** What each generator makes of its weights and inputs; `black` is a black pixel's value. */
const GENERATORS = {
  mnist_wgan: {
    black: -1,
    prepare: (w) => ({
      ...w,
      first: afterUpsampling(turned(w.first)),
      second: afterUpsampling(turned(w.second)),
      third: turned(w.third),
      last: turned(w.last),
    }),
    call(w, noise, digit) {
      const embedded = tf.gather(w.embedding, digit);
      let x = tf.mul(noise, embedded);
      x = tf.reshape(tf.leakyRelu(dense(x, w.dense, w.dense_bias), 0.3), [-1, 7, 7, 256]);
      x = tf.leakyRelu(upsampledConvolution(x, w.first, w.first_bias), 0.3); // (14, 14, 128)
      x = tf.leakyRelu(upsampledConvolution(x, w.second, w.second_bias), 0.3); // (28, 28, 64)
      x = tf.leakyRelu(convolution(x, w.third, w.third_bias, "same"), 0.3); // (28, 28, 32)
      return tf.tanh(convolution(x, w.last, w.last_bias, "same"));
    },
  },
  fashion_gan: {
    black: 0,
    call(w, noise) {
      let x = tf.selu(dense(noise, w.first, w.first_bias));
      x = tf.selu(dense(x, w.second, w.second_bias));
      return tf.reshape(tf.sigmoid(dense(x, w.last, w.last_bias)), [-1, 28, 28, 1]);
    },
  },
  dcgan: {
    black: -1,
    call(w, noise) {
      let x = tf.reshape(dense(noise, w.dense, w.dense_bias), [-1, 7, 7, 128]);
      x = tf.selu(transposed(x, w.first, w.first_bias, [14, 14, 64]));
      x = tf.add(tf.mul(x, w.scale), w.shift); // BatchNormalization, at inference
      return tf.tanh(transposed(x, w.last, w.last_bias, [28, 28, 1]));
    },
  },
  binarized_gan: {
    black: 0,
    call(w, noise) {
      const x = tf.tanh(dense(noise, w.first, w.first_bias));
      return tf.reshape(tf.sigmoid(dense(x, w.last, w.last_bias)), [-1, 28, 28, 1]);
    },
  },
  bilinear_gan: {
    black: -1,
    call(w, noise) {
      let x = tf.reshape(tf.leakyRelu(dense(noise, w.dense, w.dense_bias), 0.3), [-1, 12, 12, 100]);
      x = tf.leakyRelu(convolution(x, w.first, w.first_bias, "valid"), 0.3); // 10
      x = bilinearUpsampling(x); // 20
      x = tf.leakyRelu(convolution(x, w.second, w.second_bias, "valid"), 0.3); // 18
      x = bilinearUpsampling(x); // 36
      x = tf.leakyRelu(convolution(x, w.third, w.third_bias, "valid"), 0.3); // 32
      return convolution(x, w.last, w.last_bias, "valid"); // 28
    },
  },
};

const loaded = {};

/**
 * Load a generator by the name of its example.
 *
 * @returns {Promise<Object>} what pack.py tells of it: latent, classes (0 where it takes none),
 *   dataset, explained, order; directions, (classes * latent) each; and generate, a function that
 *   makes of noise (batch * latent) and, where there are classes, of digits (batch) the images' grey
 *   levels, Uint8Array (batch * 784).
 */
export function loadGenerator(name) {
  return (loaded[name] ??= load(name));
}

async function load(name) {
  const [{ facts, arrays }] = await Promise.all([unpack(name), startBackend()]);
  const { black, call, prepare = (w) => w } = GENERATORS[name];
  const weights = tf.tidy(() => {
    const tensors = Object.entries(arrays).map(([key, { shape, values }]) => [key, tf.tensor(values, shape)]);
    return prepare(Object.fromEntries(tensors));
  });
  const directions = { slant: arrays.slant.values, stroke_weight: arrays.stroke_weight.values };
  return {
    ...facts,
    directions,
    generate(noise, digits) {
      const count = noise.length / facts.latent;
      const images = tf.tidy(() => {
        const inputs = [tf.tensor2d(noise, [count, facts.latent])];
        if (facts.classes) inputs.push(tf.tensor1d(digits, "int32"));
        return greys(call(weights, ...inputs), black);
      });
      const levels = Uint8Array.from(images.dataSync());
      images.dispose();
      return levels;
    },
  };
}

/** Images in [black, 1] as grey levels, 0 to 255, rounded and cut off as Python's unscale(). */
function greys(images, black) {
  return tf.round(tf.clipByValue(tf.mul(tf.sub(images, black), 255 / (1 - black)), 0, 255));
}

function dense(x, kernel, bias) {
  return tf.add(tf.matMul(x, kernel), bias);
}

function convolution(x, kernel, bias, padding) {
  return tf.add(tf.conv2d(x, kernel, 1, padding), bias);
}

/** Conv2DTranspose with stride 2: twice as many rows and columns, (rows, columns, channels). */
function transposed(x, kernel, bias, shape) {
  return tf.add(tf.conv2dTranspose(x, kernel, [x.shape[0], ...shape], 2, "same"), bias);
}

/**
 * The kernel of a Conv2DTranspose with stride 1, (rows, columns, out, in), as that of the Conv2D that
 * computes the same, (rows, columns, in, out).
 */
function turned(kernel) {
  return tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
}

/**
 * The kernel that does in one step what doubling an image and a 5x5 convolution do: on a doubled
 * image it multiplies each pixel by up to nine taps, whose sums are the taps here. See
 * common/engines/algebra.py.
 *
 * @returns (3, 3, in, 4 * out): one image each for even and odd rows and columns.
 */
function afterUpsampling(kernel) {
  const sums = [
    [[0, 1], [2, 3], [4]], // of taps, for an even place along an axis: those on the pixel before,
    [[0], [1, 2], [3, 4]], // on its own and on the next; for an odd one
  ];
  function sum(x, axis, odd) {
    const slices = tf.split(x, 5, axis);
    return tf.concat(sums[odd].map((taps) => taps.map((tap) => slices[tap]).reduce((a, b) => tf.add(a, b))), axis);
  }
  const places = [[0, 0], [0, 1], [1, 0], [1, 1]];
  return tf.concat(places.map(([row, column]) => sum(sum(kernel, 0, row), 1, column)), 3);
}

/** UpSampling2D and a convolution; the kernel is afterUpsampling()'s. */
function upsampledConvolution(x, kernel, bias) {
  return tf.add(tf.depthToSpace(tf.conv2d(x, kernel, 1, "same"), 2, "NHWC"), bias);
}

/** Pixels doubled, and each averaged with the next one, where there is a next one. */
function bilinearUpsampling(x) {
  const [, rows, columns] = x.shape;
  return tf.avgPool(tf.image.resizeNearestNeighbor(x, [2 * rows, 2 * columns]), 2, 1, "same");
}
