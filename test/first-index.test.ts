// SPDX-License-Identifier: Apache-2.0
/** firstIndex: what a row draws depends on its number in the whole collection alone, not on the call that encodes it. */
import { describe, expect, it } from 'vitest';
import { forEachBackend } from './backends.ts';
import { CODEC_CASES, type CodecCase, FEW_CASES, fieldsOf, gaussians, quantizerOf, titled } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const dim = 24;
const drawing = ({ codec }: CodecCase) => codec === 'dithered' || codec === 'quicfl';
const joined = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
/** Copies of one row. */
const copies = (rows: number) => {
  const one = gaussians(dim, 1);
  return Float32Array.from({ length: rows * dim }, (_, i) => one[i % dim]);
};
// below 2^32, across it (where quicfl's nonce begins again), and the last there are
const STARTS = [0, 1, 1000, 2 ** 32 - 3, 2 ** 40 + 7, 2 ** 53 - 1 - 7];

forEachBackend('firstIndex', () => {
  it.each(titled(CODEC_CASES))('%s: rows encoded in pieces are those encoded at once', async (_, c) => {
    const q = quantizerOf(c, { dim, seed: 5 });
    const x = gaussians(7 * dim, 2);
    for (const firstIndex of drawing(c) ? STARTS : [0]) {
      const whole = q.encode(x, { firstIndex });
      for (const cuts of [
        [1, 1, 1, 1, 1, 1, 1],
        [2, 5],
        [6, 1],
      ]) {
        let done = 0;
        const parts = cuts.map((rows) => {
          const part = x.subarray(done * dim, (done + rows) * dim);
          done += rows;
          return q.encode(part, { firstIndex: firstIndex + done - rows });
        });
        expectSameBits(joined(parts), whole, `${cuts} from ${firstIndex}`);
      }
      expectSameBits(await q.encodeAsync(x, { firstIndex }), whole, `asynchronously from ${firstIndex}`);
    }
  });

  it.each(titled(CODEC_CASES))('%s: draws are those of the number', (_, c) => {
    const q = quantizerOf(c, { dim, seed: 5 });
    const x = copies(40);
    const codes = q.encode(x);
    const records = fieldsOf(c, dim, codes);
    const distinct = new Set(records.map(({ codes: bits, draw }) => `${draw} ${bits}`)).size;
    // 40 rows, 16 draws at least, each with thresholds of its own; or a draw for each of 24 coordinates
    if (drawing(c)) expect(distinct).toBeGreaterThan(10);
    else expect(distinct).toBe(1);
    const later = q.encode(x, { firstIndex: 2 ** 32 });
    if (c.codec === 'dithered') expect(firstDraws(c, later)).not.toEqual(firstDraws(c, codes));
    else expectSameBits(later, codes); // nonces are numbers mod 2^32, and the others have none
    if (c.codec === 'quicfl') expect(records.map(({ nonce }) => nonce)).toEqual(records.map((_record, i) => i));
  });

  it('a zero row has the draw, or the nonce, of its number', () => {
    for (const c of CODEC_CASES.filter(drawing)) {
      const q = quantizerOf(c, { dim, seed: 5 });
      const x = copies(20);
      const expected = fieldsOf(c, dim, q.encode(x, { firstIndex: 9 }));
      x.fill(0, 3 * dim, 11 * dim);
      fieldsOf(c, dim, q.encode(x, { firstIndex: 9 })).forEach(({ draw, nonce }, r) => {
        expect([draw, nonce]).toEqual([expected[r].draw, expected[r].nonce]);
      });
    }
  });
});

function firstDraws(c: CodecCase, codes: Uint8Array): number[] {
  return fieldsOf(c, dim, codes).map(({ draw }) => draw);
}

describe('firstIndex', () => {
  it.each(titled(FEW_CASES))('%s: goes up to 2^53 - 1 less the rows', async (_, c) => {
    const q = quantizerOf(c, { dim });
    const x = gaussians(3 * dim, 4);
    const last = 2 ** 53 - 1 - 3;
    expect(fieldsOf(c, dim, q.encode(x, { firstIndex: last })).length).toBe(3);
    const range = `firstIndex must be a whole number from 0 to ${last}`;
    for (const [value, error] of [
      [last + 1, new RangeError(`${range}, got ${last + 1}`)],
      [2 ** 53, new RangeError(`${range}, got 9007199254740992`)],
      [-1, new RangeError(`${range}, got -1`)],
      [0.5, new RangeError(`${range}, got 0.5`)],
      [Number.NaN, new RangeError(`${range}, got NaN`)],
      ['0', new TypeError(`${range}, got "0"`)],
      [0n, new TypeError(`${range}, got 0n`)],
      [null, new TypeError(`${range}, got null`)],
    ] as const) {
      const out = new Uint8Array(9999).fill(7);
      expect(() => q.encode(x, { firstIndex: value as number, out })).toThrow(error);
      await expect(q.encodeAsync(x, { firstIndex: value as number, out })).rejects.toThrow(error);
      expect(out.every((b) => b === 7)).toBe(true);
    }
  });
});
