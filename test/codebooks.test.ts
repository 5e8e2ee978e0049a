// SPDX-License-Identifier: Apache-2.0
/** The Lloyd-Max tables derived again: every level is the mean of N(0,1) over its cell, by quadrature of our own. */
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import type { ThresholdAlphabet } from '../lib/codec/alphabet.ts';
import { lloydMaxAlphabet, lloydMaxLevels, midpoints } from '../lib/codec/codebooks.ts';
import { codecPlan } from '../lib/codec/codec.ts';
import { LLOYD_MAX_ERROR, LLOYD_MAX_LEVELS } from '../lib/codec/lloyd-max.ts';
import { UNIFORM_ERROR, UNIFORM_STEPS } from '../lib/codec/uniform.ts';
import { forEachBackend } from './backends.ts';
import { neighbour } from './neighbour.ts';

const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

// Gauss-Legendre with 8 nodes on [-1, 1] (Abramowitz and Stegun, table 25.4)
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

/** Integral of g(z) density(z) over [a, b], in panels narrow enough for an error near 1e-16. */
function integral(g: (z: number) => number, a: number, b: number): number {
  const panels = Math.max(1, Math.ceil((b - a) / 0.25));
  const half = (b - a) / panels / 2;
  let sum = 0;
  for (let p = 0; p < panels; p++) {
    const middle = a + (2 * p + 1) * half;
    NODES.forEach((node, k) => {
      for (const z of [middle - half * node, middle + half * node]) sum += WEIGHTS[k] * half * g(z) * density(z);
    });
  }
  return sum;
}

// the normal density beyond 12 is below 1e-31
const END = 12;
const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8];
const cellsOf = (bits: number) => {
  const levels = lloydMaxLevels(bits);
  const edges = [-END, ...midpoints(levels), END];
  return levels.map((level, i) => ({ level, low: edges[i], high: edges[i + 1] }));
};

describe('the quadrature', () => {
  it('knows the normal law', () => {
    expect(integral(() => 1, -END, END)).toBeCloseTo(1, 14);
    expect(integral((z) => z * z, -END, END)).toBeCloseTo(1, 14);
    // P(|Z| < 1.959963984540054) = 0.95
    expect(integral(() => 1, -1.959963984540054, 1.959963984540054)).toBeCloseTo(0.95, 14);
  });
});

describe.each(WIDTHS)('Lloyd-Max table of %i bits', (bits) => {
  it('has 2^bits ascending levels, symmetric', () => {
    const levels = lloydMaxLevels(bits);
    expect(levels).toHaveLength(2 ** bits);
    expect(LLOYD_MAX_LEVELS[bits]).toHaveLength(2 ** (bits - 1));
    levels.forEach((level, i) => {
      expect(level).toBe(-levels[levels.length - 1 - i]);
      if (i) expect(level).toBeGreaterThan(levels[i - 1]);
    });
  });

  it('has levels that are the means of their cells', () => {
    for (const { level, low, high } of cellsOf(bits)) {
      const mean = integral((z) => z, low, high) / integral(() => 1, low, high);
      // 15 printed digits and thresholds that move with them: 1e-11 holds with a wide margin
      expect(Math.abs(mean - level), `level ${level}`).toBeLessThan(1e-11);
    }
  });

  it('has the mean squared error that is listed', () => {
    const error = cellsOf(bits).reduce(
      (sum, { level, low, high }) => sum + integral((z) => (z - level) ** 2, low, high),
      0,
    );
    // 12 significant digits are listed
    expect(Math.abs(error / LLOYD_MAX_ERROR[bits] - 1)).toBeLessThan(2e-11);
  });
});

describe('the uniform quantizer', () => {
  const size = (bits: number) => 2 ** bits;
  /** 1 - the squared cosine between N(0,1) and its codes of this step. */
  const errorOf = (bits: number, step: number) => {
    let [product, square] = [0, 0];
    for (let c = 0; c < size(bits); c++) {
      const level = 2 * c + 1 - size(bits);
      const low = c ? step * (c - size(bits) / 2) : -END;
      const high = c < size(bits) - 1 ? step * (c + 1 - size(bits) / 2) : END;
      product += level * integral((z) => z, low, high);
      square += level ** 2 * integral(() => 1, low, high);
    }
    return 1 - product ** 2 / square;
  };

  it.each(WIDTHS)('%i bits: has the error that is listed, and the step that is best to its digits', (bits) => {
    const step = UNIFORM_STEPS[bits];
    // eight digits after the point are listed
    expect(Math.abs(errorOf(bits, step) - UNIFORM_ERROR[bits])).toBeLessThan(6e-9);
    if (bits === 1) return;
    for (const other of [step - 1e-4, step + 1e-4]) expect(errorOf(bits, other)).toBeGreaterThan(errorOf(bits, step));
  });
});

describe('LLOYD_MAX_ERROR', () => {
  it('begins with the variance at 0 bits and has 8 bits', () => {
    expect(LLOYD_MAX_ERROR).toHaveLength(9);
    expect(LLOYD_MAX_ERROR[0]).toBe(1);
  });
});

describe.each(WIDTHS)('codebook of %i bits', (bits) => {
  const levels = lloydMaxLevels(bits);
  const { levels: stored, book } = lloydMaxAlphabet(bits);
  const { thresholds } = book;

  it('has float32 midpoints, ascending, then infinity', () => {
    expect(thresholds).toHaveLength(2 ** bits);
    expect(thresholds[2 ** bits - 1]).toBe(Number.POSITIVE_INFINITY);
    midpoints(levels).forEach((middle, i) => {
      expect(thresholds[i]).toBe(Math.fround(middle));
      expect(thresholds[i + 1]).toBeGreaterThan(thresholds[i]);
    });
    expect([...stored]).toEqual(levels.map(Math.fround));
  });
});

forEachBackend('bucketize', () => {
  it.each(WIDTHS)('%i bits: exact at every threshold, its float32 neighbours and far away', (bits) => {
    const plan = codecPlan({ dim: 1, bits, codec: 'eden', grid: null, scale: 'unbiased', rounds: 1, seed: 0 });
    const { thresholds } = (plan.sections[0].alphabet as ThresholdAlphabet).book;
    const finite = [...thresholds].filter(Number.isFinite);
    const near = finite.flatMap((t) =>
      t === 0 ? [-(2 ** -149), -0, 0, 2 ** -149] : [-2, -1, 0, 1, 2].map((steps) => neighbour(t, steps)),
    );
    const far = [1e-30, 1, 4, 5, 8, 100, 1e10, 3.4e38].flatMap((v) => [v, -v]);
    const v = Float32Array.from([...near, ...far]);
    const codes = new Uint8Array(v.length);
    kernels().bucketize(plan, 0, v, codes);
    v.forEach((value, i) => {
      // the definition: thresholds that are at most the value; a tie goes up
      const expected = finite.filter((t) => t <= value).length;
      expect(codes[i], `code of ${value}`).toBe(expected);
    });
  });

  it.each(WIDTHS)('%i bits: lookup gives every level', (bits) => {
    const plan = codecPlan({ dim: 1, bits, codec: 'eden', grid: null, scale: 'unbiased', rounds: 1, seed: 0 });
    const codes = Uint8Array.from({ length: 2 ** bits }, (_, i) => 2 ** bits - 1 - i);
    const got = new Float32Array(codes.length);
    kernels().lookup(plan, 0, codes, got);
    expect([...got]).toEqual([...plan.sections[0].alphabet.levels].reverse());
  });
});
