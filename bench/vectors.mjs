// SPDX-License-Identifier: Apache-2.0
/** Rows of the data sets that bench/data makes. */
import { openVectors } from '../dist/cli/vectors.js';

/** The first rows of a file. */
export async function firstRows(path, limit = Number.POSITIVE_INFINITY) {
  const source = await openVectors(path);
  const rows = Math.min(source.rows, limit);
  const data = await source.read(0, rows);
  await source.close();
  return { rows, dim: source.dim, data };
}

/** Rows divided by their norm. */
export function unitRows({ rows, dim, data }) {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = r * dim; i < (r + 1) * dim; i++) sum += data[i] ** 2;
    for (let i = r * dim; i < (r + 1) * dim; i++) out[i] = data[i] / Math.sqrt(sum);
  }
  return out;
}
