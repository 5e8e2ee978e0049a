// SPDX-License-Identifier: Apache-2.0
/** Codec uniform: odd integers as levels, and the step that turns them nearest to the row. */
import { expect, it } from 'vitest';
import { UNIFORM_STEPS } from '../lib/codec/uniform.ts';
import { Quantizer } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { type CodecCase, fieldsOf, gaussians, normalised, quantizerOf, unpackedCode } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const ROWS = 12;
const caseOf = (bits: number): CodecCase => ({ codec: 'uniform', bits });
const FACTORS = Array.from({ length: 17 }, (_, k) => 1 / (0.8 + 0.025 * k));

/** Squared cosine between z and levels. */
function alignment(z: Float32Array, levels: readonly number[]): number {
  let [zq, qq, zz] = [0, 0, 0];
  z.forEach((v, j) => {
    zq += v * levels[j];
    qq += levels[j] * levels[j];
    zz += v * v;
  });
  return (zq * zq) / qq / zz;
}

const rounded = (z: Float32Array, bits: number, factor: number) =>
  [...z].map((v) => {
    const top = 2 ** (bits - 1);
    const cell = Math.floor((v * factor) / UNIFORM_STEPS[bits]);
    return 2 * Math.max(-top, Math.min(top - 1, cell)) + 1;
  });

forEachBackend('uniform', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])('%i bits: no other factor turns the codes nearer to the row', (bits) => {
    for (const dim of [2, 3, 9, 64, 100]) {
      const x = gaussians(ROWS * dim, dim);
      const z = normalised(x, dim, 2, 5);
      const q = quantizerOf(caseOf(bits), { dim, seed: 5, rounds: 2 });
      let distinct = 0;
      fieldsOf(caseOf(bits), dim, q.encode(x)).forEach(({ codes, scale, norm }, r) => {
        const levels = Array.from({ length: dim }, (_, j) => 2 * unpackedCode(codes, dim, bits, j) + 1 - 2 ** bits);
        const fits = FACTORS.map((factor) => alignment(z[r], rounded(z[r], bits, factor)));
        // our z is rounded otherwise: near a threshold a code may differ, which moves the fit by a part in 1e6
        expect(alignment(z[r], levels)).toBeGreaterThan(Math.max(...fits) - 1e-5);
        if (Math.max(...fits) - fits[8] > 1e-5) distinct++;
        const product = levels.reduce((sum, level, j) => sum + level * z[r][j], 0);
        expect(Math.abs((scale * product) / (norm * Math.sqrt(dim)) - 1)).toBeLessThan(1e-5);
      });
      // 1 itself is seldom the best factor: an encoder that tries no other is seen
      if (bits < 7) expect(distinct, `dim ${dim}`).toBeGreaterThan(0);
    }
  });

  it('1 bit: the records of drive', () => {
    for (const dim of [1, 7, 100]) {
      const x = gaussians(ROWS * dim, dim);
      for (const scale of ['unbiased', 'mse'] as const) {
        const drive = new Quantizer({ dim, bits: 1, codec: 'drive', scale, seed: 3 });
        const uniform = quantizerOf(caseOf(1), { dim, scale, seed: 3 });
        expectSameBits(uniform.encode(x), drive.encode(x), `dim ${dim}`);
        expectSameBits(uniform.decode(drive.encode(x)), drive.decode(drive.encode(x)), `dim ${dim}`);
      }
    }
  });
});
