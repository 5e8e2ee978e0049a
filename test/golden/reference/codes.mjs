// SPDX-License-Identifier: Apache-2.0
/** Lloyd-Max tables (the numbers are read from lib/codec/lloyd-max.ts as text), codes and their packed planes. */
import { numbers, textOf } from './tables.mjs';

/** { levels: float64, thresholds: float32, levels32 } of ascending levels, with thresholds in the middle. */
export const bookOf = (bits, levels) => ({
  bits,
  levels,
  thresholds: levels.slice(1).map((v, i) => Math.fround((levels[i] + v) / 2)),
  levels32: levels.map(Math.fround),
});

const text = textOf('lloyd-max.ts');
const body = text.slice(text.indexOf('LLOYD_MAX_LEVELS'), text.indexOf('LLOYD_MAX_ERROR'));
const positive = [...body.matchAll(/^ {2}\[([^[\]]*)\],?$/gm)].map((m) => numbers(m[1]));

/** Lloyd-Max codebooks of 1..8 bits. */
export const BOOKS = positive.map((half, bits) => {
  if (half.length !== (bits ? 2 ** (bits - 1) : 0)) throw new Error(`${bits} bits: ${half.length} positive levels`);
  return bookOf(bits, [...half.map((v) => -v).reverse(), ...half]);
});
if (BOOKS.length !== 9) throw new Error(`found ${BOOKS.length - 1} codebooks`);

/** Thresholds that are at most v. */
export const codeOf = (book, v) => book.thresholds.filter((t) => t <= v).length;

/** Sections of a code of eden: { first, count, bits, book }, coordinates with the wider codes first. */
export function sectionsOf(dim, bits) {
  const low = Math.floor(bits);
  const wide = Math.round((bits - low) * dim);
  const all = [
    { first: 0, count: wide, bits: low + 1 },
    { first: wide, count: dim - wide, bits: low },
  ];
  return all.filter((s) => s.count > 0 && s.bits > 0).map((s) => ({ ...s, book: BOOKS[s.bits] }));
}

/** Packed bytes: planes of 8, 4, 2, 1 bits that sum to `bits`, the first holds the low bits; each padded to a byte. */
export function packed(codes, bits) {
  const out = [];
  let low = 0;
  for (const width of [8, 4, 2, 1]) {
    if (!(bits & width)) continue;
    let digits = ''; // most significant bit first
    for (const code of codes) digits = ((code >> low) % 2 ** width).toString(2).padStart(width, '0') + digits;
    digits = digits.padStart(Math.ceil(digits.length / 8) * 8, '0');
    for (let end = digits.length; end > 0; end -= 8) out.push(Number.parseInt(digits.slice(end - 8, end), 2));
    low += width;
  }
  return out;
}
