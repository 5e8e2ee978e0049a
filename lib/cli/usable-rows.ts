// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';

/**
 * @param x rows x dim, from row `start` of the file on
 * @throws RangeError naming the file and its first row with a NaN, an infinity, or a norm beyond float32
 */
export function checkUsableRows(path: string, x: Float32Array, dim: number, start: number): void {
  const bad = kernels().firstUnusableRow(x, dim);
  if (bad < 0) return;
  const column = x.subarray(bad * dim, (bad + 1) * dim).findIndex((v) => !Number.isFinite(v));
  const what = column < 0 ? 'is longer than 3.4e38' : `holds ${x[bad * dim + column]} in column ${column}`;
  throw new RangeError(`${path}: row ${start + bad} ${what}; vectors must be finite as float32`);
}
