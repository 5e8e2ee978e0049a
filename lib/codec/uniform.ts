// SPDX-License-Identifier: Apache-2.0
/**
 * Uniform codes with a step of their own for every vector (RaBitQ's multi-bit codes, Gao et al. 2024, arXiv 2409.09913): levels
 * are the odd integers, so inner products of codes are integer dot products; the step is the one of 17 around the best for
 * N(0,1) that turns the codes nearest to the vector's direction. Needs no table to decode; NMSE is up to 45 % above EDEN's.
 */
import type { ThresholdAlphabet } from './alphabet.ts';
import { thresholdAlphabet } from './codebooks.ts';
import type { SectionShape } from './section.ts';

/** By width: the step between thresholds that is best for N(0,1), and 1 - its squared cosine. test/codebooks.test.ts. */
export const UNIFORM_STEPS: readonly number[] = [0, 1, 0.9957, 0.586, 0.3352, 0.1881, 0.1041, 0.0569, 0.0308];
export const UNIFORM_ERROR: readonly number[] = [
  1, 0.36338023, 0.11884605, 0.03743966, 0.01154288, 0.00349521, 0.00104005, 0.00030433, 0.00008769,
];

const FACTORS = 17;

/** What values are multiplied by before they are compared with the thresholds: 1 / (0.8 .. 1.2). */
export function uniformFactors(bits: number): Float32Array {
  if (bits === 1) return Float32Array.of(1);
  return Float32Array.from({ length: FACTORS }, (_, k) => 1 / (0.8 + 0.025 * k));
}

function uniformAlphabet(bits: number): ThresholdAlphabet {
  const size = 2 ** bits;
  const levels = Array.from({ length: size }, (_, c) => 2 * c + 1 - size);
  const thresholds = Array.from({ length: size - 1 }, (_, c) => UNIFORM_STEPS[bits] * (c + 1 - size / 2));
  return thresholdAlphabet(bits, thresholds, levels, UNIFORM_ERROR[bits]);
}

export function uniform(dim: number, bits: number): SectionShape[] {
  return [{ first: 0, count: dim, alphabet: uniformAlphabet(bits) }];
}
