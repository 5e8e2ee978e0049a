// SPDX-License-Identifier: Apache-2.0
/** Codec dithered: one draw (h, v) a row picks its thresholds and levels out of a table of staggered levels. */
import { codeOf } from './codes.mjs';
import { key, rowSeed, word } from './prng.mjs';
import { unbiasedTables } from './tables.mjs';

const f = Math.fround;

/** M[k]: mean of the `draws` levels from k on, in float64. */
export function midpoints({ draws, levels }) {
  return Array.from({ length: levels.length - draws + 1 }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += levels[k + i];
    return sum / draws;
  });
}

export const DITHER = unbiasedTables('dither-tables.ts', 8).map((table) => ({ ...table, M: midpoints(table) }));

/** The draw of row `index`: h, and v as a fraction of 2^32. */
export function ditherDraw({ bits, seed }, index) {
  const w = word(key(rowSeed(seed, index), 16), 0);
  return { h: Number((w >> 32n) % BigInt(DITHER[bits].draws)), v: Number(w & 0xffffffffn) / 2 ** 32 };
}

const levelsOf = ({ bits }, h) =>
  Array.from({ length: 2 ** bits }, (_, c) => f(DITHER[bits].levels[c * DITHER[bits].draws + h]));

export function ditherBook({ bits }, { h, v }) {
  const { draws, M } = DITHER[bits];
  const thresholds = Array.from({ length: 2 ** bits - 1 }, (_, j) => {
    const k = j * draws + h;
    return f(M[k] + v * (M[k + 1] - M[k]));
  });
  return { bits, thresholds, levels32: levelsOf({ bits }, h) };
}

export const dithered = {
  scale: 'fixed',
  layout: ({ dim, bits }) => [{ count: dim, bits }],
  ofRow: (options, index) => ({ draw: ditherDraw(options, index).h }),
  encode(options, z, index) {
    const book = ditherBook(options, ditherDraw(options, index));
    const codes = z.map((v) => codeOf(book, v));
    return { codes: [codes], levels: codes.map((c) => book.levels32[c]) };
  },
  levels(options, { codes, draw }) {
    const levels = levelsOf(options, draw);
    return codes[0].map((c) => levels[c]);
  },
};
