// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';
import {
  arrayTag,
  checkBoolean,
  checkFloatRows,
  checkInteger,
  checkOptions,
  checkOut,
  MAX_DIM,
  MAX_FLOAT32,
  rangeError,
  trueLength,
  typeError,
  unusableRow,
} from '../check.ts';

/** Options of `fwht`. */
export interface FwhtOptions<T extends Float32Array | Float64Array> {
  /** Elements a row: a power of two. Default: the whole array is one row. */
  dim?: number;
  /** Divide by sqrt(dim), which makes the transform orthonormal and its own inverse. Default false. */
  normalize?: boolean;
  /** Where the result goes: an array of the same type and at least as long; it may be `x` itself. Default: in place. */
  out?: T;
}

/**
 * Fast Walsh-Hadamard transform of rows, in natural (Sylvester) order:
 * y[i] = sum_j (-1)^popcount(i & j) x[j], dim * log2(dim) additions a row.
 *
 * @param x rows x dim, row-major. Changed in place unless `out` is given.
 * @returns the transformed rows: `out` (its first x.length elements) or `x`.
 * @throws TypeError for a wrong type; RangeError if dim is no power of two, x is not a whole number of rows, a row holds
 *   a NaN, an infinity or numbers whose sums would not be finite (nothing is written then), or `out` is too short or overlaps part of x.
 * @example fwht(Float32Array.of(1, 2, 3, 4)); // 10, -2, -4, 0
 */
export function fwht<T extends Float32Array | Float64Array>(x: T, options?: FwhtOptions<T>): T {
  const given = checkOptions(options);
  const tag = arrayTag(x);
  if (tag !== 'Float32Array' && tag !== 'Float64Array') throw typeError('x', 'a Float32Array or Float64Array', x);
  const dim = given.dim === undefined ? Math.max(1, trueLength(x)) : checkInteger('dim', given.dim, 1, MAX_DIM);
  if (dim > MAX_DIM || (dim & (dim - 1)) !== 0)
    throw rangeError(given.dim === undefined ? 'x.length' : 'dim', 'a power of two', dim);
  checkFloatRows('x', x, dim);
  const normalize = given.normalize === undefined ? false : checkBoolean('normalize', given.normalize);
  const Type = (tag === 'Float32Array' ? Float32Array : Float64Array) as unknown as { new (length: number): T };
  const out = given.out === undefined ? x : checkOut(given.out, Type, trueLength(x), { x }, true);
  const largest = kernels().maxAbs(x);
  if (!Number.isFinite(largest)) {
    throw unusableRow('x', x, dim, Math.floor(x.findIndex((v) => !Number.isFinite(v)) / dim));
  }
  const limit = (tag === 'Float32Array' ? MAX_FLOAT32 : Number.MAX_VALUE) / dim;
  if (largest > limit && !normalize) {
    throw new RangeError(`x must hold numbers of at most ${limit} so that sums of ${dim} are finite, got ${largest}`);
  }
  if (largest > limit) checkNorms(x, dim, limit * dim);
  if (out !== x) out.set(x);
  const scale = normalize ? 1 / Math.sqrt(dim) : 1;
  if (largest <= limit) kernels().fwht(out, dim, scale);
  else fwhtInRange(out, dim, scale, limit);
  return out;
}

/** Rows whose sums would overflow go through the transform divided by a power of two, which changes no digit. */
function fwhtInRange(out: Float32Array | Float64Array, dim: number, scale: number, limit: number): void {
  const shrink = 2 ** -(Math.ceil(Math.log2(dim)) + 1);
  for (let start = 0; start < out.length; start += dim) {
    const row = out.subarray(start, start + dim);
    const large = kernels().maxAbs(row) > limit;
    if (large) for (let i = 0; i < dim; i++) row[i] *= shrink;
    kernels().fwht(row, dim, scale);
    if (large) for (let i = 0; i < dim; i++) row[i] /= shrink;
  }
}

/** An orthonormal transform keeps norms: with finite ones every result is finite. */
function checkNorms(x: Float32Array | Float64Array, dim: number, top: number): void {
  for (let start = 0; start < x.length; start += dim) {
    let sum = 0;
    for (let i = start; i < start + dim; i++) sum += (x[i] / top) ** 2;
    if (sum > 1) throw unusableRow('x', x, dim, start / dim);
  }
}
