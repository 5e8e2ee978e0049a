// SPDX-License-Identifier: Apache-2.0
/**
 * For section g: figures of one setup from its errors by seed and vector. Vectors of one seed share a rotation and are no
 * independent samples, so every figure is a mean over seeds of a mean over vectors, with the standard error of that.
 */
import { Mean } from '../stats.mjs';
import { COSINES, KINDS, SIGMAS } from './products-sampling.mjs';

const ROWS = COSINES.length * KINDS.length;

/** Mean over seeds of the mean of `value(seed, row)` over some rows. */
function overSeeds(seeds, rows, value) {
  const result = new Mean();
  for (let seed = 0; seed < seeds; seed++) {
    let sum = 0;
    for (const row of rows) sum += value(seed, row);
    result.add(sum / rows.length);
  }
  return { value: result.mean, error: result.error };
}

const times = ({ value, error }, factor) => ({ value: value * factor, error: error * factor });

/** @param {import('./products-sampling.mjs').Cell} cell @param {Float64Array} products cosine of each row */
export function summarize(cell, products, dim) {
  const seeds = cell.errors.length / ROWS;
  const error = (seed, row) => cell.errors[seed * ROWS + row];
  const all = Array.from({ length: ROWS }, (_, row) => row);
  const means = all.map((row) => overSeeds(seeds, [row], error));
  const spread = (rows) =>
    times(
      overSeeds(seeds, rows, (seed, row) => (error(seed, row) - means[row].value) ** 2),
      (dim * seeds) / (seeds - 1),
    );
  const square = (rows) =>
    times(
      overSeeds(seeds, rows, (seed, row) => error(seed, row) ** 2),
      dim,
    );
  const weight = all.reduce((sum, row) => sum + products[row] ** 2, 0) / ROWS;
  const farthest = means.reduce((most, { value, error: e }) => Math.max(most, Math.abs(value) / e), 0);
  return {
    bytes: cell.bytes.mean,
    vnmse: { value: cell.vnmse.mean, error: cell.vnmse.error },
    /** d · E error², over all cosines. */
    square: square(all),
    /** The largest mean error of a vector: in standard errors, and in standard deviations of one estimate. */
    bias: { sigmas: farthest, share: farthest / Math.sqrt(seeds), error: 1 / Math.sqrt(seeds) },
    /** Slope of the error over the truth: 0 without bias. */
    slope: times(
      overSeeds(seeds, all, (seed, row) => error(seed, row) * products[row]),
      1 / weight,
    ),
    byCosine: COSINES.map((cosine, c) => {
      const rows = KINDS.map((_, k) => c * KINDS.length + k);
      return {
        cosine,
        variance: spread(rows),
        square: square(rows),
        coverage: SIGMAS.map((_, s) => {
          const counts = cell.covered[s];
          return overSeeds(seeds, [c], (seed) => counts[seed * COSINES.length + c] / KINDS.length);
        }),
      };
    }),
  };
}
