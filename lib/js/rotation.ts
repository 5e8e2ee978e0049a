// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/rotation.inl.h: rounds of signs, transform and scale, and the power-of-two range control. */
import { MAX_FLOAT32 } from '../check.ts';
import type { RotationPlan } from '../transform/rotation-plan.ts';
import { fwht32, scaleRow, scaleSigned, signedFwht32 } from './fwht.ts';
import { orderStage } from './orders.ts';

function transformSpan(v: Float32Array, start: number, plan: RotationPlan, stream: number): void {
  const { span, order, scale, signs, signsStride } = plan;
  const h = span / order;
  signedFwht32(v, start, start + span, h, signs, stream * signsStride);
  if (order === 1) scaleRow(v, start, span, scale);
  else orderStage(v, start, order, h, scale, false);
}

function restoreSpan(v: Float32Array, start: number, plan: RotationPlan, stream: number): void {
  const { span, order, scale, signs, signsStride } = plan;
  const h = span / order;
  fwht32(v, start, start + span, h);
  if (order !== 1) orderStage(v, start, order, h, scale, true);
  scaleSigned(v, start, span, order === 1 ? scale : 1, signs, stream * signsStride);
}

/** Rounds first .. last - 1 of the row at v[start], in place. */
export function rotateRow(plan: RotationPlan, v: Float32Array, start: number, first: number, last: number): void {
  const shift = plan.dim - plan.span;
  for (let r = first; r < last; r++) {
    transformSpan(v, start, plan, shift ? 2 * r : r);
    if (shift) transformSpan(v, start + shift, plan, 2 * r + 1);
  }
}

export function unrotateRow(plan: RotationPlan, v: Float32Array, start: number, first: number, last: number): void {
  const shift = plan.dim - plan.span;
  for (let r = last - 1; r >= first; r--) {
    if (shift) restoreSpan(v, start + shift, plan, 2 * r + 1);
    restoreSpan(v, start, plan, shift ? 2 * r : r);
  }
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/** The largest |v| of a row: NaN compares above everything, as its bit pattern does. */
export function rowMaxAbs(v: Float32Array | Float64Array, start: number, n: number): number {
  const end = start + n;
  let max = 0;
  let i = start;
  // Math.max keeps a NaN
  for (; i + 4 <= end; i += 4) {
    const a = Math.max(Math.abs(v[i]), Math.abs(v[i + 1]));
    const b = Math.max(Math.abs(v[i + 2]), Math.abs(v[i + 3]));
    max = Math.max(max, Math.max(a, b));
  }
  for (; i < end; i++) max = Math.max(max, Math.abs(v[i]));
  return max;
}

/** floor(log2 x) of a positive float32; -127 for denormals. */
function exponentOf(x: number): number {
  one[0] = x;
  return (oneBits[0] >>> 23) - 127;
}

/** The k that brings a row of largest magnitude `max` near 1 as x * 2^k; 0 inside the band [2^low, 2^high]. */
export function rangeShift(max: number, low: number, high: number): number {
  if (max === 0) return 0;
  const exponent = exponentOf(max);
  if (exponent >= low && exponent < high) return 0;
  return Math.min(-exponent, 127);
}

/** v *= 2^shift, beyond the float32 range +-MAX_FLOAT32. */
export function scaleSaturating(v: Float32Array, start: number, n: number, shift: number): void {
  const factor = 2 ** shift;
  for (let i = start; i < start + n; i++) {
    const scaled = v[i] * factor;
    v[i] = scaled > MAX_FLOAT32 ? MAX_FLOAT32 : scaled < -MAX_FLOAT32 ? -MAX_FLOAT32 : scaled;
  }
}

export const ROTATE_LOW = -60;
export const ROTATE_HIGH = 60;

function rotationRows(
  apply: typeof rotateRow,
  plan: RotationPlan,
  x: Float32Array,
  y: Float32Array,
  first: number,
  last: number,
): void {
  const { dim } = plan;
  for (let start = 0; start < x.length; start += dim) {
    const shift = rangeShift(rowMaxAbs(x, start, dim), ROTATE_LOW, ROTATE_HIGH);
    if (shift) {
      const factor = 2 ** shift;
      for (let i = start; i < start + dim; i++) y[i] = x[i] * factor;
    } else if (y.buffer !== x.buffer || y.byteOffset !== x.byteOffset) {
      y.set(x.subarray(start, start + dim), start);
    }
    apply(plan, y, start, first, last);
    if (shift) scaleSaturating(y, start, dim, -shift);
  }
}

export function rotate(plan: RotationPlan, x: Float32Array, y: Float32Array, first: number, last: number): void {
  rotationRows(rotateRow, plan, x, y, first, last);
}

export function unrotate(plan: RotationPlan, x: Float32Array, y: Float32Array, first: number, last: number): void {
  rotationRows(unrotateRow, plan, x, y, first, last);
}
