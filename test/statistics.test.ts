// SPDX-License-Identifier: Apache-2.0
/**
 * Quality as theory has it: research/algorithms.md sections 3, 4, 9 and 11. Seeds are fixed, so every figure is the same on
 * each run and backend. Tolerances are the acceptance bars of section 11, which are wider than the sampling error
 * stated at each test. HADAQUANT_FIGURES=1 prints what was measured.
 */
import { describe, expect, it } from 'vitest';
import { lloydMaxAlphabet, lloydMaxLevels } from '../lib/codec/codebooks.ts';
import { LLOYD_MAX_ERROR } from '../lib/codec/lloyd-max.ts';
import { Quantizer, type QuantizerOptions } from '../lib/index.ts';
import { FAMILIES, random } from './random-inputs.ts';

const limit = (bits: number) => LLOYD_MAX_ERROR[bits] / (1 - LLOYD_MAX_ERROR[bits]);

function figure(what: string, value: number, expected: number): void {
  if (!process.env['HADAQUANT_FIGURES']) return;
  console.log(
    `${what}: ${value.toPrecision(5)}, expected ${expected.toPrecision(5)}, ratio ${(value / expected).toFixed(4)}`,
  );
}

/** |x - decoded|^2 / |x|^2 */
function relativeError(x: Float32Array, decoded: Float32Array): number {
  let [error, square] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    error += (x[i] - decoded[i]) ** 2;
    square += x[i] ** 2;
  }
  return error / square;
}

/** Mean over `trials` vectors, each with a rotation of its own. */
function meanError(trials: number, options: QuantizerOptions, vector: (trial: number) => Float32Array): number {
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    const quantizer = new Quantizer({ ...options, seed: 1000 + trial });
    const x = vector(trial);
    sum += relativeError(x, quantizer.decode(quantizer.encode(x)));
  }
  return sum / trials;
}

describe('EDEN with adaptive rounds, d = 1024, 300 vectors: NMSE is D / (1 - D)', () => {
  // sampling error: one vector's error spreads by about 4.6 % at 1 bit and d = 1024, so the mean of 300 by 0.3 %
  const bars: [number, number][] = [
    [1, 0.04],
    [2, 0.04],
    [4, 0.08],
  ];
  for (const [bits, tolerance] of bars) {
    it.each(Object.keys(FAMILIES))(`${bits} bits, %s`, (family) => {
      const r = random(17);
      const got = meanError(300, { dim: 1024, bits }, () => FAMILIES[family](1024, r));
      figure(`d=1024 b=${bits} ${family}`, got, limit(bits));
      expect(Math.abs(got / limit(bits) - 1)).toBeLessThan(tolerance);
    });
  }
});

describe('two-hot 1:0.9 at one bit', () => {
  const family = FAMILIES['two-hot 1:0.9'];
  it('has its error of .81 with one round, whatever the signs', () => {
    const got = meanError(300, { dim: 1024, bits: 1, rounds: 1 }, () => family(1024, random(1)));
    figure('two-hot rounds 1', got, 0.81);
    // exact: all coordinates are +-1.9 or +-0.1, so alpha = (1 + .81) / ((1.9 + .1) / 2) gives NMSE .81; float32 rounds
    expect(got).toBeCloseTo(0.81, 4);
  });

  it('is near the Gaussian error with two', () => {
    const got = meanError(300, { dim: 1024, bits: 1, rounds: 2 }, () => family(1024, random(1)));
    figure('two-hot rounds 2', got, limit(1));
    expect(Math.abs(got - 0.571)).toBeLessThan(0.01);
  });
});

/** Error of quantizing `trials` normalised Gaussian vectors: a uniformly random rotation of anything. */
function uniformRotationError(dim: number, bits: number, trials: number): number {
  const levels = lloydMaxLevels(bits);
  const { thresholds } = lloydMaxAlphabet(bits).book;
  const r = random(dim);
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    const z = Float64Array.from({ length: dim }, () => r.gaussian());
    const norm = Math.hypot(...z);
    let [zq, qq] = [0, 0];
    for (const v of z) {
      const unit = (v * Math.sqrt(dim)) / norm;
      const q = levels[thresholds.findIndex((t) => unit < t)];
      zq += unit * q;
      qq += q * q;
    }
    sum += (dim * qq) / zq ** 2 - 1;
  }
  return sum / trials;
}

