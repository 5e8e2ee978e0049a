// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/quantize.inl.h: values -> codes -> levels. */
import type { Codebook } from '../codec/codebooks.ts';

const f = Math.fround;
const COUNTED = 15;

/** codes[0 .. n) of v[at .. at + n) * gain: how many thresholds are at most the product. */
export function bucketize(
  { thresholds, base, binScale, binOffset }: Codebook,
  v: Float32Array,
  at: number,
  gain: number,
  n: number,
  codes: Uint8Array,
): void {
  const bins = base.length;
  if (bins === 0) {
    countThresholds(thresholds, thresholds.length - 1, v, at, gain, n, codes);
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = f(v[at + i] * gain);
    const bin = f(f(x * binScale) + binOffset);
    const low = base[bin <= 0 ? 0 : bin >= bins - 1 ? bins - 1 : bin | 0];
    codes[i] = low + (x >= thresholds[low] ? 1 : 0);
  }
}

/** The same with the first `count` of `thresholds` and no bins: one by one, or by halves if there are many. */
export function countThresholds(
  thresholds: Float32Array,
  count: number,
  v: Float32Array,
  at: number,
  gain: number,
  n: number,
  codes: Uint8Array,
): void {
  if (count > COUNTED) {
    const top = (count + 1) / 2;
    for (let i = 0; i < n; i++) {
      const x = f(v[at + i] * gain);
      let code = 0;
      for (let step = top; step >= 1; step >>= 1) if (x >= thresholds[code + step - 1]) code += step;
      codes[i] = code;
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = f(v[at + i] * gain);
    let code = 0;
    for (let t = 0; t < count; t++) code += x >= thresholds[t] ? 1 : 0;
    codes[i] = code;
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
  for (let i = 0; i < n; i++) levels[at + i] = table[first + codes[i]];
}
