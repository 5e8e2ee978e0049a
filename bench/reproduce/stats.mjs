// SPDX-License-Identifier: Apache-2.0
/** Means with standard errors, straight lines, and the squared length of a mean vector without the bias of noise. */

/** Mean and standard error of numbers as they come (Welford). */
export class Mean {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value) {
    this.count++;
    const change = value - this.mean;
    this.mean += change / this.count;
    this.#squares += change * (value - this.mean);
  }

  get variance() {
    return this.count > 1 ? this.#squares / (this.count - 1) : 0;
  }

  /** Standard error of the mean. */
  get error() {
    return Math.sqrt(this.variance / this.count);
  }
}

/**
 * Least squares line y = intercept + slope x.
 * @param {number[]} [errors] standard errors of the ys: they become weights, and the slope's standard error comes from
 *   them instead of the scatter
 */
export function fitLine(xs, ys, errors) {
  const weights = xs.map((_, i) => (errors ? 1 / errors[i] ** 2 : 1));
  const sum = (value) => xs.reduce((total, _, i) => total + weights[i] * value(i), 0);
  const total = sum(() => 1);
  const meanX = sum((i) => xs[i]) / total;
  const meanY = sum((i) => ys[i]) / total;
  const spread = sum((i) => (xs[i] - meanX) ** 2);
  const slope = sum((i) => (xs[i] - meanX) * (ys[i] - meanY)) / spread;
  const intercept = meanY - slope * meanX;
  const scatter = sum((i) => (ys[i] - intercept - slope * xs[i]) ** 2) / Math.max(1, xs.length - 2);
  return { slope, intercept, error: Math.sqrt((errors ? 1 : scatter) / spread) };
}

/** The slope of log y over log x. @param errors as in fitLine, of the ys themselves */
export function fitPower(xs, ys, errors) {
  return fitLine(
    xs.map(Math.log),
    ys.map(Math.log),
    errors?.map((error, i) => error / ys[i]),
  );
}

/**
 * |E e|^2 of random vectors e. The squared length of their plain mean would be too large by the noise, |e|^2 / n; the
 * mean of <e_s, e_t> over pairs s != t is not (a U-statistic), and so can come out a little below 0.
 */
export class SquaredBias {
  #sums;
  #squares;
  #counts;

  /** @param {number} groups for the jackknife of the standard error */
  constructor(dim, groups = 20) {
    this.#sums = Array.from({ length: groups }, () => new Float64Array(dim));
    this.#squares = new Float64Array(groups);
    this.#counts = new Float64Array(groups);
  }

  /** Adds decoded - x, where both are rows at `at` of longer arrays. @param trial its number, 0, 1, 2, ... */
  add(trial, decoded, x, at, dim) {
    const group = trial % this.#sums.length;
    const sum = this.#sums[group];
    let square = 0;
    for (let i = 0; i < dim; i++) {
      const e = decoded[at + i] - x[at + i];
      sum[i] += e;
      square += e * e;
    }
    this.#squares[group] += square;
    this.#counts[group]++;
    return square;
  }

  /** @returns {{ value: number, error: number }} the estimate and its standard error (leave one group out) */
  estimate() {
    const dim = this.#sums[0].length;
    const total = new Float64Array(dim);
    for (const sum of this.#sums) for (let i = 0; i < dim; i++) total[i] += sum[i];
    const squares = this.#squares.reduce((a, b) => a + b, 0);
    const count = this.#counts.reduce((a, b) => a + b, 0);
    const value = pairMean(total, undefined, squares, count);
    const without = this.#sums.map((sum, g) =>
      pairMean(total, sum, squares - this.#squares[g], count - this.#counts[g]),
    );
    const middle = without.reduce((a, b) => a + b, 0) / without.length;
    const spread = without.reduce((a, b) => a + (b - middle) ** 2, 0);
    return { value, error: Math.sqrt((spread * (without.length - 1)) / without.length) };
  }
}

/** Mean of <e_s, e_t>, s != t, from the sum of all e (without those of a group), sum |e|^2 and their number. */
function pairMean(total, group, squares, count) {
  let square = 0;
  for (let i = 0; i < total.length; i++) square += (total[i] - (group?.[i] ?? 0)) ** 2;
  return (square - squares) / (count * (count - 1));
}
