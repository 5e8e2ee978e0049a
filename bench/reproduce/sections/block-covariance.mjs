// SPDX-License-Identifier: Apache-2.0
/** For section d: covariances of coordinates in one aligned block after one, two and three RHTs. */
import { Rotation } from '../../../dist/index.js';
import { squaredNorm } from '../inputs.mjs';
import { librarySeed } from '../random.mjs';
import { Mean } from '../stats.mjs';
import { allRows, NAMES } from './vq-sampling.mjs';

export const BLOCKS = [2, 4, 8];

/** Sums over the first block of lags: lags 1 .. m-1 for blocks of m. */
const byBlock = (lags) => BLOCKS.map((m) => lags.slice(1, m).reduce((sum, value) => sum + value, 0));

/**
 * Sum of squared covariances of coordinate i with i xor s, s = 1 .. m-1, for aligned blocks of m = 2, 4, 8: after one
 * round exactly, after two on average over the first signs (our derivation; a_i = |x_i| / |x|).
 */
function predicted(x, dim) {
  const square = squaredNorm(x);
  const energy = (i) => (x[i] * x[i]) / square;
  const after = BLOCKS.map((m) => {
    const residues = new Float64Array(m);
    let blocks = 0;
    let fourth = 0;
    for (let i = 0; i < dim; i += m) {
      let sum = 0;
      for (let r = 0; r < m; r++) {
        residues[r] += energy(i + r);
        sum += energy(i + r);
        fourth += energy(i + r) ** 2;
      }
      blocks += sum * sum;
    }
    let one = 0;
    for (let s = 1; s < m; s++) {
      const signed = residues.reduce((sum, e, r) => sum + (oddParity(s & r) ? -e : e), 0);
      one += signed * signed;
    }
    return { one, two: 2 * (blocks - fourth) };
  });
  return { 1: after.map(({ one }) => one), 2: after.map(({ two }) => two) };
}

const oddParity = (bits) => ((bits ^ (bits >> 1) ^ (bits >> 2)) & 1) === 1;

/** Final rounds that share all rounds before. */
const FINALS = 4;

/** Mean over i of z_i z_(i xor s), for s = 0 .. 7, of a row whose squares sum to `square`. */
function lagProducts(y, dim, square) {
  const sums = new Float64Array(8);
  for (let i = 0; i < dim; i++) for (let s = 1; s < 8; s++) sums[s] += y[i] * y[i ^ s];
  return sums.map((sum) => sum / square);
}

/**
 * The same sums, measured: given all rounds but the last, a covariance is the mean over the signs of the last round (and
 * over i: it is the same for all). Products of two last rounds estimate its square without bias.
 * @param rounds 1, 2 or 3
 * @returns for each input { values: [block], sigmas: [block], predicted: [block] or undefined }
 */
export function measureCovariance(dim, rounds, trials, stream, progress) {
  const x = allRows(dim);
  const rows = NAMES.map((_, r) => x.subarray(r * dim, (r + 1) * dim));
  const squares = rows.map(squaredNorm);
  const before = new Float32Array(x.length);
  const y = new Float32Array(x.length);
  const means = NAMES.map(() => BLOCKS.map(() => new Mean()));
  for (let trial = 0; trial < trials; trial++) {
    const seed = librarySeed(stream, trial * (FINALS + 1));
    if (rounds > 1) new Rotation({ dim, seed, rounds: rounds - 1 }).apply(x, { out: before });
    else before.set(x);
    const products = Array.from({ length: FINALS }, (_, f) => {
      new Rotation({ dim, seed: seed + 1 + f, rounds: 1 }).apply(before, { out: y });
      return NAMES.map((_, r) => lagProducts(y.subarray(r * dim, (r + 1) * dim), dim, squares[r]));
    });
    means.forEach((blocks, r) => {
      const lags = Float64Array.from({ length: 8 }, (_, s) => meanPairProduct(products.map((rows) => rows[r][s])));
      byBlock(lags).forEach((value, b) => {
        blocks[b].add(value);
      });
    });
    if (trial % 16 === 0) progress(trial / trials);
  }
  return means.map((blocks, r) => ({
    values: blocks.map((mean) => mean.mean),
    sigmas: blocks.map((mean) => mean.error),
    predicted: predicted(rows[r], dim)[rounds],
  }));
}

/** Mean of v_i v_j over pairs i != j. */
function meanPairProduct(values) {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (sum * sum - squares) / (values.length * (values.length - 1));
}
