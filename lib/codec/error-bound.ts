// SPDX-License-Identifier: Apache-2.0
/**
 * How far an estimated inner product <q, x^> may be from <q, x>, as seen over random rotations.
 *
 * x^ - x has a part along x, which is known or has an expectation, and a part in a random direction of the other d - 1
 * dimensions, whose product with q has the standard deviation |q| |part| / sqrt(d - 1) (RaBitQ, arXiv 2405.12497). By scale:
 *   unbiased  nothing along x; |x^|^2 / |x|^2 - 1 across, known from the record
 *   mse       x^ is a projection of x: 1 - |x^|^2 / |x|^2 is lost along x, the rest is across
 *   fixed     the codec's expected error D, across x. Along x it varies too: by E z^2 e^2 / D times as much, e the error of a
 *             coordinate z, which is at most 3 (the limit for many bits, where cells grow like e^(z^2 / 6)). Centroids also
 *             fall short along x by D; one draw for a whole vector stretches it by a random gain, whose variance does not
 *             fall with d.
 *             A projected residual r makes an error of at most sqrt(pi/2) |q| |r| / sqrt(d), which is residual * |q| sqrt(d).
 */

import type { CodecPlan } from './codec.ts';
import { DITHER_TABLES } from './dither-tables.ts';

/** What a record says. */
export interface RowFacts {
  readonly norm: number;
  /** |x^|^2 */
  readonly energy: number;
  /** How far the query lies along x: the estimate of |<q, x>| / (|q| |x|), or 1. */
  readonly cosine: number;
  readonly residual: number;
}

/** In units of |q|: the part of the error that is there on average (at most), and the standard deviation of the rest. */
export interface ErrorSpread {
  readonly offset: number;
  readonly deviation: number;
}

/** Largest variance of the error along x, in units of that across it. */
const ALONG = 3;

/**
 * A gain is not normal: 95 % of them lie within 2.26 of its deviations, not 2 (from the tables, at 1 and 2 bits). Most of
 * the other 5 % are just beyond, where the rest of the error carries more over: 2.4 covers both (measured, d = 768).
 */
const GAIN_TAIL = 1.2;

/** Variance of the gain of one draw for a whole vector, as a normal law with its 95 % would have. */
function gainVariance(plan: CodecPlan): number {
  const table = plan.dither === 'row' ? DITHER_TABLES[plan.sections[0].alphabet.bits] : undefined;
  return GAIN_TAIL ** 2 * (table?.gainVariance ?? 0);
}

export function errorSpread(plan: CodecPlan, { norm, energy, residual, cosine }: RowFacts): ErrorSpread {
  const dim = plan.rotation.dim;
  const across = Math.max(1, dim - 1);
  if (norm === 0) return { offset: 0, deviation: 0 };
  if (plan.projection) return { offset: 0, deviation: residual * Math.sqrt(dim) };
  if (plan.scaling === 'fixed') {
    const error = plan.relativeError;
    const short = plan.dither === 'none' ? error : 0;
    const gain = gainVariance(plan);
    // what the estimate itself may be short of the cosine: centroids by their share, a gain by three deviations, the most that one has
    const least = 1 - short - 3 * Math.sqrt(gain);
    const most = cosine < least ? cosine / least : 1;
    const along = most * most;
    const variance = (error * (1 + (ALONG - 1) * along)) / across + gain * along;
    return { offset: norm * short * most, deviation: norm * Math.sqrt(variance) };
  }
  // a row whose coded coordinates were all 0 (possible below one bit) is lost altogether
  if (energy === 0) return { offset: norm, deviation: 0 };
  const ratio = energy / (norm * norm);
  if (plan.scaling === 'unbiased') {
    return { offset: 0, deviation: norm * Math.sqrt(Math.max(0, ratio - 1) / across) };
  }
  const lost = Math.max(0, 1 - ratio);
  return { offset: norm * lost, deviation: norm * Math.sqrt((ratio * lost) / across) };
}
