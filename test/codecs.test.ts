// SPDX-License-Identifier: Apache-2.0
/** Every width and grid of every codec: records, vectors and estimates agree with each other and with FORMAT.md. */
import { describe, expect, it } from 'vitest';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { CODEC_CASES, type CodecCase, codeBytesOf, fieldsOf, gaussians, quantizerOf, titled } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const SMALL = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const ODD = [17, 61, 100, 130]; // not a multiple of any block, of 8, of 16
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const norm = (a: Float32Array) => Math.sqrt(dot(a, a));
const row = (x: Float32Array, dim: number, r: number) => x.subarray(r * dim, (r + 1) * dim);
const fixedBytes = ({ codec }: CodecCase) => ({ 'turboquant-prod': 13, quicfl: 17 })[codec as 'quicfl'] ?? 9;

/** Gaussian, one-hot, zero, constant and nearly one-hot rows. */
function rowsOf(dim: number): Float32Array {
  const x = gaussians(5 * dim, dim);
  x.fill(0, dim, 3 * dim);
  x[dim + (dim >> 1)] = -3;
  x.fill(0.5, 3 * dim, 4 * dim);
  x[4 * dim] += 100;
  return x;
}

forEachBackend('records of every codec', () => {
  it.each(titled(CODEC_CASES))('%s: size, fields and zero rows', (_, c) => {
    for (const dim of [...SMALL, ...ODD]) {
      const q = quantizerOf(c, { dim });
      const x = rowsOf(dim);
      const codes = q.encode(x);
      const records = fieldsOf(c, dim, codes);
      expect(records.length).toBe(5);
      expect(q.bytesPerVector).toBe(c.codec === 'quicfl' ? null : codeBytesOf(c, dim) + fixedBytes(c));
      records.forEach(({ scale, norm: length, rounds, residual, outliers, codes: bits }, r) => {
        expect([1, 2, 3]).toContain(rounds);
        // a norm is rounded to float32 once; the sums before it are good to a few units of that
        expect(Math.abs(length - norm(row(x, dim, r)))).toBeLessThanOrEqual(1e-6 * length);
        if (r === 2) {
          expect([scale, length, residual ?? 0, outliers.length, bits.some((b) => b !== 0)]).toEqual([
            0,
            0,
            0,
            0,
            false,
          ]);
        } else {
          expect(scale, `dim ${dim}, row ${r}`).toBeGreaterThan(0);
          expect(Number.isFinite(scale) && (residual ?? 0) >= 0).toBe(true);
        }
      });
      const back = q.decode(codes, { out: new Float32Array(x.length).fill(5) });
      expect(back.every(Number.isFinite)).toBe(true);
      expect(row(back, dim, 2).every((v) => v === 0)).toBe(true);
    }
  });

  it.each(titled(CODEC_CASES))('%s: estimates are those of the decoded vectors', (_, c) => {
    for (const dim of [1, 3, 8, 61, 130]) {
      const q = quantizerOf(c, { dim });
      const x = rowsOf(dim);
      const query = gaussians(dim, 2);
      const codes = q.encode(x);
      const decoded = q.decode(codes);
      const [ip, l2, cos] = [q.innerProducts(query, codes), q.squaredDistances(query, codes), q.cosines(query, codes)];
      for (let r = 0; r < 5; r++) {
        const [given, back] = [row(x, dim, r), row(decoded, dim, r)];
        const size = norm(query) * norm(back);
        // float32 rotations and sums on both sides
        expect(Math.abs(ip[r] - dot(query, back))).toBeLessThanOrEqual(4e-6 * size);
        const distance = norm(query) ** 2 + norm(given) ** 2 - 2 * ip[r];
        expect(Math.abs(l2[r] - distance)).toBeLessThan(3e-6 * (norm(query) ** 2 + norm(given) ** 2 + size));
        const cosine = r === 2 ? 0 : Math.max(-1, Math.min(1, ip[r] / (norm(query) * norm(given))));
        expect(Math.abs(cos[r] - cosine)).toBeLessThan(3e-6);
      }
      const [none, one, two] = [0, 1, 2].map((sigmas) => q.errorBounds(query, codes, { sigmas }));
      one.forEach((bound, r) => {
        expect(none[r] >= 0 && bound >= none[r] && Number.isFinite(two[r])).toBe(true);
        expect(Math.abs(two[r] - bound - (bound - none[r]))).toBeLessThanOrEqual(1e-6 * two[r]);
      });
      expect([none[2], one[2], two[2]]).toEqual([0, 0, 0]);
      expectSameBits(q.errorBounds(query, codes), two, 'two sigmas by default');
    }
  });

  it.each(titled(CODEC_CASES))('%s: as near as expectedError says, and inside the error bounds', (_, c) => {
    const dim = 128;
    const rows = 60;
    const q = quantizerOf(c, { dim, seed: 3 });
    const x = gaussians(rows * dim, 4);
    const query = gaussians(dim, 5);
    const codes = q.encode(x);
    const decoded = q.decode(codes);
    const [ip, bounds] = [q.innerProducts(query, codes), q.errorBounds(query, codes, { sigmas: 6 })];
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      const given = row(x, dim, r);
      const error = row(decoded, dim, r).map((v, i) => v - given[i]);
      sum += dot(error, error) / dot(given, given);
      expect(Math.abs(ip[r] - dot(query, given)), `row ${r}`).toBeLessThanOrEqual(bounds[r]);
    }
    // 7,680 coordinates; a draw for a whole vector (dithered at 1 bit: levels to 169) scatters most, and a uniform step
    // that fits 128 coordinates is up to 0.8 of the one that fits the tails of the normal law
    const ratio = sum / rows / q.expectedError;
    expect(ratio).toBeGreaterThan(c.codec === 'uniform' ? 0.5 : 0.8);
    expect(ratio).toBeLessThan(c.codec === 'dithered' && c.bits === 1 ? 2 : 1.2);
  });
});

