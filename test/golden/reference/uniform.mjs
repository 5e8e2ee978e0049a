// SPDX-License-Identifier: Apache-2.0
/** Codec uniform: odd whole numbers as levels, evenly spaced thresholds, the best of 17 factors on the row. */
import { codeOf } from './codes.mjs';
import { laneSum } from './sums.mjs';
import { numbers, textOf } from './tables.mjs';

const f = Math.fround;

/** By width; the first is unused. */
const STEPS = numbers(textOf('uniform.ts').match(/UNIFORM_STEPS[^=]*= \[([^\]]*)\]/)[1]);
if (STEPS.length !== 9) throw new Error(`found ${STEPS.length - 1} uniform steps`);

const FACTORS = Array.from({ length: 17 }, (_, k) => f(1 / (0.8 + 0.025 * k)));

export const uniformBook = (bits) => ({
  bits,
  thresholds: Array.from({ length: 2 ** bits - 1 }, (_, c) => f(STEPS[bits] * (c + 1 - 2 ** (bits - 1)))),
  levels32: Array.from({ length: 2 ** bits }, (_, c) => 2 * c + 1 - 2 ** bits),
});

const books = STEPS.map((_, bits) => uniformBook(bits));

export const uniform = {
  layout: ({ dim, bits }) => [{ count: dim, bits }],
  encode({ bits }, z) {
    const { levels32 } = books[bits];
    let best = { quality: -1 };
    for (const g of bits === 1 ? [1] : FACTORS) {
      const codes = z.map((v) => codeOf(books[bits], f(v * g)));
      const levels = codes.map((c) => levels32[c]);
      const zq = laneSum(levels.map((q, i) => f(z[i] * q)));
      const qq = laneSum(levels.map((q) => f(q * q)));
      const quality = (zq * zq) / qq;
      if (quality > best.quality) best = { quality, codes: [codes], levels };
    }
    return best;
  },
  levels: ({ bits }, { codes }) => codes[0].map((c) => books[bits].levels32[c]),
};
