// SPDX-License-Identifier: Apache-2.0
/**
 * EDEN in a few lines of float64, for rotations that the library does not have. Works on a row that is rotated already,
 * in place: it becomes what a decoder would rotate back.
 */
import { lloydMaxLevels, midpoints } from '../../dist/codec/codebooks.js';

export class PlainEden {
  #levels;
  #thresholds;
  #mse;

  /** @param {number} bits 1 to 8 @param {'unbiased' | 'mse'} scale */
  constructor(bits, scale) {
    this.#levels = Float64Array.from(lloydMaxLevels(bits));
    this.#thresholds = Float64Array.from(midpoints(lloydMaxLevels(bits)));
    this.#mse = scale === 'mse';
  }

  /** @param {Float64Array} y rotated row @param {Float64Array} out as long */
  quantize(y, out) {
    const levels = this.#levels;
    const thresholds = this.#thresholds;
    let square = 0;
    for (const value of y) square += value * value;
    const normalise = Math.sqrt(y.length / square);
    let product = 0;
    let energy = 0;
    for (let i = 0; i < y.length; i++) {
      let code = 0;
      while (code < thresholds.length && y[i] * normalise >= thresholds[code]) code++;
      out[i] = levels[code];
      product += y[i] * out[i];
      energy += out[i] * out[i];
    }
    // unbiased: <decoded, y> = |y|^2; mse: the nearest multiple of the levels
    const scale = this.#mse ? product / energy : square / product;
    for (let i = 0; i < y.length; i++) out[i] *= scale;
    return out;
  }
}
