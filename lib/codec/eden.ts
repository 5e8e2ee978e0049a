// SPDX-License-Identifier: Apache-2.0
/**
 * EDEN (Vargaftik et al. 2022; with two Hadamard rounds: arXiv 2605.06014): Lloyd-Max codes of the rotated, normalised
 * coordinates and one scale a vector. NMSE of the unbiased scale is D / (1 - D) with D = LLOYD_MAX_ERROR[bits].
 *
 * Fractional widths code a prefix of the coordinates with one bit more than the rest; below one bit only a prefix is
 * coded at all. Rotated coordinates are exchangeable, so a prefix is as good as any choice.
 */
import { lloydMaxAlphabet } from './codebooks.ts';
import type { SectionShape } from './section.ts';

export function eden(dim: number, bits: number): SectionShape[] {
  const low = Math.floor(bits);
  const wide = Math.round((bits - low) * dim);
  const parts = [
    { first: 0, count: wide, bits: low + 1 },
    { first: wide, count: dim - wide, bits: low },
  ].filter((part) => part.count > 0 && part.bits > 0);
  if (parts.length === 0) parts.push({ first: 0, count: 1, bits: 1 });
  return parts.map(({ first, count, bits: width }) => ({ first, count, alphabet: lloydMaxAlphabet(width) }));
}
