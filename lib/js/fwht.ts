// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/fwht.inl.h: the same tree of sums, in the plain order h = 1, 2, 4, ... */

type Floats = Float32Array | Float64Array;

/** Transforms x[start .. start + n) in place; n a power of two. Stores round to the array's own type. */
export function fwhtBlock(x: Floats, start: number, n: number): void {
  const end = start + n;
  for (let h = 1; h < n; h *= 2) {
    for (let b = start; b < end; b += 2 * h) {
      for (let i = b; i < b + h; i++) {
        const u = x[i];
        const v = x[i + h];
        x[i] = u + v;
        x[i + h] = u - v;
      }
    }
  }
}

export function fwht(x: Floats, dim: number, scale: number): void {
  const factor = x.BYTES_PER_ELEMENT === 4 ? Math.fround(scale) : scale;
  for (let start = 0; start < x.length; start += dim) {
    fwhtBlock(x, start, dim);
    if (factor === 1) continue;
    for (let i = start; i < start + dim; i++) x[i] *= factor;
  }
}
