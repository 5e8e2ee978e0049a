// SPDX-License-Identifier: Apache-2.0
/** Properties of the Quantizer: the same bytes on every backend, and the errors that theory allows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LLOYD_MAX_ERROR } from '../lib/codec/lloyd-max.ts';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { random } from './random-inputs.ts';
import { expectSameBits, expectSameEverywhere } from './same-bits.ts';

const gaussians = (n: number, seed: number) => {
  const r = random(seed);
  return Float32Array.from({ length: n }, () => r.gaussian());
};
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const rowsOf = (x: Float32Array, dim: number) =>
  Array.from({ length: x.length / dim }, (_, r) => x.subarray(r * dim, (r + 1) * dim));

/** |x - y|^2 / |x|^2, in float64 and without overflow. */
function relativeError(x: Float32Array, y: Float32Array): number {
  const top = x.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const sum = (f: (i: number) => number) => x.reduce((s, _, i) => s + (f(i) / top) ** 2, 0);
  return sum((i) => x[i] - y[i]) / sum((i) => x[i]);
}

describe('every dimension from 1 to 130', () => {
  it.each([1, 2, 4, 8])('%i bits: round trip near theory, the same bytes on every backend', (bits) => {
    const limit = LLOYD_MAX_ERROR[bits] / (1 - LLOYD_MAX_ERROR[bits]);
    for (let dim = 1; dim <= 130; dim++) {
      const x = gaussians(20 * dim, dim);
      const [codes, decoded] = expectSameEverywhere(() => {
        const q = new Quantizer({ dim, bits, seed: dim });
        const records = q.encode(x);
        return [records, q.decode(records)];
      }, `dim ${dim}`);
      expect(codes.length).toBe(20 * new Quantizer({ dim, bits }).bytesPerVector);
      const errors = rowsOf(x, dim).map((row, r) =>
        relativeError(row, (decoded as Float32Array).subarray(r * dim, (r + 1) * dim)),
      );
      const mean = errors.reduce((a, b) => a + b) / errors.length;
      // small dimensions do better than the limit on average; twenty rows of a few coordinates scatter widely
      expect(mean / limit, `dim ${dim}`).toBeLessThan(dim < 16 ? 2 : 1.5);
      // one coordinate has no direction to lose: exact, up to float32 (scale, level and product are rounded)
      if (dim === 1) expect(Math.max(...errors)).toBeLessThan(1e-13);
    }
  });
});

const FACTORS: Record<string, number> = { plain: 1, huge: 2 ** 115, tiny: 2 ** -110, denormal: 2 ** -140 };

describe('cross-backend equality', () => {
  it('every result of random quantizers and rows is the same bits', () => {
    fc.assert(
      fc.property(
        fc.record({
          dim: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 201, max: 2200 })),
          bits: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.double({ min: 0.5, max: 8, noNaN: true })),
          scale: fc.constantFrom('unbiased', 'mse') as fc.Arbitrary<'unbiased' | 'mse'>,
          rounds: fc.constantFrom('auto', 1, 2, 3) as fc.Arbitrary<'auto' | 1 | 2 | 3>,
          seed: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        }),
        fc.record({
          rows: fc.integer({ min: 1, max: 5 }),
          data: fc.integer(),
          factor: fc.constantFrom('plain', 'plain', 'huge', 'tiny', 'denormal'),
          zeros: fc.constantFrom(0, 0, 0.5, 0.97),
        }),
        (options, { rows, data, factor, zeros }) => {
          const r = random(data);
          const value = () => (r.uniform() < zeros ? 0 : FACTORS[factor] * r.gaussian());
          const x = Float32Array.from({ length: rows * options.dim }, value);
          const query = gaussians(options.dim, data + 1);
          expectSameEverywhere(() => {
            const q = new Quantizer(options);
            const codes = q.encode(x);
            return [
              codes,
              q.decode(codes),
              q.innerProducts(query, codes),
              q.squaredDistances(query, codes),
              q.cosines(query, codes),
              q.errorBounds(query, codes),
            ];
          });
        },
      ),
      { numRuns: 150, seed: 20260102 },
    );
  });
});

