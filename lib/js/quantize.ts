// SPDX-License-Identifier: Apache-2.0
/**
 * Twin of cpp/kernels/quantize.inl.h: values -> codes -> levels. Comparisons are turned into numbers, not branches: what a
 * value is compared with next is as random as the value, and a branch would be guessed wrong half of the time.
 */
import type { Codebook } from '../codec/codebooks.ts';

const f = Math.fround;

/** codes[0 .. n) of v[at .. at + n) * gain: how many thresholds are at most the product. */
export function bucketize(
  { thresholds, base, binScale, binOffset }: Codebook,
  v: Float32Array,
  at: number,
  gain: number,
  n: number,
  codes: Uint8Array,
): void {
  const top = base.length - 1;
  if (top < 0) {
    countThresholds(thresholds, thresholds.length - 1, v, at, gain, n, codes);
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = f(v[at + i] * gain);
    const bin = Math.min(Math.max(f(f(x * binScale) + binOffset), 0), top);
    const low = base[bin | 0];
    codes[i] = low + +(x >= thresholds[low]);
  }
}

/** Thresholds 0 .. 15, those that there are not at infinity. */
const padded = new Float64Array(16);

/** The same with the first `count` of `thresholds` (one less than a power of two) and no bins, by halves. */
export function countThresholds(
  thresholds: Float32Array,
  count: number,
  v: Float32Array,
  at: number,
  gain: number,
  n: number,
  codes: Uint8Array,
): void {
  if (count > 15) {
    const top = (count + 1) / 2;
    for (let i = 0; i < n; i++) {
      const x = f(v[at + i] * gain);
      let code = 0;
      for (let step = top; step >= 1; step >>= 1) code += step * +(x >= thresholds[code + step - 1]);
      codes[i] = code;
    }
    return;
  }
  padded.fill(Number.POSITIVE_INFINITY);
  for (let t = 0; t < count; t++) padded[t] = thresholds[t];
  if (count <= 3) {
    for (let i = 0; i < n; i++) {
      const x = f(v[at + i] * gain);
      const half = 2 * +(x >= padded[1]);
      codes[i] = half + +(x >= padded[half]);
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = f(v[at + i] * gain);
    const half = 8 * +(x >= padded[7]);
    const quarter = half + 4 * +(x >= padded[half + 3]);
    const eighth = quarter + 2 * +(x >= padded[quarter + 1]);
    codes[i] = eighth + +(x >= padded[eighth]);
  }
}

/** Levels of codes, from entry `first` of the table on. */
export function lookup(
  table: Float32Array,
  first: number,
  codes: Uint8Array,
  n: number,
  levels: Float32Array,
  at: number,
): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    levels[at + i] = table[first + codes[i]];
    levels[at + i + 1] = table[first + codes[i + 1]];
    levels[at + i + 2] = table[first + codes[i + 2]];
    levels[at + i + 3] = table[first + codes[i + 3]];
  }
  for (; i < n; i++) levels[at + i] = table[first + codes[i]];
}
