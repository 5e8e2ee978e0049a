// SPDX-License-Identifier: Apache-2.0
/**
 * Records of one size: codes, then a trailer of f32 scale, f32 norm, u8 tag and, with a projection, f32 residual;
 * little-endian, nothing aligned (FORMAT.md, section 1).
 */
import type { Columns } from '../backend.ts';
import type { CodecPlan } from './codec.ts';

const SCALE_OFFSET = 0;
const NORM_OFFSET = 4;
const TAG_OFFSET = 8;
const RESIDUAL_OFFSET = 9;

export function recordBytes(plan: CodecPlan): number {
  return plan.codeBytes + RESIDUAL_OFFSET + (plan.projection ? 4 : 0);
}

/** The parts of interleaved records. */
export function recordColumns(plan: CodecPlan, records: Uint8Array): Columns {
  const trailer = plan.codeBytes;
  return {
    codes: records,
    scales: records.subarray(trailer + SCALE_OFFSET),
    norms: records.subarray(trailer + NORM_OFFSET),
    tags: records.subarray(trailer + TAG_OFFSET),
    residuals: plan.projection ? records.subarray(trailer + RESIDUAL_OFFSET) : null,
    nonces: null,
    outliers: null,
    stride: recordBytes(plan),
  };
}

/** The float32 numbers of a column of `rows` rows. */
export function columnFloats(column: Uint8Array, stride: number, rows: number): Float64Array {
  const view = new DataView(column.buffer, column.byteOffset, column.byteLength);
  return Float64Array.from({ length: rows }, (_, r) => view.getFloat32(r * (stride || 4), true));
}
