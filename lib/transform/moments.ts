// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';
import { checkDim, checkNumber, checkOptions, checkRows, rangeError, typeError } from '../check.ts';
import { MAX_BITS, MIN_BITS } from '../codec/codec.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { chooseRoundsFor, roundsRule } from './rounds.ts';

/** Moments of rows; each array has one value a row. All are 0 for a row of zeros. */
export interface Moments {
  /** Euclidean norm |x|. */
  norm: Float64Array;
  /** sum |x_i|^3 / |x|^3, from 1/sqrt(dim) (all equal) to 1 (one non-zero). */
  l3: Float64Array;
  /** sum x_i^4 / |x|^4, from 1/dim to 1. */
  l4: Float64Array;
  /** max |x_i| / |x|, from 1/sqrt(dim) to 1. */
  max: Float64Array;
}

function rawMoments(x: Float32Array, dim: number): { rows: number; values: Float64Array } {
  const rows = checkRows('x', x, dim);
  requireUsableRows('x', x, dim);
  const values = new Float64Array(4 * rows);
  kernels().moments(x, dim, values);
  return { rows, values };
}

/**
 * The moments that decide how often a row must be rotated, in one pass.
 * @param x rows x dim float32
 * @throws TypeError or RangeError that names the argument.
 */
export function moments(x: Float32Array, dim: number): Moments {
  const { rows, values } = rawMoments(x, checkDim(dim));
  const column = (c: number) => Float64Array.from({ length: rows }, (_, r) => values[4 * r + c]);
  return { norm: column(0), l3: column(1), l4: column(2), max: column(3) };
}

export interface ChooseRoundsOptions {
  /** Coordinates a row. */
  dim: number;
  /** Bits a coordinate that the row will be coded with, 0.5 to 8. */
  bits: number;
  /** Coordinates coded together: 1 for scalar codecs, the only kind there is yet. Default 1. */
  block?: 1;
}

/**
 * Randomized Hadamard transforms that each row needs before scalar quantization: 1, 2 or 3, from its moments
 * (the check behind `rounds: 'auto'`).
 * @param x rows x dim float32
 * @returns one number a row
 * @throws TypeError or RangeError that names the argument.
 */
export function chooseRounds(x: Float32Array, options: ChooseRoundsOptions): Uint8Array {
  const given = checkOptions(options);
  const dim = checkDim(given.dim);
  const bits = checkNumber('bits', given.bits, MIN_BITS, MAX_BITS);
  if (given.block !== undefined && typeof given.block !== 'number') throw typeError('block', '1', given.block);
  if (given.block !== undefined && given.block !== 1) throw rangeError('block', '1', given.block);
  const { rows, values } = rawMoments(x, dim);
  const rule = roundsRule(dim, bits, 'auto');
  return Uint8Array.from({ length: rows }, (_, r) => chooseRoundsFor(rule, values[4 * r + 1], values[4 * r + 2], dim));
}
