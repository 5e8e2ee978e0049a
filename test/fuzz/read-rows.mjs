// SPDX-License-Identifier: Apache-2.0
import { digest, must } from './outcome.mjs';

/** All rows of a source of vectors, which must be the same read one by one. */
export async function rowsOf(source) {
  const { rows, dim } = source;
  const all = await source.read(0, rows);
  must(all.length === rows * dim, `${all.length} numbers of ${rows} x ${dim}`);
  const out = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) await source.read(row, 1, out.subarray(row * dim, (row + 1) * dim));
  must(digest(out) === digest(all), 'rows read one by one differ');
  return all;
}
