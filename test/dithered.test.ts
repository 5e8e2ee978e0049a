// SPDX-License-Identifier: Apache-2.0
/** Codec dithered: one draw a row, against thresholds and a decoder written here from FORMAT.md 1.3. */
import { expect, it } from 'vitest';
import { DITHER_TABLES } from '../lib/codec/dither-tables.ts';
import type { UnbiasedTable } from '../lib/codec/unbiased-tables.ts';
import { Rotation } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { type CodecCase, fieldsOf, gaussians, normalised, quantizerOf, unpackedCode } from './codec-cases.ts';
import { key, rowSeed, word } from './golden/reference/prng.mjs';
import { expectSameBits } from './same-bits.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8];
const caseOf = (bits: number): CodecCase => ({ codec: 'dithered', bits });
const table = (bits: number) => DITHER_TABLES[bits] as UnbiasedTable;
const ascending = ({ positive }: UnbiasedTable) => [...positive.map((v) => -v).reverse(), ...positive];

/** (h, v) of row `index`. */
function drawOf(bits: number, seed: bigint, index: bigint): { h: number; v: number } {
  const first: bigint = word(key(rowSeed(seed, index), 16), 0);
  return { h: Number(first >> 32n) % table(bits).draws, v: Number(first & 0xffffffffn) / 2 ** 32 };
}

forEachBackend('dithered', () => {
  it.each(WIDTHS)('%i bits: decodes as FORMAT.md says', (bits) => {
    for (const dim of [1, 7, 96, 100]) {
      const seed = 2n ** 63n + BigInt(dim);
      const codes = quantizerOf(caseOf(bits), { dim, seed }).encode(gaussians(30 * dim, dim), { firstIndex: 2 ** 33 });
      const levels = ascending(table(bits));
      const rows = fieldsOf(caseOf(bits), dim, codes).map(({ codes: packed, scale, rounds, draw }, r) => {
        expect(draw).toBe(drawOf(bits, seed, BigInt(2 ** 33 + r)).h);
        const rotated = Float32Array.from(
          { length: dim },
          (_, j) => Math.fround(levels[unpackedCode(packed, dim, bits, j) * table(bits).draws + draw]) * scale,
        );
        return new Rotation({ dim, rounds: rounds as 1 | 2 | 3, seed }).invert(rotated);
      });
      // any quantizer of the same seed, and any number of the first row
      const decoded = quantizerOf(caseOf(bits), { dim, seed }).decode(codes);
      expectSameBits(decoded, Float32Array.from(rows.flatMap((row) => [...row])), `dim ${dim}`);
    }
  });

  it.each(WIDTHS)('%i bits: a code counts the thresholds of its row that are at most z', (bits) => {
    const dim = 128;
    const rows = 20;
    const x = gaussians(rows * dim, 5);
    const { draws } = table(bits);
    const r = ascending(table(bits));
    const mean = (k: number) => r.slice(k, k + draws).reduce((a, b) => a + b) / draws;
    const z = normalised(x, dim, 2, 9);
    const codes = quantizerOf(caseOf(bits), { dim, seed: 9, rounds: 2 }).encode(x);
    fieldsOf(caseOf(bits), dim, codes).forEach(({ codes: packed, scale, norm }, i) => {
      expect(Math.abs(scale / (norm / Math.sqrt(dim)) - 1)).toBeLessThan(1e-6);
      const { h, v } = drawOf(bits, 9n, BigInt(i));
      const thresholds = Array.from({ length: 2 ** bits - 1 }, (_, j) => {
        const [low, high] = [mean(j * draws + h), mean(j * draws + h + 1)];
        return low + v * (high - low);
      });
      for (let j = 0; j < dim; j++) {
        const value = z[i][j];
        // our z is rounded otherwise than the encoder's
        if (thresholds.some((t) => Math.abs(t - value) < 1e-5)) continue;
        expect(unpackedCode(packed, dim, bits, j)).toBe(thresholds.filter((t) => t <= value).length);
      }
    });
  });

  it('takes one round for any input, where the others take more', () => {
    const dim = 128;
    const hot = Float32Array.from({ length: 2 * dim }, (_, i) => (i < dim ? Number(i === 5) : 1));
    const roundsOf = (c: CodecCase) =>
      fieldsOf(c, dim, quantizerOf(c, { dim }).encode(hot)).map(({ rounds }) => rounds);
    expect(roundsOf(caseOf(4))).toEqual([1, 1]);
    expect(roundsOf({ codec: 'quicfl', bits: 4 })).toEqual([1, 1]);
    expect(roundsOf({ codec: 'uniform', bits: 4 })[0]).toBeGreaterThan(1);
    const asked = quantizerOf(caseOf(4), { dim, rounds: 3 }).encode(hot);
    expect(fieldsOf(caseOf(4), dim, asked).map(({ rounds }) => rounds)).toEqual([3, 3]);
  });
});
