// SPDX-License-Identifier: Apache-2.0
/** Range control: rows far from 1 are multiplied by an exact power of two before any float32 sum. */

const FLT_MAX = (2 - 2 ** -23) * 2 ** 127;

/** floor(log2 x) of a positive float32, -127 for every denormal. */
function exponentOf(x) {
  let e = -127;
  while (e < 127 && 2 ** (e + 1) <= x) e++;
  return e;
}

/** k such that the row times 2^k is near 1; 0 if 2^low <= max < 2^high, or the row is zero. */
export function rangeShift(max, low, high) {
  if (max === 0 || (max >= 2 ** low && max < 2 ** high)) return 0;
  return Math.min(127, -exponentOf(max));
}

export const maxAbs = (row) => row.reduce((max, v) => Math.max(max, Math.abs(v)), 0);

export const scaled = (row, shift) => row.map((v) => Math.fround(v * 2 ** shift));

export const saturated = (v) => Math.min(Math.max(v, -FLT_MAX), FLT_MAX);

/** row * 2^shift, results beyond float32 become its largest numbers. */
export const scaledSaturating = (row, shift) => row.map((v) => Math.fround(saturated(v * 2 ** shift)));
