// SPDX-License-Identifier: Apache-2.0
/**
 * How far an estimated inner product <q, x^> may be from <q, x>, as seen over random rotations.
 *
 * x^ - x has a part along x, which is known or has an expectation, and a part in a random direction of the other d - 1
 * dimensions, whose product with q has the standard deviation |q| |part| / sqrt(d - 1) (RaBitQ, arXiv 2405.12497). By scale:
 *   unbiased  nothing along x; |x^|^2 / |x|^2 - 1 across, known from the record
 *   mse       x^ is a projection of x: 1 - |x^|^2 / |x|^2 is lost along x, the rest is across
 *   fixed     the codec's expected error: lost along x and across it (centroids), or across it alone (dithered, quicfl). One
 *             draw for a whole vector also stretches it by a random gain, whose variance does not fall with d.
 *             A projected residual r makes an error of at most sqrt(pi/2) |q| |r| / sqrt(d), which is residual * |q| sqrt(d).
 */

import type { CodecPlan } from './codec.ts';
import { DITHER_TABLES } from './dither-tables.ts';

/** What a record says. */
export interface RowFacts {
  readonly norm: number;
  /** |x^|^2 */
  readonly energy: number;
  readonly residual: number;
}

/** In units of |q|: the part of the error that is there on average (at most), and the standard deviation of the rest. */
export interface ErrorSpread {
  readonly offset: number;
  readonly deviation: number;
}

/** Variance of the gain of one draw for a whole vector. */
function gainVariance(plan: CodecPlan): number {
  return plan.dither === 'row' ? (DITHER_TABLES[plan.sections[0].alphabet.bits]?.gainVariance ?? 0) : 0;
}

export function errorSpread(plan: CodecPlan, { norm, energy, residual }: RowFacts): ErrorSpread {
  const dim = plan.rotation.dim;
  const across = Math.max(1, dim - 1);
  if (norm === 0) return { offset: 0, deviation: 0 };
  if (plan.projection) return { offset: 0, deviation: residual * Math.sqrt(dim) };
  if (plan.scaling === 'fixed') {
    const error = plan.relativeError;
    if (plan.dither === 'none') return { offset: norm * error, deviation: norm * Math.sqrt(error / across) };
    return { offset: 0, deviation: norm * Math.sqrt(error / across + gainVariance(plan)) };
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
