// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/quantize.inl.h: values -> codes -> levels. */
import type { Codebook } from '../codec/codebooks.ts';

const f = Math.fround;

/** codes[c .. c + n) = number of thresholds <= v[at .. at + n). */
export function bucketize(book: Codebook, v: Float32Array, at: number, n: number, codes: Uint8Array): void {
  const { thresholds, base, binScale, binOffset } = book;
  const bins = base.length;
  if (bins === 0) {
    const count = thresholds.length - 1;
    for (let i = 0; i < n; i++) {
      const x = v[at + i];
      let code = 0;
      for (let t = 0; t < count; t++) code += x >= thresholds[t] ? 1 : 0;
      codes[i] = code;
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = v[at + i];
    const bin = f(f(x * binScale) + binOffset);
    const low = base[bin <= 0 ? 0 : bin >= bins - 1 ? bins - 1 : bin | 0];
    codes[i] = low + (x >= thresholds[low] ? 1 : 0);
  }
}

export function lookup(book: Codebook, codes: Uint8Array, n: number, levels: Float32Array, at: number): void {
  const table = book.levels;
  for (let i = 0; i < n; i++) levels[at + i] = table[codes[i]];
}
