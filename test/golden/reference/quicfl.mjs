// SPDX-License-Identifier: Apache-2.0
/** Codec quicfl: a draw for each coordinate, h shared and v private, and coordinates beyond the limit sent themselves. */
import { midpoints } from './dither.mjs';
import { key, rowSeed, word } from './prng.mjs';
import { unbiasedTables } from './tables.mjs';

const f = Math.fround;

export const QUICFL = unbiasedTables('quicfl-tables.ts', 6).map((table) => ({
  ...table,
  limit32: f(table.limit),
  levels32: table.levels.map(f),
  M32: midpoints(table).map(f),
}));

/** h of every coordinate: bytes of stream 17, the lowest of a word first. */
function sharedDraws({ dim, bits, seed }, nonce) {
  const k = key(rowSeed(seed, BigInt(nonce)), 17);
  const draws = [];
  for (let j = 0; j < dim; j++) {
    const byte = (word(k, j >> 3) >> BigInt(8 * (j & 7))) & 0xffn;
    draws.push(Number(byte) % QUICFL[bits].draws);
  }
  return draws;
}

/** v of every coordinate: 24 bits of the halves of stream 32, the low half first. */
function privateDraws({ dim, private: seed }, nonce) {
  const k = key(rowSeed(seed, BigInt(nonce)), 32);
  const draws = [];
  for (let j = 0; j < dim; j++) {
    const half = (word(k, j >> 1) >> BigInt(32 * (j & 1))) & 0xffffffffn;
    draws.push(Number(half >> 8n) / 2 ** 24);
  }
  return draws;
}

function codeUnder({ bits, draws, M32 }, z, h, v) {
  let below = 0;
  for (let j = 0; j <= 2 ** bits - 2; j++) if (M32[j * draws + h] <= z) below++;
  if (below === 0) return 0;
  const i = (below - 1) * draws + h;
  const threshold = f(M32[i] + f(v * f(M32[i + 1] - M32[i])));
  return z >= threshold ? below : below - 1;
}

export const quicfl = {
  scale: 'fixed',
  layout: ({ dim, bits }) => [{ count: dim, bits }],
  ofRow: (_, index) => ({ nonce: Number(index % 2n ** 32n) }),
  encode(options, z, index) {
    const table = QUICFL[options.bits];
    const { nonce } = this.ofRow(options, index);
    const h = sharedDraws(options, nonce);
    const v = privateDraws(options, nonce);
    const outliers = [];
    const codes = z.map((value, j) => {
      if (Math.abs(value) <= table.limit32) return codeUnder(table, value, h[j], v[j]);
      outliers.push({ coordinate: j, value });
      return 0;
    });
    return { codes: [codes], outliers };
  },
  levels(options, { codes, nonce, outliers }) {
    const { draws, levels32 } = QUICFL[options.bits];
    const h = sharedDraws(options, nonce);
    const levels = codes[0].map((c, j) => levels32[c * draws + h[j]]);
    for (const { coordinate, value } of outliers) levels[coordinate] = value;
    return levels;
  },
};
