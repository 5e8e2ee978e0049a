// SPDX-License-Identifier: Apache-2.0
/** What an index estimates, worked out in float64 from the vectors themselves; and how far an estimate may be off. */
import { LLOYD_MAX_ERROR } from '../../lib/codec/lloyd-max.ts';
import type { Metric } from '../../lib/search/metric.ts';
import { row } from './vectors.ts';

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

export function exactScore(metric: Metric, a: Float32Array, b: Float32Array): number {
  switch (metric) {
    case 'cosine': {
      const lengths = norm(a) * norm(b);
      return lengths > 0 ? dot(a, b) / lengths : 0;
    }
    case 'ip':
      return dot(a, b);
    case 'l2':
      return norm(a.map((v, i) => v - b[i]));
  }
}

/** Ids 0 .. rows - 1, best first; equal scores in the order of the rows. */
export function exactOrder(metric: Metric, x: Float32Array, dim: number, query: Float32Array): number[] {
  const sign = metric === 'l2' ? 1 : -1;
  const scores = Array.from({ length: x.length / dim }, (_, i) => sign * exactScore(metric, row(x, dim, i), query));
  return scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b] || a - b);
}

/**
 * Standard deviation of the estimate of <q, x>, for |q| = |x| = 1.
 *
 * The code decodes to x + e with e at right angles to x and |e|^2 = v = D / (1 - D), D the Lloyd-Max error; the rotation
 * makes the direction of e uniform, so <q, e> has variance v / (dim - 1) (RaBitQ's bound; at most that, as only the part
 * of q at right angles to x counts). Rounding q to steps of max|q_i| / 127 adds step^2 / 12 a coordinate, and the largest
 * of dim normal coordinates is near sqrt(2 ln(2 dim) / dim).
 */
export function estimateDeviation(dim: number, bits: number): number {
  const whole = Math.floor(bits);
  const kept =
    (bits - whole) * (1 - (LLOYD_MAX_ERROR[whole + 1] ?? 0)) + (1 - bits + whole) * (1 - LLOYD_MAX_ERROR[whole]);
  const v = 1 / kept - 1;
  const step2 = (2 * Math.log(2 * dim)) / dim / 127 ** 2;
  return Math.sqrt(v / Math.max(1, dim - 1) + ((1 + v) * step2) / 12);
}
