// SPDX-License-Identifier: Apache-2.0
/** From raw vectors to the columns of an index: normalise for cosine, subtract the center, encode. */
import type { ChunkMemory } from '../async.ts';
import { type Backend, type Columns, kernels } from '../backend.ts';
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
  let { x } = given;
  if (needsPreparing(config)) {
    x = new Float32Array(given.x.length);
    const bad = kernels().centerRows(...preparing(config, given.x, x));
    refuseUnusableRow(given.name, given.x, config.dim, bad, given.firstRow);
  }
  refuseEncodedRow(config, { ...given, x }, kernels().encode(plan, x, firstIndex, out));
}

/** `encodeRows` off the event loop. `memory` is for what another thread reads; `out` must be nobody else's. */
export async function encodeRowsAsync(
  config: IndexConfig,
  plan: CodecPlan,
  given: GivenRows,
  firstIndex: number,
  out: Columns,
  memory: ChunkMemory<Float32Array>,
): Promise<void> {
  const encode = async (x: Float32Array) => {
    refuseEncodedRow(config, { ...given, x }, await kernels().encodeAsync(plan, x, firstIndex, out));
  };
  return memory.lendCopy(given.x, (x) => {
    if (!needsPreparing(config)) return encode(x);
    return memory.lend(x.length, async (prepared) => {
      const bad = await kernels().centerRowsAsync(...preparing(config, x, prepared));
      refuseUnusableRow(given.name, x, config.dim, bad, given.firstRow);
      await encode(prepared);
    });
  });
}

/** False: the rows are coded as they are given, and encoding checks them. */
function needsPreparing({ metric, center }: IndexConfig): boolean {
  return metric === 'cosine' || center !== null;
}

/** Arguments of `centerRows` that make the rows that are coded. */
function preparing(
  { dim, metric, center }: IndexConfig,
  x: Float32Array,
  out: Float32Array,
): Parameters<Backend['centerRows']> {
  return [x, dim, center, metric === 'cosine', out];
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
