// SPDX-License-Identifier: Apache-2.0
/**
 * Dithered TurboQuant (arXiv 2605.13810): one randomized Hadamard transform and one random scalar offset a vector give an
 * unbiased quantizer whose mean squared error is at most (pi sqrt(3) / 2 + o(1)) 4^-b for every input. The paper's claim is
 * that; the construction here is our own and has those properties: an offset (h, v) in the companded domain of the tables in
 * dither-tables.ts, so wide (6 standard deviations) that no value has to be sent apart.
 */
import type { DitherAlphabet } from './alphabet.ts';
import { DITHER_TABLES } from './dither-tables.ts';
import type { SectionShape } from './section.ts';
import type { UnbiasedTable } from './unbiased-tables.ts';

/** The alphabet of a table; levels go by draw, then code. */
export function ditherAlphabet(table: UnbiasedTable): DitherAlphabet {
  const { bits, draws, limit, error, positive } = table;
  const ascending = [...positive.map((r) => -r).reverse(), ...positive];
  const codes = 2 ** bits;
  const levels = new Float32Array(draws * codes);
  for (let h = 0; h < draws; h++) {
    for (let c = 0; c < codes; c++) levels[h * codes + c] = ascending[c * draws + h];
  }
  const ramps = Float64Array.from({ length: ascending.length - draws + 1 }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += ascending[k + i];
    return sum / draws;
  });
  return { coding: 'dither', bits, block: 1, levels, error, draws, ramps, book: null, limit };
}

export function dithered(dim: number, bits: number): SectionShape[] {
  return [{ first: 0, count: dim, alphabet: ditherAlphabet(DITHER_TABLES[bits] as UnbiasedTable) }];
}