forEachBackend('unusual rows', () => {
  const bitsList = [0.5, 1, 1.5, 4, 8];

  it('a row of zeros has scale and norm 0 and decodes to zeros', () => {
    for (const dim of [1, 7, 100, 128]) {
      for (const bits of bitsList) {
        const q = new Quantizer({ dim, bits });
        const x = new Float32Array(3 * dim);
        x.set(gaussians(dim, 1), dim); // a zero row on each side
        const codes = q.encode(x, { out: new Uint8Array(3 * q.bytesPerVector).fill(0xaa) });
        const bytes = q.bytesPerVector;
        for (const row of [0, 2]) {
          const record = codes.subarray(row * bytes, (row + 1) * bytes);
          expect([...record.subarray(0, bytes - 1)]).toEqual(new Array(bytes - 1).fill(0));
          // the fewest rounds that any row may have: two from 6 bits on, and where spans overlap
          expect(record[bytes - 1]).toBe([1, 128].includes(dim) && bits < 6 ? 1 : 2);
        }
        const y = q.decode(codes, { out: new Float32Array(3 * dim).fill(5) });
        expect([...y.subarray(0, dim), ...y.subarray(2 * dim)]).toEqual(new Array(2 * dim).fill(0));
        const query = gaussians(dim, 2);
        for (const estimate of [q.innerProducts(query, codes), q.cosines(query, codes), q.errorBounds(query, codes)]) {
          expect([estimate[0], estimate[2]].map(Math.abs)).toEqual([0, 0]); // 0 times a negative sum is -0
        }
        const zeroQuery = new Float32Array(dim);
        expect([...q.cosines(zeroQuery, codes)]).toEqual([0, 0, 0]);
        expect([...q.innerProducts(zeroQuery, codes)].map(Math.abs)).toEqual([0, 0, 0]);
      }
    }
  });

  it('negative zeros are zeros', () => {
    const q = new Quantizer({ dim: 100, bits: 4 });
    expectSameBits(q.encode(new Float32Array(100).fill(-0)), q.encode(new Float32Array(100)));
  });

  it.each([
    ['near the largest float32', 2.9e38],
    ['large', 1e30],
    ['small', 1e-30],
    ['at the edge of denormals', 1e-36],
  ])('%s: one coordinate, or all with that norm', (_, size) => {
    for (const dim of [5, 64, 100, 1024]) {
      const q = new Quantizer({ dim, bits: 8, rounds: 3 });
      const hot = Float32Array.from({ length: dim }, (_, i) => (i === 2 ? size : 0));
      const g = gaussians(dim, 3);
      const spread = g.map((v) => (v * size) / Math.sqrt(dot(g, g)));
      for (const x of [hot, spread]) {
        const codes = q.encode(x);
        const y = q.decode(codes);
        // 8 bits: 0.00004; ten times that for tails
        expect(relativeError(x, y), `dim ${dim}, size ${size}`).toBeLessThan(4e-4);
        const norm = new DataView(codes.buffer).getFloat32(q.bytesPerVector - 5, true);
        expect(Math.abs(norm / size - 1)).toBeLessThan(1e-6);
        expect([...q.cosines(x, codes)][0]).toBeGreaterThan(0.999);
      }
    }
  });

  it('rows of denormals keep their direction as far as a float32 scale can say it', () => {
    const q = new Quantizer({ dim: 128, bits: 8 });
    const x = gaussians(128, 4).map((v) => v * 2 ** -135); // about 14 bits above the smallest number
    expect(relativeError(x, q.decode(q.encode(x)))).toBeLessThan(1e-3);
  });

  it.each([1, 4, 5, 8, 0.5])('%f bits: x * 2^k has the same codes, and its scale and norm times 2^k', (bits) => {
    for (const dim of [7, 100, 128, 1100]) {
      for (const scale of ['unbiased', 'mse'] as const) {
        const q = new Quantizer({ dim, bits, scale });
        // multiples of 2^-10 stay exact at 2^-100
        const x = gaussians(dim, dim).map((v) => Math.round(v * 1024) / 1024);
        const codes = q.encode(x);
        const end = q.bytesPerVector - 9;
        const trailer = new DataView(codes.buffer, end);
        for (const k of [-100, -61, -60, -21, -20, -19, -1, 1, 17, 18, 19, 20, 21, 59, 60, 61, 100]) {
          const scaled = q.encode(x.map((v) => v * 2 ** k));
          expectSameBits(scaled.subarray(0, end), codes.subarray(0, end), `codes at 2^${k}`);
          const other = new DataView(scaled.buffer, end);
          expect(other.getFloat32(0, true)).toBe(trailer.getFloat32(0, true) * 2 ** k);
          expect(other.getFloat32(4, true)).toBe(trailer.getFloat32(4, true) * 2 ** k);
          expect(other.getUint8(8)).toBe(trailer.getUint8(8));
          expectSameBits(
            q.decode(scaled),
            q.decode(codes).map((v) => v * 2 ** k),
            `decoded at 2^${k}`,
          );
        }
      }
    }
  });
});

describe('rows and out', () => {
  it('rows do not influence each other, firstIndex does not matter to eden, out is filled from its start', () => {
    const q = new Quantizer({ dim: 100, bits: 3 });
    const x = gaussians(500, 1);
    const codes = q.encode(x);
    rowsOf(x, 100).forEach((row, r) => {
      const own = codes.subarray(r * q.bytesPerVector, (r + 1) * q.bytesPerVector);
      expectSameBits(q.encode(row, { firstIndex: 1000 + r }), own, `row ${r}`);
    });
    const out = new Uint8Array(codes.length + 3).fill(9);
    const got = q.encode(x, { out });
    expect(got.buffer).toBe(out.buffer);
    expectSameBits(got, codes);
    expect([...out.subarray(codes.length)]).toEqual([9, 9, 9]);
    expectSameBits(q.decode(Buffer.from(codes)), q.decode(codes), 'codes in a Buffer');
  });
});
