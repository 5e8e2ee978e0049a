// SPDX-License-Identifier: Apache-2.0
/**
 * The record of a vector: codes, then a trailer of f32 scale, f32 norm and u8 rounds, little-endian, nothing aligned
 * (FORMAT.md, section 1).
 */
import type { Columns } from '../backend.ts';
import type { CodecPlan } from './codec.ts';

const SCALE_OFFSET = 0;
const NORM_OFFSET = 4;
const ROUNDS_OFFSET = 8;
export const TRAILER_BYTES = 9;

export function recordBytes(plan: CodecPlan): number {
  return plan.codeBytes + TRAILER_BYTES;
}

/** The parts of interleaved records. */
export function recordColumns(plan: CodecPlan, records: Uint8Array): Columns {
  const trailer = plan.codeBytes;
  return {
    codes: records,
    scales: records.subarray(trailer + SCALE_OFFSET),
    norms: records.subarray(trailer + NORM_OFFSET),
    rounds: records.subarray(trailer + ROUNDS_OFFSET),
    stride: recordBytes(plan),
  };
}

export function recordNorm(plan: CodecPlan, records: DataView, row: number): number {
  return records.getFloat32(row * recordBytes(plan) + plan.codeBytes + NORM_OFFSET, true);
}
