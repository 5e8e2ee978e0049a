// SPDX-License-Identifier: Apache-2.0
/**
 * DRIVE (Vargaftik et al. 2021; with two Hadamard rounds: arXiv 2605.06014): the sign of every rotated coordinate and one
 * scale a vector, |x|^2 / |Rx|_1 for the unbiased one. The same codes and, but for rounding, the same decoded vectors as
 * EDEN at one bit; levels are -1 and 1. NMSE pi/2 - 1 (unbiased), 1 - 2/pi ('mse').
 */
import { thresholdAlphabet } from './codebooks.ts';
import { LLOYD_MAX_ERROR } from './lloyd-max.ts';
import type { SectionShape } from './section.ts';

export function drive(dim: number): SectionShape[] {
  return [{ first: 0, count: dim, alphabet: thresholdAlphabet(1, [0], [-1, 1], LLOYD_MAX_ERROR[1]) }];
}
