// SPDX-License-Identifier: Apache-2.0
/**
 * What the codes of a section stand for, and how they are found. Every alphabet decodes by a table: level t of code c
 * under draw h is levels[(h * 2^bits + c) * block + t].
 */
import type { Codebook } from './codebooks.ts';
import type { RampBook } from './ramp-book.ts';

interface Common {
  /** Width of a code, 1 to 8. */
  readonly bits: number;
  /** Coordinates a code. */
  readonly block: number;
  /** draws x 2^bits x block, in units where the coordinate is about N(0,1). */
  readonly levels: Float32Array;
  /** Mean squared error of a coordinate for N(0,1); of the best multiple of the levels where their unit is arbitrary. */
  readonly error: number;
}

/** Sorted thresholds; the code of a value is how many of them are at most the value. */
export interface ThresholdAlphabet extends Common {
  readonly coding: 'thresholds';
  readonly block: 1;
  readonly book: Codebook;
}

/** Thresholds that move with a random draw, one a row or one a coordinate. */
export interface DitherAlphabet extends Common {
  readonly coding: 'dither';
  readonly block: 1;
  /** Values of the draw: a power of two up to 64. */
  readonly draws: number;
  /** Threshold j of draw h lies between ramps[j * draws + h] and the next ramp. */
  readonly ramps: Float64Array;
  /** The ramps in float32 and how one is found; null where a row has one draw. */
  readonly book: RampBook | null;
  /** Values beyond are not coded without bias. */
  readonly limit: number;
}

/** The nearest codeword to a block of coordinates. */
export interface NearestAlphabet extends Common {
  readonly coding: 'nearest';
  /** The levels transposed: block x 2^bits. */
  readonly points: Float32Array;
  /** Minus half the squared norm of each codeword. */
  readonly offsets: Float32Array;
}

/** Signs of the residual of the sections before, multiplied by the plan's projection. */
export interface ProjectedAlphabet extends Common {
  readonly coding: 'projected';
  readonly block: 1;
}

export type Alphabet = ThresholdAlphabet | DitherAlphabet | NearestAlphabet | ProjectedAlphabet;

export function drawsOf(alphabet: Alphabet): number {
  return alphabet.coding === 'dither' ? alphabet.draws : 1;
}
