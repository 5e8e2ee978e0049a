// SPDX-License-Identifier: Apache-2.0
import { kernels } from '../backend.ts';
import { checkChoice, checkDim, checkNumber, checkOptions, checkRows } from '../check.ts';
import { MAX_BITS, MIN_BITS } from '../codec/codec.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { BLOCKS, type Block, chooseRoundsFor, roundsRule } from './rounds.ts';

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

/** Values a row that the kernel gives: norm, l3, l4, max, r1, r2. */
const FIELDS = 6;

function rawMoments(x: Float32Array, dim: number, block: Block): { rows: number; values: Float64Array } {
  const rows = checkRows('x', x, dim);
  requireUsableRows('x', x, dim);
  const values = new Float64Array(FIELDS * rows);
  kernels().moments(x, dim, block, values);
  return { rows, values };
}

/**
 * The moments that decide how often a row must be rotated (arXiv 2605.06014), in one pass.
 * @param x rows x dim float32, finite
 * @param dim coordinates of a row, 1 to 2^30
 * @throws TypeError for a wrong type; RangeError for a wrong length, or a row that is not finite or longer than float32.
 */
export function moments(x: Float32Array, dim: number): Moments {
  const { rows, values } = rawMoments(x, checkDim(dim), 1);
  const column = (c: number) => Float64Array.from({ length: rows }, (_, r) => values[FIELDS * r + c]);
  return { norm: column(0), l3: column(1), l4: column(2), max: column(3) };
}

/** Options of `chooseRounds`. */
export interface ChooseRoundsOptions {
  /** Coordinates a row. */
  dim: number;
  /** Bits a coordinate that the row will be coded with, 0.5 to 8. */
  bits: number;
  /** Coordinates coded together: 1 (default) for scalar codecs, 2, 4 or 8 for the grids of codec 'vq'. */
  block?: Block;
}

/**
 * Randomized Hadamard transforms that each row needs before it is quantized: 1, 2 or 3, from its moments
 * (the check behind `rounds: 'auto'`). The idea is from arXiv 2605.06014; the rule and its constants are our own
 * (lib/transform/rounds.ts).
 * @param x rows x dim float32, finite
 * @returns one number a row
 * @throws TypeError for a wrong type; RangeError for a wrong length or option, or a row that is not finite or longer than
 *   float32.
 */
export function chooseRounds(x: Float32Array, options: ChooseRoundsOptions): Uint8Array {
  const given = checkOptions(options);
  const dim = checkDim(given.dim);
  const bits = checkNumber('bits', given.bits, MIN_BITS, MAX_BITS);
  const block = given.block === undefined ? 1 : checkChoice('block', given.block, BLOCKS);
  const { rows, values } = rawMoments(x, dim, block);
  const rule = roundsRule(dim, bits, 'auto', { block });
  return Uint8Array.from({ length: rows }, (_, r) => {
    const [, l3, l4, , r1, r2] = values.subarray(FIELDS * r, FIELDS * (r + 1));
    return chooseRoundsFor(rule, { l3, l4, r1, r2 });
  });
}