describe('a second machine', () => {
  it.each(titled(CODEC_CASES))('%s: reads the records with what toJSON says', (_, c) => {
    const q = quantizerOf(c, { dim: 61, seed: 2n ** 60n, rounds: 3 });
    const text = JSON.stringify(q);
    expect(JSON.parse(text)).toEqual({
      format: 'hadaquant-quantizer',
      version: 1,
      dim: 61,
      bits: c.bits,
      codec: c.codec,
      scale: ['vq', 'uniform'].includes(c.codec) ? 'unbiased' : 'fixed',
      rounds: 3,
      ...(c.grid ? { grid: c.grid } : {}),
      seed: String(2n ** 60n),
    });
    const other = Quantizer.fromJSON(JSON.parse(text));
    expect(JSON.stringify(other)).toBe(text);
    expect(other.grid).toBe(c.grid ?? null);
    const x = gaussians(4 * 61, 1);
    expectSameBits(other.decode(q.encode(x)), q.decode(q.encode(x)));
    // a quicfl encoder has randomness of its own
    if (c.codec !== 'quicfl') expectSameBits(other.encode(x), q.encode(x));
  });

  it.each(titled(CODEC_CASES.filter(({ codec }) => codec === 'vq' || codec === 'uniform')))(
    "%s: keeps scale 'mse', whose vectors are nearer",
    (_, c) => {
      const [unbiased, mse] = (['unbiased', 'mse'] as const).map((scale) => {
        const q = Quantizer.fromJSON(JSON.parse(JSON.stringify(quantizerOf(c, { dim: 100, scale }))));
        const x = gaussians(20 * 100, 6);
        const error = q.decode(q.encode(x)).map((v, i) => v - x[i]);
        return dot(error, error);
      });
      expect(mse).toBeLessThan(unbiased);
    },
  );
});

forEachBackend('out', () => {
  it.each(titled(CODEC_CASES))('%s: is filled from its start, and not beyond', (_, c) => {
    const dim = 9;
    const q = quantizerOf(c, { dim });
    const x = rowsOf(dim);
    const codes = q.encode(x);
    const out = new Uint8Array(codes.length + 3).fill(9);
    const got = q.encode(x, { out });
    expect([got.buffer === out.buffer, got.byteOffset, got.length]).toEqual([true, 0, codes.length]);
    expectSameBits(got, codes);
    expect([...out.subarray(codes.length)]).toEqual([9, 9, 9]);
    const query = gaussians(dim, 2);
    const readers = [
      (o: object) => q.decode(codes, o),
      (o: object) => q.innerProducts(query, codes, o),
      (o: object) => q.squaredDistances(query, codes, o),
      (o: object) => q.cosines(query, codes, o),
      (o: object) => q.errorBounds(query, codes, o),
    ];
    for (const read of readers) {
      const expected = read({});
      const floats = new Float32Array(expected.length + 2).fill(7);
      const filled = read({ out: floats });
      expect([filled.buffer === floats.buffer, filled.byteOffset]).toEqual([true, 0]);
      expectSameBits(filled, expected);
      expect([...floats.subarray(expected.length)]).toEqual([7, 7]);
    }
    const short = new Uint8Array(codes.length - 1).fill(9);
    const message = `out must have at least ${codes.length} elements, got ${codes.length - 1}`;
    expect(() => q.encode(x, { out: short })).toThrow(new RangeError(message));
    expect(short.every((b) => b === 9)).toBe(true);
  });
});
