// SPDX-License-Identifier: Apache-2.0
/** What an index is made of: the options that its vectors and queries share. */
import { checkChoice, checkOptions, checkSeed, checkVector, HadaquantFormatError, typeError } from '../check.ts';
import {
  type CodecPlan,
  checkCodec,
  codecPlan,
  defaultScale,
  FIXED_SIZE_CODECS,
  type FixedSizeCodecName,
  ROUNDS,
  type Rounds,
} from '../codec/codec.ts';
import type { GridName } from '../codec/grids.ts';
import type { Seed } from '../random.ts';
import { requireUsableRows } from '../usable-rows.ts';
import { METRICS, type Metric } from './metric.ts';

export interface IndexConfig {
  readonly dim: number;
  readonly bits: number;
  readonly codec: FixedSizeCodecName;
  readonly grid: GridName | null;
  readonly metric: Metric;
  readonly rounds: Rounds;
  readonly seed: Seed;
  /** Subtracted from every (for cosine: normalised) vector before coding; null for none. */
  readonly center: Float32Array | null;
}

/** The options of an index that decide how a vector is coded. */
export interface IndexOptions {
  /** Coordinates of a vector, 1 to 2^30. */
  dim: number;
  /** Bits a coordinate: those that Quantizer takes for the codec. */
  bits: number;
  /** What vectors are compared by. Default 'cosine'. */
  metric?: Metric;
  /** How coordinates are coded. Default 'eden'. Any codec of Quantizer but 'quicfl', whose records differ in size. */
  codec?: FixedSizeCodecName;
  /** Hadamard rounds, as for Quantizer. Default 'auto'. */
  rounds?: Rounds;
  /** Of the rotation. Default 0. */
  seed?: Seed;
  /** Codec 'vq': its grid, as for Quantizer. */
  grid?: GridName;
}

/** The config of checked options; `center` has been settled by the caller. */
export function indexConfig(options: IndexOptions, center: Float32Array | null): IndexConfig {
  const given = checkOptions(options);
  const choice = checkCodec(given, FIXED_SIZE_CODECS);
  const config = {
    ...choice,
    codec: choice.codec as FixedSizeCodecName,
    metric: given.metric === undefined ? 'cosine' : checkChoice('metric', given.metric, METRICS),
    rounds: given.rounds === undefined ? 'auto' : checkChoice('rounds', given.rounds, ROUNDS),
    seed: given.seed === undefined ? 0 : checkSeed(given.seed),
  };
  return { ...config, center: center === null ? null : checkCenter(center, choice.dim) };
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
  return codecPlan({ ...config, scale: defaultScale(config.codec) }, true);
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
