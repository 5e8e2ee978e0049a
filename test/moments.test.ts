// SPDX-License-Identifier: Apache-2.0
/** Properties of moments and chooseRounds on every backend. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseRounds, moments, Quantizer } from '../lib/index.ts';
import { random } from './random-inputs.ts';
import { expectSameEverywhere } from './same-bits.ts';

const RUNS = { numRuns: 40, seed: 20260103 };

describe('moments and chooseRounds', () => {
  const families = fc.constantFrom('gaussian', 'hot', 'wide', 'huge', 'tiny') as fc.Arbitrary<string>;
  const rowOf = (family: string, dim: number, seed: number) => {
    const r = random(seed);
    const factor = { huge: 2 ** 115, tiny: 2 ** -135 }[family] ?? 1;
    return Float32Array.from({ length: dim }, () => {
      if (family === 'hot') return r.uniform() < 0.1 ? 1 : 0;
      return factor * r.gaussian() * (family === 'wide' ? Math.exp(5 * r.gaussian()) : 1);
    });
  };

  it('moments equal float64 sums on every backend, to the same bits', () => {
    fc.assert(
      fc.property(families, fc.integer({ min: 1, max: 3000 }), fc.integer(), (family, dim, seed) => {
        const x = rowOf(family, dim, seed);
        const [n, l3, l4, max] = expectSameEverywhere(() => Object.values(moments(x, dim)) as Float64Array[]);
        const square = x.reduce((sum, v) => sum + v * v, 0);
        if (square === 0) {
          expect([n[0], l3[0], l4[0], max[0]]).toEqual([0, 0, 0, 0]);
          return;
        }
        const length = Math.sqrt(square);
        const a = Array.from(x, (v) => Math.abs(v) / length);
        const power = (p: number) => a.reduce((sum, v) => sum + v ** p, 0);
        // float32 sums of up to 64 terms a lane
        for (const [got, expected] of [
          [n[0], length],
          [l3[0], power(3)],
          [l4[0], power(4)],
          [max[0], Math.max(...a)],
        ]) {
          expect(Math.abs(got / expected - 1)).toBeLessThan(1e-5);
        }
      }),
      RUNS,
    );
  });

  it('chooseRounds is what encode does with rounds auto, and the same everywhere', () => {
    fc.assert(
      fc.property(
        families,
        fc.integer({ min: 1, max: 600 }),
        fc.constantFrom(0.5, 1, 1.5, 2, 4, 6, 8),
        fc.integer(),
        (family, dim, bits, seed) => {
          const x = new Float32Array(3 * dim);
          for (let r = 0; r < 3; r++) x.set(rowOf(family, dim, seed + r), r * dim);
          const rounds = expectSameEverywhere(() => chooseRounds(x, { dim, bits }));
          const q = new Quantizer({ dim, bits });
          const codes = q.encode(x);
          for (let r = 0; r < 3; r++) {
            if (x.subarray(r * dim, (r + 1) * dim).every((v) => v === 0)) continue; // a zero row takes the fewest
            expect(codes[(r + 1) * q.bytesPerVector - 1]).toBe(rounds[r]);
          }
        },
      ),
      RUNS,
    );
  });

  it('chooseRounds follows its rule (lib/transform/rounds.ts) on the inputs it was made for', () => {
    const d = 1024;
    const one = (f: (i: number) => number) => Float32Array.from({ length: d }, (_, i) => f(i));
    const chosen = (x: Float32Array) => [1, 2, 4, 6, 8].map((bits) => chooseRounds(x, { dim: d, bits })[0]);
    expect(chosen(one((i) => (i === 3 ? 1 : 0)))).toEqual([3, 3, 3, 3, 3]);
    expect(chosen(one((i) => (i === 0 ? 1 : i === 5 ? 0.9 : 0)))).toEqual([3, 3, 3, 3, 3]);
    expect(chosen(one(() => 1))).toEqual([2, 2, 2, 2, 2]);
    expect(chosen(one((i) => (i < 512 ? 1 : 0)))).toEqual([2, 2, 2, 2, 2]);
    expect(chosen(one((i) => 0.5 ** i))).toEqual([2, 2, 2, 2, 2]);
    const r = random(1);
    // from 6 bits on two rounds are the least
    expect(chosen(one(() => r.gaussian()))).toEqual([1, 1, 1, 2, 2]);
  });
});
