// SPDX-License-Identifier: Apache-2.0
/** Properties that hold for every input of every codec: units, signs of zeros, neighbours, backends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rounds } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { CODEC_CASES, fieldsOf, gaussians, quantizerOf, titled } from './codec-cases.ts';
import { random } from './random-inputs.ts';
import { expectSameBits, expectSameEverywhere } from './same-bits.ts';

/** |x - y|^2 / |x|^2 without overflow. */
function relativeError(x: Float32Array, y: Float32Array): number {
  const top = x.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const sum = (f: (i: number) => number) => x.reduce((s, _, i) => s + (f(i) / top) ** 2, 0);
  return sum((i) => x[i] - y[i]) / sum((i) => x[i]);
}

/** Largest levels times the scale: what a decoded vector can be off by, in units of |x|, at any dim. */
const FAR = 200;

forEachBackend('units', () => {
  it.each(titled(CODEC_CASES))('%s: x * 2^k has the codes of x, and 2^k times its vector', (_, c) => {
    for (const dim of [7, 96]) {
      for (const scale of c.codec === 'vq' || c.codec === 'uniform' ? (['unbiased', 'mse'] as const) : [undefined]) {
        const q = quantizerOf(c, { dim, ...(scale ? { scale } : {}) });
        // multiples of 2^-10 stay exact at 2^-100
        const x = gaussians(2 * dim, dim).map((v) => Math.round(v * 1024) / 1024);
        const codes = q.encode(x, { firstIndex: 5 });
        const decoded = q.decode(codes);
        const fields = fieldsOf(c, dim, codes);
        // beyond the bands in which a row, a sum and a scale are used as they are, and at their edges
        for (const k of [-100, -61, -60, -20, -1, 19, 20, 59, 60, 100]) {
          const scaled = q.encode(
            x.map((v) => v * 2 ** k),
            { firstIndex: 5 },
          );
          fieldsOf(c, dim, scaled).forEach((got, r) => {
            const { scale: alpha, norm, residual } = fields[r];
            expect(got, `2^${k}`).toEqual({
              ...fields[r],
              scale: alpha * 2 ** k,
              norm: norm * 2 ** k,
              residual: residual === undefined ? undefined : residual * 2 ** k,
            });
          });
          expectSameBits(
            q.decode(scaled),
            decoded.map((v) => v * 2 ** k),
            `decoded at 2^${k}`,
          );
        }
      }
    }
  });

  it.each(titled(CODEC_CASES))('%s: rows of 1e30, 1e-30, 1 and the largest float32 side by side', (_, c) => {
    for (const dim of [5, 100]) {
      const q = quantizerOf(c, { dim, rounds: 3 });
      const sizes = [1e30, 1e-30, 1, 2.9e38, 1e-36, 1e38];
      const x = gaussians(6 * dim, 8);
      sizes.forEach((size, r) => {
        const row = x.subarray(r * dim, (r + 1) * dim);
        const length = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
        row.set(row.map((v) => (v / length) * size));
      });
      const codes = q.encode(x);
      const decoded = q.decode(codes);
      const query = gaussians(dim, 9);
      fieldsOf(c, dim, codes).forEach(({ norm }, r) => {
        const [own, back] = [x, decoded].map((v) => v.subarray(r * dim, (r + 1) * dim));
        expect(Math.abs(norm / sizes[r] - 1)).toBeLessThan(1e-6);
        expect(back.every(Number.isFinite)).toBe(true);
        // the same error as without the unit: that of its own row scaled to 1
        const unit = q.encode(
          own.map((v) => v / sizes[r]),
          { firstIndex: r },
        );
        const error = relativeError(own, back);
        const expected = relativeError(
          own.map((v) => v / sizes[r]),
          q.decode(unit),
        );
        expect(error).toBeLessThan(FAR);
        // rounding of the unit moves a coordinate over a threshold now and then; the largest vectors saturate
        if (sizes[r] < 1e38) expect(Math.abs(error - expected)).toBeLessThanOrEqual(0.05 * expected + 1e-6);
      });
      for (const estimate of [q.cosines(query, codes), q.innerProducts(query, codes)]) {
        expect(estimate.every((v) => !Number.isNaN(v))).toBe(true);
      }
    }
  });

  it.each(titled(CODEC_CASES))('%s: rows so small that nothing is left of their scale decode to zeros', (_, c) => {
    // 2^-149 / sqrt(64) is no float32; at dim 1 it is
    for (const [dim, left] of [
      [64, false],
      [1, true],
    ] as const) {
      const q = quantizerOf(c, { dim });
      const x = new Float32Array(dim);
      x[0] = 2 ** -149;
      const decoded = q.decode(q.encode(x));
      expect(decoded.every(Number.isFinite)).toBe(true);
      if (!left && fieldsOf(c, dim, q.encode(x))[0].scale === 0) expect(decoded.every((v) => v === 0)).toBe(true);
      expect(fieldsOf(c, dim, q.encode(x))[0].norm).toBe(2 ** -149);
    }
  });

  it.each(titled(CODEC_CASES))('%s: a zero of either sign is a zero', (_, c) => {
    const dim = 40;
    const q = quantizerOf(c, { dim });
    const x = gaussians(4 * dim, 3).map((v, i) => (i < dim || i % 3 === 0 ? 0 : v));
    const negative = x.map((v) => (v === 0 ? -0 : v));
    expect(Object.is(negative[0], -0)).toBe(true);
    const codes = q.encode(x);
    expectSameBits(q.encode(negative), codes);
    // a query's zeros too
    expectSameBits(
      q.innerProducts(negative.subarray(dim, 2 * dim), codes),
      q.innerProducts(x.subarray(dim, 2 * dim), codes),
    );
  });
});

