// SPDX-License-Identifier: Apache-2.0
/**
 * Vector quantization needs the coordinates of a block to be independent, not only normal: two rounds are too few for some
 * inputs, one for others, and three enough for all (arXiv 2605.06014). The measures r1 and r2 of how dependent they are, and
 * the rule that takes rounds by them, are our own derivation, tested here by what they stand for.
 */
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import { GRIDS, type GridName } from '../lib/codec/grids.ts';
import { gridBits } from '../lib/codec/vq.ts';
import { chooseRounds, fwht, Quantizer, Rotation } from '../lib/index.ts';
import type { Block } from '../lib/transform/rounds.ts';
import { FAMILIES, hot, random } from './random-inputs.ts';
import { deep, familyInputs, figure, type Inputs, type Mean, meanErrors, meanOf, once } from './statistics.ts';

const DIM = 1024;
const GRID_LIST: readonly GridName[] = deep ? ['2x16', '2x256', '4x256', '8x256'] : ['2x256', '8x256'];

/** NMSE as a multiple of that of independent normal coordinates: D for scale 'mse', D / (1 - D) for 'unbiased'. */
function excess(grid: GridName, scale: 'mse' | 'unbiased', rounds: 1 | 2 | 3 | 'auto', inputs: Inputs, trials: number) {
  const { error } = GRIDS[grid];
  const expected = scale === 'mse' ? error : error / (1 - error);
  const options = { dim: DIM, bits: gridBits(grid), codec: 'vq', grid, scale, rounds } as const;
  const errors = meanErrors({ trials }, options, inputs);
  return Object.fromEntries(
    Object.entries(errors).map(([name, { mean, standardError }]): [string, Mean] => {
      return [name, { mean: mean / expected, standardError: standardError / expected }];
    }),
  );
}

/** The rounds of the rule, and those of a record. */
function roundsTaken(grid: GridName, x: Float32Array): { rule: number; record: number } {
  const bits = gridBits(grid);
  const [rule] = chooseRounds(x, { dim: DIM, bits, block: GRIDS[grid].block as Block });
  const record = new Quantizer({ dim: DIM, bits, codec: 'vq', grid }).encode(x);
  return { rule, record: record[record.length - 1] & 3 };
}

/**
 * The same ratio where every block of two is (z, sign z) with one sign, z a sum of n random signs over sqrt(n), with nothing
 * but the grid in the sum. The sums that a Hadamard matrix makes of n signs are all equal mod 4 (rows differ in n / 2 places),
 * so a vector has either those of even k or those of odd k.
 */
function excessOnDiagonal(grid: GridName, scale: 'mse' | 'unbiased', n: number, sign: 1 | -1): number {
  const { points, size, error } = GRIDS[grid];
  let chance = 2 ** (1 - n);
  const product = [0, 0];
  const energy = [0, 0];
  for (let k = 0; k <= n; k++) {
    const z = (2 * k - n) / Math.sqrt(n);
    let nearest = { distance: Number.POSITIVE_INFINITY, product: 0, energy: 0 };
    for (let c = 0; c < size; c++) {
      const [a, b] = [points[2 * c], points[2 * c + 1]];
      const distance = (z - a) ** 2 + (sign * z - b) ** 2;
      if (distance < nearest.distance) {
        nearest = { distance, product: (z * (a + sign * b)) / 2, energy: (a * a + b * b) / 2 };
      }
    }
    product[k & 1] += chance * nearest.product;
    energy[k & 1] += chance * nearest.energy;
    chance *= (n - k) / (k + 1);
  }
  const ratio = (p: number, e: number) =>
    scale === 'mse' ? (1 - p ** 2 / e) / error : (e / p ** 2 - 1) / (error / (1 - error));
  return (ratio(product[0], energy[0]) + ratio(product[1], energy[1])) / 2;
}

