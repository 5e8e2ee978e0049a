// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/dither.inl.h: thresholds that move with random draws. */
import type { Outliers } from '../backend.ts';
import type { DitherAlphabet } from '../codec/alphabet.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { rowSeed, streamBytes } from '../random.ts';

const f = Math.fround;
const ROW_DRAW_STREAM = 16;
const COORDINATE_DRAW_STREAM = 17;
const PRIVATE_STREAM = 32;

export interface RowDraw {
  readonly h: number;
  readonly v: number;
}

const NO_DRAW: RowDraw = { h: 0, v: 0 };

/** The one draw of row `index`; h = 0 for codecs without. */
export function rowDraw(plan: CodecPlan, index: number): RowDraw {
  if (plan.dither !== 'row') return NO_DRAW;
  const word = new DataView(streamBytes(rowSeed(plan.seed, index), ROW_DRAW_STREAM, 1).buffer);
  return { h: word.getUint32(4, true) & (plan.draws - 1), v: word.getUint32(0, true) / 2 ** 32 };
}

/** The thresholds of a row with this draw. */
export function rowThresholds({ bits, draws, ramps }: DitherAlphabet, { h, v }: RowDraw): Float32Array {
  return Float32Array.from({ length: 2 ** bits - 1 }, (_, j) => {
    const at = j * draws + h;
    return ramps[at] + v * (ramps[at + 1] - ramps[at]);
  });
}

/** The draw of every coordinate of row `index`. */
export function coordinateDraws(plan: CodecPlan, index: number): Uint8Array {
  const draws = streamBytes(rowSeed(plan.seed, index), COORDINATE_DRAW_STREAM, Math.ceil(plan.coded / 8));
  const mask = plan.draws - 1;
  for (let i = 0; i < draws.length; i++) draws[i] &= mask;
  return draws;
}

const roundedRamps = new WeakMap<DitherAlphabet, Float64Array>();

/** The ramps rounded to float32. */
function ramps32(alphabet: DitherAlphabet): Float64Array {
  let ramps = roundedRamps.get(alphabet);
  if (!ramps) {
    ramps = alphabet.ramps.map(f);
    roundedRamps.set(alphabet, ramps);
  }
  return ramps;
}

/**
 * Codes of coordinates that each have a draw of their own; values beyond the limit go to `outliers` from entry `used` on,
 * while there is room. Gives the new `used`.
 */
export function ditheredCodes(
  plan: CodecPlan,
  alphabet: DitherAlphabet,
  v: Float32Array,
  count: number,
  draws: Uint8Array,
  index: number,
  codes: Uint8Array,
  outliers: Outliers,
  used: number,
): number {
  const limit = f(plan.outlierLimit);
  const halves = new Uint32Array(
    streamBytes(rowSeed(plan.privateSeed, index), PRIVATE_STREAM, Math.ceil(count / 2)).buffer,
  );
  const { bits, draws: step } = alphabet;
  const ramps = ramps32(alphabet);
  const most = 1 << (bits - 1);
  for (let i = 0; i < count; i++) {
    const x = v[i];
    if (Math.abs(x) > limit && used < outliers.values.length) {
      outliers.coordinates[used] = i;
      outliers.values[used++] = x;
      codes[i] = 0;
      continue;
    }
    const h = draws[i];
    // how many thresholds have begun, by halves; comparisons as numbers, because branches would be guessed wrong
    let begun = 0;
    for (let half = most; half >= 1; half >>= 1) begun += half * +(x >= ramps[(begun + half - 1) * step + h]);
    const last = Math.max(begun - 1, 0);
    const low = ramps[last * step + h];
    const fraction = (halves[i] >>> 8) * 2 ** -24;
    const width = f(f(ramps[last * step + h + 1] - low) * fraction);
    codes[i] = last + (+(begun > 0) & +(x >= f(low + width)));
  }
  return used;
}

export function lookupDraws(
  { bits, levels }: DitherAlphabet,
  draws: Uint8Array,
  codes: Uint8Array,
  count: number,
  out: Float32Array,
): void {
  for (let i = 0; i < count; i++) out[i] = levels[(draws[i] << bits) + codes[i]];
}
