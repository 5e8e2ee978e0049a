// SPDX-License-Identifier: Apache-2.0
/** The float32 numbers that each codec compares with and decodes to. */
import { BOOKS } from './codes.mjs';
import { ditherBook, ditherDraw } from './dither.mjs';
import { gridOf } from './grid.mjs';
import { answer } from './kat.mjs';
import { QUICFL } from './quicfl.mjs';
import { signsBook, turboquantBook } from './scalar.mjs';
import { uniformBook } from './uniform.mjs';

const list = (name, values) => answer(name, Float32Array.from(values));

const ofBook = ({ thresholds, levels32 }) => ({ ...list('thresholds', thresholds), ...list('levels', levels32) });

const ANSWERS = {
  eden: ({ bits }) => ofBook(BOOKS[bits]),
  drive: () => ofBook(signsBook),
  uniform: ({ bits }) => ofBook(uniformBook(bits)),
  'turboquant-mse': ({ dim, bits }) => ofBook(turboquantBook(dim, bits)),
  dithered(options) {
    const draw = ditherDraw(options, BigInt(options.first));
    return { draw: draw.h, ...ofBook(ditherBook(options, draw)) };
  },
  quicfl({ bits }) {
    const { limit32, M32, levels32 } = QUICFL[bits];
    return { ...list('limit', [limit32]), ...list('midpoints', M32), ...list('levels', levels32) };
  },
  vq({ grid }) {
    const { points, halfNorms } = gridOf(grid);
    return { ...list('points', points.flat()), ...list('halfnorms', halfNorms) };
  },
};

/** thresholds and levels; quicfl: limit, midpoints (M) and levels (r); vq: points and half their squared lengths. */
export const levelAnswers = (options) => ANSWERS[options.codec](options);
