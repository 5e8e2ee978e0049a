// SPDX-License-Identifier: Apache-2.0
/** From raw vectors to the columns of an index: normalise for cosine, subtract the center, encode. */
import { ownCopy } from '../async.ts';
import { type Columns, kernels } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { refuseUnusableRow } from '../usable-rows.ts';
import type { IndexConfig } from './config.ts';

/** Some of the rows that a caller gave: what the argument is called, and the number of their first row in it. */
export interface GivenRows {
  readonly name: string;
  readonly x: Float32Array;
  readonly firstRow: number;
}

/**
 * Encodes rows, that draw their randomness as rows firstIndex and on. After an error `out` holds rows
 * before the bad one, and must not be used.
 * @throws RangeError that names the first row that cannot be used, or is no float32 vector without the center
 */
export function encodeRows(
  config: IndexConfig,
  plan: CodecPlan,
  given: GivenRows,
  firstIndex: number,
  out: Columns,
): void {
  const prepared = preparedRows(config, given);
  refuseEncodedRow(config, given, kernels().encode(plan, prepared, firstIndex, out));
}

/** `encodeRows` off the event loop. Of `given` another thread gets a copy (lib/async.ts); `out` must be nobody else's. */
export async function encodeRowsAsync(
  config: IndexConfig,
  plan: CodecPlan,
  given: GivenRows,
  firstIndex: number,
  out: Columns,
): Promise<void> {
  const prepared = preparedRows(config, given);
  // centered rows are in memory of their own
  const x = prepared === given.x ? ownCopy(given.x) : prepared;
  refuseEncodedRow(config, { ...given, x }, await kernels().encodeAsync(plan, x, firstIndex, out));
}

/** The rows that are coded: x itself where nothing has to be done to it, and then nothing has been checked. */
function preparedRows(config: IndexConfig, { name, x, firstRow }: GivenRows): Float32Array {
  const normalize = config.metric === 'cosine';
  if (!normalize && !config.center) return x;
  const rows = new Float32Array(x.length);
  refuseUnusableRow(name, x, config.dim, kernels().centerRows(x, config.dim, config.center, normalize, rows), firstRow);
  return rows;
}

/** `bad`: the first prepared row that encoding refused, or -1. */
function refuseEncodedRow(config: IndexConfig, { name, x, firstRow }: GivenRows, bad: number): void {
  if (bad >= 0 && config.center) {
    throw new RangeError(`vectors must stay float32 vectors without the center, row ${firstRow + bad} does not`);
  }
  refuseUnusableRow(name, x, config.dim, bad, firstRow);
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
