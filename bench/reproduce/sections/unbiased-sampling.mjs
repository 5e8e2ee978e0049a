// SPDX-License-Identifier: Apache-2.0
/**
 * For sections c and e: error and bias of a codec on many inputs, and how far each is from what it should be in standard
 * errors. Every trial has a rotation, a place in the collection and private randomness of its own.
 */
import { Quantizer } from '../../../dist/index.js';
import { squaredNorm } from '../inputs.mjs';
import { normalCdf } from '../normal.mjs';
import { librarySeed } from '../random.mjs';
import { Mean } from '../stats.mjs';

/** Independent groups of trials that the bias is estimated from. */
const GROUPS = 32;

/**
 * A skew number of standard errors as one of a normal law (Wilson, Hilferty 1931): `errors` comes from a sum of squares
 * with as much skewness as `freedom` equally large ones have. A few squares have a far longer tail than a normal number.
 */
function asNormal(errors, freedom) {
  const variance = 2 / (9 * freedom);
  return (Math.cbrt(1 + errors * Math.sqrt(2 / freedom)) - (1 - variance)) / Math.sqrt(variance);
}

/** Errors of one input, |decoded - x|² / |x|², and the squared bias |E decoded - x|² / |x|². */
class Cell {
  #x;
  #square;
  #errors = new Mean();
  #sums;
  #counts = new Float64Array(GROUPS);

  constructor(x) {
    this.#x = x;
    this.#square = squaredNorm(x);
    this.#sums = Array.from({ length: GROUPS }, () => new Float64Array(x.length));
  }

  /** @param rows where the decoded copies of one trial begin */
  add(group, decoded, rows) {
    const x = this.#x;
    const sum = this.#sums[group];
    let square = 0;
    for (const at of rows) {
      for (let i = 0; i < x.length; i++) {
        const e = decoded[at + i] - x[i];
        sum[i] += e;
        square += e * e;
      }
    }
    this.#counts[group] += rows.length;
    this.#errors.add(square / rows.length / this.#square);
  }

  /**
   * The squared bias is the mean of <m, m'> over pairs of group means: a U-statistic, unbiased, so it can be a little
   * below 0. Without a bias the pairs are uncorrelated, and their mean square gives the standard error; products around
   * three groups give the skewness (Hall 1983). `biasSigmas` is the squared bias in standard errors, as of a normal law.
   */
  #bias() {
    const means = this.#sums.map((sum, g) => sum.map((value) => value / this.#counts[g]));
    const product = (a, b) => a.reduce((total, value, i) => total + value * b[i], 0);
    const products = means.map((m, g) => means.slice(0, g).map((other) => product(m, other)));
    const pairs = new Mean();
    const squares = new Mean();
    const cubes = new Mean();
    for (let g = 0; g < GROUPS; g++) {
      for (let h = 0; h < g; h++) {
        pairs.add(products[g][h]);
        squares.add(products[g][h] ** 2);
        for (let k = 0; k < h; k++) cubes.add(products[g][h] * products[h][k] * products[g][k]);
      }
    }
    const error = Math.sqrt(squares.mean / pairs.count);
    const dim = this.#x.length;
    const freedom = cubes.mean > 0 ? Math.min(dim, Math.max(1, squares.mean ** 3 / cubes.mean ** 2)) : dim;
    return {
      bias: pairs.mean / this.#square,
      biasError: error / this.#square,
      biasSigmas: error > 0 ? asNormal(pairs.mean / error, freedom) : 0,
    };
  }

  result() {
    return { error: this.#errors.mean, errorSigma: this.#errors.error, ...this.#bias() };
  }
}

/**
 * @param {{ name: string, x: Float32Array }[]} inputs
 * @param options of the Quantizer, without dim and seeds
 * @param {{ trials: number, copies?: number, stream: number, inspect?: (records: Uint8Array) => void }} plan `copies` of
 *   every input share a rotation and nothing else; they count as one trial
 * @returns a cell for each input
 */
export function measureUnbiased(inputs, options, { trials, copies = 1, stream, inspect }, progress) {
  const dim = inputs[0].x.length;
  const rows = copies * inputs.length;
  const x = new Float32Array(rows * dim);
  for (let r = 0; r < rows; r++) x.set(inputs[r % inputs.length].x, r * dim);
  const places = inputs.map((_, i) => Array.from({ length: copies }, (_, c) => (c * inputs.length + i) * dim));
  const cells = inputs.map((each) => new Cell(each.x));
  const decoded = new Float32Array(rows * dim);
  for (let trial = 0; trial < trials; trial++) {
    const seed = librarySeed(stream, trial);
    const privateSeed = librarySeed(stream + 50, trial);
    const quantizer = new Quantizer({ dim, ...options, seed, ...(options.codec === 'quicfl' ? { privateSeed } : {}) });
    const records = quantizer.encode(x, { firstIndex: trial * rows });
    inspect?.(records);
    quantizer.decode(records, { out: decoded });
    // groups one after the other, so that the sums of one stay in the cache
    const group = Math.floor((GROUPS * trial) / trials);
    cells.forEach((cell, i) => {
      cell.add(group, decoded, places[i]);
    });
    if (trial % 16 === 0) progress(trial / trials);
  }
  return cells.map((cell, i) => ({ name: inputs[i].name, ...cell.result() }));
}

/**
 * How far the farthest of `count` standard normal errors may be: as rarely beyond it as one error is beyond 3 (1 in 741,
 * one side).
 */
export function farthestOf(count) {
  const chance = (1 - normalCdf(3)) / count;
  let [low, high] = [3, 8];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (1 - normalCdf(middle) > chance) low = middle;
    else high = middle;
  }
  return high;
}

export const largest = (list, size) => list.reduce((a, b) => (size(b) > size(a) ? b : a));