describe('grid 2x256 at d = 1024', () => {
  const trials = deep ? 4000 : 1000;
  const scales = deep ? (['unbiased', 'mse'] as const) : (['unbiased'] as const);
  const x = (family: string) => FAMILIES[family](DIM, random(1));

  it.each(scales)('e0 + e1, scale %s: not two rounds but three', (scale) => {
    const inputs = { x: () => x('two-hot adj (e0+e1)') };
    const two = excess('2x256', scale, 2, inputs, trials)['x'];
    const three = excess('2x256', scale, 3, inputs, trials)['x'];
    // One round leaves half of the coordinates zero and the others equal but for signs, so after two all pairs are equal, or
    // all opposite, as the first signs have it, and each is a sum of 512 signs.
    const expected = (excessOnDiagonal('2x256', scale, 512, 1) + excessOnDiagonal('2x256', scale, 512, -1)) / 2;
    figure(`2x256 ${scale} e0+e1 rounds 2`, two, expected);
    figure(`2x256 ${scale} e0+e1 rounds 3`, three, 1);
    expect(two.mean).toBeGreaterThan(1.6);
    // standard error 0.7 %
    expect(Math.abs(two.mean / expected - 1)).toBeLessThan(0.03);
    // standard error 0.2 %
    expect(Math.abs(three.mean - 1)).toBeLessThan(0.03);
    expect(roundsTaken('2x256', inputs.x())).toEqual({ rule: 3, record: 3 });
  });

  it.each(scales)('every 8th = 1, scale %s: not one round but two', (scale) => {
    const inputs = { x: () => x('every 8th') };
    const one = excess('2x256', scale, 1, inputs, trials)['x'];
    const two = excess('2x256', scale, 2, inputs, trials)['x'];
    // after one round coordinates do not depend on the lowest three bits of their number: pairs are equal
    const expected = excessOnDiagonal('2x256', scale, 128, 1);
    figure(`2x256 ${scale} every 8th rounds 1`, one, expected);
    figure(`2x256 ${scale} every 8th rounds 2`, two, 1);
    // what these pairs cost is a matter of the grid's points near the diagonal, and never little
    expect(expected).toBeGreaterThan(1.3);
    // standard error 1.1 %
    expect(Math.abs(one.mean / expected - 1)).toBeLessThan(0.04);
    expect(Math.abs(two.mean - 1)).toBeLessThan(0.03);
    // a row of one magnitude takes one more, for the sake of what else such a row may hold (lib/transform/rounds.ts)
    expect(roundsTaken('2x256', inputs.x())).toEqual({ rule: 3, record: 3 });
  });
});

describe.each(GRID_LIST)('grid %s with adaptive rounds, d = 1024: NMSE of independent normal coordinates', (grid) => {
  const errors = once(() => excess(grid, 'unbiased', 'auto', familyInputs(DIM), deep ? 2000 : 300));
  it.each(Object.keys(FAMILIES))('%s', (family) => {
    const got = errors()[family];
    figure(`${grid} auto ${family}`, got, 1);
    // the rule lets through what costs 1.3 %; the sampling error of 300 trials is 0.2 to 0.5 %
    expect(Math.abs(got.mean - 1)).toBeLessThan(0.03);
  });

  it('takes the rounds of the rule', () => {
    for (const input of Object.values(familyInputs(DIM))) {
      const { rule, record } = roundsTaken(grid, input());
      expect(record).toBe(rule);
    }
  });
});

/** l3, l4, max, r1, r2 */
function kernelMoments(x: Float32Array, block: number) {
  const out = new Float64Array(6);
  kernels().moments(x, x.length, block, out);
  const [, l3, l4, max, r1, r2] = out;
  return { l3, l4, max, r1, r2 };
}

describe('r1 and r2: reference values', () => {
  // of an independent implementation (numpy, float64); float32 sums here
  it('of 1 .. 8 in one block', () => {
    const got = kernelMoments(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 8);
    const wanted = { l3: 0.44479485, l4: 0.210784314, max: 0.560112034, r1: 0.68627451, r2: 1.578431373 };
    for (const [name, value] of Object.entries(wanted)) {
      expect(Math.abs(got[name as keyof typeof got] / value - 1), name).toBeLessThan(1e-6);
    }
  });

  it('of a one-hot row in one block', () => {
    expect(kernelMoments(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8)).toEqual({ l3: 1, l4: 1, max: 1, r1: 7, r2: 0 });
  });
});

/**
 * The sum over s = 1 .. block - 1 of E[z_i z_(i^s)]^2, averaged over all i: squared covariances of the coordinates with the
 * others of their block. `products(i, s)` is the expectation.
 */
function squaredCovariances(dim: number, block: number, products: (i: number, s: number) => number): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) {
    for (let s = 1; s < block; s++) sum += products(i, s);
  }
  return sum / dim;
}

