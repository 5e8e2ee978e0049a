// SPDX-License-Identifier: Apache-2.0
/**
 * Sorted thresholds, with the table that finds a code in constant time: uniform bins over the thresholds, at most one
 * threshold in each. cpp/kernels/quantize.inl.h and lib/js/quantize.ts read it with the same two float32 operations that
 * build it here, so codes are exact.
 */
import type { ThresholdAlphabet } from './alphabet.ts';
import { LLOYD_MAX_ERROR, LLOYD_MAX_LEVELS } from './lloyd-max.ts';

export interface Codebook {
  /** 2^bits - 1 thresholds, ascending, then +infinity. A value equal to a threshold belongs above it. */
  readonly thresholds: Float32Array;
  /** Thresholds below each bin; empty where counting thresholds one by one is as fast (up to 4 bits). */
  readonly base: Int32Array;
  readonly binScale: number;
  readonly binOffset: number;
}

const COUNTED = 15;
const MAX_BINS = 1 << 16;

/** The bin of v: trunc(clamp(v * scale + offset, 0, bins - 1)), each step rounded to float32. */
export function binOf(v: number, scale: number, offset: number, bins: number): number {
  const f = Math.fround(Math.fround(v * scale) + offset);
  return Math.trunc(Math.min(Math.max(f, 0), bins - 1));
}

function codebook(thresholds: readonly number[]): Codebook {
  const sorted = Float32Array.of(...thresholds, Number.POSITIVE_INFINITY);
  const count = thresholds.length;
  if (count <= COUNTED) return { thresholds: sorted, base: new Int32Array(0), binScale: 0, binOffset: 0 };
  const low = sorted[0];
  const high = sorted[count - 1];
  for (let bins = 4 * count; bins <= MAX_BINS; bins *= 2) {
    const binScale = Math.fround((bins - 1) / (high - low));
    const binOffset = Math.fround(-low * binScale);
    const base = binTable(sorted.subarray(0, count), binScale, binOffset, bins);
    if (base) return { thresholds: sorted, base, binScale, binOffset };
  }
  throw new Error('thresholds are too close together for a bin table');
}

/** 2^bits levels between 2^bits - 1 thresholds. `error`: their mean squared error for N(0,1). */
export function thresholdAlphabet(
  bits: number,
  thresholds: readonly number[],
  levels: readonly number[],
  error: number,
): ThresholdAlphabet {
  return { coding: 'thresholds', bits, block: 1, levels: Float32Array.from(levels), error, book: codebook(thresholds) };
}

/** Thresholds in lower bins, for every bin; undefined if two share one. */
function binTable(thresholds: Float32Array, scale: number, offset: number, bins: number): Int32Array | undefined {
  const base = new Int32Array(bins);
  let previous = -1;
  for (const t of thresholds) {
    const bin = binOf(t, scale, offset, bins);
    if (bin === previous) return undefined;
    previous = bin;
    for (let b = bin + 1; b < bins; b++) base[b]++;
  }
  return base;
}

/** The 2^bits Lloyd-Max levels of N(0,1), ascending, in float64. */
export function lloydMaxLevels(bits: number): number[] {
  const positive = LLOYD_MAX_LEVELS[bits];
  return [...positive.map((c) => -c).reverse(), ...positive];
}

/** The Lloyd-Max quantizer of N(0,1). */
export function lloydMaxAlphabet(bits: number): ThresholdAlphabet {
  const levels = lloydMaxLevels(bits);
  return thresholdAlphabet(bits, midpoints(levels), levels, LLOYD_MAX_ERROR[bits]);
}

export function midpoints(levels: readonly number[]): number[] {
  return levels.slice(1).map((level, i) => (levels[i] + level) / 2);
}
