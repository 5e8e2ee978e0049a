// SPDX-License-Identifier: Apache-2.0
/** Exhaustive search by integer levels against an int8 query, and CRC-32C bit by bit. */
import { BOOKS, sectionsOf } from './codes.mjs';

/** Nearest whole number, halves to the even one. */
function nearest(x) {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Integer levels of every section: 128 * round(127 level / top), from 7 bits on in steps of 1. */
export function integerLevels(dim, bits) {
  const sections = sectionsOf(dim, bits);
  const top = Math.max(...sections.map((s) => BOOKS[s.bits].levels32.at(-1)));
  return sections.map((s) =>
    BOOKS[s.bits].levels32.map((v) => (s.bits >= 7 ? nearest((v / top) * 127 * 128) : 128 * nearest((v / top) * 127))),
  );
}

/**
 * The k best rows of one query: { row, key }, larger keys first, equal keys by row.
 * codes[row][coordinate], forms[rounds - 1][coordinate], gains[rounds - 1].
 */
export function scanQuery({ dim, bits, codes, scales, norms, rounds, allowed, firstRow, lastRow, k }, query) {
  const { forms, bias, gains } = query;
  const levels = integerLevels(dim, bits);
  const tables = sectionsOf(dim, bits).flatMap((s, i) => new Array(s.count).fill(levels[i]));
  const found = [];
  for (let row = firstRow; row < lastRow; row++) {
    if (allowed && !((allowed[row >> 3] >> (row & 7)) & 1)) continue;
    const form = rounds[row] - 1;
    const dot = tables.reduce((sum, table, i) => sum + table[codes[row][i]] * forms[form][i], 0);
    const norm = norms ? norms[row] : 0;
    found.push({ row, key: bias - norm * norm + gains[form] * scales[row] * dot });
  }
  return found.sort((a, b) => b.key - a.key || a.row - b.row).slice(0, k);
}

export function crc32c(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  }
  return ~c >>> 0;
}
