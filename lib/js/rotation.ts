// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/rotation.inl.h: rounds of signs, transform and scale, and the power-of-two range control. */
import { MAX_FLOAT32 } from '../check.ts';
import type { RotationPlan } from '../transform/rotation-plan.ts';
import { fwht32, scaleRow, scaleSigned, signedFwht32 } from './fwht.ts';
import { orderStage } from './orders.ts';

/** The span and the transform size in it. Quotients and powers are floating point to an engine until told otherwise. */
function sizes({ span, order }: RotationPlan): { n: number; h: number } {
  return { n: span | 0, h: (span / order) | 0 };
}

function transformSpan(v: Float32Array, start: number, plan: RotationPlan, stream: number): void {
  const { order, scale, signs, signsStride } = plan;
  const { n, h } = sizes(plan);
  signedFwht32(v, start, start + n, h, signs, stream * signsStride);
  if (order === 1) scaleRow(v, start, n, scale);
  else orderStage(v, start, order, h, scale, false);
}

function restoreSpan(v: Float32Array, start: number, plan: RotationPlan, stream: number): void {
  const { order, scale, signs, signsStride } = plan;
  const { n, h } = sizes(plan);
  fwht32(v, start, start + n, h);
  if (order !== 1) orderStage(v, start, order, h, scale, true);
  scaleSigned(v, start, n, order === 1 ? scale : 1, signs, stream * signsStride);
}

/** Rounds first .. last - 1 of the row at v[start], in place. */
export function rotateRow(plan: RotationPlan, v: Float32Array, start: number, first: number, last: number): void {
  const shift = (plan.dim - plan.span) | 0;
  for (let r = first; r < last; r++) {
    transformSpan(v, start, plan, shift ? 2 * r : r);
    if (shift) transformSpan(v, start + shift, plan, 2 * r + 1);
  }
}

export function unrotateRow(plan: RotationPlan, v: Float32Array, start: number, first: number, last: number): void {
  const shift = (plan.dim - plan.span) | 0;
  for (let r = last - 1; r >= first; r--) {
    if (shift) restoreSpan(v, start + shift, plan, 2 * r + 1);
    restoreSpan(v, start, plan, shift ? 2 * r : r);
  }
}

/** The bit patterns of an array. */
export function bitsOf(v: Float32Array): Int32Array {
  return new Int32Array(v.buffer, v.byteOffset, v.length);
}

const ABS = 0x7fffffff;

/** The largest |v| of a row as its bit pattern: patterns are in the order of what they stand for, NaN above everything. */
export function rowMaxAbs(bits: Int32Array, start: number, n: number): number {
  const end = start + n;
  let max = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const a = bits[i] & ABS;
    const b = bits[i + 1] & ABS;
    const c = bits[i + 2] & ABS;
    const d = bits[i + 3] & ABS;
    if (a > max) max = a;
    if (b > max) max = b;
    if (c > max) max = c;
    if (d > max) max = d;
  }
  for (; i < end; i++) max = Math.max(max, bits[i] & ABS);
  return max;
}

const one = new Float32Array(1);
const oneBits = bitsOf(one);

export function floatOf(pattern: number): number {
  oneBits[0] = pattern;
  return one[0];
}

/** The bit pattern of |x|. */
export function absPattern(x: number): number {
  one[0] = Math.abs(x);
  return oneBits[0];
}

/** Largest |x|; infinity if there is an infinity, NaN if there is a NaN. */
export function maxAbs(x: Float32Array | Float64Array): number {
  if (x.BYTES_PER_ELEMENT === 4) return floatOf(rowMaxAbs(bitsOf(x as Float32Array), 0, x.length));
  let max = 0;
  for (let i = 0; i < x.length; i++) max = Math.max(max, Math.abs(x[i])); // keeps a NaN
  return max;
}

/**
 * The k that brings a row near 1 as x * 2^k, from the bit pattern of its largest magnitude; 0 inside the band
 * [2^low, 2^high].
 */
export function rangeShift(maxPattern: number, low: number, high: number): number {
  if (maxPattern === 0) return 0;
  const exponent = (maxPattern >>> 23) - 127; // -127 for denormals
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
  const bits = bitsOf(x);
  for (let start = 0; start < x.length; start += dim) {
    const shift = rangeShift(rowMaxAbs(bits, start, dim), ROTATE_LOW, ROTATE_HIGH);
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
