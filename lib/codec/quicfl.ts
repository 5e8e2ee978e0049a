// SPDX-License-Identifier: Apache-2.0
/**
 * QUIC-FL (Ben Basat et al. 2022, arXiv 2205.13341; with two Hadamard rounds: arXiv 2605.06014): unbiased for every input and
 * every rotation, so that all senders may share one rotation and a receiver can sum before it rotates back. Encoder and
 * decoder share a draw h for each coordinate; a fraction v is the encoder's own; the 1 in 512 values beyond 3.097 standard
 * deviations are sent as they are. Structure from the paper and its reference code; tables from our own solver.
 */
import { ditherAlphabet } from './dithered.ts';
import { QUICFL_TABLES } from './quicfl-tables.ts';
import { rampBook } from './ramp-book.ts';
import type { SectionShape } from './section.ts';
import type { UnbiasedTable } from './unbiased-tables.ts';

export function quicfl(dim: number, bits: number): SectionShape[] {
  const alphabet = ditherAlphabet(QUICFL_TABLES[bits] as UnbiasedTable);
  return [{ first: 0, count: dim, alphabet: { ...alphabet, book: rampBook(alphabet) } }];
}

/** Most outliers that a row can have: the squares of its normalised coordinates sum to dim, but for rounding. */
export function outlierLimit(dim: number, limit: number): number {
  return Math.min(dim, Math.floor((1.001 * dim) / (limit * limit)) + 1);
}
