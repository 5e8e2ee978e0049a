// SPDX-License-Identifier: Apache-2.0
/** Twin of cpp/kernels/dither.inl.h: thresholds that move with random draws. */
import type { Outliers } from '../backend.ts';
import type { DitherAlphabet } from '../codec/alphabet.ts';
import type { CodecPlan } from '../codec/codec.ts';
import type { RampBook } from '../codec/ramp-book.ts';
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
  const { pairs, base, binScale, binOffset } = alphabet.book as RampBook;
  const log2Draws = Math.log2(alphabet.draws);
  const top = base.length - 1;
  for (let i = 0; i < count; i++) {
    const x = v[i];
    if (Math.abs(x) > limit && used < outliers.values.length) {
      outliers.coordinates[used] = i;
      outliers.values[used++] = x;
      codes[i] = 0;
      continue;
    }
    // of the thresholds of its draw, only one is near the value
    const h = draws[i];
    const bin = Math.min(Math.max(f(f(x * binScale) + binOffset), 0), top);
    const passed = (base[bin | 0] - h) >> log2Draws;
    const ramp = 2 * ((passed << log2Draws) + h);
    const threshold = f(pairs[ramp] + f(pairs[ramp + 1] * (halves[i] >>> 8)));
    codes[i] = passed + +(x >= threshold);
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
