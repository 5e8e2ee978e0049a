// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of one coordinate (times sqrt(d), for a unit vector) that are known exactly, as atoms or as a density.
 *
 * After one round a coordinate is a sum of the entries with random signs. After two it is the same sum over the vector
 * that the first round made, and for the inputs here the magnitudes in that vector are known.
 */
import { normalCdf } from './normal.mjs';

/** Atoms lighter than this change nothing that is printed. */
const LIGHTEST = 1e-15;

/** step * (sum of n random signs), n >= 1. */
export function signSum(n, step) {
  const half = n >> 1;
  // weights of k plus signs from the middle up, relative to the middle: n-k over k+1 each time
  const weights = [1];
  for (let k = n - half; k < n; k++) {
    const weight = weights[weights.length - 1] * ((n - k) / (k + 1));
    if (weight < LIGHTEST) break;
    weights.push(weight);
  }
  const odd = n % 2;
  const upper = weights.map((mass, i) => ({ at: (2 * i + odd) * step, mass }));
  const lower = upper.slice(odd ? 0 : 1).map(({ at, mass }) => ({ at: -at, mass }));
  const atoms = [...lower, ...upper];
  const total = atoms.reduce((sum, { mass }) => sum + mass, 0);
  return atoms.map(({ at, mass }) => ({ at, mass: mass / total }));
}

/** A k-hot vector after one round. */
const hotOnce = (k) => () => signSum(k, 1 / Math.sqrt(k));

/** e_p + r e_q after two rounds: the first leaves d/2 entries of size 1 + r and d/2 of size |1 - r|, up to a factor. */
function twoHotTwice(r, dim) {
  const unit = 1 / Math.sqrt((1 + r * r) * dim);
  const large = signSum(dim / 2, (1 + r) * unit);
  if (r === 1) return large;
  const small = signSum(dim / 2, (1 - r) * unit);
  const atoms = [];
  for (const a of large) {
    for (const b of small) {
      if (a.mass * b.mass >= LIGHTEST) atoms.push({ at: a.at + b.at, mass: a.mass * b.mass });
    }
  }
  return atoms;
}

/**
 * e_0 + .. + e_3 after two rounds. The transform of four signs is (±4, 0, 0, 0) in some order if their product is plus,
 * and four times ±2 if it is minus: a quarter of the entries has everything, or all are alike.
 */
function firstFourTwice(dim) {
  const concentrated = signSum(dim / 4, 2 / Math.sqrt(dim));
  const spread = signSum(dim, 1 / Math.sqrt(dim));
  return [...concentrated, ...spread].map(({ at, mass }) => ({ at, mass: mass / 2 }));
}

/** By input (inputs.mjs) and number of rounds: dim => atoms. */
export const EXACT_LAWS = {
  'one-hot': { 1: hotOnce(1), 2: (dim) => signSum(dim, 1 / Math.sqrt(dim)) },
  'e0 + e1': { 1: hotOnce(2), 2: (dim) => twoHotTwice(1, dim) },
  'e0 + 0.9 e5': { 2: (dim) => twoHotTwice(Math.fround(0.9), dim) },
  'first 4': { 1: hotOnce(4), 2: firstFourTwice },
  '8-hot': { 1: hotOnce(8) },
  'first 8': { 1: hotOnce(8) },
  '32-hot': { 1: hotOnce(32) },
  constant: { 1: (dim) => signSum(dim, 1 / Math.sqrt(dim)) },
  'half constant': { 1: (dim) => signSum(dim / 2, Math.sqrt(2 / dim)) },
};

/**
 * Distances to N(0,1) of a coordinate after a uniform random rotation: density proportional to (1 - z²/d)^((d-3)/2).
 * Trapezoids on a grid as fine as the result is smooth.
 */
export function uniformRotationDistances(dim) {
  const steps = 40_000;
  const reach = Math.min(Math.sqrt(dim), 10);
  const h = (2 * reach) / steps;
  const density = (z) => Math.exp(((dim - 3) / 2) * Math.log1p(-(z * z) / dim));
  const at = (i) => -reach + i * h;
  const cumulated = new Float64Array(steps + 1);
  for (let i = 1; i <= steps; i++) {
    const middle = density((at(i - 1) + at(i)) / 2);
    cumulated[i] = cumulated[i - 1] + middle * h;
  }
  let kolmogorov = 0;
  let wasserstein = 0;
  for (let i = 0; i <= steps; i++) {
    const gap = Math.abs(cumulated[i] / cumulated[steps] - normalCdf(at(i)));
    kolmogorov = Math.max(kolmogorov, gap);
    wasserstein += gap * h;
  }
  return { kolmogorov, wasserstein };
}
