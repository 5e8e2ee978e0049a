// SPDX-License-Identifier: Apache-2.0
/** Sums of decoded rows: as decoding and adding, on every backend the same bits; or before the inverse rotation. */
import { describe, expect, it } from 'vitest';
import { kernels } from '../lib/backend.ts';
import { encodingColumns, recordFormat } from '../lib/codec/record-format.ts';
import { forEachBackend, onEveryBackend } from './backends.ts';
import { CODEC_CASES, type CodecCase, gaussians, titled } from './codec-cases.ts';
import { MSE, planOf } from './raw-columns.ts';
import { expectSameBits } from './same-bits.ts';

const ROWS = 3;

/** Records of a Gaussian, a zero and a very large row. */
function encoded(c: CodecCase, dim: number) {
  const x = gaussians(ROWS * dim, dim);
  x.fill(0, dim, 2 * dim);
  for (let i = 2 * dim; i < 3 * dim; i++) x[i] *= 2 ** 100;
  const plan = planOf(c, dim);
  const { columns, records } = encodingColumns(plan, ROWS);
  expect(kernels().encode(plan, x, 0, columns)).toBe(-1);
  return { plan, columns: recordFormat(plan).locate(records()).columns(records(), 0, ROWS) };
}

forEachBackend('accumulate', () => {
  it.each(titled(CODEC_CASES))('%s: adds what decode gives', (_, c) => {
    for (const dim of [1, 8, 61, 130]) {
      const { plan, columns } = encoded(c, dim);
      const decoded = new Float32Array(ROWS * dim);
      kernels().decode(plan, columns, decoded);
      const sums = new Float64Array(ROWS * dim).fill(0.5);
      for (let time = 0; time < 2; time++) expect(kernels().accumulate(plan, columns, false, sums)).toBe(-1);
      expectSameBits(
        sums,
        Float64Array.from(decoded, (v) => 0.5 + v + v),
      );
    }
  });

  it.each(titled(CODEC_CASES))('%s: rotated sums are those of decode before its last step', (_, c) => {
    for (const dim of [1, 8, 61, 130]) {
      const { plan, columns } = encoded(c, dim);
      const decoded = new Float32Array(ROWS * dim);
      kernels().decode(plan, columns, decoded);
      const sums = new Float64Array(ROWS * dim);
      kernels().accumulate(plan, columns, true, sums);
      const back = new Float32Array(ROWS * dim);
      kernels().unrotate(plan.rotation, Float32Array.from(sums), back, 0, 2);
      for (let r = 0; r < ROWS; r++) {
        const [a, b] = [back, decoded].map((v) => v.subarray(r * dim, (r + 1) * dim));
        // each rounds a few times on its way; 2^-20 of the largest is many such roundings
        const tolerance = 2 ** -20 * Math.max(...b.map(Math.abs));
        for (let i = 0; i < dim; i++) expect(Math.abs(a[i] - b[i])).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it('adds nothing where a row cannot be decoded, and names it', () => {
    const { plan, columns } = encoded(MSE, 61);
    columns.tags[2 * columns.stride] = 0;
    const sums = new Float64Array(ROWS * 61).fill(7);
    expect(kernels().accumulate(plan, columns, false, sums)).toBe(2);
    expect(sums.every((v) => v === 7)).toBe(true);
  });
});

describe('accumulate', () => {
  it.each(titled(CODEC_CASES))('%s: the same bits on every backend, now or later', async (_, c) => {
    for (const rotated of [false, true]) {
      const all = onEveryBackend(() => {
        const { plan, columns } = encoded(c, 130);
        const sums = new Float64Array(ROWS * 130);
        kernels().accumulate(plan, columns, rotated, sums);
        return sums;
      });
      for (const { name, value } of all) expectSameBits(value, all[0].value, name);
      const { plan, columns } = encoded(c, 130);
      const later = new Float64Array(ROWS * 130);
      expect(await kernels().accumulateAsync(plan, columns, rotated, later)).toBe(-1);
      expectSameBits(later, all[0].value);
    }
  });
});
