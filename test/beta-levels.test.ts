// SPDX-License-Identifier: Apache-2.0
/** The codebooks of small dimensions, checked by a quadrature of our own, in the angle, with Math.sin and Math.cos. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BETA_DIMS_BELOW, betaLevels } from '../lib/codec/beta-levels.ts';
import { lloydMaxLevels, midpoints } from '../lib/codec/codebooks.ts';
import { LLOYD_MAX_ERROR } from '../lib/codec/lloyd-max.ts';

// Gauss-Legendre with 5 nodes on [-1, 1], in closed form
const [inner, outer] = [-1, 1].map((sign) => Math.sqrt(5 + 2 * sign * Math.sqrt(10 / 7)) / 3);
const [light, heavy] = [-1, 1].map((sign) => (322 + 13 * sign * Math.sqrt(70)) / 900);
const NODES = [-outer, -inner, 0, inner, outer];
const WEIGHTS = [light, heavy, 128 / 225, heavy, light];

/** Integral of g(z) over the angles of low <= z < high: z = sqrt(dim) sin(angle), weight cos(angle)^(dim - 2). */
function integral(dim: number, g: (z: number) => number, low: number, high: number): number {
  const scale = Math.sqrt(dim);
  const start = Math.asin(low / scale);
  const end = Math.asin(Math.min(1, high / scale));
  // the weight spreads by 1 / sqrt(dim) > 0.12: a panel of 0.01 errs by less than 1e-16 of its integral
  const panels = Math.ceil((end - start) / 0.01);
  const half = (end - start) / panels / 2;
  let sum = 0;
  for (let p = 0; p < panels; p++) {
    NODES.forEach((node, k) => {
      const angle = start + (2 * p + 1 + node) * half;
      sum += WEIGHTS[k] * half * g(scale * Math.sin(angle)) * Math.cos(angle) ** (dim - 2);
    });
  }
  return sum;
}

const DIMS = Array.from({ length: BETA_DIMS_BELOW - 2 }, (_, i) => i + 2);
const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Cells of the positive half; the other is its mirror image, which a test of its own says. */
function cellsOf(dim: number, levels: readonly number[]) {
  const positive = levels.slice(levels.length / 2);
  const edges = [0, ...midpoints(positive), Math.sqrt(dim)];
  return positive.map((level, i) => ({ level, low: edges[i], high: edges[i + 1] }));
}

const total = (dim: number) => integral(dim, () => 1, 0, Math.sqrt(dim));

describe('the quadrature', () => {
  it('knows the law', () => {
    // Wallis: the integral of cos^14 from 0 to pi / 2
    expect(total(16)).toBeCloseTo(((135135 / 645120) * Math.PI) / 2, 14);
    for (const dim of DIMS) expect(integral(dim, (z) => z * z, 0, Math.sqrt(dim)) / total(dim)).toBeCloseTo(1, 13);
  });
});

describe.each(WIDTHS)('beta levels of %i bits, dims 2 .. 63', (bits) => {
  const books = DIMS.map((dim) => ({ dim, ...betaLevels(dim, bits) }));

  it('are 2^bits ascending levels inside the ball, symmetric', () => {
    for (const { dim, levels } of books) {
      expect(levels).toHaveLength(2 ** bits);
      expect(levels[levels.length - 1]).toBeLessThan(Math.sqrt(dim));
      levels.forEach((level, i) => {
        expect(level).toBe(-levels[levels.length - 1 - i]);
        if (i) expect(level).toBeGreaterThan(levels[i - 1]);
      });
    }
  });

  it('are the means of their cells', () => {
    for (const { dim, levels } of books) {
      for (const { level, low, high } of cellsOf(dim, levels)) {
        const offset = integral(dim, (z) => z - level, low, high) / integral(dim, () => 1, low, high);
        // rounding of numbers below 8
        expect(Math.abs(offset), `dim ${dim}, level ${level}`).toBeLessThan(1e-14);
      }
    }
  });

  it('have the mean squared error that is returned', () => {
    for (const { dim, levels, error } of books) {
      const sum = cellsOf(dim, levels).reduce(
        (s, { level, low, high }) => s + integral(dim, (z) => (z - level) ** 2, low, high),
        0,
      );
      expect(Math.abs(sum / total(dim) / error - 1), `dim ${dim}`).toBeLessThan(1e-12);
    }
  });

  it('have errors that grow with the dimension and stay below that of N(0,1)', () => {
    books.forEach(({ error }, i) => {
      if (i) expect(error).toBeGreaterThan(books[i - 1].error);
      expect(error).toBeLessThan(LLOYD_MAX_ERROR[bits]);
      // a bit divides the error by about 4; the least is from 1 to 2 bits for N(0,1), 3.09
      if (bits > 1) expect(betaLevels(books[i].dim, bits - 1).error / error).toBeGreaterThan(3.09);
    });
  });

  it('differ from those of N(0,1) by a term in 1 / dim', () => {
    const gaussian = lloydMaxLevels(bits);
    const difference = (dim: number) =>
      Math.max(...betaLevels(dim, bits).levels.map((level, i) => Math.abs(level - gaussian[i])));
    // as computed; it is the outermost level that differs most
    const at63 = [0.00317, 0.0106, 0.0413, 0.0875, 0.147, 0.219, 0.3, 0.39][bits - 1];
    expect(Math.abs(difference(63) / at63 - 1)).toBeLessThan(0.01);
    const ratio = difference(31) / difference(63);
    expect(ratio).toBeGreaterThan(1.75);
    expect(ratio).toBeLessThan(2.1);
  });
});