const FACTORS: Record<string, number> = { plain: 1, huge: 2 ** 115, tiny: 2 ** -110, denormal: 2 ** -140 };

describe('random rows of random quantizers', () => {
  it('decode to finite numbers, and everything is the same bits on every backend', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CODEC_CASES),
        fc.record({
          dim: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 300 })),
          rounds: fc.constantFrom<Rounds[]>('auto', 1, 2, 3),
          seed: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
          privateSeed: fc.nat(),
        }),
        fc.boolean(),
        fc.record({
          rows: fc.integer({ min: 1, max: 4 }),
          data: fc.integer(),
          factor: fc.constantFrom('plain', 'plain', 'huge', 'tiny', 'denormal'),
          zeros: fc.constantFrom(0, 0, 0.5, 0.97),
          firstIndex: fc.oneof(fc.nat(), fc.constantFrom(2 ** 32 - 2, 2 ** 53 - 9)),
        }),
        (c, options, mse, { rows, data, factor, zeros, firstIndex }) => {
          const r = random(data);
          const value = () => (r.uniform() < zeros ? 0 : FACTORS[factor] * r.gaussian());
          const x = Float32Array.from({ length: rows * options.dim }, value);
          const query = gaussians(options.dim, data + 1);
          const fitted = c.codec === 'vq' || c.codec === 'uniform';
          const results = expectSameEverywhere(() => {
            const q = quantizerOf(c, { ...options, ...(mse && fitted ? { scale: 'mse' } : {}) });
            const codes = q.encode(x, { firstIndex });
            return [
              codes,
              q.decode(codes),
              q.innerProducts(query, codes),
              q.squaredDistances(query, codes),
              q.cosines(query, codes),
              q.errorBounds(query, codes),
            ];
          });
          expect((results[1] as Float32Array).every(Number.isFinite)).toBe(true);
          expect(fieldsOf(c, options.dim, results[0] as Uint8Array).length).toBe(rows);
        },
      ),
      { numRuns: 250, seed: 20260103 },
    );
  });

  it('and long ones, beyond every buffer on the stack', () => {
    for (const c of CODEC_CASES) {
      const dim = c.codec === 'turboquant-prod' ? 520 : 5003;
      const x = gaussians(dim, c.bits);
      expectSameEverywhere(
        () => {
          const q = quantizerOf(c, { dim });
          const codes = q.encode(x);
          return [codes, q.decode(codes), q.innerProducts(x, codes)];
        },
        `${c.codec} ${c.grid ?? c.bits}`,
      );
    }
  });
});
