// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/nearest.inl.h: blocks of coordinates -> the nearest codewords. */
import type { NearestAlphabet } from '../codec/alphabet.ts';

const f = Math.fround;

/** Codes of v[at .. at + count). */
export function nearestCodewords(
  { points, offsets, block }: NearestAlphabet,
  v: Float32Array,
  at: number,
  count: number,
  codes: Uint8Array,
): void {
  const size = offsets.length;
  for (let i = 0, c = 0; i < count; i += block, c++) {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < size; k++) {
      let score = offsets[k];
      for (let t = 0; t < block; t++) score = f(score + f(v[at + i + t] * points[t * size + k]));
      if (score > highest) {
        highest = score;
        best = k;
      }
    }
    codes[c] = best;
  }
}

export function lookupCodewords(
  { levels, block }: NearestAlphabet,
  codes: Uint8Array,
  count: number,
  out: Float32Array,
  at: number,
): void {
  for (let i = 0, c = 0; i < count; i += block, c++) {
    for (let t = 0; t < block; t++) out[at + i + t] = levels[codes[c] * block + t];
  }
}
