// SPDX-License-Identifier: Apache-2.0
/**
 * Lloyd-Max quantizers of one coordinate of a uniformly random unit vector in R^dim, times sqrt(dim): the codebooks of
 * TurboQuant (arXiv 2504.19874), solved when they are needed. The coordinate t has density proportional to
 * (1 - t^2)^((dim - 3) / 2) on [-1, 1], a shifted Beta((dim - 1) / 2, (dim - 1) / 2) law; as dim grows, sqrt(dim) t
 * tends to N(0,1) and the levels to those of lloyd-max.ts.
 *
 * Codes depend on the levels, so they are the same on every engine: only + - * / and Math.sqrt, which IEEE 754 rounds
 * exactly, in a fixed order. With t = sin(theta) the law has whole powers alone in s = tan(theta / 2):
 *
 *   t = 2s / (1 + s^2)    cos(theta) = (1 - s^2) / (1 + s^2)    weight of ds = cos(theta)^(dim - 2) 2 / (1 + s^2)
 *
 * and is smooth even for dim = 2, whose density in t is infinite at the ends. It is symmetric: all below is about the
 * positive half.
 */
import { midpoints } from './codebooks.ts';
import { LLOYD_MAX_LEVELS } from './lloyd-max.ts';

/**
 * From this dimension on the Gaussian levels do: at 64 their error on this law is above the least one by 0.02 % at
 * 2 bits, 0.43 % at 4 and 1.3 % at 8.
 */
export const BETA_DIMS_BELOW = 64;

// Gauss-Legendre with 8 nodes on [-1, 1] (Abramowitz and Stegun, table 25.4), to the last bit
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.31370664587788727, 0.22238103445337448, 0.10122853629037626];

/** Panels to s = 1. The standard deviation of s is about 1 / (2 sqrt(dim)), two panels or more: only rounding is left. */
const PANELS = 32;

/** Newton's error squares with each step: after one as small as this only rounding is left. */
const LAST_STEP = 1e-10;

/** The law over low <= t < high. */
interface Cell {
  level: number;
  low: number;
  high: number;
  /** Its weight, and the integrals of t - level and of (t - level)^2: about the level, so that little cancels. */
  mass: number;
  first: number;
  second: number;
}

/** x^n for a whole n >= 0 by squaring: engines differ in Math.pow. */
function power(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let rest = n; rest > 0; rest >>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return result;
}

const cosine = (t: number) => Math.sqrt((1 - t) * (1 + t));
const halfTangent = (t: number) => t / (1 + cosine(t));

function cellOf(dim: number, level: number, low: number, high: number): Cell {
  const cell = { level, low, high, mass: 0, first: 0, second: 0 };
  const start = halfTangent(low);
  const width = halfTangent(high) - start;
  const panels = Math.ceil(width * PANELS);
  const half = width / panels / 2;
  for (let p = 0; p < panels; p++) {
    const middle = start + (2 * p + 1) * half;
    for (let k = 0; k < 2 * NODES.length; k++) {
      const s = k & 1 ? middle + half * NODES[k >> 1] : middle - half * NODES[k >> 1];
      const norm = 1 + s * s;
      const weight = (WEIGHTS[k >> 1] * half * power(((1 - s) * (1 + s)) / norm, dim - 2) * 2) / norm;
      const offset = (2 * s) / norm - level;
      cell.mass += weight;
      cell.first += weight * offset;
      cell.second += weight * offset * offset;
    }
  }
  return cell;
}

function cellsOf(dim: number, levels: readonly number[]): Cell[] {
  const thresholds = [0, ...midpoints(levels), 1];
  return levels.map((level, i) => cellOf(dim, level, thresholds[i], thresholds[i + 1]));
}

/**
 * Newton's step for level = E[t | cell]: what to add to each level. A mean moves with the two thresholds of its cell,
 * so the equations are tridiagonal: -below step[i - 1] + (1 - below - above) step[i] - above step[i + 1] = residual.
 */
function newtonStep(dim: number, levels: readonly number[]): number[] {
  const step: number[] = [];
  // elimination from the lowest level up leaves step[i] - factor[i] step[i + 1]
  const factor: number[] = [];
  cellsOf(dim, levels).forEach(({ level, low, high, mass, first }, i) => {
    const residual = first / mass;
    const mean = level + residual;
    // d mean / d level through the threshold t, which moves half as far as a level; the ends 0 and 1 stay
    const pull = (t: number) =>
      0 < t && t < 1 ? (power(cosine(t), dim - 2) / cosine(t) / mass / 2) * Math.abs(t - mean) : 0;
    const below = pull(low);
    const above = pull(high);
    const pivot = 1 - below - above - (i ? below * factor[i - 1] : 0);
    factor.push(above / pivot);
    step.push((residual + (i ? below * step[i - 1] : 0)) / pivot);
  });
  for (let i = step.length - 2; i >= 0; i--) step[i] += factor[i] * step[i + 1];
  return step;
}

/**
 * The 2^bits levels, ascending and exactly odd-symmetric, for the coordinate scaled to E z^2 = 1, and their mean
 * squared error E (z - Q(z))^2. For dim = 1, where z is -1 or 1, evenly spaced levels from -1 to 1, and error 0.
 *
 * @param dim 1 .. BETA_DIMS_BELOW - 1
 * @param bits 1 .. 8
 */
export function betaLevels(dim: number, bits: number): { levels: number[]; error: number } {
  const last = 2 ** bits - 1;
  if (dim === 1) return { levels: Array.from({ length: last + 1 }, (_, i) => (2 * i - last) / last), error: 0 };
  // The best levels g of N(0,1) have density exp(-g^2 / 6), the best t of many (1 - t^2)^((dim - 3) / 6), the cube roots
  // of the laws. This map takes one to the other to first order in g^2: from there Newton's method gets to every
  // dimension and width undamped, in six steps at most (the test has them all).
  let half = LLOYD_MAX_LEVELS[bits].map((g) => g / Math.sqrt(g * g + dim + 6));
  for (let change = 1; change > LAST_STEP; ) {
    const step = newtonStep(dim, half);
    half = half.map((level, i) => level + step[i]);
    change = Math.max(...step.map(Math.abs));
  }
  const cells = cellsOf(dim, half);
  const sum = (part: 'mass' | 'second') => cells.reduce((total, cell) => total + cell[part], 0);
  const positive = half.map((level) => level * Math.sqrt(dim));
  return { levels: [...positive.map((c) => -c).reverse(), ...positive], error: (dim * sum('second')) / sum('mass') };
}
