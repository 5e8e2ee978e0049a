// SPDX-License-Identifier: Apache-2.0
/** A perceptron with one hidden ReLU layer and softmax cross-entropy; all parameters in one Float64Array. */
import { mulberry32 } from './prng.mjs';

/**
 * Parameters, and gradients like them: weights of the hidden layer (inputs x hidden, row after row), its biases, weights
 * of the output layer (hidden x outputs), its biases.
 */
export class Mlp {
  constructor({ inputs, hidden, outputs, seed }) {
    Object.assign(this, { inputs, hidden, outputs });
    this.size = (inputs + 1) * hidden + (hidden + 1) * outputs;
    const next = mulberry32(seed);
    const split = (inputs + 1) * hidden;
    // Uniform on +-1/sqrt(inputs of the layer), weights and biases alike.
    this.parameters = Float64Array.from({ length: this.size }, (_, i) => {
      const bound = 1 / Math.sqrt(i < split ? inputs : hidden);
      return bound * (next() / 2 ** 31 - 1);
    });
    this.activations = new Float64Array(hidden);
    this.errors = new Float64Array(hidden);
    this.scores = new Float64Array(outputs);
  }

  #layers(flat) {
    const { inputs, hidden, outputs } = this;
    const ends = [inputs * hidden, hidden, hidden * outputs, outputs];
    let at = 0;
    return ends.map((length) => flat.subarray(at, (at += length)));
  }

  /** Activations and class probabilities of one input; zeros in it cost nothing. */
  #forward(x) {
    const { hidden, outputs, activations, scores } = this;
    const [w1, b1, w2, b2] = this.#layers(this.parameters);
    activations.set(b1);
    for (let i = 0; i < x.length; i++) {
      const value = x[i];
      if (value === 0) continue;
      for (let h = 0, at = i * hidden; h < hidden; h++, at++) activations[h] += value * w1[at];
    }
    scores.set(b2);
    for (let h = 0; h < hidden; h++) {
      if (activations[h] <= 0) {
        activations[h] = 0;
        continue;
      }
      for (let o = 0; o < outputs; o++) scores[o] += activations[h] * w2[h * outputs + o];
    }
    const top = scores.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += scores[o] = Math.exp(scores[o] - top);
    for (let o = 0; o < outputs; o++) scores[o] /= sum;
  }

  /** The mean loss over the rows of a batch; its gradient goes to `gradient`. */
  lossAndGradient(rows, labels, gradient) {
    const { hidden, outputs, activations, errors, scores } = this;
    const w2 = this.#layers(this.parameters)[2];
    const [g1, gb1, g2, gb2] = this.#layers(gradient);
    gradient.fill(0);
    let loss = 0;
    rows.forEach((x, row) => {
      this.#forward(x);
      loss -= Math.log(scores[labels[row]]);
      scores[labels[row]] -= 1;
      for (let o = 0; o < outputs; o++) gb2[o] += scores[o] /= rows.length;
      for (let h = 0; h < hidden; h++) {
        errors[h] = 0;
        if (activations[h] === 0) continue;
        for (let o = 0, at = h * outputs; o < outputs; o++, at++) {
          g2[at] += activations[h] * scores[o];
          errors[h] += w2[at] * scores[o];
        }
        gb1[h] += errors[h];
      }
      for (let i = 0; i < x.length; i++) {
        const value = x[i];
        if (value === 0) continue;
        for (let h = 0, at = i * hidden; h < hidden; h++, at++) g1[at] += value * errors[h];
      }
    });
    return loss / rows.length;
  }

  step(gradient, rate) {
    const { parameters } = this;
    for (let i = 0; i < parameters.length; i++) parameters[i] -= rate * gradient[i];
  }

  /** The most probable class of one input. */
  classify(x) {
    this.#forward(x);
    return this.scores.indexOf(this.scores.reduce((a, b) => Math.max(a, b)));
  }
}
