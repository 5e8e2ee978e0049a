// SPDX-License-Identifier: Apache-2.0
/**
 * A perceptron with one hidden ReLU layer and softmax cross-entropy in plain loops. All parameters lie in one
 * Float32Array, and so do their gradients: weights of the hidden layer (inputs x hidden, row after row), its biases,
 * weights of the output layer (hidden x outputs), its biases.
 */
import { uniforms } from './random.mjs';

const LEVELS = 255;

/** @returns {number} coordinates of parameters and gradients */
export function parameterCount({ inputs, hidden, outputs }) {
  return (inputs + 1) * hidden + (hidden + 1) * outputs;
}

/** @param {Float32Array} flat */
function layersOf({ inputs, hidden, outputs }, flat) {
  let at = 0;
  return [inputs * hidden, hidden, hidden * outputs, outputs].map((length) => flat.subarray(at, (at += length)));
}

/** Weights uniform on +-sqrt(6 / inputs of the layer) (He et al. 2015), biases 0. */
export function initialParameters(shape, seed) {
  const parameters = new Float32Array(parameterCount(shape));
  const [w1, , w2] = layersOf(shape, parameters);
  const next = uniforms(seed);
  for (const [weights, fanIn] of [
    [w1, shape.inputs],
    [w2, shape.hidden],
  ]) {
    const bound = Math.sqrt(6 / fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = bound * (2 * next() - 1);
  }
  return parameters;
}

/** out[h] += sum of values[k] * rows[starts[k] + h], four rows at a time: that loads and stores `out` a quarter as often. */
function addRows(out, rows, starts, values, count) {
  const width = out.length;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const a = starts[k];
    const b = starts[k + 1];
    const c = starts[k + 2];
    const d = starts[k + 3];
    const va = values[k];
    const vb = values[k + 1];
    const vc = values[k + 2];
    const vd = values[k + 3];
    for (let h = 0; h < width; h++) {
      out[h] += va * rows[a + h] + vb * rows[b + h] + vc * rows[c + h] + vd * rows[d + h];
    }
  }
  for (; k < count; k++) {
    const a = starts[k];
    const va = values[k];
    for (let h = 0; h < width; h++) out[h] += va * rows[a + h];
  }
}

export class Mlp {
  /**
   * @param {{ inputs: number, hidden: number, outputs: number }} shape
   * @param {Float32Array} parameters used where they lie, so that steps on them are seen
   */
  constructor(shape, parameters) {
    const { inputs, hidden, outputs } = shape;
    this.shape = shape;
    this.parameters = parameters;
    this.layers = layersOf(shape, parameters);
    this.scores = new Float64Array(outputs);
    this.starts = new Int32Array(Math.max(inputs, hidden));
    this.values = new Float32Array(Math.max(inputs, hidden));
    this.rows = 0;
  }

  /** Room for the activations of a batch. */
  #reserve(rows) {
    if (rows <= this.rows) return;
    this.rows = rows;
    this.activations = new Float32Array(rows * this.shape.hidden);
    this.errors = new Float32Array(rows * this.shape.hidden);
  }

  /** Hidden activations of one image into `out`, class probabilities into `scores`. Pixels that are 0 cost nothing. */
  #forward(pixels, out) {
    const { hidden, outputs } = this.shape;
    const [w1, b1, w2, b2] = this.layers;
    const { scores, starts, values } = this;
    let count = 0;
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i] === 0) continue;
      starts[count] = i * hidden;
      values[count++] = pixels[i] / LEVELS;
    }
    out.set(b1);
    addRows(out, w1, starts, values, count);
    scores.set(b2);
    for (let h = 0; h < hidden; h++) {
      if (out[h] <= 0) {
        out[h] = 0;
        continue;
      }
      for (let o = 0, at = h * outputs; o < outputs; o++, at++) scores[o] += out[h] * w2[at];
    }
    let top = scores[0];
    for (let o = 1; o < outputs; o++) top = Math.max(top, scores[o]);
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += scores[o] = Math.exp(scores[o] - top);
    for (let o = 0; o < outputs; o++) scores[o] /= sum;
  }

  /**
   * @param {{ pixels: Uint8Array, labels: Uint8Array }} digits
   * @param {Uint32Array} batch rows of `digits`
   * @param {Float32Array} gradient gets the gradient of the mean loss
   * @returns {number} the mean loss over the batch
   */
  lossAndGradient({ pixels, labels }, batch, gradient) {
    const { inputs, hidden, outputs } = this.shape;
    this.#reserve(batch.length);
    const w2 = this.layers[2];
    const [g1, gb1, g2, gb2] = layersOf(this.shape, gradient);
    const { activations, errors, scores, starts, values } = this;
    gradient.fill(0);
    let loss = 0;
    for (let r = 0; r < batch.length; r++) {
      const active = activations.subarray(r * hidden, (r + 1) * hidden);
      const error = errors.subarray(r * hidden, (r + 1) * hidden);
      const label = labels[batch[r]];
      this.#forward(pixels.subarray(batch[r] * inputs, (batch[r] + 1) * inputs), active);
      loss -= Math.log(Math.max(scores[label], Number.MIN_VALUE));
      scores[label] -= 1;
      for (let o = 0; o < outputs; o++) gb2[o] += scores[o] /= batch.length;
      for (let h = 0; h < hidden; h++) {
        error[h] = 0;
        if (active[h] === 0) continue;
        let sum = 0;
        for (let o = 0, at = h * outputs; o < outputs; o++, at++) {
          g2[at] += active[h] * scores[o];
          sum += w2[at] * scores[o];
        }
        error[h] = sum;
        gb1[h] += sum;
      }
    }
    // pixel by pixel over the whole batch: a row of the largest matrix is then written a few times, not once an image
    for (let i = 0; i < inputs; i++) {
      let count = 0;
      for (let r = 0; r < batch.length; r++) {
        const level = pixels[batch[r] * inputs + i];
        if (level === 0) continue;
        starts[count] = r * hidden;
        values[count++] = level / LEVELS;
      }
      if (count) addRows(g1.subarray(i * hidden, (i + 1) * hidden), errors, starts, values, count);
    }
    return loss / batch.length;
  }

  /**
   * @param {{ pixels: Uint8Array, labels: Uint8Array }} digits
   * @returns {{ right: number, loss: number, count: number }} images classified right, and the sum of the losses
   */
  evaluate({ pixels, labels }) {
    const { inputs, hidden } = this.shape;
    this.#reserve(1);
    const active = this.activations.subarray(0, hidden);
    let right = 0;
    let loss = 0;
    for (let row = 0; row < labels.length; row++) {
      this.#forward(pixels.subarray(row * inputs, (row + 1) * inputs), active);
      const { scores } = this;
      let best = 0;
      for (let o = 1; o < scores.length; o++) if (scores[o] > scores[best]) best = o;
      if (best === labels[row]) right++;
      loss -= Math.log(Math.max(scores[labels[row]], Number.MIN_VALUE));
    }
    return { right, loss, count: labels.length };
  }
}