describe('laws with levels in closed form', () => {
  it.each(WIDTHS)('dim 1, %i bits: the ends are the two points', (bits) => {
    const { levels, error } = betaLevels(1, bits);
    expect(levels).toHaveLength(2 ** bits);
    expect(error).toBe(0);
    expect(levels[0]).toBe(-1);
    levels.forEach((level, i) => {
      expect(level).toBe(-levels[levels.length - 1 - i]);
      if (i) expect(level - levels[i - 1]).toBeCloseTo(2 / (2 ** bits - 1), 15);
    });
  });

  it.each(WIDTHS)('dim 3, %i bits: the uniform law', (bits) => {
    const count = 2 ** bits;
    const { levels, error } = betaLevels(3, bits);
    levels.forEach((level, i) => {
      // rounding, times the condition of 2^bits equations between neighbours: 3e-14 at 8 bits
      expect(Math.abs(level - (Math.sqrt(3) * (2 * i + 1 - count)) / count)).toBeLessThan(1e-13);
    });
    expect(Math.abs(error * count ** 2 - 1)).toBeLessThan(1e-14);
  });

  it('1 bit: the mean of |z|', () => {
    // E |t| = Gamma(dim / 2) / (sqrt(pi) Gamma((dim + 1) / 2)): 2 / pi for dim 2, 1 / 2 for dim 3, and a recurrence
    const mean = [0, 0, 2 / Math.PI, 1 / 2];
    for (const dim of DIMS) {
      mean[dim] ??= (mean[dim - 2] * (dim - 2)) / (dim - 1);
      const { levels, error } = betaLevels(dim, 1);
      expect(levels[1]).toBeCloseTo(Math.sqrt(dim) * mean[dim], 14);
      expect(error).toBeCloseTo(1 - dim * mean[dim] ** 2, 14);
    }
  });
});

describe('errors that a simulation of ours in another language found', () => {
  it.each([
    [16, 1, 0.34318],
    [16, 2, 0.10585],
    [16, 4, 0.00809],
    // the first dimension that takes the Gaussian levels; the formula goes on
    [64, 4, 0.00913],
  ])('dim %i, %i bits: %f', (dim, bits, expected) => {
    // five decimals are printed, the first of them cut off rather than rounded
    expect(Math.abs(betaLevels(dim, bits).error - expected)).toBeLessThan(0.6e-5);
  });
});

it('has the same bits everywhere', () => {
  const hash = createHash('sha256');
  for (const dim of [1, ...DIMS]) {
    for (const bits of WIDTHS) {
      const { levels, error } = betaLevels(dim, bits);
      hash.update(new Uint8Array(Float64Array.of(...levels, error).buffer));
    }
  }
  // the float64 bits that this code gave, and the same code written in Python
  expect(hash.digest('hex')).toBe('bfe2705f33f6e579c963b7196895a5f4fbff70dc43c51b96354cee855a034b78');
});
