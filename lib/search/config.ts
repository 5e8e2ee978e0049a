// SPDX-License-Identifier: Apache-2.0
/** What an index is made of: the options that its vectors and queries share. */
import {
  checkChoice,
  checkDim,
  checkOptions,
  checkSeed,
  checkVector,
  HadaquantFormatError,
  typeError,
} from '../check.ts';
import {
  CODEC_NAMES,
  type CodecName,
  type CodecPlan,
  checkBits,
  codecPlan,
  ROUNDS,
  type Rounds,
} from '../codec/codec.ts';
import type { Seed } from '../random.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { METRICS, type Metric } from './metric.ts';

export interface IndexConfig {
  readonly dim: number;
  readonly bits: number;
  readonly codec: CodecName;
  readonly metric: Metric;
  readonly rounds: Rounds;
  readonly seed: Seed;
  /** Subtracted from every (for cosine: normalised) vector before coding; null for none. */
  readonly center: Float32Array | null;
}

export interface IndexOptions {
  /** Coordinates of a vector. */
  dim: number;
  /** Bits a coordinate, 0.5 to 8. */
  bits: number;
  /** Default 'cosine'. */
  metric?: Metric;
  /** 'eden' (default), or 'drive': signs only, bits must be 1. */
  codec?: CodecName;
  /** Hadamard rounds, as for Quantizer. Default 'auto'. */
  rounds?: Rounds;
  /** Default 0. */
  seed?: Seed;
}

/** The config of checked options; `center` has been settled by the caller. */
export function indexConfig(options: IndexOptions, center: Float32Array | null): IndexConfig {
  const given = checkOptions(options);
  const dim = checkDim(given.dim);
  const codec = given.codec === undefined ? 'eden' : checkChoice('codec', given.codec, CODEC_NAMES);
  const config = {
    dim,
    bits: checkBits(given.bits, codec),
    codec,
    metric: given.metric === undefined ? 'cosine' : checkChoice('metric', given.metric, METRICS),
    rounds: given.rounds === undefined ? 'auto' : checkChoice('rounds', given.rounds, ROUNDS),
    seed: given.seed === undefined ? 0 : checkSeed(given.seed),
  };
  return { ...config, center: center === null ? null : checkCenter(center, dim) };
}

/** A copy of a finite vector of `dim` elements. */
function checkCenter(center: Float32Array, dim: number): Float32Array {
  if (!ArrayBuffer.isView(center)) throw typeError('center', "a Float32Array or 'mean'", center);
  const copy = checkVector('center', center, dim).slice();
  requireUsableRows('center', copy, dim);
  return copy;
}

/** The codec of an index: its levels are the integers of the scan, so its scales and scores agree. */
export function indexPlan(config: IndexConfig): CodecPlan {
  return codecPlan({ ...config, scale: 'unbiased' }, true);
}

/** Runs `make` on values from a file: what the checks refuse there is a damaged file, not a wrong argument. */
export function fromFile<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new HadaquantFormatError(`index file: ${error.message}`);
    }
    throw error;
  }
}