describe('r1 and r2 are squared covariances, over all signs of d = 8', () => {
  const dim = 8;
  const vectors: Record<string, number[]> = {
    ramp: [1, 2, 3, 4, 5, 6, 7, 8],
    'two-hot': [1, 0.9, 0, 0, 0, 0, 0, 0],
    'two halves': [1, 1, 1, 1, 0, 0, 0, 0],
    'every other': [1, 0, -1, 0, 1, 0, 1, 0],
    scattered: [0.3, -2, 0.1, 0, 5, 1, -1, 0.7],
  };
  /** Rows sqrt(d) H D x / |x| for all 256 sign patterns D. */
  const rotatedAll = (x: ArrayLike<number>) => {
    const rows = Float64Array.from({ length: 256 * dim }, (_, j) => ((j >> 3) & (1 << (j & 7)) ? -1 : 1) * x[j & 7]);
    fwht(rows, { dim, normalize: true });
    const norm = Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
    return rows.map((v) => (v * Math.sqrt(dim)) / norm);
  };
  const covariances = (x: ArrayLike<number>, block: number) => {
    const rows = rotatedAll(x);
    return squaredCovariances(dim, block, (i, s) => {
      let sum = 0;
      for (let at = 0; at < rows.length; at += dim) sum += rows[at + i] * rows[at + (i ^ s)];
      return (sum / 256) ** 2;
    });
  };

  for (const block of [2, 4, 8]) {
    it.each(Object.keys(vectors))(`block ${block}, %s`, (name) => {
      const x = vectors[name];
      const { r1, r2 } = kernelMoments(Float32Array.from(x), block);
      const once = covariances(x, block);
      const rows = rotatedAll(x);
      let twice = 0;
      for (let at = 0; at < rows.length; at += dim) twice += covariances(rows.subarray(at, at + dim), block) / 256;
      figure(`d=8 block ${block} ${name} r1`, r1, once);
      figure(`d=8 block ${block} ${name} r2`, r2, twice);
      // float32 sums of up to 8 terms of at most 1, squared
      expect(Math.abs(r1 - once)).toBeLessThan(1e-5);
      expect(Math.abs(r2 - twice)).toBeLessThan(1e-5);
    });
  }
});

describe('r1 and r2 are squared covariances, over seeded rotations', () => {
  /**
   * Sum over s of E[z_i z_(i^s)]^2 averaged over i, from independent rows z: the square of a mean without the products of
   * rows with themselves.
   */
  function fromRows(rows: readonly Float32Array[], block: number, square: number): number {
    const dim = rows[0].length;
    const n = rows.length;
    return squaredCovariances(dim, block, (i, s) => {
      let [sum, squares] = [0, 0];
      for (const row of rows) {
        const product = (row[i] * row[i ^ s] * dim) / square;
        sum += product;
        squares += product * product;
      }
      return (sum * sum - squares) / (n * (n - 1));
    });
  }

  const rotated = (x: Float32Array, seed: number) => new Rotation({ dim: x.length, rounds: 1, seed }).apply(x);
  const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

  const cases = [256, 384].flatMap((dim) => [2, 4, 8].map((block) => ({ dim, block })));
  it.each(cases)('d = $dim, blocks of $block', ({ dim, block }) => {
    const r = random(dim + block);
    const vectors = {
      '8-hot contiguous': FAMILIES['8-hot contiguous'](dim, r),
      'power 1/i': FAMILIES['power 1/i'](dim, r),
      '20-hot': hot(dim, 20, r),
    };
    for (const [name, x] of Object.entries(vectors)) {
      const square = x.reduce((sum, v) => sum + v * v, 0);
      const { r1, r2 } = kernelMoments(x, block);
      // how far r2 is from its mean is mostly a matter of the first signs: many of them, and few rows for each
      const groups = deep ? 2000 : 200;
      const inner = 6;
      const once: number[] = [];
      const twice: number[] = [];
      for (let g = 0; g < groups; g++) {
        const firstRows = seeds(1000 * g, inner).map((seed) => rotated(x, seed));
        once.push(fromRows(firstRows, block, square));
        // one first round, many second ones
        const secondRows = seeds(1000 * g + 500, inner).map((seed) => rotated(firstRows[0], seed));
        twice.push(fromRows(secondRows, block, square));
      }
      for (const [what, got, expected] of [
        ['r1', meanOf(once), r1],
        ['r2', meanOf(twice), r2],
      ] as const) {
        figure(`d=${dim} block ${block} ${name} ${what}`, got, expected);
        expect(Math.abs(got.mean - expected), `${name} ${what}`).toBeLessThan(3.5 * got.standardError);
        // sharp enough to tell r1 from r2, and either from nothing
        expect(got.standardError, `${name} ${what}`).toBeLessThan(Math.max(0.1 * Math.max(r1, r2), 0.003));
      }
    }
  });
});
