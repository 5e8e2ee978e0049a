// SPDX-License-Identifier: Apache-2.0
/**
 * The thresholds of a dithered codec whose coordinates have a draw each, with the table that finds a code in constant time:
 * uniform bins so narrow that, whatever the draw, at most one of its thresholds can lie on either side of a bin's values.
 * cpp/kernels/dither.inl.h and lib/js/dither.ts read it with the same float32 operations that build it here, so codes are
 * exact.
 */
import { binOf } from './codebooks.ts';

const f = Math.fround;
const MAX_BINS = 1 << 16;
/** Fractions are whole multiples of this, below 1. */
const FRACTION_UNIT = 2 ** -24;

export interface RampBook {
  /**
   * Pairs: where ramp j * draws + h begins, and its width times 2^-24. Multiples below 2^24 of the second, added to the
   * first, are the values that threshold j of draw h takes. After the last threshold comes one that is never reached.
   */
  readonly pairs: Float32Array;
  /**
   * For each bin, draws - 1 more than the first ramp that does not end below all its values: of draw h it is number
   * (base - h) div draws whose threshold has to be compared; those before are passed, those after are not.
   */
  readonly base: Int32Array;
  readonly binScale: number;
  readonly binOffset: number;
}

/** What a book is made from. */
interface Ramps {
  readonly bits: number;
  readonly draws: number;
  /** Where ramps begin; then where the last one ends. */
  readonly ramps: Float64Array;
}

export function rampBook({ bits, draws, ramps }: Ramps): RampBook {
  const edges = Float32Array.from(ramps);
  const count = edges.length - 1;
  const pairs = new Float32Array(2 * draws * 2 ** bits);
  const highest = new Float32Array(count);
  for (let k = 0; k < pairs.length / 2; k++) {
    pairs[2 * k] = k < count ? edges[k] : Number.POSITIVE_INFINITY;
    pairs[2 * k + 1] = k < count ? f(edges[k + 1] - edges[k]) * FRACTION_UNIT : 0;
    if (k < count) highest[k] = pairs[2 * k] + f(pairs[2 * k + 1] * (1 / FRACTION_UNIT - 1));
  }
  const low = edges[0];
  const high = edges[count];
  for (let bins = 2 ** (bits + 1); bins <= MAX_BINS; bins *= 2) {
    const binScale = f((bins - 1) / (high - low));
    const binOffset = f(-low * binScale);
    const binsOf = (values: Float32Array) => values.map((v) => binOf(v, binScale, binOffset, bins));
    const base = baseTable(binsOf(edges.subarray(0, count)), binsOf(highest), draws, bins);
    if (base) return { pairs, base, binScale, binOffset };
  }
  throw new Error('thresholds are too close together for a bin table');
}

/** The table of a number of bins, from the bins of the least and highest values on each ramp; undefined if they are too wide. */
function baseTable(least: Float32Array, highest: Float32Array, draws: number, bins: number): Int32Array | undefined {
  const base = new Int32Array(bins);
  let first = 0;
  for (let bin = 0; bin < bins; bin++) {
    while (first < highest.length && highest[first] < bin) first++;
    if (least[first + draws] <= bin) return undefined;
    base[bin] = first + draws - 1;
  }
  return base;
}
