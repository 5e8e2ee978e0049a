// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/row.inl.h: what encoding and decoding of rows share. */
import type { Columns } from '../backend.ts';
import type { CodecPlan } from '../codec/codec.ts';

/** A tag is rounds + 4 * draw. */
export const DRAW_SHIFT = 2;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
export const strideOr = (columns: Columns, own: number): number => columns.stride || own;

/** Arrays for one row. */
export interface Scratch {
  readonly values: Float32Array;
  readonly levels: Float32Array;
  readonly codes: Uint8Array;
  readonly spare: Float32Array;
}

export function scratchFor(plan: CodecPlan): Scratch {
  const { dim } = plan.rotation;
  return {
    values: new Float32Array(dim),
    levels: new Float32Array(dim),
    codes: new Uint8Array(dim),
    spare: new Float32Array(plan.projection ? dim : 0),
  };
}
