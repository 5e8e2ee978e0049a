// SPDX-License-Identifier: Apache-2.0
/** What the page offers: codecs that an index can hold, and the widths that each has. */

const whole = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const CODECS = {
  eden: {
    widths: [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8],
    about: 'The default: the best levels for a normal law, any width.',
  },
  vq: { widths: [1, 2, 4], about: 'Blocks of 2, 4 or 8 coordinates share a code: less error at the same size.' },
  dithered: { widths: whole(1, 8), about: 'Adds random noise before rounding: unbiased whatever the input.' },
  uniform: { widths: whole(1, 8), about: 'Levels that are whole numbers, for integer arithmetic elsewhere.' },
  'turboquant-mse': { widths: whole(1, 8), about: 'As its paper has it, for comparison: least error.' },
  'turboquant-prod': {
    widths: whole(2, 8),
    about: 'As its paper has it, for comparison: unbiased products. Slow to encode.',
  },
  drive: { widths: [1], about: 'Signs alone: one bit a coordinate.' },
};

/** The width of a codec that is nearest to one that was wanted. */
export function nearestWidth(codec, bits) {
  const { widths } = CODECS[codec];
  return widths.reduce((best, width) => (Math.abs(width - bits) < Math.abs(best - bits) ? width : best));
}
