// SPDX-License-Identifier: Apache-2.0
/** Codec vq: the nearest codeword to each block, EDEN's codes for what is left of a row. */
import { expect, it } from 'vitest';
import { lloydMaxLevels } from '../lib/codec/codebooks.ts';
import { GRIDS, type GridName } from '../lib/codec/grids.ts';
import { Quantizer, Rotation } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import {
  CODEC_CASES,
  type CodecCase,
  fieldsOf,
  gaussians,
  normalised,
  quantizerOf,
  unpackedCode,
} from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const GRID_CASES = CODEC_CASES.filter(({ codec }) => codec === 'vq').map((c) => [c.grid as GridName, c] as const);
const ROWS = 10;

/** Levels of every coordinate of a record, in units of its scale. */
function levelsOf(c: CodecCase, dim: number, packed: Uint8Array): number[] {
  const { block, size, points } = GRIDS[c.grid as GridName];
  const width = Math.log2(size);
  const blocks = Math.floor(dim / block);
  const tail = packed.subarray(Math.ceil((blocks * width) / 8));
  const scalar = lloydMaxLevels(c.bits);
  return Array.from({ length: dim }, (_, j) => {
    const b = Math.floor(j / block);
    if (b < blocks) return points[unpackedCode(packed, blocks, width, b) * block + (j % block)];
    return scalar[unpackedCode(tail, dim % block, c.bits, j - blocks * block)];
  });
}

forEachBackend('vq', () => {
  it.each(GRID_CASES)('%s: codes are those of the nearest codewords, and of the nearest levels behind them', (_, c) => {
    const { block, size, points } = GRIDS[c.grid as GridName];
    const scalar = lloydMaxLevels(c.bits);
    for (const dim of [1, 2, 3, 7, 8, 9, 15, 64, 100, 101]) {
      const x = gaussians(ROWS * dim, dim);
      const z = normalised(x, dim, 2, 5);
      const codes = quantizerOf(c, { dim, seed: 5, rounds: 2 }).encode(x);
      fieldsOf(c, dim, codes).forEach(({ codes: packed, scale, norm }, r) => {
        const levels = levelsOf(c, dim, packed);
        const distance = (from: number, to: number, w: (t: number) => number) => {
          let sum = 0;
          for (let j = from; j < to; j++) sum += (z[r][j] - w(j - from)) ** 2;
          return sum;
        };
        for (let from = 0; from < dim; ) {
          const whole = from + block <= dim;
          const to = whole ? from + block : from + 1;
          const chosen = distance(from, to, (t) => levels[from + t]);
          let least = Number.POSITIVE_INFINITY;
          for (let k = 0; k < (whole ? size : scalar.length); k++) {
            least = Math.min(
              least,
              distance(from, to, (t) => (whole ? points[k * block + t] : scalar[k])),
            );
          }
          expect(chosen, `dim ${dim}, coordinate ${from}`).toBeLessThan(least + 1e-5);
          from = to;
        }
        // the unbiased scale: |x| sqrt(dim) / <z, levels>
        const product = levels.reduce((sum, level, j) => sum + level * z[r][j], 0);
        expect(Math.abs((scale * product) / (norm * Math.sqrt(dim)) - 1)).toBeLessThan(1e-5);
      });
    }
  });

  it.each(GRID_CASES)('%s: decodes to codewords times the scale', (_, c) => {
    for (const dim of [1, 7, 8, 9, 100]) {
      const q = quantizerOf(c, { dim, seed: 5 });
      const codes = q.encode(gaussians(ROWS * dim, dim));
      const rows = fieldsOf(c, dim, codes).map(({ codes: packed, scale, rounds }) => {
        const rotated = Float32Array.from(levelsOf(c, dim, packed), (v) => Math.fround(v) * scale);
        return new Rotation({ dim, rounds: rounds as 1 | 2 | 3, seed: 5 }).invert(rotated);
      });
      expectSameBits(q.decode(codes), Float32Array.from(rows.flatMap((row) => [...row])), `dim ${dim}`);
    }
  });

  it.each(GRID_CASES)('%s: a dim below the block has the records of eden', (_, c) => {
    for (let dim = 1; dim < GRIDS[c.grid as GridName].block; dim++) {
      const options = { dim, bits: c.bits, rounds: 2, seed: 5 } as const;
      const x = gaussians(ROWS * dim, dim);
      for (const scale of ['unbiased', 'mse'] as const) {
        const eden = new Quantizer({ ...options, scale });
        const vq = quantizerOf(c, { ...options, scale });
        expectSameBits(vq.encode(x), eden.encode(x), `dim ${dim}`);
        expectSameBits(vq.decode(eden.encode(x)), eden.decode(eden.encode(x)), `dim ${dim}`);
      }
    }
  });

  it('takes the largest grid of its bits unless told', () => {
    for (const [bits, grid] of [
      [1, '8x256'],
      [2, '4x256'],
      [4, '2x256'],
    ] as const) {
      const q = new Quantizer({ dim: 16, bits, codec: 'vq' });
      expect(q.grid).toBe(grid);
      const x = gaussians(16, 1);
      expectSameBits(q.encode(x), quantizerOf({ codec: 'vq', bits, grid }, { dim: 16 }).encode(x));
    }
    expect(new Quantizer({ dim: 16, bits: 2 }).grid).toBe(null);
  });

  it('rotates three times where the coordinates of a block would stay alike', () => {
    // two equal neighbours: after two rounds all pairs are equal or opposite (lib/transform/rounds.ts)
    const dim = 1024;
    const x = new Float32Array(dim);
    x.fill(1, 0, 2);
    const roundsOf = (c: CodecCase) => fieldsOf(c, dim, quantizerOf(c, { dim }).encode(x))[0].rounds;
    expect(roundsOf({ codec: 'vq', bits: 4, grid: '2x256' })).toBe(3);
    expect(roundsOf({ codec: 'vq', bits: 2, grid: '2x16' })).toBe(3);
  });
});