describe('dimensions without a Hadamard matrix, 1 bit: NMSE of a uniformly random rotation', () => {
  // one vector's error spreads by about 1.5 / sqrt(dim) of itself: these trials leave a standard error of 0.5 % in each mean
  const trialsOf = (dim: number) => Math.max(400, Math.ceil(90000 / dim));
  const shapes: Record<string, (dim: number) => Float32Array> = {
    'first basis vector': (d) => Float32Array.from({ length: d }, (_, i) => (i === 0 ? 1 : 0)),
    'last basis vector': (d) => Float32Array.from({ length: d }, (_, i) => (i === d - 1 ? 1 : 0)),
    'two-hot 1:0.9': (d) => FAMILIES['two-hot 1:0.9'](d, random(1)),
    'half const': (d) => FAMILIES['half-block const'](d, random(1)),
    gaussian: (d) => FAMILIES['gaussian'](d, random(d)),
  };
  for (const dim of [27, 100, 300, 513, 639, 1000, 1500]) {
    const expected = uniformRotationError(dim, 1, trialsOf(dim));
    for (const rounds of [2, 'auto'] as const) {
      it.each(Object.keys(shapes))(`d = ${dim}, rounds ${rounds}, %s`, (shape) => {
        const x = shapes[shape](dim);
        const got = meanError(trialsOf(dim), { dim, bits: 1, rounds }, () => x);
        figure(`d=${dim} rounds ${rounds} ${shape}`, got, expected);
        expect(Math.abs(got / expected - 1)).toBeLessThan(0.04);
      });
    }
  }
});

describe('inner products, d = 768, cosines around 0.26', () => {
  const dim = 768;
  const rotations = 50;
  const rows = 40;
  const r = random(5);
  // a common mean, and norms that vary by a factor of three
  const mean = Float32Array.from({ length: dim }, () => 0.6 * r.gaussian());
  const sample = () => {
    const size = 0.5 + r.uniform();
    return mean.map((m) => size * (m + r.gaussian()));
  };
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const batches = Array.from({ length: rotations }, () => {
    const x = new Float32Array(rows * dim);
    for (let i = 0; i < rows; i++) x.set(sample(), i * dim);
    const queries = Array.from({ length: 10 }, () => {
      const query = sample();
      const truth = Array.from({ length: rows }, (_, i) => {
        const row = x.subarray(i * dim, (i + 1) * dim);
        const ip = dot(query, row);
        const size = Math.sqrt(dot(query, query) * dot(row, row));
        return { ip, unit: size * Math.sqrt((1 - (ip / size) ** 2) / dim) };
      });
      return { query, truth };
    });
    return { x, queries };
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i bits: unbiased, with the spread of theory', (bits) => {
    let [count, squares] = [0, 0];
    const means = batches.map(({ x, queries }, seed) => {
      const quantizer = new Quantizer({ dim, bits, seed });
      const codes = quantizer.encode(x);
      let sum = 0;
      for (const { query, truth } of queries) {
        const got = quantizer.innerProducts(query, codes);
        truth.forEach(({ ip, unit }, i) => {
          // in units of theory's deviation: |query| |x| sqrt(D / (1 - D) (1 - cos^2) / d)
          const error = (got[i] - ip) / (unit * Math.sqrt(limit(bits)));
          sum += error;
          squares += error ** 2;
          count++;
        });
      }
      return sum / (rows * queries.length);
    });
    // Errors under one rotation go together where rows share a direction, so the standard error of the mean comes from
    // the spread of the rotations' means, not from single errors.
    const bias = means.reduce((a, b) => a + b) / rotations;
    const variance = means.reduce((sum, m) => sum + (m - bias) ** 2, 0) / (rotations - 1);
    const standardErrors = bias / Math.sqrt(variance / rotations);
    const spread = Math.sqrt(squares / count);
    figure(`ip b=${bits}: mean ${bias.toFixed(5)} = ${standardErrors.toFixed(2)} standard errors; spread`, spread, 1);
    expect(Math.abs(standardErrors)).toBeLessThan(3);
    // 20,000 errors, nearly independent: a standard error of 0.5 %
    expect(Math.abs(spread - 1)).toBeLessThan(0.03);
  });
});
