// SPDX-License-Identifier: Apache-2.0
/** Damaged records of codec quicfl: HadaquantFormatError naming the record from every reader, and nothing written. */
import { describe, expect, it } from 'vitest';
import { HadaquantFormatError, Rotation } from '../lib/index.ts';
import { forEachBackend } from './backends.ts';
import { type CodecCase, fieldsOf, gaussians, quantizerOf } from './codec-cases.ts';
import { expectSameBits } from './same-bits.ts';

const c: CodecCase = { codec: 'quicfl', bits: 3 };
const dim = 96;
const CODES = 24 + 12; // planes of 2 bits and of 1 bit
const LEAST = CODES + 17;
const MOST = 11; // floor(1.001 * 96 / T^2) + 1
const OUTLIERS = [4, 40, 95];
const q = quantizerOf(c, { dim, rounds: 1 });
const query = gaussians(dim, 2);

/** Rows that have the outliers 4, 40 and 95, and gaussian ones of any. */
function sample(rows = 5): Uint8Array {
  const x = gaussians(rows * dim, 1);
  const z = new Float32Array(dim).fill(0.1);
  OUTLIERS.forEach((i, n) => {
    z[i] = n % 2 ? -5 : 5;
  });
  const hot = new Rotation({ dim, rounds: 1 }).invert(z);
  for (let r = 0; r < rows; r += 2) x.set(hot, r * dim);
  return q.encode(x);
}

const records = sample();
const fields = fieldsOf(c, dim, records);
const starts = [0, ...fields.map(({ end }) => end)];
/** Bytes of record 2 and what follows it, in a copy that `edit` changes. */
function damaged(edit: (record: DataView) => void): Uint8Array {
  const copy = records.slice();
  edit(new DataView(copy.buffer, starts[2]));
  return copy;
}

/** Every reader refuses the bytes with this message; the outs that were offered stay as they were. */
async function expectRefusal(codes: Uint8Array, message: string): Promise<void> {
  const out = new Float32Array(6 * dim).fill(7);
  const readers = [
    () => q.decode(codes, { out }),
    () => q.innerProducts(query, codes, { out }),
    () => q.squaredDistances(query, codes, { out }),
    () => q.cosines(query, codes, { out }),
    () => q.errorBounds(query, codes, { out }),
  ];
  for (const read of readers) {
    expect(read).toThrow(HadaquantFormatError);
    expect(read).toThrow(new HadaquantFormatError(message));
  }
  await expect(q.decodeAsync(codes, { out })).rejects.toThrow(new HadaquantFormatError(message));
  expect(out.every((v) => v === 7)).toBe(true);
}

const cannot = (r: number, why: string) => `codes: record ${r} cannot be decoded (${why})`;
const trailer = cannot(2, 'its trailer holds no scale, rounds and draw that an encoder writes');
const f32 = (at: number, value: number) => (view: DataView) => view.setFloat32(at, value, true);
const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
const u8 = (at: number, value: number) => (view: DataView) => view.setUint8(at, value);

describe('the sample', () => {
  it('has the outliers that the tests damage', () => {
    expect(fields.length).toBe(5);
    for (const r of [0, 2, 4]) expect(fields[r].outliers.map(({ coordinate }) => coordinate)).toEqual(OUTLIERS);
    expect(starts[3] - starts[2]).toBe(LEAST + 24);
  });
});

