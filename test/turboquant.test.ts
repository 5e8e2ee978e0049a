// SPDX-License-Identifier: Apache-2.0
/** Codecs turboquant-mse and turboquant-prod: EDEN's codes with another scale, and signs of what those codes miss. */
import { expect, it } from 'vitest';
import { betaLevels } from '../lib/codec/beta-levels.ts';
import { lloydMaxLevels } from '../lib/codec/codebooks.ts';
import { gaussians as normalNumbers } from '../lib/gaussian.ts';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { type CodecCase, fieldsOf, gaussians, normalised, quantizerOf, unpackedCode } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const ROWS = 12;
const mse = (bits: number): CodecCase => ({ codec: 'turboquant-mse', bits });
const prod = (bits: number): CodecCase => ({ codec: 'turboquant-prod', bits });
const levelsOf = (dim: number, bits: number) => (dim < 64 ? betaLevels(dim, bits).levels : lloydMaxLevels(bits));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);

forEachBackend('turboquant-mse', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i bits: the codes of eden from dim 64 on, the scale |x| / sqrt(dim)', (bits) => {
    for (const dim of [64, 100]) {
      const x = gaussians(ROWS * dim, dim);
      const ours = quantizerOf(mse(bits), { dim, seed: 5 }).encode(x);
      const eden = fieldsOf(mse(bits), dim, new Quantizer({ dim, bits, seed: 5 }).encode(x));
      fieldsOf(mse(bits), dim, ours).forEach(({ scale, ...rest }, r) => {
        const { scale: _, ...theirs } = eden[r];
        expect({ ...rest, end: 0 }).toEqual({ ...theirs, end: 0 });
        expect(Math.abs(scale / (rest.norm / Math.sqrt(dim)) - 1)).toBeLessThan(1e-6);
      });
    }
  });

  it.each([1, 2, 4, 8])('%i bits: below dim 64 the nearest levels of a random direction', (bits) => {
    for (const dim of [1, 2, 3, 9, 20, 63]) {
      const x = gaussians(ROWS * dim, dim);
      const levels = levelsOf(dim, bits);
      const z = normalised(x, dim, 2, 5);
      fieldsOf(mse(bits), dim, quantizerOf(mse(bits), { dim, seed: 5, rounds: 2 }).encode(x)).forEach((record, r) => {
        for (let j = 0; j < dim; j++) {
          const chosen = Math.abs(levels[unpackedCode(record.codes, dim, bits, j)] - z[r][j]);
          // ties but for the rounding of z
          expect(chosen).toBeLessThanOrEqual(Math.min(...levels.map((level) => Math.abs(level - z[r][j]))) + 1e-6);
        }
      });
    }
  });
});

forEachBackend('turboquant-prod', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])('%i bits: codes of turboquant-mse with a bit less, and signs of <g, rest>', (bits) => {
    for (const dim of [1, 3, 20, 64, 100]) {
      const seed = 5;
      const x = gaussians(ROWS * dim, dim);
      const records = fieldsOf(prod(bits), dim, quantizerOf(prod(bits), { dim, seed, rounds: 2 }).encode(x));
      const base = fieldsOf(mse(bits - 1), dim, quantizerOf(mse(bits - 1), { dim, seed, rounds: 2 }).encode(x));
      const matrix = normalNumbers(seed, 19, dim * dim);
      const levels = levelsOf(dim, bits - 1).map(Math.fround);
      const z = normalised(x, dim, 2, seed);
      records.forEach(({ codes, scale, residual }, r) => {
        const first = base[r].codes.length;
        expect([...codes.subarray(0, first)]).toEqual([...base[r].codes]);
        expect(scale).toBe(base[r].scale);
        const rest = z[r].map((v, j) => v - levels[unpackedCode(codes, dim, bits - 1, j)]);
        const length = Math.sqrt(dot(rest, rest));
        const expected = (scale * Math.sqrt(Math.PI / 2) * length) / dim;
        expect(Math.abs((residual as number) - expected)).toBeLessThanOrEqual(1e-5 * scale);
        for (let i = 0; i < dim; i++) {
          const product = dot(matrix.subarray(i * dim, (i + 1) * dim), rest);
          if (Math.abs(product) < 1e-4) continue;
          expect(unpackedCode(codes.subarray(first), dim, 1, i), `sign ${i}`).toBe(Number(product > 0));
        }
      });
    }
  });

  it.each([2, 5, 8])('%i bits: without its residual a record decodes as turboquant-mse with a bit less', (bits) => {
    for (const dim of [1, 9, 100]) {
      const x = gaussians(ROWS * dim, dim);
      const q = quantizerOf(prod(bits), { dim, seed: 5 });
      const bytes = q.bytesPerVector as number;
      // rounds are decided with other bits: fixed here
      const base = quantizerOf(mse(bits - 1), { dim, seed: 5, rounds: 2 });
      const fixed = quantizerOf(prod(bits), { dim, seed: 5, rounds: 2 }).encode(x);
      for (let r = 1; r <= ROWS; r++) fixed.fill(0, r * bytes - 4, r * bytes);
      expectSameBits(q.decode(fixed), base.decode(base.encode(x)), `dim ${dim}`);
    }
  });

  it('projects by its own seed: another seed reads something else', () => {
    const dim = 40;
    const x = gaussians(ROWS * dim, 1);
    const [one, other] = [5, 6].map((seed) => quantizerOf(prod(3), { dim, seed }));
    expect(other.decode(one.encode(x))).not.toEqual(one.decode(one.encode(x)));
  });
});
