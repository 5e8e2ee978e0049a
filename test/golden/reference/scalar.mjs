// SPDX-License-Identifier: Apache-2.0
/** Codecs whose codes count thresholds that depend on nothing but dim and bits: eden, drive, turboquant-mse. */
import { betaLevels } from './beta.mjs';
import { BOOKS, bookOf, codeOf, sectionsOf } from './codes.mjs';

export const signsBook = bookOf(1, [-1, 1]);

const betaBooks = new Map();
function betaBook(dim, bits) {
  const name = `${dim} ${bits}`;
  if (!betaBooks.has(name)) betaBooks.set(name, bookOf(bits, betaLevels(dim, bits)));
  return betaBooks.get(name);
}

export const turboquantBook = (dim, bits) => (dim >= 64 ? BOOKS[bits] : betaBook(dim, bits));

/** The codec whose sections are those of `layout(options)`: { first, count, bits, book }. */
export function scalarCodec(layout) {
  const levels = (options, codes) => layout(options).flatMap((s, i) => codes[i].map((c) => s.book.levels32[c]));
  return {
    layout,
    encode(options, z) {
      const codes = layout(options).map((s) => z.slice(s.first, s.first + s.count).map((v) => codeOf(s.book, v)));
      return { codes, levels: levels(options, codes) };
    },
    levels: (options, { codes }) => levels(options, codes),
  };
}

const whole = (bookFor) => scalarCodec(({ dim, bits }) => [{ first: 0, count: dim, bits, book: bookFor(dim, bits) }]);

export const eden = scalarCodec(({ dim, bits }) => sectionsOf(dim, bits));
export const drive = whole(() => signsBook);
export const turboquantMse = { ...whole(turboquantBook), scale: 'fixed' };