forEachBackend('damaged quicfl records', () => {
  it.each<[string, (view: DataView) => void, string]>([
    ['NaN scale', f32(CODES, Number.NaN), trailer],
    ['infinite scale', f32(CODES, Number.POSITIVE_INFINITY), trailer],
    ['negative infinite scale', f32(CODES, Number.NEGATIVE_INFINITY), trailer],
    ['rounds 0', u8(CODES + 8, 0), trailer],
    ['a draw in the tag', u8(CODES + 8, 1 + 4), trailer],
    ['the highest draw in the tag', u8(CODES + 8, 1 + 4 * 63), trailer],
    ['an outlier too many', u32(CODES + 13, MOST + 1), cannot(2, '12 outliers, where there can be 11')],
    ['2^31 outliers', u32(CODES + 13, 2 ** 31), cannot(2, '2147483648 outliers, where there can be 11')],
    ['2^32 - 1 outliers', u32(CODES + 13, 2 ** 32 - 1), cannot(2, '4294967295 outliers, where there can be 11')],
    ['a coordinate = dim', u32(LEAST + 16, dim), cannot(2, 'outlier 96 is out of order')],
    ['coordinate 2^32 - 1', u32(LEAST + 16, 2 ** 32 - 1), cannot(2, 'outlier 4294967295 is out of order')],
    ['coordinate 2^31', u32(LEAST + 16, 2 ** 31), cannot(2, 'outlier 2147483648 is out of order')],
    ['a coordinate twice', u32(LEAST + 8, OUTLIERS[0]), cannot(2, 'outlier 4 is out of order')],
    ['coordinates descending', u32(LEAST + 8, 3), cannot(2, 'outlier 3 is out of order')],
    ['a NaN outlier', f32(LEAST + 4, Number.NaN), cannot(2, 'outlier 4 is NaN: longer than its row')],
    [
      'an infinite outlier',
      f32(LEAST + 20, Number.POSITIVE_INFINITY),
      cannot(2, 'outlier 95 is Infinity: longer than its row'),
    ],
  ])('%s', async (_, edit, message) => {
    await expectRefusal(damaged(edit), message);
  });

  it('a norm that is none is refused by the readers that need it', () => {
    for (const norm of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const codes = damaged(f32(CODES + 4, norm));
      expectSameBits(q.decode(codes), q.decode(records));
      for (const read of [() => q.cosines(query, codes), () => q.squaredDistances(query, codes)]) {
        expect(read).toThrow(new HadaquantFormatError('codes: the norm of record 2 is no finite number of at least 0'));
      }
    }
  });

  it('cut anywhere but between records', async () => {
    for (let length = 1; length < records.length; length++) {
      if (starts.includes(length)) {
        expectSameBits(
          q.decode(records.slice(0, length)),
          q.decode(records).slice(0, starts.indexOf(length) * dim),
          `${length} bytes`,
        );
        continue;
      }
      const r = starts.findLastIndex((start) => start <= length);
      const here = length - starts[r];
      const why = here < LEAST ? `it needs ${LEAST} bytes, ${here} are there` : 'its outliers are cut off';
      const cut = records.slice(0, length);
      expect(() => q.decode(cut)).toThrow(new HadaquantFormatError(cannot(r, why)));
      // beyond the end of the view, inside its buffer, the rest goes on
      expect(() => q.decode(records.subarray(0, length))).toThrow(new HadaquantFormatError(cannot(r, why)));
      if (length % 50 === 1) await expectRefusal(cut, cannot(r, why));
    }
  });

  it('bytes behind the last', async () => {
    for (const more of [1, 8, LEAST - 1]) {
      const longer = new Uint8Array(records.length + more);
      longer.set(records);
      await expectRefusal(longer, cannot(5, `it needs ${LEAST} bytes, ${more} are there`));
    }
  });

  it('no bytes at all', () => {
    expect(() => q.decode(new Uint8Array(0))).toThrow(
      new RangeError('codes must hold one or more records, got 0 bytes'),
    );
    expect(() => q.decode([...records] as never)).toThrow(
      new TypeError(`codes must be a Uint8Array, got Array(${records.length})`),
    );
  });

  it('any single byte changed: an error, or numbers', () => {
    // the last record alone, and one before it that must stay what it is
    const two = records.slice(starts[3]);
    const first = q.decode(two).slice(0, dim);
    for (let at = starts[4] - starts[3]; at < two.length; at++) {
      for (const value of [0, 0x3f, 0x80, 0xff]) {
        const changed = two.slice();
        changed[at] = value;
        // fewer outliers than there are: what is left over is no record 2
        for (const read of [() => q.decode(changed), () => q.cosines(query, changed)]) {
          try {
            const numbers = read();
            if (numbers.length > 2) expectSameBits(numbers.subarray(0, dim), first);
            else expect(numbers.length).toBe(2);
          } catch (error) {
            if (!(error instanceof HadaquantFormatError)) throw error;
            expect(error.message).toMatch(/^codes: (record [12] cannot be decoded \(|the norm of record 1 is no)/);
          }
        }
      }
    }
  });

  it('an outlier as large as a float32 can be, but not as a rotated coordinate, gives no NaN', () => {
    // FORMAT.md allows finite values alone; a decoder either refuses such a value or saturates (ARCHITECTURE.md, 3)
    for (const value of [3.4e38, -3.4e38]) {
      for (const scale of [1, 2 ** 50, 3.4e38]) {
        const codes = damaged((view) => {
          view.setFloat32(CODES, scale, true);
          for (const at of [4, 12, 20]) view.setFloat32(LEAST + at, value, true);
        });
        let decoded: Float32Array;
        try {
          decoded = q.decode(codes);
        } catch (error) {
          expect(error).toBeInstanceOf(HadaquantFormatError);
          continue;
        }
        expect(decoded.every(Number.isFinite), `value ${value}, scale ${scale}`).toBe(true);
      }
    }
  });

  it('a length property that lies does not matter', () => {
    for (const length of [0, 1, LEAST, 100_000, -1, Number.NaN]) {
      const liar = Object.defineProperty(records.slice(), 'length', { value: length });
      expectSameBits(q.decode(liar), q.decode(records), `length ${length}`);
    }
  });
});

forEachBackend('out of quicfl', () => {
  it('that shares bytes with x is refused, wherever the records end', () => {
    const buffer = new ArrayBuffer(4096);
    const x = new Float32Array(buffer, 56, dim); // LEAST is 53: a record with outliers reaches into it
    x.set(new Rotation({ dim, rounds: 1 }).invert(Float32Array.from({ length: dim }, (_, i) => (i % 40 ? 0.1 : 5))));
    const before = x.slice();
    expect(q.encode(x).length).toBeGreaterThan(56);
    const error = new RangeError('out must not overlap x');
    expect(() => q.encode(x, { out: new Uint8Array(buffer, 50, 2000) })).toThrow(error);
    expect(() => q.encode(x, { out: new Uint8Array(buffer, 0, 200) })).toThrow(error);
    expectSameBits(x, before, 'x after refusals');
  });

  it('that shares bytes with the records is refused', () => {
    const buffer = new ArrayBuffer(8192);
    const codes = new Uint8Array(buffer, 40, records.length);
    codes.set(records);
    expect(() => q.decode(codes, { out: new Float32Array(buffer, 0, 5 * dim) })).toThrow(
      new RangeError('out must not overlap codes'),
    );
    expectSameBits(codes, records);
  });
});
