// SPDX-License-Identifier: Apache-2.0
/**
 * TurboQuant (Zandieh et al. 2025, arXiv 2504.19874), for comparison.
 *
 * `turboquant-mse`: Lloyd-Max codes with the fixed scale |x| / sqrt(d). Decoded vectors are short by the factor 1 - D, so
 * inner products are biased. The same codes as EDEN, which stores the scale that mends this.
 * `turboquant-prod`: codes of one bit less and the signs of a Gaussian projection of what they miss: unbiased, with NMSE
 * (pi/2) D of that smaller width, 4 to 6 times EDEN's at equal bits, and a dense d x d matrix at encode and decode.
 */
import type { Alphabet } from './alphabet.ts';
import { BETA_DIMS_BELOW, betaLevels } from './beta-levels.ts';
import { lloydMaxAlphabet, midpoints, thresholdAlphabet } from './codebooks.ts';
import type { SectionShape } from './section.ts';

/** The largest dim of turboquant-prod: its matrix has dim^2 float32 numbers (64 MiB). */
export const MAX_PROJECTED_DIM = 4096;

/** Below dim 64 a coordinate of a random direction is visibly not normal (its law is a shifted Beta). */
function alphabet(dim: number, bits: number): Alphabet {
  if (dim >= BETA_DIMS_BELOW) return lloydMaxAlphabet(bits);
  const { levels, error } = betaLevels(dim, bits);
  return thresholdAlphabet(bits, midpoints(levels), levels, error);
}

export function turboquantMse(dim: number, bits: number): SectionShape[] {
  return [{ first: 0, count: dim, alphabet: alphabet(dim, bits) }];
}

export function turboquantProd(dim: number, bits: number): SectionShape[] {
  const signs: Alphabet = { coding: 'projected', bits: 1, block: 1, levels: Float32Array.of(-1, 1), error: 0 };
  return [
    { first: 0, count: dim, alphabet: alphabet(dim, bits - 1) },
    { first: 0, count: dim, alphabet: signs },
  ];
}
