// SPDX-License-Identifier: Apache-2.0
/** From raw vectors to the columns of an index: normalise for cosine, subtract the center, encode. */
import { type Columns, kernels } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import type { IndexConfig } from './config.ts';

/**
 * The rows that are coded: x itself where nothing has to be done to it.
 * @param firstRow number of the first row, for the message
 * @throws RangeError if a row minus the center is no float32 vector
 */
export function preparedRows(config: IndexConfig, x: Float32Array, firstRow: number): Float32Array {
  const normalize = config.metric === 'cosine';
  if (!normalize && !config.center) return x;
  const rows = new Float32Array(x.length);
  kernels().centerRows(x, config.dim, config.center, normalize, rows);
  const bad = config.center ? kernels().firstUnusableRow(rows, config.dim) : -1;
  if (bad >= 0)
    throw new RangeError(`vectors must stay float32 vectors without the center, row ${firstRow + bad} does not`);
  return rows;
}

/** Columns for `rows` rows of an index. */
export function newColumns(config: IndexConfig, plan: CodecPlan, rows: number): Columns {
  return {
    codes: new Uint8Array(rows * plan.codeBytes),
    scales: new Uint8Array(rows * 4),
    norms: config.metric === 'l2' ? new Uint8Array(rows * 4) : null,
    tags: new Uint8Array(rows),
    residuals: plan.projection ? new Uint8Array(rows * 4) : null,
    nonces: null,
    outliers: null,
    stride: 0,
  };
}
